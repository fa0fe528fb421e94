# The words that all conversations of the chat page begin with: on a CPU they are the wait. They are computed behind
# `ready`, before anybody asks; the plugin in the gateway does it, and does it again after what else the gateway asked for.

# forget_last_life: turns of ours that were cut short, before OpenClaw goes on with them. To look for them takes a second.
forget_last_life() {
  [ -n "$TURNS_LEFT" ] || return 0
  echo '{}' | gateway_post clawlama/forget 30 >/dev/null 2>&1 || true
}

# warm_up: in the background; a question that comes meanwhile goes first.
warm_up() {
  [ "$CLAWLAMA_WARM_UP" = true ] || return 0
  rm -f "$RUN/warm"
  {
    echo '{}' | gateway_post clawlama/warm 3600 >"$RUN/warmed.json" 2>/dev/null || true
    warm_seconds=$(jq -r 'select(.warm) | .seconds | ceil' "$RUN/warmed.json" 2>/dev/null) || warm_seconds=''
    if [ -n "$warm_seconds" ]; then
      keep_cold "$warm_seconds"
      say "warm: what conversations begin with is computed ($warm_seconds s)"
    fi
  } &
}

is_warm() { [ "$(cat "$RUN/warm" 2>/dev/null)" = warm ]; }
# Whether all conversations begin with the same words, as far as was seen.
is_shared() { [ "$(cat "$RUN/warm" 2>/dev/null)" != apart ]; }
is_warming() { [ "$(cat "$RUN/warm" 2>/dev/null)" = warming ]; }
