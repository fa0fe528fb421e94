"""What Ollama says of an answer piece by piece reaches OpenClaw whole, at once where it begins, and in fewer pieces."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.testbed.docker import LABEL, docker
from tests.testbed.image import image

pytestmark = pytest.mark.container

# An answer, read as OpenClaw reads it, in the image's Node: what follows its first line comes once that was read.
PROBE = """
import { once } from "node:events";
import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { undici } from "/usr/local/lib/clawlama/undici.mjs";
import "/usr/local/lib/clawlama/deltas.mjs";

const { lines, rest, breaksOff, awaited } = JSON.parse(process.argv[1]);
const read = { text: "", error: null };
const { promise: isRead, resolve: reads } = Promise.withResolvers();
const { promise: begins, resolve: hasBegun } = Promise.withResolvers();
const server = createServer(async (request, answer) => {
  for (const line of lines) {
    answer.write(`${line}\\n`);
    await begins;
    await turn();
  }
  if (awaited) await isRead;
  if (breaksOff) return answer.destroy();
  answer.end(rest);
}).listen(0, "127.0.0.1");
await once(server, "listening");
try {
  const reply = await undici.fetch(`http://127.0.0.1:${server.address().port}/api/chat`);
  for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
    read.text += piece;
    hasBegun();
    if (read.text.includes(awaited)) reads();
  }
} catch (broken) {
  read.error = broken.cause?.message ?? broken.message;
}
console.log(JSON.stringify(read));
process.exit();
"""
DONE = '{"model":"m","created_at":"t","message":{"role":"assistant","content":""},"done":true,"eval_count":9}'
CALL = (
    '{"model":"m","created_at":"t","message":{"role":"assistant","content":"","tool_calls":'
    '[{"function":{"name":"f","arguments":{"id":90071992547409931}}}]},"done":false}'
)


def says(content: str, **more: str) -> str:
    message = {"role": "assistant", "content": content, **more}
    return json.dumps({"model": "m", "created_at": "t", "message": message, "done": False})


def read(
    lines: list[str], rest: str = "", awaited: str = "", *, breaks_off: bool = False
) -> tuple[list[str], str | None]:
    """The lines that OpenClaw reads, and what it is told went wrong.

    Args:
        lines: of the answer.
        rest: a last line that is not ended.
        awaited: what has to be read before the answer ends.
        breaks_off: it does not end, its connection does.
    """
    answer = json.dumps({"lines": lines, "rest": rest, "awaited": awaited, "breaksOff": breaks_off})
    node = ("--entrypoint=node", image(), "--input-type=module", "--eval", PROBE, answer)
    told = json.loads(docker("run", "--rm", f"--label={LABEL}", "--network=none", *node))
    return told["text"].splitlines(), told["error"]


def message(line: str) -> dict[str, str]:
    told: dict[str, str] = json.loads(line)["message"]
    return told


def told_in_order(lines: list[str]) -> list[tuple[str, str]]:
    """What was thought and said, as OpenClaw takes it: of one line, first what was thought."""
    parts = [(kind, message(line).get(kind, "")) for line in lines for kind in ("thinking", "content")]
    grouped = itertools.groupby([part for part in parts if part[1]], key=lambda part: part[0])
    return [(kind, "".join(text for _, text in texts)) for kind, texts in grouped]


def test_an_answer_is_read_whole_from_its_first_word_on_in_fewer_pieces() -> None:
    words = [f" wörd {number}" for number in range(40)]
    lines, error = read([says("First"), *map(says, words), DONE])
    assert error is None
    assert told_in_order(lines) == [("content", "First" + "".join(words))]
    assert message(lines[0])["content"] == "First", "read before what came later"
    assert len(lines) < 10
    assert lines[-1] == DONE


def test_the_last_word_is_read_while_the_answer_goes_on() -> None:
    lines, _ = read([says("One"), says(" two"), says(" three")], awaited="three")
    assert told_in_order(lines) == [("content", "One two three")]


def test_what_was_thought_and_what_is_said_stay_in_order() -> None:
    thought = [says("", thinking=text) for text in (" ", "Hm", ", so")]
    lines, _ = read(
        [*thought, says("Yes"), says("!"), says("", thinking="No"), says("", thinking="."), says("No"), DONE]
    )
    assert told_in_order(lines) == [
        ("thinking", " Hm, so"),
        ("content", "Yes!"),
        ("thinking", "No."),
        ("content", "No"),
    ]


def test_a_tool_is_called_with_the_numbers_that_the_model_gave() -> None:
    lines, _ = read([says("I"), says(" look"), CALL, says(" and"), says(" see"), DONE])
    assert CALL in lines
    before, after = lines[: lines.index(CALL)], lines[lines.index(CALL) + 1 :]
    assert told_in_order(before) == [("content", "I look")]
    assert told_in_order(after) == [("content", " and see")]


def test_an_answer_that_breaks_off_is_read_as_one_that_broke_off() -> None:
    _, error = read([says("I"), says(" say")], awaited="say", breaks_off=True)
    assert error == "other side closed"


def test_what_is_no_part_of_an_answer_is_read_as_it_came() -> None:
    lines, error = read(["no JSON", "null", '{"error":"out of memory"}'], rest='{"message":')
    assert error is None
    assert lines == ["no JSON", "null", '{"error":"out of memory"}', '{"message":']
