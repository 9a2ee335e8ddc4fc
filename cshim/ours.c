// SPDX-License-Identifier: Apache-2.0

#include "ours.h"

#include <string.h>

static char lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// Tells whether text begins with prefix, ignoring the case of ASCII letters; prefix is in lower case.
static bool begins_with(const char *text, size_t size, const char *prefix)
{
    size_t length = strlen(prefix);
    if (size < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(text[i]) != prefix[i])
            return false;
    return true;
}

// Skips "scheme://authority" of an absolute URL. Returns the path, which may be empty.
static const char *path_of(const char *url)
{
    if (url[0] == '/')
        return url;
    const char *colon = url + strcspn(url, ":/?#");
    if (strncmp(colon, "://", 3) != 0)
        return "";
    return colon + 3 + strcspn(colon + 3, "/?#");
}

// Tells whether a path segment ends here.
static bool ends_segment(char c)
{
    return c == '\0' || c == '/' || c == '?' || c == '#';
}

// Tells whether a path ends here.
static bool ends_path(char c)
{
    return c == '\0' || c == '?' || c == '#';
}

static const char root[] = "/doap";

// Tells whose a path outside of /doap is: ours are the places where clients look for the metadata of an issuer with
// the path /doap (RFC 8414 section 3.1). Without that path they may be Domino's.
static ndoap_route well_known_route_of(const char *path)
{
    static const char *const documents[] = {"oauth-authorization-server", "openid-configuration"};
    static const char prefix[] = "/.well-known/";

    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return NDOAP_ROUTE_NONE;
    path += sizeof prefix - 1;
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        size_t length = strlen(documents[i]);
        if (strncmp(path, documents[i], length) != 0)
            continue;
        const char *rest = path + length;
        if (ends_path(*rest))
            return NDOAP_ROUTE_OPTIONAL;
        if (strncmp(rest, root, sizeof root - 1) == 0 && ends_path(rest[sizeof root - 1]))
            return NDOAP_ROUTE_MACHINE;
    }
    return NDOAP_ROUTE_NONE;
}

ndoap_route ndoap_route_of(const char *url)
{
    static const char *const user_routes[] = {"auth", "consent", "device", "account", "admin", "logout"};

    if (url == NULL)
        return NDOAP_ROUTE_NONE;
    const char *path = path_of(url);
    if (strncmp(path, root, sizeof root - 1) != 0 || !ends_segment(path[sizeof root - 1]))
        return well_known_route_of(path);
    path += sizeof root - 1;
    if (*path == '/') {
        for (size_t i = 0; i < sizeof user_routes / sizeof user_routes[0]; i++) {
            size_t length = strlen(user_routes[i]);
            if (strncmp(path + 1, user_routes[i], length) == 0 && ends_segment(path[1 + length]))
                return NDOAP_ROUTE_USER;
        }
    }
    return NDOAP_ROUTE_MACHINE;
}

bool ndoap_is_token_scheme(const char *value, size_t size)
{
    static const char *const schemes[] = {"bearer", "dpop"};

    while (size > 0 && is_blank(*value)) {
        value++;
        size--;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (begins_with(value, size, schemes[i]) && (size == length || is_blank(value[length])))
            return true;
    }
    return false;
}

// Tells whether a header name reaches applications as HTTP_X_DOAP_...
static bool is_reserved(const char *name, size_t size)
{
    static const char prefix[] = "x-doap-";

    if (size < sizeof prefix - 1)
        return false;
    for (size_t i = 0; i < sizeof prefix - 1; i++) {
        char c = name[i] == '_' ? '-' : lower(name[i]);
        if (c != prefix[i])
            return false;
    }
    return true;
}

// Returns the end of the line that starts at from, which is a line feed or the end of the text.
static const char *line_end(const char *from, const char *end)
{
    const char *feed = memchr(from, '\n', (size_t)(end - from));
    return feed == NULL ? end : feed;
}

// Returns the text between from and end without blanks and carriage returns around it.
static ndoap_text trimmed(const char *from, const char *end)
{
    while (from < end && (is_blank(*from) || *from == '\r' || *from == '\n'))
        from++;
    while (end > from && (is_blank(end[-1]) || end[-1] == '\r' || end[-1] == '\n'))
        end--;
    return (ndoap_text){from, (size_t)(end - from)};
}

// One header line: its name as it was spelled, with blanks, and its value without.
typedef struct {
    ndoap_text name;
    ndoap_text value;
    ndoap_text whole;
} header_line;

// Takes the line that starts at *from apart and moves *from behind it. False for a line without a colon.
static bool next_line(const char **from, const char *end, header_line *line)
{
    const char *start = *from;
    const char *stop = line_end(start, end);
    while (stop + 1 < end && is_blank(stop[1])) // obs-fold: the value goes on
        stop = line_end(stop + 1, end);
    *from = stop < end ? stop + 1 : end;
    line->whole = (ndoap_text){start, (size_t)(stop - start)};
    const char *colon = memchr(start, ':', (size_t)(stop - start));
    if (colon == NULL)
        return false;
    line->name = (ndoap_text){start, (size_t)(colon - start)};
    line->value = trimmed(colon + 1, stop);
    return true;
}

// Finds a name in the rest of a line that has become one by folding, or has a carriage return within: servers that do
// neither take it for several. *from is where to look, and moves on. Of the name that is found its first byte, which no
// name may have, is part.
static bool next_hidden(const header_line *line, const char **from, ndoap_text *name)
{
    const char *end = line->whole.at + line->whole.size;

    while (*from < end) {
        const char *start = *from;
        while (*from < end && **from != '\r' && **from != '\n')
            ++*from;
        const char *colon = memchr(start, ':', (size_t)(*from - start));
        bool first = start == line->whole.at;
        if (*from < end)
            ++*from;
        if (colon == NULL || first)
            continue;
        *name = (ndoap_text){start - 1, (size_t)(colon - start) + 1};
        return true;
    }
    return false;
}

// Counts the reserved names in the rest of a line. They remain: a host cannot be asked to empty what it has under
// another name.
static void scan_hidden(const header_line *line, ndoap_header_scan *found)
{
    ndoap_text hidden;

    for (const char *from = line->whole.at; next_hidden(line, &from, &hidden);) {
        ndoap_text name = trimmed(hidden.at, hidden.at + hidden.size);
        if (!is_reserved(name.at, name.size))
            continue;
        found->reserved++;
        if (found->reserved_remaining++ == 0)
            found->reserved_name = hidden;
    }
}

ndoap_header_scan ndoap_scan_headers(const char *headers, size_t size)
{
    ndoap_header_scan found = {{NULL, 0}, 0, 0, {NULL, 0}};
    header_line line;

    if (headers == NULL)
        return found;
    for (const char *from = headers, *end = headers + size; from < end;) {
        if (!next_line(&from, end, &line))
            continue;
        ndoap_text name = trimmed(line.name.at, line.name.at + line.name.size);
        scan_hidden(&line, &found);
        if (is_reserved(name.at, name.size)) {
            found.reserved++;
            if (line.value.size > 0 && found.reserved_remaining++ == 0)
                found.reserved_name = line.name;
        } else if (found.authorization.at == NULL && name.size == strlen("authorization") &&
                   begins_with(name.at, name.size, "authorization") &&
                   ndoap_is_token_scheme(line.value.at, line.value.size)) {
            found.authorization = line.value;
        }
    }
    return found;
}

// Tells whether two header names reach applications as the same CGI variable.
static bool same_variable(ndoap_text one, const char *other)
{
    if (one.size != strlen(other))
        return false;
    for (size_t i = 0; i < one.size; i++) {
        char a = one.at[i] == '_' ? '-' : lower(one.at[i]);
        char b = other[i] == '_' ? '-' : lower(other[i]);
        if (a != b)
            return false;
    }
    return true;
}

size_t ndoap_count_spellings(const char *headers, size_t size, const char *name, ndoap_text *spelled)
{
    size_t count = 0;
    header_line line;

    *spelled = (ndoap_text){NULL, 0};
    if (headers == NULL)
        return 0;
    for (const char *from = headers, *end = headers + size; from < end;) {
        if (next_line(&from, end, &line) && same_variable(trimmed(line.name.at, line.name.at + line.name.size), name) &&
            count++ == 0)
            *spelled = line.name;
    }
    return count;
}

// Tells whether a header reaches applications as one of a proxy.
static bool is_proxys(ndoap_text name)
{
    return same_variable(name, "x-forwarded-for") || same_variable(name, "x-forwarded-proto");
}

bool ndoap_claims_proxy(const char *headers, size_t size)
{
    header_line line;
    ndoap_text hidden;

    if (headers == NULL)
        return false;
    for (const char *from = headers, *end = headers + size; from < end;) {
        if (!next_line(&from, end, &line))
            continue;
        ndoap_text name = trimmed(line.name.at, line.name.at + line.name.size);
        if (is_proxys(name) && memchr(name.at, '_', name.size) != NULL)
            return true;
        for (const char *rest = line.whole.at; next_hidden(&line, &rest, &hidden);)
            if (is_proxys(trimmed(hidden.at, hidden.at + hidden.size)))
                return true;
    }
    return false;
}
