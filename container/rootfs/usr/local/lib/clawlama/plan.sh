# What fits: plan.jq decides, here its inputs are gathered. Before a pull from sizes, after it from the model itself.

make_plan() {
  STAGE=plan
  say "found $(hardware_line)"
  echo '[]' >"$RUN/measured.json"
  echo null >"$RUN/calibration.json"
  gather_sizes
  decide
  say "plan: $(plan_line)"
}

# settle_plan: again, with what the models say of themselves.
settle_plan() {
  STAGE=plan
  measure_models >"$RUN/measured.json"
  decide
}

decide() {
  jq -n --arg wanted "$(wanted_models | had_models)" --slurpfile calibration "$RUN/calibration.json" --slurpfile settings "$SETTINGS" --slurpfile hardware "$HARDWARE" --slurpfile table "$ETC/models.json" \
    --slurpfile sizes "$RUN/sizes.json" --slurpfile measured "$RUN/measured.json" -f "$LIB/plan.jq" >"$PLAN"
  refusal=$(plan_value refusal)
  [ -z "$refusal" ] || fail "$PERMANENT" "$refusal"
}

# had_models: of the names on standard input, those that are not known to be missing.
had_models() {
  while read -r name; do
    [ -s "$MODELS" ] && jq -e --arg name "$name" 'any(.[]; .name == $name and (.ok | not))' "$MODELS" >/dev/null || echo "$name"
  done
}

plan_value() { jq -r --arg key "$1" '.[$key] // ""' "$PLAN"; }

plan_line() { jq -r '"\(.model), context \(.context // "as the model says"), \(if .threads then "\(.threads) threads" else "Ollama elsewhere" end), profile \(.profile)" + (.why | map("; " + .) | join(""))' "$PLAN"; }

hardware_line() {
  jq -r '"\(.arch), \(.cores) cores" + (if .cpu_quota then " (quota \(.cpu_quota))" else "" end)
    + ", \(.memory / 1e8 | floor / 10) GB of memory" + (if .memory_limit then " (limit \(.memory_limit / 1e8 | floor / 10) GB)" else "" end)
    + ", \(.simd | join(" "))" + (.gpus | map(", \(.name) with \(.vram / 1e9 | floor) GB, driver \(.driver)") | join(""))' "$HARDWARE"
}

# sizes.json: name to bytes of what is there already; a model file counts under the name that it will have.
gather_sizes() {
  if ollama_is_ours; then sizes_here; else ollama_api tags | jq -c '[.models[] | {(.name): .size}] | add // {}'; fi >"$RUN/sizes.json"
}

sizes_here() {
  [ -z "$CLAWLAMA_MODEL_FILE" ] || check_model_file
  {
    find "$DATA/ollama/manifests" -type f 2>/dev/null | while read -r manifest; do
      jq -c --arg name "$(manifest_name "$manifest")" '{($name): ([.layers[].size] | add)}' "$manifest" 2>/dev/null || true
    done
    [ -z "$CLAWLAMA_MODEL_FILE" ] ||
      jq -n -c --arg name "$(file_model_name)" --argjson size "$(stat -L -c %s "$CLAWLAMA_MODEL_FILE")" '{($name): $size}'
  } | jq -s -c 'add // {}'
}

check_model_file() {
  [ -r "$CLAWLAMA_MODEL_FILE" ] || fail "$PERMANENT" \
    "CLAWLAMA_MODEL_FILE=\"$CLAWLAMA_MODEL_FILE\": must be a file that user $(id -u) can read; mount it, or unset the variable"
  is_gguf "$CLAWLAMA_MODEL_FILE" || fail "$PERMANENT" \
    "CLAWLAMA_MODEL_FILE=\"$CLAWLAMA_MODEL_FILE\": must be a GGUF file, it does not begin as one; take another file"
}

# The word GGUF, version 2 or 3, and counts of tensors and keys below 2^32: Ollama's server dies over what claims more.
is_gguf() {
  head -c 24 "$1" | od -A n -t u4 -w24 --endian=little |
    awk '$1 == 1179993927 && ($2 == 2 || $2 == 3) && $3 > 0 && $4 == 0 && $5 > 0 && $6 == 0 { fine = 1 } END { exit !fine }'
}

# .../registry.ollama.ai/library/qwen3/4b -> qwen3:4b, as Ollama shortens names.
manifest_name() {
  printf '%s' "${1#"$DATA/ollama/manifests/"}" | sed -e 's,/\([^/]*\)$,:\1,' -e 's,^registry\.ollama\.ai/,,' -e 's,^library/,,'
}

# The name of the model from CLAWLAMA_MODEL_FILE: the one that was asked for, else the file's own.
file_model_name() {
  if [ -n "$CLAWLAMA_MODEL" ]; then
    with_tag "$CLAWLAMA_MODEL"
  else
    with_tag "$(basename "$CLAWLAMA_MODEL_FILE" .gguf | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9._\n-' '-' | sed 's/^[.-]*//')"
  fi
}

with_tag() { case ${1##*/} in *:*) printf '%s' "$1" ;; *) printf '%s:latest' "$1" ;; esac }
