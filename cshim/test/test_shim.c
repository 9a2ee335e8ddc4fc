// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>

#include "check.h"
#include "fakehost.h"
#include "fakenotes.h"

static const char token_headers[] = "GET /db.nsf HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n";

static unsigned int raw(FilterContext *context)
{
    FilterRawRequest event = fake_raw_request();
    return HttpFilterProc(context, kFilterRawRequest, &event);
}

static void test_init(void)
{
    FilterInitData data;

    fake_begin("/", "");
    memset(&data, 0xFF, sizeof data);
    data.serverFilterVersion = 1;
    CHECK(FilterInit(&data) == kFilterError, "an interface below 2 is refused");
    CHECK(bridge.opened == 0, "before Go is entered");
    CHECK(FilterInit(NULL) == kFilterError, "no data");
    data.serverFilterVersion = kInterfaceVersion;
    CHECK(FilterInit(&data) == kFilterHandledEvent, "loaded");
    CHECK(data.appFilterVersion == kInterfaceVersion, "version");
    CHECK(strcmp(data.filterDesc, "ndoap: OAuth 2 authorization and resource server for Domino") == 0,
          "the console is told what there is, and nothing that is not built yet");
    CHECK(data.eventFlags == (kFilterStartRequest | kFilterRawRequest | kFilterTranslateRequest | kFilterAuthenticate |
                              kFilterAuthorized | kFilterEndRequest),
          "events %x", data.eventFlags);
    CHECK_TEXT(bridge.app_path, "doap.db");
    console_text[0] = '\0';
    environment_is_hostile = true;
    CHECK(FilterInit(&data) == kFilterHandledEvent && bridge.app_path[0] == '\0', "a path that was cut is not used");
    CHECK(strstr(console_text, "ndoap: the DOAP_App_Path has more than 254 bytes; its default is used.\n") != NULL,
          "which is said: %s", console_text);
    environment_is_hostile = false;
    bridge.user_event = NDOAP_USER_EVENT_PROCESS;
    CHECK(FilterInit(&data) == kFilterHandledEvent, "once more");
    CHECK((data.eventFlags & (kFilterAuthorized | kFilterProcessRequest)) == kFilterProcessRequest, "the other event");
    CHECK(TerminateFilter(0) == kFilterHandledEvent && bridge.closed == 1, "closed");
}

static void test_foreign_requests(void)
{
    FilterContext *context = fake_begin("/db.nsf", "GET /db.nsf HTTP/1.1\r\nHost: h\r\n\r\n");
    FilterAuthorize authorize = {.isAuthorized = 1};
    FilterMapURL map = {.url = "/db.nsf"};
    FilterAuthenticate authenticate = fake_authenticate(NULL, 0);

    CHECK(raw(context) == kFilterNotHandled, "raw");
    CHECK(HttpFilterProc(context, kFilterTranslateRequest, &map) == kFilterNotHandled, "translate");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterNotHandled, "authenticate");
    host.authorization = "Basic abc";
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterNotHandled, "Basic is Domino's");
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "authorized");
    CHECK(HttpFilterProc(context, kFilterProcessRequest, NULL) == kFilterNotHandled, "process");
    CHECK(HttpFilterProc(context, kFilterEndRequest, NULL) == kFilterNotHandled, "end");
    CHECK(HttpFilterProc(context, 0x8000, NULL) == kFilterNotHandled, "an event of a later version");
    CHECK(HttpFilterProc(NULL, kFilterRawRequest, NULL) == kFilterNotHandled, "no context");
    CHECK(HttpFilterProc(context, kFilterRawRequest, NULL) == kFilterError, "no event data: cannot be cleared");
    CHECK(HttpFilterProc(context, kFilterTranslateRequest, NULL) == kFilterNotHandled, "no event data");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, NULL) == kFilterNotHandled, "no event data");
    CHECK(bridge.crossings == 0 && host.allocations == 0 && host.variables_asked == 0, "it costs nothing");
    CHECK(authorize.isAuthorized == 1, "nothing is denied");
    host.url = NULL;
    CHECK(raw(context) == kFilterNotHandled, "a request without a URL");
    strcpy(host.headers, token_headers);
    CHECK(raw(context) == kFilterError, "but not with a token");
    fake_end();
}

static void test_forged_headers(void)
{
    FilterContext *context = fake_begin("/db.nsf", "GET /db.nsf HTTP/1.1\r\nX-DOAP-Scope: a\r\nx_doap_client: b\r\n"
                                                   "X-DOAP-Empty:\r\nHost: h\r\n\r\n");

    CHECK(raw(context) == kFilterNotHandled, "goes on without them");
    CHECK_TEXT(host.headers, "GET /db.nsf HTTP/1.1\r\nX-DOAP-Scope: \r\nx_doap_client: \r\n"
                             "X-DOAP-Empty:\r\nHost: h\r\n\r\n");
    context = fake_begin("/", "X-DOAP-Scope: a\r\n\r\n");
    host.set_header_fails = true;
    CHECK(raw(context) == kFilterHandledRequest && host.status == 400, "a header that cannot be emptied is refused");
    CHECK(strstr(host.response_headers, "Content-Length: 67") != NULL && host.written_size == 67, "in words");
    host.method = kRequestHEAD;
    host.written_size = 0;
    CHECK(raw(context) == kFilterHandledRequest && host.status == 400, "also to HEAD");
    CHECK(host.written_size == 0, "which has an answer without a body");
    context = fake_begin("/", "Cookie: a\r\n X-DOAP-Scope: b\r\n\r\n");
    CHECK(raw(context) == kFilterHandledRequest && host.status == 400,
          "a line that only some servers take for a header");
    context = fake_begin("/", "X-DOAP-Scope: a\r\nX-DOAP-Scope: b\r\n\r\n");
    CHECK(raw(context) == kFilterHandledRequest && host.status == 400,
          "so is a second one that the host does not reach");
    context = fake_begin("/", "X-DOAP-Scope : a\r\n\r\n");
    CHECK(raw(context) == kFilterHandledRequest && host.status == 400, "a name with a blank, which some servers trim");
    context = fake_begin("/", "X-DOAP-\xff: a\r\n\r\n");
    CHECK(raw(context) == kFilterHandledRequest && host.status == 400, "and a name that is none");
    context = fake_begin("/doap/auth", "X-Forwarded-For: 1\r\nX_Forwarded_For: 2\r\n\r\n");
    CHECK(raw(context) == kFilterHandledRequest && host.status == 400, "and two of a proxy that become one variable");
    context = fake_begin("/db.nsf", "X_Forwarded_For: 2\r\n\r\n");
    CHECK(raw(context) == kFilterNotHandled, "which is the application's matter elsewhere");
    context = fake_begin("/doap/auth", "X-Forwarded-For: 1\r\n\r\n");
    CHECK(raw(context) == kFilterNotHandled, "and right in its one spelling");
    context = fake_begin("/", "");
    host.headers_fail = true;
    CHECK(raw(context) == kFilterError, "a request whose headers cannot be seen is an error");
    context = fake_begin("/", "Host: h\r\n\r\n");
    host.headers_missing = true;
    CHECK(raw(context) == kFilterError, "also if the host says that there are some");
    CHECK(bridge.crossings == 0, "without asking Go");
}

static void test_machine_route(void)
{
    FilterContext *context = fake_begin("/doap/token", "POST /doap/token HTTP/1.1\r\nHost: h\r\n\r\n");

    host.method = kRequestPOST;
    host.body = "a=b";
    host.body_size = 3;
    host.variable = "127.0.0.1";
    bridge.verdict = NDOAP_ANSWER;
    bridge.console = "first\0second\0";
    console_text[0] = '\0';
    CHECK(raw(context) == kFilterHandledRequest, "answered");
    CHECK(host.status == 201, "status %d", host.status);
    CHECK_TEXT(host.response_headers, "Fine|A: b\r\n\r\n");
    CHECK(host.written_size == 4 && memcmp(host.written, "body", 4) == 0, "body");
    CHECK_TEXT(console_text, "first\nsecond\n");
    CHECK(bridge.asked.event == NDOAP_RAW_REQUEST && bridge.asked.method == kRequestPOST, "what Go is asked");
    CHECK(bridge.asked.body.size == 3 && bridge.asked.peer.size == 9 && bridge.asked.secure == 0, "with body and peer");
    fake_end();

    context = fake_begin("/doap/token", "");
    bridge.verdict = NDOAP_ANSWER;
    host.write_headers_fails = true;
    CHECK(raw(context) == kFilterError, "the host does not take the answer");
    CHECK(bridge.asked.peer.size == 0 && bridge.asked.body.size == 0, "without body and peer");
    fake_end();
    context = fake_begin("/doap/token", "");
    bridge.verdict = 77;
    CHECK(raw(context) == kFilterError, "a verdict that does not exist");
    fake_end();
    context = fake_begin("/doap/token", "");
    bridge.verdict = NDOAP_NOT_OURS;
    CHECK(raw(context) == kFilterNotHandled, "not ours after all");
    fake_end();
}

// The metadata of another issuer of this host, Domino's own perhaps, unless the configuration says otherwise.
static void test_optional_route(void)
{
    static const char place[] = "/.well-known/openid-configuration";
    FilterContext *context = fake_begin(place, "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: h\r\n\r\n");
    FilterMapURL map = {.url = place};
    FilterAuthenticate authenticate = fake_authenticate(NULL, 0);
    FilterAuthorize authorize = {.isAuthorized = 1};

    host.variable = "192.0.2.1";
    host.body = "a=b";
    host.body_size = 3;
    bridge.verdict = NDOAP_NOT_OURS;
    CHECK(raw(context) == kFilterNotHandled, "left to Domino");
    CHECK(bridge.crossings == 1 && bridge.asked.event == NDOAP_RAW_REQUEST, "which Go decided");
    CHECK(host.variables_asked == 0 && bridge.asked.body.size == 0, "without harm to what Domino makes of it");
    CHECK(HttpFilterProc(context, kFilterTranslateRequest, &map) == kFilterNotHandled, "not mapped");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterNotHandled, "not authenticated");
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "not refused");
    CHECK(bridge.crossings == 1 && authorize.isAuthorized == 1, "nor looked at again");

    bridge.verdict = NDOAP_ANSWER;
    CHECK(raw(context) == kFilterHandledRequest && host.status == 201, "or answered");
    fake_end();

    context = fake_begin(place, "GET / HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n");
    context->securePort = 1;
    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=A";
    CHECK(raw(context) == kFilterNotHandled, "with a token it is a URL of Domino like any other");
    CHECK(strstr(host.headers, "X-DOAP-Scope: domino\r\n") != NULL, "headers for the application: %s", host.headers);
    fake_end();
}

static void test_accepted_token(void)
{
    LMBCS name[16];
    FilterContext *context = fake_begin("/db.nsf", token_headers);
    FilterAuthenticate event = fake_authenticate(name, sizeof name);
    FilterAuthorize authorize = {.isAuthorized = 1};

    context->securePort = 1;
    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=Anna/O=Acme";
    CHECK(raw(context) == kFilterNotHandled, "the request goes on");
    CHECK(host.variables_asked == 0, "no CGI variable is frozen over TLS");
    CHECK(strstr(host.headers, "X-DOAP-Scope: domino\r\n") != NULL, "headers for the application: %s", host.headers);
    CHECK(strstr(host.headers, "X-DOAP-Client: c1\r\n") != NULL, "client");
    CHECK(strstr(host.headers, "X-DOAP-Subject: CN=A\r\n") != NULL, "subject");
    host.authorization = " Bearer abc ";
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "the identity is taken");
    CHECK_TEXT((char *)name, "CN=Anna/O=Acme");
    CHECK(event.authType == kAuthenticBasic, "authType");
    CHECK(bridge.crossings == 1, "without a second crossing");

    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "and goes on to be served");
    CHECK(bridge.crossings == 1 && authorize.isAuthorized == 1, "without another look");

    host.authorization = "Bearer abd";
    bridge.verdict = NDOAP_DENY;
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "another token");
    CHECK(event.authType == kNotAuthentic && bridge.crossings == 2, "is verified, and refused");
    bridge.verdict = NDOAP_AUTHENTICATED;
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "verified again");
    CHECK(event.authType == kAuthenticBasic && bridge.asked.event == NDOAP_AUTHENTICATE, "and accepted");
    host.authorization = "Bearer abe";
    bridge.verdict = NDOAP_NOT_OURS;
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterNotHandled, "left to Domino");

    host.authorization = "Bearer abc";
    bridge.verdict = NDOAP_AUTHENTICATED;
    event = fake_authenticate(name, 14);
    CHECK(raw(context) == kFilterNotHandled, "raw again");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "a buffer one byte too small");
    CHECK(event.authType == kNotAuthentic, "is a refusal, not a cut name");
    fake_end();
}

static void test_brought_identity_headers(void)
{
    FilterContext *context = fake_begin(
        "/db.nsf",
        "GET /db.nsf HTTP/1.1\r\nAuthorization: Bearer abc\r\nx_doap_scope: forged\r\nX-DOAP-CLIENT:\r\n\r\n");

    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=A";
    CHECK(raw(context) == kFilterNotHandled, "goes on");
    CHECK_TEXT(host.headers, "GET /db.nsf HTTP/1.1\r\nAuthorization: Bearer abc\r\nx_doap_scope: domino\r\n"
                             "X-DOAP-CLIENT: c1\r\n\r\nX-DOAP-Subject: CN=A\r\n");
    context = fake_begin("/db.nsf", "Authorization: Bearer abc\r\nX-DOAP-Scope:\r\nX_DOAP_Scope:\r\n\r\n");
    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=A";
    CHECK(raw(context) == kFilterError, "two headers that become one variable");
    fake_end();
}

// A session that the host prefers to the token must not be served under the token's headers.
static void test_unnamed(void)
{
    LMBCS name[64];
    FilterContext *context = fake_begin("/db.nsf", token_headers);
    FilterAuthenticate authenticate = fake_authenticate(name, sizeof name);
    FilterAuthorize authorize = {.isAuthorized = 1};

    context->securePort = 1;
    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=A";
    CHECK(raw(context) == kFilterNotHandled, "accepted");
    bridge.verdict = NDOAP_ANSWER;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterHandledRequest, "Authenticate never came");
    CHECK(bridge.asked.event == NDOAP_UNNAMED && authorize.isAuthorized == 0, "so it is refused");

    bridge.verdict = NDOAP_AUTHENTICATED;
    CHECK(raw(context) == kFilterNotHandled, "accepted");
    host.authorization = NULL;
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "the header has gone");
    CHECK(authenticate.authType == kNotAuthentic, "which is a refusal");
    host.authorization = "Bearer abc";
    authenticate = fake_authenticate(name, 2);
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "no room for the name");
    bridge.verdict = NDOAP_ANSWER;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterHandledRequest, "is nobody named either");
    CHECK(bridge.asked.event == NDOAP_UNNAMED, "even if the host goes on");
    fake_end();
}

// A token opens no page for people, also when the host finds out late that it is one.
static void test_token_at_cleaned_up_path(void)
{
    LMBCS name[64];
    FilterContext *context = fake_begin("/db.nsf/../doap/auth", token_headers);
    FilterAuthenticate authenticate = fake_authenticate(name, sizeof name);
    FilterAuthorize authorize = {.isAuthorized = 1};

    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=A";
    host.authorization = "Bearer abc";
    CHECK(raw(context) == kFilterNotHandled, "accepted for something else");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "and named");
    CHECK(authenticate.authType == kAuthenticBasic, "as its user");
    host.url = "/doap/auth";
    host.user = "CN=A";
    bridge.verdict = NDOAP_ANSWER;
    bridge.crossings = 0;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterError, "refused");
    CHECK(bridge.crossings == 0 && authorize.isAuthorized == 0, "without a code");
    fake_end();
}

// Whether the request was safe on its way can depend on the peer, who is asked for at the last event only.
static void test_judged_again(void)
{
    LMBCS name[64];
    FilterContext *context = fake_begin("/db.nsf", token_headers);
    FilterAuthenticate authenticate = fake_authenticate(name, sizeof name);
    FilterAuthorize authorize = {.isAuthorized = 1};

    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=A";
    bridge.again = NDOAP_AGAIN_TRANSPORT;
    host.authorization = "Bearer abc";
    CHECK(raw(context) == kFilterNotHandled, "accepted for now");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "and named");
    CHECK(host.variables_asked == 0, "no CGI variable is frozen so far");
    bridge.verdict = NDOAP_NOT_OURS;
    host.variable = "192.0.2.1";
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "let through");
    CHECK(bridge.crossings == 2 && bridge.asked.event == NDOAP_JUDGE_AGAIN && bridge.asked.peer.size == 9, "by peer");
    CHECK(authorize.isAuthorized == 1 && bridge.asked.body.size == 0, "untouched");
    bridge.verdict = NDOAP_ANSWER;
    CHECK(HttpFilterProc(context, kFilterProcessRequest, NULL) == kFilterHandledRequest, "refused, at either event");
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterHandledRequest, "refused");
    CHECK(host.status == 201 && authorize.isAuthorized == 0, "with an answer");
    bridge.verdict = NDOAP_DENY;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterError, "anything else is an error");
    host.url = NULL;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterError, "as is a URL that has gone");

    host.url = "/db.nsf";
    bridge.again = 0;
    strcpy(host.headers, "GET /db.nsf HTTP/1.1\r\n\r\n");
    CHECK(raw(context) == kFilterNotHandled, "the next request of this thread");
    int crossings = bridge.crossings;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "is not judged");
    CHECK(bridge.crossings == crossings, "at all");
    bridge.again = NDOAP_AGAIN_TRANSPORT;
    bridge.verdict = NDOAP_AUTHENTICATED;
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent,
          "a token seen first here");
    bridge.verdict = NDOAP_ANSWER;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterHandledRequest, "is judged again too");
    fake_end();
}

static void test_names_and_large_tokens(void)
{
    LMBCS name[64];
    FilterContext *context = fake_begin("/db.nsf", token_headers);
    FilterAuthenticate event = fake_authenticate(name, sizeof name);
    char *large = malloc(9001);

    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=J\xC5\x81rg/O=Acme";
    translate_fails = true;
    CHECK(raw(context) == kFilterNotHandled, "a name that cannot be translated");
    host.authorization = "Bearer abc";
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "is refused");
    CHECK(event.authType == kNotAuthentic, "at Authenticate");
    translate_fails = false;
    CHECK(raw(context) == kFilterNotHandled, "and one that can");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "is accepted");
    CHECK(memcmp(name, "CN=J\x14\x01\x41rg", 9) == 0, "in LMBCS");

    memset(large, 'a', 9000);
    memcpy(large, "Bearer ", 7);
    large[9000] = '\0';
    host.authorization = large;
    bridge.name = "CN=A";
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "a large token");
    CHECK(bridge.asked.authorization.size == 9000, "arrives whole");
    host.alloc_fails = true;
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "without memory");
    CHECK(event.authType == kNotAuthentic, "a request with an accepted token is refused");
    host.url = NULL;
    host.authorization = "Bearer abc";
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &event) == kFilterHandledEvent, "a token without a URL");
    CHECK(event.authType == kNotAuthentic, "is refused");

    context = fake_begin("/db.nsf", token_headers);
    bridge.verdict = NDOAP_AUTHENTICATED;
    host.set_header_fails = true;
    CHECK(raw(context) == kFilterError, "headers that cannot be set");
    fake_end();
    free(large);
}

static void test_refused_token(void)
{
    FilterContext *context = fake_begin("/doap/auth", "GET /doap/auth HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n");

    bridge.verdict = NDOAP_ANSWER;
    CHECK(raw(context) == kFilterHandledRequest && host.status == 201, "also at a user route");
    fake_end();
}

static void test_user_route(void)
{
    char path[64];
    FilterContext *context = fake_begin("/doap/auth?x=1", "GET /doap/auth?x=1 HTTP/1.1\r\n\r\n");
    FilterAuthorize event = {.isAuthorized = 1};
    FilterMapURL map = {.url = "/doap/auth?x=1", .pathBuffer = path, .bufferSize = sizeof path};

    CHECK(raw(context) == kFilterNotHandled && bridge.crossings == 0, "not before authentication");
    CHECK(HttpFilterProc(context, kFilterTranslateRequest, &map) == kFilterHandledEvent, "mapped");
    CHECK_TEXT(path, "/local/notesdata/domino/html/ndoap.html");
    CHECK(map.mapType == kURLMapPass, "as a file");
    map.bufferSize = 39;
    CHECK(HttpFilterProc(context, kFilterTranslateRequest, &map) == kFilterError, "a buffer one byte too small");

    host.user = "CN=Anna/O=Acme";
    host.variable = "v";
    bridge.verdict = NDOAP_ANSWER;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &event) == kFilterHandledRequest, "answered");
    CHECK(event.isAuthorized == 0 && host.status == 201, "by us");
    CHECK(bridge.asked.event == NDOAP_AUTHORIZED && bridge.asked.user.size == 14 && !bridge.asked.unreadable, "user");
    static const char cookie[] = "Cookie: v\r\nAccept: v\r\nContent-Type: v\r\n";
    CHECK(bridge.asked.headers.size > sizeof cookie && memcmp(bridge.asked.headers.at, cookie, sizeof cookie - 1) == 0,
          "headers");
    CHECK(strstr(bridge.asked.headers.at, "X-Forwarded-For: v\r\nX-Forwarded-Proto: v\r\n") != NULL, "of proxies, too");
    fake_end();

    context = fake_begin("/doap/consent", "");
    host.user = "CN=J\x14\x01\x41rg";
    translate_fails = true;
    bridge.verdict = NDOAP_NOT_OURS;
    CHECK(HttpFilterProc(context, kFilterProcessRequest, NULL) == kFilterError, "a user route is never Domino's");
    CHECK(bridge.asked.unreadable && bridge.asked.user.size == 0, "an unreadable name is said to be one");
    translate_fails = false;
    fake_end();
    context = fake_begin("/doap/consent", "");
    host.alloc_fails = true;
    bridge.verdict = NDOAP_ANSWER;
    CHECK(HttpFilterProc(context, kFilterProcessRequest, NULL) == kFilterHandledRequest, "without memory for headers");
    CHECK(bridge.asked.headers.size == 0 && bridge.asked.user.size == 0, "nothing is known, nobody is named");
    fake_end();
}

void test_shim(void)
{
    test_init();
    test_foreign_requests();
    test_forged_headers();
    test_machine_route();
    test_optional_route();
    test_accepted_token();
    test_brought_identity_headers();
    test_unnamed();
    test_token_at_cleaned_up_path();
    test_judged_again();
    test_names_and_large_tokens();
    test_refused_token();
    test_user_route();
}
