// SPDX-License-Identifier: Apache-2.0
//
// One rule broken at a time, in as few words as it takes. hosttest names each of them with the sentence it expects.

#include "right.h"
#include "system.h"

#include <stdint.h>
#include <string.h>

static const char sized[] = "Content-Length: 5\r\n\r\n";
static FilterContext *kept_context;
static FilterRawRequest kept_raw;
static FilterUserNameList kept_names;
static char *kept_memory;
static const char *kept_mapped, *kept_url, *kept_body, *kept_header_text, *kept_user;
static volatile char sink;

unsigned int wrong_init(FilterInitData *data, unsigned int result)
{
    if (wrong("init-version"))
        data->appFilterVersion = 1;
    if (wrong("init-server-version"))
        data->serverFilterVersion = 1;
    if (wrong("init-flags"))
        data->initFlags = 1;
    if (wrong("init-description-unterminated"))
        memset(data->filterDesc, 'x', sizeof data->filterDesc);
    if (wrong("init-description-empty"))
        data->filterDesc[0] = '\0';
    if (wrong("init-no-events"))
        data->eventFlags = 0;
    if (wrong("init-unknown-event"))
        data->eventFlags |= 0x1000;
    if (wrong("init-both-authentications"))
        data->eventFlags |= kFilterAuthUser;
    if (wrong("init-overrun"))
        ((volatile char *)data)[sizeof *data] = 1;
    disturb_server();
    if (wrong("init-result"))
        return kFilterHandledRequest;
    return result;
}

static unsigned int written(FilterContext *context, const char *headers)
{
    respond(context, 200, headers);
    return kFilterHandledRequest;
}

static unsigned int wrong_response(FilterContext *context, bool *taken)
{
    static const struct {
        const char *rule, *headers;
    } texts[] = {
        {"headers-null", NULL},
        {"headers-unfinished", "Content-Length: 0\r\n"},
        {"headers-no-lines", "Content-Length: 0"},
        {"headers-bare-lf", "Content-Length: 0\nX: y\r\n\r\n"},
        {"headers-nul-cut", "X: a\0b\r\n\r\n"},
        {"headers-after-end", "X: a\r\n\r\nY: b\r\n\r\n"},
        {"headers-not-a-header", "no colon\r\n\r\n"},
        {"headers-control", "X: a\001\r\n\r\n"},
        {"headers-date", "Date: today\r\n\r\n"},
        {"headers-two-lengths", "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"},
        {"headers-length-no-number", "Content-Length: five\r\n\r\n"},
    };
    unsigned int error = 0;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (wrong(texts[i].rule))
            return written(context, texts[i].headers);
    if (wrong("headers-twice"))
        respond(context, 200, sized);
    if (wrong("headers-twice"))
        return written(context, sized);
    if (wrong("reason-lines") || wrong("reason-empty") || wrong("reason-null")) {
        char *reason = wrong("reason-lines") ? "Re\r\nason" : wrong("reason-empty") ? "" : NULL;
        FilterResponseHeaders response = {200, reason, (char *)(uintptr_t)sized};
        context->ServerSupport(context, kWriteResponseHeaders, &response, NULL, 0, &error);
    }
    if (wrong("status"))
        respond(context, 99, sized);
    if (wrong("body-before-headers"))
        write_body(context, "x", 1);
    if (wrong("body-null") || wrong("body-empty") || wrong("body-long") || wrong("body-short") || wrong("body-head"))
        respond(context, 200, sized);
    if (wrong("body-null"))
        write_body(context, NULL, 1);
    if (wrong("body-empty"))
        write_body(context, "", 0);
    if (wrong("body-long"))
        write_body(context, "123456", 6);
    if (wrong("body-head"))
        write_body(context, "12345", 5);
    if (wrong("body-short")) {
        write_body(context, "1234", 4);
        return kFilterHandledRequest;
    }
    if (wrong("body-unsized") || wrong("body-204"))
        respond(context, wrong("body-204") ? 204 : 200, "\r\n");
    if (wrong("body-unsized") || wrong("body-204"))
        write_body(context, "x", 1);
    if (wrong("answered-not-handled") || wrong("answered-error")) {
        respond(context, 200, "Content-Length: 0\r\n\r\n");
        return wrong("answered-error") ? kFilterError : kFilterNotHandled;
    }
    if (wrong("handled-without-answer"))
        return kFilterHandledRequest;
    *taken = false;
    return kFilterNotHandled;
}

static void ask_request(void *context)
{
    FilterRequest line;
    unsigned int error = 0;

    ((FilterContext *)context)->GetRequest(context, &line, &error);
}

// What reaches for memory that is not the filter's.
static void wrong_memory(FilterContext *context, const FilterRequest *line)
{
    unsigned int error = 0;
    char *text = NULL, *later = NULL, *memory;

    if (wrong("write-url"))
        line->URL[0] = '!';
    if (wrong("body-overrun"))
        sink = line->contentRead[line->contentReadLen];
    if (wrong("body-write"))
        line->contentRead[0] = '!';
    if (wrong("private-context"))
        sink = *(char *)context->privateContext;
    if (wrong("mapped-kept") && kept_mapped != NULL)
        sink = kept_mapped[0];
    if (wrong("server-context"))
        sink = *(char *)context->serverContext;
    if (wrong("context-changed"))
        context->securePort = 7;
    if (wrong("memory-overrun")) {
        memory = context->AllocMem(context, 32, 0, &error);
        ((volatile char *)memory)[32] = 1;
    }
    for (int i = 0; wrong("memory-many") && i < 257; i++)
        context->AllocMem(context, 1, 0, &error);
    if (wrong("headers-kept") || wrong("headers-kept-over-set")) {
        kept_raw.GetAllHeaders(context, &text, &error);
        if (wrong("headers-kept"))
            kept_raw.GetAllHeaders(context, &later, &error);
        else
            kept_raw.SetHeader(context, "X", "y", &error);
        sink = text[0];
    }
}

static unsigned int wrong_raw(FilterContext *context, FilterRawRequest *event, bool *taken)
{
    FilterRequest line;
    FilterAuthenticatedUser user = {.fieldFlags = kCannonicalUserName};
    FilterContext copy = *context;
    unsigned int error = 0;

    kept_raw = *event;
    if (wrong("header-text-kept"))
        event->GetAllHeaders(context, (char **)(uintptr_t)&kept_header_text, &error);
    context->GetRequest(context, &line, &error);
    kept_url = line.URL; // "url-kept" and the like: read at a later event
    kept_body = line.contentRead;
    wrong_memory(context, &line);
    wrong_notes();
    if (wrong_kind("people-") || wrong_kind("password-") || wrong_kind("hash-"))
        wrong_people();
    if (wrong("callback-thread"))
        on_own_thread(ask_request, context);
    if (wrong("callback-context"))
        context->GetRequest(&copy, &line, &error);
    if (wrong("callback-no-error"))
        context->GetRequest(context, &line, NULL);
    if (wrong("stale-context") && kept_context != NULL)
        context->GetRequest(kept_context, &line, &error);
    kept_context = context;
    if (wrong("memory-kept")) {
        if (kept_memory != NULL)
            sink = kept_memory[0];
        kept_memory = context->AllocMem(context, 32, 0, &error);
    }
    if (wrong("service"))
        context->ServerSupport(context, 77, &user, NULL, 0, &error);
    if (wrong("set-header-lines"))
        event->SetHeader(context, "X", "a\r\nY: b", &error);
    if (wrong("set-header-name"))
        event->SetHeader(context, "X Y", "a", &error);
    if (wrong("set-header-blank-before-colon"))
        event->SetHeader(context, "X ", "a", &error);
    if (wrong("add-header-blank-before-colon"))
        event->AddHeader(context, "X : a", &error);
    if (wrong("event-data-changed"))
        event->reserved = 7;
    if (wrong("own-and-leave"))
        context->ServerSupport(context, kOwnsRequest, NULL, NULL, 0, &error);
    if (wrong("result-range"))
        return 4;
    return wrong_response(context, taken);
}

static unsigned int wrong_authenticate(FilterAuthenticate *event, bool *taken)
{
    static const struct {
        const char *rule, *name;
    } names[] = {
        {"name-not-canonical", "Rita Right"},
        {"name-abbreviated", "CN=Rita Right/Acme"},
        {"name-empty", ""},
        {"name-utf8", "CN=Rita\x10\xff/O=Acme"},
    };
    static LMBCS other[] = "CN=Rita Right/O=Acme";

    *taken = wrong_kind("name-");
    if (!*taken)
        return kFilterNotHandled;
    event->authType = kAuthenticBasic;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (wrong(names[i].rule))
            return (void)strcpy((char *)event->authName, names[i].name), kFilterHandledEvent;
    if (wrong("name-unterminated")) {
        memset(event->authName, 'x', event->authNameSize);
        memcpy(event->authName, "CN=", 3);
        return kFilterHandledEvent;
    }
    strcpy((char *)event->authName, (const char *)other);
    if (wrong("name-overrun"))
        ((volatile LMBCS *)event->authName)[event->authNameSize] = 0;
    if (wrong("name-replaced"))
        event->authName = other;
    if (wrong("name-size"))
        event->authNameSize = 999;
    if (wrong("name-cached"))
        event->foundInCache = 1;
    if (wrong("name-not-handled"))
        return kFilterNotHandled;
    if (wrong("name-type"))
        event->authType = 5;
    if (wrong("name-replaced") || wrong("name-size") || wrong("name-cached") || wrong("name-type"))
        return kFilterHandledEvent;
    event->authType = 0xFFFFFFFF; // as it came: "name-no-type"
    return kFilterHandledEvent;
}

static unsigned int wrong_translate(FilterContext *context, FilterMapURL *event, bool *taken)
{
    static LMBCS group[] = "Sales";
    char *text = NULL;
    unsigned int error = 0;

    if (wrong("path-unterminated"))
        memset(event->pathBuffer, 'x', event->bufferSize);
    else if (wrong("path-overrun"))
        ((volatile char *)event->pathBuffer)[event->bufferSize] = 0;
    else if (wrong("path-empty"))
        event->pathBuffer[0] = '\0';
    else if (wrong("path-type"))
        strcpy(event->pathBuffer, "x");
    else if (wrong("path-size"))
        event->bufferSize = 9999;
    else if (wrong("handled-at-translate"))
        return written(context, "Content-Length: 0\r\n\r\n");
    else if (wrong("set-header-late"))
        kept_raw.SetHeader(context, "X", "y", &error);
    else if (wrong("all-headers-late"))
        kept_raw.GetAllHeaders(context, &text, &error);
    else if (wrong("groups-late"))
        kept_names.AddGroupsToList(context, group, 1, 0, &error);
    else
        *taken = false;
    return kFilterHandledEvent;
}

static unsigned int wrong_authorized(FilterContext *context, FilterAuthorize *event, bool *taken)
{
    FilterAuthenticatedUser user = {.fieldFlags = kCannonicalUserName};
    unsigned int error = 0;

    if (wrong("user-kept"))
        context->ServerSupport(context, kGetAuthenticatedUserInfo, &user, NULL, 0, &error);
    kept_user = user.pUserCannonicalName;
    if (wrong("authorized-left"))
        return written(context, "Content-Length: 0\r\n\r\n");
    if (wrong("authorized-silent"))
        return event->isAuthorized = 0, kFilterNotHandled;
    if (wrong("authorized-value"))
        return event->isAuthorized = 2, kFilterHandledEvent;
    if (wrong("authorized-path"))
        event->mapType = 3;
    if (wrong("mapped-write"))
        event->pBuffer[0] = '!';
    if (wrong("mapped-overrun"))
        sink = event->pBuffer[strlen(event->pBuffer) + 1];
    kept_mapped = event->pBuffer; // "mapped-kept": read with the next request
    *taken = false;
    return kFilterNotHandled;
}

unsigned int wrong_event(FilterContext *context, unsigned int type, void *data, bool *taken)
{
    FilterRequest line;
    unsigned int error = 0;

    *taken = true;
    switch (type) {
    case kFilterStartRequest:
        if (wrong("start-handled"))
            return kFilterHandledRequest;
        if (wrong("start-callback"))
            context->GetRequest(context, &line, &error);
        break;
    case kFilterRawRequest:
        return wrong_raw(context, data, taken);
    case kFilterAuthenticate:
        if (wrong("url-kept") || wrong("body-kept") || wrong("header-text-kept"))
            sink = wrong("url-kept") ? kept_url[0] : wrong("body-kept") ? kept_body[0] : kept_header_text[0];
        return wrong_authenticate(data, taken);
    case kFilterUserNameList:
        kept_names = *(FilterUserNameList *)data;
        break;
    case kFilterTranslateRequest:
        return wrong_translate(context, data, taken);
    case kFilterAuthorized:
        return wrong_authorized(context, data, taken);
    case kFilterProcessRequest:
        if (wrong("process-handled-event"))
            return kFilterHandledEvent;
        if (wrong("user-kept"))
            sink = kept_user[0];
        break;
    case kFilterEndRequest:
        if (wrong("end-handled"))
            return kFilterHandledEvent;
        if (wrong("end-write"))
            write_body(context, "x", 1);
        break;
    default:
        break;
    }
    *taken = false;
    return kFilterNotHandled;
}
