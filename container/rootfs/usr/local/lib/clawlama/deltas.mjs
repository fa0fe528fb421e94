// Loaded into the gateway: Ollama sends each token of an answer as it has it, and OpenClaw works on each for 4 ms, in CPU
// time that the next one is computed in. What comes within a moment it is given as one: the page shows no more often than
// that by much, and a model that is slower than that is not held up.
import { isChat, undici } from "./undici.mjs";

const MOMENT_MS = 250;
const TEXTS = ["content", "thinking"];
const passOn = undici.fetch;

function parsed(line) {
  try {
    return JSON.parse(line) ?? {};
  } catch {
    return {};
  }
}

// The part of an answer that a line is, where it says text and nothing else.
function textOf(line) {
  const { model, created_at, message, done, ...others } = parsed(line);
  const { role, content = "", thinking = "", ...more } = message ?? {};
  const isText = done === false && role !== undefined && Object.keys({ ...others, ...more }).length === 0;
  return isText ? { model, created_at, message: { role, content, thinking }, done } : undefined;
}

// Lines as fewer lines, with neighbours that say text as one. All others stay as they are to the byte: a tool is called with
// numbers that JavaScript cannot hold.
function merged(lines) {
  const parts = [];
  for (const line of lines) {
    const text = textOf(line);
    const last = parts.at(-1)?.text;
    // Thought comes before what is said.
    if (text && last && !(last.message.content && text.message.thinking)) {
      for (const kind of TEXTS) last.message[kind] += text.message[kind];
    } else parts.push({ line, text });
  }
  return parts.map(({ line, text }) => `${text ? JSON.stringify(text) : line}\n`).join("");
}

function inMoments() {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let held = "";
  let given = -Infinity;
  let timer;
  const give = (controller) => {
    clearTimeout(timer);
    timer = undefined;
    given = performance.now();
    const lines = held.split("\n");
    held = lines.pop();
    const text = merged(lines.filter((line) => line.trim()));
    if (text) controller.enqueue(encoder.encode(text));
  };
  const giveLater = (controller) => {
    try {
      give(controller);
    } catch (error) {
      controller.error(error);
    }
  };
  return new TransformStream({
    transform(piece, controller) {
      held += decoder.decode(piece, { stream: true });
      const wait = given + MOMENT_MS - performance.now();
      if (wait <= 0) give(controller);
      else timer ??= setTimeout(giveLater, wait, controller);
    },
    flush(controller) {
      held += decoder.decode();
      give(controller);
      if (held) controller.enqueue(encoder.encode(held));
    },
    cancel: () => clearTimeout(timer),
  });
}

const isAnswer = (url, reply) => isChat(url) && reply.ok && reply.body;

undici.fetch = async (url, init) => {
  const reply = await passOn(url, init);
  return isAnswer(url, reply) ? new undici.Response(reply.body.pipeThrough(inMoments()), reply) : reply;
};
