# SPDX-License-Identifier: GPL-2.0-only
# Fuzzing: each tools/tests/fuzz/fuzz_NAME.c is a target (README.md there). Its first lines say what it is made of, as a host test's do
# (tools/tests/unit/unit.mk):
#     // sources: xen/common/foo.c tools/tests/...   what is under test, and what helps testing it
#     // host-port: yes                              the host's implementation of the memory core's port
#     // cflags: -DX=1                               for all of the target's sources
#     // libs: -lfoo                                 to link
#     // options: -max_len=512                       for libFuzzer
#     // plain: tools/tests/model/*.c                sources that fuzzers shall neither measure nor sanitize: only replays do
#     // coverage: inline-8bit-counters,pc-table     what libFuzzer measures of the rest, if not all it can (comparisons are costly)
# mutate_NAME.c next to it, if there is one, holds LLVMFuzzerCustomMutator() and is built for AFL++ too.
#
# Each target is built three times from the same sources: $(B)/fuzz/replay (the tests' compiler and sanitizers; replays files, is part of
# make check), $(B)/fuzz/libfuzzer (clang) and $(B)/fuzz/afl (AFL++).

FUZZ_DIR := tools/tests/fuzz
FUZZ_TARGETS := $(patsubst $(FUZZ_DIR)/fuzz_%.c,%,$(sort $(wildcard $(FUZZ_DIR)/fuzz_*.c)))
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(B)/fuzz/replay/fuzz_%)
FUZZ_CLANG := clang-14
TIME := 600
TARGET := $(FUZZ_TARGETS)
ENGINE := libfuzzer

fuzz_field = $(shell sed -n 's|^// $(2): *||p' $(FUZZ_DIR)/fuzz_$(1).c)
fuzz_core_flags = $(patsubst $(shell $(CC) -print-file-name=include),$(shell $(FUZZ_CLANG) -print-resource-dir)/include,$(CFLAGS_CORE))

FUZZ_CC_replay = $(CC)
FUZZ_FLAGS_replay = $(HOST_OPT) $(SANITIZE)
FUZZ_CORE_replay = $(CFLAGS_CORE)
FUZZ_LINK_replay = $(FUZZ_FLAGS_replay)
FUZZ_CC_libfuzzer = $(FUZZ_CLANG)
FUZZ_FLAGS_libfuzzer = -O2 -g $(if $(FUZZ_COVERAGE),-fsanitize-coverage=$(FUZZ_COVERAGE),-fsanitize=fuzzer-no-link) \
    -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CORE_libfuzzer = $(fuzz_core_flags)
FUZZ_LINK_libfuzzer = -fsanitize=fuzzer,address,undefined
FUZZ_CC_afl = AFL_QUIET=1 afl-clang-fast
FUZZ_FLAGS_afl = -O2 -g
FUZZ_CORE_afl = $(fuzz_core_flags)
FUZZ_LINK_afl = -fsanitize=fuzzer

# fuzz_objects FLAVOUR DIRECTORY CFLAGS: how objects below that directory are made.
define fuzz_objects
$(2)/xen/%.o: xen/%.c $$(AUTOCONF) $(B)/.flags
	@mkdir -p $$(@D)
	$$(call say,FUZZCC,$$@)
	$$(Q)$$(FUZZ_CC_$(1)) -D__XEN__ $$(INCLUDES) -MMD -MP $$(FUZZ_CORE_$(1)) $$(FUZZ_FLAGS_$(1)) $(3) -c -o $$@ $$<
$(2)/tools/%.o: tools/%.c $$(AUTOCONF) $(B)/.flags
	@mkdir -p $$(@D)
	$$(call say,FUZZCC,$$@)
	$$(Q)$$(FUZZ_CC_$(1)) -D__XEN__ $$(INCLUDES) -I$(FUZZ_DIR) -Itools/tests/unit -Itools/tests/host -MMD -MP -std=gnu11 \
	    -fno-strict-aliasing $$(WARNINGS) -DFUZZ_TARGET='"$$(FUZZ_NAME)"' $$(FUZZ_FLAGS_$(1)) $(3) -c -o $$@ $$<
endef

# fuzz_program FLAVOUR NAME SOURCES CFLAGS LIBS. Objects are not shared between targets: each has its name in it.
define fuzz_program
$(call fuzz_objects,$(1),$(B)/fuzz/$(1)/obj-$(2),$(4))
$(if $(filter-out replay,$(1)),$(patsubst %.c,$(B)/fuzz/$(1)/obj-$(2)/%.o,$(call unit_glob,$(call fuzz_field,$(2),plain))): FUZZ_FLAGS_$(1) = -O2 -g
$(patsubst %.c,$(B)/fuzz/$(1)/obj-$(2)/%.o,$(call unit_glob,$(call fuzz_field,$(2),plain))): FUZZ_CC_$(1) = $(FUZZ_CLANG))
fuzz_objs_$(1)_$(2) := $(patsubst %.c,$(B)/fuzz/$(1)/obj-$(2)/%.o,$(FUZZ_DIR)/fuzz_$(2).c $(FUZZ_DIR)/lib/runtime.c $(3))
$(B)/fuzz/$(1)/fuzz_$(2): FUZZ_NAME := $(2)
$(B)/fuzz/$(1)/fuzz_$(2): FUZZ_COVERAGE := $(call fuzz_field,$(2),coverage)
$(B)/fuzz/$(1)/fuzz_$(2): $$(fuzz_objs_$(1)_$(2))
	$$(call say,FUZZLD,$$@)
	$$(Q)$$(FUZZ_CC_$(1)) $$(FUZZ_LINK_$(1)) -o $$@ $$^ $(5)
-include $$(fuzz_objs_$(1)_$(2):.o=.d)
endef

# fuzz_target NAME SOURCES CFLAGS LIBS MUTATOR
define fuzz_target
$(call fuzz_program,replay,$(1),$(2) $(FUZZ_DIR)/lib/replay.c,$(3),$(4))
$(call fuzz_program,libfuzzer,$(1),$(2) $(5),$(3),$(4))
$(call fuzz_program,afl,$(1),$(2),$(3),$(4))
$(if $(5),$(B)/fuzz/afl/fuzz_$(1): $(B)/fuzz/afl/mutate_$(1).so
$(B)/fuzz/afl/mutate_$(1).so: $(5) $(FUZZ_DIR)/lib/afl_mutator.c $$(AUTOCONF)
	@mkdir -p $$(@D)
	$$(call say,FUZZLD,$$@)
	$$(Q)$$(CC) -D__XEN__ $$(INCLUDES) -I$(FUZZ_DIR) -std=gnu11 $$(WARNINGS) -O2 -fPIC -shared $(3) -o $$@ $(5) $(FUZZ_DIR)/lib/afl_mutator.c)
endef

$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_target,$(t),$(call unit_glob,$(call fuzz_field,$(t),sources)) \
    $(if $(filter yes,$(call fuzz_field,$(t),host-port)),$(sort $(wildcard tools/tests/host/*.c))),$(call fuzz_field,$(t),cflags),$(call \
    fuzz_field,$(t),libs),$(wildcard $(FUZZ_DIR)/mutate_$(t).c))))

.PHONY: fuzz fuzz-programs fuzz-engines fuzz-minimise
# What make check runs.
fuzz-programs: $(FUZZ_PROGRAMS)
fuzz-engines: $(foreach t,$(TARGET),$(B)/fuzz/$(ENGINE)/fuzz_$(t))

fuzz: setup
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) ENGINE=$(ENGINE) fuzz-engines
	$(Q)$(FUZZ_DIR)/run fuzz -b $(B) -e $(ENGINE) -t $(TIME) -j $(JOBS) $(TARGET)

# Take what fuzzing has found into the committed corpora, as few and as short files as reach the same.
fuzz-minimise: setup
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) ENGINE=libfuzzer fuzz-engines
	$(Q)$(FUZZ_DIR)/run minimise -b $(B) $(TARGET)
