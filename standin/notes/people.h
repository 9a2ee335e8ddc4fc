// SPDX-License-Identifier: Apache-2.0
//
// people.json, the directory of the stand-in, read anew for every lookup: an administrator may have changed it.

#ifndef STANDIN_PEOPLE_H
#define STANDIN_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

// Texts are UTF-8; those that the file does not have are empty.
typedef struct {
    const char *name, *short_name, *email, *password, *mail_file, *type;
} person;

typedef struct {
    person *list;
    size_t count;
    char *text; // what the members point into
} people;

// Reads the file of a data directory; no file is nobody. False when it is no list of entries.
bool people_read(const char *data_directory, people *found);

void people_free(people *found);

// Whether an entry has a name: canonical, abbreviated, common, short, the e-mail address or, as in Domino's view, the
// last word of the common name. ASCII letters are the same in any case.
bool person_has_name(const person *one, const char *name);

// The value without attribute types: CN=Ada/O=Acme becomes Ada/Acme.
void abbreviate(const char *name, char *out, size_t capacity);

#endif
