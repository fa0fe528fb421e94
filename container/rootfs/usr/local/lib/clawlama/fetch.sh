# Models as files of Ollama's, out of a registry nearby: goes on where it was cut off, and takes nothing with a wrong digest.

# fetch_models NAME REPOSITORY@DIGEST...
fetch_models() {
  while [ $# -gt 0 ]; do
    fetch_model "$1" "http://$FETCH_FROM/v2/${2%@*}" "${2#*@}"
    shift 2
  done
}

# fetch_model NAME SOURCE DIGEST: its blobs, then the manifest that makes it known.
# shellcheck disable=SC2154 # model_place sets it
fetch_model() {
  model_place "$1"
  fetch_model_name=$1
  near -H "Accept: $MANIFEST_TYPE" -o "$RUN/manifest" "$2/manifests/$3" || fetch_failed "its manifest does not come"
  is_whole "$RUN/manifest" "$3" || fetch_failed "its manifest came damaged"
  jq -r "$LAYERS" "$RUN/manifest" >"$RUN/layers"
  missing=$(missing_bytes <"$RUN/layers") free=$(disk_free)
  [ "$missing" -le "$free" ] ||
    fetch_failed "$(megabytes "$missing") more are needed on the disk, $(megabytes "$free") are free"
  while read -r digest size <&3; do
    fetch_blob "$2/blobs" "$digest" "$size"
  done 3<"$RUN/layers"
  mkdir -p "${model_manifest%/*}"
  cp "$RUN/manifest" "$model_manifest.new"
  mv "$model_manifest.new" "$model_manifest"
}

# fetch_blob SOURCE DIGEST BYTES
fetch_blob() {
  blob=$DATA/ollama/blobs/sha256-${2#sha256:}
  [ ! -e "$blob" ] || return 0
  # By a name that Ollama does not take for a part of its own.
  part=$blob-fetched-partial
  if [ "$(stat -c %s "$part" 2>/dev/null)" != "$3" ]; then
    near -C - -o "$part" "$1/$2" || fetch_failed "it was cut off at $(du -k "$part" 2>/dev/null | cut -f 1) kB of a layer"
  fi
  is_whole "$part" "$2" || {
    rm -f "$part"
    fetch_failed "a layer came damaged"
  }
  mv "$part" "$blob"
  remember_blob "$blob"
}

# is_whole FILE DIGEST
is_whole() { [ "sha256:$(sha256sum "$1" | cut -d ' ' -f 1)" = "$2" ]; }

# near CURL'S ARGUMENTS...: past any proxy.
near() { curl -sS -f --noproxy '*' --connect-timeout 20 --speed-time 60 --speed-limit 1 "$@"; }

fetch_failed() {
  echo "model $fetch_model_name: $1" >&2
  exit 1
}
