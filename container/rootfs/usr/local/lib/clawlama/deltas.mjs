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

// The handler of an answer, told its text in moments. It stands before undici's own streams, which cost more a token than
// all that is done here: https://github.com/nodejs/undici/blob/main/docs/docs/api/Dispatcher.md
function inMoments(handler) {
  const decoder = new TextDecoder();
  let isAnswer = false;
  let held = "";
  let told = -Infinity;
  let timer;
  return {
    __proto__: handler,
    onResponseStart(controller, status, ...more) {
      isAnswer = status === 200;
      super.onResponseStart(controller, status, ...more);
    },
    onResponseData(controller, piece) {
      if (!isAnswer) return super.onResponseData(controller, piece);
      held += decoder.decode(piece, { stream: true });
      const wait = told + MOMENT_MS - performance.now();
      if (wait <= 0) this.tellLines(controller);
      else timer ??= setTimeout(() => this.tellLater(controller), wait);
    },
    onResponseEnd(controller, trailers) {
      held += decoder.decode();
      this.tellLines(controller);
      this.tell(controller, held);
      super.onResponseEnd(controller, trailers);
    },
    onResponseError(controller, error) {
      clearTimeout(timer);
      super.onResponseError(controller, error);
    },
    tellLines(controller) {
      clearTimeout(timer);
      timer = undefined;
      told = performance.now();
      const lines = held.split("\n");
      held = lines.pop();
      this.tell(controller, merged(lines.filter((line) => line.trim())));
    },
    tellLater(controller) {
      try {
        this.tellLines(controller);
      } catch (error) {
        controller.abort(error);
      }
    },
    tell(controller, text) {
      if (text) super.onResponseData(controller, Buffer.from(text));
    },
  };
}

const toldInMoments = (dispatch) => (options, handler) => dispatch(options, inMoments(handler));

undici.fetch = (url, init) => {
  if (!isChat(url)) return passOn(url, init);
  const dispatcher = init?.dispatcher ?? undici.getGlobalDispatcher();
  return passOn(url, { ...init, dispatcher: dispatcher.compose(toldInMoments) });
};
