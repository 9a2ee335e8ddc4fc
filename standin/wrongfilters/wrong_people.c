// SPDX-License-Identifier: Apache-2.0
//
// One rule of the Notes functions for the directory broken at a time.

#include "right.h"
#include "system.h"

#include <stdint.h>
#include <string.h>

enum { EXHAUSTIVE = 0x20 };

static uint16_t(LNPUBLIC *name_lookup)(const char *, uint32_t, uint16_t, const char *, uint16_t, const char *, uint16_t,
                                       const char *, uint32_t *);
static void *(LNPUBLIC *next_name)(void *, void *, uint32_t *);
static void *(LNPUBLIC *next_match)(void *, void *, void *);
static uint16_t(LNPUBLIC *text_item)(void *, uint16_t, uint16_t, char *, uint16_t);
static void *(LNPUBLIC *lock_object)(uint32_t);
static int(LNPUBLIC *unlock_object)(uint32_t);
static uint16_t(LNPUBLIC *free_object)(uint32_t);
static uint16_t(LNPUBLIC *hash)(uint16_t, const char *, uint16_t, uint16_t *, char *, uint32_t, void *);
static uint16_t(LNPUBLIC *verify)(uint16_t, const char *, uint16_t, const char *, uint32_t, void *);

static void find(const char *name, void *function)
{
    void *address = notes_function(name);

    memcpy(function, &address, sizeof address);
}

static void find_all(void)
{
    find("NAMELookup2", &name_lookup);
    find("NAMELocateNextName2", &next_name);
    find("NAMELocateNextMatch2", &next_match);
    find("NAMEGetTextItem2", &text_item);
    find("OSLockObject", &lock_object);
    find("OSUnlockObject", &unlock_object);
    find("OSMemFree", &free_object);
    find("SECHashPassword", &hash);
    find("SECVerifyPassword", &verify);
}

static uint32_t look_up(void)
{
    uint32_t handle = 0;

    name_lookup(NULL, EXHAUSTIVE, 1, "$Users", 1, "Ada", 1, "FullName", &handle);
    return handle;
}

static void look_up_elsewhere(void *nothing)
{
    (void)nothing;
    look_up();
}

static void free_elsewhere(void *handle)
{
    free_object(*(uint32_t *)handle);
}

static void wrong_lookup(void)
{
    uint32_t handle = 0;

    if (wrong("people-server"))
        name_lookup("other", EXHAUSTIVE, 1, "$Users", 1, "Ada", 1, "FullName", &handle);
    if (wrong("people-flags"))
        name_lookup(NULL, 0x40, 1, "$Users", 1, "Ada", 1, "FullName", &handle);
    if (wrong("people-view"))
        name_lookup(NULL, EXHAUSTIVE, 1, "$People", 1, "Ada", 1, "FullName", &handle);
    if (wrong("people-no-name"))
        name_lookup(NULL, EXHAUSTIVE, 1, "$Users", 1, "", 1, "FullName", &handle);
    if (wrong("people-no-items"))
        name_lookup(NULL, EXHAUSTIVE, 1, "$Users", 1, "Ada", 0, "FullName", &handle);
    if (wrong("people-no-handle"))
        name_lookup(NULL, EXHAUSTIVE, 1, "$Users", 1, "Ada", 1, "FullName", NULL);
    if (wrong("people-not-lmbcs"))
        name_lookup(NULL, EXHAUSTIVE, 1, "$Users", 1, "A\x19", 1, "FullName", &handle);
    if (wrong("people-too-many"))
        for (int i = 0; i < 5; i++)
            look_up();
    if (wrong("people-not-freed"))
        look_up();
    if (wrong("people-thread"))
        on_own_thread(look_up_elsewhere, NULL);
}

static void wrong_handles(uint32_t handle)
{
    if (wrong("people-handle"))
        lock_object(handle + 2);
    if (wrong("people-no-buffer"))
        lock_object(0);
    if (wrong("people-not-locked"))
        unlock_object(handle);
    if (wrong("people-free-elsewhere"))
        on_own_thread(free_elsewhere, &handle);
    lock_object(handle);
    if (wrong("people-locked-twice"))
        lock_object(handle);
    if (wrong("people-freed-locked"))
        free_object(handle);
}

static void wrong_pointers(void *buffer)
{
    char text[16];
    uint32_t count;
    void *name = next_name(buffer, NULL, &count);
    void *match = next_match(buffer, name, NULL);

    if (wrong("people-foreign-buffer"))
        next_name(text, NULL, &count);
    if (wrong("people-wrong-buffer"))
        next_name(name, NULL, &count);
    if (wrong("people-no-count"))
        next_name(buffer, NULL, NULL);
    if (wrong("people-wrong-record"))
        next_match(buffer, match, NULL);
    if (wrong("people-wrong-match"))
        text_item(name, 0, 0, text, sizeof text);
    if (wrong("people-item"))
        text_item(match, 1, 0, text, sizeof text);
    if (wrong("people-no-text"))
        text_item(match, 0, 0, NULL, sizeof text);
    if (wrong("people-small-text"))
        text_item(match, 0, 0, text, 0);
}

static void wrong_passwords(void)
{
    int nothing = 0;
    char text[64];
    uint16_t size = 0;

    if (wrong("hash-none"))
        hash(0, NULL, sizeof text, &size, text, 0, NULL);
    if (wrong("hash-no-digest"))
        hash(1, "x", 0, &size, NULL, 0, NULL);
    if (wrong("hash-no-size"))
        hash(1, "x", sizeof text, NULL, text, 0, NULL);
    if (wrong("hash-no-room"))
        hash(1, "x", 1, &size, text, 0, NULL);
    if (wrong("hash-flags"))
        hash(1, "x", sizeof text, &size, text, 1, NULL);
    if (wrong("hash-reserved"))
        hash(1, "x", sizeof text, &size, text, 0, &nothing);
    if (wrong("password-none"))
        verify(0, NULL, 1, "x", 0, NULL);
    if (wrong("password-no-digest"))
        verify(1, "x", 0, NULL, 0, NULL);
    if (wrong("password-flags"))
        verify(1, "x", 1, "x", 1, NULL);
    if (wrong("password-reserved"))
        verify(1, "x", 1, "x", 0, &nothing);
}

void wrong_people(void)
{
    char text[16];

    find_all();
    wrong_lookup();
    wrong_passwords();
    uint32_t handle = look_up(), count;
    wrong_handles(handle);
    void *buffer = unlock_object(handle) ? lock_object(handle) : NULL;
    wrong_pointers(buffer);
    void *match = next_match(buffer, next_name(buffer, NULL, &count), NULL);
    unlock_object(handle);
    if (wrong("people-unlocked"))
        text_item(match, 0, 0, text, sizeof text);
    free_object(handle);
    if (wrong("people-freed-twice"))
        free_object(handle);
    if (wrong("people-freed"))
        next_name(buffer, NULL, &count);
}
