// SPDX-License-Identifier: Apache-2.0
//
// Services that only some filters use, called as the reference has them.

#include "right.h"
#include "system.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char names_report[512]; // from UserNameList to Authorized

static const char *shown(const char *part)
{
    return part == NULL ? "(none)" : part;
}

unsigned int parse(FilterContext *context)
{
    FilterParsedRequestLine line;
    char report[1024];
    unsigned int error = 0, refusal = 0;

    int refused = context->ServerSupport(context, kGetParsedRequest, NULL, NULL, 0, &refusal);
    int parsed = context->ServerSupport(context, kGetParsedRequest, &line, NULL, 0, &error);
    snprintf(report, sizeof report,
             "null=%d,%u parsed=%d raw=%s scheme=%s info=%s host=%s port=%d path=%s query=%s fragment=%s version=%d.%d",
             refused, refusal, parsed, shown(line.pRawUri), shown(line.pSchemeUri), shown(line.pHostInfoUri),
             shown(line.pHostName), line.hostPort, shown(line.pPathUri), shown(line.pQueryUri),
             shown(line.pFragmentUri), line.majorProtocolVersion, line.minorProtocolVersion);
    return answer(context, report);
}

// Translates the body to LMBCS, from there to UTF-16 and back, and says where the program is.
unsigned int use_unicode(FilterContext *context, const FilterRequest *line)
{
    uint16_t(LNPUBLIC * translate)(uint16_t, const char *, uint16_t, char *, uint16_t);
    void(LNPUBLIC * executable_directory)(char *);
    void *found[] = {notes_function("OSTranslate"), notes_function("OSGetExecutableDirectory")};
    char lmbcs[64], utf16[64], back[64], path[256], report[1024], hex[129] = "";

    memcpy(&translate, &found[0], sizeof found[0]);
    memcpy(&executable_directory, &found[1], sizeof found[1]);
    uint16_t size = translate(24, line->contentRead, (uint16_t)line->contentReadLen, lmbcs, sizeof lmbcs);
    uint16_t wide = translate(20, lmbcs, size, utf16, sizeof utf16);
    uint16_t again = translate(23, utf16, wide, back, sizeof back);
    uint16_t cut = translate(20, lmbcs, size, utf16, 3);
    for (uint16_t i = 0; i < wide; i++)
        snprintf(hex + (size_t)i * 2, 3, "%02x", (unsigned char)utf16[i]);
    executable_directory(path);
    snprintf(report, sizeof report, "%s same=%d cut=%u program=%s", hex,
             again == size && memcmp(back, lmbcs, size) == 0, cut, path);
    return answer(context, report);
}

void list_names(FilterContext *context, FilterUserNameList *event)
{
    static const LMBCS colours[] = "Red\0Blue";
    LMBCS list[256] = "";
    FilterRequest line;
    unsigned int small = 0, all = 0, populated = 0, after = 0, error = 0, too_small = 0, refusal = 0;

    context->GetRequest(context, &line, &error);
    if (strcmp(line.URL, "/map/names") != 0)
        return;
    int needed = event->GetUserNameList(context, list, 3, &small, 0, &too_small);
    int size = event->GetUserNameList(context, list, sizeof list, &all, 0, &error);
    const char *first = (const char *)list, *second = first + strlen(first) + 1;
    int written = snprintf(names_report, sizeof names_report, "user=%s small=%d,%u,%u all=%d,%u,%s,%s", event->userName,
                           needed, small, too_small, size, all, first, second);
    size = event->PopulateUserNameList(context, list, sizeof list, &populated, 0, &error);
    int refused = event->AddGroupsToList(context, NULL, 1, 0, &refusal);
    event->RemoveGroupsFromList(context, 0, &error);
    event->AddGroupsToList(context, (LMBCS *)(uintptr_t)colours, 2, 0, &error);
    event->GetUserNameList(context, list, sizeof list, &after, 0, &error);
    snprintf(names_report + written, sizeof names_report - (size_t)written, " populated=%d,%u null=%d,%u after=%u",
             size, populated, refused, refusal, after);
}

unsigned int tell_names(FilterContext *context)
{
    FilterAuthenticatedUser user = {.fieldFlags = kUserGroupList};
    char report[800];
    unsigned int error = 0;

    if (!context->ServerSupport(context, kGetAuthenticatedUserInfo, &user, NULL, 0, &error))
        return answer(context, "no groups");
    const char *first = user.pUserGroupList;
    snprintf(report, sizeof report, "%s groups=%s,%s", names_report, first, first + strlen(first) + 1);
    return answer(context, report);
}
