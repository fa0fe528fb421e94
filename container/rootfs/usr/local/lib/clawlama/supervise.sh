# The watch: either service's end, a hang, or a stop signal ends the container; its restart policy does the rest.
HUNG_AFTER=60
LOOK_EVERY=5
# A health address is asked when its last good answer is so old: that takes more than a look at the kernel's tables.
ASK_AFTER=15
# A runner at work uses all the CPU that it gets; one that merely lives, less than this: hundredths of a second a look.
LEAST_TICKS=5
# Set here, as a variable of the user's may have the same name.
CLIENT='' WATCHER='' OOM_KILLS_BEFORE=0 ollama_absent='' ollama_port='' runners_now='' ticks_now=0 ticks_before=0 kills_now=0

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
  # Told first: who finds a service gone then knows why.
  if [ "$1" -eq 0 ]; then STATE=stopping STAGE=supervise MESSAGE=stopping REASON=''; fi
  write_status
  end_pull
  [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
  for service in $SERVICES; do end_service "$service" 4; done
  close_ollama_log
  [ "$1" -ne 0 ] || STATE=stopped MESSAGE=stopped
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

# A look every few seconds, for as long as we live; so it starts few programs.
watch() {
  trap - TERM INT EXIT
  looked_at=$(date +%s)
  heard_ollama=$looked_at heard_gateway=$looked_at heard_runner=$looked_at
  gateway_health=$(gateway_url)/healthz ollama_health=$(ollama_url)/api/version
  # A first look at once: what dies before the second one is missed.
  if ollama_is_ours; then look && offer_new_runners; fi
  while sleep "$LOOK_EVERY"; do
    looked_at=$(date +%s)
    if stale "$heard_gateway" || stale "$heard_ollama"; then ask_for_health; fi
    end_if_hung "$heard_gateway" "gateway hung: its health address was silent for $HUNG_AFTER s"
    if ollama_is_ours; then look_after_ollama; else look_for_ollama; fi
  done
}

stale() { [ $((looked_at - $1)) -ge "$ASK_AFTER" ]; }

# A stopped process still has its connections accepted, by the kernel: only an answer counts.
ask_for_health() {
  said=$(curl -s --max-time 3 -w '%{http_code} ' -o /dev/null "$gateway_health" -o /dev/null "$ollama_health") || true
  case $said in "200 "*) heard_gateway=$looked_at ;; esac
  case $said in *" 200 ") heard_ollama=$looked_at ;; esac
}

look_after_ollama() {
  look
  offer_new_runners
  notice_runner_ends
  if runner_works || ! request_in_flight; then heard_runner=$looked_at; fi
  end_if_hung "$heard_ollama" "ollama hung: its health address was silent for $HUNG_AFTER s"
  end_if_hung "$heard_runner" "ollama hung: its runner used no CPU for $HUNG_AFTER s while a request was waiting"
}

# The one elsewhere comes and goes with its machine, which no restart of ours wakes: its absence is told, once.
look_for_ollama() {
  if ! stale "$heard_ollama"; then
    ollama_absent=''
  elif [ -z "$ollama_absent" ]; then
    ollama_absent=yes
    note_incident ollama "Ollama at $CLAWLAMA_OLLAMA_URL does not answer" "start it there; the next message then reaches it"
  fi
}

# end_if_hung LAST-SIGN-OF-LIFE REASON
end_if_hung() {
  [ $((looked_at - $1)) -ge "$HUNG_AFTER" ] || return 0
  echo "$2" >&8
  exit
}

# A two-minute prefill is no hang: all the while it uses the CPU.
runner_works() { [ $((ticks_now - ticks_before)) -ge "$LEAST_TICKS" ] || [ "$ticks_now" -lt "$ticks_before" ]; }

# True while the gateway holds a connection to Ollama. It keeps none open for longer than a few seconds after an answer.
request_in_flight() {
  : "${ollama_port:=$(ollama_address | sed 's/.*://')}"
  ollama_sockets=$(awk -v port="$(printf ':%04X' "$ollama_port")" '$4 == "01" && $3 ~ port "$" { print "socket:[" $10 "]" }' /proc/net/tcp)
  [ -n "$ollama_sockets" ] || return 1
  for id in $(members gateway); do find "/proc/$id/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null; done | grep -q -F "$ollama_sockets"
}
