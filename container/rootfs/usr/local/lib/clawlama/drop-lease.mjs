// Removes the gateway-owner lease of a container that is gone. The caller holds the volume's lock: nobody else is alive.
import { DatabaseSync } from "node:sqlite";

const state = new DatabaseSync(process.argv[2]);
const hasLeases = state.prepare("select 1 from sqlite_master where type = 'table' and name = 'state_leases'").get();
if (hasLeases) state.exec("delete from state_leases where scope = 'gateway-owner'");
state.close();
