#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# package.sh BINARIES OUT: makes OUT/ndoap-VERSION-linux-amd64.tar.gz and OUT/ndoap_VERSION_amd64.deb from libndoap.so and
# doapctl in the folder BINARIES. Both hold the files that `files` lists. The same files give the same bytes.

set -eu
binaries=$(cd "${1:?usage: package.sh BINARIES OUT}" && pwd)
mkdir -p "${2:?usage: package.sh BINARIES OUT}"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")/../.."

version=$(cat build/version/version.txt)
# Every file has the same time, or the packages would tell when they were made: 1980, the oldest that all archives know.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-315532800}"
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# files: what is shipped: mode, source, name in the package.
files() {
    cat <<END
755|build/packaging/install.sh|install.sh
755|$binaries/libndoap.so|libndoap.so
755|$binaries/doapctl|doapctl
644|build/version/version.txt|version.txt
644|installer/ndoap.html|ndoap.html
644|installer/samples/50-example.json|samples/50-example.json
644|LICENSE|LICENSE
644|README.md|README.md
644|SECURITY.md|SECURITY.md
644|CHANGELOG.md|CHANGELOG.md
END
    for page in docs/*.md; do
        echo "644|$page|$page"
    done
}

# stage FOLDER: puts the files there.
stage() {
    files >"$work/list"
    while IFS='|' read -r mode source name; do
        install -D -m "$mode" "$source" "$1/$name"
    done <"$work/list"
}

# one_time FOLDER
one_time() {
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

archive=ndoap-$version-linux-amd64
stage "$work/$archive"
tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=ustar \
    -cf "$work/$archive.tar" "$archive"
gzip -9n "$work/$archive.tar"

# ~ sorts before the release: 0.2.0~rc.1 is older than 0.2.0.
deb_version=$(echo "$version" | sed 's/-/~/')
deb=$work/deb
stage "$deb/usr/lib/ndoap"
mkdir -p "$deb/usr/share/doc/ndoap" "$deb/DEBIAN"
ln -s ../../../lib/ndoap/LICENSE "$deb/usr/share/doc/ndoap/copyright"
size=$(du -k --apparent-size -s "$deb/usr/lib" | cut -f 1)
sed -e "s/@VERSION@/$deb_version/" -e "s/@SIZE@/$size/" build/packaging/deb/control.in >"$deb/DEBIAN/control"
for script in postinst prerm; do
    install -m 755 "build/packaging/deb/$script" "$deb/DEBIAN/$script"
done
(cd "$deb" && find usr -type f | sort | xargs -d '\n' md5sum >DEBIAN/md5sums)
one_time "$deb"
# gzip, because the bytes of xz depend on the number of processors.
dpkg-deb --root-owner-group -Zgzip -z9 --build "$deb" "$work/ndoap.deb" >/dev/null
package=ndoap_${version}_amd64.deb
cp "$work/$archive.tar.gz" "$out/$archive.tar.gz.new"
cp "$work/ndoap.deb" "$out/$package.new"
mv "$out/$archive.tar.gz.new" "$out/$archive.tar.gz"
mv "$out/$package.new" "$out/$package"
