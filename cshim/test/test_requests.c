// SPDX-License-Identifier: Apache-2.0
//
// Requests that are not what the one before them on the same thread was, or seems to be.

#include "check.h"
#include "fakehost.h"

static const char token_headers[] = "GET /db.nsf HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n";

static unsigned int raw(FilterContext *context)
{
    FilterRawRequest event = fake_raw_request();
    return HttpFilterProc(context, kFilterRawRequest, &event);
}

// Contexts are used again. A request whose RawRequest did not come here, because a filter in front kept it, must not be
// taken for the one before.
static void test_context_used_again(void)
{
    LMBCS name[64];
    FilterContext *context = fake_begin("/db.nsf", token_headers);
    FilterAuthorize authorize = {.isAuthorized = 1};
    static const unsigned int between[] = {kFilterStartRequest, kFilterEndRequest};

    context->securePort = 1;
    bridge.name = "CN=A";
    host.authorization = "Bearer abc";
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        FilterAuthenticate authenticate = fake_authenticate(name, sizeof name);
        bridge.verdict = NDOAP_AUTHENTICATED;
        CHECK(raw(context) == kFilterNotHandled, "a request with a token");
        CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "is named");
        CHECK(HttpFilterProc(context, between[i], NULL) == kFilterNotHandled, "and over");
        bridge.verdict = NDOAP_DENY;
        authenticate = fake_authenticate(name, sizeof name);
        CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "the next one");
        CHECK(authenticate.authType == kNotAuthentic, "is judged by itself");
        bridge.verdict = NDOAP_AUTHENTICATED;
        CHECK(raw(context) == kFilterNotHandled && HttpFilterProc(context, between[i], NULL) == kFilterNotHandled,
              "again");
        bridge.crossings = 0;
        host.authorization = NULL;
        authenticate = fake_authenticate(name, sizeof name);
        CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterNotHandled, "one without a token");
        CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "is Domino's");
        CHECK(bridge.crossings == 0 && authorize.isAuthorized == 1, "untouched");
        host.authorization = "Bearer abc";
    }
    fake_end();
}

// With a user in its cache the host may take him, whomever the filter names.
static void test_cached_user(void)
{
    LMBCS name[64];
    FilterContext *context = fake_begin("/db.nsf", token_headers);
    FilterAuthorize authorize = {.isAuthorized = 1};
    static const struct {
        const char *user;
        bool taken;
    } cases[] = {{"CN=A", true}, {"CN=B", false}, {"CN=a", false}, {"", false}, {NULL, false}};

    context->securePort = 1;
    bridge.name = "CN=A";
    host.authorization = "Bearer abc";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FilterAuthenticate authenticate = fake_authenticate(name, sizeof name);
        authenticate.foundInCache = 1;
        bridge.verdict = NDOAP_AUTHENTICATED;
        CHECK(raw(context) == kFilterNotHandled, "accepted");
        CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "named");
        CHECK(authenticate.authType == kAuthenticBasic, "all the same");
        bridge.verdict = NDOAP_ANSWER;
        bridge.crossings = 0;
        host.user = cases[i].user;
        unsigned int result = HttpFilterProc(context, kFilterAuthorized, &authorize);
        CHECK(result == (cases[i].taken ? (unsigned int)kFilterNotHandled : (unsigned int)kFilterHandledRequest),
              "%zu: %u", i, result);
        CHECK(bridge.crossings == !cases[i].taken, "%d crossings", bridge.crossings);
        CHECK(cases[i].taken || bridge.asked.event == NDOAP_UNNAMED, "as one whose user was not named");
    }
    CHECK(host.variables_asked == 0, "no CGI variable is frozen for that");
    fake_end();
}

void test_requests(void)
{
    test_context_used_again();
    test_cached_user();
}
