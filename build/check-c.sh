#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Holds every C file of cshim and standin to the format, and compiles it without a warning for the three targets. A
# file that is not for a system says so as the go command wants it: by its name (_windows.c, _linux.c) or by its line
# //go:build. What lies in a folder named test or testdata runs on Linux only.

set -eu
cd "$(dirname "$0")/.."

sources=$(find cshim standin -name '*.c' | sort)
if [ -z "$sources" ]; then
    echo "check-c: found no C files in cshim and standin" >&2
    exit 1
fi

find cshim standin -name '*.[ch]' -exec clang-format --dry-run -Werror {} +

# for_windows FILE, for_linux FILE: whether the file is compiled there.
for_windows() {
    case "$1" in *_linux.c | */test/* | */testdata/*) return 1 ;; esac
    ! grep -q -x -e '//go:build !windows' -e '//go:build linux' "$1"
}
for_linux() {
    case "$1" in *_windows.c) return 1 ;; esac
    ! grep -q -x -e '//go:build windows' -e '//go:build !linux' "$1"
}

compiled=0
# compile COMPILER FILE. At -O2, because some warnings need the optimizer's view.
compile() {
    "$1" -std=gnu11 -O2 -Wall -Wextra -Werror -Wconversion -I cshim -I standin -c -o /dev/null "$2"
    compiled=$((compiled + 1))
}

for source in $sources; do
    if for_linux "$source"; then
        compile gcc "$source"
    fi
    if for_windows "$source"; then
        compile x86_64-w64-mingw32-gcc "$source"
        compile i686-w64-mingw32-gcc "$source"
    fi
done
echo "check-c: $compiled compilations without a warning"
