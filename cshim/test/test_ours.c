// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>

#include "check.h"
#include "ours.h"

static void test_routes(void)
{
    static const struct {
        const char *url;
        ndoap_route want;
    } cases[] = {
        {NULL, NDOAP_ROUTE_NONE},
        {"", NDOAP_ROUTE_NONE},
        {"/", NDOAP_ROUTE_NONE},
        {"*", NDOAP_ROUTE_NONE},
        {"/names.nsf?Login", NDOAP_ROUTE_NONE},
        {"/doapx", NDOAP_ROUTE_NONE},
        {"/doa", NDOAP_ROUTE_NONE},
        {"/mail/doap/token", NDOAP_ROUTE_NONE},
        {"/?/doap/token", NDOAP_ROUTE_NONE},
        {"//doap/token", NDOAP_ROUTE_NONE},
        {"/DOAP/token", NDOAP_ROUTE_NONE},
        {"/%64oap/token", NDOAP_ROUTE_NONE},
        {"doap/token", NDOAP_ROUTE_NONE},
        {"x?y=http://h/doap/token", NDOAP_ROUTE_NONE},
        {"http://host", NDOAP_ROUTE_NONE},
        {"http://host/doapx", NDOAP_ROUTE_NONE},
        {"/doap", NDOAP_ROUTE_MACHINE},
        {"/doap?x", NDOAP_ROUTE_MACHINE},
        {"/doap/", NDOAP_ROUTE_MACHINE},
        {"/doap/token", NDOAP_ROUTE_MACHINE},
        {"/doap/jwks?x=1", NDOAP_ROUTE_MACHINE},
        {"/doap/authx", NDOAP_ROUTE_MACHINE},
        {"/doap/unknown/auth", NDOAP_ROUTE_MACHINE},
        {"https://host:8443/doap/token?x", NDOAP_ROUTE_MACHINE},
        {"/doap/auth", NDOAP_ROUTE_USER},
        {"/doap/auth?client_id=x", NDOAP_ROUTE_USER},
        {"/doap/auth/more", NDOAP_ROUTE_USER},
        {"/doap/consent#f", NDOAP_ROUTE_USER},
        {"/doap/device", NDOAP_ROUTE_USER},
        {"/doap/account/", NDOAP_ROUTE_USER},
        {"/doap/admin", NDOAP_ROUTE_USER},
        {"/doap/logout", NDOAP_ROUTE_USER},
        {"http://host/doap/auth?x", NDOAP_ROUTE_USER},
        {"/.well-known/oauth-authorization-server/doap", NDOAP_ROUTE_MACHINE},
        {"/.well-known/openid-configuration/doap", NDOAP_ROUTE_MACHINE},
        {"/.well-known/openid-configuration/doap?x", NDOAP_ROUTE_MACHINE},
        {"https://host/.well-known/openid-configuration/doap#f", NDOAP_ROUTE_MACHINE},
        {"/doap/.well-known/openid-configuration", NDOAP_ROUTE_MACHINE},
        {"/.well-known/oauth-authorization-server", NDOAP_ROUTE_OPTIONAL},
        {"/.well-known/openid-configuration", NDOAP_ROUTE_OPTIONAL},
        {"/.well-known/openid-configuration?x=/doap", NDOAP_ROUTE_OPTIONAL},
        {"http://host/.well-known/openid-configuration", NDOAP_ROUTE_OPTIONAL},
        {"/.well-known/", NDOAP_ROUTE_NONE},
        {"/.well-known/openid-configuratio", NDOAP_ROUTE_NONE},
        {"/.well-known/openid-configurations", NDOAP_ROUTE_NONE},
        {"/.well-known/openid-configuration/", NDOAP_ROUTE_NONE},
        {"/.well-known/openid-configuration/doap/", NDOAP_ROUTE_NONE},
        {"/.well-known/openid-configuration/doapx", NDOAP_ROUTE_NONE},
        {"/.well-known/openid-configuration/DOAP", NDOAP_ROUTE_NONE},
        {"/.well-known/openid-configuration/auth", NDOAP_ROUTE_NONE},
        {"/.well-known/OpenID-configuration/doap", NDOAP_ROUTE_NONE},
        {"/.Well-known/openid-configuration/doap", NDOAP_ROUTE_NONE},
        {"/.well%2dknown/openid-configuration/doap", NDOAP_ROUTE_NONE},
        {"/.well-known//openid-configuration/doap", NDOAP_ROUTE_NONE},
        {"//.well-known/openid-configuration/doap", NDOAP_ROUTE_NONE},
        {"/x/.well-known/openid-configuration/doap", NDOAP_ROUTE_NONE},
        {"/.well-known/oauth-protected-resource", NDOAP_ROUTE_NONE},
        {"/.well-known/acme-challenge/x", NDOAP_ROUTE_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(ndoap_route_of(cases[i].url) == cases[i].want, "%s is route %d", cases[i].url,
              ndoap_route_of(cases[i].url));
}

static void test_schemes(void)
{
    static const struct {
        const char *value;
        bool want;
    } cases[] = {
        {"Bearer abc", true}, {"bearer abc", true},     {"BEARER\tabc", true}, {"Bearer", true},
        {" Bearer x", true},  {"DPoP abc", true},       {"dpop", true},        {"", false},
        {"Basic abc", false}, {"Bearerabc", false},     {"Bear", false},       {"B", false},
        {"DPo", false},       {"Digest Bearer", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(ndoap_is_token_scheme(cases[i].value, strlen(cases[i].value)) == cases[i].want, "%s", cases[i].value);
}

// Scans a copy without a NUL, so that the sanitizer sees a read past its end.
static ndoap_header_scan scan(const char *text, char **copy)
{
    size_t size = strlen(text);
    *copy = malloc(size > 0 ? size : 1);
    memcpy(*copy, text, size);
    return ndoap_scan_headers(*copy, size);
}

static void check_scan(const char *text, const char *authorization, size_t reserved, const char *name)
{
    char *copy;
    ndoap_header_scan found = scan(text, &copy);

    CHECK(found.authorization.size == strlen(authorization) &&
              memcmp(found.authorization.at == NULL ? "" : found.authorization.at, authorization,
                     found.authorization.size) == 0,
          "authorization of \"%s\" has %zu bytes", text, found.authorization.size);
    CHECK(found.reserved_remaining == reserved, "%zu reserved headers in \"%s\"", found.reserved_remaining, text);
    CHECK(found.reserved_name.size == strlen(name) &&
              memcmp(found.reserved_name.at == NULL ? "" : found.reserved_name.at, name, found.reserved_name.size) == 0,
          "reserved name of \"%s\" has %zu bytes", text, found.reserved_name.size);
    free(copy);
}

static void test_headers(void)
{
    check_scan("", "", 0, "");
    check_scan("GET /a:b HTTP/1.1\r\nHost: h\r\n\r\n", "", 0, "");
    check_scan("GET / HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n", "Bearer abc", 0, "");
    check_scan("GET / HTTP/1.1\r\nAUTHORIZATION:bearer abc", "bearer abc", 0, "");
    check_scan("Authorization : Bearer abc \r\n", "Bearer abc", 0, "");
    check_scan("Authorization: Basic abc\r\n", "", 0, "");
    check_scan("Authorization: Basic abc\r\nAuthorization: Bearer x\r\n", "Bearer x", 0, "");
    check_scan("Authorization:\r\n Bearer folded\r\n", "Bearer folded", 0, "");
    check_scan("Authorization", "", 0, "");
    check_scan("Authorization:", "", 0, "");
    check_scan(":\r\n", "", 0, "");
    check_scan("Authorization2: Bearer abc\n", "", 0, "");
    check_scan("X-DOAP-Scope: a\r\n", "", 1, "X-DOAP-Scope");
    check_scan("x_doap_SCOPE: a\n", "", 1, "x_doap_SCOPE");
    check_scan("X-Doap_User: a\r\nX_DOAP-y: b\r\n", "", 2, "X-Doap_User");
    check_scan("X-DOAP-Scope:\r\nX-DOAP-Client: \r\n", "", 0, "");
    check_scan("X-DOAP-Scope:\r\n\tfolded\r\n", "", 1, "X-DOAP-Scope");
    check_scan("X-DOAP-: a\r\n", "", 1, "X-DOAP-");
    // Some servers take a line for a header that others take for the rest of the one before.
    check_scan("GET / HTTP/1.1\r\n X-DOAP-Scope: a\r\n", "", 1, "\n X-DOAP-Scope");
    check_scan("Cookie: a\r\n\tx_doap_scope : a\r\n", "", 1, "\n\tx_doap_scope ");
    check_scan("Cookie: a\r\n b\r\n X-DOAP-Scope:\r\n", "", 1, "\n X-DOAP-Scope");
    check_scan("Cookie: a\rX-DOAP-Scope: a\r\n", "", 1, "\rX-DOAP-Scope");
    check_scan("Cookie: a\r\r\n X-DOAP-Scope: a", "", 1, "\n X-DOAP-Scope");
    check_scan("Cookie: X-DOAP-Scope: a\r\n X-DOAP-Scope\r\n b: c\r\n", "", 0, "");
    check_scan("X-DOAP: a\r\nXX-DOAP-Scope: b\r\n", "", 0, "");
    check_scan("X-DOAP-Scope : a\r\n", "", 1, "X-DOAP-Scope ");
    check_scan("GET / HTTP/1.1\r\nHost: h\r\nX-DOAP-Scope: forged", "", 1, "X-DOAP-Scope");
    CHECK(ndoap_scan_headers(NULL, 0).authorization.at == NULL, "no headers");
    CHECK(ndoap_scan_headers("X-DOAP-A:\r\nx_doap_b: 1\r\n", 24).reserved == 2, "also those without a value");
}

static void test_spellings(void)
{
    static const char headers[] = "GET / HTTP/1.1\r\nx_Doap-SCOPE: 1\r\nX-DOAP-Scopes: 2\r\nX-DOAP-Scope :\r\n";
    ndoap_text spelled;

    CHECK(ndoap_count_spellings(headers, sizeof headers - 1, "X-DOAP-Scope", &spelled) == 2, "two spellings");
    CHECK(spelled.size == 12 && memcmp(spelled.at, "x_Doap-SCOPE", 12) == 0, "the first is told");
    CHECK(ndoap_count_spellings(headers, sizeof headers - 1, "X-DOAP-Client", &spelled) == 0, "none");
    CHECK(spelled.at == NULL && ndoap_count_spellings(NULL, 0, "X-DOAP-Client", &spelled) == 0, "no headers");
}

static void test_claims(void)
{
    static const char *const claims[] = {
        "GET / HTTP/1.1\r\nX_Forwarded_For: 1\r\n",  "x-forwarded_for:\r\n",
        "Host: h\r\nX_FORWARDED-Proto : https\r\n",  "X-Forwarded-For: 1\r\nX_Forwarded_For: 2",
        "Cookie: a\r\n X_Forwarded_For: folded\r\n", "Cookie: a\r\n X-Forwarded-For: folded\r\n",
        "Cookie: a\rX-Forwarded-Proto: https\r\n",
    };
    static const char *const harmless[] = {
        "X-Forwarded-For: 1_2\r\nx-forwarded-proto: https\r\n",
        "X_Forwarded_Fort: 1\r\nX_Forwarded: 2\r\n",
        "Cookie: a\r\n X_Forwarded_For\r\n folded\r\n",
        "",
    };

    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        CHECK(ndoap_claims_proxy(claims[i], strlen(claims[i])), "%s", claims[i]);
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        CHECK(!ndoap_claims_proxy(harmless[i], strlen(harmless[i])), "%s", harmless[i]);
    CHECK(!ndoap_claims_proxy(NULL, 0), "no headers");
}

void test_ours(void)
{
    test_routes();
    test_schemes();
    test_headers();
    test_spellings();
    test_claims();
}
