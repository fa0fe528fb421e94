#!/bin/sh
# build.sh [--tag IMAGE] [--inputs HASH] [--resolve]: builds the image; needs Docker and nothing else.
#
# Versions and sources are resolved first (in a container), then passed as build arguments: a cached "latest" would never
# move, and a changed script must not upgrade anybody. Settings come from the environment, CLAWLAMA_* of scope build.
# Progress on stderr; the last line on stdout is JSON. --resolve prints what would be taken, and builds nothing more.
set -eu
cd "$(dirname "$0")/.."

TAG=${CLAWLAMA_IMAGE:-docker.io/casjaysdevdocker/clawlama:latest} INPUTS=unknown RESOLVE_ONLY=false
TOOLS=clawlama-tools:latest
SOURCES=${CLAWLAMA_SOURCES:-auto}
BASE=${CLAWLAMA_BASE:-debian:bookworm-slim}
NODE_UPSTREAM=${CLAWLAMA_NODE_UPSTREAM:-https://deb.nodesource.com}
OLLAMA_UPSTREAM=${CLAWLAMA_OLLAMA_UPSTREAM:-https://github.com/ollama/ollama/releases}
CA=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
# What a registry client reads from its environment, passed through where it is set.
REGISTRY_VARIABLES='PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST npm_config_registry NPM_CONFIG_REGISTRY GOPROXY GOSUMDB GONOSUMDB GOFLAGS'
PROXY_VARIABLES='http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY'

main() {
  read_arguments "$@"
  work=$(mktemp -d) pull=''
  trap 'rm -rf "$work"; [ -z "$pull" ] || kill "$pull" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  find_docker
  find_base
  write_secrets
  say "preparing the resolver"
  build --target resolver --tag "$TOOLS" || refuse "nothing was built: $(cause)"
  say "resolving versions"
  resolve
  say "taking $(field versions) from $(field sources), base $base"
  if [ "$RESOLVE_ONLY" = true ]; then
    cat "$work/resolved"
    return
  fi
  build_image
  printf '{"schema":1,"image":"%s",%s,"base":"%s"}}\n' "$TAG" "$(sed -e 's/^{//' -e 's/}}$//' "$work/resolved")" "$base"
}

say() { echo "build: $*" >&2; }
refuse() {
  echo "build: $1" >&2
  exit 1
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --tag | --inputs)
        [ $# -ge 2 ] || refuse "$1: must be followed by a value"
        if [ "$1" = --tag ]; then TAG=$2; else INPUTS=$2; fi
        shift
        ;;
      --resolve) RESOLVE_ONLY=true ;;
      *) refuse "\"$1\" is no option; use --tag IMAGE, --inputs HASH, --resolve" ;;
    esac
    shift
  done
}

# A client without buildx cannot build against an older server; another one on this machine may.
find_docker() {
  for docker in docker /usr/bin/docker; do
    command -v "$docker" >/dev/null 2>&1 || continue
    "$docker" version >/dev/null 2>&1 || continue
    "$docker" buildx version >/dev/null 2>&1 && return
    [ "$("$docker" version --format '{{.Client.Version}}' | cut -d. -f1)" -ge 23 ] || return 0
  done
  refuse "no Docker that can build: its server must answer, and its client needs buildx; install docker-buildx"
}

# The official base, else one of our own making, under our own name.
find_base() {
  base=$BASE
  "$docker" image inspect "$base" >/dev/null 2>&1 && return
  pull_base && return
  base=clawlama-base:bookworm
  say "$BASE is not pulled ($why): taking $base, made with mmdebstrap"
  "$docker" image inspect "$base" >/dev/null 2>&1 && return
  make_base
}

# A registry that has begun to answer may take its time; one that says nothing is not waited for, unless it is the only way.
pull_base() {
  why='CLAWLAMA_SOURCES=registries' patience=4
  [ "$SOURCES" != registries ] || return 1
  command -v mmdebstrap >/dev/null 2>&1 || patience=60
  "$docker" pull "$BASE" >"$work/pull" 2>&1 &
  pull=$! pulled=true
  { sleep "$patience" && ! grep -q 'Pulling from' "$work/pull" && kill "$pull"; } >/dev/null 2>&1 &
  watch=$!
  wait "$pull" 2>/dev/null || pulled=false
  pull=''
  kill "$watch" 2>/dev/null || true
  why=$(grep . "$work/pull" | tail -n 1)
  why=${why:-its registry said nothing for $patience s}
  [ "$pulled" = true ]
}

make_base() {
  command -v mmdebstrap >/dev/null 2>&1 || refuse "CLAWLAMA_BASE=\"$BASE\": cannot be pulled ($why), and mmdebstrap, which can make one, is not installed: apt-get install mmdebstrap"
  # Reproducible, so that a second making finds the build cache of the first.
  mirrors >"$work/mirrors"
  SOURCE_DATE_EPOCH=0 mmdebstrap --quiet --variant=minbase --components=main \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    bookworm "$work/base.tar" - <"$work/mirrors" >&2 || refuse "mmdebstrap could not make a base; its last lines stand above"
  "$docker" import "$work/base.tar" "$base" >&2
}

# apt lines of the mirrors that this machine itself uses, with the suite changed; mmdebstrap takes its own for none.
mirrors() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    grep -oE '(http|https)://[^ ]*/debian(-security)?/?($| )' | sed 's,[/ ]*$,,' | sort -u | while read -r mirror; do
    case $mirror in
      *security) echo "deb $mirror bookworm-security main" ;;
      *) printf 'deb %s bookworm main\ndeb %s bookworm-updates main\n' "$mirror" "$mirror" ;;
    esac
  done
}

# The caller's CA bundle and registry overrides: secrets of the build, in no layer.
write_secrets() {
  : >"$work/ca"
  [ ! -s "$CA" ] || cat "$CA" >"$work/ca"
  for variable in $REGISTRY_VARIABLES; do
    eval "value=\${$variable:-}"
    [ -z "$value" ] || printf "%s='%s'\n" "$variable" "$(printf '%s' "$value" | sed "s/'/'\\\\''/g")"
  done >"$work/registries"
  proxies=''
  for variable in $PROXY_VARIABLES; do
    eval "value=\${$variable:-}"
    [ -z "$value" ] || proxies="$proxies $variable"
  done
}

# passed FLAG: `FLAG NAME` for each proxy variable that is set; Docker takes the value from the environment.
passed() { for variable in $proxies; do echo "$1 $variable"; done; }

build() {
  rm -f "$work/built"
  # shellcheck disable=SC2046 # a list of arguments without spaces
  { DOCKER_BUILDKIT=1 "$docker" build --progress=plain --secret "id=ca,src=$work/ca" --secret "id=registries,src=$work/registries" \
    --build-arg "BASE=$base" $(passed --build-arg) "$@" . 2>&1 && : >"$work/built"; } | tee "$work/log" >&2
  [ -e "$work/built" ]
}

# What the first step that failed said last (`#12 3.4 words`, then `#12 ERROR: ...`); where no step did, Docker's last word.
cause() {
  awk '
    /^#[0-9]+ [0-9]+\.[0-9]+ ./ { step = $1; sub(/^#[0-9]+ [0-9.]+ /, ""); said[step] = $0 }
    /^#[0-9]+ ERROR: / { step = $1; sub(/^#[0-9]+ ERROR: /, ""); cause = cause ? cause : step in said ? said[step] : $0 }
    NF { last = $0 }
    END { print cause ? cause : last }' "$work/log"
}

resolve() {
  # shellcheck disable=SC2046
  "$docker" run --rm --init --label io.clawlama.build=1 --volume "$work:/run/secrets:ro" $(passed --env) \
    --env "SOURCES=$SOURCES" --env "NODE_UPSTREAM=$NODE_UPSTREAM" --env "OLLAMA_UPSTREAM=$OLLAMA_UPSTREAM" \
    --env "NODE_VERSION=${CLAWLAMA_NODE_VERSION:-}" --env "OLLAMA_VERSION=${CLAWLAMA_OLLAMA_VERSION:-}" \
    --env "OPENCLAW_VERSION=${CLAWLAMA_OPENCLAW_VERSION:-}" "$TOOLS" >"$work/resolved" 2>"$work/said" || failed=true
  cat "$work/said" >&2
  [ -z "${failed:-}" ] || refuse "nothing was built: $(tail -n 1 "$work/said")"
}

# field versions|sources: node=... ollama=... of what was resolved. No jq on the host is assumed.
field() { sed -n "s/.*\"$1\":{\\([^}]*\\)}.*/\\1/p" "$work/resolved" | tr -d '"' | tr ':,' '= '; }
value() { field "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }

build_image() {
  say "building $TAG"
  build --tag "$TAG" \
    --build-arg "NODE_SOURCE=$(value sources node)" --build-arg "NODE_VERSION=$(value versions node)" --build-arg "NODE_UPSTREAM=$NODE_UPSTREAM" \
    ${CLAWLAMA_NODE_UPSTREAM_KEY:+--build-arg "NODE_UPSTREAM_KEY=$CLAWLAMA_NODE_UPSTREAM_KEY"} \
    --build-arg "OLLAMA_SOURCE=$(value sources ollama)" --build-arg "OLLAMA_VERSION=$(value versions ollama)" --build-arg "OLLAMA_UPSTREAM=$OLLAMA_UPSTREAM" \
    --build-arg "OPENCLAW_VERSION=$(value versions openclaw)" --build-arg "INPUTS=$INPUTS" ||
    refuse "the image was not built, nothing was tagged: $(cause)"
}

main "$@"
