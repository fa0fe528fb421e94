# How fast this machine computes with this model: it decides the threads and the profile, and what is said of waits.
# Measured at the first start, and again where the model, Ollama, or what of the CPU is ours has changed.

# Some 200 tokens to read, and what is read and written in some seconds.
CALIBRATION_BYTES=600 CALIBRATION_TOKENS=16 CALIBRATION_DECODE_SECONDS=3 CALIBRATION_READ_SECONDS=4 CALIBRATION_READ_TOKENS=1024

calibrate() {
  STAGE=calibrate
  if ollama_is_ours; then
    calibration_key >"$RUN/calibration.key"
    is_calibrated || measure
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

# What surprises is seen twice: the answer holds for good, and something else may have had the processors for a moment.
measure() {
  echo null >"$RUN/reading"
  : >"$RUN/speeds"
  measure_speeds
  [ "$(plan_value threads)" = "$(jq '.threads_to_try[0]' "$PLAN")" ] || measure_speeds
  enter loading calibrate "measuring how much longer $(plan_value model) reads the more it has read"
  patiently measure_reading
  need_ollama "its speed was measured"
  keep_speeds
}

measure_speeds() {
  for count in $(jq -r '.threads_to_try[]' "$PLAN"); do
    enter loading calibrate "measuring how fast $(plan_value model) is with $count threads"
    patiently steady_speed_with "$count" >>"$RUN/speeds"
    need_ollama "its speed was measured"
  done
  keep_speeds
  cp "$CALIBRATION" "$RUN/calibration.json"
  decide
}

keep_speeds() {
  jq -s -c --slurpfile key "$RUN/calibration.key" --slurpfile reading "$RUN/reading" \
    '{key: $key[0], speeds: ., reading: $reading[0], cold: {}}' "$RUN/speeds" >"$RUN/calibration.new"
  install_private "$RUN/calibration.new" "$CALIBRATION"
}

# Seconds a token takes, and how much more for each that stands before it: a conversation's beginning is longer than what
# is read in some seconds. From what takes such seconds, and half as much again, of which the first part is known then.
measure_reading() {
  bytes=$(jq --argjson plan "$(cat "$PLAN")" --argjson bytes "$CALIBRATION_BYTES" --argjson seconds "$CALIBRATION_READ_SECONDS" --argjson most "$CALIBRATION_READ_TOKENS" -s '
    (map(select(.threads == $plan.threads))[0] // empty) as $speed
    | ([$speed.prefill * $seconds, $plan.context / 4, $most] | min) * $bytes / $speed.read | floor' "$RUN/speeds")
  [ -n "$bytes" ] || return 0
  for length in "$bytes" "$((bytes * 3 / 2))"; do
    generate "$(plan_value threads)" 1 "Again: $(calibration_text "$length")"
  done | jq -s -c '
    map({read: .prompt_eval_count, seconds: (.prompt_eval_duration / 1e9)}) as [$first, $both]
    | ($both.read - $first.read) as $more
    | select($first.read > 0 and $more > 0)
    | ([($both.seconds / $more - $first.seconds / $first.read) / ($both.read / 2), 0] | max) as $depth
    | {token: ([$first.seconds / $first.read - $depth * $first.read / 2, 0] | max), depth: $depth}' >"$RUN/reading.new"
  [ ! -s "$RUN/reading.new" ] || mv "$RUN/reading.new" "$RUN/reading"
}

# What a model has not seen so: whatever text there is.
calibration_text() { cat "$LIB"/*.jq | head -c "$1"; }

# The kernel lets whoever has just begun go before other work: only what goes on for seconds shows what that costs.
steady_speed_with() {
  speed_with "$1" "$CALIBRATION_TOKENS" >"$RUN/burst"
  [ -s "$RUN/burst" ] || return 0
  speed_with "$1" "$(jq --argjson seconds "$CALIBRATION_DECODE_SECONDS" '[.decode * $seconds | ceil, 256] | min' "$RUN/burst")" |
    jq -c --slurpfile burst "$RUN/burst" '.prefill = $burst[0].prefill'
}

# speed_with THREADS TOKENS: tokens a second, by Ollama's own clock; nothing where it does not generate, which load_model says.
speed_with() {
  generate "$1" "$2" "$(calibration_text "$CALIBRATION_BYTES")" |
    jq -c --argjson threads "$1" '
      select(.eval_duration > 0 and .prompt_eval_duration > 0)
      | {threads: $threads, read: .prompt_eval_count, prefill: (.prompt_eval_count / .prompt_eval_duration * 1e9), decode: (.eval_count / .eval_duration * 1e9)}'
}

# generate THREADS TOKENS TEXT
generate() {
  ollama_api generate "$(jq -c --argjson threads "$1" --argjson tokens "$2" --arg text "$3" '
    {model, prompt: $text, raw: true, stream: false, keep_alive: "24h",
     options: {num_ctx: .context, num_predict: $tokens, num_thread: $threads}}' "$PLAN")"
}

# keep_cold SECONDS: what computing the beginning of all conversations really took, with the profile of now.
keep_cold() {
  [ -s "$CALIBRATION" ] || return 0
  jq -c --arg profile "$(plan_value profile)" --argjson seconds "$1" '.cold[$profile] = $seconds' "$CALIBRATION" >"$RUN/calibration.new" &&
    install_private "$RUN/calibration.new" "$CALIBRATION"
}
