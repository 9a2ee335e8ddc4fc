// SPDX-License-Identifier: Apache-2.0
//
// The functions that a filter calls. Each one is valid at certain events, on the thread of the event, with the
// event's context, until HttpFilterProc returns. errID is a pointer the filter must bring.

#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "parsed.h"
#include "violation.h"

const char *const callback_names[CALL_COUNT] = {
    "GetRequest",
    "GetRequestContents",
    "GetServerVariable",
    "WriteClient",
    "AllocMem",
    "kWriteResponseHeaders",
    "kOwnsRequest",
    "kGetParsedRequest",
    "kWrite102Processing",
    "kGetAuthenticatedUserInfo",
    "GetAllHeaders",
    "GetHeader",
    "SetHeader",
    "AddHeader",
    "GetUserNameList",
    "PopulateUserNameList",
    "AddGroupsToList",
    "RemoveGroupsFromList",
    "GetMappedResource",
};

_Thread_local request *current;

request *callback(callback_name name, const FilterContext *context, const unsigned int *error, unsigned int events)
{
    request *r = current;

    allocations_off();
    if (r == NULL || r->event == 0)
        violation("%s was called by a thread that is in no event, or after HttpFilterProc had returned",
                  callback_names[name]);
    if (context != r->context)
        violation("%s was given a context that is not this event's", callback_names[name]);
    if (error == NULL)
        violation("%s was given no errID", callback_names[name]);
    if ((r->event & events) == 0)
        violation("%s is not valid at this event", callback_names[name]);
    r->worker->measured.callbacks[name]++;
    return r;
}

int callback_done(int result, unsigned int *error, unsigned int why)
{
    *error = why;
    allocations_on();
    return result;
}

char *show(request *r, shown_text which)
{
    static const char *const names[] = {"the request's URL", "the request's version", "userName", "password"};
    const char *texts[] = {r->url, r->version, r->basic_user, r->basic_password};

    return texts[which] == NULL ? NULL : guard_text(&r->worker->shown[which], names[which], text_of(texts[which]));
}

char *show_body(request *r)
{
    guard *body = &r->worker->body;

    if (body->expired)
        r->body = guard_bytes(body, "the request's body", frame_field(r->in, TAG_BODY));
    return (char *)(uintptr_t)r->body;
}

static int get_request(FilterContext *context, FilterRequest *line, unsigned int *error)
{
    request *r = callback(CALL_GET_REQUEST, context, error, events_with_request);

    if (line == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    memset(line, 0, sizeof *line);
    line->method = r->method;
    line->URL = show(r, SHOWN_URL);
    line->version = show(r, SHOWN_VERSION);
    line->userName = show(r, SHOWN_USER);
    line->password = show(r, SHOWN_PASSWORD);
    line->contentRead = show_body(r);
    line->contentReadLen = (unsigned int)r->body_size;
    return callback_done(1, error, 0);
}

static int get_request_contents(FilterContext *context, char **contents, unsigned int *error)
{
    request *r = callback(CALL_GET_REQUEST_CONTENTS, context, error, events_with_request);

    if (contents == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    *contents = show_body(r);
    return callback_done((int)r->body_size, error, 0);
}

static int get_server_variable(FilterContext *context, char *name, void *value, unsigned int size, unsigned int *error)
{
    request *r = callback(CALL_GET_SERVER_VARIABLE, context, error, events_with_request);
    unsigned int why = 0;

    if (name == NULL || value == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    int found = variable_get(r, name, value, size, &why);
    return callback_done(found, error, why);
}

static int write_client(FilterContext *context, char *bytes, unsigned int size, unsigned int reserved,
                        unsigned int *error)
{
    request *r = callback(CALL_WRITE_CLIENT, context, error, events_that_answer);

    (void)reserved;
    response_write(r, bytes, size);
    return callback_done(1, error, 0);
}

static void *alloc_mem(FilterContext *context, unsigned int size, unsigned int reserved, unsigned int *error)
{
    worker *w = callback(CALL_ALLOC_MEM, context, error, ~0U)->worker;

    (void)reserved;
    if (size == 0) {
        (void)callback_done(0, error, DSAPI_INVALID_ARGUMENT);
        return NULL;
    }
    if (w->allocated_count == w->allocated_capacity)
        violation("AllocMem was called more than %lu times for one request", (unsigned long)w->allocated_capacity);
    // Ends at the guard page, yet aligned as the C library's memory is: at most 15 bytes lie between.
    size_t rounded = ((size_t)size + 15) / 16 * 16;
    char *memory = guard_open(&w->allocated[w->allocated_count++], "memory from AllocMem", rounded);
    memset(memory, 0xA5, rounded);
    (void)callback_done(1, error, 0);
    return memory;
}

static int server_support(FilterContext *context, unsigned int type, void *data1, void *data2, unsigned int other,
                          unsigned int *error)
{
    static const struct {
        callback_name name;
        unsigned int type;
    } services[] = {
        {CALL_WRITE_RESPONSE_HEADERS, kWriteResponseHeaders},
        {CALL_OWNS_REQUEST, kOwnsRequest},
        {CALL_GET_PARSED_REQUEST, kGetParsedRequest},
        {CALL_WRITE_102, kWrite102Processing},
        {CALL_GET_AUTHENTICATED_USER_INFO, kGetAuthenticatedUserInfo},
    };
    unsigned int why = 0;
    int result = 1;

    (void)data2;
    (void)other;
    if (type < kWriteResponseHeaders || type > kGetAuthenticatedUserInfo)
        violation("ServerSupport has no service %u", type);
    request *r = callback(services[type - 1].name, context, error,
                          type == kWriteResponseHeaders ? events_that_answer : events_with_request);
    switch (type) {
    case kWriteResponseHeaders:
        response_begin(r, data1);
        break;
    case kOwnsRequest:
        if (data1 != NULL)
            violation("kOwnsRequest takes no data");
        if (r->owner != NULL && r->owner != r->called)
            return callback_done(0, error, DSAPI_REQUEST_ALREADY_OWNED);
        r->owner = r->called;
        break;
    case kGetParsedRequest:
        result = parsed_request(r, data1, &why);
        break;
    case kGetAuthenticatedUserInfo:
        result = user_info(r, data1, &why);
        break;
    default:
        break; // 102: the front has no client to tell
    }
    return callback_done(result, error, why);
}

// The context of an event, without its data.
const FilterContext callback_table = {
    .contextSize = sizeof(FilterContext),
    .revision = kInterfaceVersion,
    .GetRequest = get_request,
    .GetRequestContents = get_request_contents,
    .GetServerVariable = get_server_variable,
    .WriteClient = write_client,
    .AllocMem = alloc_mem,
    .ServerSupport = server_support,
};
