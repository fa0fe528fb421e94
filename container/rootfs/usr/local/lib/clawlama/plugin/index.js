import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";
import { dispatchGatewayMethod } from "openclaw/plugin-sdk/gateway-method-runtime";

// Ollama keeps one prefix. The words that differ between sessions stand before the tools: without them the tools of
// every new session are a cache hit (reference/openclaw.md: 28 s -> 0.5-2.9 s).
const SESSION_WORDS = ["session", "sessionId"].map((word) => new RegExp(`(Runtime: [^\\n]*) \\| ${word}=[^|\\n]*(?= \\|)`, "g"));

async function forgetSession(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { user } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const sessions = await dispatchGatewayMethod("sessions.list", { search: user });
  const keys = (sessions?.payload ?? sessions).sessions.map((session) => session.key).filter((key) => key.includes(user));
  const results = [];
  for (const key of keys) results.push(await dispatchGatewayMethod("sessions.delete", { key, deleteTranscript: true }));
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ deleted: keys, results }));
  return true;
}

export default definePluginEntry({
  id: "clawlama",
  name: "ClawLama",
  description: "Prompts alike in all sessions, and the proof's session forgotten",
  register(api) {
    api.registerTextTransforms({ input: SESSION_WORDS.map((from) => ({ from, to: "$1" })) });
    api.registerHttpRoute({
      path: "/clawlama/forget",
      auth: "gateway",
      match: "exact",
      gatewayRuntimeScopeSurface: "trusted-operator",
      handler: forgetSession,
    });
  },
});
