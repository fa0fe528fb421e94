#!/bin/sh
# node-from-upstream.sh VERSION REPOSITORY KEY FOLDER: Node with npm from NodeSource's signed apt repository.
# KEY is the fingerprint of the one key that may sign; apt checks the signature, the lists and the package.
set -eu
. /build/env.sh

version=$1 repository=$2 key=$3 folder=$4
work=$(mktemp -d)

refuse() {
  echo "CLAWLAMA_NODE_UPSTREAM=\"$repository\": $1; nothing was taken from it: try again later, or build with CLAWLAMA_SOURCES=registries" >&2
  exit 1
}

# Of what the key file holds, that one key alone is trusted.
take_key() {
  export GNUPGHOME="$work/gnupg"
  mkdir -m 0700 "$GNUPGHOME"
  curl -sS -f -L --max-time 60 -o "$work/keys" "$repository/gpgkey/nodesource-repo.gpg.key" 2>"$work/said" ||
    refuse "its key file cannot be had: $(sed 's/^curl: ([0-9]*) //;q' "$work/said")"
  gpg --batch --quiet --import "$work/keys" 2>/dev/null || true
  gpg --batch --export "$key" >"$work/key.gpg" 2>/dev/null
  [ -s "$work/key.gpg" ] || refuse "its key file holds $(fingerprints), and not $key (CLAWLAMA_NODE_UPSTREAM_KEY)"
}

fingerprints() {
  gpg --batch --list-keys --with-colons | awk -F: '$1 == "pub" { wanted = 1 } $1 == "fpr" && wanted { print $10; wanted = 0 }' |
    paste -s -d ' ' | grep . || echo "no key"
}

# apt with this repository alone, and with the proxies and the CA bundle that curl would take.
configure_apt() {
  export https_proxy="${https_proxy:-${HTTPS_PROXY:-}}" no_proxy="${no_proxy:-${NO_PROXY:-}}" APT_CONFIG="$work/apt.conf"
  mkdir -p "$work/lists/partial"
  echo "deb [signed-by=$work/key.gpg] $repository/node_${version%%.*}.x nodistro main" >"$work/node.list"
  # The sandbox's user cannot read a build secret, which the CA bundle is.
  cat >"$APT_CONFIG" <<CONF
Dir::Etc::SourceList "$work/node.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$work/lists";
Acquire::https::CAInfo "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::Retries "2";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
CONF
}

# ask ARGUMENTS: apt-get's first complaint is the cause, what follows it are consequences.
ask() {
  apt-get -q "$@" >"$work/said" 2>&1 || refuse "$(grep -E '^[EW]: ' "$work/said" | head -n 1 | cut -c 4-)"
}

take_package() {
  cd "$work"
  ask update
  ask download "nodejs=$version-*"
  dpkg-deb -x nodejs_*.deb "$work/package"
  mkdir -p "$folder"
  cp -R "$work/package/usr/." "$folder/"
  strip "$folder/bin/node"
}

take_key
configure_apt
take_package
rm -rf "$work"
"$folder/bin/node" --version
