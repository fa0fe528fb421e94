# The state as a backup has it, in place of the state there is: whatever ends this in the middle, one of the two stands.
#
# All of it is fetched beside the present state and judged there. `ready` is the turning point: before it the present
# state is untouched, and what was fetched is only thrown away; after it every start and every restore goes on to the
# end, in steps that may be done again.

# settle_restore: for whoever holds the volume's lock.
settle_restore() {
  if [ -e "$RESTORE/ready" ]; then
    put_in_place
    # First of all: what is left is never taken for a restore to go on with.
    rm "$RESTORE/ready"
  fi
  throw_away "$RESTORE"
}

# What the agent has taken its own right to change from, too.
throw_away() {
  [ ! -e "$1" ] || chmod -R u+rwX "$1"
  rm -rf "$1"
}

# move FROM TO: a folder goes to another one only if it may be written to.
move() {
  move_mode=''
  if [ -d "$1" ] && [ ! -L "$1" ]; then
    move_mode=$(stat -c %a "$1")
    chmod u+rwx "$1"
  fi
  mv -T "$1" "$2"
  [ -z "$move_mode" ] || chmod "$move_mode" "$2"
}

put_in_place() {
  mkdir -p "$RESTORE/old"
  if [ ! -e "$RESTORE/emptied" ]; then
    for part in "$DATA"/* "$DATA"/.[!.]*; do
      if is_replaced "$part"; then move "$part" "$RESTORE/old/${part##*/}"; fi
    done
    rm -f "$STATE_VERSION"
    : >"$RESTORE/emptied"
  fi
  for part in "$RESTORE"/new/* "$RESTORE"/new/.[!.]*; do
    [ ! -e "$part" ] && [ ! -L "$part" ] || move "$part" "$DATA/${part##*/}"
  done
  for part in "$RESTORE"/own/*; do
    [ ! -e "$part" ] || mv -T "$part" "$OWN/${part##*/}"
  done
  # The next start counts them anew.
  rm -f "$PROOF"
}

# is_replaced PATH: of what lies in the volume. Models are, where the backup has them; what only saves time is not.
is_replaced() {
  [ -e "$1" ] || [ -L "$1" ] || return 1
  case ${1##*/} in
    clawlama | lost+found | .cache) return 1 ;;
    ollama) [ -e "$RESTORE/new/ollama" ] ;;
  esac
}

# restore: the chosen backup of the repository, or the newest.
restore() {
  STAGE=restore
  hold_restored_volume
  find_repository
  # What is fetched is compared by the engine, too; of a repository elsewhere that is all.
  read_digests
  choose_backup
  restore_room
  judge_digests
  fetch_backup "$DATA"
  judge_manifest
  judge_fetched
  lay_out
  # All of it, for the old state goes: the power may fail right after.
  sync -f "$RESTORE"
  : >"$RESTORE/ready"
  sync "$RESTORE/ready" "$RESTORE"
  settle_restore
}

hold_restored_volume() {
  holds_volume || refuse "an assistant uses $DATA; stop it first: docker stop clawlama"
  one_at_a_time
  settle_restore
  [ "${CLAWLAMA_RESTORE_REPLACE:-false}" = true ] || [ ! -e "$DATA/openclaw" ] ||
    refuse "$DATA holds a state already, which would be lost; back it up, then set CLAWLAMA_RESTORE_REPLACE=true"
  mounted=$(awk -v below="$DATA/" 'index($5, below) == 1 { print $5; exit }' /proc/self/mountinfo)
  [ -z "$mounted" ] || refuse "$mounted is a mount of its own, which cannot be replaced; leave it out of docker run"
  mkdir -p "$RESTORE"
  chmod 0700 "$RESTORE"
  trap '[ -e "$RESTORE/ready" ] || throw_away "$RESTORE"' EXIT
}

# choose_backup [OPTION OF THE ENGINE'S...]
choose_backup() {
  # One that is named may be of either kind.
  [ -n "${CLAWLAMA_BACKUP_ID:-}" ] || set -- --tag "$TAG" "$@"
  engine snapshots --json --no-lock "$@" >"$RESTORE/backups.json" || engine_failed "the repository cannot be listed"
  [ "$(jq length "$RESTORE/backups.json")" -gt 0 ] || not_listed "there is no backup of ClawLama's in $RESTIC_REPOSITORY"
  if [ -n "${CLAWLAMA_BACKUP_ID:-}" ]; then
    backup_id=$(jq -r --arg id "$CLAWLAMA_BACKUP_ID" '[.[] | select(.id | startswith($id))] | if length == 1 then .[0].id else "" end' "$RESTORE/backups.json")
    [ -n "$backup_id" ] || not_listed "CLAWLAMA_BACKUP_ID=\"$CLAWLAMA_BACKUP_ID\": must be that of one backup; there are $(jq -r '[.[] | "\(.short_id) (\(.time[:16]))"] | join(", ")' "$RESTORE/backups.json")"
  else
    hosts=$(jq -r '[.[].hostname] | unique | join(", ")' "$RESTORE/backups.json")
    case $hosts in *,*) refuse "$RESTIC_REPOSITORY holds backups of several hosts ($hosts): set CLAWLAMA_BACKUP_ID to one of $(jq -r '[.[] | "\(.short_id) (\(.hostname), \(.time[:16]))"] | join(", ")' "$RESTORE/backups.json")" ;; esac
    backup_id=$(jq -r 'max_by(.time).id' "$RESTORE/backups.json")
  fi
}

# not_listed REASON: nor is one that is damaged.
not_listed() {
  judge_digests
  refuse "$1"
}

# The engine wrote down what it read; to have it counted anew would open the repository once more.
restore_room() {
  needed=$(jq --arg id "$backup_id" '(.[] | select(.id == $id) | .summary.total_bytes_processed // 0) + 50000000' "$RESTORE/backups.json")
  [ "$needed" -le "$(disk_free)" ] || refuse "$(megabytes "$needed") are needed on the disk beside the present state, $(megabytes "$(disk_free)") are free; free some"
}

# fetch_backup PATH: what of it lies there.
fetch_backup() {
  fetched=$RESTORE/fetched$SNAPSHOT
  engine restore --no-lock "$backup_id" --target "$RESTORE/fetched" --include "$1" >/dev/null || engine_failed "backup $backup_id could not be fetched"
}

# To ask the engine for it before the rest would open the repository once more.
judge_manifest() {
  [ -s "$fetched/manifest.json" ] || refuse "backup $backup_id has no manifest, so it is not one of ClawLama's; set CLAWLAMA_BACKUP_ID to one that is"
  schema=$(jq -r '.schema // 0' "$fetched/manifest.json")
  [ "$schema" = 1 ] || refuse "backup $backup_id has format $schema, this image reads format 1; take a newer image"
  theirs=$(jq -r '.versions.openclaw // ""' "$fetched/manifest.json") ours=$(openclaw_version)
  ! is_newer "$theirs" "$ours" ||
    refuse "backup $backup_id is of OpenClaw $theirs, this image has $ours, which may not understand its data; upgrade the image, then restore"
}

# Each file of the state by its digest, each database by SQLite. The other files are the engine's to judge, and it has.
judge_fetched() {
  node --no-warnings "$LIB/judge.mjs" "$fetched/openclaw" "$fetched/manifest.json" 2>"$RESTORE/reason" ||
    refuse "backup $backup_id is damaged: $(grep -v '^$' "$RESTORE/reason" | tail -n 1)"
}

lay_out() {
  mkdir -p "$RESTORE/new" "$RESTORE/own"
  mv -T "$fetched/openclaw" "$RESTORE/new/openclaw"
  rm -rf "$RESTORE/own" && mv -T "$fetched/own" "$RESTORE/own"
  rm -rf "$RESTORE/fetched$OWN"
  for part in "$RESTORE/fetched$DATA"/* "$RESTORE/fetched$DATA"/.[!.]*; do
    [ ! -e "$part" ] && [ ! -L "$part" ] || move "$part" "$RESTORE/new/${part##*/}"
  done
}

# check_backups: every byte of the repository, and the newest state in it as a restore would judge it; on the side, while
# the assistant goes on.
check_backups() {
  STAGE=check RESTORE=$OWN/check
  one_at_a_time
  trap 'throw_away "$RESTORE"' EXIT
  throw_away "$RESTORE"
  mkdir -p "$RESTORE"
  find_repository
  read_digests
  judge_digests
  check_repository
  CLAWLAMA_BACKUP_ID='' choose_backup --host "$(hostname)"
  fetch_backup "$SNAPSHOT"
  judge_manifest
  judge_fetched
  remember_check true --arg id "$backup_id"
}

# Whether the last good check is older than so many days.
check_is_due() {
  [ "$(jq -r --argjson days "$1" 'if .ok then (now - (.at | fromdateiso8601)) < $days * 86400 else false end' "$LAST_CHECK" 2>/dev/null)" != true ]
}
