#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Windows programs on Linux, for the tests: one Wine that runs 64-bit and 32-bit programs.
#
#   wine.sh setup             makes it, once (minutes, 3 GB), and bin/wine/run64 and bin/wine/run32, which stand for:
#   wine.sh run 64 PROGRAM... runs a 64-bit Windows program; run 32 a 32-bit one. Standard input, output and error, the
#                             environment and the exit status pass through. Files have the names they have here, on
#                             drive Z: (Z:\tmp\data is /tmp/data); the current folder is kept.
#   wine.sh prefix FOLDER     makes FOLDER a Windows of its own (a Wine prefix): registry, drive C:, no running
#                             programs. WINEPREFIX=FOLDER before run uses it; without, all share one.
#   wine.sh alone COMMAND...  runs a command with a Windows of its own, which is up before the command begins and is
#                             gone after it. Suites run so: without, the first program of a test starts the services
#                             of Windows, which keep its output open, and a test that reads to the end waits for them.
#   wine.sh stop              ends all programs in the prefix, and its Wine server.
#
# Two ways lead to a Wine that runs both: the machine's own, if it does (checked by running both), or a folder with a
# small Debian and its Wine, made with debootstrap and entered with chroot; the latter takes root and the right to
# mount. All of it lies in $NDOAP_CACHE/wine (default ~/.cache/ndoap/wine), outside of the tree; remove that folder to
# begin anew. NDOAP_DEBIAN_MIRROR names the Debian mirror when the machine's own apt sources name none.

set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
cache=${NDOAP_CACHE:-$HOME/.cache/ndoap}/wine
release=bookworm # its Wine is 8.0, in both architectures
edition=1        # of what setup makes; another number makes it anew
: "${WINEPREFIX:=$cache/prefix}"
# Without it Wine takes names of files for ASCII, and those with other letters are not there.
export LC_ALL=C.UTF-8
# Wine itself says only why it could not start or run a program, and does not offer to download Mono and Gecko.
export WINEDEBUG=-all,err+virtual,err+module,err+process,err+server
export WINEPREFIX WINEDLLOVERRIDES="mscoree,mshtml=${WINEDLLOVERRIDES:+;$WINEDLLOVERRIDES}"
unset DISPLAY

fail() {
    echo "wine: $*" >&2
    exit 1
}

# fixed: what makes a program's addresses the same each time, if this machine lets us. The Wine of Debian is linked to
# 0x7d000000, and Windows wants a page at 0x7ffe0000: a Linux from 6.9 on moves the heap by up to a gigabyte from the
# program's end, and one start in some thousands finds that page taken and ends with status 1.
fixed() {
    if setarch -R true 2>/dev/null; then
        echo "setarch -R"
    fi
}

# enter WORD...: the program, in place of this shell, where Wine is. The mounts live in a namespace of their own and
# end with the last process in it, however that ends.
enter() {
    way=$(cat "$cache/way" 2>/dev/null) || fail "there is no Wine yet; run: make setup-wine"
    # shellcheck disable=SC2046 # no word or two
    set -- $(fixed) "$@"
    case "$way" in
    machine) exec "$@" ;;
    root) exec unshare --mount --propagation private sh "$0" in-namespace "$@" ;;
    *) fail "$cache/way says '$way'; remove $cache and run: make setup-wine" ;;
    esac
}

# in_namespace WORD...: gives the small Debian the folders of this machine that it does not have itself, and runs the
# program there.
in_namespace() {
    root=$cache/root
    here=$(pwd)
    for folder in /*/ "$tree/" "$cache/" "${TMPDIR:-/tmp}/"; do
        folder=${folder%/}
        case "$folder" in
        /bin | /boot | /etc | /lib* | /lost+found | /run | /sbin | /usr | /var) continue ;;
        esac
        if [ ! -L "$folder" ]; then
            mkdir -p "$root$folder"
            mount --rbind "$folder" "$root$folder"
        fi
    done
    # shellcheck disable=SC2016 # expanded there, where the folder is
    exec chroot "$root" /bin/sh -c 'cd "$1" 2>/dev/null || cd /tmp; shift; exec "$@"' sh "$here" "$@"
}

# program 64|32 [WAY]: the Wine for it, in the way that was taken. Debian has the one for 64 bit in no PATH.
program() {
    case "$1" in
    64) name=wine64 ;;
    32) name=wine ;;
    *) fail "there are 64-bit and 32-bit programs, not '$1'" ;;
    esac
    if [ "${2-$(cat "$cache/way" 2>/dev/null)}" = root ] || ! command -v "$name"; then
        echo "/usr/lib/wine/$name"
    fi
}

# alone COMMAND...: a shell of Windows that waits for input keeps Windows running; its input ends with this process,
# however that ends.
alone() {
    [ -d "$cache/prefix" ] || fail "there is no Wine yet; run: make setup-wine"
    folder=$(mktemp -d "$cache/alone.XXXXXX") # where links to the DLLs are possible
    WINEPREFIX=$folder/prefix
    trap 'exec 8>&-; sh "$0" stop >/dev/null 2>&1; rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT TERM
    sh "$0" prefix "$WINEPREFIX"
    mkfifo "$folder/in" "$folder/out"
    exec 7<>"$folder/out"
    sh "$0" run 64 cmd.exe <"$folder/in" >&7 2>/dev/null 7<&- &
    exec 8>"$folder/in"
    head -c 1 <&7 >/dev/null # its first word: Windows is up
    result=0
    "$@" 7<&- 8>&- || result=$?
    exit "$result"
}

# Setting up.

# mirror: the package mirror of this machine, from its own apt sources.
mirror() {
    if [ -n "${NDOAP_DEBIAN_MIRROR-}" ]; then
        echo "$NDOAP_DEBIAN_MIRROR"
        return
    fi
    # shellcheck disable=SC2016 # apt expands it
    apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
        awk -v release="$release" '$2 == release { print $1; exit }'
}

# quietly COMMAND...: its output only when it fails.
quietly() {
    "$@" >"$cache.new/log" 2>&1 || {
        tail -n 30 "$cache.new/log" >&2
        return 1
    }
}

# machine_wine: whether this machine's own Wine runs programs of both kinds. A 32-bit Wine is often missing or broken
# where apt's lists of the two architectures are out of step.
machine_wine() {
    wine64=$(program 64 machine) wine=$(program 32 machine)
    [ -x "$wine64" ] && [ -x "$wine" ] || return 1
    folder=$(mktemp -d)
    later=$WINEPREFIX
    WINEPREFIX=$folder/prefix
    result=0
    { "$wine64" wineboot --init && "$wine64" 'C:\windows\system32\hostname.exe' && "$wine" 'C:\windows\syswow64\hostname.exe'; } \
        </dev/null >/dev/null 2>&1 || result=1
    wineserver -k >/dev/null 2>&1 || true
    WINEPREFIX=$later
    rm -rf "$folder"
    return $result
}

# inside COMMAND...: in the small Debian that is being made.
inside() {
    DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" "$@"
}

make_root() {
    [ "$(id -u)" = 0 ] || fail "a folder with Wine can only be made by root; run 'make setup-wine' as root, or install wine64 and wine32"
    command -v debootstrap >/dev/null || fail "debootstrap is missing; 'make setup' installs it"
    unshare --mount true 2>/dev/null || fail "this machine does not let us mount (a container without CAP_SYS_ADMIN?); install wine64 and wine32 in it"
    from=$(mirror)
    [ -n "$from" ] || fail "the apt sources of this machine have no $release; name a Debian mirror in NDOAP_DEBIAN_MIRROR"
    root=$1
    echo "==> Wine: a small Debian from $from"
    quietly debootstrap --variant=minbase "$release" "$root" "$from" || fail "debootstrap failed, see above"
    echo "==> Wine: Wine for 64 and 32 bit in it"
    {
        quietly inside dpkg --add-architecture i386 &&
            quietly inside apt-get update &&
            quietly inside apt-get install -y --no-install-recommends wine wine64 wine32:i386 &&
            quietly inside apt-get clean
    } || fail "Wine could not be installed, see above"
}

# stub COMPILER FILE: the DLL that Wine lacks and Go needs.
stub() {
    "$1" -std=c11 -O2 -Wall -Wextra -Werror -Wconversion -shared -static -Wl,--kill-at -o "$2" \
        "$tree/build/wine/bcryptprimitives.c" -ladvapi32
}

make_prefix() {
    echo "==> Wine: a Windows in $WINEPREFIX"
    sh "$0" run 64 wineboot --init </dev/null >/dev/null 2>&1 || fail "Wine does not start: sh build/wine.sh run 64 wineboot --init"
    sh "$0" stop
    stub x86_64-w64-mingw32-gcc "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll"
    stub i686-w64-mingw32-gcc "$WINEPREFIX/drive_c/windows/syswow64/bcryptprimitives.dll"
}

setup() {
    mkdir -p "$(dirname "$cache")" "$tree/bin/wine"
    exec 9>"$cache.lock"
    flock 9 # several at once: the others wait, and find it made
    for bits in 64 32; do
        printf '#!/bin/sh\nexec sh "%s/build/wine.sh" run %s "$@"\n' "$tree" "$bits" >"$tree/bin/wine/run$bits"
        chmod +x "$tree/bin/wine/run$bits"
    done
    if [ "$(cat "$cache/edition" 2>/dev/null)" = "$edition" ]; then
        return
    fi
    sh "$0" stop >/dev/null 2>&1 9>&- || true
    rm -rf "$cache.new"
    mkdir "$cache.new"
    if machine_wine; then
        echo "==> Wine: this machine's own runs 64-bit and 32-bit programs"
        echo machine >"$cache.new/way"
    else
        echo "==> Wine: this machine has none that runs 64-bit and 32-bit programs; making one in $cache"
        make_root "$cache.new/root"
        echo root >"$cache.new/way"
    fi
    rm -rf "$cache" "$cache.new/log"
    mv "$cache.new" "$cache"
    (exec 9>&- && make_prefix) || exit 1
    echo "$edition" >"$cache/edition" # last: without it the next one begins anew
    echo "==> Wine: ready"
}

case "${1-}" in
setup) setup ;;
run)
    wine=$(program "${2-}")
    shift 2
    enter "$wine" "$@"
    ;;
prefix)
    folder=${2:?usage: wine.sh prefix FOLDER}
    mkdir -p "$folder"
    # The gigabyte of DLLs is linked, not copied; Wine writes its registry into the files where they are.
    cp -al "$cache/prefix/." "$folder" 2>/dev/null || cp -a "$cache/prefix/." "$folder" # another file system
    rm "$folder"/*.reg
    cp -a "$cache/prefix/"*.reg "$folder"
    ;;
alone)
    shift
    alone "$@"
    ;;
stop)
    server=wineserver
    [ "$(cat "$cache/way" 2>/dev/null)" = machine ] || server=/usr/lib/wine/wineserver
    (enter "$server" -k) || true # it fails when there is none, which is what is wanted
    ;;
in-namespace)
    shift
    in_namespace "$@"
    ;;
*)
    echo "usage: wine.sh setup | run 64|32 PROGRAM ARGUMENT... | prefix FOLDER | alone COMMAND... | stop" >&2
    exit 2
    ;;
esac
