// Loaded into the gateway: a start asks for some threads one after the other, and waits for each until it has loaded its
// code. Here each of the last two, which read OpenClaw's state, is begun as the one before it is asked for, and loads on
// another core meanwhile. It is handed out only where all that it was begun with is still so; for all else, and where
// OpenClaw knows these files no more, a thread is begun as ever.
import { syncBuiltinESMExports } from "node:module";
import { isDeepStrictEqual } from "node:util";
import threads from "node:worker_threads";
import { OPENCLAW } from "./openclaw.mjs";

const HEARTBEAT = `${OPENCLAW}dist/state/openclaw-state-lease-heartbeat.worker.js`;
const STORE = `${OPENCLAW}dist/infra/sqlite-store.worker.js`;
const READER = `${OPENCLAW}dist/state/openclaw-state-read.worker.js`;
// What OpenClaw begins a reader with (its src/state/openclaw-state-read-worker.ts).
const READERS_OPTIONS = { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 512 } };
// Before its heartbeat a gateway may ask for more stores, and its environment still changes.
const toBeAskedFor = [HEARTBEAT, STORE, READER, READER];
// What nobody has asked for by then is not asked for by a start.
const START_MS = 120_000;

const { Worker, setEnvironmentData } = threads;
let dataGiven = 0;
let ahead;

const inherited = () => ({ env: { ...process.env }, dataGiven });

function beginReaderAhead() {
  const thread = new Worker(new URL(READER), READERS_OPTIONS);
  const gone = () => {
    if (ahead?.thread === thread) ahead = undefined;
  };
  const timer = setTimeout(() => thread.terminate(), START_MS).unref();
  thread.on("exit", gone).on("error", gone);
  thread.unref();
  ahead = { thread, gone, timer, inherited: inherited() };
}

/** The reader that was begun ahead, or undefined. */
function takeReader(options) {
  if (!ahead) return undefined;
  const { thread, gone, timer, inherited: then } = ahead;
  ahead = undefined;
  clearTimeout(timer);
  if (!isDeepStrictEqual([options, inherited()], [READERS_OPTIONS, then])) {
    thread.terminate();
    return undefined;
  }
  thread.off("exit", gone).off("error", gone);
  thread.ref();
  return thread;
}

threads.Worker = new Proxy(Worker, {
  construct(target, [file, options], asked) {
    const name = String(file);
    const thread = (name === READER && takeReader(options)) || Reflect.construct(target, [file, options], asked);
    if (name === toBeAskedFor[0]) {
      toBeAskedFor.shift();
      if (toBeAskedFor[0] === READER) beginReaderAhead();
    }
    return thread;
  },
});
threads.setEnvironmentData = (...given) => {
  dataGiven += 1;
  return setEnvironmentData(...given);
};
syncBuiltinESMExports();
