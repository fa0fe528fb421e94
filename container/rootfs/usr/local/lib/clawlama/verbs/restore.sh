# clawlama restore: the newest backup, or the one that CLAWLAMA_BACKUP_ID names, in place of the present state; with the
# assistant stopped. Nothing of the present state is touched before all of the backup is there, and whole.
for concern in paths status hardware pull volume engine backup restore snapshot; do . "$LIB/$concern.sh"; done

mkdir -p "$RUN"
restore
if [ "$JSON" = true ]; then
  # shellcheck disable=SC2154 # restore's
  jq -n -c --arg id "$backup_id" --arg at "$(now)" '{schema: 1, ok: true, id: $id, at: $at}'
else
  echo "restored backup $backup_id"
fi
