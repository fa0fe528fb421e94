# A copy of all that counts as state and that changes under one's hands, whole at one moment: snapshot.mjs says how.
# The workspace, and whatever else the agent keeps in its home, is not copied: a backup reads it where it lies.

# take_snapshot: the last one stays until the new one is whole.
take_snapshot() {
  STAGE=snapshot
  one_at_a_time
  find_writer
  rm -rf "$SNAPSHOT.new"
  mkdir -p "$SNAPSHOT.new/own"
  chmod 0700 "$SNAPSHOT.new"
  snapshot_room
  node --no-warnings "$LIB/snapshot.mjs" "$DATA/openclaw" "$SNAPSHOT.new/openclaw" "$writer" \
    >"$SNAPSHOT.new/copied.json" 2>"$SNAPSHOT.new/reason" || snapshot_failed
  for kept in "$TOKEN" "$LAST_GENERATED" "$STATE_VERSION"; do
    [ ! -e "$kept" ] || cp -p "$kept" "$SNAPSHOT.new/own/"
  done
  write_manifest
  rm -rf "$SNAPSHOT" "$SNAPSHOT.new/copied.json" "$SNAPSHOT.new/reason"
  mv "$SNAPSHOT.new" "$SNAPSHOT"
}

# Another backup, or a restore, would take the ground from under this one.
one_at_a_time() {
  exec 7>>"$OWN/backup.lock"
  flock -n 7 || refuse "another backup or restore of this volume is under way; wait for its end"
}

# The gateway that writes what is copied: in here, or none, and then none may start meanwhile.
find_writer() {
  writer=''
  if holds_volume; then return; fi
  [ -s "$RUN/gateway.group" ] || refuse "an assistant uses $DATA from another container; run this in that one: docker exec clawlama clawlama snapshot"
  writer=$(cat "$RUN/gateway.group")
}

snapshot_room() {
  needed=$(du -s -k --exclude=cache --exclude=tmp "$DATA/openclaw" | awk '{ printf "%.0f", $1 * 1024 + 50000000 }')
  [ "$needed" -le "$(disk_free)" ] || refuse "$(megabytes "$needed") are needed on the disk for a copy of the state, $(megabytes "$(disk_free)") are free; free some"
}

snapshot_failed() {
  why=$(grep -v '^$' "$SNAPSHOT.new/reason" | tail -n 1)
  rm -rf "$SNAPSHOT.new"
  refuse "the state could not be copied: ${why:-its copy ended without a word}"
}

# What is in it, and of what: `restore` judges by this before it touches anything.
write_manifest() {
  : >"$SNAPSHOT.new/models"
  find "$DATA/ollama/manifests" -type f 2>/dev/null | while read -r manifest; do
    printf '%s %s\n' "$(sha256sum <"$manifest" | cut -d' ' -f1)" "${manifest#"$DATA/ollama/manifests/"}" >>"$SNAPSHOT.new/models"
  done
  json_or_null "$VERSIONS" | jq -c --arg at "$(now)" --rawfile models "$SNAPSHOT.new/models" --slurpfile copied "$SNAPSHOT.new/copied.json" '
    {schema: 1, at: $at, versions: (.versions // {}), paused_ms: $copied[0].paused_ms, files: $copied[0].files,
     models: [$models | split("\n")[] | select(. != "") | split(" ") | {name: .[1], digest: "sha256:\(.[0])"}]}' >"$SNAPSHOT.new/manifest.json"
  rm "$SNAPSHOT.new/models"
}
