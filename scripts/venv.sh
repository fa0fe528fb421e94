#!/bin/sh
# Makes the virtual environment .venv and installs REQUIREMENT into it: venv.sh REQUIREMENT (`.` or `.[test]`).
set -eu

python=${PYTHON:-python3}
INSTALL_VENV='apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3-venv'

main() {
  one_at_a_time
  echo "installing Python packages into .venv"
  if command -v uv >/dev/null; then
    [ -x .venv/bin/python ] || uv venv --quiet --python '>=3.11'
    quietly uv pip install --quiet --python .venv/bin/python "$1"
  else
    [ -x .venv/bin/pip ] || make_venv
    quietly .venv/bin/pip install --quiet --disable-pip-version-check "$1"
  fi
}

# Two runs in one clone would spoil each other's .venv: the second waits, where there is something to wait with.
one_at_a_time() {
  command -v flock >/dev/null || return 0
  exec 9<.
  flock 9
}

# Says nothing of an installer that works or is interrupted (pip's way of saying that is a traceback); one that fails
# has its first error repeated in the last line.
quietly() {
  said=$("$@" 2>&1) && return
  printf '%s\n' "$said" | tail -n 20 | sed 's/^/  | /' >&2
  case $said in
    *'not yet valid'* | *'not valid yet'* | *'has expired'*) clock=" (this machine's clock says $(date -u '+%Y-%m-%d %H:%M UTC'); set it if that is wrong)" ;;
    *) clock='' ;;
  esac
  # pip's errors, then those of uv.
  error=$(printf '%s\n' "$said" | grep 'ERROR: ' || printf '%s\n' "$said" | grep 'error: ' || printf '%s\n' "$said")
  fail "Python's packages could not be installed: $(printf '%s\n' "$error" | head -n 1 | sed 's/^ *//')$clock"
}

make_venv() {
  new_enough || fail "$python is older than 3.11 or missing: install uv, or a newer Python and run make PYTHON=python3.12"
  has_venv || install_venv
  "$python" -m venv .venv
}

new_enough() { "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Debian splits ensurepip off; without it `venv` leaves half an environment behind.
has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

install_venv() {
  command -v apt-get >/dev/null || fail "$python has no venv module: install it, or uv, then run make again"
  [ "$(id -u)" = 0 ] && sudo='' || sudo=sudo
  [ -z "$sudo" ] || command -v sudo >/dev/null || fail "no sudo: as root run apt-get install python3-venv, then run make again"
  echo "installing python3-venv"
  mkdir -p .venv
  installed >.venv/packages.before
  said=$($sudo sh -c "$INSTALL_VENV" 2>&1) || fail "python3-venv could not be installed: $said"
  # For deploy/uninstall.py.
  installed | LC_ALL=C comm -13 .venv/packages.before - >.venv/packages
  has_venv || fail "$python still has no venv module: install uv, or run make PYTHON=/usr/bin/python3"
}

installed() { dpkg-query --show --showformat '${Package}\n' | LC_ALL=C sort -u; }

fail() {
  echo "clawlama: $1" >&2
  exit 1
}

main "$@"
