// SPDX-License-Identifier: Apache-2.0

#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "memory.h"
#include "thread.h"

static ndoap_text text(const char *terminated)
{
    return (ndoap_text){terminated, strlen(terminated)};
}

// Another thread must see nothing of this one's memory. Its own is freed when it ends: the leak check tells.
static void *recall_elsewhere(void *context)
{
    const char *found = ndoap_recall(context, text("Bearer a"), "/x");

    ndoap_remember(context, text("Bearer b"), "/y", "CN=B", 0, NULL);
    CHECK(ndoap_recall(context, text("Bearer b"), "/y") != NULL, "a thread remembers its own");
    return (void *)(size_t)found;
}

// What is needed when the request is judged again comes back byte for byte, for that request only.
static void test_ticket(void)
{
    enum { LONGEST_TICKET = 4096 };
    FilterContext one, other;
    char *large = malloc(LONGEST_TICKET + 2);

    ndoap_forget();
    CHECK(ndoap_recall_again(&one) == 0 && ndoap_recall_ticket(&one).size == 0, "nothing at first");
    ndoap_remember(&one, text("Bearer a"), "/x", "CN=A", NDOAP_AGAIN_RESOURCE, "{\"a\":\"\x01\xFF\"}");
    CHECK(ndoap_recall_again(&one) == NDOAP_AGAIN_RESOURCE, "what is to be judged again");
    ndoap_text ticket = ndoap_recall_ticket(&one);
    CHECK(ticket.size == 10 && memcmp(ticket.at, "{\"a\":\"\x01\xFF\"}", 10) == 0, "the ticket, %zu", ticket.size);
    CHECK(ndoap_recall_again(&other) == 0 && ndoap_recall_ticket(&other).size == 0, "not for another context");
    CHECK(ndoap_recall_again(NULL) == 0 && ndoap_recall_ticket(NULL).at == NULL, "nor for none");
    ndoap_remember(&one, text("Bearer a"), "/y", "CN=A", NDOAP_AGAIN_TRANSPORT | NDOAP_AGAIN_RESOURCE, "t");
    CHECK(ndoap_recall_again(&one) == 3 && ndoap_recall_ticket(&one).size == 1, "the next request has its own");
    ndoap_remember(&one, text("Bearer a"), "/y", "CN=A", NDOAP_AGAIN_TRANSPORT, NULL);
    CHECK(ndoap_recall_ticket(&one).size == 0, "or none");

    memset(large, 't', LONGEST_TICKET + 1);
    large[LONGEST_TICKET + 1] = '\0';
    ndoap_remember(&one, text("Bearer a"), "/y", "CN=A", NDOAP_AGAIN_RESOURCE, "t");
    CHECK(ndoap_remember(&one, text("Bearer a"), "/y", "CN=A", NDOAP_AGAIN_RESOURCE, large), "one that is too long");
    CHECK(ndoap_recall_ticket(&one).at == NULL, "is not kept, nor is the one before");
    CHECK(ndoap_recall_again(&one) == NDOAP_AGAIN_RESOURCE, "but that it is needed");
    large[LONGEST_TICKET] = '\0';
    ndoap_remember(&one, text("Bearer a"), "/y", NULL, NDOAP_AGAIN_RESOURCE, large);
    ticket = ndoap_recall_ticket(&one);
    CHECK(ticket.size == LONGEST_TICKET && memcmp(ticket.at, large, LONGEST_TICKET) == 0, "the longest is");
    ndoap_forget();
    CHECK(ndoap_recall_again(&one) == 0 && ndoap_recall_ticket(&one).size == 0, "until it is forgotten");
    free(large);
}

void test_memory(void)
{
    FilterContext one, other;
    pthread_t thread;
    void *elsewhere = &one;

    CHECK(ndoap_thread_prepare() && ndoap_thread_prepare(), "preparing twice is harmless");
    ndoap_forget();
    CHECK(ndoap_recall(&one, text("Bearer a"), "/x") == NULL, "nothing is remembered at first");
    CHECK(ndoap_thread_value() == NULL, "and nothing was allocated for that");
    ndoap_remember(&one, text("Bearer a"), "/x", "CN=A", 0, NULL);
    CHECK(ndoap_recall(&one, text("Bearer a"), "/x") != NULL, "it is remembered");
    CHECK_TEXT(ndoap_recall(&one, text("Bearer a"), "/x"), "CN=A");
    CHECK(ndoap_recall(&other, text("Bearer a"), "/x") == NULL, "not for another context");
    CHECK(ndoap_recall(&one, text("Bearer b"), "/x") == NULL, "not for another token");
    CHECK(ndoap_recall(&one, text("Bearer a"), "/y") == NULL, "not for another target");
    CHECK(ndoap_recall(&one, text("Bearer a/"), "x") == NULL, "not for the same bytes divided elsewhere");
    CHECK(pthread_create(&thread, NULL, recall_elsewhere, &one) == 0, "thread");
    pthread_join(thread, &elsewhere);
    CHECK(elsewhere == NULL, "not on another thread");
    CHECK_TEXT(ndoap_recall(&one, text("Bearer a"), "/x"), "CN=A");
    ndoap_forget();
    CHECK(ndoap_recall(&one, text("Bearer a"), "/x") == NULL, "it is forgotten");

    enum { LONGEST_TOKEN = 16 << 10, TOO_LARGE = 24 << 10 };
    char *large = malloc(TOO_LARGE + 1);
    memset(large, 'a', TOO_LARGE);
    large[LONGEST_TOKEN] = '\0';
    ndoap_remember(&one, text(large), "/x", "CN=A", 0, NULL);
    CHECK(ndoap_recall(&one, text(large), "/x") != NULL, "the longest token is remembered");
    large[LONGEST_TOKEN] = 'a';
    large[TOO_LARGE] = '\0';
    ndoap_remember(&one, text("Bearer a"), "/x", "CN=A", 0, NULL);
    ndoap_remember(&one, text(large), "/x", "CN=B", 0, NULL);
    CHECK(ndoap_recall(&one, text(large), "/x") == NULL, "a long token is not remembered");
    CHECK(ndoap_recall(&one, text("Bearer a"), "/x") == NULL, "and drops what was");
    CHECK(ndoap_recall_standing(&one) == NDOAP_STANDING_UNNAMED, "it is accepted, but not named");
    ndoap_note_named(&other, true);
    CHECK(ndoap_recall_standing(&one) == NDOAP_STANDING_UNNAMED, "nor by naming another");
    ndoap_note_named(&one, false);
    CHECK(ndoap_recall_standing(&one) == NDOAP_STANDING_SETTLED, "until it is");
    CHECK(ndoap_recall_doubted(&one) == NULL, "without a doubt");
    ndoap_note_named(&one, true);
    CHECK_TEXT(ndoap_recall_doubted(&one), "");
    CHECK(ndoap_recall_doubted(&other) == NULL, "which another context knows nothing of");
    ndoap_remember(&one, text(large), "/x", "CN=B", NDOAP_AGAIN_TRANSPORT, NULL);
    CHECK(ndoap_recall_standing(&one) == NDOAP_STANDING_UNNAMED, "the next one is not named by that");
    CHECK(ndoap_recall_doubted(&one) == NULL, "nor doubted");
    ndoap_note_named(&one, false);
    CHECK(ndoap_recall_standing(&one) == NDOAP_STANDING_AGAIN, "and must be judged again, however long it is");
    CHECK(ndoap_recall_standing(&other) == NDOAP_STANDING_NONE, "another context is none of our business");
    ndoap_forget();
    CHECK(ndoap_recall_standing(&one) == NDOAP_STANDING_NONE, "until it is forgotten");
    CHECK(ndoap_remember(&one, text("Bearer a"), "/x", NULL, NDOAP_AGAIN_TRANSPORT, NULL),
          "a name that cannot be translated");
    CHECK(ndoap_recall_standing(&one) == NDOAP_STANDING_UNNAMED, "is accepted, but not named");
    ndoap_remember(&one, text("Bearer a"), large, "CN=A", 0, NULL);
    CHECK(ndoap_recall(&one, text("Bearer a"), large) == NULL, "a long target is not remembered");
    large[256] = '\0';
    ndoap_remember(&one, text("Bearer a"), "/x", large, 0, NULL);
    CHECK(ndoap_recall(&one, text("Bearer a"), "/x") == NULL, "a long name is not remembered");
    ndoap_remember(&one, text("Bearer a"), "/x", "", 0, NULL);
    CHECK(ndoap_recall(&one, text("Bearer a"), "/x") == NULL, "nor is nobody");
    ndoap_remember(&one, (ndoap_text){NULL, 0}, "/x", "CN=A", 0, NULL);
    CHECK(ndoap_recall(&one, (ndoap_text){NULL, 0}, "/x") == NULL, "nor is a request without a token");
    free(large);
    test_ticket();
}
