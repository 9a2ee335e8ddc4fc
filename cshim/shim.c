// SPDX-License-Identifier: Apache-2.0
//
// HttpFilterProc: what each event comes to. It runs on hundreds of worker threads at once; it keeps state per thread
// only (memory.c). An event that is not ours returns without an allocation and without entering Go.

#include <string.h>

#include "dsapi.h"
#include "headers.h"
#include "host.h"
#include "lifecycle.h"
#include "memory.h"
#include "ndoap.h"
#include "notes.h"
#include "notes_people.h"
#include "ours.h"
#include "statistics.h"

// Where user routes are mapped so that Domino authenticates them: a file below the data directory. It is harmless
// when the mapped thing is ever served: a 404, or the page that says what is wrong if the installer put it there.
static const char harmless_file[] = "domino/html/ndoap.html";

// The one crossing: asks Go, prints what it has to say and counts.
static void ask(ndoap_request *request, ndoap_decision *decision)
{
    memset(decision, 0, sizeof *decision);
    request->people_thread = ndoap_people_thread();
    ndoap_serve(request, decision);
    ndoap_print_console(decision->console);
    ndoap_statistics_count(decision);
}

// Sends the answer and ends the request.
static unsigned int answer(FilterContext *context, ndoap_decision *decision)
{
    bool sent = ndoap_host_answer(context, decision);

    ndoap_release(decision->memory);
    return sent ? kFilterHandledRequest : kFilterError;
}

// Refuses a request that brought X-DOAP-* headers which cannot be cleared, or a proxy's in a spelling that no proxy
// has. The one answer that C words itself: there is nothing to decide.
static unsigned int refuse_headers(FilterContext *context, const FilterRawRequest *event)
{
    static char reason[] = "Bad Request";
    static char headers[] = "Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 67\r\n\r\n";
    static char body[] = "The request has headers such as X-DOAP or X_Forwarded. Leave them.\n";
    ndoap_decision decision;

    _Static_assert(sizeof body - 1 == 67, "Content-Length is the length of the body");
    memset(&decision, 0, sizeof decision);
    decision.status = 400;
    decision.reason = reason;
    decision.headers = headers;
    decision.body = body;
    decision.body_size = event->requestMethod == kRequestHEAD ? 0 : sizeof body - 1;
    return answer(context, &decision);
}

// A bearer token was accepted: remember whose request it is and let it go on. The authorization text is the host's and
// may move when headers are set, so that the order matters.
static unsigned int accept(FilterContext *context, FilterRawRequest *event, const char *target,
                           const ndoap_header_scan *scan, ndoap_decision *decision)
{
    char name[NDOAP_MAX_NAME];
    bool translated = ndoap_notes_to_lmbcs(decision->name, name, sizeof name);
    bool kept = ndoap_remember(context, scan->authorization, target, translated ? name : NULL, decision->again,
                               decision->ticket) &&
                ndoap_headers_set_identity(context, event, scan->reserved > 0, decision);

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
    if (!ndoap_headers_read(context, event, &headers))
        return kFilterError; // without its headers a request cannot be cleared of forged ones
    ndoap_header_scan scan = ndoap_scan_headers(headers.at, headers.size);
    if (!ndoap_headers_empty_reserved(context, event, &headers, &scan))
        return refuse_headers(context, event);
    const char *target = ndoap_host_target(context, &line);
    ndoap_route route = ndoap_route_of(target);
    // Where people log in, CGI variables are all that is left of the headers.
    if (route == NDOAP_ROUTE_USER && ndoap_claims_proxy(headers.at, headers.size))
        return refuse_headers(context, event);
    if (route != NDOAP_ROUTE_MACHINE && route != NDOAP_ROUTE_OPTIONAL && scan.authorization.at == NULL)
        return kFilterNotHandled;
    if (target == NULL)
        return kFilterError; // a token for nobody knows what

    ndoap_request request = {
        .event = NDOAP_RAW_REQUEST,
        .method = (int32_t)line.method,
        .secure = context->securePort != 0,
        .target = ndoap_text_of(target),
        .headers = headers,
        .authorization = scan.authorization,
    };
    // A request that goes on, or may go on, is not asked for its peer here: that would freeze the CGI variables of the
    // application before they have a user. on_served asks.
    if (route == NDOAP_ROUTE_MACHINE) {
        request.body = ndoap_host_body(context);
        request.peer = ndoap_host_variable(context, "REMOTE_ADDR");
    }

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
    const char *data_directory = ndoap_data_directory();
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
        ndoap_note_named(context, event->foundInCache != 0);
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
        .target = ndoap_text_of(target),
        .authorization = authorization,
    };
    ndoap_decision decision;
    ask(&request, &decision);
    unsigned int result = kFilterNotHandled;
    if (decision.verdict == NDOAP_AUTHENTICATED && ndoap_notes_to_lmbcs(decision.name, name, sizeof name) &&
        ndoap_remember(context, authorization, target, name, decision.again, decision.ticket))
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
        .target = ndoap_text_of(line->URL),
        .headers = ndoap_host_page_headers(context),
        .body = ndoap_host_body(context),
        .user = ndoap_text_of(user),
        .peer = ndoap_host_variable(context, "REMOTE_ADDR"),
    };
    ndoap_decision decision;
    ask(&request, &decision);
    if (decision.verdict == NDOAP_ANSWER)
        return answer(context, &decision);
    ndoap_release(decision.memory);
    return kFilterError; // a user route is never Domino's
}

// Judges a request with an accepted token once more, by what could not be asked for at RawRequest, or was not known
// yet.
static unsigned int on_served(FilterContext *context, const FilterRequest *line, ndoap_standing standing,
                              const ndoap_host_mapping *mapping)
{
    char path[NDOAP_MAX_MAPPED];
    ndoap_request request = {
        .event = standing == NDOAP_STANDING_UNNAMED ? NDOAP_UNNAMED : NDOAP_JUDGE_AGAIN,
        .method = (int32_t)line->method,
        .secure = context->securePort != 0,
        .target = ndoap_text_of(line->URL),
        .again = standing == NDOAP_STANDING_AGAIN ? ndoap_recall_again(context) : 0,
    };
    if ((request.again & NDOAP_AGAIN_TRANSPORT) != 0) {
        request.headers = ndoap_host_page_headers(context);
        request.peer = ndoap_host_variable(context, "REMOTE_ADDR");
    }
    if ((request.again & NDOAP_AGAIN_RESOURCE) != 0) {
        request.ticket = ndoap_recall_ticket(context);
        request.map_type = (int32_t)mapping->type;
        request.mapped_unreadable = !ndoap_host_mapped(mapping, path, sizeof path);
        request.mapped = ndoap_text_of(path);
    }
    ndoap_decision decision;
    ask(&request, &decision);
    if (decision.verdict == NDOAP_ANSWER)
        return answer(context, &decision);
    unsigned int result = decision.verdict == NDOAP_NOT_OURS ? kFilterNotHandled : kFilterError;
    ndoap_release(decision.memory);
    return result;
}

// What is still to be asked of a request. Whom the host has taken for its user is looked at only where there is a
// doubt: how the host spells the name otherwise is not known well enough.
static ndoap_standing standing_of(FilterContext *context)
{
    const char *name = ndoap_recall_doubted(context);

    return name != NULL && !ndoap_host_has_user(context, name) ? NDOAP_STANDING_UNNAMED
                                                               : ndoap_recall_standing(context);
}

// The last event before a request is served; event is NULL at ProcessRequest.
static unsigned int on_last_event(FilterContext *context, FilterAuthorize *event, const ndoap_host_mapping *mapping)
{
    FilterRequest line;
    unsigned int result = kFilterNotHandled;
    const char *target = ndoap_host_target(context, &line);
    ndoap_standing standing = standing_of(context);

    if (ndoap_route_of(target) == NDOAP_ROUTE_USER)
        // At RawRequest a token is refused here. One that was accepted came with another spelling of the path, which
        // the host has cleaned up since: it must not log its user in either.
        result = standing == NDOAP_STANDING_NONE ? on_user_route(context, &line) : (unsigned int)kFilterError;
    else if (standing == NDOAP_STANDING_AGAIN || standing == NDOAP_STANDING_UNNAMED)
        result = target == NULL ? (unsigned int)kFilterError : on_served(context, &line, standing, mapping);
    if (result != kFilterNotHandled && event != NULL)
        event->isAuthorized = 0;
    return result;
}

static unsigned int on_authorize(FilterContext *context, FilterAuthorize *event)
{
    ndoap_host_mapping mapping = {NULL, 0, kURLMapUnknown};

    if (event != NULL)
        mapping = (ndoap_host_mapping){event->pBuffer, event->bufferSize, event->mapType};
    return on_last_event(context, event, &mapping);
}

static unsigned int on_process(FilterContext *context, const FilterMapURL *event)
{
    ndoap_host_mapping mapping = {NULL, 0, kURLMapUnknown};

    if (event != NULL)
        mapping = (ndoap_host_mapping){event->pathBuffer, event->bufferSize, event->mapType};
    return on_last_event(context, NULL, &mapping);
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
        return on_authorize(context, eventData);
    case kFilterProcessRequest:
        return on_process(context, eventData);
    case kFilterStartRequest:
    case kFilterEndRequest:
        // Contexts are used again, and a filter in front may keep the next RawRequest to itself.
        ndoap_forget();
        return kFilterNotHandled;
    default:
        return kFilterNotHandled;
    }
}
