// SPDX-License-Identifier: Apache-2.0
//
// A filter that keeps every rule, and the one place where it can be told to break one: the environment variable
// STANDIN_WRONG names the rule. Tests load the same library for all of them.

#ifndef STANDIN_RIGHT_H
#define STANDIN_RIGHT_H

#include "../../cshim/dsapi.h"
#include "../notes/notes.h"

#include <stdbool.h>

// Whether this rule is to be broken.
bool wrong(const char *rule);
bool wrong_kind(const char *prefix); // whether its name begins like that

// What breaks a rule at an event; kFilterNotHandled and *taken false when the rule belongs elsewhere.
unsigned int wrong_init(FilterInitData *data, unsigned int result);
unsigned int wrong_event(FilterContext *context, unsigned int type, void *data, bool *taken);

// What the right filter asks the host for, each to be answered with what came back.
unsigned int parse(FilterContext *context);
unsigned int use_unicode(FilterContext *context, const FilterRequest *line);
void list_names(FilterContext *context, FilterUserNameList *event); // at UserNameList
unsigned int tell_names(FilterContext *context);                    // at Authorized

// Breaks a rule about the Notes functions; the second about those for the directory.
void wrong_notes(void);
void wrong_people(void);

// The pieces both are made of.
void console(const char *format, unsigned int number);
unsigned int answer(FilterContext *context, const char *body);
void respond(FilterContext *context, unsigned int status, const char *headers);
void write_body(FilterContext *context, const char *bytes, unsigned int size);

#endif
