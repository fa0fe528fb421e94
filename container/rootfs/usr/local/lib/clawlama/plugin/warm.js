import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";

// Ollama keeps one prefix: it should be what all conversations of the chat page begin with. That is computed before anybody
// asks, and again when nothing has been going on for a while after something else had Ollama: a sub-agent, a job, a channel.
const IDLE_MS = 20_000;
// A file that says "warm" for as long as the next message of the page finds it computed, "warming" while it is computed, and
// "apart" where a prompt names its session: an OpenClaw whose words we do not know, so that no two begin alike.
const SIGN = process.env.CLAWLAMA_WARM_SIGN;
// What the keys of our sessions begin with.
export const OURS = "agent:main:clawlama-";

const promptOf = ({ systemPrompt, tools, model }) =>
  createHash("sha256").update(JSON.stringify([model, systemPrompt, (tools ?? []).map((tool) => tool.name)])).digest("hex");

const namesItsSession = ({ systemPrompt, sessionId }, sessionKey) =>
  [sessionId, sessionKey].some((name) => name && systemPrompt?.includes(name));

const show = (state) => (state ? writeFileSync(SIGN, state) : rmSync(SIGN, { force: true }));

// OpenClaw loads a plugin several times, and then has its hooks from one of them, its routes from another: they share what
// the process has. door: { port, token } of the gateway. page: the page's prompt and model. apart: the last prompt names its
// session. last: whose prompt Ollama had last, { prompt, model, trigger, sessionKey }. running: ids of turns. asked: a proof's
// turn that is under way, a promise. warmUp: ends the last one early. cut: another turn ended it, maybe before its prompt was
// seen: a start goes on with conversations that the last life's end interrupted. timer: for when it is quiet.
const now = (globalThis[Symbol.for("clawlama.warm")] ??= { running: new Set(), pageIsUsed: false });
const isPages = () => now.page !== undefined && now.last.prompt === now.page.prompt;

// An OpenClaw without what this needs does without.
const asPage = () => import("./page.js");
const newSession = (name) => `${OURS}${name}-${Date.now()}`;

async function turn({ door, name, text, enough, signal }) {
  const { askAsPage } = await asPage();
  return askAsPage({ door, session: newSession(name), text, enough, signal });
}

// ask(DOOR, TEXT, ENOUGH): a turn as the page's. It goes before a warm-up; what that has computed by then is not lost.
export function ask(door, text, enough) {
  now.warmUp?.abort();
  const asked = turn({ door, name: "proof", text, enough }).finally(() => {
    if (now.asked === asked) now.asked = undefined;
  });
  return (now.asked = asked);
}

// warmUp(DOOR): from now on also whenever it is to be done again. A proof that is under way does the same.
export async function warmUp(door) {
  now.door = door;
  now.cut = false;
  const proof = await now.asked?.catch(({ message }) => ({ error: message }));
  return prepare(proof !== undefined && !proof.error);
}

async function prepare(isComputed) {
  now.warmUp?.abort();
  const mine = (now.warmUp = new AbortController());
  try {
    const computed = isComputed ? {} : await compute(mine.signal);
    const warm = !computed.error && !mine.signal.aborted && isPages();
    // It saves time, and no more.
    if (warm) await lookAround(mine.signal).catch(() => {});
    return { warm, ...computed };
  } finally {
    if (now.warmUp === mine) now.warmUp = undefined;
  }
}

async function compute(signal) {
  const began = Date.now();
  const { error } = await turn({ door: now.door, name: "warm-up", text: "Hello", enough: () => true, signal });
  return { seconds: (Date.now() - began) / 1000, error };
}

async function lookAround(signal) {
  const { lookAsPage } = await asPage();
  await lookAsPage({ door: now.door, session: newSession("look"), signal });
  now.looked = !signal.aborted;
}

// forgetLastLife(DOOR): the turns of ours that the gateway before this one was killed in. OpenClaw shows such a session, and a
// few seconds after its start asks the model to go on with it.
export async function forgetLastLife(door) {
  const born = Date.now() - process.uptime() * 1000;
  const { removeSessions } = await asPage();
  return { forgotten: await removeSessions(door, "clawlama-", (key) => key.startsWith(OURS) && Number(key.split("-").at(-1)) < born) };
}

// A user of another door, or of another model, is left what was computed there; one of the page gets the page's back.
function isToBeWarmed({ door, page, apart, last, running, pageIsUsed, cut, warmUp, looked }) {
  if (!door || apart || running.size > 0) return false;
  if (isPages()) return !looked && !warmUp;
  if (!page) return cut;
  return last.model === page.model && (pageIsUsed || last.trigger !== "user" || last.sessionKey?.includes(":subagent:"));
}

function warmWhenIdle(warn) {
  if (!isToBeWarmed(now)) return;
  now.timer = setTimeout(() => prepare(isPages()).catch((error) => warn(`clawlama: warm-up: ${error.message}`)), IDLE_MS);
  now.timer.unref();
}

export function watchPrompts(api) {
  api.on("llm_input", (event, { sessionKey, trigger }) => {
    clearTimeout(now.timer);
    now.running.add(event.runId);
    now.last = { prompt: promptOf(event), model: event.model, sessionKey, trigger };
    now.apart = namesItsSession(event, sessionKey);
    show(now.apart ? "apart" : sessionKey?.startsWith(`${OURS}warm-up`) ? "warming" : "");
    if (sessionKey?.startsWith(OURS)) {
      now.page = now.last;
    } else {
      now.cut ||= now.warmUp !== undefined;
      now.warmUp?.abort();
      now.pageIsUsed ||= isPages();
      now.looked &&= isPages();
    }
  });
  api.on("agent_end", (_event, { runId }) => {
    now.running.delete(runId);
    show(now.apart ? "apart" : isPages() ? "warm" : "");
    warmWhenIdle((words) => api.logger.warn(words));
  });
}
