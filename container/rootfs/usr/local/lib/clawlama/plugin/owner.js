// What the browser of this assistant's owner may do, as OpenClaw's own `dashboard` asks for it.
export const OWNER_SCOPES = ["admin", "approvals", "pairing", "questions", "read", "talk.secrets", "write"].map((scope) => `operator.${scope}`);
