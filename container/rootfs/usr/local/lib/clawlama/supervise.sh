# The watch: either service's end, a hang, or a stop signal ends the container; its restart policy does the rest.
HUNG_AFTER=60
LOOK_EVERY=5
# A runner at work uses all the CPU that it gets; one that merely lives, less than this: hundredths of a second a look.
LEAST_TICKS=5
# Set here, as a variable of the user's may have the same name.
CLIENT='' WATCHER='' OOM_KILLS_BEFORE=0 runners_seen='' ticks_now=0

follow_stop_signals() {
  trap 'stop 0' TERM INT
  trap 'last_words' EXIT
}

supervise() {
  watch &
  WATCHER=$!
  # A reader of its own: `wait` is what a signal can interrupt.
  { read -r event <&8 && printf '%s' "$event" >"$RUN/event"; } &
  wait $!
  REASON=$(cat "$RUN/event")$(killed_for_memory)
  MESSAGE=$REASON STATE=failed STAGE=supervise
  printf 'clawlama: %s\n' "$REASON" >&2
  stop 1
}

# stop CODE: the gateway first, so that no turn meets a dead model. A turn under way gets 4 s; docker stop gives 10.
stop() {
  trap '' TERM INT
  [ -z "$CLIENT" ] || kill "$CLIENT" 2>/dev/null || true
  [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
  for service in $SERVICES; do end_service "$service" 4; done
  [ -z "$OLLAMA_LOG" ] || wait "$OLLAMA_LOG" || true
  if [ "$1" -eq 0 ]; then STATE=stopped STAGE=supervise MESSAGE="stopped" REASON=''; fi
  exit "$1"
}

# The last line of the log is the last status, for whoever comes when the container is gone.
last_words() {
  ended_with=$?
  PROGRESS=null
  case $ended_with:$STATE in
    0:* | *:failed | *:stopped) ;;
    *) STATE=failed REASON="stage $STAGE ended with code $ended_with, the lines above say why" && MESSAGE=$REASON ;;
  esac
  write_status
  [ ! -s "$RUN/status.json" ] || cat "$RUN/status.json"
}

# patiently COMMAND...: in the background, so that a stop signal need not wait for its end.
patiently() {
  "$@" &
  wait $!
}

# A look every few seconds, for as long as we live.
watch() {
  trap - TERM INT EXIT
  heard_ollama=$(date +%s) heard_gateway=$heard_ollama heard_runner=$heard_ollama kills_seen=$OOM_KILLS_BEFORE
  # A first look at once: what dies before the second one is missed.
  runners_seen=$(runners | tr '\n' ' ')
  while sleep "$LOOK_EVERY"; do
    notice_runner_ends
    if ollama_answers; then heard_ollama=$(date +%s); fi
    if gateway_alive; then heard_gateway=$(date +%s); fi
    if runner_works || ! request_in_flight; then heard_runner=$(date +%s); fi
    end_if_hung "$heard_ollama" "ollama hung: its health address was silent for $HUNG_AFTER s"
    end_if_hung "$heard_gateway" "gateway hung: its health address was silent for $HUNG_AFTER s"
    end_if_hung "$heard_runner" "ollama hung: its runner used no CPU for $HUNG_AFTER s while a request was waiting"
  done
}

# end_if_hung LAST-SIGN-OF-LIFE REASON
end_if_hung() {
  [ $(($(date +%s) - $1)) -ge "$HUNG_AFTER" ] || return 0
  echo "$2" >&8
  exit
}

# A stopped process still has its connections accepted, by the kernel: only an answer counts.
ollama_answers() { API_SECONDS=3 ollama_api version >/dev/null 2>&1; }
gateway_alive() { curl -sS -f -o /dev/null --max-time 3 "$(gateway_url)/healthz" 2>/dev/null; }

# A two-minute prefill is no hang: all the while it uses the CPU.
runner_works() {
  ticks_before=$ticks_now
  ticks_now=$(runner_ticks)
  [ $((ticks_now - ticks_before)) -ge "$LEAST_TICKS" ] || [ "$ticks_now" -lt "$ticks_before" ]
}

# True while the gateway holds a connection to Ollama. It keeps none open for longer than a few seconds after an answer.
request_in_flight() {
  ollama_port=$(printf '%04X' "$(ollama_address | sed 's/.*://')")
  gateway_sockets=$(for id in $(members gateway); do find "/proc/$id/fd" -lname 'socket:*' -printf '%l ' 2>/dev/null; done)
  awk -v port="$ollama_port" -v sockets="$gateway_sockets" \
    '$4 == "01" && $3 ~ (":" port "$") && index(sockets, "socket:[" $10 "]") { found = 1 } END { exit !found }' /proc/net/tcp
}
