// SPDX-License-Identifier: Apache-2.0
//
// As much JSON as people.json has: a list of objects whose values are strings or lists of strings. Strings are decoded
// where they stand, which never makes them longer.

#include "people.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lmbcs.h"
#include "place.h"

enum { LARGEST_FILE = 1 << 20, LONGEST_PATH = 300, LONGEST_NAME = 800 };

static void skip_blanks(char **at)
{
    *at += strspn(*at, " \t\r\n");
}

static bool take(char **at, char wanted)
{
    skip_blanks(at);
    if (**at != wanted)
        return false;
    ++*at;
    return true;
}

static bool take_hex(char **at, uint32_t *unit)
{
    char digits[5] = "";

    if (strspn(*at, "0123456789abcdefABCDEF") < 4)
        return false;
    memcpy(digits, *at, 4);
    *unit = (uint32_t)strtoul(digits, NULL, 16);
    *at += 4;
    return true;
}

// Decodes what follows a backslash.
static bool take_escape(char **at, char **to)
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *known = **at == '\0' ? NULL : strchr(escapes, **at);
    uint32_t character, low;

    if (known != NULL) {
        *(*to)++ = meanings[known - escapes];
        ++*at;
        return true;
    }
    if (*(*at)++ != 'u' || !take_hex(at, &character) || character == 0)
        return false;
    if (character >> 10 == 0xD800 >> 10) {
        if (strncmp(*at, "\\u", 2) != 0)
            return false;
        *at += 2;
        if (!take_hex(at, &low) || low >> 10 != 0xDC00 >> 10)
            return false;
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
    }
    *to += utf8_encode(character, (unsigned char *)*to);
    return true;
}

static bool take_string(char **at, const char **value)
{
    if (!take(at, '"'))
        return false;
    char *to = *at;
    *value = to;
    while (**at != '"') {
        if (**at == '\0')
            return false;
        if (**at != '\\') {
            *to++ = *(*at)++;
            continue;
        }
        ++*at;
        if (!take_escape(at, &to))
            return false;
    }
    ++*at;
    *to = '\0';
    return true;
}

static bool skip_list(char **at)
{
    const char *ignored;

    if (take(at, ']'))
        return true;
    do {
        if (!take_string(at, &ignored))
            return false;
    } while (take(at, ','));
    return take(at, ']');
}

static bool take_member(char **at, person *one)
{
    const struct {
        const char *key;
        const char **member;
    } members[] = {{"name", &one->name},         {"shortName", &one->short_name}, {"email", &one->email},
                   {"password", &one->password}, {"mailFile", &one->mail_file},   {"type", &one->type}};
    const char *key, *value;

    if (!take_string(at, &key) || !take(at, ':'))
        return false;
    if (take(at, '['))
        return skip_list(at);
    if (!take_string(at, &value))
        return false;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (strcmp(key, members[i].key) == 0)
            *members[i].member = value;
    return true;
}

static bool take_person(char **at, person *one)
{
    *one = (person){"", "", "", "", "", ""};
    if (!take(at, '{'))
        return false;
    do {
        if (!take_member(at, one))
            return false;
    } while (take(at, ','));
    return take(at, '}');
}

static bool parse(people *found)
{
    char *at = found->text;

    if (!take(&at, '['))
        return false;
    if (!take(&at, ']')) {
        do {
            person *longer = realloc(found->list, (found->count + 1) * sizeof *longer);
            if (longer == NULL)
                abort();
            found->list = longer;
            if (!take_person(&at, &found->list[found->count++]))
                return false;
        } while (take(&at, ','));
        if (!take(&at, ']'))
            return false;
    }
    skip_blanks(&at);
    return *at == '\0';
}

bool people_read(const char *data_directory, people *found)
{
    char path[LONGEST_PATH];

    *found = (people){0};
    snprintf(path, sizeof path, "%s/people.json", data_directory);
    FILE *file = open_text(path);
    if (file == NULL)
        return true;
    found->text = malloc(LARGEST_FILE + 1);
    if (found->text == NULL)
        abort();
    size_t size = fread(found->text, 1, LARGEST_FILE, file);
    found->text[size] = '\0';
    fclose(file);
    if (size < LARGEST_FILE && parse(found))
        return true;
    people_free(found);
    return false;
}

void people_free(people *found)
{
    free(found->list);
    free(found->text);
    *found = (people){0};
}

void abbreviate(const char *name, char *out, size_t capacity)
{
    size_t length = 0;

    out[0] = '\0';
    while (*name != '\0' && length < capacity) {
        size_t size = strcspn(name, "/");
        const char *equals = memchr(name, '=', size), *value = equals == NULL ? name : equals + 1;
        bool more = name[size] == '/';
        length += (size_t)snprintf(out + length, capacity - length, "%.*s%s", (int)(name + size - value), value,
                                   more ? "/" : "");
        name += size + more;
    }
}

bool person_has_name(const person *one, const char *name)
{
    char abbreviated[LONGEST_NAME], common[LONGEST_NAME];

    abbreviate(one->name, abbreviated, sizeof abbreviated);
    snprintf(common, sizeof common, "%.*s", (int)strcspn(abbreviated, "/"), abbreviated);
    const char *blank = strrchr(common, ' '), *last = blank == NULL ? common : blank + 1;
    const char *own[] = {one->name, abbreviated, common, last, one->short_name, one->email};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i][0] != '\0' && strcasecmp(own[i], name) == 0)
            return true;
    return false;
}
