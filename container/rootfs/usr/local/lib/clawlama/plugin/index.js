import { issueDeviceBootstrapToken } from "openclaw/plugin-sdk/device-bootstrap";
import { dispatchGatewayMethod } from "openclaw/plugin-sdk/gateway-method-runtime";
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";

// Ollama keeps one prefix. The words that differ between sessions stand before the tools: without them the tools of
// every new session are a cache hit (reference/openclaw.md: 28 s -> 0.5-2.9 s).
const SESSION_WORDS = ["session", "sessionId"].map((word) => new RegExp(`(Runtime: [^\\n]*) \\| ${word}=[^|\\n]*(?= \\|)`, "g"));

// What OpenClaw's own `dashboard` asks for: the browser of this assistant's owner.
const OWNER = {
  roles: ["operator"],
  scopes: ["admin", "approvals", "pairing", "questions", "read", "talk.secrets", "write"].map((scope) => `operator.${scope}`),
  purpose: "control-ui-owner",
};

async function forgetSession(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { user } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const sessions = await dispatchGatewayMethod("sessions.list", { search: user });
  const keys = (sessions?.payload ?? sessions).sessions.map((session) => session.key).filter((key) => key.includes(user));
  const results = [];
  for (const key of keys) results.push(await dispatchGatewayMethod("sessions.delete", { key, deleteTranscript: true }));
  return { deleted: keys, results };
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
  description: "Prompts alike in all sessions, the proof's session forgotten, links that open the chat once",
  register(api) {
    api.registerTextTransforms({ input: SESSION_WORDS.map((from) => ({ from, to: "$1" })) });
    for (const [path, make] of [["forget", forgetSession], ["link", linkKey]]) {
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
