// SPDX-License-Identifier: Apache-2.0
//
// The events of a request, in the documented order or with the translation first.

#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../notes/notes.h"
#include "violation.h"

enum { UNWRITTEN = 0xA5, URI_TOO_LONG = 414 };
static const unsigned int no_auth_type = 0xFFFFFFFF;

server_settings settings;

static unsigned int method_code(text method)
{
    static const char *const names[] = {"HEAD", "GET", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS"};

    for (unsigned int i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_is(method, names[i]))
            return i + kRequestHEAD;
    return kRequestUNKNOWN;
}

// Calls one filter for one event and checks what does not depend on the event. The neighbour in front of it and
// behind it leaves a pointer of its own in privateContext.
static unsigned int call(request *r, filter *f, const event_rule *rule, void *data)
{
    FilterContext *context = r->context;
    bool answered = r->answer.begun;

    context->privateContext = guard_poison(0);
    r->shadow = *context;
    r->event = rule->bit;
    r->called = f;
    place_enter(rule->name);
    uint64_t begin = platform_clock();
    allocations_on();
    unsigned int result = f->proc(context, rule->bit, data);
    allocations_off();
    r->worker->measured.filter_time += platform_clock() - begin;
    r->event = 0;
    r->shadow.privateContext = context->privateContext;
    if (memcmp(&r->shadow, context, sizeof *context) != 0)
        violation("a member of FilterContext other than privateContext was changed");
    context->privateContext = guard_poison(1);

    if (result > kFilterError)
        violation("HttpFilterProc returned %u", result);
    if (rule->bit == kFilterStartRequest || rule->bit == kFilterEndRequest) {
        if (result != kFilterNotHandled)
            violation("HttpFilterProc returned %u, this event only takes kFilterNotHandled", result);
        return result;
    }
    if (result == kFilterHandledRequest) {
        if (!rule->may_answer)
            violation("kFilterHandledRequest is not allowed at this event");
        response_end(r);
        return result;
    }
    if (result == kFilterHandledEvent && !rule->may_handle)
        violation("kFilterHandledEvent is not allowed at this event");
    bool denied = rule->bit == kFilterAuthorized && result == kFilterHandledEvent;
    if (r->answer.begun && !answered && !denied)
        violation("a response was written, but HttpFilterProc returned %u", result);
    return result;
}

// What an event has besides its data: a look at what the filter did to them.
typedef void (*event_check)(request *r, void *data, void *before, unsigned int result);

// Raises an event for every filter that wants it, in list order, until one has handled it.
static unsigned int raise_event(request *r, unsigned int bit, void *data, size_t size, event_check check)
{
    const event_rule *rule = event_of(bit);
    unsigned int result = kFilterNotHandled;
    unsigned char before[sizeof(FilterAuthenticate)];

    buffer_text(&r->trace, r->trace.size == 0 ? "" : " ");
    bool wanted = false;
    for (int i = 0; i < filters_count && result == kFilterNotHandled; i++) {
        filter *f = &filters[i];
        if ((f->events & bit) == 0 || (r->owner != NULL && r->owner != f))
            continue;
        if (!wanted)
            buffer_text(&r->trace, rule->name);
        wanted = true;
        if (data != NULL)
            memcpy(before, data, size);
        result = call(r, f, rule, data);
        if (check != NULL)
            check(r, data, before, result);
        place_enter(NULL);
    }
    if (!wanted && r->trace.size > 0)
        r->trace.at[--r->trace.size] = '\0';
    return result;
}

static bool wanted(unsigned int bit)
{
    for (int i = 0; i < filters_count; i++)
        if ((filters[i].events & bit) != 0)
            return true;
    return false;
}

// Memory for the data of the next event; those of the last one are gone.
static void *event_data(request *r, size_t size)
{
    worker *w = r->worker;

    guard_expire(&w->event_data[w->events++ % 2]);
    void *data = guard_open(&w->event_data[w->events % 2], "the event data", size);
    memset(data, 0, size);
    return data;
}

static void check_unchanged(const void *data, const void *before, size_t size)
{
    if (memcmp(data, before, size) != 0)
        violation("a member of the event data that is not the filter's to write was changed");
}

static outcome outcome_of(unsigned int result)
{
    return result == kFilterHandledRequest ? ANSWERED : result == kFilterError ? FAILED : GOES_ON;
}

static void check_raw(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    (void)result;
    check_unchanged(data, before, sizeof(FilterRawRequest));
}

static outcome raw(request *r)
{
    if (!wanted(kFilterRawRequest))
        return GOES_ON;
    FilterRawRequest *event = event_data(r, sizeof *event);
    event->requestMethod = r->method;
    callbacks_raw(event);
    return outcome_of(raise_event(r, kFilterRawRequest, event, sizeof *event, check_raw));
}

static void check_parsed(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    (void)result;
    check_unchanged(data, before, sizeof(FilterParsedRequest));
}

static outcome parsed(request *r)
{
    if (!wanted(kFilterParsedRequest))
        return GOES_ON;
    FilterParsedRequest *event = event_data(r, sizeof *event);
    event->requestMethod = r->method;
    callbacks_parsed(event);
    return outcome_of(raise_event(r, kFilterParsedRequest, event, sizeof *event, check_parsed));
}

// RewriteURL, TranslateRequest and PostTranslate: the filter writes pathBuffer, and says so.
static void check_path(const FilterMapURL *event)
{
    if (memchr(event->pathBuffer, '\0', event->bufferSize) == NULL)
        violation("pathBuffer is not terminated within its %u bytes", event->bufferSize);
    if (event->pathBuffer[0] == '\0')
        violation("kFilterHandledEvent was returned without a path");
}

static void check_rewritten(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    check_unchanged(data, before, sizeof(FilterMapURL));
    if (result == kFilterHandledEvent)
        check_path(data);
}

static void check_mapped(request *r, void *data, void *before, unsigned int result)
{
    FilterMapURL *event = data, *then = before;

    (void)r;
    if (result == kFilterHandledEvent)
        then->mapType = event->mapType;
    check_unchanged(event, then, sizeof *event);
    if (result != kFilterHandledEvent)
        return;
    check_path(event);
    if (event->mapType == kURLMapUnknown || event->mapType > kURLMapDomino)
        violation("mapType is %u", event->mapType);
}

static FilterMapURL *mapping_data(request *r)
{
    FilterMapURL *event = event_data(r, sizeof *event);

    event->url = r->url;
    event->pathBuffer = guard_open(&r->worker->path, "pathBuffer", PATH_SIZE);
    event->bufferSize = PATH_SIZE;
    memset(event->pathBuffer, UNWRITTEN, PATH_SIZE);
    return event;
}

static outcome rewrite(request *r)
{
    if (!wanted(kFilterRewriteURL))
        return GOES_ON;
    FilterMapURL *event = mapping_data(r);
    unsigned int result = raise_event(r, kFilterRewriteURL, event, sizeof *event, check_rewritten);
    if (result == kFilterHandledEvent) {
        r->url = guard_text(&r->worker->url, "the request's URL", text_of(event->pathBuffer));
        r->header_piece = NULL;
        r->mapped = false; // the front has mapped the URL of before
    }
    return outcome_of(result);
}

static void take_path(request *r, const char *path, unsigned int type)
{
    snprintf(r->mapped_path, sizeof r->mapped_path, "%s", path);
    r->map_type = type;
    r->mapped = true;
}

static outcome translate(request *r)
{
    FilterMapURL *event;
    unsigned int result;

    if (wanted(kFilterTranslateRequest)) {
        event = mapping_data(r);
        result = raise_event(r, kFilterTranslateRequest, event, sizeof *event, check_mapped);
        if (result == kFilterHandledEvent)
            take_path(r, event->pathBuffer, event->mapType);
        if (result == kFilterError)
            return FAILED;
    }
    if (!wanted(kFilterPostTranslate))
        return GOES_ON;
    event = mapping_data(r);
    memcpy(event->pathBuffer, r->mapped_path, strlen(r->mapped_path) + 1);
    event->mapType = r->mapped ? r->map_type : kURLMapUnknown;
    result = raise_event(r, kFilterPostTranslate, event, sizeof *event, check_mapped);
    if (result == kFilterHandledEvent)
        take_path(r, event->pathBuffer, event->mapType);
    return outcome_of(result);
}

// Authenticate: the filter writes into authName, and authType. With kFilterHandledEvent it has decided.
static void check_authenticate(request *r, void *data, void *before, unsigned int result)
{
    FilterAuthenticate *event = data, *then = before;

    (void)r;
    if (event->authName != then->authName)
        violation("authName was replaced, the name belongs into the buffer it points to");
    if (event->authNameSize != then->authNameSize)
        violation("authNameSize was changed");
    if (result == kFilterHandledEvent) {
        if (event->authType == no_auth_type)
            violation("authType was not set");
        if (event->authType > kAuthenticClientCert)
            violation("authType is %u", event->authType);
        if (event->authType != kNotAuthentic)
            user_check_name(event);
    }
    if (result == kFilterNotHandled && (event->authType != no_auth_type || event->authName[0] != UNWRITTEN))
        violation("a user was named or refused, but HttpFilterProc returned kFilterNotHandled");
    then->authType = event->authType;
    check_unchanged(event, then, sizeof *event);
}

static FilterAuthenticate *authenticate_data(request *r)
{
    enum { ALLOW_BASIC = 1, ALLOW_ANONYMOUS = 2, ALLOW_SSL_BASIC = 8, ALLOW_SSL_ANONYMOUS = 16 };
    FilterAuthenticate *event = event_data(r, sizeof *event);

    event->userName = (LMBCS *)(uintptr_t)r->basic_user;
    event->password = (LMBCS *)(uintptr_t)r->basic_password;
    event->authFlags = ALLOW_BASIC | ALLOW_ANONYMOUS | ALLOW_SSL_BASIC | ALLOW_SSL_ANONYMOUS;
    event->authNameSize = settings.auth_name_size;
    event->authName = guard_open(&r->worker->auth_name, "authName", settings.auth_name_size);
    event->authType = no_auth_type;
    memset(event->authName, UNWRITTEN, settings.auth_name_size);
    callbacks_authenticate(event);
    return event;
}

// What the user is in without a list from elsewhere: his own name.
static void take_user(request *r, const char *name)
{
    char utf8[MAX_LMBCS];

    standin_notes_to_utf8(name, utf8, sizeof utf8);
    buffer_clear(&r->user);
    buffer_text(&r->user, utf8);
    buffer_clear(&r->groups);
    buffer_append(&r->groups, name, strlen(name) + 1);
    r->named_by_filter = true;
}

static outcome authenticate(request *r)
{
    unsigned int result = kFilterNotHandled;

    if (wanted(kFilterAuthenticate)) {
        FilterAuthenticate *event = authenticate_data(r);
        result = raise_event(r, kFilterAuthenticate, event, sizeof *event, check_authenticate);
        if (result == kFilterHandledEvent && event->authType == kNotAuthentic)
            return REFUSED;
        if (result == kFilterHandledEvent)
            take_user(r, (const char *)event->authName);
        if (result == kFilterHandledRequest || result == kFilterError)
            return outcome_of(result);
    }
    if (result == kFilterNotHandled && text_is(frame_field(r->in, TAG_BASIC_STATE), "bad"))
        return REFUSED;
    r->authenticated = true;
    return GOES_ON;
}

static void check_names(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    (void)result;
    check_unchanged(data, before, sizeof(FilterUserNameList));
}

static outcome list_names(request *r)
{
    outcome o = GOES_ON;

    if (wanted(kFilterUserNameList)) {
        char name[MAX_LMBCS];
        FilterUserNameList *event = event_data(r, sizeof *event);
        standin_notes_to_lmbcs(r->user.at == NULL ? "" : r->user.at, name, sizeof name);
        event->userName = (LMBCS *)guard_text(&r->worker->user_info[0], "userName", text_of(name));
        callbacks_names(event);
        o = outcome_of(raise_event(r, kFilterUserNameList, event, sizeof *event, check_names));
    }
    r->names_listed = true;
    return o;
}

static void check_authorized(request *r, void *data, void *before, unsigned int result)
{
    FilterAuthorize *event = data, *then = before;

    if (event->isAuthorized > 1)
        violation("isAuthorized is %u", event->isAuthorized);
    if (result == kFilterNotHandled && event->isAuthorized != 1)
        violation("isAuthorized was set to 0, but HttpFilterProc returned kFilterNotHandled");
    if (r->answer.begun && result != kFilterError && event->isAuthorized != 0)
        violation("a response was written, but isAuthorized was left at 1");
    then->isAuthorized = event->isAuthorized;
    check_unchanged(event, then, sizeof *event);
}

static outcome authorize(request *r)
{
    if (settings.no_authorized || !wanted(kFilterAuthorized))
        return GOES_ON;
    FilterAuthorize *event = event_data(r, sizeof *event);
    event->pURL = r->url;
    event->pBuffer = guard_text(&r->worker->path, "the mapped resource", text_of(r->mapped_path));
    event->bufferSize = PATH_SIZE;
    event->mapType = r->map_type;
    event->isAuthorized = 1;
    unsigned int result = raise_event(r, kFilterAuthorized, event, sizeof *event, check_authorized);
    if (result == kFilterHandledEvent && event->isAuthorized == 0) {
        if (!r->answer.begun)
            return FORBIDDEN;
        response_end(r);
        return ANSWERED;
    }
    return outcome_of(result);
}

static void check_process(request *r, void *data, void *before, unsigned int result)
{
    if (result == kFilterNotHandled && r->owner == r->called)
        violation("the request was claimed with kOwnsRequest, but not answered at ProcessRequest");
    check_unchanged(data, before, sizeof(FilterMapURL));
}

static outcome process(request *r)
{
    if (!wanted(kFilterProcessRequest))
        return SERVED;
    FilterMapURL *event = event_data(r, sizeof *event);
    event->url = r->url;
    event->pathBuffer = guard_text(&r->worker->path, "the mapped resource", text_of(r->mapped_path));
    event->bufferSize = PATH_SIZE;
    event->mapType = r->map_type;
    unsigned int result = raise_event(r, kFilterProcessRequest, event, sizeof *event, check_process);
    return result == kFilterNotHandled ? SERVED : outcome_of(result);
}

static outcome check_path_known(request *r)
{
    return r->mapped || r->owner != NULL ? GOES_ON : UNMAPPED;
}

static outcome run_events(request *r)
{
    typedef outcome (*phase)(request * r);
    static const phase documented[] = {raw,       parsed,           rewrite,   authenticate, list_names,
                                       translate, check_path_known, authorize, process},
                       mapped_first[] = {raw,        parsed,           rewrite,   translate, authenticate,
                                         list_names, check_path_known, authorize, process};
    const phase *phases = settings.mapped_first ? mapped_first : documented;
    outcome o = GOES_ON;

    for (size_t i = 0; i < sizeof documented / sizeof documented[0] && o == GOES_ON; i++)
        o = phases[i](r);
    return o;
}

static FilterContext *fill_context(request *r, guard *piece)
{
    FilterContext *context = guard_open(piece, "FilterContext", sizeof *context);

    *context = callback_table;
    context->serverContext = guard_poison(0);
    context->securePort = text_is(frame_field(r->in, TAG_TLS), "1");
    return context;
}

// kFilterResponse comes with another FilterContext than the events before it.
static void respond(request *r, outcome o)
{
    FilterContext *before = r->context;

    if (!wanted(kFilterResponse) || o == FAILED)
        return;
    FilterResponse *event = event_data(r, sizeof *event);
    event->responseCode = o == ANSWERED ? r->answer.status : 200;
    event->reasonText = guard_text(&r->worker->user_info[0], "reasonText",
                                   o == ANSWERED ? buffer_view(&r->answer.reason) : text_of("OK"));
    callbacks_response(event);
    r->context = fill_context(r, &r->worker->later_context);
    (void)raise_event(r, kFilterResponse, event, sizeof *event, NULL);
    r->context = before;
}

static const char *optional(guard *piece, const char *what, text value)
{
    return value.at == NULL ? NULL : guard_text(piece, what, value);
}

static void take_frame(request *r, text frame)
{
    worker *w = r->worker;
    char name[MAX_LMBCS];
    text basic = frame_field(frame, TAG_BASIC_USER), user = frame_field(frame, TAG_USER);
    text path = frame_field(frame, TAG_PATH), type = frame_field(frame, TAG_MAP_TYPE);
    text body = frame_field(frame, TAG_BODY), groups = frame_field(frame, TAG_GROUPS);

    r->in = frame;
    r->method = method_code(frame_field(frame, TAG_METHOD));
    r->url = guard_text(&w->url, "the request's URL", frame_field(frame, TAG_URL));
    r->version = guard_text(&w->version, "the request's version", frame_field(frame, TAG_VERSION));
    r->basic_user = optional(&w->basic_user, "userName", basic);
    r->basic_password =
        basic.at == NULL ? NULL : guard_text(&w->basic_password, "password", frame_field(frame, TAG_BASIC_PASSWORD));
    r->body = guard_bytes(&w->body, "the request's body", body);
    r->body_size = body.size;
    text headers = frame_field(frame, TAG_HEADERS);
    buffer_append(&r->headers, headers.at, headers.size);
    if (user.size > 0) {
        buffer_append(&r->user, user.at, user.size);
        standin_notes_to_lmbcs(r->user.at, name, sizeof name);
        buffer_append(&r->groups, name, strlen(name) + 1);
        buffer_append(&r->groups, groups.at, groups.size);
        if (groups.size > 0 && groups.at[groups.size - 1] != '\0')
            buffer_append(&r->groups, "", 1);
    }
    r->mapped = path.size > 0 && path.size < sizeof r->mapped_path;
    r->mapped_path[0] = '\0';
    if (r->mapped) {
        memcpy(r->mapped_path, path.at, path.size);
        r->mapped_path[path.size] = '\0';
    }
    r->map_type = kURLMapUnknown;
    for (size_t i = 0; i < type.size; i++)
        r->map_type = r->map_type * 10 + (unsigned int)(type.at[i] - '0');
}

static void clear(request *r)
{
    r->event = 0;
    r->called = r->owner = NULL;
    r->header_piece = NULL;
    r->authenticated = r->names_listed = r->named_by_filter = r->frozen = false;
    buffer_clear(&r->headers);
    buffer_clear(&r->user);
    buffer_clear(&r->groups);
    buffer_clear(&r->variables);
    buffer_clear(&r->trace);
    response_clear(&r->answer);
}

// What filters have seen of this request is gone; nothing they kept of it may be used again.
static void expire_all(request *r, guard *context)
{
    worker *w = r->worker;
    guard *pieces[] = {context,         &w->later_context,  &w->event_data[0],  &w->event_data[1],
                       &w->url,         &w->version,        &w->basic_user,     &w->basic_password,
                       &w->body,        &w->header_text[0], &w->header_text[1], &w->auth_name,
                       &w->path,        &w->user_info[0],   &w->user_info[1],   &w->user_info[2],
                       &w->user_info[3]};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        guard_expire(pieces[i]);
    for (size_t i = 0; i < w->allocated_count; i++)
        guard_expire(&w->allocated[i]);
    w->allocated_count = 0;
}

static void write_result(request *r, outcome o, buffer *result)
{
    static const char *const names[] = {"error", "answered", "serve", "refused", "unmapped", "forbidden", "error"};

    frame_begin(result, "result");
    frame_add(result, TAG_OUTCOME, text_of(names[o]));
    if (o == ANSWERED) {
        frame_add_number(result, TAG_STATUS, r->answer.status);
        frame_add(result, TAG_REASON, buffer_view(&r->answer.reason));
        frame_add(result, TAG_ANSWER_HEADERS, buffer_view(&r->answer.headers));
        frame_add(result, TAG_ANSWER_BODY, buffer_view(&r->answer.body));
    }
    if (o == SERVED) {
        frame_add(result, TAG_SERVE_USER, buffer_view(&r->user));
        frame_add(result, TAG_NAMED_BY, text_of(r->named_by_filter ? "filter" : "domino"));
        frame_add(result, TAG_SERVE_HEADERS, buffer_view(&r->headers));
        frame_add(result, TAG_SERVE_PATH, text_of(r->mapped_path));
        frame_add_number(result, TAG_SERVE_MAP_TYPE, r->map_type);
        if (r->frozen)
            frame_add(result, TAG_FROZEN, buffer_view(&r->variables));
    }
    if (r->url_too_long)
        frame_add_number(result, TAG_STATUS, URI_TOO_LONG);
    frame_add(result, TAG_TRACE, buffer_view(&r->trace));
    frame_end(result);
}

void request_run(request *r, text frame, buffer *result)
{
    worker *w = r->worker;
    guard *piece = &w->contexts[w->requests++ % 2];
    outcome o = FAILED;

    clear(r);
    take_frame(r, frame);
    current = r;
    r->context = fill_context(r, piece);
    r->url_too_long = frame_field(frame, TAG_URL).size > settings.url_limit;
    if (!r->url_too_long) {
        (void)raise_event(r, kFilterStartRequest, NULL, 0, NULL);
        o = run_events(r);
        if (o == FAILED && r->answer.begun)
            violation("a response was written, but the filter returned kFilterError");
        respond(r, o);
        (void)raise_event(r, kFilterEndRequest, NULL, 0, NULL);
    }
    current = NULL;
    expire_all(r, piece);
    write_result(r, o, result);
}
