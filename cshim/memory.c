// SPDX-License-Identifier: Apache-2.0

#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "thread.h"

enum {
    MAX_PROOF = 20480, // Authorization value and target together: the longest token that is looked at, and 4 KB
    MAX_LMBCS = 256,   // MAXUSERNAME, NUL included
    MAX_TICKET = 4096,
};

// The memory of one thread, made when the thread accepts its first token.
typedef struct {
    const FilterContext *context; // NULL: nothing is remembered
    int32_t again;
    bool named;
    bool doubted; // named, but see ndoap_note_named
    size_t authorization_size;
    size_t proof_size;
    char proof[MAX_PROOF]; // Authorization value, then target
    char name[MAX_LMBCS];  // empty: the token must be verified again
    size_t ticket_size;
    char ticket[MAX_TICKET];
} thread_memory;

void ndoap_forget(void)
{
    thread_memory *memory = ndoap_thread_value();

    if (memory != NULL)
        memory->context = NULL;
}

bool ndoap_remember(const FilterContext *context, ndoap_text authorization, const char *target, const char *name,
                    int32_t again, const char *ticket)
{
    size_t target_size = strlen(target);
    size_t name_size = name == NULL ? 0 : strlen(name);
    size_t ticket_size = ticket == NULL ? 0 : strlen(ticket);
    thread_memory *memory = ndoap_thread_value();

    if (memory == NULL) {
        memory = malloc(sizeof *memory);
        if (memory == NULL || !ndoap_thread_keep(memory)) {
            free(memory);
            return false;
        }
    }
    memory->context = context;
    memory->again = again;
    memory->named = false;
    memory->doubted = false;
    memory->name[0] = '\0';
    memory->ticket_size = ticket_size <= MAX_TICKET ? ticket_size : 0;
    if (memory->ticket_size > 0)
        memcpy(memory->ticket, ticket, ticket_size);
    if (name_size == 0 || name_size >= MAX_LMBCS || authorization.size == 0 || authorization.size > MAX_PROOF ||
        target_size > MAX_PROOF - authorization.size)
        return true;
    memcpy(memory->proof, authorization.at, authorization.size);
    memcpy(memory->proof + authorization.size, target, target_size);
    memory->authorization_size = authorization.size;
    memory->proof_size = authorization.size + target_size;
    memcpy(memory->name, name, name_size + 1);
    return true;
}

const char *ndoap_recall(const FilterContext *context, ndoap_text authorization, const char *target)
{
    const thread_memory *memory = ndoap_thread_value();

    if (memory == NULL || memory->context == NULL || memory->context != context || memory->name[0] == '\0')
        return NULL;
    if (memory->authorization_size != authorization.size || memory->proof_size != authorization.size + strlen(target))
        return NULL;
    if (memcmp(memory->proof, authorization.at, authorization.size) != 0 ||
        memcmp(memory->proof + authorization.size, target, memory->proof_size - authorization.size) != 0)
        return NULL;
    return memory->name;
}

void ndoap_note_named(const FilterContext *context, bool doubted)
{
    thread_memory *memory = ndoap_thread_value();

    if (memory == NULL || memory->context != context)
        return;
    memory->named = true;
    memory->doubted = doubted;
}

// The thread's memory, if it is of the request of a context.
static const thread_memory *memory_of(const FilterContext *context)
{
    const thread_memory *memory = ndoap_thread_value();

    return memory == NULL || memory->context == NULL || memory->context != context ? NULL : memory;
}

ndoap_standing ndoap_recall_standing(const FilterContext *context)
{
    const thread_memory *memory = memory_of(context);

    if (memory == NULL)
        return NDOAP_STANDING_NONE;
    if (!memory->named)
        return NDOAP_STANDING_UNNAMED;
    return memory->again != 0 ? NDOAP_STANDING_AGAIN : NDOAP_STANDING_SETTLED;
}

const char *ndoap_recall_doubted(const FilterContext *context)
{
    const thread_memory *memory = memory_of(context);

    return memory == NULL || !memory->doubted ? NULL : memory->name;
}

int32_t ndoap_recall_again(const FilterContext *context)
{
    const thread_memory *memory = memory_of(context);

    return memory == NULL ? 0 : memory->again;
}

ndoap_text ndoap_recall_ticket(const FilterContext *context)
{
    const thread_memory *memory = memory_of(context);

    return memory == NULL || memory->ticket_size == 0 ? (ndoap_text){NULL, 0}
                                                      : (ndoap_text){memory->ticket, memory->ticket_size};
}
