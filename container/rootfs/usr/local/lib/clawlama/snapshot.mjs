// snapshot.mjs FROM TO [GROUP]: copies the gateway's state from one folder to another, as it is at one moment.
//
// The databases in it have one writer, the process group GROUP, which stands still while what has changed since a first
// copy is copied again. What is copied then is what a power cut would have left, and SQLite is made to open that; it is
// opened here, checked, and left as one file (https://sqlite.org/atomiccommit.html, https://sqlite.org/wal.html).
// Prints {paused_ms, files: {path: sha256}}. A reason on stderr and code 1 where a copy is not whole.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { constants, copyFileSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { settleAll } from "./databases.mjs";

const [from, to, group] = process.argv.slice(2);
// What a gateway makes anew: its page's files, what it works with, and SQLite's index of a log.
const MADE_ANEW = /^(cache|tmp)\/|\.sqlite-shm$/;
// Whatever becomes of us, the gateway goes on after so long.
const GOES_ON_AFTER_SECONDS = 4;

/** Path below the folder → lstat, of all that counts. */
function listed(folder, below = "") {
  const found = new Map();
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (MADE_ANEW.test(entry.isDirectory() ? `${path}/` : path)) continue;
    found.set(path, lstatSync(join(folder, path), { bigint: true }));
    if (entry.isDirectory()) for (const [inner, stat] of listed(folder, path)) found.set(inner, stat);
  }
  return found;
}

/** Takes over what differs from what was copied before; what is gone goes. */
function copy(copied) {
  const present = listed(from);
  for (const path of copied.keys()) if (!present.has(path)) rmSync(join(to, path), { recursive: true, force: true });
  for (const [path, stat] of present) if (differs(copied.get(path), stat)) take(path, stat);
  return present;
}

function differs(before, now) {
  return !before || before.size !== now.size || before.mtimeNs !== now.mtimeNs || before.ino !== now.ino;
}

function take(path, stat) {
  const [source, target] = [join(from, path), join(to, path)];
  if (stat.isDirectory()) return mkdirSync(target, { recursive: true, mode: 0o700 });
  rmSync(target, { force: true });
  if (stat.isSymbolicLink()) return symlinkSync(readlinkSync(source), target);
  if (!stat.isFile()) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
  utimesSync(target, Number(stat.atimeMs) / 1000, Number(stat.mtimeMs) / 1000);
}

/** Milliseconds for which the group stood still. */
function whileItStands(work) {
  // Without our locks, which it would hold for as long.
  const goOn = `exec 7>&- 9>&-; sleep ${GOES_ON_AFTER_SECONDS}; kill -CONT -${group}`;
  spawn("sh", ["-c", goOn], { detached: true, stdio: "ignore" }).unref();
  const began = performance.now();
  process.kill(-group, "SIGSTOP");
  try {
    work();
  } finally {
    process.kill(-group, "SIGCONT");
  }
  return performance.now() - began;
}

// A file that goes while it is copied is no fault as long as its writer runs.
function firstCopy() {
  for (let tries = 5; ; tries--) {
    try {
      return copy(new Map());
    } catch (error) {
      if (error.code !== "ENOENT" || tries === 0) throw error;
      rmSync(to, { recursive: true, force: true });
      mkdirSync(to, { mode: 0o700 });
    }
  }
}

function snapshot() {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  let copied = firstCopy();
  const paused = group ? whileItStands(() => (copied = copy(copied))) : 0;
  if (paused > GOES_ON_AFTER_SECONDS * 1000) {
    throw new Error(`it took more than ${GOES_ON_AFTER_SECONDS} s, so it may not be whole; stop the assistant, then try again`);
  }
  settleAll(to);
  const files = {};
  for (const [path, stat] of listed(to)) {
    if (stat.isFile()) files[path] = createHash("sha256").update(readFileSync(join(to, path))).digest("hex");
  }
  return { paused_ms: Math.round(paused), files };
}

try {
  process.stdout.write(JSON.stringify(snapshot()));
} catch (error) {
  console.error(error.code === "ESRCH" ? "the gateway has just ended" : error.message);
  process.exit(1);
}
