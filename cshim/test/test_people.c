// SPDX-License-Identifier: Apache-2.0

#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "fakenotes.h"
#include "fakepeople.h"
#include "ndoap.h"
#include "notes_people.h"
#include "thread.h"

static const fake_person acme[] = {
    {.name = "anna",
     .full_name = {"CN=Anna/O=Acme", "J\x14\x01\x41rg"},
     .short_name = {"anna", "ab"},
     .address = "a@x",
     .mail_file = "mail\\a",
     .mail_server = "CN=m/O=Acme",
     .type = "Person",
     .password = "secret"},
    {.name = "CN=Anna/O=Acme", .full_name = {"cn=Anna/o=Acme"}, .type = "Person", .password = "s\x14\x01\x41"},
    {.name = "two", .full_name = {"CN=T/O=1"}, .type = "Person", .password = "secret"},
    {.name = "two", .full_name = {"CN=T/O=2"}, .type = "Person"},
    {.name = "bare"},
    {.name = "unnamed", .full_name = {"", "CN=Second/O=Acme"}, .type = "Person"},
    {.name = "unreadable", .full_name = {"CN=\x14\x01\x41/O=Acme"}},
    {.name = "CN=Group/O=Acme", .full_name = {"CN=Group/O=Acme"}, .type = "Group", .password = "secret"},
    {.name = "CN=Other/O=Acme", .full_name = {"CN=Another/O=Acme"}, .type = "Person", .password = "secret"},
    {.name = "CN=Plain/O=Acme", .full_name = {"CN=Plain/O=Acme"}, .type = "Person"},
    {.name = "CN=Twin/O=Acme", .full_name = {"CN=Twin/O=Acme"}, .type = "Person", .password = "secret"},
    {.name = "CN=Twin/O=Acme", .full_name = {"CN=Twin/O=Acme"}, .type = "Person", .password = "secret"},
    {.name = NULL},
};

static ndoap_people find(const char *name)
{
    ndoap_people found;

    ndoap_people_find(ndoap_people_thread(), name, &found);
    CHECK(people.open == 0 && people.locked == 0, "%s leaves %d open, %d locked", name, people.open, people.locked);
    return found;
}

static void shows(const char *name, uint32_t matches, const char *values, size_t size)
{
    ndoap_people found = find(name);

    CHECK(found.outcome == NDOAP_PEOPLE_ANSWERED && found.matches == matches, "%s: %d, %u matches", name, found.outcome,
          found.matches);
    CHECK(found.size == size && (size == 0 || memcmp(found.values, values, size) == 0), "%s has other values", name);
    ndoap_release(found.values);
}

static void fails(const char *name, int32_t outcome, int32_t code)
{
    ndoap_people found = find(name);

    CHECK(found.outcome == outcome && found.code == code, "%s: %d, code %x", name, found.outcome, (unsigned)found.code);
    ndoap_release(found.values);
}

#define SHOWS(name, matches, values) shows(name, matches, values, sizeof(values) - 1)

static void test_find(void)
{
    char beyond[300];

    fake_people(acme);
    SHOWS("anna", 1,
          "CN=Anna/O=Acme\0J\xC5\x81rg\0\0anna\0ab\0\0a@x\0\0mail\\a\0\0CN=m/O=Acme\0\0"
          "Person\0\0");
    SHOWS("two", 2,
          "CN=T/O=1\0\0\0\0\0\0Person\0\0"
          "CN=T/O=2\0\0\0\0\0\0Person\0\0");
    SHOWS("bare", 1, "\0\0\0\0\0\0");
    SHOWS("nobody", 0, "");
    int before = people.lookups;
    SHOWS("", 0, "");
    memset(beyond, 'x', sizeof beyond - 1);
    beyond[sizeof beyond - 1] = '\0';
    SHOWS(beyond, 0, "");
    translate_fails = true;
    SHOWS("\xC5\x81", 0, "");
    CHECK(people.lookups == before, "names that nobody can have are not asked for");
    fails("unnamed", NDOAP_PEOPLE_UNREADABLE, 0);
    fails("unreadable", NDOAP_PEOPLE_UNREADABLE, 0);
    translate_fails = false;
}

static void test_many(void)
{
    static char endless[2000];
    fake_person crowd[12];

    for (int i = 0; i < 11; i++)
        crowd[i] = (fake_person){.name = "crowd"};
    crowd[11] = (fake_person){.name = NULL};
    fake_people(crowd);
    ndoap_people found = find("crowd");
    CHECK(found.matches == 11 && found.shown == NDOAP_MOST_PEOPLE, "%u of %u", found.shown, found.matches);
    CHECK(found.size == NDOAP_MOST_PEOPLE * NDOAP_ITEMS, "%zu bytes", found.size);
    ndoap_release(found.values);

    memset(endless, 'x', sizeof endless - 1);
    fake_person large[] = {{.name = "large", .full_name = {"CN=L/O=A"}, .mail_file = endless}, {.name = NULL}};
    fake_people(large);
    fails("large", NDOAP_PEOPLE_UNREADABLE, 0);
}

static void test_failures(void)
{
    fake_people(acme);
    people.lookup_fails = 0x830E;
    fails("anna", NDOAP_PEOPLE_FAILED, 0x30E);
    fake_people(acme);
    people.no_handle = true;
    fails("anna", NDOAP_PEOPLE_FAILED, 0);
    fake_people(acme);
    people.lock_fails = true;
    fails("anna", NDOAP_PEOPLE_FAILED, 0);
    fake_people(acme);
    people.match_is_missing = true;
    fails("anna", NDOAP_PEOPLE_FAILED, 0);
    fake_people(acme);
    people.text_fails = 0x0105;
    people.failing_item = NDOAP_ITEM_MAIL_FILE;
    fails("anna", NDOAP_PEOPLE_FAILED, 0x105);
    people.text_fails = 0x0312; // an item that is no text
    SHOWS("bare", 1, "\0\0\0\0\0\0");
}

static void *elsewhere(void *thread)
{
    ndoap_people found;
    ndoap_password answer;

    ndoap_people_find(*(uint64_t *)thread, "anna", &found);
    CHECK(found.outcome == NDOAP_PEOPLE_ELSEWHERE && found.values == NULL, "another thread");
    ndoap_people_verify(*(uint64_t *)thread, "anna", "secret", &answer);
    CHECK(answer.outcome == NDOAP_PEOPLE_ELSEWHERE && answer.valid == 0, "another thread");
    return NULL;
}

static void test_threads(void)
{
    uint64_t thread = ndoap_people_thread(), none = 0;
    pthread_t other;

    fake_people(acme);
    CHECK(thread != 0 && thread == ndoap_thread_number(), "this thread");
    pthread_create(&other, NULL, elsewhere, &thread);
    pthread_join(other, NULL);
    elsewhere(&none);
    CHECK(people.lookups == 0, "Notes was not called");
}

static ndoap_password verify(const char *name, const char *password)
{
    ndoap_password answer;

    ndoap_people_verify(ndoap_people_thread(), name, password, &answer);
    CHECK(people.open == 0 && people.locked == 0, "%s leaves %d open, %d locked", name, people.open, people.locked);
    return answer;
}

static void test_passwords(void)
{
    static const char *const never[][2] = {
        {"CN=Anna/O=Acme", "secret"},  {"CN=Anna/O=Acme", ""},
        {"CN=Twin/O=Acme", "secret"},  {"two", "secret"},
        {"nobody", "secret"},          {"CN=Group/O=Acme", "secret"},
        {"CN=Other/O=Acme", "secret"}, {"CN=Plain/O=Acme", ""},
        {"CN=Plain/O=Acme", "secret"},
    };

    fake_people(acme);
    ndoap_password answer = verify("CN=Anna/O=Acme", "s\xC5\x81");
    CHECK(answer.outcome == NDOAP_PEOPLE_ANSWERED && answer.valid == 1, "compared in LMBCS: %d", answer.outcome);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        answer = verify(never[i][0], never[i][1]);
        CHECK(answer.outcome == NDOAP_PEOPLE_ANSWERED && answer.valid == 0, "%s with %s", never[i][0], never[i][1]);
    }
    CHECK(people.verified == 2, "only one person's password is ever compared, not %d times", people.verified);
    CHECK(people.decoys == 6, "the others cost as much, %d times", people.decoys);
    answer = verify("nobody", FAKE_DECOY);
    CHECK(answer.outcome == NDOAP_PEOPLE_ANSWERED && answer.valid == 0, "the password of the decoy is nobody's");
    answer = verify("", "secret");
    CHECK(answer.outcome == NDOAP_PEOPLE_ANSWERED && answer.valid == 0, "a name that is not looked up");
    CHECK(people.decoys == 8, "costs a comparison, too: %d", people.decoys);
    people.verify_status = 0x8105;
    answer = verify("CN=Anna/O=Acme", "s\xC5\x81");
    CHECK(answer.outcome == NDOAP_PEOPLE_FAILED && answer.valid == 0 && answer.code == 0x105, "code %d", answer.code);
    answer = verify("nobody", "secret");
    CHECK(answer.outcome == NDOAP_PEOPLE_FAILED && answer.code == 0x105, "and so for nobody: code %d", answer.code);
    people.lookup_fails = 0x30E;
    answer = verify("CN=Anna/O=Acme", "s\xC5\x81");
    CHECK(answer.outcome == NDOAP_PEOPLE_FAILED && answer.valid == 0 && answer.code == 0x30E, "code %d", answer.code);
    fake_people(acme);
    translate_fails = true;
    CHECK(verify("unreadable", "x").valid == 0, "an unreadable name");
    CHECK(verify("CN=Anna/O=Acme", "s\xC5\x81").valid == 0, "a password that cannot be translated");
    CHECK(people.verified == 0, "nothing is compared");
    translate_fails = false;
    fake_people(acme);
}

// A server that cannot compare passwords still says who its people are; one that cannot look them up says nothing.
static void test_missing_functions(void)
{
    static const char *const lookups[] = {"NAMELookup2",      "NAMELocateNextName2", "NAMELocateNextMatch2",
                                          "NAMEGetTextItem2", "OSLockObject",        "OSUnlockObject",
                                          "OSMemFree"};

    fake_people(acme);
    people.lacks = "SECVerifyPassword";
    ndoap_people_resolve();
    CHECK(ndoap_people_thread() == ndoap_thread_number(), "people can be looked up");
    SHOWS("bare", 1, "\0\0\0\0\0\0");
    int before = people.lookups;
    ndoap_password answer = verify("CN=Anna/O=Acme", "s\xC5\x81");
    CHECK(answer.outcome == NDOAP_PEOPLE_LACKING && answer.valid == 0 && answer.code == 0, "outcome %d",
          answer.outcome);
    CHECK(people.lookups == before && people.verified == 0, "nothing is looked up for it");
    for (size_t i = 0; i < sizeof lookups / sizeof lookups[0]; i++) {
        people.lacks = lookups[i];
        ndoap_people_resolve();
        CHECK(ndoap_people_thread() == 0, "without %s", lookups[i]);
    }
    people.lacks = NULL;
    ndoap_people_resolve();
    CHECK(verify("CN=Anna/O=Acme", "s\xC5\x81").valid == 1, "with all of them");
}

// Without a digest that the server itself made, nothing is compared for a name that is nobody's.
static void test_decoy(void)
{
    for (int way = 0; way < 4; way++) {
        fake_people(acme);
        people.lacks = way == 0 ? "SECHashPassword" : NULL;
        people.hash_fails = way == 1 ? 0x105 : 0;
        people.hash_is_long = way == 2;
        people.verify_status = way == 3 ? 0x105 : 0;
        ndoap_people_resolve();
        people.verify_status = 0;
        people.decoys = 0;
        ndoap_password answer = verify("nobody", "secret");
        CHECK(answer.outcome == NDOAP_PEOPLE_ANSWERED && answer.valid == 0, "way %d", way);
        CHECK(people.decoys == 0 && people.verified == 0, "way %d compares nothing", way);
        CHECK(verify("CN=Anna/O=Acme", "s\xC5\x81").valid == 1, "way %d has passwords", way);
    }
    fake_people(acme);
    ndoap_people_resolve();
    CHECK(verify("nobody", "secret").valid == 0, "nobody's");
    CHECK(people.decoys == 2, "made and proven once, then compared: %d", people.decoys);
}

void test_people(void)
{
    test_find();
    test_many();
    test_failures();
    test_threads();
    test_passwords();
    test_missing_functions();
    test_decoy();
}
