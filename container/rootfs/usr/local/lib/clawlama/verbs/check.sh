# clawlama check: whether the backups can be relied on. Every byte of the repository is read, and the newest backup's state
# is fetched to the side, where each file is compared and each database opened. With CLAWLAMA_CHECK_DAYS only where the
# last good check is older than that.
for concern in paths status hardware pull volume engine backup restore snapshot; do . "$LIB/$concern.sh"; done

mkdir -p "$RUN"
if check_is_due "${CLAWLAMA_CHECK_DAYS:-0}"; then check_backups; fi
if [ "$JSON" = true ]; then
  cat "$LAST_CHECK"
else
  jq -r '"checked \(.at): backup \(.id) is whole"' "$LAST_CHECK"
fi
