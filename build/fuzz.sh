#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh TIME: every fuzz target of the tree in turn, each for TIME. Go fuzzes one target at a time.

set -eu
time=${1:?usage: fuzz.sh TIME}
found=0

for package in $(go list ./...); do
    listed=$(go test -list '^Fuzz' "$package") # on its own, so that a package that does not compile ends this
    for target in $(echo "$listed" | grep '^Fuzz' || true); do
        found=$((found + 1))
        echo "==> $package $target"
        go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
    done
done

if [ "$found" = 0 ]; then
    echo "fuzz: no fuzz target found" >&2
    exit 1
fi
