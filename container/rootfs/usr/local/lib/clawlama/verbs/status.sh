# clawlama status: where the container stands, with the recorded proof.
for concern in paths status; do . "$LIB/$concern.sh"; done
is_warm() { if [ -e "$RUN/warm" ]; then echo true; else echo false; fi; }

mkdir -p "$RUN"
json_or_null "$PROOF" >"$RUN/shown.proof"
[ -s "$STATUS" ] || { echo "clawlama status: there is no status yet; the container has not started" >&2 && exit 1; }
if [ "$JSON" = true ]; then
  jq -c --slurpfile proof "$RUN/shown.proof" --argjson warm "$(is_warm)" '. + {warm: $warm, proof: $proof[0]}' "$STATUS"
else
  jq -r --slurpfile proof "$RUN/shown.proof" '
    "\(.state): \(.message)",
    (if .model then "\(.model), context \(.context), \(.threads) threads, profile \(.profile)" else empty end),
    (.models[] | select(.ok | not) | "missing: \(.name): \(.reason)"),
    (.incidents[] | "incident of \(.at): \(.what); \(.fix)"),
    ($proof[0] | if . == null then "no proof yet" else "proof of \(.at): \(.answer // .reason) (\(.seconds) s)" end)' "$STATUS"
fi
