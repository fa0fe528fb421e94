#!/bin/sh
# ollama-from-registry.sh VERSION FOLDER: Ollama compiled from its Go module. Its engines: ollama-engines.sh.
# Go checks the module's hash against its checksum database.
set -eu
. /build/env.sh

version=$1 folder=$2
export GOFLAGS=-mod=mod CGO_ENABLED=1 GOPATH=/tmp/go GOCACHE=/tmp/go-build
# As Go has it, without the debugging data, which is stripped anyway: it is a third of the compiler's time.
export CGO_CFLAGS=-O2 CGO_CXXFLAGS=-O2

mkdir -p "$folder/bin"
GOBIN=$folder/bin go install -trimpath \
  -ldflags "-s -w -X=github.com/ollama/ollama/version.Version=$version" "github.com/ollama/ollama@v$version"
rm -rf /tmp/go /tmp/go-build
"$folder/bin/ollama" --version 2>&1 | tail -n 1
