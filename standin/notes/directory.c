// SPDX-License-Identifier: Apache-2.0
//
// Lookups in the directory. A buffer belongs to the thread that made it, must be locked while it is read, and be freed
// before the event ends. What the reference leaves to the caller's care is a broken rule here.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notes.h"
#include "people.h"
#include "rules.h"

enum { MAX_LOOKUPS = 4, MAX_MATCHES = 32, MAX_ITEMS = 256, MAX_TEXT = 2048, UNWRITTEN = 0xA5 };

typedef struct {
    uint32_t handle; // 0: not in use
    bool locked;
    people read;
    const person *matches[MAX_MATCHES];
    uint32_t count;
    char items[MAX_ITEMS]; // names of the items, each ended by a NUL
    uint16_t items_count;
    char name; // its address stands for the one record
} lookup;

static _Thread_local lookup lookups[MAX_LOOKUPS];
static _Thread_local uint32_t next_handle;

static lookup *by_handle(const char *function, uint32_t handle)
{
    for (int i = 0; i < MAX_LOOKUPS; i++)
        if (handle != 0 && lookups[i].handle == handle)
            return &lookups[i];
    notes_violation(function, "was given a handle that this thread does not have");
    return NULL;
}

// The lookup that a pointer into its buffer belongs to.
static lookup *by_pointer(const char *function, const void *pointer)
{
    for (int i = 0; i < MAX_LOOKUPS; i++) {
        const char *begin = (const char *)&lookups[i];
        if (lookups[i].handle == 0 || (const char *)pointer < begin || (const char *)pointer >= begin + sizeof(lookup))
            continue;
        if (!lookups[i].locked)
            notes_violation(function, "was given a pointer into a buffer that is not locked");
        return &lookups[i];
    }
    notes_violation(function, "was given a pointer that is not into a buffer of this thread");
    return NULL;
}

void standin_notes_event_ends(void)
{
    for (int i = 0; i < MAX_LOOKUPS; i++)
        if (lookups[i].handle != 0)
            notes_violation("NAMELookup2", "has made a buffer that was not freed when the event ended");
}

static lookup *unused(void)
{
    int i = 0;

    while (i < MAX_LOOKUPS && lookups[i].handle != 0)
        i++;
    if (i == MAX_LOOKUPS)
        notes_violation("NAMELookup2", "has made more buffers than anybody needs at once");
    return &lookups[i];
}

static void copy_items(lookup *found, uint16_t count, const char *items)
{
    size_t size = 0;

    for (uint16_t i = 0; i < count; i++)
        size += strlen(items + size) + 1;
    if (size > MAX_ITEMS)
        notes_violation("NAMELookup2", "was asked for more items than the stand-in has place for");
    memcpy(found->items, items, size);
    found->items_count = count;
}

uint16_t LNPUBLIC NAMELookup2(const char *server, uint32_t flags, uint16_t views_count, const char *views,
                              uint16_t names_count, const char *names, uint16_t items_count, const char *items,
                              uint32_t *handle)
{
    char utf8[MAX_TEXT];

    notes_require_thread("NAMELookup2");
    if (server != NULL)
        notes_violation("NAMELookup2", "was asked to look on another server");
    if ((flags & ~(uint32_t)LOOKUP_FLAGS) != 0)
        notes_violation("NAMELookup2", "was given flags that the reference does not have");
    if (views_count != 1 || views == NULL || strcmp(views, "$Users") != 0)
        notes_violation("NAMELookup2", "was asked for another view than $Users");
    if (names_count != 1 || names == NULL || names[0] == '\0')
        notes_violation("NAMELookup2", "was given no name, or several");
    if (items_count == 0 || items == NULL || handle == NULL)
        notes_violation("NAMELookup2", "was given no items or no place for the handle");
    if (!standin_notes_is_lmbcs(names))
        notes_violation("NAMELookup2", "was given a name that is not LMBCS");
    int32_t failure = OSGetEnvironmentLong("STANDIN_LOOKUP_STATUS");
    if (failure != 0) {
        *handle = UNWRITTEN; // whatever was there
        return (uint16_t)failure;
    }
    lookup *found = unused();
    memset(found, 0, sizeof *found);
    copy_items(found, items_count, items);
    if (!people_read(notes_data_directory(), &found->read))
        notes_violation("NAMELookup2", "finds no list of entries in people.json");
    standin_notes_to_utf8(names, utf8, sizeof utf8);
    for (size_t i = 0; i < found->read.count && found->count < MAX_MATCHES; i++)
        if (person_has_name(&found->read.list[i], utf8))
            found->matches[found->count++] = &found->read.list[i];
    if ((flags & LOOKUP_EXHAUSTIVE) == 0 && found->count > 1)
        found->count = 1; // as if the others were in directories further down the list
    next_handle += 2;
    found->handle = next_handle | 1;
    *handle = found->handle;
    return 0;
}

void *LNPUBLIC OSLockObject(uint32_t handle)
{
    notes_require_thread("OSLockObject");
    lookup *found = by_handle("OSLockObject", handle);
    if (found->locked)
        notes_violation("OSLockObject", "was given a buffer that is locked");
    found->locked = true;
    return found;
}

int LNPUBLIC OSUnlockObject(uint32_t handle)
{
    notes_require_thread("OSUnlockObject");
    lookup *found = by_handle("OSUnlockObject", handle);
    if (!found->locked)
        notes_violation("OSUnlockObject", "was given a buffer that is not locked");
    found->locked = false;
    return 1;
}

uint16_t LNPUBLIC OSMemFree(uint32_t handle)
{
    notes_require_thread("OSMemFree");
    lookup *found = by_handle("OSMemFree", handle);
    if (found->locked)
        notes_violation("OSMemFree", "was given a buffer that is locked");
    people_free(&found->read);
    found->handle = 0;
    return 0;
}

void *LNPUBLIC NAMELocateNextName2(void *buffer, void *before, uint32_t *matches)
{
    notes_require_thread("NAMELocateNextName2");
    lookup *found = by_pointer("NAMELocateNextName2", buffer);
    if (buffer != found || (before != NULL && before != &found->name) || matches == NULL)
        notes_violation("NAMELocateNextName2", "was given another pointer than the buffer's, or none for the count");
    *matches = before == NULL ? found->count : 0;
    return before == NULL ? &found->name : NULL;
}

void *LNPUBLIC NAMELocateNextMatch2(void *buffer, void *name, void *before)
{
    notes_require_thread("NAMELocateNextMatch2");
    lookup *found = by_pointer("NAMELocateNextMatch2", buffer);
    if (buffer != found || name != &found->name)
        notes_violation("NAMELocateNextMatch2", "was given another pointer than the buffer's or the record's");
    const person **next = before == NULL ? found->matches : (const person **)before + 1;
    if (before != NULL && by_pointer("NAMELocateNextMatch2", before) != found)
        notes_violation("NAMELocateNextMatch2", "was given a match of another buffer");
    return next < found->matches + found->count ? (void *)next : NULL;
}

// What a digest of Domino is to a password: something that SECVerifyPassword knows, and that is not the password.
static void digest_of(const char *password, size_t size, char *out, size_t capacity)
{
    size_t length = (size_t)snprintf(out, capacity, "(standin:");

    for (size_t i = 0; i < size && length + 4 < capacity; i++)
        length += (size_t)snprintf(out + length, capacity - length, "%02x", (unsigned char)password[i] ^ 0x5A);
    snprintf(out + length, capacity - length, ")");
}

// Writes a value in UTF-8; false when the entry lacks it.
static bool value_of(const person *one, const char *item, uint16_t member, char utf8[MAX_TEXT])
{
    char lmbcs[MAX_TEXT];

    utf8[0] = '\0';
    if (strcmp(item, "FullName") == 0 && member == 1) { // as the Administrator client writes it
        abbreviate(one->name, utf8, MAX_TEXT);
        utf8[strcspn(utf8, "/")] = '\0';
        return true;
    }
    if (member > 0)
        return false;
    const char *value = strcmp(item, "FullName") == 0          ? one->name
                        : strcmp(item, "ShortName") == 0       ? one->short_name
                        : strcmp(item, "InternetAddress") == 0 ? one->email
                        : strcmp(item, "MailFile") == 0        ? one->mail_file
                        : strcmp(item, "MailServer") == 0      ? one->mail_file[0] == '\0' ? "" : "CN=standin/O=Acme"
                        : strcmp(item, "Type") == 0            ? one->type[0] == '\0' ? "Person" : one->type
                                                               : "";
    snprintf(utf8, MAX_TEXT, "%s", value);
    if (strcmp(item, "HTTPPassword") == 0 && one->password[0] != '\0') {
        standin_notes_to_lmbcs(one->password, lmbcs, sizeof lmbcs);
        digest_of(lmbcs, strlen(lmbcs), utf8, MAX_TEXT);
    }
    return utf8[0] != '\0';
}

uint16_t LNPUBLIC NAMEGetTextItem2(void *match, uint16_t item, uint16_t member, char *text, uint16_t size)
{
    char utf8[MAX_TEXT], lmbcs[MAX_TEXT];

    notes_require_thread("NAMEGetTextItem2");
    lookup *found = by_pointer("NAMEGetTextItem2", match);
    const char *name = found->items;
    if ((const person **)match < found->matches || (const person **)match >= found->matches + found->count)
        notes_violation("NAMEGetTextItem2", "was given something else than a match");
    if (item >= found->items_count)
        notes_violation("NAMEGetTextItem2", "was asked for an item that NAMELookup2 was not");
    if (text == NULL || size == 0)
        notes_violation("NAMEGetTextItem2", "was given no buffer");
    for (uint16_t i = 0; i < item; i++)
        name += strlen(name) + 1;
    if (!value_of(*(const person **)match, name, member, utf8))
        return member == 0 ? NO_SUCH_ITEM : NO_MORE_MEMBERS;
    standin_notes_to_lmbcs(utf8, lmbcs, sizeof lmbcs);
    memset(text, UNWRITTEN, size); // all of it, in case it is shorter than was said
    snprintf(text, size, "%s", lmbcs);
    return 0;
}

uint16_t LNPUBLIC SECHashPassword(uint16_t password_size, const char *password, uint16_t capacity,
                                  uint16_t *digest_size, char *digest, uint32_t reserved_flags, void *reserved)
{
    char made[MAX_TEXT];

    notes_require_thread("SECHashPassword");
    if (password == NULL || digest_size == NULL || digest == NULL)
        notes_violation("SECHashPassword", "was given no password, or nowhere to put the digest");
    if (reserved_flags != 0 || reserved != NULL)
        notes_violation("SECHashPassword", "was given something that is reserved");
    digest_of(password, password_size, made, sizeof made);
    size_t size = strlen(made);
    if (size > capacity)
        notes_violation("SECHashPassword", "was given too little room for the digest");
    memcpy(digest, made, size); // not terminated
    *digest_size = (uint16_t)size;
    return 0;
}

uint16_t LNPUBLIC SECVerifyPassword(uint16_t password_size, const char *password, uint16_t digest_size,
                                    const char *digest, uint32_t reserved_flags, void *reserved)
{
    char expected[MAX_TEXT];

    notes_require_thread("SECVerifyPassword");
    if (password == NULL || digest == NULL)
        notes_violation("SECVerifyPassword", "was given no password or no digest");
    if (reserved_flags != 0 || reserved != NULL)
        notes_violation("SECVerifyPassword", "was given something that is reserved");
    digest_of(password, password_size, expected, sizeof expected);
    return strlen(expected) == digest_size && memcmp(expected, digest, digest_size) == 0 ? 0 : WRONG_PASSWORD;
}
