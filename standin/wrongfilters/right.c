// SPDX-License-Identifier: Apache-2.0
//
// The right filter. What it does depends on the path, so that tests can see each behaviour of the host on its own.

#include "right.h"
#include "system.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "CN=Rita Right/O=Acme";
static char mine; // what privateContext points to
static unsigned int inits;
static _Thread_local FilterContext *raw_context;

bool wrong(const char *rule)
{
    const char *wanted = getenv("STANDIN_WRONG");

    return wanted != NULL && strcmp(wanted, rule) == 0;
}

bool wrong_kind(const char *prefix)
{
    const char *wanted = getenv("STANDIN_WRONG");

    return wanted != NULL && strncmp(wanted, prefix, strlen(prefix)) == 0;
}

void console(const char *format, unsigned int number)
{
    char line[128];
    void (*log_message)(const char *, uint16_t, ...);
    void *address = notes_function("AddInLogMessageText");

    memcpy(&log_message, &address, sizeof address);
    snprintf(line, sizeof line, format, number);
    log_message("%s", 0, line);
}

void respond(FilterContext *context, unsigned int status, const char *headers)
{
    unsigned int error = 0;
    FilterResponseHeaders response = {status, "Reason", (char *)(uintptr_t)headers};

    context->ServerSupport(context, kWriteResponseHeaders, &response, NULL, 0, &error);
}

void write_body(FilterContext *context, const char *bytes, unsigned int size)
{
    unsigned int error = 0;

    context->WriteClient(context, (char *)(uintptr_t)bytes, size, 0, &error);
}

unsigned int answer(FilterContext *context, const char *body)
{
    char headers[128];

    snprintf(headers, sizeof headers, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", strlen(body));
    respond(context, 200, headers);
    if (body[0] != '\0')
        write_body(context, body, (unsigned int)strlen(body));
    return kFilterHandledRequest;
}

// Asks the host for what is absent or too long, and answers with what came back.
static unsigned int probe(FilterContext *context, FilterRawRequest *event)
{
    char report[1024], value[8] = "-------", header[64] = "x", *all = NULL;
    unsigned int missing = 0, small = 0, header_small = 0, header_missing = 0, error = 0;
    FilterAuthenticatedUser user = {.fieldFlags = kCannonicalUserName};
    unsigned int early = 0;
    FilterRequest line;

    context->GetRequest(context, &line, &error);
    int known = context->ServerSupport(context, kGetAuthenticatedUserInfo, &user, NULL, 0, &early);
    int absent = context->GetServerVariable(context, "HTTP_ABSENT", value, sizeof value, &missing);
    int cut = context->GetServerVariable(context, "HTTP_X_LONG", value, sizeof value - 1, &small);
    int needed = event->GetHeader(context, "X-Long", header, 4, &header_small);
    int none = event->GetHeader(context, "Absent", header, sizeof header, &header_missing);
    int size = event->GetAllHeaders(context, &all, &error);
    snprintf(
        report, sizeof report,
        "absent=%d,%u cut=%d,%u,%.7s needed=%d,%u none=%d,%u,%s private=%d first=%.*s size=%d read=%u user=%d,%u url=%s",
        absent, missing, cut, small, value, needed, header_small, none, header_missing, header,
        context->privateContext != NULL && context->privateContext != &mine, (int)strcspn(all, "\r"), all,
        size - (int)strlen(all), line.contentReadLen, known, early, line.URL);
    return answer(context, report);
}

// Waits inside the event until the test lets it go on.
static unsigned int hold(FilterContext *context, const char *port)
{
    wait_for_test((uint16_t)atoi(port));
    console("right: held request goes on", 0);
    return answer(context, "held");
}

// Translates the body to LMBCS and back, reads notes.ini, publishes statistics, and answers with what came of it.
static unsigned int use_notes(FilterContext *context, const FilterRequest *line)
{
    uint16_t(LNPUBLIC * translate)(uint16_t, const char *, uint16_t, char *, uint16_t);
    int(LNPUBLIC * environment)(const char *, char *, uint16_t);
    int32_t(LNPUBLIC * environment_long)(const char *);
    uint16_t(LNPUBLIC * data_directory)(char *);
    uint16_t(LNPUBLIC * statistic)(const char *, const char *, uint16_t, uint16_t, const void *);
    void *found[] = {notes_function("OSTranslate"), notes_function("OSGetEnvironmentString"),
                     notes_function("OSGetEnvironmentLong"), notes_function("OSGetDataDirectory"),
                     notes_function("StatUpdate")};
    char lmbcs[64], utf8[64], value[9], none[9], path[256], report[1024], hex[129] = "";
    int32_t whole = -7;
    double half = 0.5;

    memcpy(&translate, &found[0], sizeof found[0]);
    memcpy(&environment, &found[1], sizeof found[1]);
    memcpy(&environment_long, &found[2], sizeof found[2]);
    memcpy(&data_directory, &found[3], sizeof found[3]);
    memcpy(&statistic, &found[4], sizeof found[4]);
    uint16_t size = translate(24, line->contentRead, (uint16_t)line->contentReadLen, lmbcs, sizeof lmbcs);
    uint16_t back = translate(22, lmbcs, size, utf8, sizeof utf8);
    for (uint16_t i = 0; i < size; i++)
        snprintf(hex + (size_t)i * 2, 3, "%02x", (unsigned char)lmbcs[i]);
    bool same = back == line->contentReadLen && memcmp(utf8, line->contentRead, back) == 0;
    bool exists = environment("NOTESprogram", value, sizeof value - 1);
    data_directory(path);
    statistic("Test", "Whole", 1, 0, &whole);
    statistic("Test", "Half", 1, 3, &half);
    statistic("Test", "Word", 1, 1, "word");
    snprintf(report, sizeof report, "%s same=%d ini=%d,%s,%d,%d data=%s", hex, same, exists, value,
             environment("Absent", none, sizeof none - 1), environment_long("Number"), path);
    return answer(context, report);
}

static unsigned int on_raw(FilterContext *context, FilterRawRequest *event)
{
    char user[32];
    unsigned int error = 0;
    FilterRequest line;

    raw_context = context;
    context->GetRequest(context, &line, &error);
    if (strcmp(line.URL, "/answer") == 0)
        return answer(context, "hello");
    if (strcmp(line.URL, "/nothing") == 0) {
        respond(context, 204, "\r\n");
        return kFilterHandledRequest;
    }
    if (strstr(line.URL, "/probe") != NULL)
        return probe(context, event);
    if (strcmp(line.URL, "/notes") == 0)
        return use_notes(context, &line);
    if (strcmp(line.URL, "/unicode") == 0)
        return use_unicode(context, &line);
    if (strstr(line.URL, "/parse") != NULL)
        return parse(context);
    if (strcmp(line.URL, "/102") == 0)
        context->ServerSupport(context, kWrite102Processing, NULL, NULL, 0, &error);
    if (strncmp(line.URL, "/hold?", 6) == 0)
        return hold(context, line.URL + 6);
    if (strcmp(line.URL, "/error") == 0)
        return kFilterError;
    if (strstr(line.URL, "/freeze") != NULL)
        context->GetServerVariable(context, "REMOTE_USER", user, sizeof user, &error);
    if (strcmp(line.URL, "/headers") == 0) {
        event->SetHeader(context, "x-double", "one", &error);
        event->AddHeader(context, "X-New: two", &error);
    }
    if (strcmp(line.URL, "/malloc") == 0)
        for (int i = 0; i < 3; i++) {
            void *volatile memory = malloc(10);
            free(memory);
        }
    return kFilterNotHandled;
}

static unsigned int on_authenticate(FilterContext *context, FilterAuthenticate *event)
{
    char value[64] = ""; // stays so when there is a longer one
    unsigned int error = 0;

    event->GetHeader(context, "Authorization", value, sizeof value, &error);
    if (strcmp(value, "Bearer bad") == 0) {
        event->authType = kNotAuthentic;
        return kFilterHandledEvent;
    }
    if (strncmp(value, "Bearer", 6) != 0)
        return kFilterNotHandled;
    if (sizeof name > event->authNameSize) {
        event->authType = kNotAuthentic;
        return kFilterHandledEvent;
    }
    memcpy(event->authName, name, sizeof name);
    event->authType = kAuthenticBasic;
    return kFilterHandledEvent;
}

static unsigned int on_translate(FilterMapURL *event)
{
    if (strncmp(event->url, "/map", 4) != 0)
        return kFilterNotHandled;
    snprintf(event->pathBuffer, event->bufferSize, "mapped.html");
    event->mapType = kURLMapPass;
    return kFilterHandledEvent;
}

// Answers with the user: "whoami NAME".
static unsigned int whoami(FilterContext *context)
{
    char body[400];
    unsigned int error = 0;
    FilterAuthenticatedUser user = {.fieldFlags = kCannonicalUserName};

    int known = context->ServerSupport(context, kGetAuthenticatedUserInfo, &user, NULL, 0, &error);
    snprintf(body, sizeof body, "whoami %s", known ? user.pUserCannonicalName : "?");
    return answer(context, body);
}

static unsigned int on_authorized(FilterContext *context, FilterAuthorize *event)
{
    if (strcmp(event->pURL, "/forbid") == 0) {
        event->isAuthorized = 0;
        return kFilterHandledEvent;
    }
    if (strcmp(event->pURL, "/map/freeze") == 0) {
        char user[64] = "?";
        unsigned int error = 0;
        context->GetServerVariable(context, "REMOTE_USER", user, sizeof user, &error);
        event->isAuthorized = 0;
        return answer(context, user[0] == '\0' ? "still nobody" : user);
    }
    if (strcmp(event->pURL, "/found") == 0) {
        char mapped[300];
        snprintf(mapped, sizeof mapped, "%u %s", event->mapType, event->pBuffer);
        event->isAuthorized = 0;
        return answer(context, mapped);
    }
    if (strcmp(event->pURL, "/map/names") == 0) {
        event->isAuthorized = 0;
        return tell_names(context);
    }
    if (strcmp(event->pURL, "/map/whoami") != 0)
        return kFilterNotHandled;
    event->isAuthorized = 0;
    return whoami(context);
}

unsigned int HttpFilterProc(FilterContext *context, unsigned int eventType, void *eventData)
{
    bool taken = false;
    unsigned int result = wrong_event(context, eventType, eventData, &taken);

    if (taken)
        return result;
    switch (eventType) {
    case kFilterStartRequest:
        context->privateContext = &mine;
        return kFilterNotHandled;
    case kFilterRawRequest:
        return on_raw(context, eventData);
    case kFilterAuthenticate:
        return on_authenticate(context, eventData);
    case kFilterUserNameList:
        list_names(context, eventData);
        return kFilterNotHandled;
    case kFilterTranslateRequest:
        return on_translate(eventData);
    case kFilterAuthorized:
        return on_authorized(context, eventData);
    case kFilterResponse:
        console(context == raw_context ? "right: Response with the same context"
                                       : "right: Response with another context",
                0);
        return kFilterNotHandled;
    default:
        return kFilterNotHandled;
    }
}

unsigned int FilterInit(FilterInitData *data)
{
    data->appFilterVersion = kInterfaceVersion;
    data->eventFlags = kFilterStartRequest | kFilterRawRequest | kFilterParsedRequest | kFilterRewriteURL |
                       kFilterAuthenticate | kFilterUserNameList | kFilterTranslateRequest | kFilterPostTranslate |
                       kFilterAuthorized | kFilterProcessRequest | kFilterResponse | kFilterEndRequest;
    snprintf(data->filterDesc, sizeof data->filterDesc, "right");
    console("right: init %u", ++inits);
    return wrong_init(data, kFilterHandledEvent);
}

unsigned int TerminateFilter(unsigned int reserved)
{
    (void)reserved;
    console("right: terminate", 0);
    return wrong("terminate-result") ? kFilterNotHandled : kFilterHandledEvent;
}
