# The engine of backups, restic, in words of ours: what it is asked, and why it failed.

# Nothing read nor written for as long: it waits in vain. Below the 5 minutes after which it refreshes its lock.
ENGINE_PATIENCE=240 ENGINE_LOOK=10
# Go's runtime wakes itself by bytes, a dozen in a look; a line in which restic says that it tries again has a hundred.
ENGINE_NOISE=60
# With less than a few of its packs it cannot go on.
ENGINE_ROOM=64000000

engine() { heard --quiet "$@"; }

# heard ARGUMENT...: not quiet, but for its progress, which would be taken for work.
heard() {
  rm -f "$RUN"/engine.* "$RUN/ssh.said"
  watch_engine </dev/null >/dev/null 2>&1 7>&- 9>&- &
  engine_watch=$! engine_ended=0
  # shellcheck disable=SC2016,SC2086 # the inner shell's; none, or one option
  SSH_SAID="$RUN/ssh.said" PATH="$LIB/ssh:$PATH" RESTIC_PROGRESS_FPS=0.0001 \
    sh -c 'echo $$ >"$0" && exec restic "$@"' "$RUN/engine.pid" $CACHING "$@" 2>"$RUN/engine.said" || engine_ended=$?
  kill "$engine_watch" 2>/dev/null || true
  return "$engine_ended"
}

# restic waits for ever where a server takes a request and is silent, and where its last packs find no room on the disk
# (its Flush offers them to uploaders that have given up; restic 0.14 to 0.18).
watch_engine() {
  trap 'kill $! 2>/dev/null; exit' TERM
  engine_moved=0 engine_still=0
  while [ "$engine_still" -lt "$ENGINE_PATIENCE" ]; do
    sleep "$ENGINE_LOOK" &
    wait $!
    engine_still=$((engine_still + ENGINE_LOOK)) moved_before=$engine_moved
    engine_moved=$(awk '/^[rw]char:/ { moved += $2 } END { printf "%.0f", moved }' "/proc/$(cat "$RUN/engine.pid")/io") || exit 0
    [ $((engine_moved - moved_before)) -lt "$ENGINE_NOISE" ] || engine_still=0
  done
  echo "$ENGINE_PATIENCE" >"$RUN/engine.still"
  # The first lets it remove its lock, if it can.
  kill -INT "$(cat "$RUN/engine.pid")"
  sleep "$ENGINE_LOOK" &
  wait $!
  kill -KILL "$(cat "$RUN/engine.pid")"
}

# engine_failed WHAT: with what stood still; or with the last word of ssh, or the other machine's, of which the engine sees
# only that it ended; or with its own.
engine_failed() {
  if [ -s "$RUN/engine.still" ]; then
    said="it neither read nor wrote anything for $(cat "$RUN/engine.still") s, and was ended"
    ! is_here || [ "$(disk_free "$RESTIC_REPOSITORY")" -ge "$ENGINE_ROOM" ] || said='no space left on device'
  else
    said=$(sed -n 's/^subprocess ssh: //p' "$RUN/engine.said" | cat - "$RUN/ssh.said" 2>/dev/null | grep -v -e '^$' -e '^Warning: ' | tail -n 1)
    [ -n "$said" ] || said=$(grep -v -e '^$' -e '^Is there a repository' "$RUN/engine.said" | tail -n 1 | sed 's/^Fatal: //')
  fi
  case $said in
    *'wrong password or no key found'*) said="the password is not that of $RESTIC_REPOSITORY, or its key is damaged" ;;
    *'no space left on device'*) said="the disk is full; free some of it" ;;
  esac
  refuse "$1: ${said:-it said nothing}"
}
