// The databases of a copied state: SQLite says of each that it is whole, and leaves it as one file.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

function databasesBelow(folder) {
  return readdirSync(folder, { recursive: true }).filter((path) => path.endsWith(".sqlite"));
}

/** Has SQLite take its log in and judge the whole; throws where it is damaged. */
function settle(path) {
  const database = new DatabaseSync(path);
  try {
    const verdict = database.prepare("pragma integrity_check").all().map((row) => row.integrity_check);
    if (verdict.join() !== "ok") throw new Error(verdict.slice(0, 3).join("; "));
    database.exec("pragma wal_checkpoint(truncate)");
  } finally {
    database.close();
  }
}

/** All below the folder; throws where one is damaged. */
export function settleAll(folder) {
  for (const path of databasesBelow(folder)) {
    try {
      settle(join(folder, path));
    } catch (error) {
      throw new Error(`${path} is damaged: ${error.message}`);
    }
  }
}
