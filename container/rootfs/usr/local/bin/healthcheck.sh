#!/bin/sh
# Docker's view of the status file: healthy when ready. What happens to a hung service is the supervisor's business.
set -eu
LIB=${TEST_LIB:-/usr/local/lib/clawlama}
. "$LIB/paths.sh"
jq -e -r '"\(.state): \(.message)", (.state == "ready" | if . then empty else error("not ready") end)' "$STATUS" 2>/dev/null
