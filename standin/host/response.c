// SPDX-License-Identifier: Apache-2.0
//
// The answer of a filter: kWriteResponseHeaders once, then WriteClient until Content-Length is reached.

#include <stdlib.h>
#include <string.h>

#include "headers.h"
#include "request.h"
#include "violation.h"

static bool is_token(text name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < name.size; i++) {
        char c = name.at[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!plain && memchr(others, c, sizeof others - 1) == NULL)
            return false;
    }
    return name.size > 0;
}

// What Domino writes itself, or what only Domino can know.
static bool is_dominos(text name)
{
    static const char *const names[] = {"Server", "Date", "Connection", "Keep-Alive", "Transfer-Encoding"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_same_name(name, text_of(names[i])))
            return true;
    return false;
}

static void take_length(response *a, text value)
{
    if (a->sized)
        violation("headerText has more than one Content-Length");
    if (value.size == 0 || value.size > 10)
        violation("headerText has a Content-Length that is no number");
    a->sized = true;
    for (size_t i = 0; i < value.size; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            violation("headerText has a Content-Length that is no number");
        a->length = a->length * 10 + (size_t)(value.at[i] - '0');
    }
}

static void check_line(response *a, text line)
{
    const char *colon = memchr(line.at, ':', line.size);

    for (size_t i = 0; i < line.size; i++) {
        unsigned char c = (unsigned char)line.at[i];
        if (c == '\r' || c == '\n')
            violation("headerText has a line that does not end in CRLF");
        if ((c < ' ' && c != '\t') || c == 0x7F)
            violation("headerText has a control character");
    }
    if (colon == NULL || !is_token((text){line.at, (size_t)(colon - line.at)}))
        violation("headerText has a line that is no header: %.*s", (int)(line.size < 80 ? line.size : 80), line.at);
    text name = {line.at, (size_t)(colon - line.at)};
    if (is_dominos(name))
        violation("headerText has %.*s, which is Domino's to write", (int)name.size, name.at);
    text value = {colon + 1, line.size - name.size - 1};
    while (value.size > 0 && value.at[0] == ' ')
        value = (text){value.at + 1, value.size - 1};
    if (text_same_name(name, text_of("Content-Length")))
        take_length(a, value);
}

static void check_header_text(response *a, const char *header_text)
{
    if (header_text == NULL)
        violation("headerText is NULL");
    text rest = text_of(header_text);
    while (!text_is(rest, "\r\n")) {
        const char *end = strstr(rest.at, "\r\n");
        if (end == NULL && memchr(rest.at, '\n', rest.size) != NULL)
            violation("headerText has a line that does not end in CRLF");
        if (end == NULL)
            violation("headerText does not finish with an empty line");
        text line = {rest.at, (size_t)(end - rest.at)};
        if (line.size == 0)
            violation("headerText goes on after its empty line");
        check_line(a, line);
        rest.at += line.size + 2;
        rest.size -= line.size + 2;
    }
}

void response_begin(request *r, const FilterResponseHeaders *headers)
{
    response *a = &r->answer;

    if (headers == NULL)
        violation("kWriteResponseHeaders was given no FilterResponseHeaders");
    if (a->begun)
        violation("the response headers were written twice");
    if (headers->responseCode < 200 || headers->responseCode > 599)
        violation("responseCode is %u", headers->responseCode);
    if (headers->reasonText == NULL || headers->reasonText[0] == '\0' || strpbrk(headers->reasonText, "\r\n") != NULL)
        violation("reasonText is not one line of text");
    check_header_text(a, headers->headerText);
    a->begun = true;
    a->status = headers->responseCode;
    a->empty_by_rule = r->method == kRequestHEAD || a->status == 204 || a->status == 304;
    buffer_text(&a->reason, headers->reasonText);
    buffer_text(&a->headers, headers->headerText);
}

void response_write(request *r, const char *bytes, unsigned int size)
{
    response *a = &r->answer;

    if (!a->begun)
        violation("WriteClient was called before the response headers were written");
    if (bytes == NULL || size == 0)
        violation("WriteClient was called with nothing to write");
    if (a->empty_by_rule)
        violation("a body was written for HEAD, 204 or 304");
    if (!a->sized)
        violation("a body was written without a Content-Length");
    if (size > a->length - a->body.size)
        violation("the body is longer than the Content-Length of %lu", (unsigned long)a->length);
    buffer_append(&a->body, bytes, size);
}

void response_end(const request *r)
{
    const response *a = &r->answer;

    if (!a->begun)
        violation("kFilterHandledRequest was returned without a response");
    if (!a->empty_by_rule && a->sized && a->body.size < a->length)
        violation("the body is shorter than the Content-Length: %lu of %lu bytes", (unsigned long)a->body.size,
                  (unsigned long)a->length);
}

void response_clear(response *a)
{
    a->begun = a->sized = a->empty_by_rule = false;
    a->status = 0;
    a->length = 0;
    buffer_clear(&a->reason);
    buffer_clear(&a->headers);
    buffer_clear(&a->body);
}
