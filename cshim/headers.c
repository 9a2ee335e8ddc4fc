// SPDX-License-Identifier: Apache-2.0

#include "headers.h"

#include <string.h>

enum { MAX_RESERVED = 64, MAX_HEADER_NAME = 256 };

bool ndoap_headers_read(FilterContext *context, FilterRawRequest *event, ndoap_text *headers)
{
    unsigned int error = 0;
    char *text = NULL;
    int size = event->GetAllHeaders(context, &text, &error);

    *headers = (ndoap_text){text, text == NULL || size < 0 ? 0 : (size_t)size};
    return error == 0 && size >= 0 && (size == 0 || text != NULL);
}

// Copies a header name so that the host can be given it. False for a name that no header may have (RFC 9110 section
// 5.6.2): what the host would make of it is anybody's guess.
static bool copy_name(ndoap_text from, char *name, size_t capacity)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    if (from.size == 0 || from.size >= capacity)
        return false;
    memcpy(name, from.at, from.size);
    name[from.size] = '\0';
    return strspn(name, allowed) == from.size;
}

bool ndoap_headers_empty_reserved(FilterContext *context, FilterRawRequest *event, ndoap_text *headers,
                                  ndoap_header_scan *scan)
{
    for (int tries = 0; scan->reserved_remaining > 0; tries++) {
        char name[MAX_HEADER_NAME];
        char nothing[] = "";
        unsigned int error = 0;
        if (tries == MAX_RESERVED || !copy_name(scan->reserved_name, name, sizeof name) ||
            !event->SetHeader(context, name, nothing, &error) || !ndoap_headers_read(context, event, headers))
            return false;
        *scan = ndoap_scan_headers(headers->at, headers->size);
    }
    return true;
}

// Sets one header for the application. Where the request brought a header that becomes the same variable, that one is
// set, under its spelling; with two of them the variable cannot be made exact.
static bool set_identity_header(FilterContext *context, FilterRawRequest *event, bool brought, char *name, char *value)
{
    char spelling[MAX_HEADER_NAME];
    unsigned int error = 0;

    if (brought) {
        ndoap_text headers, spelled;
        if (!ndoap_headers_read(context, event, &headers))
            return false;
        size_t count = ndoap_count_spellings(headers.at, headers.size, name, &spelled);
        if (count > 1 || (count == 1 && !copy_name(spelled, spelling, sizeof spelling)))
            return false;
        if (count == 1)
            name = spelling;
    }
    return event->SetHeader(context, name, value, &error) != 0;
}

bool ndoap_headers_set_identity(FilterContext *context, FilterRawRequest *event, bool brought,
                                const ndoap_decision *decision)
{
    char scope[] = "X-DOAP-Scope", client[] = "X-DOAP-Client", subject[] = "X-DOAP-Subject";

    return set_identity_header(context, event, brought, scope, decision->scope) &&
           set_identity_header(context, event, brought, client, decision->client) &&
           set_identity_header(context, event, brought, subject, decision->subject);
}
