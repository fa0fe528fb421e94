// newer.mjs FOLDER TIME: how many conversations below OpenClaw's folder were written to after that time (ISO 8601).
// Table and column as OpenClaw 2026.9 has them (openclaw-agent.sqlite, user_version 23); an agent without them fails.
import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const [folder, time] = process.argv.slice(2);
const since = Date.parse(time);
if (Number.isNaN(since)) throw new Error(`${time} is no time`);

function newerIn(path) {
  const agent = new DatabaseSync(path, { readOnly: true });
  try {
    const count = "select count(distinct session_key) as found from session_windows where transcript_updated_at > ?";
    return agent.prepare(count).get(since).found;
  } finally {
    agent.close();
  }
}

const agents = globSync(join(folder, "agents/*/agent/openclaw-agent.sqlite"));
console.log(agents.map(newerIn).reduce((sum, found) => sum + found, 0));
