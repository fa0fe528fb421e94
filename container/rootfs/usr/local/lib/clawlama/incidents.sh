# What went wrong and healed, or ended us: told apart, and said with what to change.

# Processes that the kernel has killed here for want of memory: cgroup v2, then v1; 0 where neither counts them.
oom_kills() {
  cat "$HARDWARE_ROOT/sys/fs/cgroup/memory.events" "$HARDWARE_ROOT/sys/fs/cgroup/memory/memory.oom_control" 2>/dev/null |
    awk '$1 == "oom_kill" { sum += $2 } END { print sum + 0 }'
}

# What to append to a reason: why, and what to change, where it was the kernel; nothing where it was not. A container
# that is started again may keep the count of its last life, so only what came since counts.
killed_for_memory() {
  [ "$(oom_kills)" -le "$OOM_KILLS_BEFORE" ] || printf ': the kernel killed it for want of memory; %s' "$(memory_advice)"
}

memory_advice() {
  jq -r -n --slurpfile hardware "$HARDWARE" --slurpfile plan "$PLAN" '$hardware[0] as $h
    | (if $h.memory_limit then "the limit is \($h.memory_limit / 1e8 | round / 10) GB: raise CLAWLAMA_MEMORY_LIMIT (docker run --memory)"
       else "the machine has \($h.memory / 1e8 | round / 10) GB: add some" end)
      + ", set CLAWLAMA_CONTEXT_WINDOW below \($plan[0].context), or take a smaller CLAWLAMA_MODEL"'
}

# note_incident KIND WHAT FIX: into the status, and one line in the log. The last 20 are kept.
note_incident() {
  say "$2; $3"
  json_or_null "$INCIDENTS" >"$RUN/incidents.before"
  jq -c --arg kind "$1" --arg what "$2" --arg fix "$3" --arg at "$(now)" \
    '((. // []) + [{at: $at, kind: $kind, what: $what, fix: $fix}])[-20:]' "$RUN/incidents.before" >"$INCIDENTS"
  write_status
}

# The model's runners, one process id a line: Ollama's children, without Ollama itself.
runners() { members ollama | grep -v -x "$(cat "$RUN/ollama.group")" || true; }

# Hundredths of a second of CPU that the runners have used.
runner_ticks() {
  processes | awk -v group="$(cat "$RUN/ollama.group")" '$2 == group && $1 != group { sum += $3 + $4 } END { print sum + 0 }'
}

# Process ids of a service's group, one a line.
members() { processes | awk -v group="$(cat "$RUN/$1.group")" '$2 == group { print $1 }'; }

# A line a process: id, group, user and system ticks. The name, which may hold anything, is cut out first.
processes() { cat /proc/[0-9]*/stat 2>/dev/null | sed 's/ (.*) / /' | awk '{ print $1, $4, $13, $14 }'; }

# notice_runner_ends: by comparing with the last look.
notice_runner_ends() {
  runners_now=$(runners | tr '\n' ' ')
  for runner in $runners_seen; do
    case " $runners_now" in *" $runner "*) ;; *) tell_runner_end ;; esac
  done
  runners_seen=$runners_now kills_seen=$(oom_kills)
}

# Another model, another context, or `ollama stop` end a runner too; then Ollama no longer lists its model.
tell_runner_end() {
  if [ "$(oom_kills)" -gt "$kills_seen" ]; then
    note_incident memory "the kernel killed the model's runner for want of memory; the next request starts it again" "$(memory_advice)"
  elif [ "$(ollama_api ps | jq '.models | length')" -gt "$(runners | wc -l)" ]; then
    note_incident crash "the model's runner ended; the next request starts it again" "if it comes again, take another CLAWLAMA_MODEL"
  fi
}
