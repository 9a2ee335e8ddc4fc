// SPDX-License-Identifier: Apache-2.0
//
// FilterInit and TerminateFilter. Domino calls both on "tell http restart", in one process, and FilterInit once for
// each Internet Site that names the filter.

#include "lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsapi.h"
#include "module.h"
#include "notes.h"
#include "statistics.h"
#include "thread.h"

static char data_directory[NDOAP_MAX_PATH]; // written by the first FilterInit, before any event

const char *ndoap_data_directory(void)
{
    return data_directory;
}

void ndoap_release(void *memory)
{
    free(memory);
}

ndoap_text ndoap_text_of(const char *terminated)
{
    return (ndoap_text){terminated, terminated == NULL ? 0 : strlen(terminated)};
}

void ndoap_print_console(const char *lines)
{
    for (; lines != NULL && *lines != '\0'; lines += strlen(lines) + 1)
        ndoap_notes_console(lines);
}

// Says that something of the server's own configuration is not readable, and leaves it empty.
static void report_unreadable(const char *what, const char *why, char *value)
{
    char line[128];

    value[0] = '\0';
    if (snprintf(line, sizeof line, "ndoap: the %s %s.", what, why) > 0)
        ndoap_notes_console(line);
}

static const char untranslatable[] = "cannot be translated from LMBCS; its default is used";

// Reads a variable of notes.ini in UTF-8.
static void read_environment(const char *name, char *value, size_t capacity)
{
    char lmbcs[NDOAP_MAX_ENVVALUE];

    ndoap_notes_environment(name, lmbcs);
    if (strlen(lmbcs) == NDOAP_MAX_ENVVALUE - 1) // Notes cuts what is longer, and half a path is another path
        report_unreadable(name, "has more than 254 bytes; its default is used", value);
    else if (!ndoap_notes_to_utf8(lmbcs, value, capacity))
        report_unreadable(name, untranslatable, value);
}

unsigned int FilterInit(FilterInitData *data)
{
    char app_path[NDOAP_MAX_NAME], config_dir[NDOAP_MAX_NAME], log_level[NDOAP_MAX_NAME], directory[NDOAP_MAX_NAME];

    static bool first = true;
    if (data == NULL)
        return kFilterError;
    if (first) // a second call, with requests under way, must not touch what they read
        ndoap_notes_resolve();
    if (data->serverFilterVersion < kInterfaceVersion) {
        ndoap_notes_console("ndoap: this server's filter interface is older than version 2; the filter is not loaded. "
                            "Domino 9.0.1 or later is needed.");
        return kFilterError;
    }
    if (!ndoap_module_pin() || !ndoap_thread_prepare()) {
        ndoap_notes_console("ndoap: the system refuses to keep the filter in memory; it is not loaded.");
        return kFilterError;
    }
    if (first)
        ndoap_notes_data_directory(data_directory);
    first = false;
    read_environment("DOAP_App_Path", app_path, sizeof app_path);
    read_environment("DOAP_Config_Dir", config_dir, sizeof config_dir);
    read_environment("DOAP_Log_Level", log_level, sizeof log_level);
    if (!ndoap_notes_to_utf8(data_directory, directory, sizeof directory))
        report_unreadable("data directory", untranslatable, directory);

    ndoap_environment environment = {ndoap_text_of(directory), ndoap_text_of(app_path), ndoap_text_of(config_dir),
                                     ndoap_text_of(log_level)};
    ndoap_opening opening;
    memset(&opening, 0, sizeof opening);
    ndoap_open(&environment, &opening);
    ndoap_module_restore();
    bool process = opening.user_event == NDOAP_USER_EVENT_PROCESS;
    ndoap_print_console(opening.console);
    ndoap_release(opening.memory);
    ndoap_statistics_publish(&opening.memory_use);

    static const char description[] = "ndoap: OAuth 2 authorization and resource server for Domino";
    _Static_assert(sizeof description <= sizeof data->filterDesc, "the description fits");
    memcpy(data->filterDesc, description, sizeof description);
    data->appFilterVersion = kInterfaceVersion;
    data->eventFlags =
        kFilterStartRequest | kFilterRawRequest | kFilterTranslateRequest | kFilterAuthenticate | kFilterEndRequest;
    data->eventFlags |= process ? kFilterProcessRequest : kFilterAuthorized;
    return kFilterHandledEvent;
}

unsigned int TerminateFilter(unsigned int reserved)
{
    (void)reserved;
    ndoap_opening closing;
    memset(&closing, 0, sizeof closing);
    ndoap_close(&closing);
    ndoap_print_console(closing.console);
    ndoap_release(closing.memory);
    ndoap_statistics_publish(&closing.memory_use);
    return kFilterHandledEvent;
}
