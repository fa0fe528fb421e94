#!/bin/sh
# node-from-upstream.sh VERSION REPOSITORY FOLDER: Node with npm from NodeSource's signed apt repository.
set -eu
. /build/env.sh

version=$1 repository=$2 folder=$3
# NodeSource's signing key, as its own set-up names it.
FINGERPRINT=6F71F525282841EEDAF851B42F59B5F99B1BE0B4

curl -sS -f -L --max-time 60 "$repository/gpgkey/nodesource-repo.gpg.key" -o /tmp/nodesource.asc
found=$(gpg --batch --show-keys --with-colons /tmp/nodesource.asc | awk -F: '$1 == "fpr" { print $10; exit }')
[ "$found" = "${NODE_UPSTREAM_FINGERPRINT:-$FINGERPRINT}" ] || {
  echo "Node: $repository signs with key $found, expected is ${NODE_UPSTREAM_FINGERPRINT:-$FINGERPRINT}; nothing is taken from it" >&2
  exit 1
}
gpg --batch --dearmor -o /usr/share/keyrings/nodesource.gpg /tmp/nodesource.asc
echo "deb [signed-by=/usr/share/keyrings/nodesource.gpg] $repository/node_${version%%.*}.x nodistro main" >/etc/apt/sources.list.d/nodesource.list
apt-get update -o Acquire::https::CAInfo="${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}"
cd /tmp
apt-get download -o Acquire::https::CAInfo="${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "nodejs=$version*"
dpkg-deb -x nodejs_*.deb /tmp/node
mkdir -p "$folder"
cp -R /tmp/node/usr/. "$folder/"
"$folder/bin/node" --version
