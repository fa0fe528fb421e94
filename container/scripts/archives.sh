# What backup.sh and restore.sh share.
NAME=$(basename "$0" .sh)

say() { echo "$NAME: $*" >&2; }
refuse() {
  say "$1"
  exit 1
}

# value OPTION VALUE: what stands behind an option.
value() {
  [ $# -ge 2 ] || refuse "$1: must be followed by a value"
  printf '%s' "$2"
}

path_of() {
  [ -s "$1" ] || refuse "\"$1\": must be a file with a password"
  echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
}

find_container() {
  command -v docker >/dev/null || refuse "docker is not on the PATH; install it"
  docker version >/dev/null 2>&1 || refuse "no Docker server answers; start it"
  state=$(docker inspect --type container --format '{{.State.Status}}' "$CONTAINER" 2>/dev/null) || refuse "there is no container \"$CONTAINER\"; name another: --container NAME"
  image=$(docker inspect --format '{{.Image}}' "$CONTAINER")
}

# A place for the repository that is gone when we are. The password goes there too: what its owner alone can read out here
# could nobody in there.
make_work() {
  work=$(docker volume create --label io.clawlama.temporary=1)
  trap 'docker volume rm --force "$work" >/dev/null 2>&1 || true; rm -f "$FILE.part"' EXIT
  trap 'exit 130' INT TERM
  [ -z "$PASSWORD" ] || docker run --rm --interactive --network=none --volume="$work:/backups" --entrypoint=sh "$image" \
    -c 'umask 077; cat >/backups/password' <"$PASSWORD"
}

# in_image VERB [OPTION OF DOCKER RUN...]: in a container of its own, which reaches no network.
in_image() {
  verb=$1
  shift
  [ -z "$PASSWORD" ] || set -- --env=CLAWLAMA_BACKUP_PASSWORD_FILE=/backups/password "$@"
  docker run --rm --interactive --network=none --read-only --tmpfs=/tmp --cap-drop=ALL --security-opt=no-new-privileges \
    --env=CLAWLAMA_BACKUP_REPOSITORY=/backups/repository --volume="$work:/backups" "$@" "$image" "$verb"
}
