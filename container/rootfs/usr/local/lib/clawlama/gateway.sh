# The gateway: OpenClaw's one process. What a container that is gone left behind must not hold it up.

# Who settles the last life; whether turns of ours may be left from it.
SETTLING='' TURNS_LEFT=''

# start_gateway: begins, and does not wait: the model loads meanwhile.
start_gateway() {
  STAGE=gateway
  wait "$SETTLING" || true
  TURNS_LEFT=$(cat "$RUN/settled")
  openclaw_version >"$STATE_VERSION"
  # Without the last of these it would begin itself once more, to look for a compile cache in a folder of its own naming:
  # after the moment at which its package was written, and an image rounds that.
  start_service gateway "$OOM_SCORE_GATEWAY" env \
    OPENCLAW_CONFIG_PATH="$CONFIG" OPENCLAW_NO_RESPAWN=1 OPENCLAW_DISABLE_BONJOUR=1 DO_NOT_TRACK=1 \
    NODE_DISABLE_COLORS=1 CLAWLAMA_WARM_SIGN="$RUN/warm" NODE_COMPILE_CACHE="$COMPILED" OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED=1 \
    node --import "$LIB/gateway.mjs" /usr/local/bin/openclaw gateway run --port "$CLAWLAMA_OPENCLAW_PORT"
}

await_gateway() {
  enter starting gateway "starting the gateway"
  await 300 gateway gateway_ready
}

gateway_url() { echo "http://127.0.0.1:$CLAWLAMA_OPENCLAW_PORT"; }
gateway_ready() { curl -sS -f -o /dev/null --max-time 5 "$(gateway_url)/startupz"; }

# gateway_post PATH SECONDS: standard input as JSON, with the token, which stands in no argument.
gateway_post() {
  post_header=$(mktemp "$RUN/header.XXXXXX")
  printf 'Authorization: Bearer %s' "$(cat "$TOKEN")" >"$post_header"
  post_code=0
  curl -sS --max-time "$2" -H "@$post_header" -H 'Content-Type: application/json' --data-binary @- "$(gateway_url)/$1" || post_code=$?
  rm -f "$post_header"
  return "$post_code"
}

# settle_last_life: begins; start_gateway waits for it. Only under our lock, which says that no other gateway is on this volume.
settle_last_life() {
  settling >"$RUN/settled" &
  SETTLING=$!
}

# Prints something where turns of ours may be left.
settling() {
  # What a gateway works with and removes at its end: one that was killed leaves it, 2 MB each time.
  rm -rf "$DATA/openclaw/tmp/plugin-captures" "$DATA"/.cache/openclaw/openclaw-sqlite-readonly-*
  # Earlier releases had a copy of what the image brings.
  rm -rf "$OWN/compile-cache"
  [ -e "$DATA/openclaw/state/openclaw.sqlite" ] || return 0
  case $LAST_REASON in "gateway ended"*) boots=KEEP ;; *) boots=FORGIVE ;; esac
  node --no-warnings "$LIB/settle-last-life.mjs" "$DATA/openclaw/state/openclaw.sqlite" "$boots" "$DATA/openclaw/agents/main/agent/openclaw-agent.sqlite" || {
    echo unknown
    say "what the last container left in OpenClaw's state could not be settled; the start may wait for it for up to 5 minutes" >&2
  }
}

announce_ready() {
  banner
  enter ready ready "ready"
}

# One screen: what runs here, and how to reach it.
banner() {
  jq -r -n --slurpfile plan "$PLAN" --slurpfile versions "$VERSIONS" --slurpfile models "$MODELS" \
    --arg hardware "$(hardware_line)" --arg ollama "$(ollama_url)" --arg address "$CLAWLAMA_PUBLISH_ADDRESS" --arg port "$CLAWLAMA_OPENCLAW_PORT" -f "$LIB/banner.jq"
}
