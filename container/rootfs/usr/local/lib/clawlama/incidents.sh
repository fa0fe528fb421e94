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

# note_incident KIND WHAT FIX: into the status, then one line in the log, whose reader may ask for the status at once.
# The last 20 are kept.
note_incident() {
  json_or_null "$INCIDENTS" >"$RUN/incidents.before"
  jq -c --arg kind "$1" --arg what "$2" --arg fix "$3" --arg at "$(now)" \
    '((. // []) + [{at: $at, kind: $kind, what: $what, fix: $fix}])[-20:]' "$RUN/incidents.before" >"$INCIDENTS"
  write_status
  say "$2; $3"
}

# look: at the kernel's tables, in one go. Sets runners_now (the model's runners, which are Ollama's children, by process
# id), ticks_now (hundredths of a second of CPU that they have used), kills_now (as oom_kills); and what the last look
# saw, as runners_before and so on.
look() {
  runners_before=$runners_now ticks_before=$ticks_now kills_before=$kills_now
  read -r ollama_group <"$RUN/ollama.group"
  # shellcheck disable=SC2046 # numbers
  set -- $(proc "$HARDWARE_ROOT"/sys/fs/cgroup/memory.events "$HARDWARE_ROOT"/sys/fs/cgroup/memory/memory.oom_control |
    awk -v group="$ollama_group" '
      $1 == "oom_kill" { kills += $2 }
      $3 == group && $1 != group { runners = runners " " $1; ticks += $12 + $13 }
      END { print kills + 0, ticks + 0 runners }')
  kills_now=$1 ticks_now=$2
  shift 2
  runners_now=$*
}

# offer_new_runners: to the kernel, should memory run out. They begin with Ollama's score, and an idle one may be the smaller.
offer_new_runners() {
  for runner in $runners_now; do
    case " $runners_before " in
      *" $runner "*) ;;
      *) echo "$OOM_SCORE_RUNNER" >"/proc/$runner/oom_score_adj" || true ;;
    esac 2>/dev/null
  done
}

# Process ids of a service's group, one a line.
members() { proc | awk -v group="$(cat "$RUN/$1.group")" '$3 == group { print $1 }'; }

# proc [FILE...]: a line a process as proc(5) has it, without name and state (the first may hold anything); and the files.
proc() { cat /proc/[0-9]*/stat "$@" 2>/dev/null | sed 's/ (.*) ./ /'; }

# notice_runner_ends: by comparing with the last look.
notice_runner_ends() {
  for runner in $runners_before; do
    case " $runners_now " in *" $runner "*) ;; *) tell_runner_end ;; esac
  done
}

# Another model, another context, or `ollama stop` end a runner too; then Ollama no longer lists its model.
tell_runner_end() {
  rm -f "$RUN/warm"
  if [ "$kills_now" -gt "$kills_before" ]; then
    note_incident memory "the kernel killed the model's runner for want of memory; the next request starts it again" "$(memory_advice)"
  elif [ "$(ollama_api ps | jq '.models | length')" -gt "$(echo "$runners_now" | wc -w)" ]; then
    note_incident crash "the model's runner ended; the next request starts it again" "if it comes again, take another CLAWLAMA_MODEL"
    warm_up
  fi
}
