// Loaded into the gateway: OpenClaw looks 50 times a second whether its event loop is late, and complains from a second on.
// On a CPU that a model computes on, those looks are a third or more of what an answer costs the gateway, and each comes
// between two tokens. A few times a second sees the same.
import { syncBuiltinESMExports } from "node:module";
import hooks from "node:perf_hooks";

const LOOK_MS = 250;
const monitor = hooks.monitorEventLoopDelay;

hooks.monitorEventLoopDelay = (options) => monitor({ ...options, resolution: Math.max(LOOK_MS, options?.resolution ?? 0) });
syncBuiltinESMExports();
