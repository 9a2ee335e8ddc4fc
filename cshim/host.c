// SPDX-License-Identifier: Apache-2.0

#include "host.h"

#include <stdio.h>
#include <string.h>

#include "lmbcs.h"
#include "notes.h"

enum {
    FIRST_VARIABLE = 1024,    // most variables fit at the first try
    LARGEST_VARIABLE = 65536, // longer ones count as absent
    PAGE_HEADERS = 9,         // how many headers pages for people need
    HEADER_OVERHEAD = 32 + 4, // longest header name there, ": ", CRLF
};

const char *ndoap_host_target(FilterContext *context, FilterRequest *request)
{
    unsigned int error = 0;

    memset(request, 0, sizeof *request);
    if (!context->GetRequest(context, request, &error))
        return NULL;
    return request->URL;
}

ndoap_text ndoap_host_body(FilterContext *context)
{
    unsigned int error = 0;
    char *contents = NULL;
    int size = context->GetRequestContents(context, &contents, &error);

    if (size <= 0 || contents == NULL)
        return (ndoap_text){NULL, 0};
    return (ndoap_text){contents, (size_t)size};
}

ndoap_text ndoap_host_variable(FilterContext *context, const char *name)
{
    char asked[64];

    if (snprintf(asked, sizeof asked, "%s", name) >= (int)sizeof asked)
        return (ndoap_text){NULL, 0};
    for (unsigned int capacity = FIRST_VARIABLE; capacity <= LARGEST_VARIABLE; capacity *= 4) {
        unsigned int error = 0;
        char *value = context->AllocMem(context, capacity, 0, &error);
        if (value == NULL)
            break;
        value[0] = '\0';
        error = 0;
        if (context->GetServerVariable(context, asked, value, capacity, &error)) {
            value[capacity - 1] = '\0';
            return (ndoap_text){value, strlen(value)};
        }
        if (error != DSAPI_BUFFER_TOO_SMALL)
            break;
    }
    return (ndoap_text){NULL, 0};
}

ndoap_text ndoap_host_authorization(FilterContext *context, FilterAuthenticate *event, char *buffer,
                                    unsigned int capacity)
{
    char name[] = "Authorization";
    unsigned int error = 0;

    buffer[0] = '\0';
    int size = event->GetHeader(context, name, buffer, capacity, &error);
    if (size > 0 && error == DSAPI_BUFFER_TOO_SMALL) {
        if (size > LARGEST_VARIABLE)
            return (ndoap_text){NULL, 0};
        capacity = (unsigned int)size + 1;
        buffer = context->AllocMem(context, capacity, 0, &error);
        if (buffer == NULL)
            return (ndoap_text){NULL, 0};
        buffer[0] = '\0';
        error = 0;
        size = event->GetHeader(context, name, buffer, capacity, &error);
    }
    if (size <= 0 || error != 0)
        return (ndoap_text){NULL, 0};
    buffer[capacity - 1] = '\0';
    const char *value = buffer;
    while (*value == ' ' || *value == '\t')
        value++;
    size_t length = strlen(value);
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t' || value[length - 1] == '\r'))
        length--;
    return (ndoap_text){value, length};
}

ndoap_text ndoap_host_page_headers(FilterContext *context)
{
    static const struct {
        const char *variable;
        const char *header;
    } wanted[PAGE_HEADERS] = {
        {"HTTP_COOKIE", "Cookie"},
        {"HTTP_ACCEPT", "Accept"},
        {"CONTENT_TYPE", "Content-Type"},
        {"CONTENT_LENGTH", "Content-Length"},
        {"HTTP_TRANSFER_ENCODING", "Transfer-Encoding"},
        {"HTTP_ORIGIN", "Origin"},
        {"HTTP_SEC_FETCH_SITE", "Sec-Fetch-Site"},
        {"HTTP_X_FORWARDED_FOR", "X-Forwarded-For"},
        {"HTTP_X_FORWARDED_PROTO", "X-Forwarded-Proto"},
    };
    ndoap_text values[PAGE_HEADERS];
    size_t capacity = 1;

    for (size_t i = 0; i < PAGE_HEADERS; i++) {
        values[i] = ndoap_host_variable(context, wanted[i].variable);
        capacity += values[i].size + HEADER_OVERHEAD;
    }
    unsigned int error = 0;
    char *text = context->AllocMem(context, (unsigned int)capacity, 0, &error);
    if (text == NULL)
        return (ndoap_text){NULL, 0};
    size_t length = 0;
    for (size_t i = 0; i < PAGE_HEADERS; i++) {
        if (values[i].size == 0)
            continue;
        int written = snprintf(text + length, capacity - length, "%s: %s\r\n", wanted[i].header, values[i].at);
        if (written > 0)
            length += (size_t)written;
    }
    return (ndoap_text){text, length};
}

// The canonical name as the host has it; NULL when nobody is authenticated.
static const char *canonical_name(FilterContext *context)
{
    FilterAuthenticatedUser user;
    unsigned int error = 0;

    memset(&user, 0, sizeof user);
    user.fieldFlags = kCannonicalUserName;
    if (!context->ServerSupport(context, kGetAuthenticatedUserInfo, &user, NULL, 0, &error))
        return NULL;
    return user.pUserCannonicalName;
}

bool ndoap_host_user(FilterContext *context, char *name, size_t capacity)
{
    const char *canonical = canonical_name(context);

    name[0] = '\0';
    return canonical == NULL || ndoap_notes_to_utf8(canonical, name, capacity);
}

bool ndoap_host_has_user(FilterContext *context, const char *name)
{
    const char *canonical = canonical_name(context);

    return name[0] != '\0' && canonical != NULL && strcmp(canonical, name) == 0;
}

bool ndoap_host_mapped(const ndoap_host_mapping *mapping, char *path, size_t capacity)
{
    char bytes[NDOAP_MAX_MAPPED];

    path[0] = '\0';
    if (mapping->path == NULL || mapping->size == 0)
        return true;
    const char *end = memchr(mapping->path, '\0', mapping->size);
    size_t length = end == NULL ? mapping->size : (size_t)(end - mapping->path);
    if (length >= sizeof bytes || length >= capacity)
        return false;
    memcpy(bytes, mapping->path, length);
    bytes[length] = '\0';
    if (!ndoap_is_utf8(bytes))
        return ndoap_notes_to_utf8(bytes, path, capacity);
    memcpy(path, bytes, length + 1);
    return true;
}

bool ndoap_host_answer(FilterContext *context, const ndoap_decision *decision)
{
    FilterResponseHeaders response;
    unsigned int error = 0;

    response.responseCode = (unsigned int)decision->status;
    response.reasonText = decision->reason;
    response.headerText = decision->headers;
    if (!context->ServerSupport(context, kWriteResponseHeaders, &response, NULL, 0, &error))
        return false;
    if (decision->body_size > 0)
        (void)context->WriteClient(context, decision->body, (unsigned int)decision->body_size, 0, &error);
    return true;
}
