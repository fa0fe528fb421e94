# A model from a registry: resumed where it stopped, given up where nothing comes, and every byte of it hashed here.
STALLED_AFTER=100
PULL_TRIES=3
MANIFEST_TYPE=application/vnd.docker.distribution.manifest.v2+json
# Digest and bytes of each, a line.
LAYERS='[.layers[], .config | select(.digest)][] | "\(.digest) \(.size)"'

# pull_model NAME: true when it is there and whole; else the reason is in $RUN/reason.
pull_model() {
  enter pulling model "pulling $1"
  pull_tries=$PULL_TRIES
  while [ "$pull_tries" -gt 0 ]; do
    disk_holds "$1" || return 1
    if pull_once "$1"; then pulled=true; else pulled=false; fi
    if ! blobs_are_whole || grep -q 'digest mismatch' "$RUN/reason"; then
      say "pulling $1: the registry sent bytes that their digests do not fit; they are fetched again"
      pull_tries=$((pull_tries - 1))
    elif [ "$pulled" = true ]; then
      model_is_there "$1"
      return
    else
      give_space_back
      return 1
    fi
  done
  echo "the registry sent damaged bytes, $PULL_TRIES times; ask its keeper, or take another" >"$RUN/reason"
  return 1
}

pull_once() {
  rm -f "$RUN/pull"
  mkfifo "$RUN/pull"
  jq -n -c --arg model "$1" --argjson insecure "$CLAWLAMA_REGISTRY_INSECURE" '{model: $model, insecure: $insecure, stream: true}' >"$RUN/pull.request"
  # A client of its own, so that a stop can close it first: see end_pull.
  curl -sS -N --data-binary "@$RUN/pull.request" "$(ollama_url)/api/pull" >"$RUN/pull" 2>"$RUN/reason" &
  CLIENT=$!
  follow_pull "$1" <"$RUN/pull" &
  wait $! && wait "$CLIENT" && CLIENT=''
}

# Ollama writes down how far it came only when its client is gone, and then lets go of the file; ended before, it forgets.
end_pull() {
  [ -n "$CLIENT" ] || return 0
  kill "$CLIENT" 2>/dev/null || true
  end_pull_tries=20
  while [ "$end_pull_tries" -gt 0 ] && ollama_writes_a_blob; do
    end_pull_tries=$((end_pull_tries - 1))
    sleep 0.1
  done
}

ollama_writes_a_blob() {
  [ -s "$RUN/ollama.group" ] || return 1
  for id in $(members ollama); do find "/proc/$id/fd" -lname '*-partial' 2>/dev/null; done | grep -q .
}

# follow_pull NAME: Ollama's lines to progress; false with the reason when the last one is no success.
follow_pull() {
  said_at=0 moved_at=$(date +%s) moved_to=0 outcome='the registry ended the pull without a word'
  pull_events | {
    while read -r kind completed total words; do
      case $kind in
        tick) [ $(($(date +%s) - moved_at)) -lt "$STALLED_AFTER" ] || { outcome="nothing came from the registry for $STALLED_AFTER s" && kill "$CLIENT" && break; } ;;
        progress)
          progress "$completed" "$total" "pulling $1: $words"
          # A part that stalled begins anew, so only what was never reached before counts.
          [ "$completed" -le "$moved_to" ] || moved_at=$(date +%s) moved_to=$completed
          [ $(($(date +%s) - said_at)) -lt 10 ] || { say "$MESSAGE" && said_at=$(date +%s); }
          ;;
        # Ollama hashes without a word, for minutes where the model is large.
        verifying) moved_at=9999999999 ;;
        success) outcome='' ;;
        error) outcome="$completed $total $words" ;;
      esac
    done
    [ -z "$outcome" ] || { printf '%s' "$outcome" >"$RUN/reason" && false; }
  }
}

# Ollama's lines as pull.jq puts them, and a tick every few seconds, which comes also when nothing else does.
pull_events() {
  while sleep 5 >/dev/null; do echo 'tick - - -'; done &
  ticker=$!
  jq -r -n --unbuffered -f "$LIB/pull.jq" || true
  kill "$ticker"
}

# Ollama leaves what it could not finish on a full disk.
give_space_back() {
  if grep -q 'no space left on device' "$RUN/reason"; then
    rm -f "$DATA"/ollama/blobs/*-partial*
    echo "the disk became full while it was pulled; free some, or take a smaller one" >"$RUN/reason"
  fi
}

# blobs_are_whole: hashes what was not hashed yet. Ollama stops at the first bad layer, and trusts files already there.
blobs_are_whole() {
  ollama_is_ours || return 0
  damaged=0
  touch "$VERIFIED_BLOBS"
  for blob in "$DATA"/ollama/blobs/sha256-*; do
    case $blob in *-partial* | *'*') continue ;; esac
    grep -q -x -F "$(blob_stamp "$blob")" "$VERIFIED_BLOBS" || verify_blob "$blob" || damaged=$((damaged + 1))
  done
  [ "$damaged" -eq 0 ]
}

verify_blob() {
  progress 0 "$(stat -c %s "$1")" "checking every byte"
  patiently sha256sum "$1" >"$RUN/digest"
  if [ "sha256-$(cut -d' ' -f1 "$RUN/digest")" = "${1##*/}" ]; then
    remember_blob "$1"
  else
    rm -f "$1"
    return 1
  fi
}

remember_blob() { blob_stamp "$1" >>"$VERIFIED_BLOBS"; }
blob_stamp() { stat -c '%n %s %Y' "$1"; }

# disk_holds NAME: the manifest's sizes against memory and disk, before the first byte. A registry that gives no
# manifest this way is left to Ollama, whose own words then say why.
disk_holds() {
  ollama_is_ours || return 0
  manifest_layers "$1" >"$RUN/layers" && [ -s "$RUN/layers" ] || return 0
  bytes=$(awk '{ sum += $2 } END { printf "%.0f", sum }' "$RUN/layers")
  missing=$(missing_bytes <"$RUN/layers")
  free=$(disk_free)
  if [ "$missing" -gt "$free" ]; then
    printf '%s more are needed on the disk, %s are free' "$(megabytes "$missing")" "$(megabytes "$free")" >"$RUN/reason"
    return 1
  fi
  jq --arg name "$1" --argjson bytes "$bytes" '. + {($name): $bytes}' "$RUN/sizes.json" >"$RUN/sizes.new"
  mv "$RUN/sizes.new" "$RUN/sizes.json"
  [ "$1" != "$(plan_value model)" ] || decide
}

# Of layers on standard input (digest and bytes a line): bytes that are not here yet, not even in part.
missing_bytes() {
  while read -r digest size; do
    blob=$DATA/ollama/blobs/sha256-${digest#sha256:}
    [ ! -e "$blob" ] || continue
    here=$(du -c -k "$blob"-* 2>/dev/null | awk 'END { print $1 * 1024 }')
    echo "$size ${here:-0}"
  done | awk '$1 > $2 { sum += $1 - $2 } END { printf "%.0f", sum }'
}

megabytes() { awk -v bytes="$1" 'BEGIN { printf "%.0f MB", bytes / 1e6 }'; }

manifest_layers() {
  model_place "$1"
  curl -sS -f -L --max-time 20 -H "Accept: $MANIFEST_TYPE" "$model_source/manifests/$model_tag" 2>/dev/null |
    jq -r "$LAYERS" 2>/dev/null
}

# model_place NAME: where its registry has it, and where Ollama keeps its manifest.
model_place() {
  scheme=https
  case $1 in
    */*/*)
      [ "$CLAWLAMA_REGISTRY_INSECURE" != true ] || scheme=http
      model_registry=${1%%/*} model_path=${1#*/}
      ;;
    */*) model_registry=registry.ollama.ai model_path=$1 ;;
    *) model_registry=registry.ollama.ai model_path=library/$1 ;;
  esac
  model_tag=${model_path##*:} model_path=${model_path%:*}
  model_source=$scheme://$model_registry/v2/$model_path
  model_manifest=$DATA/ollama/manifests/$model_registry/$model_path/$model_tag
}

# missing_models: JSON of those that would be pulled, as far as manifests tell: name, where it comes from, and its tag.
missing_models() {
  ollama_is_ours && jq -r '.models[].name' "$PLAN" | while read -r name; do
    [ -z "$CLAWLAMA_MODEL_FILE" ] || [ "$name" != "$(file_model_name)" ] || continue
    model_place "$name"
    [ -e "$model_manifest" ] ||
      jq -n -c --arg name "$name" --arg source "$model_source" --arg tag "$model_tag" '{name: $name, source: $source, tag: $tag}'
  done | jq -s -c .
}
