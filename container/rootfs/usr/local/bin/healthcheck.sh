#!/bin/sh
# Docker's view of the status file: healthy when ready. What happens to a hung service is the supervisor's business.
set -eu
LIB=${TEST_LIB:-/usr/local/lib/clawlama}
. "$LIB/paths.sh"
jq -r '"\(.state): \(.message)"' "$STATUS"
holds '.state == "ready"' <"$STATUS"
