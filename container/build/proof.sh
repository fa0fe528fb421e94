#!/bin/sh
# proof.sh TINY-MODEL RESULT COMPILED: the image's own parts tried on each other. The build fails here when they do not fit.
set -eu
model=$1 result=$2 compiled=$3
export HOME=/tmp/proof-home TEST_DATA=/tmp/proof-data TEST_RUN=/tmp/proof-run
export OLLAMA_HOST=127.0.0.1:11434 OLLAMA_MODELS=/tmp/proof-models OPENCLAW_STATE_DIR=/tmp/proof-data/openclaw
LIB=/usr/local/lib/clawlama
mkdir -p "$HOME" "$TEST_DATA/clawlama" "$TEST_DATA/openclaw" "$TEST_DATA/workspace" "$TEST_RUN" "$OLLAMA_MODELS"

refuse() {
  echo "these parts do not fit: $1" >&2
  exit 1
}

versions() {
  node=$(version_of node)
  openclaw=$(version_of openclaw)
  ollama=$(version_of ollama)
}

version_of() {
  "$1" --version >/tmp/version 2>/tmp/version.err || refuse "$1 does not start: $(head -c 300 /tmp/version.err)"
  grep -o '[0-9][0-9.]*[0-9]' /tmp/version | head -n 1
}

# The very configuration that a container writes, judged by the very OpenClaw that will read it: with all that can be asked for.
openclaw_accepts_config() {
  for profile in full lean; do
    (generate_config_of "$profile") || refuse "the configuration of profile $profile cannot be made"
    OPENCLAW_CONFIG_PATH=$TEST_DATA/openclaw/openclaw.json openclaw config validate --json >/tmp/verdict.json 2>/tmp/verdict.err ||
      refuse "OpenClaw $openclaw rejects the configuration of profile $profile: $(cat /tmp/verdict.json /tmp/verdict.err | tr '\n' ' ' | head -c 600)"
  done
}

generate_config_of() {
  export CLAWLAMA_PROFILE="$1" CLAWLAMA_MODEL=qwen3:0.6b CLAWLAMA_EXEC_ASK=on-miss
  export CLAWLAMA_TELEGRAM_BOT_TOKEN=123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
  for concern in paths status settings hardware plan ollama models config; do
    # shellcheck disable=SC1090
    . "$LIB/$concern.sh"
  done
  # The machine that builds may be too small for any model; the schema does not care.
  # shellcheck disable=SC2329 # both take the place of hardware.sh's
  memory_total() { echo 34359738368; }
  # shellcheck disable=SC2329
  memory_limit() { echo null; }
  validate_settings
  detect_hardware
  make_plan
  write_config
}

ollama_generates() {
  ollama serve >/tmp/ollama.log 2>&1 &
  server=$!
  until curl -s -o /dev/null --max-time 5 "http://$OLLAMA_HOST/api/version"; do
    kill -0 "$server" 2>/dev/null || refuse "Ollama $ollama does not serve: $(tail -n 3 /tmp/ollama.log | tr '\n' ' ')"
    sleep 0.1
  done
  digest=sha256:$(sha256sum "$model" | cut -d' ' -f1)
  api "blobs/$digest" -T "$model" -X POST >/dev/null
  api create -d "{\"model\":\"tiny\",\"files\":{\"tiny.gguf\":\"$digest\"},\"stream\":false}" >/dev/null
  api generate -d '{"model":"tiny","prompt":"Hi","stream":false,"options":{"num_ctx":3072,"num_thread":1,"num_predict":2}}' >/tmp/generated.json
  [ "$(jq '.eval_count // 0' /tmp/generated.json)" -gt 0 ] || refuse "Ollama $ollama does not generate: $(head -c 300 /tmp/generated.json)"
  [ "$(api ps | jq '.models[0].context_length')" = 3072 ] || refuse "Ollama $ollama ignores num_ctx"
  grep -q 'Operation:commit.*NumThreads:1 ' /tmp/ollama.log || refuse "Ollama $ollama ignores num_thread"
  kill "$server"
}

# The image's own start, whole, on a state of its own: the gateway serves, its plugin loads, its agent asks Ollama. Whether
# all conversations begin with the same words is only told: an OpenClaw whose words are new to us is slow, not broken.
assistant_warms_up() {
  rm -rf "$TEST_DATA" && mkdir -p "$TEST_DATA"
  CLAWLAMA_MODEL_FILE=$model CLAWLAMA_DEMONSTRATION=true CLAWLAMA_PROFILE=lean CLAWLAMA_MAX_TOKENS=16 OLLAMA_NUM_THREADS=1 \
    TEST_VERSIONS=$result TEST_COMPILED=$compiled timeout 900 entrypoint.sh start >/tmp/start.log 2>&1 &
  assistant=$!
  until [ -s "$TEST_RUN/warmed.json" ]; do
    kill -0 "$assistant" 2>/dev/null || refuse "what they make does not start: $(tail -n 3 /tmp/start.log | tr '\n' ' ' | head -c 600)"
    sleep 0.2
  done
  case $(cat "$TEST_RUN/warm" 2>/dev/null) in
    warm) ;;
    apart) echo "OpenClaw $openclaw names each conversation in its prompt: no new one will find it computed" ;;
    *) refuse "the agent does not answer: $(head -c 600 "$TEST_RUN/warmed.json")" ;;
  esac
  kill "$assistant"
  wait "$assistant" || true
}

# What Node has compiled of OpenClaw by then: no start has to do it again. Node keeps it by uid: we are the container's.
compiled_is_kept() {
  [ -d "$compiled" ] || refuse "Node $node keeps nothing of what it compiles"
  chmod -R a+rX,a-w "$compiled"
}

api() {
  path=$1
  shift
  curl -sS --max-time 120 "http://$OLLAMA_HOST/api/$path" "$@"
}

versions
openclaw_accepts_config
ollama_generates
jq -n --arg node "$node" --arg openclaw "$openclaw" --arg ollama "$ollama" --argjson variants "$(find /usr/local/lib/ollama -name 'libggml-cpu*' | wc -l)" \
  '{versions: {node: $node, ollama: $ollama, openclaw: $openclaw}, cpu_variants: $variants}' >"$result"
assistant_warms_up
compiled_is_kept
cat "$result"
