# SPDX-License-Identifier: GPL-3.0-or-later
# kernsoak: time to failure of kernels, measured.
#
#   make          build/kernsoak and the guest's programs (build/guest/)
#   make deps     install what a Debian 12 needs (apt-get, as root; else prints the command)
#   make demo     real guests die of a real bug on a real kernel: the main job, in minutes
#   make check    everything that needs no guest, in seconds: lint of the layers, unit tests, goldens, fuzz seeds
#   make e2e      boots kernels (minutes)
#   make test     deps + check + e2e: what .ci/run calls
#   make lint     formatting and static analysis
#   make bench    every performance figure, as ratios measured in one run
#   make fuzz     FUZZ=detector|lines|kmsg|frames|oops|... TIME=seconds: libFuzzer, needs clang
#   make install  DESTDIR= PREFIX=/usr/local
#   make deb      build/kernsoak_VERSION_ARCH.deb
#   make clean    removes build/
#
# SAN=address,undefined builds and tests with those sanitisers, in a folder of their own.
# V=1 shows the commands.

PREFIX  ?= /usr/local
BASH_COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
SAN     ?=
BUILD   := build$(if $(SAN),-san)
Q       := $(if $(V),,@)
VERSION := 0.1.0

LIBS    := libvirt libvirt-qemu libxml-2.0 yaml-0.1 sqlite3 jansson libarchive libhs libdw libelf
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
	   -Wvla -Wno-missing-field-initializers
CPPFLAGS += -D_GNU_SOURCE -DKERNSOAK_VERSION='"$(VERSION)"' -Iharness
KS_CFLAGS := -std=gnu11 $(WARN) -fstack-protector-strong $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) \
	   $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
LDLIBS  := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lRmath -lm -lpthread

LIB_SRC  := $(filter-out harness/cmd/main.c,$(sort $(wildcard harness/*/*.c)))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
GUEST_PARTS := agent churn fsnotify overcopy overfs
GUEST_SRC := $(sort $(wildcard workloads/*.c $(GUEST_PARTS:%=workloads/%/*.c)))
GUEST_SHARED := $(patsubst workloads/%.h,%,$(wildcard workloads/*.h))
GUEST_LOADS := $(filter-out init $(GUEST_SHARED),$(patsubst workloads/%.c,%,$(filter-out $(GUEST_PARTS:%=workloads/%/%),$(GUEST_SRC))))
GUEST_OBJ := $(GUEST_SRC:%.c=$(BUILD)/guest-obj/%.o)
GUEST_BIN := $(addprefix $(BUILD)/guest/,init overfs $(GUEST_LOADS))
UNIT_BIN := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_BIN := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCH_BIN := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bench/bench_*.c)))

.PHONY: all build-tests deps demo check e2e test lint layers bench fuzz install deb clean
all: $(BUILD)/kernsoak $(GUEST_BIN)

$(BUILD)/kernsoak: $(BUILD)/harness/cmd/main.o $(BUILD)/libkernsoak.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(KS_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/harness/store/index.o: harness/store/schema.sql
$(BUILD)/harness/image/recipe.o: images/containers.recipe

$(BUILD)/libkernsoak.a: $(LIB_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(KS_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The guest's programs: static, so that the lean image needs no library for them. workloads/NAME.c is
# the load NAME, unless there is a workloads/NAME.h: that is what loads share, linked, like the agent's
# parts, as far as it is needed.
$(BUILD)/guest-obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  GUEST $<"
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 $(WARN) -O2 -MMD -MP -c -o $@ $<

$(BUILD)/guest-obj/shared.a: $(filter-out $(patsubst %,$(BUILD)/guest-obj/workloads/%.o,init overfs/main $(GUEST_LOADS)),$(GUEST_OBJ))
	$(Q)rm -f $@ && ar rcs $@ $^

.SECONDARY: $(GUEST_OBJ)
$(BUILD)/guest/%: $(BUILD)/guest-obj/workloads/%.o $(BUILD)/guest-obj/shared.a
	@mkdir -p $(@D)
	$(Q)$(CC) -static -s -o $@ $^ $(GUEST_LIBS) -lpthread

# libfuse can load modules of its own, which needs dlopen() and is never done here: ld would warn.
$(BUILD)/guest/overcopy $(BUILD)/guest/overfs: GUEST_LIBS := -lfuse3 -Wl,--no-warnings
$(BUILD)/guest/overfs: $(BUILD)/guest-obj/workloads/overfs/main.o $(BUILD)/guest-obj/shared.a
	@mkdir -p $(@D)
	$(Q)$(CC) -static -s -o $@ $^ $(GUEST_LIBS) -lpthread

$(BUILD)/tests/%: tests/%.c $(BUILD)/libkernsoak.a $(wildcard tests/lib/*.h)
	@mkdir -p $(@D)
	@echo "  TEST  $@"
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(KS_CFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libkernsoak.a $(LDLIBS) -lcmocka

# What tests of symbols look into: a kernel with and without lines, and a module.
SYMBOLS := $(addprefix $(BUILD)/tests/symbols/,vmlinux zlib/vmlinux zlib-gnu/vmlinux no-ranges/vmlinux \
	   no-lines/vmlinux stripped/vmlinux lib/modules/6.1.0-9-test/net/so-team.ko.debug)
SYMBOL_FLAGS := -O2 -g -falign-functions=16 -ffreestanding -fno-pie -fno-stack-protector -fcf-protection=none \
	   -fno-asynchronous-unwind-tables -mcmodel=kernel -fdebug-prefix-map=$(CURDIR)=/src

$(BUILD)/tests/symbols/vmlinux: tests/symbols/kernel.c tests/symbols/twin.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(SYMBOL_FLAGS) -nostdlib -static -no-pie -Wl,-e,fib_rebalance -Wl,--build-id=sha1 \
		-Wl,-Ttext=0xffffffff81000000 -Wl,-z,max-page-size=4096 -o $@ $^

$(BUILD)/tests/symbols/%.ko.debug: tests/symbols/module.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(SYMBOL_FLAGS) -c -o $@ $<

$(BUILD)/tests/symbols/%/vmlinux: $(BUILD)/tests/symbols/vmlinux
	@mkdir -p $(@D)
	$(Q)case $* in \
	zlib*) objcopy --compress-debug-sections=$* $< $@ ;; \
	no-ranges) objcopy --remove-section=.debug_aranges $< $@ ;; \
	no-lines) objcopy --strip-debug $< $@ ;; \
	stripped) objcopy --strip-all $< $@ ;; \
	esac

-include $(LIB_OBJ:.o=.d) $(GUEST_OBJ:.o=.d) $(UNIT_BIN:=.d) $(FUZZ_BIN:=.d) $(BENCH_BIN:=.d)

deps:
	@tests/lib/deps

demo: deps
	$(Q)$(MAKE) --no-print-directory all
	@scenarios/demo

layers:
	@tests/lint/layers

build-tests: all $(UNIT_BIN) $(FUZZ_BIN) $(SYMBOLS)

check: build-tests
	@BUILD=$(BUILD) tests/lib/run-tests check

e2e: all
	@BUILD=$(BUILD) tests/lib/run-tests e2e

test: deps
	$(Q)$(MAKE) --no-print-directory build-tests
	@BUILD=$(BUILD) tests/lib/run-tests test

lint:
	@tests/lint/lint

bench: all $(BENCH_BIN)
	@BUILD=$(BUILD) tests/bench/run

# libFuzzer brings its own main; what it finds stands in build/fuzz/ and, once minimised and mended,
# under tests/fuzz/seeds/.
FUZZ ?= detector
TIME ?= 60
fuzz: tests/fuzz/fuzz_$(FUZZ).c
	@command -v clang >/dev/null || { echo "make fuzz needs clang (apt-get install clang)" >&2; exit 1; }
	@mkdir -p $(BUILD)/fuzz/$(FUZZ)
	$(Q)clang $(CPPFLAGS) -Itests/lib $(KS_CFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-DKERNSOAK_LIBFUZZER -w -o $(BUILD)/fuzz/fuzz_$(FUZZ) $< $(LIB_SRC) $(LDLIBS)
	$(Q)$(BUILD)/fuzz/fuzz_$(FUZZ) -max_total_time=$(TIME) -timeout=25 -rss_limit_mb=2048 \
		-artifact_prefix=$(BUILD)/fuzz/$(FUZZ)- $(BUILD)/fuzz/$(FUZZ) $(wildcard tests/fuzz/seeds/$(FUZZ))

install: all
	install -D -m 755 $(BUILD)/kernsoak $(DESTDIR)$(PREFIX)/bin/kernsoak
	install -d $(DESTDIR)$(PREFIX)/lib/kernsoak/guest $(DESTDIR)$(PREFIX)/share/kernsoak/scenarios
	install -m 755 $(GUEST_BIN) $(DESTDIR)$(PREFIX)/lib/kernsoak/guest/
	install -d $(DESTDIR)$(PREFIX)/lib/kernsoak/faultlab
	install -m 644 workloads/faultlab/Kbuild workloads/faultlab/*.[ch] $(DESTDIR)$(PREFIX)/lib/kernsoak/faultlab/
	install -d $(DESTDIR)$(PREFIX)/share/kernsoak/kernels
	install -m 644 images/kernels/*.yaml images/kernels/*.config $(DESTDIR)$(PREFIX)/share/kernsoak/kernels/
	install -m 644 scenarios/*.yaml $(DESTDIR)$(PREFIX)/share/kernsoak/scenarios/
	install -m 644 images/containers.recipe docs/scenario.schema.json $(DESTDIR)$(PREFIX)/share/kernsoak/
	install -D -m 644 docs/man/kernsoak.1 $(DESTDIR)$(PREFIX)/share/man/man1/kernsoak.1
	install -D -m 644 docs/man/kernsoak-scenario.5 $(DESTDIR)$(PREFIX)/share/man/man5/kernsoak-scenario.5
	install -d $(DESTDIR)$(BASH_COMPLETIONS) $(DESTDIR)$(ZSH_COMPLETIONS)
	$(BUILD)/kernsoak completion bash >$(DESTDIR)$(BASH_COMPLETIONS)/kernsoak
	$(BUILD)/kernsoak completion zsh >$(DESTDIR)$(ZSH_COMPLETIONS)/_kernsoak
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,@PREFIX@,$(PREFIX),' contrib/systemd/kernsoak-night@.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/kernsoak-night@.service
	install -m 644 contrib/systemd/kernsoak-night@.timer $(DESTDIR)$(PREFIX)/lib/systemd/system/

deb: all
	@BUILD=$(BUILD) packaging/deb

clean:
	rm -rf build build-san
