// SPDX-License-Identifier: Apache-2.0

#include "fakepeople.h"

#include <stddef.h>
#include <string.h>

#include "check.h"
#include "ndoap.h"

enum { HANDLE = 0xF00D, EXHAUSTIVE = 0x20 };

fake_directory people;
static char asked_items[128];
static const fake_person *matching[32];
static uint32_t matches;
static char buffer_mark, name_mark;

#define NOTES_FUNCTION __attribute__((visibility("default")))

void fake_people(const fake_person *list)
{
    CHECK(people.open == 0 && people.locked == 0, "%d handles open, %d locked", people.open, people.locked);
    people = (fake_directory){.people = list};
}

// The linker puts this in front of ndoap_notes_find (--wrap).
void __real_ndoap_notes_find(const char *name, void *function);
void __wrap_ndoap_notes_find(const char *name, void *function);
void __wrap_ndoap_notes_find(const char *name, void *function)
{
    if (people.lacks != NULL && strcmp(people.lacks, name) == 0)
        memset(function, 0, sizeof(void *));
    else
        __real_ndoap_notes_find(name, function);
}

NOTES_FUNCTION uint16_t NAMELookup2(const char *server, uint32_t flags, uint16_t views_count, const char *views,
                                    uint16_t names_count, const char *names, uint16_t items_count, const char *items,
                                    uint32_t *handle)
{
    CHECK(server == NULL && flags == EXHAUSTIVE && views_count == 1 && names_count == 1, "what is asked for");
    CHECK_TEXT(views, "$Users");
    people.lookups++;
    size_t size = 0;
    for (uint16_t i = 0; i < items_count; i++)
        size += strlen(items + size) + 1;
    memcpy(asked_items, items, size);
    memset(asked_items + size, 0, sizeof asked_items - size);
    matches = 0;
    for (const fake_person *p = people.people; p->name != NULL; p++)
        if (strcmp(p->name, names) == 0)
            matching[matches++] = p;
    *handle = people.no_handle ? 0 : HANDLE;
    // What a failed call leaves there is nobody's: to free it is to free something else, or nothing.
    people.open += !people.no_handle && people.lookup_fails == 0;
    return people.lookup_fails;
}

NOTES_FUNCTION void *OSLockObject(uint32_t handle)
{
    CHECK(handle == HANDLE && people.open == 1, "handle %x", handle);
    people.locked += !people.lock_fails;
    return people.lock_fails ? NULL : &buffer_mark;
}

NOTES_FUNCTION int OSUnlockObject(uint32_t handle)
{
    CHECK(handle == HANDLE && people.locked == 1, "unlocked once");
    people.locked--;
    return 1;
}

NOTES_FUNCTION uint16_t OSMemFree(uint32_t handle)
{
    CHECK(handle == HANDLE && people.open == 1 && people.locked == 0, "freed once, unlocked");
    people.open--;
    return 0;
}

NOTES_FUNCTION void *NAMELocateNextName2(void *buffer, void *before, uint32_t *count)
{
    CHECK(buffer == &buffer_mark && before == NULL && people.locked == 1, "the first name");
    *count = matches;
    return &name_mark;
}

NOTES_FUNCTION void *NAMELocateNextMatch2(void *buffer, void *name, void *before)
{
    CHECK(buffer == &buffer_mark && name == &name_mark && people.locked == 1, "the next match");
    ptrdiff_t next = before == NULL ? 0 : (const fake_person **)before - matching + 1;
    if (people.match_is_missing || next >= (ptrdiff_t)matches)
        return NULL;
    return &matching[next];
}

// The values of an item by the name that the lookup gave it.
static const char *value_of(const fake_person *p, const char *item, uint16_t member)
{
    if (strcmp(item, "FullName") == 0)
        return member < 3 ? p->full_name[member] : NULL;
    if (strcmp(item, "ShortName") == 0)
        return member < 2 ? p->short_name[member] : NULL;
    if (member > 0)
        return NULL;
    return strcmp(item, "InternetAddress") == 0 ? p->address
           : strcmp(item, "MailFile") == 0      ? p->mail_file
           : strcmp(item, "MailServer") == 0    ? p->mail_server
           : strcmp(item, "Type") == 0          ? p->type
           : strcmp(item, "HTTPPassword") == 0  ? p->password
                                                : NULL;
}

NOTES_FUNCTION uint16_t NAMEGetTextItem2(void *match, uint16_t item, uint16_t member, char *text, uint16_t size)
{
    const char *name = asked_items;

    CHECK(people.locked == 1, "the buffer is locked");
    for (uint16_t i = 0; i < item; i++)
        name += strlen(name) + 1;
    if (people.text_fails != 0 && item == people.failing_item)
        return people.text_fails;
    const char *value = value_of(*(const fake_person **)match, name, member);
    if (value == NULL)
        return member == 0 ? 0x8310 : 0x0311; // with a bit that says where it was met
    size_t length = strlen(value) < size ? strlen(value) : (size_t)size - 1;
    memcpy(text, value, length);
    text[length] = '\0';
    return 0;
}

static const char decoy_digest[] = "(decoy)";

NOTES_FUNCTION uint16_t SECHashPassword(uint16_t password_size, const char *password, uint16_t capacity, uint16_t *size,
                                        char *digest, uint32_t flags, void *reserved)
{
    CHECK(flags == 0 && reserved == NULL, "what is reserved");
    CHECK(password_size == strlen(FAKE_DECOY) && memcmp(password, FAKE_DECOY, password_size) == 0, "the decoy");
    if (people.hash_fails != 0)
        return people.hash_fails;
    memset(digest, 'x', capacity);
    memcpy(digest, decoy_digest, sizeof decoy_digest - 1); // without a NUL
    *size = people.hash_is_long ? capacity : sizeof decoy_digest - 1;
    return 0;
}

NOTES_FUNCTION uint16_t SECVerifyPassword(uint16_t password_size, const char *password, uint16_t digest_size,
                                          const char *digest, uint32_t flags, void *reserved)
{
    CHECK(flags == 0 && reserved == NULL, "what is reserved");
    CHECK(people.open == 0, "no lookup is open meanwhile");
    bool is_decoy = digest_size == strlen(decoy_digest) && memcmp(digest, decoy_digest, digest_size) == 0;
    people.verified += !is_decoy;
    people.decoys += is_decoy;
    if (people.verify_status != 0)
        return people.verify_status;
    if (is_decoy)
        return password_size == strlen(FAKE_DECOY) && memcmp(password, FAKE_DECOY, password_size) == 0 ? 0 : 0x1708;
    return password_size == digest_size && memcmp(password, digest, digest_size) == 0 ? 0 : 0x1708;
}
