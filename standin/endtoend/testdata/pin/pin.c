// SPDX-License-Identifier: Apache-2.0
//
// pin LIBRARY: loads a filter and frees it again, before anybody called FilterInit, many times. It prints "pinned" when
// the library was still there after each time: the threads that Go started in it at its first loading run on.

#include <stdbool.h>
#include <stdio.h>

enum { TIMES = 50 };

#ifdef _WIN32
#include <windows.h>

static bool load_and_free(const char *path)
{
    HMODULE loaded = LoadLibraryA(path);

    return loaded && FreeLibrary(loaded);
}

static bool is_there(const char *path)
{
    return GetModuleHandleA(path) != NULL;
}
#else
#include <dlfcn.h>

static bool load_and_free(const char *path)
{
    void *loaded = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    return loaded && dlclose(loaded) == 0;
}

static bool is_there(const char *path)
{
    void *loaded = dlopen(path, RTLD_NOW | RTLD_NOLOAD);

    return loaded && dlclose(loaded) == 0;
}
#endif

int main(int argc, char **argv)
{
    if (argc != 2 || is_there(argv[1]))
        return 2;
    for (int i = 0; i < TIMES; i++) {
        if (!load_and_free(argv[1])) {
            printf("not loaded or not freed\n");
            return 1;
        }
        if (!is_there(argv[1])) {
            printf("gone after %d times\n", i + 1);
            return 1;
        }
    }
    printf("pinned\n");
    return 0;
}
