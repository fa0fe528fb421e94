# Backups: the state as the last snapshot has it, and the workspace as it lies, in a repository of restic's
# (https://restic.readthedocs.io): encrypted, without doubles, each byte known by its digest.
# What is backed up for its own sake, and what because a restore is about to replace it: never the newest of the first.
TAG=clawlama
[ "${CLAWLAMA_BACKUP_REPLACED:-false}" != true ] || TAG=clawlama-replaced
# Where nobody sets a password, the encryption keeps nothing secret.
NO_PASSWORD=clawlama
# The last line of an archive, and its length with a digest and a line break.
SEAL='clawlama sha256 ' SEAL_BYTES=81

# refuse REASON: one line, and with --json the same as an object.
refuse() {
  printf 'clawlama: %s\n' "$1" >&2
  case $STAGE in
    backup) remember_failure "$1" ;;
    check) remember_check false --arg reason "$1" ;;
  esac
  [ "${JSON:-false}" != true ] || jq -n -c --arg stage "$STAGE" --arg reason "$1" '{schema: 1, ok: false, stage: $stage, reason: $reason}'
  exit 1
}

# Until the next one that is made, `clawlama status` tells of it.
remember_failure() {
  jq -n -c --arg at "$(now)" --arg reason "$1" '{at: $at, reason: $reason}' >"$RUN/failed.json"
  cp "$RUN/failed.json" "$FAILED_BACKUP" 2>/dev/null || true
}

# remember_check OK JQ-ARGUMENT...: what came of looking whether the backups can be relied on; `id`, or the `reason`.
remember_check() {
  check_ok=$1
  shift
  jq -n -c --arg at "$(now)" --argjson ok "$check_ok" "$@" \
    '{schema: 1, at: $at, ok: $ok} + ($ARGS.named | {id, reason} | with_entries(select(.value)))' >"$RUN/checked.json"
  cp "$RUN/checked.json" "$LAST_CHECK" 2>/dev/null || true
}

find_repository() {
  export RESTIC_REPOSITORY="${CLAWLAMA_BACKUP_REPOSITORY:-/backups}" RESTIC_CACHE_DIR="$OWN/backup-cache"
  if [ -n "${CLAWLAMA_BACKUP_PASSWORD_FILE:-}" ]; then
    [ -s "$CLAWLAMA_BACKUP_PASSWORD_FILE" ] && [ -r "$CLAWLAMA_BACKUP_PASSWORD_FILE" ] ||
      refuse "CLAWLAMA_BACKUP_PASSWORD_FILE=\"$CLAWLAMA_BACKUP_PASSWORD_FILE\": must be a file with a password that user $(id -u) can read"
    export RESTIC_PASSWORD_FILE="$CLAWLAMA_BACKUP_PASSWORD_FILE"
  else
    export RESTIC_PASSWORD=$NO_PASSWORD
  fi
  # What is here is as near as a copy of it; and a copy of what was damaged for a while would outlive the damage.
  CACHING=''
  if is_here; then CACHING=--no-cache; fi
}

# An empty place becomes a repository; one that holds other things, or a damaged one, does not. To open one costs the
# engine half a second, which is how long a password has to take: what can be seen without is not asked.
open_repository() {
  find_repository
  if is_here; then
    mkdir -p "$RESTIC_REPOSITORY" 2>/dev/null && [ -w "$RESTIC_REPOSITORY" ] || refuse "$RESTIC_REPOSITORY: must be a directory that user $(id -u) can write; mount one there, and on the host: chown $(id -u):$(id -g) DIRECTORY"
    [ ! -e "$RESTIC_REPOSITORY/config" ] || return 0
    [ -z "$(ls -A "$RESTIC_REPOSITORY")" ] || refuse "$RESTIC_REPOSITORY: must be empty or a repository of restic's, and is neither; name another place"
  else
    engine cat config --no-lock >/dev/null && return
    grep -q 'Is there a repository' "$RUN/engine.said" || engine_failed "$RESTIC_REPOSITORY cannot be opened"
  fi
  engine init --repository-version 2 >/dev/null || engine_failed "$RESTIC_REPOSITORY could not be made a repository"
}

is_here() {
  case $RESTIC_REPOSITORY in /*) ;; *) return 1 ;; esac
}

# count_of KIND: how many files of a kind a repository here has.
count_of() { find "$RESTIC_REPOSITORY/$1" -type f 2>/dev/null | wc -l; }

# All of it read by the engine, wherever it is.
check_repository() {
  engine check --no-lock --read-data >"$RUN/checked" && return
  grep -q . "$RUN/engine.said" || cp "$RUN/checked" "$RUN/engine.said"
  engine_failed "$RESTIC_REPOSITORY cannot be trusted"
}

# Whatever is in it bears its digest as its name, but for the configuration, which is sealed: several times as fast as to
# have the engine read all of it, and the engine takes no look at the digests of keys. Of a repository elsewhere, nothing.
# read_digests: begins; judge_digests waits for it, the first time. To open a repository takes one core, and leaves others to this.
read_digests() {
  : >"$RUN/digests"
  ! is_here || [ ! -e "$RESTIC_REPOSITORY/config" ] || {
    cd "$RESTIC_REPOSITORY" && find data index keys snapshots -type f -print0 | xargs -0 -r -n 8 -P "$(nproc)" openssl dgst -sha256 -r
  } >"$RUN/digests" 2>"$RUN/digests.said" &
  DIGESTS=$!
}

judge_digests() {
  # shellcheck disable=SC2086 # none, or one process
  wait $DIGESTS || {
    cp "$RUN/digests.said" "$RUN/engine.said"
    engine_failed "$RESTIC_REPOSITORY cannot be read"
  }
  DIGESTS=''
  damaged=$(awk '{ sub(/^\*/, "", $2); name = $2; sub(/.*\//, "", name); if (length(name) == 64 && name != $1) { print $2; exit } }' "$RUN/digests")
  [ -z "$damaged" ] || refuse "$RESTIC_REPOSITORY cannot be trusted: its $damaged is damaged"
}

# back_up: a snapshot that is there was taken for this by the assistant that runs; where none runs it is taken here.
back_up() {
  STAGE=backup
  open_repository
  if holds_volume; then
    settle_restore
    take_snapshot
  else
    one_at_a_time
    [ -s "$SNAPSHOT/manifest.json" ] || refuse "the assistant runs, so it has to take the snapshot: docker exec clawlama clawlama snapshot"
  fi
  backup_began=$(date +%s)
  if ! is_here || [ "$(count_of locks)" -gt 0 ]; then engine unlock >/dev/null || true; fi
  backed_up=0
  # Not quiet: what it says is counted.
  (cd "$DATA" && list_parts | heard backup --json --tag "$TAG" --ignore-inode --files-from-raw /dev/stdin) >"$RUN/backup.said" || backed_up=$?
  # 3: made, but for files that could not be read.
  case $backed_up in 0 | 3) ;; *) engine_failed "the backup was not made" ;; esac
  forget_old
  record_backup
  rm -rf "$SNAPSHOT"
}

# What goes in, ended by NUL: the snapshot, and of the volume all that it does not hold, nor can be had again.
list_parts() {
  printf '%s\0' "$SNAPSHOT"
  for part in ${CLAWLAMA_BACKUP_PROJECT:-}; do
    [ ! -e "$part" ] || printf '%s\0' "$part"
  done
  for part in "$DATA"/* "$DATA"/.[!.]*; do
    [ -e "$part" ] || [ -L "$part" ] || continue
    case ${part##*/} in
      clawlama | openclaw | lost+found | .cache) ;;
      ollama) [ "${CLAWLAMA_BACKUP_MODELS:-false}" != true ] || printf '%s\0' "$part" ;;
      *) printf '%s\0' "$part" ;;
    esac
  done
}

# One that cannot be applied now is applied the next time.
forget_old() {
  if is_here && [ "$(count_of snapshots)" -le "${CLAWLAMA_BACKUP_KEEP_LAST:-7}" ]; then return; fi
  engine forget --prune --tag "$TAG" --host "$(hostname)" --keep-last "${CLAWLAMA_BACKUP_KEEP_LAST:-7}" \
    --keep-within "${CLAWLAMA_BACKUP_KEEP_DAYS:-30}d" >/dev/null || true
}

record_backup() {
  jq -n -c --arg at "$(now)" --arg repository "$RESTIC_REPOSITORY" --argjson seconds "$(($(date +%s) - backup_began))" \
    --rawfile said "$RUN/backup.said" --slurpfile manifest "$SNAPSHOT/manifest.json" '
    [$said | split("\n")[] | select(. != "") | fromjson? // empty] as $lines
    | ($lines | map(select(.message_type == "summary"))[-1]) as $summary
    | {schema: 1, ok: true, at: $at, id: $summary.snapshot_id, repository: ($repository | sub("//[^/@]*@"; "//")), seconds: $seconds,
       bytes: $summary.total_bytes_processed, bytes_added: $summary.data_added, files: $summary.total_files_processed,
       paused_ms: $manifest[0].paused_ms, versions: $manifest[0].versions,
       unread: [$lines[] | select(.message_type == "error") | .item]}' >"$RUN/backup.json"
  [ "$TAG" = clawlama ] || return 0
  cp "$RUN/backup.json" "$LAST_BACKUP.new"
  mv "$LAST_BACKUP.new" "$LAST_BACKUP"
  rm -f "$FAILED_BACKUP"
}
