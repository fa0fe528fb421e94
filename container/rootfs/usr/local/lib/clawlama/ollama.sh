# Ollama: the server, and its API (always the native one). It is ours, or one elsewhere: a Mac's own, say, which has the
# graphics processor that no container gets there.
API_SECONDS='' OLLAMA_LOG='' LOOK_FOR_OLLAMA=60

ollama_is_ours() { [ -z "${CLAWLAMA_OLLAMA_URL:-}" ]; }

start_ollama() {
  OOM_KILLS_BEFORE=$(oom_kills)
  ollama_is_ours || return 0
  enter starting ollama "starting Ollama"
  export OLLAMA_HOST OLLAMA_NUM_PARALLEL OLLAMA_MAX_LOADED_MODELS OLLAMA_KV_CACHE_TYPE
  # Without it Ollama ignores the type of the cache.
  if [ "$OLLAMA_KV_CACHE_TYPE" != f16 ]; then export OLLAMA_FLASH_ATTENTION=1; fi
  open_ollama_log
  # shellcheck disable=SC2016 # the inner shell's own argument
  OLLAMA_MODELS=$DATA/ollama OLLAMA_NOPRUNE=1 OLLAMA_NO_CLOUD=1 OLLAMA_KEEP_ALIVE=24h GIN_MODE=release \
    start_service ollama "$OOM_SCORE_OLLAMA" sh -c 'exec ollama serve >"$0" 2>&1' "$RUN/ollama.log"
  await 60 ollama ollama_api version
}

# find_ollama: the one elsewhere, whose models the plan depends on.
find_ollama() {
  ollama_is_ours && return
  enter starting ollama "looking for Ollama at $CLAWLAMA_OLLAMA_URL"
  find_deadline=$(($(date +%s) + LOOK_FOR_OLLAMA))
  until API_SECONDS=5 ollama_api version >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$find_deadline" ] || fail 1 \
      "CLAWLAMA_OLLAMA_URL=\"$CLAWLAMA_OLLAMA_URL\": must be where an Ollama answers; start it there with OLLAMA_HOST=0.0.0.0, or unset the variable"
    patiently sleep 1
  done
}

# need_ollama WHILE-WHAT: fails when it is gone.
need_ollama() {
  if ollama_is_ours; then
    need_service ollama "$1"
  else
    ollama_api version >/dev/null 2>&1 || fail 1 "Ollama at $CLAWLAMA_OLLAMA_URL went away while $1"
  fi
}

# Ollama logs each request; ours, which ask for nothing but a sign of life, would drown the others.
open_ollama_log() {
  mkfifo "$RUN/ollama.log"
  grep --line-buffered -v -F '"/api/version"' <"$RUN/ollama.log" &
  OLLAMA_LOG=$!
}

# Waits for the last words of an Ollama that is gone. One that a stop met before it wrote any is read in vain, without end:
# to open and close it ends that.
close_ollama_log() {
  [ -n "$OLLAMA_LOG" ] || return 0
  : <>"$RUN/ollama.log"
  wait "$OLLAMA_LOG" || true
}

# ollama_api PATH [JSON]: a GET, or a POST of the JSON; prints the answer.
ollama_api() {
  if [ $# -eq 1 ]; then
    curl -sS --max-time "${API_SECONDS:-10}" "$(ollama_url)/api/$1"
  else
    printf '%s' "$2" | curl -sS -N --max-time "${API_SECONDS:-1800}" --data-binary @- "$(ollama_url)/api/$1"
  fi
}

ollama_url() { printf '%s' "${CLAWLAMA_OLLAMA_URL:-http://$(ollama_address)}"; }

# loaded MODEL KEY: what Ollama says of a model in memory.
loaded() { ollama_api ps | jq -r --arg model "$1" --arg key "$2" '[.models[] | select(.name == $model)][0][$key] // "none"'; }

# 0.0.0.0 is where it listens, not where it is asked.
ollama_address() { printf '%s' "${OLLAMA_HOST:-127.0.0.1:11434}" | sed 's/^0\.0\.0\.0:/127.0.0.1:/'; }

# load_model: one token, with the very options that OpenClaw sends: other ones would load it a second time.
load_model() {
  enter loading model "loading $(plan_value model)"
  patiently ollama_api generate "$(jq -c '{model, prompt: "Hi", stream: false, keep_alive: "24h", think: false,
    options: ({num_ctx: .context, num_predict: 1} + if .threads then {num_thread: .threads} else {} end)}' "$PLAN")" >"$RUN/loaded.json"
  need_ollama "the model was loaded"
  holds .done <"$RUN/loaded.json" ||
    fail 1 "$(plan_value model) does not generate: $(jq -r '.error // .' "$RUN/loaded.json" 2>/dev/null | head -c 300)$(killed_for_memory)"
}
