# The one truth about where the container stands: status.json, and a line in the log for whoever reads that.
STATE=starting STAGE=validate MESSAGE='' REASON='' PROGRESS=null
# Whether the next start would fail, too.
FAILS_AGAIN=false

say() { printf 'clawlama: %s\n' "$*"; }

# enter STATE STAGE MESSAGE: where the start has come to. Who reads the log may ask for the status at once.
enter() {
  STATE=$1 STAGE=$2 MESSAGE=$3 PROGRESS=null
  write_status
  say "$MESSAGE"
}

# progress COMPLETED TOTAL MESSAGE: bytes of the work under way; not logged, there are many.
progress() {
  PROGRESS="{\"completed\":$1,\"total\":$2}" MESSAGE=$3
  write_status
}

# fail EXIT-CODE REASON: one line, the last status, and the end.
fail() {
  fail_code=$1 STATE=failed REASON=$2 MESSAGE=$2 PROGRESS=null
  [ "$fail_code" != "$PERMANENT" ] || FAILS_AGAIN=true
  write_status
  printf 'clawlama: %s\n' "$REASON" >&2
  exit "$fail_code"
}

write_status() {
  [ -d "$RUN" ] || return 0
  json_or_null "$PLAN" >"$RUN/status.plan"
  json_or_null "$MODELS" >"$RUN/status.models"
  json_or_null "$VERSIONS" >"$RUN/status.versions"
  json_or_null "$INCIDENTS" >"$RUN/status.incidents"
  jq -n -c --arg state "$STATE" --arg stage "$STAGE" --arg message "$MESSAGE" --arg reason "$REASON" \
    --argjson progress "$PROGRESS" --argjson permanent "$FAILS_AGAIN" --arg since "$(now)" \
    --slurpfile plan "$RUN/status.plan" --slurpfile models "$RUN/status.models" \
    --slurpfile versions "$RUN/status.versions" --slurpfile incidents "$RUN/status.incidents" \
    -f "$LIB/status.jq" >"$RUN/status.json" || return 0
  printf '%s: %s\n' "$STATE" "$MESSAGE" >"$HEALTH"
  # A full disk must not end the start here: whoever reads the log gets it all the same.
  { cp "$RUN/status.json" "$STATUS.new" && mv "$STATUS.new" "$STATUS"; } 2>/dev/null || true
}

json_or_null() { if [ -s "$1" ]; then cat "$1"; else echo null; fi; }
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
