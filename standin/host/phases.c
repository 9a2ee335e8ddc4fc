// SPDX-License-Identifier: Apache-2.0
//
// The events of a request, in the documented order or with the translation first: what each one carries, what a filter
// may do to it, and what becomes of the request.

#include <stdio.h>
#include <string.h>

#include "../notes/notes.h"
#include "raise.h"
#include "violation.h"

static const unsigned int no_auth_type = 0xFFFFFFFF;

static void check_raw(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    (void)result;
    check_unchanged(data, before, sizeof(FilterRawRequest));
}

static outcome raw(request *r)
{
    if (!wanted(kFilterRawRequest))
        return GOES_ON;
    FilterRawRequest *event = event_data(r, sizeof *event);
    event->requestMethod = r->method;
    callbacks_raw(event);
    return outcome_of(raise_event(r, kFilterRawRequest, event, sizeof *event, check_raw));
}

static void check_parsed(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    (void)result;
    check_unchanged(data, before, sizeof(FilterParsedRequest));
}

static outcome parsed(request *r)
{
    if (!wanted(kFilterParsedRequest))
        return GOES_ON;
    FilterParsedRequest *event = event_data(r, sizeof *event);
    event->requestMethod = r->method;
    callbacks_parsed(event);
    return outcome_of(raise_event(r, kFilterParsedRequest, event, sizeof *event, check_parsed));
}

// RewriteURL, TranslateRequest and PostTranslate: the filter writes pathBuffer, and says so.
static void check_path(const FilterMapURL *event)
{
    if (memchr(event->pathBuffer, '\0', event->bufferSize) == NULL)
        violation("pathBuffer is not terminated within its %u bytes", event->bufferSize);
    if (event->pathBuffer[0] == '\0')
        violation("kFilterHandledEvent was returned without a path");
}

static void check_rewritten(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    check_unchanged(data, before, sizeof(FilterMapURL));
    if (result == kFilterHandledEvent)
        check_path(data);
}

static void check_mapped(request *r, void *data, void *before, unsigned int result)
{
    FilterMapURL *event = data, *then = before;

    (void)r;
    if (result == kFilterHandledEvent)
        then->mapType = event->mapType;
    check_unchanged(event, then, sizeof *event);
    if (result != kFilterHandledEvent)
        return;
    check_path(event);
    if (event->mapType == kURLMapUnknown || event->mapType > kURLMapDomino)
        violation("mapType is %u", event->mapType);
}

static FilterMapURL *mapping_data(request *r)
{
    FilterMapURL *event = event_data(r, sizeof *event);

    event->url = show(r, SHOWN_URL);
    event->pathBuffer = guard_open(&r->worker->path, "pathBuffer", PATH_SIZE);
    event->bufferSize = PATH_SIZE;
    memset(event->pathBuffer, UNWRITTEN, PATH_SIZE);
    return event;
}

static outcome rewrite(request *r)
{
    if (!wanted(kFilterRewriteURL))
        return GOES_ON;
    FilterMapURL *event = mapping_data(r);
    unsigned int result = raise_event(r, kFilterRewriteURL, event, sizeof *event, check_rewritten);
    if (result == kFilterHandledEvent) {
        r->url = guard_text(&r->worker->url, "the request's URL", text_of(event->pathBuffer));
        r->mapped = false; // the front has mapped the URL of before
    }
    return outcome_of(result);
}

static void take_path(request *r, const char *path, unsigned int type)
{
    snprintf(r->mapped_path, sizeof r->mapped_path, "%s", path);
    r->map_type = type;
    r->mapped = true;
}

static outcome translate(request *r)
{
    FilterMapURL *event;
    unsigned int result;

    if (wanted(kFilterTranslateRequest)) {
        event = mapping_data(r);
        result = raise_event(r, kFilterTranslateRequest, event, sizeof *event, check_mapped);
        if (result == kFilterHandledEvent)
            take_path(r, event->pathBuffer, event->mapType);
        if (result == kFilterError)
            return FAILED;
    }
    if (!wanted(kFilterPostTranslate))
        return GOES_ON;
    event = mapping_data(r);
    memcpy(event->pathBuffer, r->mapped_path, strlen(r->mapped_path) + 1);
    event->mapType = r->mapped ? r->map_type : kURLMapUnknown;
    result = raise_event(r, kFilterPostTranslate, event, sizeof *event, check_mapped);
    if (result == kFilterHandledEvent)
        take_path(r, event->pathBuffer, event->mapType);
    return outcome_of(result);
}

// Authenticate: the filter writes into authName, and authType. With kFilterHandledEvent it has decided.
static void check_authenticate(request *r, void *data, void *before, unsigned int result)
{
    FilterAuthenticate *event = data, *then = before;

    (void)r;
    if (event->authName != then->authName)
        violation("authName was replaced, the name belongs into the buffer it points to");
    if (event->authNameSize != then->authNameSize)
        violation("authNameSize was changed");
    if (result == kFilterHandledEvent) {
        if (event->authType == no_auth_type)
            violation("authType was not set");
        if (event->authType > kAuthenticClientCert)
            violation("authType is %u", event->authType);
        if (event->authType != kNotAuthentic)
            user_check_name(event);
    }
    if (result == kFilterNotHandled && (event->authType != no_auth_type || event->authName[0] != UNWRITTEN))
        violation("a user was named or refused, but HttpFilterProc returned kFilterNotHandled");
    then->authType = event->authType;
    check_unchanged(event, then, sizeof *event);
}

// Whether Domino has the user in its cache, and is set up to look there first.
static bool cache_has(const request *r)
{
    return settings.cache != CACHE_IS_NOT_LOOKED_AT && frame_field(r->in, TAG_USER).size > 0;
}

static FilterAuthenticate *authenticate_data(request *r)
{
    enum { ALLOW_BASIC = 1, ALLOW_ANONYMOUS = 2, ALLOW_SSL_BASIC = 8, ALLOW_SSL_ANONYMOUS = 16 };
    FilterAuthenticate *event = event_data(r, sizeof *event);

    event->userName = (LMBCS *)show(r, SHOWN_USER);
    event->password = (LMBCS *)show(r, SHOWN_PASSWORD);
    event->foundInCache = cache_has(r);
    event->authFlags = ALLOW_BASIC | ALLOW_ANONYMOUS | ALLOW_SSL_BASIC | ALLOW_SSL_ANONYMOUS;
    event->authNameSize = settings.auth_name_size;
    event->authName = guard_open(&r->worker->auth_name, "authName", settings.auth_name_size);
    event->authType = no_auth_type;
    memset(event->authName, UNWRITTEN, settings.auth_name_size);
    callbacks_authenticate(event);
    return event;
}

// What the user is in without a list from elsewhere: his own name.
static void take_user(request *r, const char *name)
{
    char utf8[MAX_LMBCS];

    standin_notes_to_utf8(name, utf8, sizeof utf8);
    buffer_clear(&r->user);
    buffer_text(&r->user, utf8);
    buffer_clear(&r->groups);
    buffer_append(&r->groups, name, strlen(name) + 1);
    r->named_by_filter = true;
}

// Whether Domino knows the user from a session and is set up not to ask filters about him.
static bool session_decides(const request *r)
{
    return settings.session_skips_authenticate && text_is(frame_field(r->in, TAG_AUTH_METHOD), "session") &&
           frame_field(r->in, TAG_USER).size > 0;
}

static outcome authenticate(request *r)
{
    unsigned int result = kFilterNotHandled;

    if (wanted(kFilterAuthenticate) && !session_decides(r)) {
        FilterAuthenticate *event = authenticate_data(r);
        result = raise_event(r, kFilterAuthenticate, event, sizeof *event, check_authenticate);
        if (result == kFilterHandledEvent && event->authType == kNotAuthentic)
            return REFUSED;
        if (result == kFilterHandledEvent && !(cache_has(r) && settings.cache == CACHE_WINS))
            take_user(r, (const char *)event->authName);
        if (result == kFilterHandledRequest || result == kFilterError)
            return outcome_of(result);
    }
    if (result == kFilterNotHandled && text_is(frame_field(r->in, TAG_BASIC_STATE), "bad"))
        return REFUSED;
    r->authenticated = true;
    return GOES_ON;
}

static void check_names(request *r, void *data, void *before, unsigned int result)
{
    (void)r;
    (void)result;
    check_unchanged(data, before, sizeof(FilterUserNameList));
}

static outcome list_names(request *r)
{
    outcome o = GOES_ON;

    if (wanted(kFilterUserNameList)) {
        char name[MAX_LMBCS];
        FilterUserNameList *event = event_data(r, sizeof *event);
        standin_notes_to_lmbcs(r->user.at == NULL ? "" : r->user.at, name, sizeof name);
        event->userName = (LMBCS *)guard_text(&r->worker->user_info[0], "userName", text_of(name));
        callbacks_names(event);
        o = outcome_of(raise_event(r, kFilterUserNameList, event, sizeof *event, check_names));
    }
    r->names_listed = true;
    return o;
}

static void check_authorized(request *r, void *data, void *before, unsigned int result)
{
    FilterAuthorize *event = data, *then = before;

    if (event->isAuthorized > 1)
        violation("isAuthorized is %u", event->isAuthorized);
    if (result == kFilterNotHandled && event->isAuthorized != 1)
        violation("isAuthorized was set to 0, but HttpFilterProc returned kFilterNotHandled");
    if (r->answer.begun && result != kFilterError && event->isAuthorized != 0)
        violation("a response was written, but isAuthorized was left at 1");
    then->isAuthorized = event->isAuthorized;
    check_unchanged(event, then, sizeof *event);
}

static outcome authorize(request *r)
{
    if (settings.no_authorized || !wanted(kFilterAuthorized))
        return GOES_ON;
    FilterAuthorize *event = event_data(r, sizeof *event);
    event->pURL = show(r, SHOWN_URL);
    event->pBuffer = guard_text(&r->worker->path, "the mapped resource", text_of(r->mapped_path));
    event->bufferSize = PATH_SIZE;
    event->mapType = r->map_type;
    event->isAuthorized = 1;
    unsigned int result = raise_event(r, kFilterAuthorized, event, sizeof *event, check_authorized);
    if (result == kFilterHandledEvent && event->isAuthorized == 0) {
        if (!r->answer.begun)
            return FORBIDDEN;
        response_end(r);
        return ANSWERED;
    }
    return outcome_of(result);
}

static void check_process(request *r, void *data, void *before, unsigned int result)
{
    if (result == kFilterNotHandled && r->owner == r->called)
        violation("the request was claimed with kOwnsRequest, but not answered at ProcessRequest");
    check_unchanged(data, before, sizeof(FilterMapURL));
}

static outcome process(request *r)
{
    if (!wanted(kFilterProcessRequest))
        return SERVED;
    FilterMapURL *event = event_data(r, sizeof *event);
    event->url = show(r, SHOWN_URL);
    event->pathBuffer = guard_text(&r->worker->path, "the mapped resource", text_of(r->mapped_path));
    event->bufferSize = PATH_SIZE;
    event->mapType = r->map_type;
    unsigned int result = raise_event(r, kFilterProcessRequest, event, sizeof *event, check_process);
    return result == kFilterNotHandled ? SERVED : outcome_of(result);
}

static outcome check_path_known(request *r)
{
    return r->mapped || r->owner != NULL ? GOES_ON : UNMAPPED;
}

outcome run_phases(request *r)
{
    typedef outcome (*phase)(request * r);
    static const phase documented[] = {raw,       parsed,           rewrite,   authenticate, list_names,
                                       translate, check_path_known, authorize, process},
                       mapped_first[] = {raw,        parsed,           rewrite,   translate, authenticate,
                                         list_names, check_path_known, authorize, process};
    const phase *phases = settings.mapped_first ? mapped_first : documented;
    outcome o = GOES_ON;

    for (size_t i = 0; i < sizeof documented / sizeof documented[0] && o == GOES_ON; i++)
        o = phases[i](r);
    return o;
}
