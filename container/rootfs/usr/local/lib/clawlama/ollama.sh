# Ollama: the server, and its API (always the native one).
API_SECONDS='' OLLAMA_LOG=''

start_ollama() {
  enter starting ollama "starting Ollama"
  OOM_KILLS_BEFORE=$(oom_kills)
  export OLLAMA_HOST OLLAMA_NUM_PARALLEL OLLAMA_MAX_LOADED_MODELS
  open_ollama_log
  OLLAMA_MODELS=$DATA/ollama OLLAMA_NOPRUNE=1 OLLAMA_NO_CLOUD=1 OLLAMA_KEEP_ALIVE=24h GIN_MODE=release \
    start_service ollama "$OOM_SCORE_OLLAMA" ollama serve >"$RUN/ollama.log" 2>&1
  await 60 ollama ollama_api version
}

# Ollama logs each request; ours, which ask for nothing but a sign of life, would drown the others.
open_ollama_log() {
  mkfifo "$RUN/ollama.log"
  grep --line-buffered -v -F '"/api/version"' <"$RUN/ollama.log" &
  OLLAMA_LOG=$!
}

# ollama_api PATH [JSON]: a GET, or a POST of the JSON; prints the answer.
ollama_api() {
  if [ $# -eq 1 ]; then
    curl -sS --max-time "${API_SECONDS:-10}" "http://$(ollama_address)/api/$1"
  else
    printf '%s' "$2" | curl -sS -N --max-time "${API_SECONDS:-1800}" --data-binary @- "http://$(ollama_address)/api/$1"
  fi
}

# 0.0.0.0 is where it listens, not where it is asked.
ollama_address() { printf '%s' "${OLLAMA_HOST:-127.0.0.1:11434}" | sed 's/^0\.0\.0\.0:/127.0.0.1:/'; }

# load_model: one token, with the very options that OpenClaw sends: other ones would load it a second time.
load_model() {
  enter loading model "loading $(plan_value model)"
  patiently ollama_api generate "$(jq -c '{model, prompt: "Hi", stream: false, keep_alive: "24h", think: false,
    options: {num_ctx: .context, num_thread: .threads, num_predict: 1}}' "$PLAN")" >"$RUN/loaded.json"
  need_service ollama "the model was loaded"
  holds .done <"$RUN/loaded.json" ||
    fail 1 "$(plan_value model) does not generate: $(jq -r '.error // .' "$RUN/loaded.json" 2>/dev/null | head -c 300)$(killed_for_memory)"
}
