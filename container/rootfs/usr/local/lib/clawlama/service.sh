# Services: each in a process group of its own, found by group and never by name. An end is a line in a pipe.

# start_service NAME COMMAND...: in the background; its end is written to the pipe of events.
start_service() {
  service=$1
  shift
  [ -p "$RUN/events" ] || mkfifo "$RUN/events"
  exec 8<>"$RUN/events"
  rm -f "$RUN/$service.group"
  {
    setsid "$@" 9>&- 8>&- &
    echo $! >"$RUN/$service.group.new"
    mv "$RUN/$service.group.new" "$RUN/$service.group"
    code=0
    wait $! || code=$?
    echo "$service ended with code $code" >&8
  } &
  SERVICES="$service ${SERVICES:-}"
  until [ -s "$RUN/$service.group" ]; do sleep 0.02; done
}

service_runs() { kill -0 "-$(cat "$RUN/$1.group")" 2>/dev/null; }

# await SECONDS SERVICE COMMAND...: until the command succeeds; fails at once when the service is gone.
await() {
  await_deadline=$(($(date +%s) + $1)) await_service=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    service_runs "$await_service" || fail 1 "$await_service ended while it was starting; its last lines stand above"
    [ "$(date +%s)" -lt "$await_deadline" ] || fail 1 "$await_service did not answer in time; its last lines stand above"
    sleep 0.25
  done
}

# end_service NAME SECONDS: ask, wait, force. The whole group: no orphaned runner keeps its memory.
end_service() {
  [ -s "$RUN/$1.group" ] || return 0
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
