// SPDX-License-Identifier: Apache-2.0
//
// A directory made of variables, behind the Notes functions; strict about handles and locks.

#ifndef NDOAP_TEST_FAKEPEOPLE_H
#define NDOAP_TEST_FAKEPEOPLE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *name; // what it is found by
    const char *full_name[3], *short_name[2], *address, *mail_file, *mail_server, *type, *password;
} fake_person;

typedef struct {
    const fake_person *people; // ends with one without a name
    uint16_t lookup_fails;     // status of NAMELookup2
    uint16_t text_fails;       // status of NAMEGetTextItem2, for item failing_item
    uint16_t failing_item;
    uint16_t verify_status; // instead of comparing; 0: compares
    uint16_t hash_fails;    // status of SECHashPassword
    bool lock_fails;
    bool no_handle;
    bool match_is_missing;
    bool hash_is_long; // SECHashPassword says that its digest fills all of the buffer
    const char *lacks; // a function that ndoap_people_resolve does not find

    int lookups;
    int open; // handles that are not freed
    int locked;
    int verified; // against digests of people
    int decoys;   // against the digest that SECHashPassword has made
} fake_directory;

extern fake_directory people;

// The password that the shim has hashed to have a digest to compare with.
#define FAKE_DECOY "ndoap"

// Begins a test with a directory.
void fake_people(const fake_person *list);

#endif
