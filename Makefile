# SPDX-License-Identifier: BSD-2-Clause
# Short names for what meson, ninja and the scripts do. `make help` lists them.
BUILD   ?= build
prefix  ?= /usr/local
SECONDS ?= 60
DESTDIR ?=

NINJA = ninja -C $(BUILD)

.PHONY: all deps demo test bench fuzz asan tsan coverage install clean help check capture

all: $(BUILD)/build.ninja        ## build clsbpf, the library and the examples
	@$(NINJA)

$(BUILD)/build.ninja: | have-deps
	@meson setup $(BUILD) --prefix=$(prefix) --libdir=lib >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }; mv $(BUILD).log $(BUILD)/setup.log

.PHONY: have-deps
have-deps:
	@scripts/deps --check

deps:                            ## install the Debian packages that are missing
	@scripts/deps

demo: deps                       ## build, compile an example, run it on a real capture
	@$(MAKE) --no-print-directory all
	@scripts/demo $(BUILD)

test: deps                       ## build and run every test
	@$(MAKE) --no-print-directory all
	@scripts/run-tests $(BUILD)

check: all                       ## layers, sizes and house rules only
	@scripts/check-tree

bench: deps                      ## the benchmark table: ours and the others side by side
	@$(MAKE) --no-print-directory all
	@scripts/bench $(BUILD)

fuzz: deps                       ## every fuzz target for SECONDS=n each
	@scripts/fuzz $(SECONDS)

asan: deps                       ## the tests under AddressSanitizer and UBSan
	@scripts/sanitized asan
tsan: deps                       ## the tests under ThreadSanitizer
	@scripts/sanitized tsan

coverage: deps                   ## line and branch coverage: out/coverage.info
	@scripts/coverage

install: all                     ## install below DESTDIR=, prefix=
	@meson configure $(BUILD) --prefix=$(prefix) >/dev/null
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --quiet

clean:
	rm -rf $(BUILD) $(BUILD)-* out

help:
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
