// What the gateway is loaded with, before anything of its own, and each of its threads: those ask no model.
import { isMainThread } from "node:worker_threads";
import "./resolve.mjs";
import "./silence.mjs";

if (isMainThread) {
  await import("./titles.mjs");
  await import("./deltas.mjs");
}
