# SPDX-License-Identifier: Apache-2.0
#
# GNU make, POSIX sh. `make help` lists the targets.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

export CGO_ENABLED := 1
GO       ?= go
JOBS     ?= $(shell nproc 2>/dev/null || echo 2)
FUZZTIME ?= 1m

# What a build depends on. Go knows better, but with the build id removed (for reproducible bytes) it would link anew
# every time.
sources = $(shell find $(1) go.mod go.sum -type f ! -name '*_test.go' ! -name '*.syso')
LIBRARY_SOURCES := $(call sources,filter cshim core store build/version build/exports.map)
GO_SOURCES      := $(call sources,cmd core store standin build/version)

GO_BUILD := $(GO) build -trimpath -buildvcs=false

# Every symbol but the three entry points is hidden: the server's own SQLite, or a neighbour's, must never meet ours.
# nodelete: a Go library cannot be unloaded, whatever the host tries. relro and now: no writable function tables.
LIBRARY_LINK := '-Wl,--version-script=$(CURDIR)/build/exports.map' -Wl,--no-undefined \
	-Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack

# Clients and a provider that others wrote; with what their lock file names and nothing newer.
NODE_MODULES := standin/endtoend/node/node_modules/.package-lock.json

PROGRAMS := bin/libndoap.so bin/doapctl bin/standin bin/standin-host bin/libnotes.so bin/demo
LINUX    := bin/linux-amd64/libndoap.so
WINDOWS  := bin/windows-amd64/ndoap.dll bin/windows-386/ndoap.dll

##@ Use

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: bin/foreground build ## the tutorial on this machine: stand-in, people, a client (DEMO_LISTEN, DEMO_DATA)
	@exec bin/foreground bin/demo

##@ Build

.PHONY: build
build: $(PROGRAMS) ## the filter for Linux, doapctl, the stand-in and the demo, in bin/

.PHONY: build-linux
build-linux: $(LINUX) ## libndoap.so and doapctl as they are shipped, for old C libraries, in bin/linux-amd64/

.PHONY: build-windows
build-windows: $(WINDOWS) ## ndoap.dll and doapctl.exe for 64 and 32 bit, in bin/windows-*/

.PHONY: dist
dist: $(LINUX) $(WINDOWS) ## what is published: installers, archive, Debian package, SHA256SUMS, in dist/
	@rm -rf dist
	@sh build/packaging/package.sh bin/linux-amd64 dist
	@sh build/installer.sh amd64
	@sh build/installer.sh 386
	@cd dist && sha256sum ndoap* >SHA256SUMS && cat SHA256SUMS

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist standin/endtoend/node/node_modules
	rm -f filter/*.syso cmd/doapctl/*.syso

##@ Test

.PHONY: check
check: ## the quick part, for the edit loop: format, lint, unit tests
	@$(MAKE) --no-print-directory lint
	@echo '==> unit tests'
	@sh build/packages.sh unit | xargs $(GO) test

# The suites share the cores; each prints its heading at once and its output when it is done. -k: all failures in one run.
.PHONY: test
test: ## everything; installs what is missing on Debian or Ubuntu first
	@sh build/setup.sh
	@$(MAKE) --no-print-directory -k -j$(JOBS) --output-sync=target test-library test-lint test-c test-unit test-end-to-end \
		test-shipped test-windows test-windows-files test-windows-64 test-windows-32 test-installers verify-reproducible
	@echo '==> all suites passed'

.PHONY: bench
bench: build ## benchmarks, through the real library where they say so
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (a minute)
	@sh build/fuzz.sh '$(FUZZTIME)'

##@ Care

.PHONY: setup
setup: ## install what the tests need (Debian or Ubuntu, as root)
	@sh build/setup.sh

.PHONY: setup-wine
setup-wine: ## a Wine for 64-bit and 32-bit Windows programs, once (NDOAP_CACHE; minutes, 3 GB)
	@sh build/wine.sh setup

.PHONY: setup-node
setup-node: $(NODE_MODULES) ## the OAuth clients and the provider from npm that the end-to-end tests drive, once

.PHONY: setup-keycloak
setup-keycloak: ## Keycloak, an identity provider for the end-to-end tests, once (NDOAP_CACHE; minutes, 200 MB)
	@sh build/keycloak.sh setup

.PHONY: lint
lint: bin/tools/golangci-lint ## formatting and static checks of Go, C and shell
	@echo '==> lint'
	@bin/tools/golangci-lint fmt --diff
	@bin/tools/golangci-lint run ./...
	@sh build/check-c.sh
	@shellcheck build/*.sh build/packaging/*.sh build/packaging/deb/p* .ci/run

.PHONY: checklist
checklist: ## each attack of docs/checklist.md with the tests that cover it; fails on a gap
	@$(GO) run ./build/checklist

.PHONY: fmt
fmt: bin/tools/golangci-lint ## format Go and C
	bin/tools/golangci-lint fmt
	find cshim standin -name '*.[ch]' -exec clang-format -i {} +

# The suites of `make test`. A line that begins with + is printed at once, past --output-sync.

.PHONY: test-library
test-library: build build-linux
	+@echo '==> the library for Linux: exports, hardening, loading'
	@$(GO) test -count=1 -run '^TestLinux' ./build/artifact

.PHONY: test-lint
test-lint: bin/tools/golangci-lint
	+@echo '==> lint: format, golangci-lint, shellcheck, checklist'
	@bin/tools/golangci-lint fmt --diff
	@bin/tools/golangci-lint run ./...
	@shellcheck build/*.sh build/packaging/*.sh build/packaging/deb/p* .ci/run
	@$(GO) run ./build/checklist >/dev/null

.PHONY: test-c
test-c:
	+@echo '==> C: format, warnings for three targets, tests under sanitizers'
	@sh build/check-c.sh
	@sh build/test-c.sh

.PHONY: test-unit
test-unit:
	+@echo '==> unit tests, with the race detector'
	@sh build/packages.sh unit | xargs $(GO) test -race -timeout 10m

.PHONY: test-end-to-end
test-end-to-end: build $(NODE_MODULES) setup-keycloak
	+@echo '==> end to end: the real library in the stand-in'
	@sh build/packages.sh end-to-end | xargs $(GO) test -count=1 -timeout 15m

.PHONY: test-windows-64 test-windows-32
test-windows-64: bin/standin bin/windows-amd64/standin-host.exe bin/windows-amd64/ndoap.dll $(NODE_MODULES) setup-wine setup-keycloak
	+@echo '==> the rules of the host, and end to end: the 64-bit DLL under Wine'
	@NDOAP_TARGET=win64 sh build/wine.sh alone $(GO) test -count=1 -timeout 15m ./standin/hosttest ./standin/endtoend
test-windows-32: bin/standin bin/windows-386/standin-host.exe bin/windows-386/ndoap.dll $(NODE_MODULES) setup-wine setup-keycloak
	+@echo '==> the rules of the host, and end to end: the 32-bit DLL under Wine'
	@NDOAP_TARGET=win32 sh build/wine.sh alone $(GO) test -count=1 -timeout 15m ./standin/hosttest ./standin/endtoend

.PHONY: test-shipped
test-shipped: build build-linux $(NODE_MODULES) setup-keycloak
	+@echo '==> end to end: the library that is shipped for Linux'
	@NDOAP_TARGET=shipped $(GO) test -count=1 -timeout 15m ./standin/endtoend

.PHONY: test-windows
test-windows: build-windows
	+@echo '==> Windows: vet, exports, imports, version resources'
	@sh build/windows.sh vet amd64
	@sh build/windows.sh vet 386
	@$(GO) test -count=1 -run '^TestWindows' ./build/artifact

.PHONY: test-installers
test-installers: build-windows setup-wine
	+@echo '==> the Windows installers under Wine, against made-up servers'
	@$(GO) test -count=1 -timeout 15m ./build/installertest

.PHONY: test-windows-files
test-windows-files: setup-wine
	+@echo '==> Windows: tests of files and their rights, under Wine'
	@sh build/windows-files.sh amd64
	@sh build/windows-files.sh 386

.PHONY: verify-reproducible
verify-reproducible: dist
	+@echo '==> the same sources in another folder give the same bytes'
	@sh build/reproducible.sh

# Files.

# A running host may have the old file mapped: the new one takes its name in one step.
bin/libndoap.so: $(LIBRARY_SOURCES)
	@mkdir -p bin/new
	$(GO_BUILD) -buildmode=c-shared -ldflags "-s -w -buildid= -extldflags \"$(LIBRARY_LINK)\"" -o bin/new/libndoap.so ./filter
	@mv bin/new/libndoap.so bin/libndoap.so && rm -r bin/new

bin/doapctl: $(GO_SOURCES)
	$(GO_BUILD) -ldflags '-s -w -buildid=' -o $@ ./cmd/doapctl

bin/standin: $(GO_SOURCES)
	$(GO_BUILD) -o $@ ./standin

bin/demo: $(GO_SOURCES)
	$(GO_BUILD) -o $@ ./standin/demo

bin/foreground: $(wildcard build/foreground/*.go)
	@$(GO_BUILD) -o $@ ./build/foreground

bin/linux-amd64/libndoap.so: $(LIBRARY_SOURCES) $(GO_SOURCES) build/linux.sh build/tools/zig.txt
	@LIBRARY_LINK="$(LIBRARY_LINK)" sh build/linux.sh

bin/windows-%/ndoap.dll: $(LIBRARY_SOURCES) $(GO_SOURCES) build/windows.sh build/resources.rc.in
	sh build/windows.sh build $*

# Packages run nothing at installation.
$(NODE_MODULES): standin/endtoend/node/package.json standin/endtoend/node/package-lock.json
	@echo '==> fetching OAuth clients and a provider from npm (once)'
	@cd standin/endtoend/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bin/tools/golangci-lint: build/tools/go.mod build/tools/go.sum
	@echo '==> building the linter (minutes, once)'
	@CGO_ENABLED=0 $(GO) build -C build/tools -o ../../bin/tools/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

include build/standin.mk
