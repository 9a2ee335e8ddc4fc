// SPDX-License-Identifier: Apache-2.0
//
// The worker connections of the front.

#ifndef STANDIN_SERVE_H
#define STANDIN_SERVE_H

// Listens on "address:port", says so on standard output and serves until a quit. Returns an exit status.
int serve(const char *listen);

#endif
