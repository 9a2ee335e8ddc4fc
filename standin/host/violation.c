// SPDX-License-Identifier: Apache-2.0

#include "violation.h"

#include <stdarg.h>
#include <stdio.h>

#include "guard.h"
#include "platform.h"

static _Thread_local const char *where;
static FILE *console;

void place_enter(const char *name)
{
    where = name;
}

const char *place(void)
{
    return where;
}

void console_to_stderr(void)
{
    console = stderr;
}

void console_line(const char *line)
{
    FILE *to = console == NULL ? stdout : console;

    // One call for the line: stdio's own lock keeps lines of many threads apart.
    fprintf(to, "%s\n", line);
    fflush(to);
}

void violation_sentence(const char *sentence)
{
    printf("DSAPI violation: %s (at %s)\n", sentence, where == NULL ? "no event of this thread" : where);
    fflush(stdout);
    platform_exit(VIOLATION_STATUS);
}

void violation(const char *format, ...)
{
    char sentence[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    violation_sentence(sentence);
    platform_exit(VIOLATION_STATUS);
}

void violation_at_fault(const void *address)
{
    char misuse[256];

    if (guard_explain(address, misuse, sizeof misuse))
        violation("the filter %s", misuse);
}
