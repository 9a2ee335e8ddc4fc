// SPDX-License-Identifier: Apache-2.0
//
// The user: the name that a filter writes at Authenticate, and what GetAuthenticatedUserInfo tells afterwards.

#include <string.h>

#include "../notes/notes.h"
#include "request.h"
#include "violation.h"

// One component of a canonical name: CN=..., OU=..., O=..., C=..., not empty.
static bool is_component(text component)
{
    static const char *const types[] = {"CN=", "OU=", "O=", "C=", "OU1=", "OU2=", "OU3=", "OU4=", "G=", "S=", "I="};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t size = strlen(types[i]);
        if (component.size > size && text_same_name((text){component.at, size}, text_of(types[i])))
            return true;
    }
    return false;
}

void user_check_name(const FilterAuthenticate *event)
{
    const char *name = (const char *)event->authName;

    if (memchr(name, '\0', event->authNameSize) == NULL)
        violation("authName is not terminated within its %u bytes", event->authNameSize);
    if (!standin_notes_is_lmbcs(name))
        violation("authName is not LMBCS");
    if (!text_same_name((text){name, strlen(name) < 3 ? strlen(name) : 3}, text_of("CN=")))
        violation("authName is not a canonical name, it does not begin with CN=");
    for (const char *at = name; at != NULL;) {
        const char *slash = strchr(at, '/');
        if (!is_component((text){at, slash == NULL ? strlen(at) : (size_t)(slash - at)}))
            violation("authName is not a canonical name, each part needs a type and a value");
        at = slash == NULL ? NULL : slash + 1;
    }
}

static char *lmbcs(guard *piece, const char *what, const char *utf8)
{
    char name[MAX_LMBCS];

    standin_notes_to_lmbcs(utf8, name, sizeof name);
    return guard_text(piece, what, text_of(name));
}

int user_info(request *r, FilterAuthenticatedUser *info, unsigned int *error)
{
    const unsigned int known = kCannonicalUserName | kWebUserName | kUserPassword | kUserGroupList;
    guard *pieces = r->worker->user_info;

    *error = DSAPI_INVALID_ARGUMENT;
    if (info == NULL || info->fieldFlags == 0 || (info->fieldFlags & ~known) != 0)
        return 0;
    if (!r->authenticated || ((info->fieldFlags & kUserGroupList) != 0 && !r->names_listed))
        return 0;
    const char *name = r->user.size > 0 ? r->user.at : settings.anonymous;
    if ((info->fieldFlags & kCannonicalUserName) != 0)
        info->pUserCannonicalName = lmbcs(&pieces[0], "pUserCannonicalName", name);
    if ((info->fieldFlags & kWebUserName) != 0)
        info->pWebUserName = lmbcs(&pieces[1], "pWebUserName", r->basic_user == NULL ? name : r->basic_user);
    if ((info->fieldFlags & kUserPassword) != 0)
        info->pUserPassword = lmbcs(&pieces[2], "pUserPassword", r->basic_password == NULL ? "" : r->basic_password);
    if ((info->fieldFlags & kUserGroupList) != 0)
        info->pUserGroupList = guard_text(&pieces[3], "pUserGroupList", buffer_view(&r->groups));
    *error = 0;
    return 1;
}
