// settle-last-life.mjs STATE-DATABASE KEEP|FORGIVE AGENT-DATABASE: what a container that is gone left in OpenClaw's state.
// The caller holds the volume's lock: nobody else is alive. Prints "turns" where turns of ours may be left.
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { OURS } from "./plugin/warm.js";

const [path, boots, agentPath] = process.argv.slice(2);
const state = new DatabaseSync(path);
const has = (table) => state.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table);

// Leases: of the gateway's owner, of the life of plugins, of migrations. A start would wait for each for up to 300 s.
if (has("state_leases")) state.exec("delete from state_leases");

// Three starts without an end within 300 s, and OpenClaw starts without channels. A container that was killed from
// outside is no crash of the gateway's, so its start gets an end; the gateway's own deaths still count.
if (boots === "FORGIVE" && has("gateway_boot_lifecycle")) {
  state
    .prepare("update gateway_boot_lifecycle set completed_at_ms = ?, outcome = 'forced_stop', reason = 'container ended' where completed_at_ms is null")
    .run(Date.now());
}
state.close();

// Those that it was killed in (plugin/warm.js deletes others at their end). Where the table is not as we know it, there may be some.
function mayHaveTurns() {
  if (!existsSync(agentPath)) return false;
  try {
    const agent = new DatabaseSync(agentPath);
    const one = agent.prepare("select 1 from session_nodes where session_key like ? limit 1").get(`${OURS}%`);
    agent.close();
    return one !== undefined;
  } catch {
    return true;
  }
}
if (mayHaveTurns()) console.log("turns");
