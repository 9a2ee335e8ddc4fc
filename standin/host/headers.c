// SPDX-License-Identifier: Apache-2.0

#include "headers.h"

#include <string.h>

static text trimmed(text t)
{
    while (t.size > 0 && strchr(" \t\r\n", t.at[0]) != NULL) {
        t.at++;
        t.size--;
    }
    while (t.size > 0 && strchr(" \t\r\n", t.at[t.size - 1]) != NULL)
        t.size--;
    return t;
}

// The size of the first line with its continuations and its line end.
static size_t line_size(text lines)
{
    size_t at = 0;

    for (;;) {
        const char *end = memchr(lines.at + at, '\n', lines.size - at);
        if (end == NULL)
            return lines.size;
        at = (size_t)(end - lines.at) + 1;
        if (at == lines.size || (lines.at[at] != ' ' && lines.at[at] != '\t'))
            return at;
    }
}

bool header_next(text *rest, text *name, text *value)
{
    if (rest->size == 0)
        return false;
    text line = {rest->at, line_size(*rest)};
    rest->at += line.size;
    rest->size -= line.size;
    const char *colon = memchr(line.at, ':', line.size);
    *name = (text){line.at, colon == NULL ? 0 : (size_t)(colon - line.at)};
    size_t taken = colon == NULL ? 0 : name->size + 1;
    *value = trimmed((text){line.at + taken, line.size - taken});
    return true;
}

text header_value(text lines, text wanted)
{
    text name, value;

    while (header_next(&lines, &name, &value))
        if (text_same_name(name, wanted))
            return value;
    return (text){NULL, 0};
}

static void put_line(buffer *lines, text name, text value)
{
    buffer_append(lines, name.at, name.size);
    buffer_text(lines, ": ");
    buffer_append(lines, value.at, value.size);
    buffer_text(lines, "\r\n");
}

void header_put(buffer *lines, text wanted, text wanted_value)
{
    static _Thread_local buffer result;
    text rest = buffer_view(lines), name, value;
    bool done = false;

    buffer_clear(&result);
    for (;;) {
        const char *line = rest.at;
        if (!header_next(&rest, &name, &value))
            break;
        if (!text_same_name(name, wanted)) {
            buffer_append(&result, line, (size_t)(rest.at - line));
        } else if (!done) {
            put_line(&result, wanted, wanted_value);
            done = true;
        }
    }
    if (!done)
        put_line(&result, wanted, wanted_value);
    buffer_clear(lines);
    buffer_append(lines, result.at, result.size);
}
