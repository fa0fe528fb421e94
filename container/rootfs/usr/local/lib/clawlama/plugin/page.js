import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { GatewayClient } from "openclaw/plugin-sdk/gateway-runtime";
import { LOOKS, looksAt } from "./looks.js";
import { OWNER_SCOPES } from "./owner.js";

// What the prompt says of tools depends on what the client can show. These are the chat page's own words, so that a turn
// asked through here has the page's prompt to the byte; a test compares the two.
const PAGE = {
  clientName: "openclaw-control-ui",
  // Of no build: the gateway would ask a page of another one to load itself anew.
  clientBuildId: "dev",
  mode: "webchat",
  role: "operator",
  scopes: OWNER_SCOPES,
  caps: [
    "agent-kind", "approvals", "task-suggestions", "terminal-offset-seq", "terminal-session-metadata", "terminal-upload-path-style",
    "tool-events", "inline-widgets", "model-selection-policy", "ui-commands", "usage-refreshing", "model-catalog-snapshot",
  ],
};
const ENDS = ["final", "aborted", "error"];

// Each browser has a key pair of its own; this one lives as long as its connection.
function freshDevice() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
  return {
    deviceId: createHash("sha256").update(raw).digest("hex"),
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
  };
}

const textOf = (message) => (message?.content ?? []).map((part) => part.text ?? "").join("");

// join(DOOR, ON-EVENT, ON-CLOSE): as the page is; { client, leave }. door: { port, token }.
async function join(door, onEvent, onClose) {
  const device = freshDevice();
  const connected = Promise.withResolvers();
  const client = new GatewayClient({
    ...PAGE,
    url: `ws://127.0.0.1:${door.port}`,
    origin: `http://127.0.0.1:${door.port}`,
    token: door.token,
    deviceIdentity: device,
    sharedStateMode: "read-only",
    onHelloOk: () => connected.resolve(),
    onConnectError: (error) => connected.reject(error),
    onClose,
    onEvent,
  });
  const leave = async () => {
    await client.request("device.pair.remove", { deviceId: device.deviceId }).catch(() => {});
    client.stop();
  };
  client.start();
  try {
    await connected.promise;
    return { client, leave };
  } catch (error) {
    await leave();
    throw error;
  }
}

const remove = (client, key) => client.request("sessions.delete", { key, deleteTranscript: true });

// removeSessions(DOOR, SEARCH, IS-ONE): those whose keys are so, with what was said in them; how many there were.
export async function removeSessions(door, search, isOne) {
  const { client, leave } = await join(door, () => {}, () => {});
  try {
    const { sessions } = await client.request("sessions.list", { search, limit: 100 });
    const keys = sessions.map(({ key }) => key).filter(isOne);
    for (const key of keys) await remove(client, key);
    return keys.length;
  } finally {
    await leave();
  }
}

// askAsPage({ door, session, text, signal, enough }): one turn as the page would ask it, in a session that is deleted
// afterwards; { text, error }. It is ended early when `enough(text)` holds, or by the signal.
export async function askAsPage({ door, session, text, signal, enough }) {
  const run = randomUUID();
  const ended = Promise.withResolvers();
  // The gateway knows nothing of a turn before it took it.
  let taken;
  let over = false;
  let said = "";
  const endEarly = () => {
    over = true;
    taken?.request("chat.abort", { sessionKey: session, runId: run }).catch(() => {});
  };
  const hear = ({ event, payload }) => {
    if (event !== "chat" || payload.runId !== run) return;
    said = textOf(payload.message) || said;
    if (ENDS.includes(payload.state)) ended.resolve({ text: said, error: payload.state === "error" ? payload.errorMessage : undefined });
    if (!said || !enough(said)) return;
    // Whatever the turn says of its own end now.
    ended.resolve({ text: said });
    endEarly();
  };
  ended.promise.catch(() => {});
  signal?.addEventListener("abort", endEarly);
  const { client, leave } = await join(door, hear, (code, reason) => ended.reject(new Error(`the gateway closed the connection: ${code} ${reason}`)));
  try {
    await client.request("chat.send", { sessionKey: session, message: text, deliver: false, idempotencyKey: run });
    taken = client;
    if (over) endEarly();
    return await ended.promise;
  } finally {
    await remove(client, session).catch(() => {});
    await leave();
  }
}

// lookAsPage({ door, session, signal }): asks what the page asks as a conversation is shown in it, of one that is made for it
// and deleted afterwards, and then, for OpenClaw forgets as it deletes, what it asks as it opens; until the signal.
export async function lookAsPage({ door, session, signal }) {
  const { client, leave } = await join(door, () => {}, () => {});
  const ask = async (looks) => {
    // What this OpenClaw does not know, its page does not ask.
    for (const [method, params] of looks) if (!signal.aborted) await client.request(method, params).catch(() => {});
  };
  try {
    await ask(looksAt(session));
    await remove(client, session).catch(() => {});
    await ask(LOOKS);
  } finally {
    await leave();
  }
}
