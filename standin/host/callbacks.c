// SPDX-License-Identifier: Apache-2.0
//
// The functions that a filter calls. Each one is valid at certain events, on the thread of the event, with the
// event's context, until HttpFilterProc returns. errID is a pointer the filter must bring.

#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "headers.h"
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

// Leaves a callback with its result.
static int done(int result, unsigned int *error, unsigned int why)
{
    *error = why;
    allocations_on();
    return result;
}

static int get_request(FilterContext *context, FilterRequest *line, unsigned int *error)
{
    request *r = callback(CALL_GET_REQUEST, context, error, events_with_request);

    if (line == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    memset(line, 0, sizeof *line);
    line->method = r->method;
    line->URL = (char *)(uintptr_t)r->url;
    line->version = (char *)(uintptr_t)r->version;
    line->userName = (char *)(uintptr_t)r->basic_user;
    line->password = (char *)(uintptr_t)r->basic_password;
    line->contentRead = (char *)(uintptr_t)r->body;
    line->contentReadLen = (unsigned int)r->body_size;
    return done(1, error, 0);
}

static int get_request_contents(FilterContext *context, char **contents, unsigned int *error)
{
    request *r = callback(CALL_GET_REQUEST_CONTENTS, context, error, events_with_request);

    if (contents == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    *contents = (char *)(uintptr_t)r->body;
    return done((int)r->body_size, error, 0);
}

static int get_server_variable(FilterContext *context, char *name, void *value, unsigned int size, unsigned int *error)
{
    request *r = callback(CALL_GET_SERVER_VARIABLE, context, error, events_with_request);
    unsigned int why = 0;

    if (name == NULL || value == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    int found = variable_get(r, name, value, size, &why);
    return done(found, error, why);
}

static int write_client(FilterContext *context, char *bytes, unsigned int size, unsigned int reserved,
                        unsigned int *error)
{
    request *r = callback(CALL_WRITE_CLIENT, context, error, events_that_answer);

    (void)reserved;
    response_write(r, bytes, size);
    return done(1, error, 0);
}

static void *alloc_mem(FilterContext *context, unsigned int size, unsigned int reserved, unsigned int *error)
{
    worker *w = callback(CALL_ALLOC_MEM, context, error, ~0U)->worker;

    (void)reserved;
    if (size == 0) {
        (void)done(0, error, DSAPI_INVALID_ARGUMENT);
        return NULL;
    }
    if (w->allocated_count == w->allocated_capacity)
        violation("AllocMem was called more than %lu times for one request", (unsigned long)w->allocated_capacity);
    // Ends at the guard page, yet aligned as the C library's memory is: at most 15 bytes lie between.
    size_t rounded = ((size_t)size + 15) / 16 * 16;
    char *memory = guard_open(&w->allocated[w->allocated_count++], "memory from AllocMem", rounded);
    memset(memory, 0xA5, rounded);
    (void)done(1, error, 0);
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
            return done(0, error, DSAPI_REQUEST_ALREADY_OWNED);
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
    return done(result, error, why);
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

// Headers. The text may be asked for again after a change; the old text is gone then.

static int all_headers(FilterContext *context, char **headers, unsigned int *error, unsigned int events)
{
    request *r = callback(CALL_GET_ALL_HEADERS, context, error, events);
    worker *w = r->worker;

    if (headers == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    if (r->header_piece == NULL) {
        text method = frame_field(r->in, TAG_METHOD);
        buffer_clear(&r->header_text);
        buffer_append(&r->header_text, method.at, method.size);
        buffer_text(&r->header_text, " ");
        buffer_text(&r->header_text, r->url);
        buffer_text(&r->header_text, " ");
        buffer_text(&r->header_text, r->version);
        buffer_text(&r->header_text, "\r\n");
        buffer_append(&r->header_text, r->headers.at, r->headers.size);
        buffer_text(&r->header_text, "\r\n");
        r->header_piece = &w->header_text[w->texts++ % 2];
        (void)guard_text(r->header_piece, "the text of GetAllHeaders", buffer_view(&r->header_text));
    }
    *headers = r->header_piece->pages + r->header_piece->offset;
    return done((int)r->header_text.size, error, 0);
}

static int one_header(FilterContext *context, const char *name, char *value, unsigned int size, unsigned int *error,
                      unsigned int events)
{
    request *r = callback(CALL_GET_HEADER, context, error, events);

    if (name == NULL || value == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    text found = header_value(buffer_view(&r->headers), text_of(name));
    if (found.size + 1 > size)
        return done((int)found.size + 1, error, DSAPI_BUFFER_TOO_SMALL);
    if (found.size > 0)
        memcpy(value, found.at, found.size);
    value[found.size] = '\0';
    return done((int)found.size, error, 0);
}

static void put_header(request *r, text name, text value)
{
    if (name.size == 0 || memchr(name.at, ':', name.size) != NULL)
        violation("a request header was set that has no proper name");
    for (size_t i = 0; i < name.size; i++)
        if (name.at[i] <= ' ' || name.at[i] == 0x7F)
            violation("a request header was set that has no proper name");
    if (value.size > 0 && (memchr(value.at, '\r', value.size) != NULL || memchr(value.at, '\n', value.size) != NULL))
        violation("a request header was set to more than one line");
    header_put(&r->headers, name, value);
    if (r->header_piece != NULL)
        guard_expire(r->header_piece);
    r->header_piece = NULL;
}

static int raw_all_headers(FilterContext *context, char **headers, unsigned int *error)
{
    return all_headers(context, headers, error, kFilterRawRequest);
}

static int raw_header(FilterContext *context, char *name, char *value, unsigned int size, unsigned int *error)
{
    return one_header(context, name, value, size, error, kFilterRawRequest);
}

static int raw_set_header(FilterContext *context, char *name, char *value, unsigned int *error)
{
    request *r = callback(CALL_SET_HEADER, context, error, kFilterRawRequest);

    if (name == NULL || value == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    put_header(r, text_of(name), text_of(value));
    return done(1, error, 0);
}

static int raw_add_header(FilterContext *context, char *header, unsigned int *error)
{
    request *r = callback(CALL_ADD_HEADER, context, error, kFilterRawRequest);
    const char *colon = header == NULL ? NULL : strchr(header, ':');

    if (colon == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    const char *value = colon + 1 + strspn(colon + 1, " ");
    put_header(r, (text){header, (size_t)(colon - header)}, text_of(value));
    return done(1, error, 0);
}

static int parsed_all_headers(FilterContext *context, char **headers, unsigned int *error)
{
    return all_headers(context, headers, error, kFilterParsedRequest);
}

static int parsed_header(FilterContext *context, char *name, char *value, unsigned int size, unsigned int *error)
{
    return one_header(context, name, value, size, error, kFilterParsedRequest);
}

static int authenticate_header(FilterContext *context, char *name, char *value, unsigned int size, unsigned int *error)
{
    return one_header(context, name, value, size, error, kFilterAuthenticate);
}

static void get_mapped_resource(FilterContext *context, char **path, unsigned int *error)
{
    request *r = callback(CALL_GET_MAPPED_RESOURCE, context, error, kFilterAuthenticate);

    if (path != NULL)
        *path = r->mapped ? guard_text(&r->worker->path, "the mapped resource", text_of(r->mapped_path)) : NULL;
    (void)done(1, error, path == NULL ? DSAPI_INVALID_ARGUMENT : 0);
}

// The names of the user: groups, each ending in a NUL.

static int list_names(callback_name name, FilterContext *context, LMBCS *list, unsigned int size, unsigned int *count,
                      unsigned int *error)
{
    request *r = callback(name, context, error, kFilterUserNameList | kFilterAuthenticate);
    unsigned int names = 0;

    if (list == NULL || count == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    for (size_t i = 0; i < r->groups.size; i++)
        names += r->groups.at[i] == '\0';
    *count = names;
    if (r->groups.size > size)
        return done((int)r->groups.size, error, DSAPI_BUFFER_TOO_SMALL);
    if (r->groups.size > 0)
        memcpy(list, r->groups.at, r->groups.size);
    return done((int)r->groups.size, error, 0);
}

static int get_user_name_list(FilterContext *context, LMBCS *list, unsigned int size, unsigned int *count,
                              unsigned int reserved, unsigned int *error)
{
    (void)reserved;
    return list_names(CALL_GET_USER_NAME_LIST, context, list, size, count, error);
}

static int populate_user_name_list(FilterContext *context, LMBCS *list, unsigned int size, unsigned int *count,
                                   unsigned int reserved, unsigned int *error)
{
    (void)reserved;
    return list_names(CALL_POPULATE_USER_NAME_LIST, context, list, size, count, error);
}

static int add_groups(FilterContext *context, LMBCS *groups, unsigned int count, unsigned int reserved,
                      unsigned int *error)
{
    request *r = callback(CALL_ADD_GROUPS, context, error, kFilterUserNameList);

    (void)reserved;
    if (groups == NULL || count == 0)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    for (const char *name = (const char *)groups; count > 0; count--, name += strlen(name) + 1)
        buffer_append(&r->groups, name, strlen(name) + 1);
    return done(1, error, 0);
}

static int remove_groups(FilterContext *context, unsigned int reserved, unsigned int *error)
{
    request *r = callback(CALL_REMOVE_GROUPS, context, error, kFilterUserNameList);

    (void)reserved;
    buffer_clear(&r->groups);
    return done(1, error, 0);
}

// Response headers: the front has Domino's, the host has none to show.

static int response_all_headers(FilterContext *context, char **headers, unsigned int *error)
{
    static char none[] = "\r\n";
    (void)callback(CALL_GET_ALL_HEADERS, context, error, kFilterResponse);

    if (headers == NULL)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    *headers = none;
    return done(2, error, 0);
}

static int response_header(FilterContext *context, char *name, char *value, unsigned int size, unsigned int *error)
{
    (void)callback(CALL_GET_HEADER, context, error, kFilterResponse);

    if (name == NULL || value == NULL || size == 0)
        return done(0, error, DSAPI_INVALID_ARGUMENT);
    value[0] = '\0';
    return done(0, error, 0);
}

static int response_set_header(FilterContext *context, char *name, char *value, unsigned int *error)
{
    (void)name;
    (void)value;
    (void)callback(CALL_SET_HEADER, context, error, 0);
    return 0;
}

static int response_add_header(FilterContext *context, char *header, unsigned int *error)
{
    (void)header;
    (void)callback(CALL_ADD_HEADER, context, error, 0);
    return 0;
}

void callbacks_raw(FilterRawRequest *event)
{
    event->GetAllHeaders = raw_all_headers;
    event->GetHeader = raw_header;
    event->SetHeader = raw_set_header;
    event->AddHeader = raw_add_header;
}

void callbacks_parsed(FilterParsedRequest *event)
{
    event->GetAllHeaders = parsed_all_headers;
    event->GetHeader = parsed_header;
}

void callbacks_authenticate(FilterAuthenticate *event)
{
    event->GetUserNameList = get_user_name_list;
    event->GetHeader = authenticate_header;
    event->GetMappedResource = get_mapped_resource;
}

void callbacks_names(FilterUserNameList *event)
{
    event->GetUserNameList = get_user_name_list;
    event->PopulateUserNameList = populate_user_name_list;
    event->AddGroupsToList = add_groups;
    event->RemoveGroupsFromList = remove_groups;
}

void callbacks_response(FilterResponse *event)
{
    event->GetAllHeaders = response_all_headers;
    event->GetHeader = response_header;
    event->SetHeader = response_set_header;
    event->AddHeader = response_add_header;
}
