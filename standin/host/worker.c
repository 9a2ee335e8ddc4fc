// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>

#include "request.h"

enum { MOST_ALLOCATIONS = 256 }; // calls of AllocMem for one request

worker *worker_new(void)
{
    worker *w = calloc(1, sizeof *w);
    guard *allocated = calloc(MOST_ALLOCATIONS, sizeof *allocated);

    if (w == NULL || allocated == NULL)
        abort();
    w->allocated = allocated;
    w->allocated_capacity = MOST_ALLOCATIONS;
    return w;
}

void worker_free(worker *w)
{
    guard *pieces[] = {&w->contexts[0],    &w->contexts[1],  &w->later_context, &w->event_data[0],
                       &w->event_data[1],  &w->url,          &w->version,       &w->basic_user,
                       &w->basic_password, &w->body,         &w->auth_name,     &w->path,
                       &w->user_info[0],   &w->user_info[1], &w->user_info[2],  &w->user_info[3]};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        guard_release(pieces[i]);
    for (size_t i = 0; i < HEADER_TEXTS; i++)
        guard_release(&w->header_text[i]);
    for (size_t i = 0; i < sizeof w->shown / sizeof w->shown[0]; i++)
        guard_release(&w->shown[i]);
    for (size_t i = 0; i < w->allocated_capacity; i++)
        guard_release(&w->allocated[i]);
    free(w->allocated);
    free(w);
}

request *request_new(worker *w)
{
    request *r = calloc(1, sizeof *r);

    if (r == NULL)
        abort();
    r->worker = w;
    return r;
}

void request_free(request *r)
{
    free(r->headers.at);
    free(r->header_text.at);
    free(r->user.at);
    free(r->groups.at);
    free(r->variables.at);
    free(r->trace.at);
    free(r->answer.reason.at);
    free(r->answer.headers.at);
    free(r->answer.body.at);
    free(r);
}
