# Services: each in a process group of its own, found by group and never by name. An end is a line in a pipe.
SERVICES=''

# Who goes first when memory runs out: the model's runner, which Ollama starts again by itself; then Ollama; then the
# gateway; the host's own processes, which stand at 0, last.
OOM_SCORE_RUNNER=900 OOM_SCORE_OLLAMA=800 OOM_SCORE_GATEWAY=200

# start_service NAME OOM-SCORE COMMAND...: in the background; its end is written to the pipe of events.
start_service() {
  service=$1 oom_score=$2
  shift 2
  [ -p "$RUN/events" ] || mkfifo "$RUN/events"
  exec 8<>"$RUN/events"
  rm -f "$RUN/$service.group"
  # First: a stop signal may come at any moment, and whoever is begun must be ended.
  SERVICES="$service $SERVICES"
  {
    # The group is told by itself: before that it may not be there yet, and would be taken for one that has ended.
    # shellcheck disable=SC2016 # the inner shell's own arguments
    setsid sh -c 'echo $$ >"$1.new" && mv "$1.new" "$1"; echo "$0" >/proc/self/oom_score_adj; shift; exec "$@"' \
      "$oom_score" "$RUN/$service.group" "$@" 9>&- 8>&- &
    code=0
    wait $! || code=$?
    echo "$service ended with code $code" >&8
  } &
  await_group "$service" 500 || true
}

# await_group NAME TRIES: until it has told its group; a fiftieth of a second a try.
await_group() {
  group_tries=$2
  until [ -s "$RUN/$1.group" ]; do
    [ "$group_tries" -gt 0 ] || return 1
    group_tries=$((group_tries - 1))
    sleep 0.02
  done
}

service_runs() { kill -0 "-$(cat "$RUN/$1.group")" 2>/dev/null; }

# need_service NAME WHILE-WHAT: fails, saying what ended it, when the service is gone.
need_service() {
  service_runs "$1" || fail 1 "$1 ended while $2$(killed_for_memory); its last lines stand above"
}

# await SECONDS SERVICE COMMAND...: until the command succeeds; fails at once when the service is gone. Ollama answers within
# a tenth of a second, the gateway after ten.
await() {
  await_deadline=$(($(date +%s) + $1)) await_service=$2 await_pauses='0.1 0.1 0.1 0.2 0.5'
  shift 2
  until "$@" >/dev/null 2>&1; do
    need_service "$await_service" "it was starting"
    [ "$(date +%s)" -lt "$await_deadline" ] || fail 1 "$await_service did not answer in time; its last lines stand above"
    sleep "${await_pauses%% *}"
    await_pauses=${await_pauses#* }
  done
}

# end_service NAME SECONDS: ask, wait, force. The whole group: no orphaned runner keeps its memory.
end_service() {
  await_group "$1" 50 || return 0
  end_group=$(cat "$RUN/$1.group")
  end_tries=$(($2 * 10))
  kill -TERM "-$end_group" 2>/dev/null || return 0
  while kill -0 "-$end_group" 2>/dev/null; do
    end_tries=$((end_tries - 1))
    if [ "$end_tries" -le 0 ]; then
      kill -KILL "-$end_group" 2>/dev/null || true
      return 0
    fi
    sleep 0.1
  done
}
