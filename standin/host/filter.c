// SPDX-License-Identifier: Apache-2.0

#include "filter.h"

#include <stdio.h>
#include <string.h>

#include "../notes/notes.h"
#include "guard.h"
#include "platform.h"
#include "violation.h"

enum {
    KNOWN_EVENTS = kFilterRawRequest | kFilterParsedRequest | kFilterAuthUser | kFilterUserNameList | kFilterMapURL |
                   kFilterResponse | kFilterRawWrite | kFilterEndRequest | kFilterStartRequest | kFilterPostTranslate |
                   kFilterAuthorized | kFilterProcessRequest | kFilterAuthenticate | kFilterRewriteURL,
    UNWRITTEN = 0xA5, // what memory holds that the filter has to fill
};

filter filters[MAX_FILTERS];
int filters_count;

static int init_times;
static bool terminates_once;
static unsigned int generation;
static int running; // requests
static bool closed; // no request may begin

static void find(filter *f, const char *name, void *function)
{
    void *symbol = platform_symbol(f->library, name);

    memcpy(function, &symbol, sizeof symbol);
}

static void check_init_data(FilterInitData *data, unsigned int result)
{
    if (data->serverFilterVersion != kInterfaceVersion)
        violation("serverFilterVersion was changed");
    if (data->initFlags != 0)
        violation("initFlags was changed");
    if (result == kFilterError)
        return;
    if (result != kFilterHandledEvent)
        violation("FilterInit returned %u, neither kFilterHandledEvent nor kFilterError", result);
    if (data->appFilterVersion != kInterfaceVersion)
        violation("appFilterVersion is %u, not kInterfaceVersion", data->appFilterVersion);
    if (memchr(data->filterDesc, '\0', sizeof data->filterDesc) == NULL)
        violation("filterDesc is not terminated");
    if (data->filterDesc[0] == '\0' || (unsigned char)data->filterDesc[0] == UNWRITTEN)
        violation("filterDesc is empty");
    if (!standin_notes_is_lmbcs(data->filterDesc))
        violation("filterDesc is not LMBCS text");
    if (data->eventFlags == 0)
        violation("eventFlags names no event");
    if ((data->eventFlags & ~(unsigned int)KNOWN_EVENTS) != 0)
        violation("eventFlags has bits that are no event: 0x%x", data->eventFlags & ~(unsigned int)KNOWN_EVENTS);
    if ((data->eventFlags & kFilterAuthUser) != 0 && (data->eventFlags & kFilterAuthenticate) != 0)
        violation("eventFlags has both kFilterAuthUser and kFilterAuthenticate");
}

static bool init(filter *f, bool first)
{
    static guard piece;
    FilterInitData *data = guard_open(&piece, "FilterInitData", sizeof *data);
    char line[600];

    memset(data, 0, sizeof *data);
    memset(data->filterDesc, UNWRITTEN, sizeof data->filterDesc);
    data->serverFilterVersion = kInterfaceVersion;
    place_enter("FilterInit");
    unsigned int result = f->init(data);
    check_init_data(data, result);
    place_enter(NULL);
    if (result == kFilterError) {
        snprintf(line, sizeof line, "standin-host: %s refused to load", f->path);
        console_line(line);
        return false;
    }
    f->events = data->eventFlags;
    if (first) {
        char description[kMaxFilterDesc * 3 + 1];
        standin_notes_to_utf8(data->filterDesc, description, sizeof description);
        snprintf(line, sizeof line, "HTTP Server: DSAPI %.500s Loaded successfully", description);
        console_line(line);
    }
    guard_expire(&piece);
    return true;
}

static bool load(filter *f)
{
    char error[512], line[1200];

    f->library = platform_load(f->path, error, sizeof error);
    if (f->library == NULL) {
        snprintf(line, sizeof line, "standin-host: cannot load the filter: %s", error);
        console_line(line);
        return false;
    }
    find(f, "FilterInit", &f->init);
    find(f, "HttpFilterProc", &f->proc);
    find(f, "TerminateFilter", &f->terminate);
    find(f, "HttpFilterThreadInit", &f->thread_init);
    find(f, "HttpFilterThreadTerm", &f->thread_term);
    place_enter("loading");
    if (f->init == NULL || f->proc == NULL)
        violation("%s does not export FilterInit and HttpFilterProc", f->path);
    if ((f->thread_init == NULL) != (f->thread_term == NULL))
        violation("%s exports only one of HttpFilterThreadInit and HttpFilterThreadTerm", f->path);
    place_enter(NULL);
    return true;
}

bool filters_load(int times)
{
    init_times = times;
    for (int i = 0; i < filters_count; i++) {
        if (!load(&filters[i]))
            return false;
        for (int time = 0; time < times; time++)
            if (!init(&filters[i], time == 0))
                return false;
    }
    place_enter("FilterInit");
    platform_signals_after_load();
    const char *lost = platform_signals_lost();
    if (lost != NULL)
        violation("%s of the server, set before the filters or after them, works no more", lost);
    place_enter(NULL);
    generation++;
    return true;
}

void filters_terminate_once(void)
{
    terminates_once = true;
}

// What functions other than HttpFilterProc may return.
static void check_result(const char *function, unsigned int result)
{
    if (result != kFilterHandledEvent && result != kFilterError)
        violation("%s returned %u, neither kFilterHandledEvent nor kFilterError", function, result);
}

void filters_unload(void)
{
    for (int i = filters_count - 1; i >= 0; i--) {
        place_enter("TerminateFilter");
        int times = terminates_once ? 1 : init_times;
        for (int time = 0; time < times && filters[i].terminate != NULL; time++)
            check_result("TerminateFilter", filters[i].terminate(0));
        place_enter(NULL);
        platform_unload(filters[i].library);
    }
}

void filters_request_begins(void)
{
    platform_lock();
    while (closed)
        platform_wait();
    running++;
    platform_unlock();
}

void filters_request_ends(void)
{
    platform_lock();
    running--;
    platform_wake();
    platform_unlock();
}

static void close_and_wait(void)
{
    platform_lock();
    while (closed) // another restart is at work
        platform_wait();
    closed = true;
    while (running > 0)
        platform_wait();
    platform_unlock();
}

bool filters_restart(void)
{
    close_and_wait();
    filters_unload();
    bool loaded = filters_load(init_times);
    platform_lock();
    closed = false;
    platform_wake();
    platform_unlock();
    return loaded;
}

void filters_quit(void)
{
    close_and_wait();
    filters_unload();
}

void filters_thread_begins(unsigned int *seen)
{
    if (*seen == generation)
        return;
    *seen = generation;
    place_enter("HttpFilterThreadInit");
    for (int i = 0; i < filters_count; i++)
        if (filters[i].thread_init != NULL)
            check_result("HttpFilterThreadInit", filters[i].thread_init(0));
    place_enter(NULL);
}

void filters_thread_ends(unsigned int seen)
{
    filters_request_begins(); // not while a restart takes the library away
    place_enter("HttpFilterThreadTerm");
    for (int i = 0; i < filters_count; i++)
        if (seen == generation && filters[i].thread_term != NULL)
            check_result("HttpFilterThreadTerm", filters[i].thread_term(0));
    place_enter(NULL);
    filters_request_ends();
}
