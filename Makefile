# Everything a developer or a CI machine does. A fresh Debian 12 with the .NET 10 SDK needs nothing else.
SHELL := /bin/bash
PREFIX ?= /usr/local
CONFIG ?= Release
DOTNET ?= dotnet
NATIVE_PROJECTS := $(foreach name,bulkhead-oci bulkhead bulkhead-monitor bulkhead-kernel,$(wildcard src/$(name)/*.csproj))
GUEST_PROJECTS := tests/CgroupV2/CgroupV2.csproj
# Every file that a native binary is made of: an untouched tree is not published again.
SOURCES := $(shell find src eng/native -type f -not -path '*/bin/*' -not -path '*/obj/*') Directory.Build.props Directory.Packages.props
GUEST_SOURCES := $(wildcard tests/CgroupV2/*.cs*) tests/Directory.Build.props

.DEFAULT_GOAL := help
.PHONY: help build test test-long fuzz lint bench conformance demo install uninstall clean tools

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: out/.built ## Publish the native binaries into out/

out/.built: $(SOURCES)
	@eng/install-build-packages.sh
	@eng/publish.sh $(CONFIG) $(NATIVE_PROJECTS)
	@ln -sfn bulkhead-oci out/bulkhead-userkernel
	@touch $@

# Native programs that run inside the test guest; the test programs around them are built by eng/test.sh.
.work/tests/.built: $(SOURCES) $(GUEST_SOURCES)
	@eng/install-build-packages.sh
	@eng/publish.sh --into .work/tests $(CONFIG) $(GUEST_PROJECTS)
	@touch $@

# Before any test: each command of a test has 60 s, and the largest root file system takes longer on a slow day.
.PHONY: roots
roots: build
	@eng/install-test-packages.sh
	@eng/make-rootfs.sh busybox debian workloads entrypoints python >/dev/null

test: roots .work/tests/.built ## Run every test project; the last line is "N passed, N failed"
	@eng/test.sh

test-long: roots .work/tests/.built ## Run the tests that take minutes (PART=K/N runs a K-th of N parts)
	@eng/test.sh --long $(if $(PART),--part $(PART))

fuzz: roots ## Run the fuzz tests for FUZZ_SECONDS (default 60) each
	@BULKHEAD_FUZZ_SECONDS=$${FUZZ_SECONDS:-60} TEST_TIMEOUT=$$(($${FUZZ_SECONDS:-60} * 20 + 300)) eng/test.sh --only Fuzz
	@BULKHEAD_FUZZ_SECONDS=$${FUZZ_SECONDS:-60} TEST_TIMEOUT=$$(($${FUZZ_SECONDS:-60} * 2 + 900)) eng/test.sh --only UserKernel

lint: ## Check formatting, analysers, shell scripts, file lengths, lock files
	@eng/install-build-packages.sh
	@eng/install-lint-packages.sh
	@eng/lint.sh

bench: build ## Compare with runc, crun, podman, skopeo and runsc, write bench/results/DATE*.md (BENCH_ARGS for run.sh)
	@eng/install-bench-packages.sh
	@bench/run.sh --write $(BENCH_ARGS)
	@bench/seccomp.sh --write
	@bench/people.sh --write
	@bench/images.sh --write
	@bench/userkernel.sh --write
	@bench/programs.sh --write
	@bench/latency.sh --write
	@bench/fastway.sh --write
	@bench/handover.sh --write

conformance: build ## Run opencontainers/runtime-tools' validation programs against bulkhead-oci
	@eng/conformance.sh

demo: ## Build, make root file systems, run containers and show what they are, see and are refused
	@eng/install-build-packages.sh
	@eng/demo.sh

install: build ## Install into PREFIX (default /usr/local), DESTDIR is respected
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin out/bulkhead-oci out/bulkhead out/bulkhead-monitor out/bulkhead-kernel
	ln -sfn bulkhead-oci $(DESTDIR)$(PREFIX)/bin/bulkhead-userkernel

uninstall: ## Remove what install put there
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,bulkhead-oci bulkhead-userkernel bulkhead bulkhead-monitor bulkhead-kernel)

clean: ## Remove build output (root file systems in .work/ too)
	rm -rf out .work
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
