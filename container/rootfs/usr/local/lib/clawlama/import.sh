# A model from a GGUF file: hashed, handed to Ollama, and given a template that knows tools where it has none.

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

