# clawlama backup: into the repository that CLAWLAMA_BACKUP_REPOSITORY names, mounted at /backups by default. Run in a
# container of its own, which the agent cannot reach: docker run --rm --volumes-from clawlama -v DIRECTORY:/backups ...
for concern in paths status hardware pull volume engine backup restore snapshot; do . "$LIB/$concern.sh"; done

mkdir -p "$RUN"
back_up
if [ "$JSON" = true ]; then
  cat "$RUN/backup.json"
else
  jq -r '"backup \(.id) of \(.at): \(.files) files, \(.bytes_added) bytes new, in \(.seconds) s", (.unread[] | "could not be read: \(.)")' "$RUN/backup.json"
fi
