// Loaded into the gateway: a start loads thousands of OpenClaw's files, which name each other as they lie there. Node
// looks each of the names up on the disk, several times, and that was a twelfth of a start's CPU time.
import module from "node:module";
import { OPENCLAW } from "./openclaw.mjs";

const OWN = `${OPENCLAW}dist/`;
const BESIDE = /^\.\/[^?#]+\.mjs$/;

module.registerHooks?.({
  resolve(specifier, context, resolveNext) {
    const isOwn = BESIDE.test(specifier) && context.parentURL?.startsWith(OWN);
    return isOwn ? { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true } : resolveNext(specifier, context);
  },
});
