// SPDX-License-Identifier: Apache-2.0
//
// The entry points. HttpFilterProc runs on hundreds of worker threads at once; it keeps state per thread only
// (memory.c). An event that is not ours returns without an allocation and without entering Go.

#include <stdlib.h>
#include <string.h>

#include "dsapi.h"
#include "host.h"
#include "memory.h"
#include "module.h"
#include "ndoap.h"
#include "notes.h"
#include "ours.h"
#include "statistics.h"
#include "thread.h"

// Where user routes are mapped so that Domino authenticates them: a file below the data directory. It is harmless
// when the mapped thing is ever served: a 404, or the page that says what is wrong if the installer put it there.
static const char harmless_file[] = "domino/html/ndoap.html";

static char data_directory[NDOAP_MAX_PATH]; // written by FilterInit, before any event

void ndoap_release(void *memory)
{
    free(memory);
}

static ndoap_text text_of(const char *terminated)
{
    return (ndoap_text){terminated, terminated == NULL ? 0 : strlen(terminated)};
}

static void print_console(const char *lines)
{
    for (; lines != NULL && *lines != '\0'; lines += strlen(lines) + 1)
        ndoap_notes_console(lines);
}

// The one crossing: asks Go, prints what it has to say and counts.
static void ask(ndoap_request *request, ndoap_decision *decision)
{
    memset(decision, 0, sizeof *decision);
    ndoap_serve(request, decision);
    print_console(decision->console);
    ndoap_statistics_count(decision);
}

// Sends the answer and ends the request.
static unsigned int answer(FilterContext *context, ndoap_decision *decision)
{
    bool sent = ndoap_host_answer(context, decision);

    ndoap_release(decision->memory);
    return sent ? kFilterHandledRequest : kFilterError;
}

// The header text of a request, as the host has it now. Good until a header is changed or it is asked for again.
static bool read_headers(FilterContext *context, FilterRawRequest *event, ndoap_text *headers)
{
    unsigned int error = 0;
    char *text = NULL;
    int size = event->GetAllHeaders(context, &text, &error);

    *headers = (ndoap_text){text, text == NULL || size < 0 ? 0 : (size_t)size};
    return size >= 0 && error == 0;
}

// Copies a header name so that the host can be given it. False for a name that no header should have.
static bool copy_name(ndoap_text from, char *name, size_t capacity)
{
    if (from.size == 0 || from.size >= capacity || memchr(from.at, ' ', from.size) != NULL ||
        memchr(from.at, '\t', from.size) != NULL || memchr(from.at, '\0', from.size) != NULL)
        return false;
    memcpy(name, from.at, from.size);
    name[from.size] = '\0';
    return true;
}

enum { MAX_RESERVED = 64, MAX_HEADER_NAME = 256 };

// Empties every inbound X-DOAP-* header: only this filter may say what they say. Leaves the text and the scan of the
// headers as they are then. False when one cannot be emptied.
static bool empty_reserved_headers(FilterContext *context, FilterRawRequest *event, ndoap_text *headers,
                                   ndoap_header_scan *scan)
{
    for (int tries = 0; scan->reserved_remaining > 0; tries++) {
        char name[MAX_HEADER_NAME];
        char nothing[] = "";
        unsigned int error = 0;
        if (tries == MAX_RESERVED || !copy_name(scan->reserved_name, name, sizeof name) ||
            !event->SetHeader(context, name, nothing, &error) || !read_headers(context, event, headers))
            return false;
        *scan = ndoap_scan_headers(headers->at, headers->size);
    }
    return true;
}

// Sets one header for the application. Where the request brought a header that becomes the same variable, that one is
// set, under its spelling; with two of them the variable cannot be made exact.
static bool set_identity_header(FilterContext *context, FilterRawRequest *event, bool brought, char *name, char *value)
{
    char spelling[MAX_HEADER_NAME];
    unsigned int error = 0;

    if (brought) {
        ndoap_text headers, spelled;
        if (!read_headers(context, event, &headers))
            return false;
        size_t count = ndoap_count_spellings(headers.at, headers.size, name, &spelled);
        if (count > 1 || (count == 1 && !copy_name(spelled, spelling, sizeof spelling)))
            return false;
        if (count == 1)
            name = spelling;
    }
    return event->SetHeader(context, name, value, &error) != 0;
}

// Tells the application who is behind the request, in headers that no request from outside can bring along.
static bool set_identity_headers(FilterContext *context, FilterRawRequest *event, bool brought,
                                 const ndoap_decision *decision)
{
    char scope[] = "X-DOAP-Scope", client[] = "X-DOAP-Client", subject[] = "X-DOAP-Subject";

    return set_identity_header(context, event, brought, scope, decision->scope) &&
           set_identity_header(context, event, brought, client, decision->client) &&
           set_identity_header(context, event, brought, subject, decision->subject);
}

// A bearer token was accepted: remember whose request it is and let it go on. The authorization text is the host's and
// may move when headers are set, so that the order matters.
static unsigned int accept(FilterContext *context, FilterRawRequest *event, const char *target,
                           const ndoap_header_scan *scan, ndoap_decision *decision)
{
    char name[NDOAP_MAX_NAME];
    bool translated = ndoap_notes_to_lmbcs(decision->name, name, sizeof name);
    bool kept = ndoap_remember(context, scan->authorization, target, translated ? name : NULL, decision->again != 0) &&
                set_identity_headers(context, event, scan->reserved > 0, decision);

    ndoap_release(decision->memory);
    if (kept)
        return kFilterNotHandled;
    ndoap_forget();
    return kFilterError;
}

static unsigned int on_raw_request(FilterContext *context, FilterRawRequest *event)
{
    FilterRequest line;
    ndoap_text headers;

    ndoap_forget();
    if (!read_headers(context, event, &headers))
        return kFilterError; // without its headers a request cannot be cleared of forged ones
    ndoap_header_scan scan = ndoap_scan_headers(headers.at, headers.size);
    if (!empty_reserved_headers(context, event, &headers, &scan))
        return kFilterError;
    const char *target = ndoap_host_target(context, &line);
    ndoap_route route = ndoap_route_of(target);
    if (route != NDOAP_ROUTE_MACHINE && scan.authorization.at == NULL)
        return kFilterNotHandled;
    if (target == NULL)
        return kFilterError; // a token for nobody knows what

    ndoap_request request = {
        .event = NDOAP_RAW_REQUEST,
        .method = (int32_t)line.method,
        .secure = context->securePort != 0,
        .target = text_of(target),
        .headers = headers,
        .authorization = scan.authorization,
    };
    if (route == NDOAP_ROUTE_MACHINE)
        request.body = ndoap_host_body(context);
    // A request that goes on is not asked for its peer here: that would freeze the CGI variables of the application
    // before they have a user. on_served asks.
    if (route == NDOAP_ROUTE_MACHINE)
        request.peer = ndoap_host_variable(context, "REMOTE_ADDR");

    ndoap_decision decision;
    ask(&request, &decision);
    switch (decision.verdict) {
    case NDOAP_NOT_OURS:
        ndoap_release(decision.memory);
        return kFilterNotHandled;
    case NDOAP_AUTHENTICATED:
        return accept(context, event, target, &scan, &decision);
    case NDOAP_ANSWER:
        return answer(context, &decision);
    default:
        ndoap_release(decision.memory);
        return kFilterError;
    }
}

// Maps a user route to something harmless, so that it reaches authentication instead of ending as not found.
static unsigned int on_translate(FilterMapURL *event)
{
    size_t length = strlen(data_directory);
    bool slash = length > 0 && strchr("/\\", data_directory[length - 1]) == NULL;

    if (ndoap_route_of(event->url) != NDOAP_ROUTE_USER)
        return kFilterNotHandled;
    if (event->pathBuffer == NULL || length + slash + sizeof harmless_file > event->bufferSize)
        return kFilterError;
    memcpy(event->pathBuffer, data_directory, length);
    if (slash)
        event->pathBuffer[length] = '/';
    memcpy(event->pathBuffer + length + slash, harmless_file, sizeof harmless_file);
    event->mapType = kURLMapPass;
    return kFilterHandledEvent;
}

// Writes the name of an authenticated user where Domino wants it, or refuses the user.
static unsigned int authenticate_as(FilterAuthenticate *event, const char *name)
{
    size_t size = name == NULL ? 0 : strlen(name) + 1;

    event->authType = kNotAuthentic;
    if (size > 1 && event->authName != NULL && size <= event->authNameSize) {
        memcpy(event->authName, name, size);
        event->authType = kAuthenticBasic;
    }
    return kFilterHandledEvent;
}

static unsigned int name_user(FilterContext *context, FilterAuthenticate *event, const char *name)
{
    unsigned int result = authenticate_as(event, name);

    if (event->authType == kAuthenticBasic)
        ndoap_note_named(context);
    return result;
}

static unsigned int on_authenticate(FilterContext *context, FilterAuthenticate *event)
{
    enum { USUAL_AUTHORIZATION = 2048 };
    char buffer[USUAL_AUTHORIZATION];
    char name[NDOAP_MAX_NAME];
    FilterRequest line;

    ndoap_text authorization = ndoap_host_authorization(context, event, buffer, sizeof buffer);
    if (authorization.at == NULL || !ndoap_is_token_scheme(authorization.at, authorization.size)) {
        bool accepted = ndoap_recall_standing(context) != NDOAP_STANDING_NONE;
        return accepted ? authenticate_as(event, NULL) : (unsigned int)kFilterNotHandled;
    }
    const char *target = ndoap_host_target(context, &line);
    if (target == NULL)
        return authenticate_as(event, NULL);
    const char *remembered = ndoap_recall(context, authorization, target);
    if (remembered != NULL)
        return name_user(context, event, remembered);

    ndoap_request request = {
        .event = NDOAP_AUTHENTICATE,
        .method = (int32_t)line.method,
        .secure = context->securePort != 0,
        .target = text_of(target),
        .authorization = authorization,
    };
    ndoap_decision decision;
    ask(&request, &decision);
    unsigned int result = kFilterNotHandled;
    if (decision.verdict == NDOAP_AUTHENTICATED && ndoap_notes_to_lmbcs(decision.name, name, sizeof name) &&
        ndoap_remember(context, authorization, target, name, decision.again != 0))
        result = name_user(context, event, name);
    else if (decision.verdict != NDOAP_NOT_OURS)
        result = authenticate_as(event, NULL);
    ndoap_release(decision.memory);
    return result;
}

// Answers a user route, now that Domino knows the user.
static unsigned int on_user_route(FilterContext *context, const FilterRequest *line)
{
    char user[NDOAP_MAX_NAME];
    bool readable = ndoap_host_user(context, user, sizeof user);
    ndoap_request request = {
        .event = NDOAP_AUTHORIZED,
        .method = (int32_t)line->method,
        .secure = context->securePort != 0,
        .unreadable = !readable,
        .target = text_of(line->URL),
        .headers = ndoap_host_page_headers(context),
        .body = ndoap_host_body(context),
        .user = text_of(user),
        .peer = ndoap_host_variable(context, "REMOTE_ADDR"),
    };
    ndoap_decision decision;
    ask(&request, &decision);
    if (decision.verdict == NDOAP_ANSWER)
        return answer(context, &decision);
    ndoap_release(decision.memory);
    return kFilterError; // a user route is never Domino's
}

// Judges a request with an accepted token once more, by what could not be asked for at RawRequest.
static unsigned int on_served(FilterContext *context, const FilterRequest *line, ndoap_standing standing)
{
    ndoap_request request = {
        .event = standing == NDOAP_STANDING_UNNAMED ? NDOAP_UNNAMED : NDOAP_JUDGE_AGAIN,
        .method = (int32_t)line->method,
        .secure = context->securePort != 0,
        .target = text_of(line->URL),
        .headers = ndoap_host_page_headers(context),
        .peer = ndoap_host_variable(context, "REMOTE_ADDR"),
    };
    ndoap_decision decision;
    ask(&request, &decision);
    if (decision.verdict == NDOAP_ANSWER)
        return answer(context, &decision);
    unsigned int result = decision.verdict == NDOAP_NOT_OURS ? kFilterNotHandled : kFilterError;
    ndoap_release(decision.memory);
    return result;
}

// The last event before a request is served; event is NULL at ProcessRequest.
static unsigned int on_authorized(FilterContext *context, FilterAuthorize *event)
{
    FilterRequest line;
    unsigned int result = kFilterNotHandled;
    const char *target = ndoap_host_target(context, &line);
    ndoap_standing standing = ndoap_recall_standing(context);

    if (ndoap_route_of(target) == NDOAP_ROUTE_USER)
        result = on_user_route(context, &line);
    else if (standing == NDOAP_STANDING_AGAIN || standing == NDOAP_STANDING_UNNAMED)
        result = target == NULL ? (unsigned int)kFilterError : on_served(context, &line, standing);
    if (result != kFilterNotHandled && event != NULL)
        event->isAuthorized = 0;
    return result;
}

unsigned int HttpFilterProc(FilterContext *context, unsigned int eventType, void *eventData)
{
    if (context == NULL)
        return kFilterNotHandled;
    switch (eventType) {
    case kFilterRawRequest:
        return eventData == NULL ? (unsigned int)kFilterError : on_raw_request(context, eventData);
    case kFilterTranslateRequest:
        return eventData == NULL ? (unsigned int)kFilterNotHandled : on_translate(eventData);
    case kFilterAuthenticate:
        return eventData == NULL ? (unsigned int)kFilterNotHandled : on_authenticate(context, eventData);
    case kFilterAuthorized:
        return on_authorized(context, eventData);
    case kFilterProcessRequest:
        return on_authorized(context, NULL);
    default:
        return kFilterNotHandled;
    }
}

unsigned int FilterInit(FilterInitData *data)
{
    char app_path[NDOAP_MAX_ENVVALUE], config_dir[NDOAP_MAX_ENVVALUE], log_level[NDOAP_MAX_ENVVALUE];
    char directory[NDOAP_MAX_NAME];

    static bool first = true;
    if (data == NULL)
        return kFilterError;
    if (first) // a second call, with requests under way, must not touch what they read
        ndoap_notes_resolve();
    if (data->serverFilterVersion < kInterfaceVersion) {
        ndoap_notes_console("ndoap: this server's filter interface is older than version 2; the filter is not loaded. "
                            "Domino 9.0.1 or later is needed.");
        return kFilterError;
    }
    if (!ndoap_module_pin() || !ndoap_thread_prepare()) {
        ndoap_notes_console("ndoap: the system refuses to keep the filter in memory; it is not loaded.");
        return kFilterError;
    }
    if (first)
        ndoap_notes_data_directory(data_directory);
    first = false;
    ndoap_notes_environment("DOAP_App_Path", app_path);
    ndoap_notes_environment("DOAP_Config_Dir", config_dir);
    ndoap_notes_environment("DOAP_Log_Level", log_level);
    if (!ndoap_notes_to_utf8(data_directory, directory, sizeof directory))
        directory[0] = '\0';

    ndoap_environment environment = {text_of(directory), text_of(app_path), text_of(config_dir), text_of(log_level)};
    ndoap_opening opening;
    memset(&opening, 0, sizeof opening);
    ndoap_open(&environment, &opening);
    ndoap_module_restore();
    bool process = opening.user_event == NDOAP_USER_EVENT_PROCESS;
    print_console(opening.console);
    ndoap_release(opening.memory);
    ndoap_statistics_publish(&opening.memory_use);

    static const char description[] = "ndoap: OAuth 2 and OpenID Connect for Domino";
    _Static_assert(sizeof description <= sizeof data->filterDesc, "the description fits");
    memcpy(data->filterDesc, description, sizeof description);
    data->appFilterVersion = kInterfaceVersion;
    data->eventFlags = kFilterRawRequest | kFilterTranslateRequest | kFilterAuthenticate;
    data->eventFlags |= process ? kFilterProcessRequest : kFilterAuthorized;
    return kFilterHandledEvent;
}

unsigned int TerminateFilter(unsigned int reserved)
{
    (void)reserved;
    ndoap_opening closing;
    memset(&closing, 0, sizeof closing);
    ndoap_close(&closing);
    print_console(closing.console);
    ndoap_release(closing.memory);
    ndoap_statistics_publish(&closing.memory_use);
    return kFilterHandledEvent;
}
