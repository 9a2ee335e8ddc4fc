#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sign.sh FILE...: signs Windows files in place (Authenticode), when a certificate is configured; otherwise it says that
# they are not signed. The environment configures it:
#
#   NDOAP_SIGN_CERT + NDOAP_SIGN_KEY       PEM files: the certificate with its chain, and its key; or
#   NDOAP_SIGN_PKCS12                      a PKCS#12 file with both;
#   NDOAP_SIGN_PASSWORD_FILE               where the password of the key is, if it has one: never on a command line
#   NDOAP_SIGN_TIMESTAMP_URL               RFC 3161 server; without it signatures end with the certificate

set -eu

certificate=${NDOAP_SIGN_CERT-} key=${NDOAP_SIGN_KEY-} pkcs12=${NDOAP_SIGN_PKCS12-}
password=${NDOAP_SIGN_PASSWORD_FILE-} timestamp=${NDOAP_SIGN_TIMESTAMP_URL-}

if [ -z "$pkcs12$certificate$key" ]; then
    for file; do
        echo "sign: no certificate is configured, not signed: ${file##*/}"
    done
    exit 0
fi
if [ -z "$pkcs12" ] && { [ -z "$certificate" ] || [ -z "$key" ]; }; then
    echo "sign: NDOAP_SIGN_CERT and NDOAP_SIGN_KEY go together; only one is set" >&2
    exit 1
fi
command -v osslsigncode >/dev/null || {
    echo "sign: osslsigncode is missing; 'make setup' installs it" >&2
    exit 1
}

for file; do
    rm -f "$file.signed"
    if [ -n "$pkcs12" ]; then
        set -- -pkcs12 "$pkcs12"
    else
        set -- -certs "$certificate" -key "$key"
    fi
    osslsigncode sign "$@" ${password:+-readpass "$password"} ${timestamp:+-ts "$timestamp"} \
        -h sha256 -n ndoap -in "$file" -out "$file.signed" >/dev/null
    mv "$file.signed" "$file"
    echo "sign: signed ${file##*/}"
done
