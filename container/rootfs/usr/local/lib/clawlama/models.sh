# Models: from a file, from the volume, or from a registry with progress. Every answer of Ollama's is read to its last line.

# wanted_models: one name a line, the first is the assistant's; empty where the fit table shall choose.
wanted_models() {
  if [ -n "$CLAWLAMA_MODEL_FILE" ]; then
    file_model_name
    echo
  elif [ -n "$CLAWLAMA_MODEL" ]; then
    with_tag "$CLAWLAMA_MODEL"
    echo
  fi
  printf '%s' "$CLAWLAMA_MODELS" | tr ',' '\n' | while read -r name || [ -n "$name" ]; do
    with_tag "$name"
    echo
  done
}

provide_models() {
  STAGE=model
  jq -r '.models[].name' "$PLAN" >"$RUN/wanted"
  : >"$RUN/provided"
  while read -r name <&3; do
    reason=''
    provide_model "$name" || reason=$(cat "$RUN/reason")
    jq -n -c --arg name "$name" --arg reason "$reason" '{name: $name, ok: ($reason == ""), reason: $reason}' >>"$RUN/provided"
    [ -z "$reason" ] || say "model $name is not to be had: $reason"
  done 3<"$RUN/wanted"
  jq -s -c . "$RUN/provided" >"$MODELS"
  jq -e 'any(.[]; .ok)' "$MODELS" >/dev/null || fail_without_model
}

fail_without_model() {
  case $(jq -r '.[0].reason' "$MODELS") in
    *"does not exist"* | *"invalid model name"*) code=$PERMANENT ;;
    *) code=1 ;;
  esac
  fail "$code" "$(jq -r '.[0] | "CLAWLAMA_MODEL=\"\(.name)\": cannot be had: \(.reason)"' "$MODELS"); set another CLAWLAMA_MODEL, or a file with CLAWLAMA_MODEL_FILE"
}

# provide_model NAME: true when it is there afterwards, else the reason is in $RUN/reason.
provide_model() {
  if [ -n "$CLAWLAMA_MODEL_FILE" ] && [ "$1" = "$(file_model_name)" ]; then
    import_model_file "$1"
  elif model_is_there "$1"; then
    :
  else
    pull_model "$1"
  fi
}

model_is_there() { show_model "$1" | jq -e '.model_info' >/dev/null 2>&1; }
show_model() { ollama_api show "$(jq -n -c --arg model "$1" '{model: $model}')"; }

# --- from a registry

pull_model() {
  enter pulling model "pulling $1"
  manifest_fits "$1" || return 1
  rm -f "$RUN/pull"
  mkfifo "$RUN/pull"
  # A client of its own, so that a stop can close it first: only then Ollama keeps what it has.
  OLLAMA_TIMEOUT=86400 ollama_api pull \
    "$(jq -n -c --arg model "$1" --argjson insecure "$CLAWLAMA_REGISTRY_INSECURE" '{model: $model, insecure: $insecure, stream: true}')" \
    >"$RUN/pull" 2>"$RUN/reason" &
  CLIENT=$!
  follow_pull "$1" <"$RUN/pull" &
  wait $! && wait "$CLIENT" && CLIENT='' && model_is_there "$1"
}

# follow_pull NAME: Ollama's lines to progress; false with the reason when the last one is no success.
follow_pull() {
  followed_at=0 outcome='the registry ended the pull without a word'
  jq -r -n --unbuffered -f "$LIB/pull.jq" | {
    while read -r kind completed total words; do
      case $kind in
        progress)
          progress "$completed" "$total" "pulling $1: $words"
          [ $(($(date +%s) - followed_at)) -lt 10 ] || { say "$MESSAGE" && followed_at=$(date +%s); }
          ;;
        success) outcome='' ;;
        error) outcome="$completed $total $words" ;;
      esac
    done
    [ -z "$outcome" ] || { printf '%s' "$outcome" >"$RUN/reason" && false; }
  }
}

# manifest_fits NAME: the manifest's sizes against memory and disk, before the first byte. A registry that gives no
# manifest this way is left to Ollama, whose own words then say why.
manifest_fits() {
  bytes=$(manifest_bytes "$1") || bytes=''
  [ -n "$bytes" ] || return 0
  free=$(disk_free)
  if [ "$bytes" -gt "$free" ]; then
    printf '%s bytes are needed on the disk, %s are free' "$bytes" "$free" >"$RUN/reason"
    return 1
  fi
  jq --arg name "$1" --argjson bytes "$bytes" '. + {($name): $bytes}' "$RUN/sizes.json" >"$RUN/sizes.new"
  mv "$RUN/sizes.new" "$RUN/sizes.json"
  [ "$1" != "$(plan_value model)" ] || decide
}

manifest_bytes() {
  scheme=https
  [ "$CLAWLAMA_REGISTRY_INSECURE" != true ] || scheme=http
  case $1 in
    */*/*) manifest_host=${1%%/*} manifest_path=${1#*/} ;;
    */*) manifest_host=registry.ollama.ai manifest_path=$1 scheme=https ;;
    *) manifest_host=registry.ollama.ai manifest_path=library/$1 scheme=https ;;
  esac
  curl -sS -f -L --max-time 20 -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    "$scheme://$manifest_host/v2/${manifest_path%:*}/manifests/${manifest_path##*:}" 2>/dev/null |
    jq -e '[.layers[].size] | add'
}

# --- from a file

import_model_file() {
  enter loading model "taking $1 from $CLAWLAMA_MODEL_FILE"
  stamp="$1 $(stat -L -c '%s %Y %n' "$CLAWLAMA_MODEL_FILE")"
  if [ "$stamp" = "$(cat "$OWN/imported" 2>/dev/null)" ] && model_is_there "$1"; then return 0; fi
  patiently sha256sum "$CLAWLAMA_MODEL_FILE" >"$RUN/digest"
  digest=sha256:$(cut -d' ' -f1 "$RUN/digest")
  patiently curl -sS -f -X POST -T "$CLAWLAMA_MODEL_FILE" "http://$(ollama_address)/api/blobs/$digest" 2>"$RUN/reason" || return 1
  create_model "$1" "$digest" '{}' || return 1
  if ! show_model "$1" | jq -e '.capabilities | index("tools")' >/dev/null; then
    say "the template in $CLAWLAMA_MODEL_FILE knows no tools, OpenClaw needs them: a ChatML one is used"
    create_model "$1" "$digest" \
      "$(jq -n --rawfile template "$ETC/chatml.template" '{template: $template, parameters: {stop: ["<|im_start|>", "<|im_end|>"]}}')" || return 1
  fi
  printf '%s' "$stamp" >"$OWN/imported"
}

# create_model NAME DIGEST MORE: MORE is JSON that joins the request.
create_model() {
  ollama_api create "$(jq -n -c --arg model "$1" --arg digest "$2" --argjson more "$3" \
    '{model: $model, files: {"model.gguf": $digest}, stream: false} + $more')" >"$RUN/created.json"
  jq -e '.status == "success"' "$RUN/created.json" >/dev/null 2>&1 && return 0
  jq -r '.error // "Ollama did not take it"' "$RUN/created.json" >"$RUN/reason"
  return 1
}

# measure_models: what Ollama says of each model that is there; the first one provided comes first.
measure_models() {
  ollama_api tags >"$RUN/tags.json"
  jq -r '.[] | select(.ok) | .name' "$MODELS" | while read -r name; do
    show_model "$name" | jq -c --arg name "$name" --slurpfile tags "$RUN/tags.json" \
      '{name: $name, size: ([$tags[0].models[] | select(.name == $name) | .size][0]), info: .model_info, capabilities: (.capabilities // [])}'
  done | jq -s -c .
}
