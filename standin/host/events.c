// SPDX-License-Identifier: Apache-2.0
//
// What is allowed at which event. kFilterHandledRequest: only where the reference names it.

#include "request.h"

static const event_rule rules[] = {
    {"StartRequest", kFilterStartRequest, false, true},
    {"RawRequest", kFilterRawRequest, true, true},
    {"ParsedRequest", kFilterParsedRequest, true, true},
    {"RewriteURL", kFilterRewriteURL, false, true},
    {"AuthUser", kFilterAuthUser, false, true},
    {"Authenticate", kFilterAuthenticate, true, true},
    {"UserNameList", kFilterUserNameList, false, true},
    {"TranslateRequest", kFilterTranslateRequest, false, true},
    {"PostTranslate", kFilterPostTranslate, true, true},
    {"Authorized", kFilterAuthorized, true, true},
    {"ProcessRequest", kFilterProcessRequest, true, false},
    {"Response", kFilterResponse, false, true},
    {"EndRequest", kFilterEndRequest, false, false},
};

const unsigned int events_that_answer = kFilterRawRequest | kFilterParsedRequest | kFilterAuthenticate |
                                        kFilterPostTranslate | kFilterAuthorized | kFilterProcessRequest;

const unsigned int events_with_request = kFilterRawRequest | kFilterParsedRequest | kFilterRewriteURL |
                                         kFilterAuthUser | kFilterAuthenticate | kFilterUserNameList |
                                         kFilterTranslateRequest | kFilterPostTranslate | kFilterAuthorized |
                                         kFilterProcessRequest | kFilterResponse;

const event_rule *event_of(unsigned int bit)
{
    const event_rule *rule = rules;

    while (rule->bit != bit)
        rule++;
    return rule;
}
