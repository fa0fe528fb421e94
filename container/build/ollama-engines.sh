#!/bin/sh
# ollama-engines.sh VERSION FOLDER: every CPU variant of Ollama's engine, from the sources in its Go module.
set -eu
. /build/env.sh

version=$1 folder=$2
export GOPATH=/tmp/go

mkdir -p "$folder/lib/ollama"
source=$(go mod download -json "github.com/ollama/ollama@v$version" | jq -r .Dir)
cp -R "$source" /tmp/source
chmod -R u+w /tmp/source
cd /tmp/source
cmake --preset CPU -G Ninja -DCMAKE_BUILD_TYPE=Release
# Another stage compiles beside this one: each of these processes takes 0.3 GB.
cmake --build --preset CPU --parallel "$(nproc)"
cp build/lib/ollama/*.so* "$folder/lib/ollama/"
strip "$folder"/lib/ollama/*.so*
install -D -m 0644 LICENSE "$folder/share/doc/ollama/LICENSE"
rm -rf /tmp/go /tmp/source
