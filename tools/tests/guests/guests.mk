# SPDX-License-Identifier: GPL-2.0-only
# PV test guests: $(B)/guests/<name>.elf from tools/tests/guests/<name>/*.{c,S} and the library in lib/. Included by the Makefile.
# A folder with a linker script of its own, <name>/guest.lds, is linked by that and without the library.

GUEST_DIR := tools/tests/guests
GUEST_INCLUDE := xen/include
GUEST_NAMES := $(sort $(filter-out lib,$(notdir $(patsubst %/,%,$(wildcard $(GUEST_DIR)/*/)))))
GUEST_CPPFLAGS = -I$(GUEST_INCLUDE) -I$(GUEST_DIR)/lib -D__XEN_INTERFACE_VERSION__=0x00040e00 -MMD -MP
GUEST_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) -fno-pic \
    -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fno-strict-aliasing -fcf-protection=none -fno-omit-frame-pointer \
    -fno-asynchronous-unwind-tables -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter -Werror
guest_objects = $(patsubst %,$(B)/obj/%.o,$(basename $(wildcard $(GUEST_DIR)/$(1)/*.c $(GUEST_DIR)/$(1)/*.S)))
GUEST_OBJECTS := $(foreach g,lib $(GUEST_NAMES),$(call guest_objects,$(g)))

# It lives in the upper 2 GiB.
$(B)/obj/$(GUEST_DIR)/legacy/%.o: GUEST_CFLAGS += -mcmodel=kernel

.PHONY: guests
guests: $(GUEST_NAMES:%=$(B)/guests/%.elf)

$(B)/obj/$(GUEST_DIR)/%.o: $(GUEST_DIR)/%.c $(GUEST_DIR)/guests.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) -c -o $@ $<

$(B)/obj/$(GUEST_DIR)/%.o: $(GUEST_DIR)/%.S $(GUEST_DIR)/guests.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(GUEST_CPPFLAGS) -D__ASSEMBLY__ -c -o $@ $<

# $(1): name, $(2): linker script, $(3): objects
define guest_rule
$(B)/guests/$(1).elf: $(3) $(2)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none -T $(2) -o $$@ $(3)
endef
$(foreach g,$(GUEST_NAMES),$(eval $(if $(wildcard $(GUEST_DIR)/$(g)/guest.lds),\
    $(call guest_rule,$(g),$(GUEST_DIR)/$(g)/guest.lds,$(call guest_objects,$(g))),\
    $(call guest_rule,$(g),$(GUEST_DIR)/lib/guest.lds,$(call guest_objects,$(g)) $(call guest_objects,lib)))))

-include $(GUEST_OBJECTS:.o=.d)
