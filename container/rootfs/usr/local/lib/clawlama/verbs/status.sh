# clawlama status: where the container stands, with the recorded proof, what it takes, and the last backup.
for concern in paths status hardware ollama incidents supervise warm; do . "$LIB/$concern.sh"; done
# A warm-up is nobody's answer.
is_busy() { [ -s "$RUN/gateway.group" ] && ! is_warming && request_in_flight; }
yes_or_no() { if "$@"; then echo true; else echo false; fi; }

own_folder
json_or_null "$PROOF" >"$MINE/shown.proof"
json_or_null "$LAST_BACKUP" >"$MINE/shown.backup"
json_or_null "$FAILED_BACKUP" >"$MINE/shown.failed"
json_or_null "$LAST_CHECK" >"$MINE/shown.checked"
[ -s "$STATUS" ] || { echo "clawlama status: there is no status yet; the container has not started" >&2 && exit 1; }
if [ "$JSON" = true ]; then
  jq -c --slurpfile proof "$MINE/shown.proof" --argjson warm "$(yes_or_no is_warm)" --argjson shared "$(yes_or_no is_shared)" --argjson busy "$(yes_or_no is_busy)" --slurpfile backup "$MINE/shown.backup" \
    --slurpfile failed "$MINE/shown.failed" --slurpfile checked "$MINE/shown.checked" --argjson memory "$(memory_used)" --argjson disk "$(disk_free)" '
    . + {warm: $warm, shared: $shared, busy: $busy, proof: $proof[0], backup: $backup[0], backup_failed: $failed[0], backup_checked: $checked[0], memory_used: $memory, disk_free: $disk}' "$STATUS"
else
  jq -r --argjson warm "$(yes_or_no is_warm)" --argjson shared "$(yes_or_no is_shared)" --slurpfile proof "$MINE/shown.proof" --slurpfile backup "$MINE/shown.backup" --slurpfile failed "$MINE/shown.failed" \
    --slurpfile checked "$MINE/shown.checked" '
    "\(.state): \(.message)",
    (if .model then "\(.model), context \(.context), \(if .threads then "\(.threads) threads" else "Ollama elsewhere" end), profile \(.profile)" else empty end),
    (.speed // empty | .words),
    (if .state == "ready" then (if $shared | not then "not warm: this OpenClaw\u0027s prompt names each conversation, so each one computes all of it"
       elif $warm then "warm: what conversations begin with is computed" else "not warm: the next answer computes what conversations begin with" end) else empty end),
    (.models[] | select(.ok | not) | "missing: \(.name): \(.reason)"),
    (.incidents[] | "incident of \(.at): \(.what); \(.fix)"),
    ($proof[0] | if . == null then "no proof yet" else "proof of \(.at): \(.answer // .reason) (\(.seconds) s)" end),
    ($backup[0] // empty | "backup of \(.at): \(.id)"),
    ($failed[0] // empty | "backup of \(.at) FAILED: \(.reason)"),
    ($checked[0] // empty | if .ok then "backup checked \(.at): whole" else "backup checked \(.at): FAILED: \(.reason)" end)' "$STATUS"
fi
