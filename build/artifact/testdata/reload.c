// SPDX-License-Identifier: Apache-2.0
//
// reload LIBRARY: loads a filter as a server does, lets go of it, and checks that it is still there.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

static int fail(const char *sentence) {
    fprintf(stderr, "reload: %s\n", sentence);
    return 1;
}

int main(int argc, char **argv) {
    static const char *const names[] = {"FilterInit", "HttpFilterProc", "TerminateFilter"};
    void *first[3];
    if (argc != 2) {
        return fail("usage: reload LIBRARY");
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return fail(dlerror());
    }
    for (int i = 0; i < 3; i++) {
        first[i] = dlsym(library, names[i]);
        if (first[i] == NULL) {
            return fail(dlerror());
        }
    }
    if (dlclose(library) != 0) {
        return fail(dlerror());
    }
    library = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD);
    if (library == NULL) {
        return fail("dlclose has unloaded the library");
    }
    for (int i = 0; i < 3; i++) {
        if (dlsym(library, names[i]) != first[i]) {
            return fail("an entry point has moved");
        }
    }
    return 0;
}
