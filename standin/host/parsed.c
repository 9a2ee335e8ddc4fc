// SPDX-License-Identifier: Apache-2.0

#include "parsed.h"

#include <stdlib.h>
#include <string.h>

static char *part(worker *w, const char *from, const char *end)
{
    return guard_text(&w->allocated[w->allocated_count++], "a part of the request line",
                      (text){from, (size_t)(end - from)});
}

static const char *end_of(const char *from, const char *stops)
{
    return from + strcspn(from, stops);
}

int parsed_request(request *r, FilterParsedRequestLine *line, unsigned int *error)
{
    enum { PARTS = 7 };
    worker *w = r->worker;
    const char *at = r->url;

    if (line == NULL || w->allocated_count + PARTS > w->allocated_capacity) {
        *error = line == NULL ? DSAPI_INVALID_ARGUMENT : DSAPI_MEMORY_ERROR;
        return 0;
    }
    memset(line, 0, sizeof *line);
    line->pRawUri = part(w, at, at + strlen(at));
    const char *scheme = strstr(at, "://");
    if (at[0] != '/' && scheme != NULL) {
        const char *host = scheme + 3, *end = end_of(host, "/?#"), *colon = memchr(host, ':', (size_t)(end - host));
        line->pSchemeUri = part(w, at, scheme);
        line->pHostInfoUri = part(w, host, end);
        line->pHostName = part(w, host, colon == NULL ? end : colon);
        line->hostPort = colon == NULL ? 0 : atoi(colon + 1);
        at = end;
    }
    const char *end = end_of(at, "?#");
    line->pPathUri = part(w, at, end);
    if (*end == '?') {
        const char *query = end + 1;
        end = end_of(query, "#");
        line->pQueryUri = part(w, query, end);
    }
    if (*end == '#')
        line->pFragmentUri = part(w, end + 1, end + strlen(end));
    const char *slash = strchr(r->version, '/');
    if (slash != NULL) {
        char *dot = NULL;
        line->majorProtocolVersion = (int)strtol(slash + 1, &dot, 10);
        line->minorProtocolVersion = *dot == '.' ? atoi(dot + 1) : 0;
    }
    return 1;
}
