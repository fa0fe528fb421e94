// What the page asks OpenClaw does slowly for the first time: it reads and compiles the code for it, and starts threads. So it
// is for whoever opens the page first, and again after another door was used: Node forgets what was not used for a while.
const AGENT = { agentId: "main" };
const MAIN = "agent:main:main";
const WORKS = ["queued", "running"];
const WORKED = ["completed", "failed", "timed_out", "cancelled"];
const LIST = { includeGlobal: true, includeUnknown: true, configuredAgentsOnly: true, limit: 200, includeDerivedTitles: true, includeLastMessage: true, ownerFirst: true, ...AGENT };

const opened = [
  ["sessions.subscribe", {}],
  ["config.get", {}],
  ["update.status", {}],
  ["exec.approval.list", {}],
  ["plugin.approval.list", {}],
  ["openclaw.approval.list", {}],
  ["plugins.controlUi.list", {}],
  ["agents.list", {}],
  ["projects.list", {}],
  ["question.list", {}],
  ["models.authStatus", AGENT],
  ["agent.identity.get", AGENT],
  ["talk.catalog", {}],
  ["users.prefs.get", {}],
  ["sessions.list", LIST],
];

const begun = [
  ["taskSuggestions.list", AGENT],
  ["system.info", {}],
  ["sessions.groups.list", {}],
  ["sessions.groups.defaults", {}],
  ["mentions.list", {}],
  ["cron.list", { ...AGENT, includeDisabled: true, includeDeliveryPreviews: false, compact: true, limit: 50, offset: 0 }],
  ["cron.status", {}],
  ["sessions.catalog.list", { ...AGENT, limitPerHost: 40, allowPartialResults: true }],
  ["sessions.catalog.list", { ...AGENT, metadataOnly: true }],
  ["sessions.list", { includeGlobal: false, includeUnknown: false, configuredAgentsOnly: true, limit: 10000, spawnedBy: MAIN }],
  ["environments.list", {}],
  ["models.list", { view: "configured", ...AGENT }],
];

const shown = (sessionKey) => [
  ["board.get", { sessionKey, ...AGENT }],
  ["chat.startup", { sessionKey, limit: 80, maxBytes: 262144 }],
  ["sessions.viewers.set", { sessionKeys: [sessionKey] }],
  ["sessions.messages.subscribe", { key: sessionKey, includeApprovals: true }],
  ["sessions.resolve", { key: sessionKey, ...AGENT, allowMissing: true }],
  ["sessions.describe", { key: sessionKey }],
  ["chat.history", { sessionKey, limit: 80, maxBytes: 262144 }],
  ["controlUi.sessionPullRequests.subscribe", { sessionKeys: [sessionKey] }],
  ["chat.metadata", { ...AGENT, sessionKey }],
  ["models.list", { view: "configured", sessionKey, ...AGENT }],
  ["progressCard.get", { sessionKey }],
  ["sessions.branches.list", { sessionKey }],
  ["session.discussion.info", { sessionKey, ...AGENT }],
  ["sessions.companion.state", { sessionKey, ...AGENT }],
  ["tasks.list", { sessionKey, ...AGENT, status: WORKS, limit: 200 }],
  ["tasks.list", { sessionKey, ...AGENT, status: WORKED, sortBy: "endedAt", limit: 100 }],
  ["sessions.github.options", { sessionKey, ...AGENT }],
  ["session.members.listEvidence", { sessionKey, ...AGENT }],
  ["sessions.messages.unsubscribe", { key: sessionKey }],
];

// [method, params] of what the page of OpenClaw 2026.9.6 asks: as a conversation is begun and shown in it, and as it opens.
// A test compares them with those of the page.
export const looksAt = (session) => [
  ["sessions.create", { ...AGENT, key: session }],
  ...shown(session),
  ["sessions.patch", { key: session, ...AGENT, unread: false }],
];
export const LOOKS = [...begun, ...opened, ...shown(MAIN)];
