// SPDX-License-Identifier: Apache-2.0
//
// A lookup in the view $Users of every directory that the server searches. NAMELookup2 makes a buffer of matches, which
// belongs to the thread and is unlocked and freed before the call returns.

#include "notes_people.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ndoap.h"
#include "notes.h"
#include "thread.h"

enum { EXHAUSTIVE = 0x20 }; // flag of NAMELookup2: not only the first directory that has the name
enum {                      // status codes, without the bits that say where they were met
    CODE_BITS = 0x3FFF,
    NO_SUCH_ITEM = 0x0310,
    NO_MORE_MEMBERS = 0x0311,
    UNSUPPORTED_TYPE = 0x0312,
    WRONG_PASSWORD = 0x1708,
};
enum {
    MAX_LOOKUP = 260,   // a name of MAXUSERNAME (256), and what ndoap_notes_to_lmbcs wants as reserve
    MAX_PASSWORD = 512, // in LMBCS
    MAX_VALUE = 1024,   // of an item, in LMBCS
    MAX_DECOY = 256,    // a digest takes up to 52
    MOST_VALUES = 64,   // of an item; aliases above that are not looked at
};

typedef uint16_t(LNPUBLIC *name_lookup)(const char *server, uint32_t flags, uint16_t views_count, const char *views,
                                        uint16_t names_count, const char *names, uint16_t items_count,
                                        const char *items, uintptr_t *handle);
typedef void *(LNPUBLIC *name_next)(void *buffer, void *before, uint32_t *matches);
typedef void *(LNPUBLIC *match_next)(void *buffer, void *name, void *before);
typedef uint16_t(LNPUBLIC *text_item)(void *match, uint16_t item, uint16_t member, char *text, uint16_t size);
typedef void *(LNPUBLIC *lock_object)(uintptr_t handle);
typedef int(LNPUBLIC *unlock_object)(uintptr_t handle);
typedef uint16_t(LNPUBLIC *free_object)(uintptr_t handle);
typedef uint16_t(LNPUBLIC *hash_password)(uint16_t password_size, const char *password, uint16_t capacity,
                                          uint16_t *digest_size, char *digest, uint32_t reserved_flags, void *reserved);
typedef uint16_t(LNPUBLIC *verify_password)(uint16_t password_size, const char *password, uint16_t digest_size,
                                            const char *digest, uint32_t reserved_flags, void *reserved);

static struct {
    name_lookup lookup;
    name_next next_name;
    match_next next_match;
    text_item text;
    lock_object lock;
    unlock_object unlock;
    free_object free;
    hash_password hash;
    verify_password verify;
} notes;

// The digest that a password is compared with where there is no person's, so that the time tells nobody which names
// exist. The server makes it itself, since only the server knows what form its digests have. Empty: it cannot.
static char decoy[MAX_DECOY];

static void make_decoy(void)
{
    static const char password[] = "ndoap"; // a right one lets nobody in
    uint16_t size = 0;

    memset(decoy, 0, sizeof decoy);
    if (notes.hash == NULL || notes.verify == NULL)
        return;
    bool made = notes.hash(sizeof password - 1, password, sizeof decoy - 1, &size, decoy, 0, NULL) == 0 && size > 0 &&
                size < sizeof decoy - 1 && notes.verify(sizeof password - 1, password, size, decoy, 0, NULL) == 0;
    memset(decoy + (made ? size : 0), 0, sizeof decoy - (made ? size : 0));
}

void ndoap_people_resolve(void)
{
    ndoap_notes_find("NAMELookup2", &notes.lookup);
    ndoap_notes_find("NAMELocateNextName2", &notes.next_name);
    ndoap_notes_find("NAMELocateNextMatch2", &notes.next_match);
    ndoap_notes_find("NAMEGetTextItem2", &notes.text);
    ndoap_notes_find("OSLockObject", &notes.lock);
    ndoap_notes_find("OSUnlockObject", &notes.unlock);
    ndoap_notes_find("OSMemFree", &notes.free);
    ndoap_notes_find("SECHashPassword", &notes.hash);
    ndoap_notes_find("SECVerifyPassword", &notes.verify);
    make_decoy();
}

uint64_t ndoap_people_thread(void)
{
    bool complete = notes.lookup != NULL && notes.next_name != NULL && notes.next_match != NULL && notes.text != NULL &&
                    notes.lock != NULL && notes.unlock != NULL && notes.free != NULL;
    return complete ? ndoap_thread_number() : 0;
}

// The matches of one name. handle is as wide as a pointer and 0 before the call: releases differ in how wide theirs is.
typedef struct {
    uintptr_t handle;
    void *buffer;
    void *name;
    void *match;
    uint32_t matches;
} people_lookup;

static void end_lookup(const people_lookup *found)
{
    if (found->buffer != NULL)
        (void)notes.unlock(found->handle);
    if (found->handle != 0)
        (void)notes.free(found->handle);
}

// Looks a name up; end_lookup must follow whatever comes of it. A name that LMBCS cannot write is nobody's.
static int32_t begin_lookup(const char *name, uint16_t items_count, const char *items, people_lookup *found,
                            int32_t *code)
{
    char lmbcs[MAX_LOOKUP];

    memset(found, 0, sizeof *found);
    if (name[0] == '\0' || !ndoap_notes_to_lmbcs(name, lmbcs, sizeof lmbcs))
        return NDOAP_PEOPLE_ANSWERED;
    *code = notes.lookup(NULL, EXHAUSTIVE, 1, "$Users", 1, lmbcs, items_count, items, &found->handle) & CODE_BITS;
    if (*code != 0) {
        found->handle = 0; // nobody says that it is one now, and the server ends itself over one that is not
        return NDOAP_PEOPLE_FAILED;
    }
    found->buffer = found->handle == 0 ? NULL : notes.lock(found->handle);
    if (found->buffer == NULL)
        return NDOAP_PEOPLE_FAILED;
    found->name = notes.next_name(found->buffer, NULL, &found->matches);
    if (found->name == NULL)
        found->matches = 0;
    return NDOAP_PEOPLE_ANSWERED;
}

static bool next_match(people_lookup *found)
{
    found->match = notes.next_match(found->buffer, found->name, found->match);
    return found->match != NULL;
}

// Reads one value of an item. more is false when there is none, or it is no text.
static int32_t read_value(const people_lookup *found, uint16_t item, uint16_t member, char value[MAX_VALUE], bool *more,
                          int32_t *code)
{
    value[0] = '\0';
    *more = false;
    int32_t status = notes.text(found->match, item, member, value, MAX_VALUE) & CODE_BITS;
    if (status == NO_SUCH_ITEM || status == NO_MORE_MEMBERS || status == UNSUPPORTED_TYPE)
        return NDOAP_PEOPLE_ANSWERED;
    if (status != 0) {
        *code = status;
        return NDOAP_PEOPLE_FAILED;
    }
    *more = true;
    value[MAX_VALUE - 1] = '\0';
    return strlen(value) < MAX_VALUE - 1 ? NDOAP_PEOPLE_ANSWERED : NDOAP_PEOPLE_UNREADABLE; // perhaps cut
}

static int32_t append(ndoap_people *people, const char *value, size_t size)
{
    char *longer = realloc(people->values, people->size + size);

    if (longer == NULL)
        return NDOAP_PEOPLE_NO_MEMORY;
    memcpy(longer + people->size, value, size);
    people->values = longer;
    people->size += size;
    return NDOAP_PEOPLE_ANSWERED;
}

// Appends the values of one item, and the NUL that ends them. Without its first value FullName would have another one
// in its place, which would be another name.
static int32_t append_item(const people_lookup *found, uint16_t item, ndoap_people *people)
{
    char value[MAX_VALUE], utf8[MAX_VALUE * 3];
    bool more;

    for (uint16_t member = 0; member < MOST_VALUES; member++) {
        int32_t outcome = read_value(found, item, member, value, &more, &people->code);
        if (outcome != NDOAP_PEOPLE_ANSWERED)
            return outcome;
        if (!more)
            break;
        if (!ndoap_notes_to_utf8(value, utf8, sizeof utf8) || (value[0] == '\0' && item == NDOAP_ITEM_FULL_NAME))
            return NDOAP_PEOPLE_UNREADABLE;
        if (utf8[0] != '\0')
            outcome = append(people, utf8, strlen(utf8) + 1);
        if (outcome != NDOAP_PEOPLE_ANSWERED)
            return outcome;
    }
    return append(people, "", 1);
}

void ndoap_people_find(uint64_t thread, const char *name, ndoap_people *people)
{
    static const char items[] = "FullName\0ShortName\0InternetAddress\0MailFile\0MailServer\0Type";
    people_lookup found;

    memset(people, 0, sizeof *people);
    people->outcome = NDOAP_PEOPLE_ELSEWHERE;
    if (thread == 0 || thread != ndoap_people_thread())
        return;
    people->outcome = begin_lookup(name, NDOAP_ITEMS, items, &found, &people->code);
    people->matches = found.matches;
    while (people->outcome == NDOAP_PEOPLE_ANSWERED && people->shown < NDOAP_MOST_PEOPLE &&
           people->shown < found.matches) {
        if (!next_match(&found)) {
            people->outcome = NDOAP_PEOPLE_FAILED;
            break;
        }
        for (uint16_t item = 0; item < NDOAP_ITEMS && people->outcome == NDOAP_PEOPLE_ANSWERED; item++)
            people->outcome = append_item(&found, item, people);
        people->shown++;
    }
    end_lookup(&found);
}

// Overwrites a secret in a way that the compiler does not leave out.
static void wipe(char *secret, size_t size)
{
    for (volatile char *at = secret; size > 0; size--)
        *at++ = '\0';
}

// Reads the digest of the one person with a name; empty when there is none.
static int32_t read_digest(const char *name, char digest[MAX_VALUE], int32_t *code)
{
    static const char items[] = "FullName\0HTTPPassword\0Type";
    char value[MAX_VALUE], utf8[MAX_VALUE * 3] = "";
    people_lookup found;
    bool more;

    digest[0] = '\0';
    int32_t outcome = begin_lookup(name, 3, items, &found, code);
    bool person = outcome == NDOAP_PEOPLE_ANSWERED && found.matches == 1 && next_match(&found);
    if (person) {
        outcome = read_value(&found, 0, 0, value, &more, code);
        person = outcome == NDOAP_PEOPLE_ANSWERED && more && ndoap_notes_to_utf8(value, utf8, sizeof utf8) &&
                 strcasecmp(utf8, name) == 0;
    }
    if (person) {
        outcome = read_value(&found, 2, 0, value, &more, code);
        person = outcome == NDOAP_PEOPLE_ANSWERED && more && strcmp(value, "Person") == 0;
    }
    if (person)
        outcome = read_value(&found, 1, 0, digest, &more, code);
    end_lookup(&found);
    return outcome;
}

void ndoap_people_verify(uint64_t thread, const char *name, const char *password, ndoap_password *answer)
{
    char digest[MAX_VALUE], lmbcs[MAX_PASSWORD];

    memset(answer, 0, sizeof *answer);
    answer->outcome = NDOAP_PEOPLE_ELSEWHERE;
    if (thread == 0 || thread != ndoap_people_thread())
        return;
    if (notes.verify == NULL) { // what needs no password works all the same
        answer->outcome = NDOAP_PEOPLE_LACKING;
        return;
    }
    answer->outcome = read_digest(name, digest, &answer->code);
    bool is_persons = digest[0] != '\0';
    if (!is_persons)
        memcpy(digest, decoy, sizeof decoy);
    if (answer->outcome == NDOAP_PEOPLE_ANSWERED && digest[0] != '\0' && password[0] != '\0' &&
        ndoap_notes_to_lmbcs(password, lmbcs, sizeof lmbcs)) {
        int32_t status = notes.verify((uint16_t)strlen(lmbcs), lmbcs, (uint16_t)strlen(digest), digest, 0, NULL);
        answer->valid = is_persons && status == 0;
        if (status != 0 && (status & CODE_BITS) != WRONG_PASSWORD) {
            answer->outcome = NDOAP_PEOPLE_FAILED;
            answer->code = status & CODE_BITS;
        }
    }
    wipe(digest, sizeof digest);
    wipe(lmbcs, sizeof lmbcs);
}
