"""Tests of `make up` on a bare machine: one machine for all of them, in the order of their files."""

OTHER_MODEL = "/srv/other.gguf"
# What is set on the machine from the last test of test_converge.py on.
CHANGED = {
    "CLAWLAMA_MODEL_FILE_HOST": OTHER_MODEL,
    # Two letters are a token to a model of random weights.
    "CLAWLAMA_CONTEXT_WINDOW": 65536,
    "OLLAMA_NUM_THREADS": 1,
    "CLAWLAMA_OPENCLAW_PORT": 18800,
    "CLAWLAMA_PROFILE": "lean",
}
