#!/bin/sh
# ollama-from-upstream.sh VERSION RELEASES FOLDER: Ollama's release archive, checked against its sha256sum.txt, without GPU folders.
set -eu
. /build/env.sh

version=$1 releases=$2 folder=$3
archive=ollama-linux-$(dpkg --print-architecture).tar.zst

refuse() {
  echo "Ollama: $1; nothing is taken from it" >&2
  exit 1
}
download() { curl -sS -f -L --retry 3 --max-time 1800 -o "/tmp/$1" "$releases/download/v$version/$1" || refuse "$releases/download/v$version/$1 cannot be downloaded"; }

download sha256sum.txt
download "$archive"
digest=$(awk -v name="$archive" '{ sub(/^[.*]?\/?/, "", $2) } $2 == name { print $1 }' /tmp/sha256sum.txt)
[ -n "$digest" ] || refuse "sha256sum.txt of v$version has no digest of $archive"
echo "$digest  /tmp/$archive" | sha256sum --check --quiet - || refuse "$archive of v$version is not what sha256sum.txt says"
mkdir -p "$folder"
zstd -d -c "/tmp/$archive" | tar -x -C "$folder" --exclude 'lib/ollama/cuda_*' --exclude 'lib/ollama/vulkan*' --exclude 'lib/ollama/mlx_*' --exclude 'lib/ollama/rocm*'
rm "/tmp/$archive"
"$folder/bin/ollama" --version 2>&1 | tail -n 1
