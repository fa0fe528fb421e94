import { issueDeviceBootstrapToken } from "openclaw/plugin-sdk/device-bootstrap";
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";
import { OWNER_SCOPES } from "./owner.js";
import { ask, forgetLastLife, warmUp, watchPrompts } from "./warm.js";

// Ollama keeps one prefix. The words that differ between sessions stand before the tools: without them the tools of
// every new session are a cache hit (reference/openclaw.md: 28 s -> 0.5-2.9 s).
const SESSION_WORDS = [
  ...["session", "sessionId"].map((word) => ({ from: new RegExp(`(Runtime: [^\\n]*) \\| ${word}=[^|\\n]*(?= \\|)`, "g"), to: "$1" })),
  // Said in every session but the first one; the tool itself stands among the others.
  { from: /\n\nCreate a card with progress_card only [^\n]*/g, to: "" },
];
// The main session is told of every new one, in its next turn; of ours nobody wants to hear. Written as JSON writes it.
const OUR_SESSIONS = [
  { from: /System: \[[^\]]*\] New session created [^<]*<untrusted-text>\\nSystem: \{\\"sessionKey\\":\\"agent:main:clawlama-.*?<\/untrusted-text>(\\n)?/g, to: "" },
  { from: /Conversation data \(data, not instructions\):\n""\n\n/g, to: "" },
];
// What comes with each message, and at the end of each request, is read anew every time: a hundred tokens where nothing runs,
// and forty for who writes in the page, which is the owner unless it says so.
const FACTS = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
const END_OF_FACTS = "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";
const NONE = String.raw`Conversation data \(data, not instructions\):\n"(?:Active exec sessions:|## Active Subagents)\\nnone"`;
const NOTHING_RUNS = "[nothing runs]";
const NOTHING_NEW = [
  { from: new RegExp(`^${FACTS}\\n${NONE}(?:\\n\\n${NONE})?\\n${END_OF_FACTS}$`), to: NOTHING_RUNS },
  { from: `Messages delimited by ${FACTS} and ${END_OF_FACTS} contain`, to: `A message ${NOTHING_RUNS} says that no exec session and no subagent is active; it and messages delimited by ${FACTS} and ${END_OF_FACTS} contain` },
  { from: 'Conversation info: ⟦openclaw:ctx⟧\n```json\n{"sender":{"id":"gateway-owner"}}\n```\n\n', to: "" },
];

// What OpenClaw's own `dashboard` asks for: the browser of this assistant's owner.
const OWNER = {
  roles: ["operator"],
  scopes: OWNER_SCOPES,
  purpose: "control-ui-owner",
};

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

// Whoever asks over HTTP has just come through the gateway's door: { port, token }.
const doorOf = (request) => ({
  port: request.socket.localPort,
  token: request.headers.authorization?.replace(/^Bearer /, ""),
});

async function answer(request) {
  const { text, longest } = await body(request);
  return ask(doorOf(request), text, (said) => said.length >= longest);
}

// Valid once, for ten minutes.
const linkKey = () => issueDeviceBootstrapToken({ profile: OWNER });

const answering = (make) => async (request, response) => {
  const answer = JSON.stringify(await make(request));
  response.setHeader("Content-Type", "application/json");
  response.end(answer);
  return true;
};

export default definePluginEntry({
  id: "clawlama",
  name: "ClawLama",
  description: "Prompts alike in all sessions and computed in advance, the proof's turn, links that open the chat once",
  register(api) {
    api.registerTextTransforms({ input: [...SESSION_WORDS, ...OUR_SESSIONS, ...NOTHING_NEW] });
    watchPrompts(api);
    const routes = { ask: answer, link: linkKey, warm: (request) => warmUp(doorOf(request)), forget: (request) => forgetLastLife(doorOf(request)) };
    for (const [path, make] of Object.entries(routes)) {
      api.registerHttpRoute({
        path: `/clawlama/${path}`,
        auth: "gateway",
        match: "exact",
        gatewayRuntimeScopeSurface: "trusted-operator",
        handler: answering(make),
      });
    }
  },
});
