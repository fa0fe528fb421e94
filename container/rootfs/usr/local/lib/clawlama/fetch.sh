# Models as files of Ollama's, out of a registry nearby: goes on where it was cut off, and takes nothing with a wrong digest.

# fetch_models NAME REPOSITORY...
fetch_models() {
  while [ $# -gt 0 ]; do
    fetch_model "$1" "http://$FETCH_FROM/v2/$2"
    shift 2
  done
}

# fetch_model NAME SOURCE: its blobs, then the manifest that makes it known.
# shellcheck disable=SC2154 # model_place sets them
fetch_model() {
  model_place "$1"
  fetch_model_name=$1
  near -H "Accept: $MANIFEST_TYPE" -o "$RUN/manifest" "$2/manifests/$model_tag" || fetch_failed "its manifest does not come"
  jq -r "$LAYERS" "$RUN/manifest" >"$RUN/layers" || fetch_failed "its manifest is none"
  missing=$(missing_bytes <"$RUN/layers") free=$(disk_free)
  [ "$missing" -le "$free" ] ||
    fetch_failed "$(megabytes "$missing") more are needed on the disk, $(megabytes "$free") are free"
  while read -r digest size <&3; do
    fetch_blob "$2/blobs/$digest" "$DATA/ollama/blobs/sha256-${digest#sha256:}" "$size"
  done 3<"$RUN/layers"
  mkdir -p "${model_manifest%/*}"
  cp "$RUN/manifest" "$model_manifest.new"
  mv "$model_manifest.new" "$model_manifest"
}

# fetch_blob URL FILE BYTES
fetch_blob() {
  [ ! -e "$2" ] || return 0
  # By a name that Ollama does not take for a part of its own.
  part=$2-fetched-partial
  if [ "$(stat -c %s "$part" 2>/dev/null)" != "$3" ]; then
    near -C - -o "$part" "$1" || fetch_failed "it was cut off at $(du -k "$part" 2>/dev/null | cut -f 1) kB of a layer"
  fi
  sha256sum "$part" >"$RUN/digest"
  if [ "sha256-$(cut -d ' ' -f 1 "$RUN/digest")" != "${2##*/}" ]; then
    rm -f "$part"
    fetch_failed "a layer came damaged"
  fi
  mv "$part" "$2"
  remember_blob "$2"
}

# near CURL'S ARGUMENTS...: past any proxy.
near() { curl -sS -f --noproxy '*' --connect-timeout 20 --speed-time 60 --speed-limit 1 "$@"; }

fetch_failed() {
  echo "model $fetch_model_name: $1" >&2
  exit 1
}
