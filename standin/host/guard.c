// SPDX-License-Identifier: Apache-2.0

#include "guard.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_PIECES = 1 << 16 };

// Read by the fault handler, so there is no lock: a piece enters once and its entry is emptied when it is released.
static _Atomic(guard *) pieces[MAX_PIECES];
static atomic_int pieces_count = 1;
static _Atomic(char *) poison;
static bool relaxed; // set before any request

void guard_relax(void)
{
    relaxed = true;
}

static void enter(guard *g)
{
    if (g->entry == 0) {
        g->entry = atomic_fetch_add(&pieces_count, 1);
        if (g->entry >= MAX_PIECES)
            g->entry = MAX_PIECES - 1; // explained less well, guarded all the same
    }
    atomic_store(&pieces[g->entry], g);
}

void *guard_open(guard *g, const char *what, size_t size)
{
    size_t page = platform_page();
    size_t needed = (size + page - 1) / page * page;

    bool fresh = needed > g->size || g->pages == NULL;
    if (fresh) {
        guard_release(g);
        g->pages = platform_reserve(needed + page);
        g->size = needed;
    }
    if (fresh || !relaxed)
        platform_protect(g->pages, g->size, PAGES_WRITE);
    g->what = what;
    g->offset = g->size - size;
    g->writable = true;
    g->expired = false;
    enter(g);
    return g->pages + g->offset;
}

void guard_read_only(guard *g)
{
    if (relaxed)
        return;
    g->writable = false;
    platform_protect(g->pages, g->size, PAGES_READ);
}

char *guard_bytes(guard *g, const char *what, text content)
{
    char *at = guard_open(g, what, content.size);

    if (content.size > 0)
        memcpy(at, content.at, content.size);
    guard_read_only(g);
    return at;
}

char *guard_text(guard *g, const char *what, text content)
{
    char *at = guard_open(g, what, content.size + 1);

    if (content.size > 0)
        memcpy(at, content.at, content.size);
    at[content.size] = '\0';
    guard_read_only(g);
    return at;
}

void guard_expire(guard *g)
{
    if (g->pages == NULL || g->expired || relaxed)
        return;
    g->expired = true;
    platform_protect(g->pages, g->size, PAGES_NONE);
}

void guard_release(guard *g)
{
    if (g->pages == NULL)
        return;
    atomic_store(&pieces[g->entry], NULL);
    platform_release(g->pages, g->size + platform_page());
    g->pages = NULL;
    g->size = 0;
}

void *guard_poison(unsigned int which)
{
    char *page = atomic_load(&poison);

    if (page == NULL) {
        char *fresh = platform_reserve(platform_page());
        if (atomic_compare_exchange_strong(&poison, &page, fresh))
            page = fresh;
        else
            platform_release(fresh, platform_page());
    }
    return page + 64 + (which % 2) * 64;
}

static bool within(const void *address, const char *from, size_t size)
{
    return (uintptr_t)address >= (uintptr_t)from && (uintptr_t)address - (uintptr_t)from < size;
}

bool guard_explain(const void *address, char *sentence, size_t capacity)
{
    char *page = atomic_load(&poison);
    int count = atomic_load(&pieces_count);

    if (page != NULL && within(address, page, platform_page())) {
        snprintf(sentence, capacity, "followed a pointer of the server or of a neighbour (privateContext is shared)");
        return true;
    }
    for (int i = 1; i < count && i < MAX_PIECES; i++) {
        const guard *g = atomic_load(&pieces[i]);
        if (g == NULL || g->pages == NULL || !within(address, g->pages, g->size + platform_page()))
            continue;
        const char *how = within(address, g->pages + g->size, platform_page()) ? "went beyond the end of"
                          : g->expired                                         ? "used after its time"
                          : g->writable                                        ? "went astray in"
                                                                               : "wrote to";
        snprintf(sentence, capacity, "%s %s", how, g->what);
        return true;
    }
    return false;
}
