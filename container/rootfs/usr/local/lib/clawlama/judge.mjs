// judge.mjs FOLDER MANIFEST: whether the folder holds the files that the manifest has, each with its digest, and nothing
// more; then what databases.mjs says of it. A reason on stderr and code 1 where it does not.
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { settleAll } from "./databases.mjs";

const [folder, manifest] = process.argv.slice(2);

function digest(path) {
  return createHash("sha256").update(readFileSync(join(folder, path))).digest("hex");
}

function judge(wanted) {
  const present = readdirSync(folder, { recursive: true }).filter((path) => lstatSync(join(folder, path)).isFile());
  const missing = Object.keys(wanted).find((path) => !present.includes(path));
  if (missing) throw new Error(`${missing} is missing`);
  const wrong = present.find((path) => digest(path) !== wanted[path]);
  if (wrong) throw new Error(`${wrong} is not what it was`);
  settleAll(folder);
}

try {
  judge(JSON.parse(readFileSync(manifest, "utf8")).files);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
