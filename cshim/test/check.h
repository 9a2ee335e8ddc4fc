// SPDX-License-Identifier: Apache-2.0
//
// The least of a test framework: a failed check says where and what, and the program goes on to the next.

#ifndef NDOAP_TEST_CHECK_H
#define NDOAP_TEST_CHECK_H

#include <stdio.h>
#include <string.h>

extern int checks_passed;
extern int checks_failed;

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (condition) {                                                                                               \
            checks_passed++;                                                                                           \
        } else {                                                                                                       \
            checks_failed++;                                                                                           \
            printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);                                                     \
            printf(__VA_ARGS__);                                                                                       \
            printf("\n");                                                                                              \
        }                                                                                                              \
    } while (0)

#define CHECK_TEXT(got, want) CHECK(strcmp((got), (want)) == 0, "got \"%s\", want \"%s\"", (got), (want))

void test_ours(void);
void test_memory(void);
void test_lmbcs(void);
void test_lmbcs_icu(void);
void test_notes(void);
void test_people(void);
void test_shim(void);
void test_mapped(void);
void test_requests(void);
void test_fuzz(void);

#endif
