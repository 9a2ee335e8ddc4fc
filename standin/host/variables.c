// SPDX-License-Identifier: Apache-2.0
//
// CGI variables. The first question fixes all of them for the rest of the request: what a filter asks early (before
// the user is known, before a header is changed) is what the application behind sees later.

#include <string.h>

#include "headers.h"
#include "request.h"

static void put(buffer *lines, const char *name, text value)
{
    buffer_text(lines, name);
    buffer_text(lines, "=");
    buffer_append(lines, value.at, value.size);
    buffer_text(lines, "\n");
}

static text line_value(text lines, text name)
{
    while (lines.size > 0) {
        const char *end = memchr(lines.at, '\n', lines.size);
        const char *equals = memchr(lines.at, '=', lines.size);
        if (text_same_name((text){lines.at, (size_t)(equals - lines.at)}, name))
            return (text){equals + 1, (size_t)(end - equals - 1)};
        lines.size -= (size_t)(end - lines.at) + 1;
        lines.at = end + 1;
    }
    return (text){NULL, 0};
}

static char variable_letter(char c)
{
    if (c == '-')
        return '_';
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_variable(text header, const char *variable)
{
    if (strlen(variable) != header.size)
        return false;
    for (size_t i = 0; i < header.size; i++)
        if (variable_letter(header.at[i]) != variable[i])
            return false;
    return true;
}

// HTTP_NAME for every header; headers that differ only in case, '-' and '_' meet in one variable.
static void put_headers(request *r)
{
    text rest = buffer_view(&r->headers), name, value, later_name, later_value;
    char variable[MAX_NAME];

    while (header_next(&rest, &name, &value)) {
        if (name.size == 0 || name.size + 6 > sizeof variable)
            continue;
        memcpy(variable, "HTTP_", 5);
        for (size_t i = 0; i < name.size; i++)
            variable[5 + i] = variable_letter(name.at[i]);
        variable[5 + name.size] = '\0';
        if (line_value(buffer_view(&r->variables), text_of(variable)).at != NULL)
            continue;
        bool cookie = strcmp(variable, "HTTP_COOKIE") == 0;
        buffer_text(&r->variables, variable);
        buffer_text(&r->variables, "=");
        buffer_append(&r->variables, value.at, value.size);
        for (text more = rest; header_next(&more, &later_name, &later_value);)
            if (is_variable(later_name, variable + 5)) {
                buffer_text(&r->variables, cookie ? "; " : ", ");
                buffer_append(&r->variables, later_value.at, later_value.size);
            }
        buffer_text(&r->variables, "\n");
    }
}

static void freeze(request *r)
{
    buffer *v = &r->variables;
    text method = frame_field(r->in, TAG_METHOD);
    const char *query = strchr(r->url, '?');
    size_t path = query == NULL ? strlen(r->url) : (size_t)(query - r->url);
    text content_type = header_value(buffer_view(&r->headers), text_of("Content-Type"));
    text content_length = header_value(buffer_view(&r->headers), text_of("Content-Length"));
    text host = header_value(buffer_view(&r->headers), text_of("Host"));

    r->frozen = true;
    put(v, "REQUEST_METHOD", method);
    put(v, "PATH_INFO", (text){r->url, path});
    put(v, "QUERY_STRING", text_of(query == NULL ? "" : query + 1));
    put(v, "SERVER_PROTOCOL", text_of(r->version));
    put(v, "SERVER_SOFTWARE", text_of("Lotus-Domino"));
    put(v, "SERVER_NAME", frame_field(r->in, TAG_SERVER_NAME));
    put(v, "SERVER_PORT", frame_field(r->in, TAG_SERVER_PORT));
    put(v, "REMOTE_ADDR", frame_field(r->in, TAG_PEER));
    put(v, "REMOTE_USER", r->authenticated ? buffer_view(&r->user) : text_of(""));
    put(v, "HTTPS", text_of(r->context->securePort != 0 ? "ON" : "OFF"));
    if (host.at != NULL)
        put(v, "HOST", host);
    if (content_type.at != NULL)
        put(v, "CONTENT_TYPE", content_type);
    if (content_length.at != NULL)
        put(v, "CONTENT_LENGTH", content_length);
    put_headers(r);
}

int variable_get(request *r, const char *name, char *value, unsigned int size, unsigned int *error)
{
    if (!r->frozen)
        freeze(r);
    text found = line_value(buffer_view(&r->variables), text_of(name));
    if (found.at == NULL) {
        *error = DSAPI_INVALID_ARGUMENT;
        return 0;
    }
    if (found.size + 1 > size) {
        memcpy(value, found.at, size < found.size ? size : found.size); // what fits, without a NUL
        *error = DSAPI_BUFFER_TOO_SMALL;
        return 0;
    }
    memcpy(value, found.at, found.size);
    value[found.size] = '\0';
    return 1;
}
