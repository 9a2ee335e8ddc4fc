// SPDX-License-Identifier: Apache-2.0
//
// One rule of the Notes functions broken at a time.

#include "right.h"
#include "system.h"

#include <stdint.h>
#include <string.h>

static void (*log_message)(const char *, uint16_t, ...);
static uint16_t(LNPUBLIC *statistic)(const char *, const char *, uint16_t, uint16_t, const void *);
static uint16_t(LNPUBLIC *translate)(uint16_t, const char *, uint16_t, char *, uint16_t);
static int(LNPUBLIC *environment)(const char *, char *, uint16_t);
static int32_t(LNPUBLIC *environment_long)(const char *);
static uint16_t(LNPUBLIC *data_directory)(char *);
static void(LNPUBLIC *executable_directory)(char *);

static void find(const char *name, void *function)
{
    void *address = notes_function(name);

    memcpy(function, &address, sizeof address);
}

static void find_all(void)
{
    find("AddInLogMessageText", &log_message);
    find("StatUpdate", &statistic);
    find("OSTranslate", &translate);
    find("OSGetEnvironmentString", &environment);
    find("OSGetEnvironmentLong", &environment_long);
    find("OSGetDataDirectory", &data_directory);
    find("OSGetExecutableDirectory", &executable_directory);
}

static void write_console(void *nothing)
{
    (void)nothing;
    log_message("%s", 0, "from a thread of its own");
}

static void wrong_console(void)
{
    char line[2000];

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    if (wrong("console-format"))
        log_message("%d", 0, 1);
    if (wrong("console-no-format"))
        log_message(NULL, 0, "x");
    if (wrong("console-no-text"))
        log_message("%s", 0, NULL);
    if (wrong("console-long"))
        log_message("%s", 0, line);
    if (wrong("console-lines"))
        log_message("%s", 0, "one\ntwo");
    if (wrong("console-not-lmbcs"))
        log_message("%s", 0, "\x19xx");
    if (wrong("notes-thread"))
        on_own_thread(write_console, NULL);
}

static void wrong_statistic(void)
{
    int32_t one = 1;

    if (wrong("statistic-facility"))
        statistic("Doap.x", "Name", 1, 0, &one);
    if (wrong("statistic-no-facility"))
        statistic(NULL, "Name", 1, 0, &one);
    if (wrong("statistic-no-name"))
        statistic("Doap", NULL, 1, 0, &one);
    if (wrong("statistic-no-value"))
        statistic("Doap", "Name", 1, 0, NULL);
    if (wrong("statistic-type"))
        statistic("Doap", "Name", 1, 9, &one);
    if (wrong("statistic-flags"))
        statistic("Doap", "Name", 8, 0, &one);
}

void wrong_notes(void)
{
    char text[256];

    find_all();
    wrong_console();
    wrong_statistic();
    if (wrong("environment-no-name"))
        environment(NULL, text, sizeof text - 1);
    if (wrong("environment-no-buffer"))
        environment("Name", NULL, sizeof text - 1);
    if (wrong("environment-long-no-name"))
        environment_long(NULL);
    if (wrong("data-directory-no-buffer"))
        data_directory(NULL);
    if (wrong("executable-directory-no-buffer"))
        executable_directory(NULL);
    if (wrong("translate-no-text"))
        translate(22, NULL, 1, text, sizeof text);
    if (wrong("translate-no-buffer"))
        translate(22, "x", 1, NULL, sizeof text);
    if (wrong("translate-mode"))
        translate(21, "x", 1, text, sizeof text);
}
