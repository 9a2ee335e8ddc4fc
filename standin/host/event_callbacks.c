// SPDX-License-Identifier: Apache-2.0
//
// The functions in the structures of events: headers, names, the mapped resource.

#include <stdint.h>
#include <string.h>

#include "headers.h"
#include "request.h"
#include "violation.h"

// Headers. Each question makes a text of its own, and the text before is gone.

static void expire_header_text(request *r)
{
    if (r->header_piece != NULL)
        guard_expire(r->header_piece);
    r->header_piece = NULL;
}

static int all_headers(FilterContext *context, char **headers, unsigned int *error, unsigned int events)
{
    request *r = callback(CALL_GET_ALL_HEADERS, context, error, events);
    worker *w = r->worker;

    if (headers == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    text method = frame_field(r->in, TAG_METHOD);
    expire_header_text(r);
    buffer_clear(&r->header_text);
    if (!settings.no_request_line) {
        buffer_append(&r->header_text, method.at, method.size);
        buffer_text(&r->header_text, " ");
        buffer_text(&r->header_text, r->url);
        buffer_text(&r->header_text, " ");
        buffer_text(&r->header_text, r->version);
        buffer_text(&r->header_text, "\r\n");
    }
    buffer_append(&r->header_text, r->headers.at, r->headers.size);
    buffer_text(&r->header_text, "\r\n");
    r->header_piece = &w->header_text[w->texts++ % HEADER_TEXTS];
    *headers = guard_text(r->header_piece, "the text of GetAllHeaders", buffer_view(&r->header_text));
    return callback_done((int)r->header_text.size, error, 0);
}

static int one_header(FilterContext *context, const char *name, char *value, unsigned int size, unsigned int *error,
                      unsigned int events)
{
    request *r = callback(CALL_GET_HEADER, context, error, events);

    if (name == NULL || value == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    text found = header_value(buffer_view(&r->headers), text_of(name));
    if (found.size + 1 > size)
        return callback_done((int)found.size + 1, error, DSAPI_BUFFER_TOO_SMALL);
    if (found.size > 0)
        memcpy(value, found.at, found.size);
    value[found.size] = '\0';
    return callback_done((int)found.size, error, 0);
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
    expire_header_text(r);
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
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    put_header(r, text_of(name), text_of(value));
    return callback_done(1, error, 0);
}

static int raw_add_header(FilterContext *context, char *header, unsigned int *error)
{
    request *r = callback(CALL_ADD_HEADER, context, error, kFilterRawRequest);
    const char *colon = header == NULL ? NULL : strchr(header, ':');

    if (colon == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    const char *value = colon + 1 + strspn(colon + 1, " ");
    put_header(r, (text){header, (size_t)(colon - header)}, text_of(value));
    return callback_done(1, error, 0);
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
    (void)callback_done(1, error, path == NULL ? DSAPI_INVALID_ARGUMENT : 0);
}

// The names of the user: his own and groups, each ending in a NUL. A buffer that is too small is filled to its end;
// *cut says so.

static int list_names(callback_name name, bool *cut, FilterContext *context, LMBCS *list, unsigned int size,
                      unsigned int *count, unsigned int *error)
{
    request *r = callback(name, context, error, kFilterUserNameList | kFilterAuthenticate);
    unsigned int names = 0;

    if (list == NULL || count == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    for (size_t i = 0; i < r->groups.size; i++)
        names += r->groups.at[i] == '\0';
    *count = names;
    *cut = r->groups.size > size;
    size_t shown = *cut ? size : r->groups.size;
    if (shown > 0)
        memcpy(list, r->groups.at, shown);
    return callback_done((int)shown, error, 0);
}

static int get_user_name_list(FilterContext *context, LMBCS *list, unsigned int size, unsigned int *count,
                              unsigned int reserved, unsigned int *error)
{
    bool cut = false;
    int shown = list_names(CALL_GET_USER_NAME_LIST, &cut, context, list, size, count, error);

    (void)reserved;
    return cut ? -1 : shown;
}

static int populate_user_name_list(FilterContext *context, LMBCS *list, unsigned int size, unsigned int *count,
                                   unsigned int reserved, unsigned int *error)
{
    bool cut = false;

    (void)reserved;
    return list_names(CALL_POPULATE_USER_NAME_LIST, &cut, context, list, size, count, error);
}

static int add_groups(FilterContext *context, LMBCS *groups, unsigned int count, unsigned int reserved,
                      unsigned int *error)
{
    request *r = callback(CALL_ADD_GROUPS, context, error, kFilterUserNameList);

    (void)reserved;
    if (groups == NULL || count == 0)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    for (const char *name = (const char *)groups; count > 0; count--, name += strlen(name) + 1)
        buffer_append(&r->groups, name, strlen(name) + 1);
    return callback_done(1, error, 0);
}

static int remove_groups(FilterContext *context, unsigned int reserved, unsigned int *error)
{
    request *r = callback(CALL_REMOVE_GROUPS, context, error, kFilterUserNameList);

    (void)reserved;
    if (r->groups.size > 0) // his own name stays
        r->groups.size = strlen(r->groups.at) + 1;
    return callback_done(1, error, 0);
}

// Response headers: the front has Domino's, the host has none to show.

static int response_all_headers(FilterContext *context, char **headers, unsigned int *error)
{
    static char none[] = "\r\n";
    (void)callback(CALL_GET_ALL_HEADERS, context, error, kFilterResponse);

    if (headers == NULL)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    *headers = none;
    return callback_done(2, error, 0);
}

static int response_header(FilterContext *context, char *name, char *value, unsigned int size, unsigned int *error)
{
    (void)callback(CALL_GET_HEADER, context, error, kFilterResponse);

    if (name == NULL || value == NULL || size == 0)
        return callback_done(0, error, DSAPI_INVALID_ARGUMENT);
    value[0] = '\0';
    return callback_done(0, error, 0);
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
