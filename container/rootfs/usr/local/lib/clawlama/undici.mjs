import { createRequire } from "node:module";
import { OPENCLAW } from "./openclaw.mjs";

// OpenClaw's own copy: what takes the place of its fetch, OpenClaw calls.
export const undici = createRequire(new URL("package.json", OPENCLAW))("undici");
// Whether Ollama is asked for the next of a conversation, and for nothing else.
export const isChat = (url) => /\/api\/chat$/.test(String(url));
