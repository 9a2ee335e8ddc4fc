// SPDX-License-Identifier: Apache-2.0
//
// A request from its frame to the frame of its result.

#include "request.h"

#include <string.h>

#include "../notes/notes.h"
#include "raise.h"
#include "violation.h"

enum { URI_TOO_LONG = 414 };

server_settings settings;

static unsigned int method_code(text method)
{
    static const char *const names[] = {"HEAD", "GET", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS"};

    for (unsigned int i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_is(method, names[i]))
            return i + kRequestHEAD;
    return kRequestUNKNOWN;
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
    guard *pieces[] = {context,     &w->later_context, &w->event_data[0],  &w->event_data[1], &w->url,
                       &w->version, &w->basic_user,    &w->basic_password, &w->body,          &w->auth_name,
                       &w->path,    &w->user_info[0],  &w->user_info[1],   &w->user_info[2],  &w->user_info[3]};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        guard_expire(pieces[i]);
    for (size_t i = 0; i < HEADER_TEXTS; i++)
        guard_expire(&w->header_text[i]);
    for (size_t i = 0; i < sizeof w->shown / sizeof w->shown[0]; i++)
        guard_expire(&w->shown[i]);
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
        o = run_phases(r);
        if (o == FAILED && r->answer.begun)
            violation("a response was written, but the filter returned kFilterError");
        respond(r, o);
        (void)raise_event(r, kFilterEndRequest, NULL, 0, NULL);
    }
    current = NULL;
    expire_all(r, piece);
    write_result(r, o, result);
}
