#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# linux.sh: makes bin/linux-amd64/libndoap.so and doapctl, the files that are shipped. They need nothing newer than the
# C library of Red Hat Enterprise Linux 8, because zig links them against its symbols, whatever this machine has; see
# docs/adr/0008-zig-links-what-is-shipped.md. zig is a package of PyPI, held to its hash, and kept in
# $NDOAP_CACHE/zig (default ~/.cache/ndoap/zig). The same sources give the same bytes.
#
# LIBRARY_LINK: the linker's flags for the library, from the Makefile.

set -eu
cd "$(dirname "$0")/.."

glibc=2.28
requirements=build/tools/zig.txt
version=$(sed -n 's/^ziglang==\([^ ]*\).*/\1/p' "$requirements")
cache=${NDOAP_CACHE:-$HOME/.cache/ndoap}/zig
zig=$cache/$version/ziglang/zig

if [ ! -x "$zig" ]; then
    echo "==> fetching zig $version, which links what is shipped (80 MB, once)"
    rm -rf "$cache/$version.new"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: \
        --require-hashes --target "$cache/$version.new" --requirement "$requirements" || {
        echo "linux: zig could not be installed from PyPI; see the lines above ('make setup' installs pip)" >&2
        exit 1
    }
    rm -rf "${cache:?}/$version"
    mv "$cache/$version.new" "$cache/$version"
fi

out=bin/linux-amd64
new=$out/new # the old files are replaced when all new ones are there
trap 'rm -rf "$new"' EXIT
mkdir -p "$new"

# The quotes are for the go command. -g0: zig's linker keeps what describes C code for debuggers, with the builder's
# paths, unless it is told --strip-all as well.
export GOOS=linux GOARCH=amd64 CGO_ENABLED=1 CC="'$zig' cc -target x86_64-linux-gnu.$glibc" CGO_CFLAGS='-O2 -g0'
export ZIG_GLOBAL_CACHE_DIR="$cache/work" ZIG_LOCAL_CACHE_DIR="$cache/work"

go build -trimpath -buildvcs=false -buildmode=c-shared -o "$new/libndoap.so" \
    -ldflags "-s -w -buildid= -extldflags \"-Wl,--strip-all ${LIBRARY_LINK:?}\"" ./filter
go build -trimpath -buildvcs=false -o "$new/doapctl" -ldflags '-s -w -buildid= -extldflags "-Wl,--strip-all"' ./cmd/doapctl
# The library goes last: make takes its time stamp for both.
mv "$new/doapctl" "$out/doapctl"
mv "$new/libndoap.so" "$out/libndoap.so"
