// SPDX-License-Identifier: Apache-2.0
//
// Made-up input, the same at each run: texts in memory of their very size, so that the sanitizer sees a read past the
// end, and events in any order. What is checked holds whatever the input is. NDOAP_FUZZ_ROUNDS makes it longer.

#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "check.h"
#include "fakehost.h"
#include "fakenotes.h"
#include "lmbcs.h"
#include "ours.h"

enum { USUAL_ROUNDS = 20000, LONGEST = 400 };

static uint64_t state;

// xorshift64*
static uint32_t next_number(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545F4914F6CDD1DULL) >> 32);
}

static unsigned int below(unsigned int limit)
{
    return next_number() % limit;
}

// Puts a text together from pieces and, one time in eight, any byte but NUL.
static size_t make_text(const char *const *pieces, unsigned int count, char text[LONGEST + 1])
{
    size_t size = 0, wanted = below(LONGEST);

    while (size < wanted) {
        const char *piece = pieces[below(count)];
        size_t length = strlen(piece);
        if (below(8) == 0 || size + length > LONGEST) {
            text[size++] = (char)(1 + below(255));
        } else {
            memcpy(text + size, piece, length);
            size += length;
        }
    }
    text[size] = '\0';
    return size;
}

#define MAKE(pieces, text) make_text(pieces, sizeof(pieces) / sizeof((pieces)[0]), text)

static const char *const header_pieces[] = {
    "GET / HTTP/1.1",
    "\r\n",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ": ",
    "X-DOAP-Scope",
    "x_doap_",
    "a",
    "Bearer",
    "b",
    "Basic",
    "DPoP",
    "Cookie",
    "doap",
    "-",
    "Authorization",
    "authorization",
    "X-",
    "\xC3",
    "\x1",
    "\r\nX-DO",
    "AP-",
    "\r\n ",
    "X-Forwarded",
    "_",
    "X_Forwarded_For",
    "-For",
    "Host",
    "h",
    ";",
    "X-DOAP-A:",
    "=\r\n",
    "-Proto",
    "x-doap-c: 1",
    "\n\r\n",
    "Authorization: Bearer x\r\n",
};

// Whether a server that ends lines wherever one could end, and trims them, would see an X-DOAP-* header with a value,
// or one of a proxy in an odd spelling. Written in another way than what it is compared with.
static bool careless_server_sees(const char *text, size_t size, const char *prefix)
{
    for (size_t at = 0; at < size; at++) {
        if (at > 0 && text[at - 1] != '\r' && text[at - 1] != '\n')
            continue;
        size_t name = at;
        while (name < size && (text[name] == ' ' || text[name] == '\t'))
            name++;
        size_t end = name;
        while (end < size && text[end] != '\r' && text[end] != '\n')
            end++;
        size_t colon = name;
        while (colon < end && text[colon] != ':')
            colon++;
        if (colon == end || colon - name < strlen(prefix))
            continue;
        bool same = true;
        for (size_t i = 0; prefix[i] != '\0'; i++) {
            char c = text[name + i] == '_' ? '-' : text[name + i];
            same = same && (c | (c >= 'A' && c <= 'Z' ? 0x20 : 0)) == prefix[i];
        }
        if (same)
            return true;
    }
    return false;
}

static bool within(ndoap_text part, const char *whole, size_t size)
{
    return part.at == NULL
               ? part.size == 0
               : part.at >= whole && part.at <= whole + size && part.size <= (size_t)(whole + size - part.at);
}

static void fuzz_headers(void)
{
    char text[LONGEST + 1];
    size_t size = MAKE(header_pieces, text);
    char *exact = malloc(size > 0 ? size : 1);
    ndoap_text spelled;

    memcpy(exact, text, size);
    ndoap_header_scan found = ndoap_scan_headers(exact, size);
    CHECK(within(found.authorization, exact, size) && within(found.reserved_name, exact, size), "outside of %s", text);
    CHECK(found.authorization.at == NULL || ndoap_is_token_scheme(found.authorization.at, found.authorization.size),
          "authorization in %s", text);
    CHECK((found.reserved_remaining > 0) == (found.reserved_name.at != NULL), "a name in %s", text);
    CHECK(found.reserved >= found.reserved_remaining, "more with a value in %s", text);
    CHECK(found.reserved > 0 || !careless_server_sees(text, size, "x-doap-"), "reserved in %s", text);
    size_t spellings = ndoap_count_spellings(exact, size, "X-DOAP-A", &spelled);
    CHECK(spellings <= found.reserved && within(spelled, exact, size), "spellings in %s", text);
    (void)ndoap_claims_proxy(exact, size);
    free(exact);
}

static const char *const url_pieces[] = {
    "/doap",
    "/",
    "auth",
    "consent",
    "token",
    "?",
    "#",
    "http://h",
    "https",
    "://",
    ":",
    "/doap",
    "%2f",
    "/.well-known",
    "doap",
    "account",
    "admin",
    "oauth-authorization-server",
    "/.well-k",
    "openid-c",
    "@",
    ";",
    "logout",
    "device/",
    "DOAP",
    "..",
    "openid-configuration",
};

static void fuzz_routes(void)
{
    char url[LONGEST + 1], other[LONGEST + 16];

    (void)MAKE(url_pieces, url);
    char *exact = strdup(url);
    ndoap_route route = ndoap_route_of(exact);
    free(exact);
    CHECK(route >= NDOAP_ROUTE_NONE && route <= NDOAP_ROUTE_OPTIONAL, "%s is %d", url, route);
    if (url[0] == '/') {
        snprintf(other, sizeof other, "http://h:80%s", url);
        CHECK(ndoap_route_of(other) == route, "absolute or not: %s", url);
    }
    snprintf(other, sizeof other, "%s?q#f", url);
    CHECK(ndoap_route_of(other) == route || strpbrk(url, "/") == NULL, "a query makes no difference: %s", url);
    url[strcspn(url, "?#")] = '\0';
    snprintf(other, sizeof other, "%s#/doap/auth", url);
    CHECK(ndoap_route_of(other) == ndoap_route_of(url), "nor does a fragment: %s", url);
}

static const char *const text_pieces[] = {
    "\x10\x8E\x52", "\x14\x01\x41",
    "\x0F\x21",     "\x01\x84",
    "\x14\xF6\x4E", "a",
    "CN=",          "\x14\xD8\x3D\x14\xDE",
    "\xE5\xB1\xB1", "\xC3\xBC",
    "\x80",         "\xF0\x9F\x98\x80",
    "\xED\xA0\x80", "\x10\x10",
    "\xB1",         "\x19",
};

// Whatever can be translated comes back, and is well-formed.
static void fuzz_translation(void)
{
    char text[LONGEST + 1], there[LONGEST * 3 + 1], back[LONGEST * 6 + 1];

    (void)MAKE(text_pieces, text);
    char *exact = strdup(text);
    if (ndoap_lmbcs_to_utf8(exact, there, sizeof there)) {
        CHECK(ndoap_is_well_formed(there), "LMBCS became something else than UTF-8");
        CHECK(ndoap_lmbcs_from_utf8(there, back, sizeof back), "UTF-8 that was LMBCS");
    }
    if (ndoap_lmbcs_from_utf8(exact, there, sizeof there)) {
        CHECK(ndoap_is_well_formed(exact), "what is no UTF-8 was translated");
        CHECK(ndoap_lmbcs_to_utf8(there, back, sizeof back), "LMBCS that was UTF-8");
        CHECK_TEXT(back, exact);
    }
    char small[8];
    if (ndoap_lmbcs_from_utf8(exact, small, sizeof small))
        CHECK(strlen(small) < sizeof small, "it does not fit");
    free(exact);
}

static const char *const path_pieces[] = {
    "/local/notesdata/", "sales.nsf", "mail\\", "C:", "\x10\x8E\x52", "\xE5\xB1\xB1", "\x81", "\x14\x01\x41", "?",
};

// One event after the other, as no host would raise them. Nobody may be named without a decision that says so in the
// same request, and none of the headers that came from outside may go on with a value.
static void fuzz_events(void)
{
    static const int32_t verdicts[] = {NDOAP_NOT_OURS, NDOAP_ANSWER, NDOAP_AUTHENTICATED, NDOAP_DENY, 77};
    static const char *const targets[] = {"/db.nsf", "/doap/auth", "/doap/token", "http://h/doap/consent?x", "/"};
    static const unsigned int events[] = {kFilterStartRequest, kFilterRawRequest,   kFilterTranslateRequest,
                                          kFilterAuthenticate, kFilterAuthorized,   kFilterProcessRequest,
                                          kFilterEndRequest,   kFilterParsedRequest};
    char headers[LONGEST + 1], mapped[LONGEST + 1], path[64];
    LMBCS name[32];
    bool accepted = false; // by a decision since the request began

    (void)MAKE(header_pieces, headers);
    FilterContext *context = fake_begin(targets[below(5)], "");
    snprintf(host.headers, sizeof host.headers, "%s\n", headers);
    bridge.name = below(8) == 0 ? "" : "CN=Anna/O=Acme";
    bridge.again = (int32_t)below(4);
    host.variable = below(2) == 0 ? NULL : "192.0.2.1";
    context->securePort = below(2);
    CHECK(HttpFilterProc(context, kFilterStartRequest, NULL) == kFilterNotHandled, "another request");
    for (unsigned int i = below(12); i > 0; i--) {
        unsigned int event = events[below(sizeof events / sizeof events[0])];
        bridge.verdict = verdicts[below(5)];
        host.url = below(16) == 0 ? NULL : targets[below(5)];
        host.method = below(11);
        host.authorization = below(2) == 0 ? "Bearer x" : below(2) == 0 ? "Basic x" : NULL;
        host.user = below(2) == 0 ? NULL : "CN=Anna/O=Acme";
        host.set_header_fails = below(16) == 0;
        FilterRawRequest raw = fake_raw_request();
        FilterAuthenticate authenticate = fake_authenticate(name, 14 + below(4));
        authenticate.foundInCache = below(2);
        size_t size = MAKE(path_pieces, mapped);
        char *exact = malloc(size > 0 ? size : 1);
        memcpy(exact, mapped, size);
        FilterAuthorize authorize = {.pBuffer = exact, .bufferSize = (unsigned int)size, .isAuthorized = 1};
        FilterMapURL map = {.url = host.url, .pathBuffer = path, .bufferSize = below(sizeof path)};
        FilterMapURL process = {.pathBuffer = exact, .bufferSize = (unsigned int)size};
        void *data = event == kFilterRawRequest         ? (void *)&raw
                     : event == kFilterAuthenticate     ? (void *)&authenticate
                     : event == kFilterAuthorized       ? (void *)&authorize
                     : event == kFilterTranslateRequest ? (void *)&map
                     : event == kFilterProcessRequest   ? (void *)&process
                                                        : NULL;
        int crossings = bridge.crossings;
        unsigned int result = HttpFilterProc(context, event, data);
        bool asked = bridge.crossings > crossings;
        if (event == kFilterStartRequest || event == kFilterEndRequest || event == kFilterRawRequest)
            accepted = false;
        accepted = accepted || (asked && bridge.verdict == NDOAP_AUTHENTICATED);
        CHECK(result <= kFilterError, "result %u", result);
        CHECK(bridge.crossings <= crossings + 1, "one crossing for an event");
        if (event == kFilterAuthenticate && result == kFilterHandledEvent && authenticate.authType != kNotAuthentic)
            CHECK(accepted && bridge.name[0] != '\0', "named without a decision");
        if (event == kFilterRawRequest && result == kFilterNotHandled && !accepted) {
            ndoap_header_scan scan = ndoap_scan_headers(host.headers, strlen(host.headers));
            CHECK(scan.reserved_remaining == 0, "a forged header goes on");
        }
        if (event == kFilterAuthorized && result != kFilterNotHandled)
            CHECK(authorize.isAuthorized == 0, "neither let through nor refused");
        free(exact);
    }
    fake_end();
}

void test_fuzz(void)
{
    const char *wanted = getenv("NDOAP_FUZZ_ROUNDS");
    long rounds = wanted == NULL ? USUAL_ROUNDS : atol(wanted);

    state = 0x9E3779B97F4A7C15ULL;
    for (long round = 0; round < rounds; round++) {
        fuzz_headers();
        fuzz_routes();
        fuzz_translation();
        fuzz_events();
        console_text[0] = '\0';
    }
}
