// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>

#include "check.h"
#include "fakehost.h"
#include "fakenotes.h"
#include "host.h"

static const char token_headers[] = "GET /shop HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n";

static unsigned int raw(FilterContext *context)
{
    FilterRawRequest event = fake_raw_request();
    return HttpFilterProc(context, kFilterRawRequest, &event);
}

// What the scopes of a token open depends on what the host makes of the URL, which is known at the last event only.
void test_mapped(void)
{
    LMBCS name[64];
    char path[] = "/local/notesdata/sales.nsf";
    FilterContext *context = fake_begin("/shop", token_headers);
    FilterAuthenticate authenticate = fake_authenticate(name, sizeof name);
    FilterAuthorize authorize = {
        .pBuffer = path, .bufferSize = sizeof path, .mapType = kURLMapDomino, .isAuthorized = 1};
    FilterMapURL process = {.pathBuffer = path, .bufferSize = sizeof path, .mapType = kURLMapPass};

    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.name = "CN=A";
    bridge.again = NDOAP_AGAIN_RESOURCE;
    bridge.ticket = "{\"scope\":\"shop\"}";
    host.authorization = "Bearer abc";
    host.variable = "192.0.2.1";
    CHECK(raw(context) == kFilterNotHandled, "accepted for now");
    CHECK(bridge.asked.mapped.size == 0 && bridge.asked.ticket.size == 0, "nothing is known yet");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "and named");
    bridge.verdict = NDOAP_NOT_OURS;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "let through");
    CHECK(bridge.crossings == 2 && bridge.asked.event == NDOAP_JUDGE_AGAIN, "by one more crossing");
    CHECK(bridge.asked.again == NDOAP_AGAIN_RESOURCE && bridge.asked.map_type == kURLMapDomino, "for that");
    CHECK_TEXT(bridge.mapped, "/local/notesdata/sales.nsf");
    CHECK(bridge.asked.ticket.size == 16 && memcmp(bridge.asked.ticket.at, "{\"scope\":\"shop\"}", 16) == 0,
          "with the ticket, %zu", bridge.asked.ticket.size);
    CHECK(bridge.asked.target.size == 5 && !bridge.asked.mapped_unreadable, "and the URL");
    CHECK(host.variables_asked == 0, "no CGI variable is frozen for that");
    CHECK(HttpFilterProc(context, kFilterProcessRequest, &process) == kFilterNotHandled, "at the other event");
    CHECK(bridge.asked.map_type == kURLMapPass, "it is what that has");
    CHECK_TEXT(bridge.mapped, "/local/notesdata/sales.nsf");
    bridge.verdict = NDOAP_ANSWER;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterHandledRequest, "or refused");
    CHECK(authorize.isAuthorized == 0 && host.status == 201, "with an answer");

    CHECK(HttpFilterProc(context, kFilterProcessRequest, NULL) == kFilterHandledRequest, "no event data");
    CHECK(bridge.asked.mapped.size == 0 && !bridge.asked.mapped_unreadable, "say nothing");
    authorize.bufferSize = 5;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK_TEXT(bridge.mapped, "/loca");
    authorize.bufferSize = 0;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK(bridge.asked.mapped.size == 0 && !bridge.asked.mapped_unreadable, "nor does a buffer of no size");
    authorize.pBuffer = NULL;
    authorize.bufferSize = 256;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK(bridge.asked.mapped.size == 0 && !bridge.asked.mapped_unreadable, "or none");

    // The encoding is documented nowhere.
    char lmbcs[] = "mail/\x10\x8E\x52.nsf", utf8[] = "mail/\xE5\xB1\xB1.nsf", latin[] = "J\x14\x01\x41rg.nsf";
    authorize.pBuffer = utf8;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK_TEXT(bridge.mapped, utf8);
    authorize.pBuffer = latin;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK_TEXT(bridge.mapped, "J\xC5\x81rg.nsf");
    translate_fails = true;
    authorize.pBuffer = lmbcs;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK(bridge.asked.mapped_unreadable && bridge.asked.mapped.size == 0, "what is neither is said to be unreadable");
    translate_fails = false;
    char *large = malloc(NDOAP_MAX_MAPPED);
    memset(large, 'a', NDOAP_MAX_MAPPED);
    authorize.pBuffer = large;
    authorize.bufferSize = NDOAP_MAX_MAPPED;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK(bridge.asked.mapped_unreadable && bridge.asked.mapped.size == 0, "so is what is too long");
    authorize.bufferSize = NDOAP_MAX_MAPPED - 1;
    (void)HttpFilterProc(context, kFilterAuthorized, &authorize);
    CHECK(!bridge.asked.mapped_unreadable && bridge.asked.mapped.size == NDOAP_MAX_MAPPED - 1, "but not the longest");
    free(large);

    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.again = NDOAP_AGAIN_TRANSPORT | NDOAP_AGAIN_RESOURCE;
    CHECK(raw(context) == kFilterNotHandled, "both are to be judged");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "named");
    bridge.verdict = NDOAP_NOT_OURS;
    authorize.pBuffer = path;
    authorize.isAuthorized = 1;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "by one crossing");
    CHECK(bridge.asked.again == 3 && bridge.asked.peer.size == 9 && bridge.asked.ticket.size == 16, "which has all");
    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.again = NDOAP_AGAIN_TRANSPORT;
    CHECK(raw(context) == kFilterNotHandled, "the transport only");
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "named");
    bridge.verdict = NDOAP_NOT_OURS;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "then");
    CHECK(bridge.asked.ticket.size == 0 && bridge.asked.mapped.size == 0, "needs neither");
    host.authorization = "Bearer abd";
    bridge.verdict = NDOAP_AUTHENTICATED;
    bridge.again = NDOAP_AGAIN_RESOURCE;
    bridge.ticket = "other";
    CHECK(HttpFilterProc(context, kFilterAuthenticate, &authenticate) == kFilterHandledEvent, "another token there");
    bridge.verdict = NDOAP_NOT_OURS;
    CHECK(HttpFilterProc(context, kFilterAuthorized, &authorize) == kFilterNotHandled, "has");
    CHECK(bridge.asked.ticket.size == 5 && memcmp(bridge.asked.ticket.at, "other", 5) == 0, "another ticket");
    fake_end();
}
