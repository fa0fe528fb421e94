# The volume, /data, is ours alone, writable, and lasting; otherwise nothing starts.

# What OpenClaw's databases and caches take at a first start.
LEAST_FREE=100000000
VOLUME_IS_OURS=''

lock_volume() {
  # A file mounted below a directory that was not there: Docker made that directory, as root.
  for place in "$DATA" "$OWN" "$DATA/openclaw" "$DATA/ollama" "$WORKSPACE" "$WORKSPACE/.openclaw"; do
    [ ! -e "$place" ] || [ -w "$place" ] || refuse_volume \
      "$place: must be writable by user $(id -u); on the host: chown -R $(id -u):$(id -g) DIRECTORY, or use a named volume"
  done
  case $(stat -f -c %T "$DATA") in
    tmpfs | ramfs) refuse_volume "$DATA: must be on a disk, it is in memory and would be lost; mount a volume with -v clawlama-data:/data" ;;
  esac
  free=$(disk_free)
  [ "$free" -ge "$LEAST_FREE" ] || refuse_volume \
    "$DATA: must have $((LEAST_FREE / 1000000)) MB free to start, it has $((free / 1000000)) MB; free some space on its disk"
  mkdir -p "$DATA/openclaw" "$DATA/ollama" "$WORKSPACE"
  chmod 0700 "$DATA/openclaw"
  holds_volume || refuse_volume "$DATA: is in use by another container; stop that one first"
  settle_restore
  # A restarted container still has what its last life left here.
  rm -rf "$RUN"
  mkdir -p "$RUN"
  LAST_REASON=$(jq -r '.reason // ""' "$STATUS" 2>/dev/null) || LAST_REASON=''
  enter starting validate "starting"
}

# An OpenClaw changes its databases to its own form; an older one may not understand them, or worse, half of them.
refuse_newer_state() {
  [ -s "$STATE_VERSION" ] || return 0
  theirs=$(cat "$STATE_VERSION") ours=$(openclaw_version)
  is_newer "$theirs" "$ours" || return 0
  fail "$PERMANENT" "$DATA: was last used by OpenClaw $theirs, this image has $ours, which may not understand it; take the newer image again, or go back with deploy/rollback.py, or restore a backup of that time"
}

openclaw_version() { jq -r '.versions.openclaw // ""' "$VERSIONS"; }

# is_newer VERSION OTHER
is_newer() { [ "$1" != "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" ]; }

# For as long as this shell lives: not to be asked in a subshell.
holds_volume() {
  [ -z "$VOLUME_IS_OURS" ] || return 0
  mkdir -p "$OWN"
  chmod 0700 "$OWN"
  exec 9>>"$OWN/lock"
  flock -n 9 && VOLUME_IS_OURS=true
}

# Without the lock the status file is somebody else's: say it, write nothing.
refuse_volume() {
  printf 'clawlama: %s\n' "$1" >&2
  exit "$PERMANENT"
}
