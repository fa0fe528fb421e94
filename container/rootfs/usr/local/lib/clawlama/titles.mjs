// Loaded into the gateway: the page has a title made for each new conversation by the model, just before its first
// answer, and no key of its configuration stops that. Ollama keeps one prefix, and that request would throw out the
// user's: the title is the message's own first words instead. What is no such request passes.
import { isChat, undici } from "./undici.mjs";

const ASKS_FOR_TITLE = /^Generate a concise session title/;
const LONGEST = 60;
const passOn = undici.fetch;

const words = (text) => text.replace(/\s+/g, " ").trim();

function titleOf(text) {
  const short = words(text).slice(0, LONGEST + 1);
  return short.length <= LONGEST ? short : short.replace(/\s?\S*$/, "") || short.slice(0, LONGEST);
}

// The model and the message, of a request that is one for a title.
function titleRequest(url, init) {
  if (typeof init?.body !== "string" || !isChat(url)) return undefined;
  const { model, messages = [] } = JSON.parse(init.body);
  const [system, user] = messages;
  return messages.length === 2 && ASKS_FOR_TITLE.test(system?.content) ? { model, text: String(user?.content ?? "") } : undefined;
}

const answer = ({ model, text }) =>
  new undici.Response(
    `${JSON.stringify({
      model, created_at: new Date().toISOString(), message: { role: "assistant", content: titleOf(text) },
      done: true, done_reason: "stop", prompt_eval_count: 0, eval_count: 0,
    })}\n`,
    { headers: { "Content-Type": "application/x-ndjson" } },
  );

undici.fetch = async (url, init) => {
  const asked = titleRequest(url, init);
  return asked ? answer(asked) : passOn(url, init);
};
