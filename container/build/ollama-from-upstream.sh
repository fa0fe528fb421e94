#!/bin/sh
# ollama-from-upstream.sh VERSION RELEASES FOLDER: Ollama's release archive, checked against its sha256sum.txt, without GPU folders.
set -eu
. /build/env.sh

version=$1 releases=$2 folder=$3
release=$releases/download/v$version
archive=ollama-linux-$(dpkg --print-architecture).tar.zst
work=$(mktemp -d)
ATTEMPTS=4

refuse() {
  echo "CLAWLAMA_OLLAMA_UPSTREAM=\"$releases\": $1; nothing was taken from it: try again later, or build with CLAWLAMA_SOURCES=registries" >&2
  exit 1
}

# download NAME: a large file may take its time, a stalled one may not; a broken one goes on where it stopped.
download() {
  attempt=1
  until fetch "$1"; do
    [ "$attempt" -lt "$ATTEMPTS" ] || refuse "download/v$version/$1 cannot be had: $(sed 's/^curl: ([0-9]*) //;q' "$work/said")"
    sleep "$attempt"
    attempt=$((attempt + 1))
  done
}

fetch() {
  curl -sS -f -L -C - --connect-timeout 20 --speed-limit 1000 --speed-time 30 -o "$work/$1" "$release/$1" 2>"$work/said" && return
  # 33: the site cannot go on in the middle of a file.
  [ $? != 33 ] || rm -f "$work/$1"
  return 1
}

# Names stand bare, after `./`, or after the `*` of a binary file.
digest() {
  awk -v name="$archive" '{ sub(/^[*]?([.]\/)?/, "", $2) } $2 == name && $1 ~ /^[0-9a-f]+$/ && length($1) == 64 { print $1; exit }' "$work/sha256sum.txt"
}

check() {
  digest=$(digest)
  [ -n "$digest" ] || refuse "sha256sum.txt of v$version has no digest of $archive"
  echo "$digest  $work/$archive" | sha256sum --check --status - || refuse "$archive of v$version is not what sha256sum.txt says"
}

# The archive's owners and modes are those of the machine that packed it.
unpack() {
  mkdir -p "$folder"
  zstd -d -c "$work/$archive" | tar -x -C "$folder" --no-same-owner \
    --exclude 'lib/ollama/cuda_*' --exclude 'lib/ollama/vulkan*' --exclude 'lib/ollama/mlx_*' --exclude 'lib/ollama/rocm*' ||
    refuse "$archive of v$version cannot be unpacked"
  chmod -R u=rwX,go=rX "$folder"
  [ -x "$folder/bin/ollama" ] || refuse "$archive of v$version holds no bin/ollama"
}

download sha256sum.txt
download "$archive"
check
unpack
rm -rf "$work"
"$folder/bin/ollama" --version 2>&1 | tail -n 1
