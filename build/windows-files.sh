#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# windows-files.sh amd64|386: builds the tests of the packages that handle files for Windows and runs them under Wine:
# the rights of files, the sealing key, the whole suite of the SQLite store, the configuration.

set -eu
cd "$(dirname "$0")/.."

arch=${1-}
case "$arch" in
amd64) bits=64 tools=x86_64-w64-mingw32 ;;
386) bits=32 tools=i686-w64-mingw32 ;;
*)
    echo "usage: windows-files.sh amd64|386" >&2
    exit 2
    ;;
esac
[ -x bin/wine/run$bits ] || sh build/wine.sh setup

work=$(mktemp -d)
export WINEPREFIX="$work/prefix" # so that other suites can run beside it
trap 'sh build/wine.sh stop; rm -rf "$work"' EXIT
sh build/wine.sh prefix "$WINEPREFIX"

for package in store/rights store/seal store/sqlite core/config; do
    program=$work/$(basename "$package").test.exe
    GOOS=windows GOARCH=$arch CGO_ENABLED=1 CC="$tools-gcc" \
        go test -c -trimpath -ldflags '-extldflags -static' -o "$program" "./$package"
    # A test runs in the folder of its package.
    (cd "$package" && ../../bin/wine/run$bits "$program") >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        exit 1
    }
    echo "windows-files: $package, $arch: passed"
done
