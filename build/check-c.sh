#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Holds every C file of cshim and standin to the format, and compiles it without a warning for the three targets.
# A file whose name ends in _windows.c or _linux.c belongs to that system only, as the go command has it; so does
# everything below a folder of tests that only Linux runs.

set -eu
cd "$(dirname "$0")/.."

sources=$(find cshim standin -name '*.c' | sort)
if [ -z "$sources" ]; then
    echo "check-c: found no C files in cshim and standin" >&2
    exit 1
fi

find cshim standin -name '*.[ch]' -exec clang-format --dry-run -Werror {} +

flags="-std=c11 -O2 -Wall -Wextra -Werror -Wconversion -I cshim -I standin"
for compiler in gcc x86_64-w64-mingw32-gcc i686-w64-mingw32-gcc; do
    for source in $sources; do
        case "$compiler:$source" in
        gcc:*_windows.c) continue ;;
        *mingw32-gcc:*_linux.c | *mingw32-gcc:*/test/*) continue ;;
        esac
        # Unquoted: one word for each flag.
        # shellcheck disable=SC2086
        $compiler $flags -c -o /dev/null "$source"
    done
done
