// What the gateway is loaded with, before anything of its own, and each of its threads: those ask no model, and nobody
// looks whether they are late.
import { isMainThread } from "node:worker_threads";
import "./resolve.mjs";
import "./silence.mjs";

if (isMainThread) {
  await import("./ahead.mjs");
  await import("./pulse.mjs");
  await import("./titles.mjs");
  await import("./deltas.mjs");
}
