// SPDX-License-Identifier: Apache-2.0

#ifndef STANDIN_PARSED_H
#define STANDIN_PARSED_H

#include "request.h"

// kGetParsedRequest: the parts of the request target. Absent parts are NULL; the strings live as long as the request.
int parsed_request(request *r, FilterParsedRequestLine *line, unsigned int *error);

#endif
