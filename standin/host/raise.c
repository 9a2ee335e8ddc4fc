// SPDX-License-Identifier: Apache-2.0

#include "raise.h"

#include <string.h>

#include "../notes/notes.h"
#include "violation.h"

// Calls one filter for one event and checks what does not depend on the event. The neighbour in front of it and
// behind it leaves a pointer of its own in privateContext.
static unsigned int call(request *r, filter *f, const event_rule *rule, void *data)
{
    FilterContext *context = r->context;
    bool answered = r->answer.begun;

    context->privateContext = guard_poison(0);
    r->shadow = *context;
    r->event = rule->bit;
    r->called = f;
    place_enter(rule->name);
    uint64_t begin = platform_clock();
    allocations_on();
    unsigned int result = f->proc(context, rule->bit, data);
    allocations_off();
    standin_notes_event_ends();
    r->worker->measured.filter_time += platform_clock() - begin;
    r->event = 0;
    r->shadow.privateContext = context->privateContext;
    if (memcmp(&r->shadow, context, sizeof *context) != 0)
        violation("a member of FilterContext other than privateContext was changed");
    context->privateContext = guard_poison(1);

    if (result > kFilterError)
        violation("HttpFilterProc returned %u", result);
    if (rule->bit == kFilterStartRequest || rule->bit == kFilterEndRequest) {
        if (result != kFilterNotHandled && !(result == kFilterHandledEvent && rule->may_handle))
            violation("HttpFilterProc returned %u, which this event does not take", result);
        return kFilterNotHandled; // all filters are told
    }
    if (result == kFilterHandledRequest) {
        if (!rule->may_answer)
            violation("kFilterHandledRequest is not allowed at this event");
        response_end(r);
        return result;
    }
    if (result == kFilterHandledEvent && !rule->may_handle)
        violation("kFilterHandledEvent is not allowed at this event");
    bool denied = rule->bit == kFilterAuthorized && result == kFilterHandledEvent;
    if (r->answer.begun && !answered && !denied)
        violation("a response was written, but HttpFilterProc returned %u", result);
    return result;
}

unsigned int raise_event(request *r, unsigned int bit, void *data, size_t size, event_check check)
{
    const event_rule *rule = event_of(bit);
    unsigned int result = kFilterNotHandled;
    unsigned char before[sizeof(FilterAuthenticate)];

    buffer_text(&r->trace, r->trace.size == 0 ? "" : " ");
    bool wanted = false;
    for (int i = 0; i < filters_count && result == kFilterNotHandled; i++) {
        filter *f = &filters[i];
        if ((f->events & bit) == 0 || (r->owner != NULL && r->owner != f))
            continue;
        if (!wanted)
            buffer_text(&r->trace, rule->name);
        wanted = true;
        if (data != NULL)
            memcpy(before, data, size);
        result = call(r, f, rule, data);
        if (check != NULL)
            check(r, data, before, result);
        place_enter(NULL);
    }
    if (!wanted && r->trace.size > 0)
        r->trace.at[--r->trace.size] = '\0';
    return result;
}

bool wanted(unsigned int bit)
{
    for (int i = 0; i < filters_count; i++)
        if ((filters[i].events & bit) != 0)
            return true;
    return false;
}

// Takes away what filters were shown at the event before: nobody says that it lives longer.
static void expire_shown(request *r)
{
    worker *w = r->worker;
    guard *pieces[] = {&w->body,         &w->path,         &w->auth_name,   &w->shown[0],
                       &w->shown[1],     &w->shown[2],     &w->shown[3],    &w->user_info[0],
                       &w->user_info[1], &w->user_info[2], &w->user_info[3]};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        guard_expire(pieces[i]);
    if (r->header_piece != NULL)
        guard_expire(r->header_piece);
    r->header_piece = NULL;
}

void *event_data(request *r, size_t size)
{
    worker *w = r->worker;

    expire_shown(r);
    guard_expire(&w->event_data[w->events++ % 2]);
    void *data = guard_open(&w->event_data[w->events % 2], "the event data", size);
    memset(data, 0, size);
    return data;
}

void check_unchanged(const void *data, const void *before, size_t size)
{
    if (memcmp(data, before, size) != 0)
        violation("a member of the event data that is not the filter's to write was changed");
}

outcome outcome_of(unsigned int result)
{
    return result == kFilterHandledRequest ? ANSWERED : result == kFilterError ? FAILED : GOES_ON;
}
