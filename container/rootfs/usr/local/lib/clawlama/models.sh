# Models: which are wanted, whether each is there, and what they say of themselves. pull.sh and import.sh bring them.

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
    provide_model "$name" || reason=$(why_not)
    jq -n -c --arg name "$name" --arg reason "$reason" '{name: $name, ok: ($reason == ""), reason: $reason}' >>"$RUN/provided"
    [ -z "$reason" ] || say "model $name is not to be had: $reason"
  done 3<"$RUN/wanted"
  # What was to come from a registry nearby (fetch.sh), and was given up.
  rm -f "$DATA"/ollama/blobs/*-fetched-partial
  jq -s -c . "$RUN/provided" >"$MODELS"
  holds 'any(.[]; .ok)' <"$MODELS" || fail_without_model
}

# What another start cannot mend ends for good.
fail_without_model() {
  case $(jq -r '.[0].reason' "$MODELS") in
    *"does not exist"* | *"invalid model name"* | *"on the disk"* | *"is no model"*) code=$PERMANENT ;;
    *) code=1 ;;
  esac
  fail "$code" "$(jq -r '.[0] | "CLAWLAMA_MODEL=\"\(.name)\": cannot be had: \(.reason)"' "$MODELS"); set another CLAWLAMA_MODEL, or a file with CLAWLAMA_MODEL_FILE"
}

# The reason of the last failure; Ollama's own end is one too, which only the log explains.
why_not() {
  need_ollama "the model was fetched"
  cat "$RUN/reason"
  [ -s "$RUN/reason" ] || echo "Ollama gave no reason"
}

# provide_model NAME: true when it is there afterwards, else the reason is in $RUN/reason.
provide_model() {
  if [ -n "$CLAWLAMA_MODEL_FILE" ] && [ "$1" = "$(file_model_name)" ]; then
    import_model_file "$1"
  elif model_is_there "$1" && blobs_are_whole; then
    :
  else
    pull_model "$1"
  fi
}

model_is_there() { show_model "$1" | holds .model_info; }
show_model() { ollama_api show "$(jq -n -c --arg model "$1" '{model: $model}')"; }

# measure_models: what Ollama says of each model that is there; the first one provided comes first.
measure_models() {
  ollama_api tags >"$RUN/tags.json"
  jq -r '.[] | select(.ok) | .name' "$MODELS" | while read -r name; do
    show_model "$name" | jq -c --arg name "$name" --slurpfile tags "$RUN/tags.json" \
      '{name: $name, size: ([$tags[0].models[] | select(.name == $name) | .size][0]), info: .model_info, capabilities: (.capabilities // [])}'
  done | jq -s -c .
}
