# clawlama snapshot: the state, copied whole while the assistant goes on, for a backup to take. `clawlama backup` does it
# by itself where nobody runs.
for concern in paths status hardware pull volume engine backup restore snapshot; do . "$LIB/$concern.sh"; done

mkdir -p "$RUN"
take_snapshot
if [ "$JSON" = true ]; then
  jq -c '{schema, ok: true, at, paused_ms, versions, models}' "$SNAPSHOT/manifest.json"
else
  jq -r '"snapshot of \(.at), the assistant stood still for \(.paused_ms) ms"' "$SNAPSHOT/manifest.json"
fi
