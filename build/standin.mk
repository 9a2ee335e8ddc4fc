# SPDX-License-Identifier: Apache-2.0
#
# The C half of the stand-in: the host and the Notes functions, for Linux and for Windows.

CC ?= gcc
STANDIN_CFLAGS := -std=c11 -O2 -g -Wall -Wextra -Werror -Wconversion

STANDIN_HOST  := $(filter-out %_linux.c %_windows.c,$(wildcard standin/host/*.c))
STANDIN_NOTES := $(filter-out %_linux.c %_windows.c,$(wildcard standin/notes/*.c))
STANDIN_HEADERS := $(wildcard standin/host/*.h standin/notes/*.h) cshim/dsapi.h

bin/libnotes.so: $(STANDIN_NOTES) $(wildcard standin/notes/*_linux.c) $(STANDIN_HEADERS)
	@mkdir -p bin
	$(CC) $(STANDIN_CFLAGS) -fPIC -shared -fvisibility=hidden -Wl,-soname,libnotes.so \
		-o $@.new $(filter %.c,$^) -pthread
	@mv $@.new $@

# The program finds the Notes library beside itself, and filters find its functions in the program.
bin/standin-host: $(STANDIN_HOST) $(wildcard standin/host/*_linux.c) $(STANDIN_HEADERS) bin/libnotes.so
	$(CC) $(STANDIN_CFLAGS) -o $@.new $(filter %.c,$^) bin/libnotes.so -Wl,-rpath,'$$ORIGIN' -pthread -ldl
	@mv $@.new $@

# --kill-at: Windows programs of 32 bits look Notes functions up without @N.
define standin_windows
bin/windows-$(1)/nnotes.dll: $(STANDIN_NOTES) $(wildcard standin/notes/*_windows.c) $(STANDIN_HEADERS)
	@mkdir -p bin/windows-$(1)
	$(2)-gcc $(STANDIN_CFLAGS) -shared -static -Wl,--kill-at,--no-insert-timestamp -o $$@ $$(filter %.c,$$^)

bin/windows-$(1)/standin-host.exe: $(STANDIN_HOST) $(wildcard standin/host/*_windows.c) $(STANDIN_HEADERS) \
		bin/windows-$(1)/nnotes.dll
	$(2)-gcc $(STANDIN_CFLAGS) -static -Wl,--no-insert-timestamp -o $$@ $$(filter %.c,$$^) \
		bin/windows-$(1)/nnotes.dll -lws2_32 -lntdll -lshell32
endef

$(eval $(call standin_windows,amd64,x86_64-w64-mingw32))
$(eval $(call standin_windows,386,i686-w64-mingw32))
