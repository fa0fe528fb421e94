#!/bin/sh
# From nothing to an assistant that answers, then a watch over it. Each line below is a file in lib/clawlama.
set -eu
LIB=${TEST_LIB:-/usr/local/lib/clawlama}
for concern in paths status settings hardware volume plan service ollama models pull import config gateway incidents supervise; do
  # shellcheck disable=SC1090
  . "$LIB/$concern.sh"
done

start() {
  lock_volume
  follow_stop_signals
  validate_settings
  check_mounted_config
  detect_hardware
  make_plan
  start_ollama
  provide_models
  settle_plan
  write_config
  load_model
  start_gateway
  announce_ready
  supervise
}

case ${1:-start} in
  start) start ;;
  *) exec clawlama "$@" ;;
esac
