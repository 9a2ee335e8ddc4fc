#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs ndoap into a Domino server on Linux, or takes it away again; usage() says how. All new files are first
# written beside their places and then renamed, so that a full disk leaves nothing half done; what fails later takes back
# what was done before. A database or a configuration that is there is never touched.

set -u
umask 022
export LC_ALL=C # notes.ini is bytes

package=$(cd "$(dirname "$0")" && pwd)
standard="/opt/hcl/domino/notes/latest/linux /opt/ibm/domino/notes/latest/linux"
default_data="/local/notesdata"

usage() {
    cat <<'END'
usage: install.sh [--program DIR] [--data DIR] [--root DIR] [--force]
       install.sh --uninstall [...]   removes the program and leaves database and configuration
       install.sh --purge [...]       removes those, too: doap.db, its key, doapconfig.d and the line in notes.ini

  --program DIR   Domino's program directory, where libnotes.so is. Default: the standard places of HCL and IBM
  --data DIR      Domino's data directory, where notes.ini is. Default: /local/notesdata
  --root DIR      a folder that stands for / in the standard places, for building images
  --force         replaces a newer version by this one

Exit codes: 0 done, 1 interrupted, 2 wrong usage, 3 no Domino found, 4 a Domino of another architecture,
5 no data directory found, 6 notes.ini cannot be changed, 7 a file cannot be written or removed, 8 a newer version is installed.
END
}

# fail CODE SENTENCE: undoes what was done and ends.
fail() {
    code=$1
    shift
    echo "ndoap: $*" >&2
    take_back
    exit "$code"
}

# What take_back has to do: lines of "remove<TAB>PATH", "restore<TAB>PATH" or "rmdir<TAB>PATH", the last one first.
done_so_far=""
tab=$(printf '\t')
newline='
'
remember() {
    done_so_far="$1$tab$2$newline$done_so_far"
}

take_back() {
    [ -n "$done_so_far" ] || return 0
    printf '%s' "$done_so_far" | while IFS=$tab read -r what path; do
        case "$what" in
        remove) rm -f "$path" ;;
        rmdir) rmdir "$path" ;;
        restore) mv -f "$path.ndoap-old" "$path" ;;
        esac || echo "ndoap: $path could not be taken back; do it by hand" >&2
    done
    done_so_far=""
    echo "ndoap: everything is as it was before" >&2
}

trap 'fail 1 "interrupted"' HUP INT TERM

# like MODEL FILE: gives a file the owner and rights of another, but never those of setuid programs.
like() {
    chown --reference="$1" "$2" && chmod --reference="$1" "$2" && chmod u-s,g-s "$2"
}

# prepare SOURCE TARGET MODEL: writes the new file beside its place.
prepare() {
    [ ! -d "$2" ] || fail 7 "$2 is a folder: move it away"
    remember remove "$2.ndoap-new"
    { cp "$1" "$2.ndoap-new" && like "$3" "$2.ndoap-new"; } 2>/dev/null ||
        fail 7 "$2 cannot be written: is the disk full, or do you lack the right? Nothing was installed."
}

# put TARGET: gives the prepared file its name. The old file stays until all is done.
put() {
    if [ -e "$1" ]; then
        remember remove "$1.ndoap-old"
        ln -f "$1" "$1.ndoap-old" 2>/dev/null || cp -p "$1" "$1.ndoap-old" 2>/dev/null || fail 7 "$1 cannot be kept"
        remember restore "$1"
    else
        remember remove "$1"
    fi
    mv -f "$1.ndoap-new" "$1" || fail 7 "$1 cannot be written"
}

# bytes FILE OFFSET COUNT: in hexadecimal.
bytes() {
    od -An -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}

find_program() {
    if [ -z "$program" ]; then
        for place in $standard; do
            if [ -e "$root$place/libnotes.so" ]; then
                program=$root$place
                break
            fi
        done
        [ -n "$program" ] || fail 3 "no Domino was found at $standard: name its program directory with --program DIR"
    fi
    notes=$program/libnotes.so
    [ -e "$notes" ] || fail 3 "there is no Domino in $program: it has no libnotes.so. Name the program directory with --program DIR"
    # e_ident: 0x7f ELF, class 2 is 64 bit; e_machine at 18: 0x3e is x86-64.
    if [ "$(bytes "$notes" 0 5)" != 7f454c4602 ] || [ "$(bytes "$notes" 18 2)" != 3e00 ]; then
        fail 4 "the Domino in $program is not for 64-bit x86: ndoap for Linux runs in that one only"
    fi
}

find_data() {
    [ -n "$data" ] || data=$root$default_data
    if [ ! -e "$data/notes.ini" ] && $uninstall && ! $purge; then
        return # the program can go without
    fi
    [ -e "$data/notes.ini" ] || fail 5 "there is no notes.ini in $data: name Domino's data directory with --data DIR"
    ini=$(readlink -f "$data/notes.ini")
}

# refuse_downgrade: ndoap.version beside the library says what is installed. It is read, not asked for: root should not
# run what lies in somebody else's folder. Without it (copied by hand) nothing is known, and nothing is refused.
refuse_downgrade() {
    [ -e "$program/libndoap.so" ] && [ -e "$program/ndoap.version" ] || return 0
    installed=$(head -n 1 "$program/ndoap.version") mine=$(cat "$package/version.txt")
    ! $force || return 0
    echo "$installed" | grep -E -q '^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$' ||
        fail 8 "$program/ndoap.version names no version, so that what is installed may be newer than $mine. To replace it nevertheless, use --force"
    # ~ sorts before the release, as in 0.2.0~rc.1.
    newest=$(printf '%s\n' "$installed" "$mine" | sed 's/-/~/' | sort -V | tail -n 1 | sed 's/~/-/')
    [ "$newest" = "$mine" ] ||
        fail 8 "version $installed is installed, which is newer than $mine, and an older one may refuse its database. To replace it nevertheless, restore the backup of the database and use --force"
}

# app_path: the value of DOAP_App_Path, whose name Notes reads in any case.
app_path() {
    sed -n 's/^[[:space:]]*[Dd][Oo][Aa][Pp]_[Aa][Pp][Pp]_[Pp][Aa][Tt][Hh][[:space:]]*=[[:space:]]*//p' "$ini" |
        head -n 1 | tr -d '\r'
}
has_app_path() {
    grep -a -i -q '^[[:space:]]*DOAP_App_Path[[:space:]]*=' "$ini"
}

# writable: the mode counts for root as well. Who made the file read-only had a reason.
writable() {
    case "$(stat -c %A "$ini")" in
    ??w*) [ -w "$ini" ] ;;
    *) return 1 ;;
    esac
}

# keep_ini: a copy beside notes.ini, which stays. An older one is not overwritten.
keep_ini() {
    kept=$ini.before-ndoap
    number=1
    while [ -e "$kept" ]; do
        number=$((number + 1))
        kept=$ini.before-ndoap.$number
    done
    remember remove "$kept"
    cp -p "$ini" "$kept" 2>/dev/null || fail 6 "$ini cannot be copied to $kept: is the disk full?"
}

# prepare_ini: the same bytes and one line more, which ends as the others do.
prepare_ini() {
    writable || fail 6 "$ini is read-only, and ndoap's line must be added: make it writable, or add DOAP_App_Path=doap.db yourself"
    keep_ini
    end=''
    if [ "$(head -n 1 "$ini" | tail -c 2 | bytes /dev/stdin 0 2)" = 0d0a ]; then
        end=$(printf '\r')
    fi
    remember remove "$ini.ndoap-new"
    if ! { longer_ini >"$ini.ndoap-new" && like "$ini" "$ini.ndoap-new"; } 2>/dev/null; then
        fail 6 "$ini cannot be written: is the disk full? Nothing was installed."
    fi
}

longer_ini() {
    cat "$ini" || return
    if [ -s "$ini" ] && [ "$(tail -c 1 "$ini" | bytes /dev/stdin 0 1)" != 0a ]; then
        printf '%s\n' "$end" || return
    fi
    printf 'DOAP_App_Path=doap.db%s\n' "$end"
}

# prepare_page: an empty page for the URLs that ndoap answers, should the server want to see a file there.
prepare_page() {
    page=$data/domino/html/ndoap.html
    for folder in "$data/domino" "$data/domino/html"; do
        if [ ! -d "$folder" ]; then
            remember rmdir "$folder"
            { mkdir "$folder" && like "$data" "$folder"; } || fail 7 "the folder $folder cannot be made"
        fi
    done
    prepare "$package/ndoap.html" "$page" "$ini"
}

install_all() {
    for folder in "$program" "$data"; do
        [ -w "$folder" ] || fail 7 "you may not write to $folder: run this as root"
    done
    with_ini=true with_page=true
    ! has_app_path || with_ini=false
    [ ! -e "$data/domino/html/ndoap.html" ] || with_page=false

    prepare "$package/libndoap.so" "$program/libndoap.so" "$notes"
    prepare "$package/doapctl" "$program/doapctl" "$notes"
    prepare "$package/version.txt" "$program/ndoap.version" "$notes"
    chmod u+x,go+X "$program/doapctl.ndoap-new" || fail 7 "$program/doapctl cannot be made a program"
    ! $with_page || prepare_page
    ! $with_ini || prepare_ini

    put "$program/libndoap.so"
    put "$program/doapctl"
    put "$program/ndoap.version"
    ! $with_page || put "$page"
    ! $with_ini || put "$ini"

    trap '' HUP INT TERM
    done_so_far=""
    rm -f "$program/libndoap.so.ndoap-old" "$program/doapctl.ndoap-old" "$program/ndoap.version.ndoap-old" "$ini.ndoap-old"
    tell_the_rest
}

tell_the_rest() {
    echo "ndoap is installed: libndoap.so and doapctl in $program."
    if $with_ini; then
        echo "notes.ini: added DOAP_App_Path=doap.db; as it was before: $kept"
    else
        echo "notes.ini: has DOAP_App_Path=$(app_path) already, and stays as it is."
        case "$(app_path)" in
        *.[nN][sS][fF]) echo "That names a Notes database of DOAP, which ndoap does not use: write DOAP_App_Path=doap.db." ;;
        esac
    fi
    cat <<END

Left to do:
  1. Set it up, as the account that Domino runs as ($(stat -c %U "$ini")):
         $program/doapctl --data $data init --issuer https://YOUR.SERVER/doap
  2. Write ndoap into the field "DSAPI filter file names": in the Server document under Internet Protocols - HTTP,
     or in each Internet Site document under Configuration. Allow at least the HTTP methods GET and POST.
  3. Restart the HTTP task: tell http quit, load http.
  4. Register the first client: $program/doapctl --data $data client add --name NAME --redirect-uri URI
END
}

# discard FILE...: removes files; those that are not there do not matter.
discard() {
    rm -f "$@" || fail 7 "$1 cannot be removed: run this as root"
}

remove_all() {
    page=$data/domino/html/ndoap.html
    if $purge && has_app_path; then
        database=$(app_path)
        if [ "$database" = doap.db ]; then
            writable || fail 6 "$ini is read-only, and ndoap's line must be removed: make it writable"
            keep_ini
            remember remove "$ini.ndoap-new"
            { sed '/^[[:space:]]*[Dd][Oo][Aa][Pp]_[Aa][Pp][Pp]_[Pp][Aa][Tt][Hh][[:space:]]*=/d' "$ini" >"$ini.ndoap-new" &&
                like "$ini" "$ini.ndoap-new" && mv -f "$ini.ndoap-new" "$ini"; } 2>/dev/null ||
                fail 6 "$ini cannot be written: is the disk full?"
            done_so_far=""
        else
            echo "notes.ini names another database, $database: it and the line stay. Remove them by hand."
        fi
    fi
    discard "$program/libndoap.so" "$program/doapctl" "$program/ndoap.version"
    if cmp -s "$package/ndoap.html" "$page"; then
        discard "$page"
    fi
    if $purge; then
        discard "$data/doap.db" "$data/doap.db-wal" "$data/doap.db-shm" "$data/doap.db.key" "$data/doap.db.key.lost"
        rm -rf "$data/doapconfig.d" || fail 7 "$data/doapconfig.d cannot be removed"
        echo "ndoap is removed, with its database and configuration. Backups of doap.db and doap.db.key hold private keys: delete them, too."
    else
        echo "ndoap is removed. Its data stays: doap.db, doap.db.key and doapconfig.d in $data, and the line in notes.ini."
    fi
    echo 'Left to do: take ndoap out of the field "DSAPI filter file names", then tell http quit, load http.'
}

program='' data='' root='' uninstall=false purge=false force=false
while [ $# -gt 0 ]; do
    case "$1" in
    --program | --data | --root)
        [ -n "${2-}" ] || fail 2 "$1 needs a folder; see --help"
        case "$1" in
        --program) program=${2%/} ;;
        --data) data=${2%/} ;;
        --root) root=${2%/} ;;
        esac
        shift
        ;;
    --uninstall) uninstall=true ;;
    --force) force=true ;;
    --purge) uninstall=true purge=true ;;
    --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done

find_program
find_data
if $uninstall; then
    remove_all
else
    refuse_downgrade
    install_all
fi
