#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds everything that is published once more, from a copy of the sources in a folder with another name and with
# spaces, and compares it byte by byte with what `make dist` made here. Every file is linked and packed anew; what is
# compiled comes from the go command's cache, which does not know the folder. With a cache that is new as well
# (GOCACHE=$(mktemp -d) make verify-reproducible) nothing is shared but the tools; that takes minutes.

set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
copy="$work/other folder/of sources"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - | tar -C "$copy" -xf -

unset MAKEFLAGS MFLAGS MAKELEVEL # of the make that runs this
make --no-print-directory -C "$copy" dist >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}

differ=0
for file in bin/linux-amd64/libndoap.so bin/linux-amd64/doapctl \
    bin/windows-amd64/ndoap.dll bin/windows-amd64/doapctl.exe bin/windows-386/ndoap.dll bin/windows-386/doapctl.exe dist/*; do
    cmp "$file" "$copy/$file" || differ=1
done
if [ $differ != 0 ]; then
    echo "reproducible: the files above depend on the folder they were built in, or on the time" >&2
    exit 1
fi
echo "reproducible: the same bytes twice"
cat dist/SHA256SUMS
