#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Keycloak, an identity provider that others wrote, for the end-to-end tests (docs/adr/0004-test-dependencies.md).
#
#   keycloak.sh setup              fetches it, once (minutes, 200 MB), with Maven, held to the hash in
#                                  build/tools/keycloak.txt, and makes it ready, so that a start takes seconds
#   keycloak.sh run FOLDER [PATH]  runs it on a free port of 127.0.0.1, which its log names ("Listening on"), until
#                                  standard input ends: it goes when the test goes, however that ends. Its database is
#                                  in FOLDER, a new one, and knows the administrator admin with the password admin.
#                                  PATH is /auth, for addresses as Keycloak had them before version 17.
#
# It lies in $NDOAP_CACHE/keycloak-VERSION (default ~/.cache/ndoap), outside of the tree, once for each PATH, which
# Keycloak builds in; the copies share their files. Remove the folder to begin anew. Java 17 or newer.

set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
artifact=$(sed -n 's/^\(org.keycloak:[^ ]*\) .*/\1/p' "$tree/build/tools/keycloak.txt")
hash=$(sed -n 's/^org.keycloak:.*--hash=sha256://p' "$tree/build/tools/keycloak.txt")
version=${artifact%:*}
version=${version##*:}
cache=${NDOAP_CACHE:-$HOME/.cache/ndoap}/keycloak-$version
fetcher=org.apache.maven.plugins:maven-dependency-plugin:2.8
edition=1 # of what setup makes; another number makes it anew

# Tests want a quick start in little memory; Keycloak's own choice is for long runs.
export JAVA_OPTS="-Xms64m -Xmx512m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
-XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8"

fail() {
    echo "keycloak: $*" >&2
    exit 1
}

# build_for PATH: the copy that has the path built in.
build_for() {
    case "$1" in
    "") echo plain ;;
    /auth) echo auth ;;
    *) fail "addresses begin with nothing or with /auth, not with '$1'" ;;
    esac
}

# begin PROGRAM FOLDER PATH: Keycloak in the background, in development mode; $server is its process. start-dev would
# put its database and its log of transactions beside the program.
begin() {
    set -- "$1/bin/kc.sh" start-dev --http-host=127.0.0.1 --http-port=0 ${3:+"--http-relative-path=$3"} \
        "--db-url=jdbc:h2:file:$2/keycloakdb;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=0" \
        "-Dquarkus.transaction-manager.object-store.directory=$2/transactions"
    KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=admin "$@" 9>&- &
    server=$!
}

run() {
    [ "$(cat "$cache/edition" 2>/dev/null)" = "$edition" ] || fail "it is not set up; run: make setup-keycloak"
    build=$(build_for "$2")
    [ ! -e "$1/keycloakdb.mv.db" ] || fail "$1 has a database already"
    cp "$cache/keycloakdb.mv.db" "$1"
    exec 3<&0
    begin "$cache/$build" "$1" "$2"
    trap 'kill "$server" 2>/dev/null || true' HUP INT TERM
    { cat && kill "$server"; } <&3 >/dev/null 2>&1 &
    exec 3<&-
    status=0
    wait "$server" || status=$?
    [ "$status" = 143 ] || fail "it ended by itself, with status $status" # 143: by SIGTERM, as it was told to
}

# Setting up.

java_version() {
    java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'
}

fetch() {
    echo "==> Keycloak: fetching version $version (170 MB, once)"
    mvn -q -B "-Dmaven.repo.local=$1/maven" "$fetcher:copy" "-Dartifact=$artifact" "-DoutputDirectory=$1" >"$1/log" 2>&1 || {
        tail -n 30 "$1/log" >&2
        fail "Maven could not fetch $artifact, see above"
    }
    archive=$1/keycloak-quarkus-dist-$version.tar.gz
    echo "$hash  $archive" | sha256sum --check --quiet >&2 || fail "$archive is not what build/tools/keycloak.txt names"
    mkdir "$1/plain"
    tar -xzf "$archive" -C "$1/plain" --strip-components=1
    rm -rf "$archive" "$1/maven" "$1/plain/bin/client"
}

# start_once NEW PATH: what the first start builds and creates stays for all others.
start_once() {
    folder=$1/$(build_for "$2")
    mkdir "$folder.data"
    [ ! -e "$1/keycloakdb.mv.db" ] || cp "$1/keycloakdb.mv.db" "$folder.data"
    begin "$folder" "$folder.data" "$2" >"$1/log" 2>&1
    until grep -q 'Listening on: ' "$1/log"; do
        kill -0 "$server" 2>/dev/null || {
            cat "$1/log" >&2
            fail "it does not start, see above"
        }
        sleep 1
    done
    kill "$server"
    wait "$server" || true # it ends with the status of the signal
    mv "$folder.data/keycloakdb.mv.db" "$1"
    rm -r "$folder.data"
}

setup() {
    mkdir -p "$(dirname "$cache")"
    exec 9>"$cache.lock"
    flock 9 # several at once: the others wait, and find it made
    if [ "$(cat "$cache/edition" 2>/dev/null)" = "$edition" ]; then
        return
    fi
    for program in java mvn; do
        command -v "$program" >/dev/null || fail "$program is missing; 'make setup' installs it"
    done
    [ "$(java_version)" -ge 17 ] || fail "Java is $(java_version), and Keycloak needs 17 or newer"
    # Builds know where they lie: it is made where it stays.
    rm -rf "$cache"
    mkdir "$cache"
    fetch "$cache"
    echo "==> Keycloak: its first start, at / and at /auth (a minute, once)"
    cp -al "$cache/plain" "$cache/auth"
    rm -r "$cache/auth/lib/quarkus" # what a build writes
    cp -a "$cache/plain/lib/quarkus" "$cache/auth/lib"
    start_once "$cache" ""
    start_once "$cache" /auth
    rm "$cache/log"
    echo "$edition" >"$cache/edition" # last: without it the next one begins anew
    echo "==> Keycloak: ready"
}

case "${1-}" in
setup) setup ;;
run) run "${2:?usage: keycloak.sh run FOLDER [PATH]}" "${3-}" ;;
*)
    echo "usage: keycloak.sh setup | run FOLDER [PATH]" >&2
    exit 2
    ;;
esac
