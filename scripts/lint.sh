#!/bin/sh
# Runs every check, one line each; what a failing one said follows its line. Expects .venv/bin on the PATH.
set -u

main() {
  posix=$(shfmt -f container scripts)
  failed=0
  check ruff ruff check --quiet
  check format ruff format --check --quiet
  check mypy mypy
  check imports lint-imports
  # shellcheck disable=SC2086 # a list of paths without spaces
  check shellcheck shellcheck --shell=sh $posix
  check ci shellcheck .ci/run
  # shellcheck disable=SC2086
  check shfmt shfmt -d -i 2 -ci $posix .ci/run
  check hadolint hadolint container/Dockerfile
  check yamllint yamllint --strict .
  workflows
  check settings python -m roles.settings --check
  check compose python -m roles.clawlama.compose --check
  exit "$failed"
}

# Its makers offer no package that a registry has, but a Go module; hosted CI, where workflows matter, has Go.
workflows() {
  if command -v go >/dev/null; then
    check actionlint go run github.com/rhysd/actionlint/cmd/actionlint@latest
  else
    echo "actionlint: not run, it needs Go"
  fi
}

check() {
  name=$1
  shift
  if said=$("$@" 2>&1); then
    echo "$name: ok"
  else
    failed=1
    printf '%s: FAILED\n%s\n' "$name" "$said"
  fi
}

main
