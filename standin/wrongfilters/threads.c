// SPDX-License-Identifier: Apache-2.0
//
// HttpFilterThreadInit and HttpFilterThreadTerm under names that no server looks for. hosttest compiles the filter
// once more with the real names put in their places by -D.

#include "right.h"

DSAPI_EXPORT unsigned int right_thread_init(unsigned int reserved);
DSAPI_EXPORT unsigned int right_thread_term(unsigned int reserved);

static _Thread_local bool begun;

unsigned int right_thread_init(unsigned int reserved)
{
    (void)reserved;
    console(begun ? "right: thread init again" : "right: thread init", 0);
    begun = true;
    return wrong("thread-init-result") ? kFilterNotHandled : kFilterHandledEvent;
}

unsigned int right_thread_term(unsigned int reserved)
{
    (void)reserved;
    console(begun ? "right: thread term" : "right: thread term without init", 0);
    begun = false;
    return wrong("thread-term-result") ? kFilterHandledRequest : kFilterHandledEvent;
}
