# SPDX-License-Identifier: GPL-2.0-only
# $(B)/direct.elf boots a hypervisor without GRUB: see loader.c. For tools/pvrun --direct.

DIRECT := $(B)/direct.elf
DIRECT_OBJECTS := $(B)/obj/tools/direct/start.o $(B)/obj/tools/direct/loader.o
DIRECT_CFLAGS := -std=gnu11 -O2 -m32 -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    -mgeneral-regs-only -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Werror

.PHONY: direct
direct: $(DIRECT)

$(B)/obj/tools/direct/%.o: tools/direct/%.c tools/direct/direct.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(DIRECT_CFLAGS) -c -o $@ $<

$(B)/obj/tools/direct/%.o: tools/direct/%.S tools/direct/direct.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) -m32 -c -o $@ $<

$(DIRECT): $(DIRECT_OBJECTS) tools/direct/loader.lds
	$(call say,LINK,$@)
	$(Q)$(LD) -m elf_i386 -nostdlib -z noexecstack --build-id=none -z max-page-size=4096 -T tools/direct/loader.lds -o $@ $(DIRECT_OBJECTS)
