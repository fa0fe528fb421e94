#!/bin/sh
# ollama-from-registry.sh VERSION FOLDER: Ollama compiled from its Go module, with every CPU variant of its engine.
# Go checks the module's hash against its checksum database.
set -eu
. /build/env.sh

version=$1 folder=$2
module=github.com/ollama/ollama@v$version
export GOFLAGS=-mod=mod CGO_ENABLED=1 GOPATH=/tmp/go GOCACHE=/tmp/go-build

mkdir -p "$folder/bin" "$folder/lib/ollama"
GOBIN=$folder/bin go install -trimpath \
  -ldflags "-s -w -X=github.com/ollama/ollama/version.Version=$version" "github.com/ollama/ollama@v$version"

source=$(GOFLAGS='' go mod download -json "$module" | jq -r .Dir)
cp -R "$source" /tmp/source
chmod -R u+w /tmp/source
cd /tmp/source
cmake --preset CPU -G Ninja -DCMAKE_BUILD_TYPE=Release
cmake --build --preset CPU
cp build/lib/ollama/*.so* "$folder/lib/ollama/"
strip "$folder"/lib/ollama/*.so*
install -D -m 0644 LICENSE "$folder/share/doc/ollama/LICENSE"
rm -rf /tmp/go /tmp/go-build /tmp/source
"$folder/bin/ollama" --version 2>&1 | tail -n 1
