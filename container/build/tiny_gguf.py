"""Write a GGUF of random weights: a llama of one layer that loads in milliseconds and says nothing sensible.

Usage: tiny_gguf.py FILE [SEED]

The build's proof generates from it, and tests pull it: what has to be shown there is the path, not the answer.
It only ever says printable ASCII, never ends by itself, and each character mostly calls for the next one: an empty
answer would be a failed turn to OpenClaw, and Ollama gives up on a model that repeats one token 30 times. It reads two
characters at a time: what attention costs goes by the square of their number, and OpenClaw's prompts are long.
"""

import sys

import numpy
from gguf import GGUFWriter, TokenType

LAYERS, WIDTH, HEADS, FEED_FORWARD, TRAINED_CONTEXT = 1, 64, 1, 128, 131072
SPACE = "\u2581"
CONSTANT, NEVER = 0, -100
# Of what is written to the hidden state, and of the next character's likeness.
FAINT, STRONG = 0.01, 2
SPECIAL = [("<unk>", TokenType.UNKNOWN), ("<s>", TokenType.CONTROL), ("</s>", TokenType.CONTROL)]


def vocabulary() -> list[tuple[str, TokenType]]:
    """It can write any text: the special tokens, every byte, printable ASCII, and each two of these."""
    single_bytes = [(f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(256)]
    printable = [*map(chr, range(33, 127)), SPACE]
    pairs = [one + other for one in printable for other in printable]
    return SPECIAL + single_bytes + [(word, TokenType.NORMAL) for word in printable + pairs]


def tensors(words: list[tuple[str, TokenType]], seed: int) -> dict[str, numpy.ndarray]:
    """Name to weights, float32, as llama.cpp names a llama's tensors.

    Column CONSTANT of the hidden state is the same for all tokens, and no layer writes to it: it is the bias that the
    architecture does not have.
    """
    random = numpy.random.default_rng(seed)

    def weights(*shape: int) -> numpy.ndarray:
        return random.normal(0, 0.1, shape).astype(numpy.float32)

    named = {
        "token_embd.weight": weights(len(words), WIDTH),
        "output.weight": weights(len(words), WIDTH),
        "output_norm.weight": numpy.ones(WIDTH, numpy.float32),
    }
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        named |= {block + f"attn_{part}.weight": weights(WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        named |= {block + f"{part}_norm.weight": numpy.ones(WIDTH, numpy.float32) for part in ("attn", "ffn")}
        named |= {block + f"ffn_{part}.weight": weights(FEED_FORWARD, WIDTH) for part in ("gate", "up")}
        named[block + "ffn_down.weight"] = weights(WIDTH, FEED_FORWARD)
        for writer in ("attn_output", "ffn_down"):
            named[f"{block}{writer}.weight"] *= FAINT
            named[f"{block}{writer}.weight"][CONSTANT] = 0
    printable = [at for at, (word, kind) in enumerate(words) if kind == TokenType.NORMAL and len(word) == 1]
    named["output.weight"][numpy.roll(printable, -1)] = STRONG * named["token_embd.weight"][printable]
    named["token_embd.weight"][:, CONSTANT] = 1
    named["output.weight"][:, CONSTANT] = NEVER
    named["output.weight"][printable, CONSTANT] = 0
    return named


def write(path: str, seed: int) -> None:
    words = vocabulary()
    writer = GGUFWriter(path, "llama")
    writer.add_name("clawlama-tiny")
    writer.add_context_length(TRAINED_CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([word.encode() for word, _ in words])
    writer.add_token_scores([0.0] * len(words))
    writer.add_token_types([kind for _, kind in words])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, weights in tensors(words, seed).items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
