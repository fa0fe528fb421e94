#!/bin/sh
# From nothing to an assistant that answers, then a watch over it. Each line below is a file in lib/clawlama.
set -eu
# The first process of a container is deaf to signals that it has no trap for.
trap 'exit 0' TERM INT
LIB=${TEST_LIB:-/usr/local/lib/clawlama}
for concern in paths status settings hardware restore volume plan service ollama gpu models pull import calibrate config gateway warm incidents supervise; do
  # shellcheck disable=SC1090
  . "$LIB/$concern.sh"
done

start() {
  lock_volume
  follow_stop_signals
  refuse_newer_state
  settle_last_life
  validate_settings
  check_mounted_config
  detect_hardware
  find_ollama
  make_plan
  provide_gpu_runners
  start_ollama
  provide_models
  settle_plan
  calibrate
  write_config
  start_gateway
  load_model
  check_gpu_use
  await_gateway
  forget_last_life
  announce_ready
  warm_up
  supervise
}

case ${1:-start} in
  start) start ;;
  *) exec clawlama "$@" ;;
esac
