#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what `make test` needs and this machine lacks (Debian, Ubuntu). Without apt-get or root it names the
# packages and fails: a suite that cannot run is a failure, never a pass.

set -eu

if ! command -v go >/dev/null; then
    echo "setup: Go is missing; install the version that go.mod names, from https://go.dev/dl/" >&2
    exit 1
fi

missing=""

# need COMMAND PACKAGE
need() {
    command -v "$1" >/dev/null || missing="$missing $2"
}

need gcc gcc
need make make
need git git
need curl curl
need openssl openssl
need chromium chromium
need node nodejs
need npm npm
need java default-jre-headless
need mvn maven
need shellcheck shellcheck
need pip3 python3-pip
need dpkg-deb dpkg
need clang-format clang-format
need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
need x86_64-w64-mingw32-windres binutils-mingw-w64-x86-64
need i686-w64-mingw32-gcc gcc-mingw-w64-i686
need i686-w64-mingw32-windres binutils-mingw-w64-i686
need debootstrap debootstrap
need makensis nsis
need osslsigncode osslsigncode
need uconv icu-devtools
# A compiler without the headers of the C library is half a compiler.
[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"

if [ -z "$missing" ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "setup: missing:$missing" >&2
    echo "setup: these are Debian's package names; install them, or run 'make setup' as root on Debian or Ubuntu" >&2
    exit 1
fi

echo "==> installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# quietly COMMAND...: its output only when it fails
quietly() {
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        return 1
    }
}

quietly apt-get update || quietly apt-get update
# Unquoted: one word for each package.
# shellcheck disable=SC2086
quietly apt-get install -y --no-install-recommends $missing
