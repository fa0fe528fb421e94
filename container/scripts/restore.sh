#!/bin/sh
# restore.sh FILE [--replace] [--container NAME] [--volume NAME] [--image IMAGE] [--password-file FILE]: what backup.sh
# wrote; with --replace also in place of a state that is there. Needs Docker and nothing else. A container of that name is
# stopped for it, and started again; nothing is touched before all of the file has been judged.
set -eu

CONTAINER=clawlama PASSWORD='' VOLUME='' IMAGE='' FILE='' REPLACE=false
. "$(dirname "$0")/archives.sh"

main() {
  read_arguments "$@"
  [ -r "$FILE" ] || refuse "\"$FILE\" cannot be read; say which file: restore.sh FILE"
  find_target
  make_work
  say "judging $FILE"
  in_image unpack <"$FILE" >&2 || refuse "nothing was changed, the line above says why"
  if [ "$state" = running ]; then
    say "stopping the assistant"
    docker stop --time 15 "$CONTAINER" >/dev/null
  fi
  say "restoring"
  restored=true
  in_image restore "--volume=$VOLUME:/data" "--env=CLAWLAMA_RESTORE_REPLACE=$REPLACE" >&2 || restored=false
  if [ "$state" = running ]; then docker start "$CONTAINER" >/dev/null; fi
  [ "$restored" = true ] || refuse "the state is as it was, the line above says why"
  say "restored into $VOLUME"
}

# Where the container is, its own volume and image; where it is not, a volume that `docker run` may be given then.
find_target() {
  if docker container inspect "$CONTAINER" >/dev/null 2>&1; then
    find_container
    VOLUME=$(docker inspect --format '{{range .Mounts}}{{if eq .Destination "/data"}}{{if .Name}}{{.Name}}{{else}}{{.Source}}{{end}}{{end}}{{end}}' "$CONTAINER")
  else
    state=absent VOLUME=${VOLUME:-clawlama-data} image=${IMAGE:-docker.io/casjaysdevdocker/clawlama:latest}
  fi
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --replace) REPLACE=true ;;
      --container) CONTAINER=$(value "$@") && shift ;;
      --volume) VOLUME=$(value "$@") && shift ;;
      --image) IMAGE=$(value "$@") && shift ;;
      --password-file) PASSWORD=$(path_of "$(value "$@")") && shift ;;
      -*) refuse "\"$1\" is no option; use --replace, --container NAME, --volume NAME, --image IMAGE, --password-file FILE" ;;
      *) FILE=$1 ;;
    esac
    shift
  done
}

main "$@"
