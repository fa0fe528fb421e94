# A model from a GGUF file: hashed, handed to Ollama, and given a template that knows tools where it has none.

# import_model_file NAME: what is wrong with a file, no restart mends.
import_model_file() {
  enter loading model "taking $1 from $CLAWLAMA_MODEL_FILE"
  : >"$RUN/reason"
  import_gguf "$1" && return
  if service_runs ollama; then
    refusal="Ollama does not take it: $(why_not)"
  elif [ -n "$(killed_for_memory)" ]; then
    need_service ollama "it took the model file"
  else
    refusal="Ollama ended over it, the lines above say why"
  fi
  fail "$PERMANENT" "CLAWLAMA_MODEL_FILE=\"$CLAWLAMA_MODEL_FILE\": $refusal; take another file"
}

import_gguf() {
  stamp="$1 $(stat -L -c '%s %Y %n' "$CLAWLAMA_MODEL_FILE")"
  if [ "$stamp" = "$(cat "$OWN/imported" 2>/dev/null)" ] && model_is_there "$1"; then return 0; fi
  patiently sha256sum "$CLAWLAMA_MODEL_FILE" >"$RUN/digest"
  digest=sha256:$(cut -d' ' -f1 "$RUN/digest")
  disk_takes "$CLAWLAMA_MODEL_FILE" "$DATA/ollama/blobs/sha256-${digest#sha256:}" || return 1
  patiently curl -sS -f -X POST -T "$CLAWLAMA_MODEL_FILE" "$(ollama_url)/api/blobs/$digest" 2>"$RUN/reason" || return 1
  create_model "$1" "$digest" '{}' || return 1
  if ! show_model "$1" | holds '.capabilities | index("tools")'; then
    say "the template in $CLAWLAMA_MODEL_FILE knows no tools, OpenClaw needs them: a ChatML one is used"
    create_model "$1" "$digest" \
      "$(jq -n --rawfile template "$ETC/chatml.template" --argjson demonstration "$CLAWLAMA_DEMONSTRATION" '
        {template: $template, parameters: ({stop: ["<|im_start|>", "<|im_end|>"]} + if $demonstration then {temperature: 0} else {} end)}')" || return 1
  fi
  # Ollama has hashed what it was given.
  remember_blob "$DATA/ollama/blobs/sha256-${digest#sha256:}"
  printf '%s' "$stamp" >"$OWN/imported"
}

# disk_takes FILE COPY: a copy goes into the volume, if none is there.
disk_takes() {
  [ ! -e "$2" ] || return 0
  size=$(stat -L -c %s "$1") free=$(disk_free)
  [ "$size" -le "$free" ] || { printf '%s are needed on the disk for a copy, %s are free' "$(megabytes "$size")" "$(megabytes "$free")" >"$RUN/reason" && false; }
}

# create_model NAME DIGEST MORE: MORE is JSON that joins the request.
create_model() {
  ollama_api create "$(jq -n -c --arg model "$1" --arg digest "$2" --argjson more "$3" \
    '{model: $model, files: {"model.gguf": $digest}, stream: false} + $more')" >"$RUN/created.json"
  holds '.status == "success"' <"$RUN/created.json" && return 0
  jq -r '.error // "Ollama did not take it"' "$RUN/created.json" >"$RUN/reason"
  return 1
}
