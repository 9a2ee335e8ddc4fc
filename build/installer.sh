#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# installer.sh amd64|386 [FOLDER OUTPUT VERSION OPTION...]: makes dist/ndoap-VERSION-x64-setup.exe or -x86-setup.exe of
# the files in bin/windows-ARCH. The tests name another folder with ndoap.dll and doapctl.exe, another file, another
# version and further options of makensis. The same sources give the same bytes, unless they are signed.

set -eu
cd "$(dirname "$0")/.."

arch=${1-}
case "$arch" in
amd64) name=x64 ;;
386) name=x86 ;;
*)
    echo "usage: installer.sh amd64|386 [FOLDER OUTPUT VERSION OPTION...]" >&2
    exit 2
    ;;
esac
shift
version=${3-$(cat build/version/version.txt)}
folder=${1-bin/windows-$arch}
output=${2-dist/ndoap-$version-$name-setup.exe}
shift $(($# < 3 ? $# : 3))

command -v makensis >/dev/null || {
    echo "installer: makensis is missing; 'make setup' installs it" >&2
    exit 1
}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cp "$folder/ndoap.dll" "$folder/doapctl.exe" installer/ndoap.html "$stage"
sh build/sign.sh "$stage/ndoap.dll" "$stage/doapctl.exe"

# put FILE PATH: into the stage, and into the list of what the script installs under PROGRAM\ndoap.
put() {
    mkdir -p "$stage/$(dirname "$2")"
    cp "$1" "$stage/$2"
    # shellcheck disable=SC2016 # the script expands it
    printf '${Install} "%s" "$Program\\ndoap\\%s"\n' "$2" "$(echo "$2" | sed 's|/|\\|g')" >>"$stage/files.nsh"
}
for file in LICENSE *.md docs/*.md docs/adr/*.md; do
    put "$file" "$file"
done
for file in installer/samples/*; do
    put "$file" "samples/${file##*/}"
done

mkdir -p "$(dirname "$output")"
# -WX: a warning is an error. A name at the end only once the file is complete and signed.
makensis -V2 -WX -NOCD "-DARCH=$name" "-DVERSION=$version" "-DNUMBERS=${version%%-*}.0" "-DSTAGE=$stage" \
    "-DOUTPUT=$output.new" "-DSIGN=sh $PWD/build/sign.sh" "$@" installer/ndoap.nsi
mv "$output.new" "$output"
