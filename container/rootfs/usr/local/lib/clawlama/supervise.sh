# The watch: either service's end, a hang, or a stop signal ends the container; its restart policy does the rest.
HUNG_AFTER=60
LOOK_EVERY=5

follow_stop_signals() {
  trap 'stop 0' TERM INT
  trap 'last_words' EXIT
}

supervise() {
  watch_for_hangs &
  WATCHER=$!
  # A reader of its own: `wait` is what a signal can interrupt.
  { read -r event <&8 && printf '%s' "$event" >"$RUN/event"; } &
  wait $!
  REASON=$(cat "$RUN/event")
  MESSAGE=$REASON STATE=failed STAGE=supervise
  printf 'clawlama: %s\n' "$REASON" >&2
  stop 1
}

# stop CODE: the gateway first, so that no turn meets a dead model. A turn under way gets 4 s; docker stop gives 10.
stop() {
  trap '' TERM INT
  [ -z "${CLIENT:-}" ] || kill "$CLIENT" 2>/dev/null || true
  [ -z "${WATCHER:-}" ] || kill "$WATCHER" 2>/dev/null || true
  for service in ${SERVICES:-}; do end_service "$service" 4; done
  if [ "$1" -eq 0 ]; then STATE=stopped STAGE=supervise MESSAGE="stopped" REASON=''; fi
  exit "$1"
}

# The last line of the log is the last status, for whoever comes when the container is gone.
last_words() {
  PROGRESS=null
  write_status
  [ ! -s "$STATUS" ] || cat "$STATUS"
}

# patiently COMMAND...: in the background, so that a stop signal need not wait for its end.
patiently() {
  "$@" &
  wait $!
}

# A two-minute prefill is no hang: both health addresses answer all the while.
watch_for_hangs() {
  trap - TERM INT EXIT
  heard_ollama=$(date +%s) heard_gateway=$heard_ollama
  while sleep "$LOOK_EVERY"; do
    if ollama_api version >/dev/null 2>&1; then heard_ollama=$(date +%s); fi
    if gateway_alive 2>/dev/null; then heard_gateway=$(date +%s); fi
    for silent in "ollama $heard_ollama" "gateway $heard_gateway"; do
      [ $(($(date +%s) - ${silent#* })) -lt "$HUNG_AFTER" ] ||
        { echo "${silent% *} hung: its health address was silent for $HUNG_AFTER s" >&8 && return; }
    done
  done
}
