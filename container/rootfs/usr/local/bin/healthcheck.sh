#!/bin/sh
# Docker's view of the status: healthy when ready. What happens to a hung service is the supervisor's business.
set -eu
LIB=${TEST_LIB:-/usr/local/lib/clawlama}
. "$LIB/paths.sh"
read -r said <"$HEALTH"
echo "$said"
case $said in "ready: "*) ;; *) exit 1 ;; esac
