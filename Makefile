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
CFLAGS_METAL := -g -fvisibility=hidden -include xen/include/xen/visibility.h -mno-red-zone -fno-stack-protector \
    -fno-asynchronous-unwind-tables -fcf-protection=none
CPPFLAGS_XEN := -D__XEN__ $(INCLUDES) -MMD -MP
LDFLAGS_XEN := -nostdlib -z max-page-size=4096 -z noexecstack --build-id=none

# ---- Configuration ----------------------------------------------------------------------------------------------------------

.PHONY: FORCE
FORCE:

# Written only when its content changes, so that objects are rebuilt exactly when the configuration has changed.
$(AUTOCONF): FORCE
	@mkdir -p $(@D)
	@tools/build/python -m genconfig Kconfig --header-path $@ >/dev/null

# Likewise for the compiler and its flags.
$(B)/.flags: FLAGS = $(CC) $(OPT) $(CFLAGS_CORE) $(CFLAGS_METAL) $(CPPFLAGS_XEN) $(LDFLAGS_XEN) $(CFLAGS_HOST)
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

.PHONY: menuconfig
menuconfig:
	$(Q)tools/build/python -m menuconfig Kconfig

# ---- The hypervisor ---------------------------------------------------------------------------------------------------------

SRCS_C := $(shell find xen -name '*.c' | sort)
SRCS_S := $(shell find xen -name '*.S' | sort)
OBJS := $(SRCS_C:%.c=$(B)/obj/%.o) $(SRCS_S:%.S=$(B)/obj/%.o)
LDS := xen/arch/x86/boot/xen.lds

$(B)/obj/%.o: %.c $(AUTOCONF) $(B)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_XEN) $(CFLAGS_CORE) $(OPT) $(CFLAGS_METAL) -c -o $@ $<

$(B)/obj/%.o: %.S $(AUTOCONF) $(B)/.flags
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(CPPFLAGS_XEN) -D__ASSEMBLY__ -g -c -o $@ $<

# `make build/xen/common/foo.o` compiles one file. ($(B)/xen itself is the image.)
$(B)/xen/%.o: $(B)/obj/xen/%.o
	@echo '  object: $<'

# The image carries a table of its own symbols, so it is linked twice: see tools/build/link.
$(B)/xen: $(OBJS) $(LDS) tools/build/link tools/build/mksyms
	$(call say,LINK,$@)
	$(Q)CC='$(CC) $(CPPFLAGS_XEN) -D__ASSEMBLY__' LD='$(LD) $(LDFLAGS_XEN)' tools/build/link $@ $(LDS) $(OBJS)

$(B)/xen.gz: $(B)/xen
	$(call say,GZIP,$@)
	$(Q)objcopy --strip-debug $< $@.elf && gzip -9nc $@.elf >$@ && rm $@.elf

# ---- Tests ------------------------------------------------------------------------------------------------------------------

include tools/tests/unit/unit.mk

.PHONY: unit
unit: unit-programs
	$(Q)tools/tests/run $(UNIT_PROGRAMS)

.PHONY: clean
clean:
	$(Q)rm -rf $(B)

-include $(OBJS:.o=.d)
