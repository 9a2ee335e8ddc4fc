// SPDX-License-Identifier: Apache-2.0
//
// The DSAPI half of the stand-in for Domino's HTTP task: loads filters and drives them event by event, stricter than
// Domino. docs/standin.md says what it imitates and where that is known from.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../notes/notes.h"
#include "filter.h"
#include "platform.h"
#include "replay.h"
#include "request.h"
#include "serve.h"
#include "violation.h"

enum { SMALLEST_NAME = 2, USUAL_NAME = 256, USUAL_URL = 4096, BAD_USAGE = 2 };

static const char usage[] =
    "usage: standin-host --filter LIBRARY [--filter LIBRARY]... --data DIRECTORY [options]\n"
    "\n"
    "  --neighbour LIBRARY      another filter, called after the ones before it\n"
    "  --listen ADDRESS:PORT    where the front connects (127.0.0.1:0)\n"
    "  --order ORDER            documented, or mapped-first: TranslateRequest before Authenticate\n"
    "  --user-event EVENT       authorized, or process: Authorized is never raised\n"
    "  --auth-name-size N       bytes of the authName buffer (256)\n"
    "  --url-limit N            longest request target (4096)\n"
    "  --anonymous-name NAME    how GetAuthenticatedUserInfo spells nobody (empty)\n"
    "  --init-twice             call FilterInit twice before TerminateFilter\n"
    "  --terminate-once         call TerminateFilter once, however often FilterInit was called\n"
    "  --found-in-cache WHO     Domino looks into its cache first: filter, the one whom a filter names is taken all the\n"
    "                           same, or cache, he is not\n"
    "  --no-request-line        GetAllHeaders begins with the first header\n"
    "  --session-skips-authenticate\n"
    "                           no Authenticate for the user of a session\n"
    "  --replay FILE            push the request frames of FILE through the filter, print a report, end\n"
    "  --count N                how many requests, round robin (each frame once)\n"
    "  --threads N              on how many threads (1)\n"
    "  --write-results FILE     where the result frames of a replay go\n"
    "  --json                   nothing but the report on standard output, the console on standard error\n";

static _Noreturn void refuse(const char *what, const char *which)
{
    fprintf(stderr, "standin-host: %s %s\n%s", what, which, usage);
    exit(BAD_USAGE);
}

static unsigned long number(const char *option, const char *value)
{
    char *end = NULL;
    unsigned long n = strtoul(value, &end, 10);

    if (*value == '\0' || *end != '\0')
        refuse("a number is needed after", option);
    return n;
}

// One of two words; true for the second.
static bool second_of(const char *option, const char *value, const char *first, const char *second)
{
    if (strcmp(value, first) != 0 && strcmp(value, second) != 0)
        refuse("there is no such value for", option);
    return strcmp(value, second) == 0;
}

typedef struct {
    const char *data, *listen;
    replay_plan plan;
    int init_times;
} command_line;

// Options that stand alone.
static bool take_switch(command_line *line, const char *option)
{
    if (strcmp(option, "--init-twice") == 0)
        line->init_times = 2;
    else if (strcmp(option, "--terminate-once") == 0)
        filters_terminate_once();
    else if (strcmp(option, "--session-skips-authenticate") == 0)
        settings.session_skips_authenticate = true;
    else if (strcmp(option, "--no-request-line") == 0)
        settings.no_request_line = true;
    else if (strcmp(option, "--json") == 0)
        console_to_stderr();
    else
        return false;
    return true;
}

static void take_option(command_line *line, const char *option, const char *value)
{
    if (strcmp(option, "--filter") == 0 || strcmp(option, "--neighbour") == 0) {
        if (filters_count == MAX_FILTERS)
            refuse("there are too many filters, no place for", value);
        filters[filters_count++].path = value;
    } else if (strcmp(option, "--data") == 0) {
        line->data = value;
    } else if (strcmp(option, "--listen") == 0) {
        line->listen = value;
    } else if (strcmp(option, "--order") == 0) {
        settings.mapped_first = second_of(option, value, "documented", "mapped-first");
    } else if (strcmp(option, "--user-event") == 0) {
        settings.no_authorized = second_of(option, value, "authorized", "process");
    } else if (strcmp(option, "--found-in-cache") == 0) {
        settings.cache = second_of(option, value, "filter", "cache") ? CACHE_WINS : FILTER_WINS;
    } else if (strcmp(option, "--auth-name-size") == 0) {
        settings.auth_name_size = (unsigned int)number(option, value);
        if (settings.auth_name_size < SMALLEST_NAME || settings.auth_name_size > MAX_LMBCS)
            refuse("2 to 1024 are possible for", option);
    } else if (strcmp(option, "--url-limit") == 0) {
        settings.url_limit = (unsigned int)number(option, value);
    } else if (strcmp(option, "--anonymous-name") == 0) {
        settings.anonymous = value;
    } else if (strcmp(option, "--replay") == 0) {
        line->plan.file = value;
    } else if (strcmp(option, "--count") == 0) {
        line->plan.count = number(option, value);
    } else if (strcmp(option, "--threads") == 0) {
        line->plan.threads = (unsigned int)number(option, value);
        if (line->plan.threads == 0)
            refuse("at least one is needed for", option);
    } else if (strcmp(option, "--write-results") == 0) {
        line->plan.results = value;
    } else {
        refuse("there is no option", option);
    }
}

int main(int argc, char **argv)
{
    command_line line = {.listen = "127.0.0.1:0", .plan.threads = 1, .init_times = 1};

    argv = platform_arguments(argc, argv);
    settings = (server_settings){.auth_name_size = USUAL_NAME, .url_limit = USUAL_URL, .anonymous = ""};
    for (int i = 1; i < argc; i++) {
        if (take_switch(&line, argv[i]))
            continue;
        if (i + 1 == argc)
            refuse("a value is needed after", argv[i]);
        take_option(&line, argv[i], argv[i + 1]);
        i++;
    }
    if (filters_count == 0 || line.data == NULL)
        refuse("at least --filter and --data are needed,", "one is missing");
    if (!platform_start()) {
        fprintf(stderr, "standin-host: the network cannot be used\n");
        return 1;
    }
    if (!standin_notes_open(line.data, (standin_notes_host){violation_sentence, console_line})) {
        fprintf(stderr, "standin-host: the path of the data directory is longer than %d bytes\n", MAXPATH - 1);
        return 1;
    }
    platform_signals_before_load(violation_at_fault);
    standin_notes_thread(1);
    if (!filters_load(line.init_times))
        return 1;
    int status = line.plan.file != NULL ? replay(&line.plan) : serve(line.listen);
    fflush(stdout);
    platform_exit(status);
}
