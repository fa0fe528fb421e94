# How fast this machine computes with this model: it decides the threads and the profile, and what is said of waits.
# Measured at the first start, and again where the model, Ollama, or what of the CPU is ours has changed.

# Some 150 tokens to read, and what is written in some seconds.
CALIBRATION_BYTES=600 CALIBRATION_TOKENS=16 CALIBRATION_DECODE_SECONDS=3

calibrate() {
  STAGE=calibrate
  if ollama_is_ours; then
    calibration_key >"$RUN/calibration.key"
    is_calibrated || measure_speeds
    cp "$CALIBRATION" "$RUN/calibration.json"
    decide
  fi
  say "plan settled: $(plan_line)"
}

# What the figures hold for. The list of models has the digest of each.
calibration_key() {
  jq -c --arg kv "$OLLAMA_KV_CACHE_TYPE" --arg cpu "$(grep -m 1 -E '^(model name|CPU part)' "$HARDWARE_ROOT/proc/cpuinfo" | cut -d: -f2-)" \
    --slurpfile tags "$RUN/tags.json" --slurpfile versions "$VERSIONS" '
    .model as $model
    | {model: $model, digest: ([$tags[0].models[] | select(.name == $model) | .digest][0]), kv: $kv, threads: .threads_to_try,
       cpu: $cpu, cores: .hardware.cores, quota: .hardware.cpu_quota, gpus: .hardware.gpus, ollama: $versions[0].versions.ollama}' "$PLAN"
}

is_calibrated() { [ -s "$CALIBRATION" ] && jq --slurpfile key "$RUN/calibration.key" '.key == $key[0]' "$CALIBRATION" 2>/dev/null | holds .; }

measure_speeds() {
  : >"$RUN/speeds"
  for count in $(jq -r '.threads_to_try[]' "$PLAN"); do
    enter loading calibrate "measuring how fast $(plan_value model) is with $count threads"
    patiently steady_speed_with "$count" >>"$RUN/speeds"
    need_ollama "its speed was measured"
  done
  jq -s -c --slurpfile key "$RUN/calibration.key" '{key: $key[0], speeds: ., cold: {}}' "$RUN/speeds" >"$RUN/calibration.new"
  install_private "$RUN/calibration.new" "$CALIBRATION"
}

# The kernel lets whoever has just begun go before other work: only what goes on for seconds shows what that costs.
steady_speed_with() {
  speed_with "$1" "$CALIBRATION_TOKENS" >"$RUN/burst"
  [ -s "$RUN/burst" ] || return 0
  speed_with "$1" "$(jq --argjson seconds "$CALIBRATION_DECODE_SECONDS" '[.decode * $seconds | ceil, 256] | min' "$RUN/burst")" |
    jq -c --slurpfile burst "$RUN/burst" '.prefill = $burst[0].prefill'
}

# speed_with THREADS TOKENS: tokens a second, by Ollama's own clock; nothing where it does not generate, which load_model says.
speed_with() {
  ollama_api generate "$(jq -c --argjson threads "$1" --argjson tokens "$2" --arg text "$(head -c "$CALIBRATION_BYTES" "$ETC/AGENTS.md")" '
    {model, prompt: $text, raw: true, stream: false, keep_alive: "24h",
     options: {num_ctx: .context, num_predict: $tokens, num_thread: $threads}}' "$PLAN")" |
    jq -c --argjson threads "$1" '
      select(.eval_duration > 0 and .prompt_eval_duration > 0)
      | {threads: $threads, prefill: (.prompt_eval_count / .prompt_eval_duration * 1e9), decode: (.eval_count / .eval_duration * 1e9)}'
}

# keep_cold SECONDS: what computing the beginning of all conversations really took, with the profile of now.
keep_cold() {
  [ -s "$CALIBRATION" ] || return 0
  jq -c --arg profile "$(plan_value profile)" --argjson seconds "$1" '.cold[$profile] = $seconds' "$CALIBRATION" >"$RUN/calibration.new" &&
    install_private "$RUN/calibration.new" "$CALIBRATION"
}
