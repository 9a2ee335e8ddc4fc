#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# packages.sh unit|end-to-end: the Go packages of that kind, one on a line. End-to-end packages drive what `make build`
# made; the packages under build/artifact judge it and are run by their own targets.

set -eu

end_to_end='^ndoap/standin(/|$)'
artifact='^ndoap/build/artifact$'

case "${1-}" in
unit) go list ./... | grep -Ev -e "$end_to_end" -e "$artifact" ;;
end-to-end) go list ./... | grep -E -e "$end_to_end" ;;
*)
    echo "usage: packages.sh unit|end-to-end" >&2
    exit 2
    ;;
esac
