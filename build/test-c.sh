#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the C tests of cshim, with a fake host and a fake Go side in place of the real ones, and runs them under
# AddressSanitizer and UndefinedBehaviorSanitizer. Any finding ends the program with a failure. The search for Notes
# functions goes through a test, which can leave one out.

set -eu
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# module_windows.c is for Windows; it guards itself by name only, which gcc does not read.
sources=$(find cshim -name '*.c' ! -name '*_windows.c' | sort)
# Unquoted: one word for each file.
# shellcheck disable=SC2086
gcc -std=gnu11 -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
    -Wall -Wextra -Werror -Wconversion -I cshim -rdynamic -pthread -Wl,--wrap=ndoap_notes_find \
    -o "$out/cshim-test" $sources -ldl
"$out/cshim-test"
