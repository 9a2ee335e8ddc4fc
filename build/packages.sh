#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# packages.sh unit|end-to-end: the Go packages of that kind, one on a line. End-to-end packages drive what `make build`
# made: all of the stand-in but its front. The packages under build/artifact judge it and are run by their own targets.

set -eu

kind=${1-}
case "$kind" in
unit | end-to-end) ;;
*)
    echo "usage: packages.sh unit|end-to-end" >&2
    exit 2
    ;;
esac

for package in $(go list ./...); do
    case "$package" in
    */build/artifact | */build/installertest) continue ;;
    */standin/front/*) is=unit ;;
    */standin | */standin/*) is=end-to-end ;;
    *) is=unit ;;
    esac
    if [ "$is" = "$kind" ]; then
        echo "$package"
    fi
done
