# SPDX-License-Identifier: GPL-2.0-only
# Tenon: build, run and check. `make help` lists what there is.
#
# Everything that is made goes under $(B). An object is $(B)/obj/<source without suffix>.o; every .c and .S under xen/ belongs to
# the hypervisor. Configuration: Kconfig + .config -> $(B)/include/generated/autoconf.h, included before everything else.

B := build
V := 0
ifeq ($(origin CC),default)
CC := gcc
endif
OPT := -O2
JOBS := 2
export KCONFIG_CONFIG ?= .config

ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)'
else
Q :=
say =
endif

.PHONY: all
all: $(B)/xen $(B)/xen.gz
.DELETE_ON_ERROR:
.SUFFIXES:

# ---- Compiler flags ---------------------------------------------------------------------------------------------------------

AUTOCONF := $(B)/include/generated/autoconf.h
WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes -Wundef -Werror
INCLUDES := -include $(AUTOCONF) -Ixen/include -Ixen/arch/x86/include
# What hypervisor code is compiled with, on the metal and in host tests.
CFLAGS_CORE := -std=gnu11 -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
    -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-common -fno-omit-frame-pointer -mgeneral-regs-only -fPIE $(WARNINGS)
# What only the metal takes.
CFLAGS_METAL := -g -fvisibility=hidden -include xen/include/xen/visibility.h \
    -include xen/arch/x86/include/asm/costs_atomic.h -mno-red-zone -fno-stack-protector \
    -fno-asynchronous-unwind-tables -fcf-protection=none -momit-leaf-frame-pointer \
    --param=logical-op-non-short-circuit=0 -fno-align-jumps -fno-align-loops -fno-align-labels
CPPFLAGS_XEN := -D__XEN__ $(INCLUDES) -MMD -MP
LDFLAGS_XEN := -nostdlib --no-relax -z max-page-size=4096 -z noexecstack --build-id=none

# ---- Configuration ----------------------------------------------------------------------------------------------------------

.PHONY: FORCE
FORCE:

# Written only when its content changes, so that objects are rebuilt exactly when the configuration has changed.
$(AUTOCONF): FORCE
	@mkdir -p $(@D)
	@tools/build/python -m genconfig Kconfig --header-path $@ >/dev/null

# Likewise for the compiler and its flags.
$(B)/.flags: FLAGS = $(CC) $(OPT) $(HOT) $(CFLAGS_CORE) $(CFLAGS_METAL) $(CPPFLAGS_XEN) $(LDFLAGS_XEN) $(CFLAGS_HOST)
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

.PHONY: menuconfig
menuconfig: setup
	$(Q)tools/build/python -m menuconfig Kconfig

# ---- The hypervisor ---------------------------------------------------------------------------------------------------------

SRCS_C := $(shell find xen -name '*.c' | sort)
SRCS_S := $(shell find xen -name '*.S' | sort)
OBJS := $(SRCS_C:%.c=$(B)/obj/%.o) $(SRCS_S:%.S=$(B)/obj/%.o) $(B)/obj/fonts.o
LDS := xen/arch/x86/boot/xen.lds

# The decompression libraries, and the headers that the files around them include.
FOREIGN := $(B)/obj/foreign.a
FOREIGN_INCLUDES := $(patsubst %,-isystem %,$(wildcard /usr/include/$(shell $(CC) -print-multiarch) /usr/include))
$(B)/obj/xen/common/decompress/%.o: CFLAGS_CORE += $(FOREIGN_INCLUDES)

$(FOREIGN): tools/build/foreign $(B)/.flags
	@mkdir -p $(@D)
	$(call say,FOREIGN,$@)
	$(Q)CC='$(CC)' LD='$(LD)' tools/build/foreign $@

# What guests wait for is compiled for speed, the rest for size.
HOT := $(addprefix xen/arch/x86/,mm/entry mm/mmuext mm/promote mm/update mm_port uaccess \
    $(addprefix pv/,direct direct_calls mm_hypercall ptwr traps)) \
    $(addprefix xen/common/,mm/account mm/tlb)
$(HOT:%=$(B)/obj/%.o): OPT_FILE = $(OPT)
$(B)/obj/%.o: OPT_FILE = $(OPT:-O2=-Os)

$(B)/obj/%.o: %.c $(AUTOCONF) $(B)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_XEN) $(CFLAGS_CORE) $(OPT_FILE) $(CFLAGS_METAL) -c -o $@ $<

$(B)/obj/%.o: %.S $(AUTOCONF) $(B)/.flags
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(CPPFLAGS_XEN) -D__ASSEMBLY__ -g -c -o $@ $<

# The fonts of the graphics console, if there is to be one.
$(B)/obj/fonts.c: tools/build/mkfont tools/lib/screen/psf.py $(AUTOCONF)
	@mkdir -p $(@D)
	$(call say,FONT,$@)
	$(Q)if grep -q CONFIG_FRAMEBUFFER $(AUTOCONF); then tools/build/mkfont $@; else : >$@; fi

$(B)/obj/fonts.o: $(B)/obj/fonts.c $(B)/.flags
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_XEN) $(CFLAGS_CORE) $(OPT) $(CFLAGS_METAL) -c -o $@ $<

# `make build/xen/common/foo.o` compiles one file. ($(B)/xen itself is the image.)
$(B)/xen/%.o: $(B)/obj/xen/%.o
	@echo '  object: $<'

# The image carries a table of its own symbols, so it is linked twice: see tools/build/link.
$(B)/xen: $(OBJS) $(FOREIGN) $(LDS) tools/build/link tools/build/mksyms
	$(call say,LINK,$@)
	$(Q)CC='$(CC) $(CPPFLAGS_XEN) -D__ASSEMBLY__' LD='$(LD) $(LDFLAGS_XEN)' tools/build/link $@ $(LDS) $(OBJS) $(FOREIGN)

$(B)/xen.gz: $(B)/xen
	$(call say,GZIP,$@)
	$(Q)objcopy --strip-all $< $@.elf && gzip -9nc $@.elf >$@ && rm $@.elf

# ---- Boot it ----------------------------------------------------------------------------------------------------------------

-include tools/tests/guests/guests.mk
include tools/tests/conformance/conformance.mk
include tools/tests/bench/bench.mk

DEMO := $(B)/guests/demo.elf
HV_ARGS := console=com1 com1=115200,8n1 loglvl=info guest_loglvl=all
GUEST_ARGS :=

$(B)/tenon.iso: $(B)/xen.gz $(DEMO) tools/build/mkiso
	$(call say,ISO,$@)
	$(Q)tools/build/mkiso $@ $(B)/xen.gz '$(HV_ARGS)' '$(GUEST_ARGS)' $(DEMO)

.PHONY: iso run setup
iso: $(B)/tenon.iso

setup:
	$(Q)tools/setup/setup

run: setup
	$(Q)$(MAKE) --no-print-directory iso
	$(Q)tools/build/run-qemu $(B)/tenon.iso

# ---- Tests ------------------------------------------------------------------------------------------------------------------

include tools/linux/linux.mk
include tools/tests/unit/unit.mk
include tools/tests/unit/exhaustive.mk
include tools/tests/fuzz/fuzz.mk
include tools/tests/stress/stress.mk
include tools/mutation/mutation.mk
include tools/tests/defects/defects.mk
include tools/tests/large/large.mk

# Every file of these names is a program that prints TAP. They find what was built through B.
TESTS := $(UNIT_PROGRAMS) $(FUZZ_PROGRAMS) $(STRESS_PROGRAMS) $(shell find tools/tests/static tools/tests/abi tools/tests/boot tools/tests/spin -name 'test_*' -type f -perm -u+x 2>/dev/null | sort)
export B CC

.PHONY: build-for-check check unit unit-core
build-for-check: all unit-programs fuzz-programs stress-programs iso guests conformance-guest $(B)/guests/bench.elf bench-hypervisor

# What does not build is left out here and counted as failed by tools/tests/static/test_everything_builds. An image of an older
# state is no stand-in for one that does not build.
check: setup
	@rm -f $(B)/result
	$(Q)$(MAKE) --no-print-directory -k -j$(JOBS) all || rm -f $(B)/xen $(B)/xen.gz
	-$(Q)$(MAKE) --no-print-directory -k -j$(JOBS) build-for-check
	$(Q)tools/tests/run -j $(JOBS) -o $(B)/result $(TESTS)

unit: unit-programs
	$(Q)tools/tests/run -j $(JOBS) $(UNIT_PROGRAMS)

unit-core: $(CORE_PROGRAMS)
	$(Q)tools/tests/run -j $(JOBS) $(CORE_PROGRAMS)

# All models of the frame word, larger and with seeded defects: make check has a short version.
.PHONY: spin
spin: setup
	$(Q)$(MAKE) --no-print-directory $(B)/unit/test_core_transitions
	$(Q)tools/tests/spin/test_spin long

# How much of the memory core the host tests reach. Branches on lines of assertions are not counted: no test may take them.
COVERAGE := $(B)/coverage
.PHONY: coverage
coverage: setup
	$(Q)find $(COVERAGE) -name '*.gcda' -delete 2>/dev/null || true
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) B=$(COVERAGE) SANITIZE=--coverage HOST_OPT='-O0 -g' unit-core
	$(Q)gcovr --root . --object-directory $(COVERAGE) --filter xen/common/mm/ --filter xen/arch/x86/mm/ \
	    --exclude-branches-by-pattern '^ *(BUG_ON|ASSERT)\(.*' --html-details $(COVERAGE)/index.html --txt $(COVERAGE)/summary.txt \
	    --print-summary --fail-under-line 95 --fail-under-branch 90 $(COVERAGE); status=$$?; \
	    cat $(COVERAGE)/summary.txt; exit $$status

.PHONY: format
format:
	$(Q)clang-format -i $$(tools/build/c-files)

.PHONY: clean
clean:
	$(Q)rm -rf $(B)

.PHONY: help
help:
	@echo 'make             the hypervisor: $(B)/xen and $(B)/xen.gz'
	@echo 'make run         install what is missing, build, boot the demonstration guest in QEMU'
	@echo 'make linux       download Debian'"'"'s kernel, boot it to a shell (CMD="...": run a command, power off with its status)'
	@echo 'make linux-bench what that kernel costs, in instructions (XEN=1: on Xen and without a hypervisor too)'
	@echo 'make check       install what is missing, build, run every test; ends with "N passed, N failed"'
	@echo 'make check-large domains of up to 600 GiB on a machine of 1 TiB: three minutes, 5 GiB of memory'
	@echo 'make unit        the host tests only'
	@echo 'make unit-core   those of the memory core only'
	@echo 'make exhaustive  every sequence of operations in small worlds, as deep as ten minutes allow (EXHAUSTIVE_TIME=seconds)'
	@echo 'make fuzz        fuzz all targets for ten minutes (TARGET="a b" TIME=seconds ENGINE=libfuzzer|afl): tools/tests/fuzz/README.md'
	@echo 'make defects     put the causes of advisories back, one at a time: which test finds each? tools/tests/defects/README.md'
	@echo 'make spin        search all interleavings in the models of the frame word: tools/tests/spin/README.md'
	@echo 'make stress      the memory core under real threads and the thread sanitizer (OPERATIONS=n SEED=n)'
	@echo 'make conformance the conformance suite on this hypervisor (XEN=1 on real Xen, HYPERVISOR=file, TESTS="pin-* xsa-*")'
	@echo 'make mutation    change the memory core one check at a time: do the tests notice? docs/mutation.md'
	@echo 'make conformance-compare  on both; writes docs/conformance.md'
	@echo 'make bench       measure this hypervisor and Xen 4.17; writes docs/performance.md, .csv and .svg'
	@echo 'make bench-check has an operation become more than 3% dearer than docs/performance.csv says?'
	@echo 'make bench-tenon what each operation costs a guest, in instructions (OPS="mmu_update* syscall", XEN=1, HYPERVISOR=file)'
	@echo 'make profile OP=syscall  where the instructions of one of these go: table by function, trace, flame graph'
	@echo 'make coverage    how much of the memory core the host tests reach: $(B)/coverage/index.html'
	@echo 'make iso         $(B)/tenon.iso, the GRUB image that make run boots (HV_ARGS=..., GUEST_ARGS=..., DEMO=file)'
	@echo 'make menuconfig  choose the configuration (.config)'
	@echo 'make format      lay the C sources out as .clang-format says'
	@echo 'make clean       remove $(B)'
	@echo 'Variables: B=directory for all output, V=1 to see commands, CC=compiler, KCONFIG_CONFIG=configuration file'

-include $(OBJS:.o=.d)
