#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# windows.sh build|vet amd64|386: makes bin/windows-ARCH/ndoap.dll and doapctl.exe on Linux, with mingw-w64, or vets the
# Go code as Windows will compile it. The same sources give the same bytes: no paths, no time stamps, no build id.

set -eu
cd "$(dirname "$0")/.."

task=${1-}
arch=${2-}
case "$arch" in
amd64) tools=x86_64-w64-mingw32 coff=pe-x86-64 ;;
386) tools=i686-w64-mingw32 coff=pe-i386 ;;
*)
    echo "usage: windows.sh build|vet amd64|386" >&2
    exit 2
    ;;
esac

export GOOS=windows GOARCH="$arch" CGO_ENABLED=1 CC="$tools-gcc"
for tool in "$CC" "$tools-windres"; do
    command -v "$tool" >/dev/null || {
        echo "windows: $tool is missing; 'make setup' installs it" >&2
        exit 1
    }
done

if [ "$task" = vet ]; then
    exec go vet ./filter/... ./cshim/... ./core/... ./store/... ./cmd/doapctl/...
fi

out=bin/windows-$arch
new=$out/new # the old files are replaced when all new ones are there
version=$(cat build/version/version.txt)
resource=rsrc_windows_$arch.syso # the go command links what has this name
trap 'rm -rf "$new" "filter/$resource" "cmd/doapctl/$resource"' EXIT
mkdir -p "$new"

# resources FOLDER NAME FILE TYPE DESCRIPTION: writes the version resource into the folder of a main package.
resources() {
    flags=0
    case "$version" in *-*) flags=VS_FF_PRERELEASE ;; esac
    sed -e "s/@NUMBERS@/$(echo "${version%%-*}" | tr . ,),0/" -e "s/@VERSION@/$version/" -e "s/@FLAGS@/$flags/" \
        -e "s/@NAME@/$2/" -e "s/@FILE@/$3/" -e "s/@TYPE@/$4/" -e "s|@DESCRIPTION@|$5|" \
        build/resources.rc.in >"$new/$2.rc"
    "$tools-windres" --target="$coff" -c 65001 -i "$new/$2.rc" -o "$1/$resource"
    rm "$new/$2.rc"
}

resources filter ndoap ndoap.dll VFT_DLL "OAuth 2 authorization and resource server for Domino"
resources cmd/doapctl doapctl doapctl.exe VFT_APP "Administration of ndoap"

# -static: without it the 32-bit file wants libgcc_s_dw2-1.dll. The name of the output matters: the linker derives the
# image base from it.
link='-s -w -buildid= -extldflags "-static -Wl,--no-insert-timestamp"'
go build -trimpath -buildvcs=false -ldflags "$link" -buildmode=c-shared -o "$new/ndoap.dll" ./filter
go build -trimpath -buildvcs=false -ldflags "$link" -o "$new/doapctl.exe" ./cmd/doapctl
rm "$new/ndoap.h"
# The DLL goes last: make takes its time stamp for both.
mv "$new/doapctl.exe" "$out/doapctl.exe"
mv "$new/ndoap.dll" "$out/ndoap.dll"
