# The gateway: OpenClaw's one process. It must not wait for the lease of an owner that is gone.

start_gateway() {
  enter starting gateway "starting the gateway"
  drop_dead_lease
  start_service gateway env \
    OPENCLAW_CONFIG_PATH="$CONFIG" OPENCLAW_NO_RESPAWN=1 OPENCLAW_DISABLE_BONJOUR=1 DO_NOT_TRACK=1 \
    NODE_COMPILE_CACHE="$OWN/compile-cache" NODE_DISABLE_COLORS=1 \
    openclaw gateway run
  await 300 gateway gateway_ready
}

gateway_url() { echo "http://127.0.0.1:$CLAWLAMA_OPENCLAW_PORT"; }
gateway_ready() { curl -sS -f -o /dev/null --max-time 5 "$(gateway_url)/startupz"; }
gateway_alive() { curl -sS -f -o /dev/null --max-time 5 "$(gateway_url)/healthz"; }

# Only under our lock, which says that no other gateway is on this volume.
drop_dead_lease() {
  [ -e "$DATA/openclaw/state/openclaw.sqlite" ] || return 0
  node --no-warnings "$LIB/drop-lease.mjs" "$DATA/openclaw/state/openclaw.sqlite" ||
    say "the last owner's lease could not be removed; the start may wait for it for up to 5 minutes"
}

announce_ready() {
  banner
  enter ready ready "ready"
}

# One screen: what runs here, and how to reach it.
banner() {
  jq -r -n --slurpfile plan "$PLAN" --slurpfile versions "$VERSIONS" --slurpfile models "$MODELS" \
    --arg hardware "$(hardware_line)" --arg address "$CLAWLAMA_PUBLISH_ADDRESS" --arg port "$CLAWLAMA_OPENCLAW_PORT" -f "$LIB/banner.jq"
}
