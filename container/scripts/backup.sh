#!/bin/sh
# backup.sh FILE [--container NAME] [--password-file FILE] [--with-models]: all that an assistant knows, in one file; it
# goes on answering. Needs Docker and nothing else. restore.sh puts it back, here or on another machine.
#
# FILE is a tar of a restic repository with a seal behind its end. Without a password it keeps nothing secret.
set -eu

CONTAINER=clawlama PASSWORD='' MODELS=false FILE=''
. "$(dirname "$0")/archives.sh"

main() {
  read_arguments "$@"
  [ -n "$FILE" ] || refuse "say where to: backup.sh FILE"
  [ ! -e "$FILE" ] || refuse "$FILE is there already; name another file"
  : >"$FILE.part" 2>/dev/null || refuse "$FILE.part cannot be written; name another place"
  find_container
  make_work
  # shellcheck disable=SC2154 # find_container's
  if [ "$state" = running ]; then
    say "copying the state"
    docker exec "$CONTAINER" clawlama snapshot >&2 || refuse "nothing was backed up, the line above says why"
  fi
  say "backing up"
  in_image backup "--volumes-from=$CONTAINER" "--env=CLAWLAMA_BACKUP_MODELS=$MODELS" >&2 || refuse "nothing was backed up, the line above says why"
  say "packing"
  in_image pack >"$FILE.part" || refuse "$FILE could not be written: is its disk full?"
  mv "$FILE.part" "$FILE"
  say "$FILE: $(wc -c <"$FILE" | tr -d ' ') bytes"
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --container) CONTAINER=$(value "$@") && shift ;;
      --password-file) PASSWORD=$(path_of "$(value "$@")") && shift ;;
      --with-models) MODELS=true ;;
      -*) refuse "\"$1\" is no option; use --container NAME, --password-file FILE, --with-models" ;;
      *) FILE=$1 ;;
    esac
    shift
  done
}

main "$@"
