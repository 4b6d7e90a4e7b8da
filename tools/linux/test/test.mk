# SPDX-License-Identifier: GPL-2.0-only
# What tools/tests/boot/test_linux* boot: the hypervisor with its audit built in, and programs for the guest. Included by ../linux.mk.

LINUX_TEST := $(LINUX)/test
LINUX_TEST_DIR := tools/linux/test
LINUX_TEST_FILES := $(LINUX_TEST)/pvtest $(LINUX_TEST)/pvtest32 $(LINUX)/vmlinuz $(LINUX)/busybox

.PHONY: linux-test-files
linux-test-files: $(LINUX_TEST_FILES) $(LINUX_TEST)/xen.gz
build-for-check: linux-test-files

$(LINUX_TEST)/pvtest: $(wildcard $(LINUX_TEST_DIR)/*.[ch]) $(LINUX_TEST_DIR)/test.mk
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -static -s -O2 -pthread -Wall -Wextra -Werror -o $@ $(filter %.c,$^) -lm

# Without any library, so that none for 32 bits need be installed.
$(LINUX_TEST)/pvtest32: $(LINUX_TEST_DIR)/32/main.c $(LINUX_TEST_DIR)/test.mk
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -m32 -O2 -ffreestanding -fno-pic -mno-sse -fno-stack-protector -fno-asynchronous-unwind-tables -Wall -Wextra -Werror \
	    -c -o $@.o $<
	$(Q)$(LD) -m elf_i386 -static -z noexecstack --build-id=none -o $@ $@.o

$(LINUX_TEST)/xen.gz: FORCE
	@mkdir -p $(@D)
	$(Q)$(MAKE) --no-print-directory -s B=$(B)/audit KCONFIG_CONFIG=$(LINUX_TEST_DIR)/audit.config all
	$(Q)cmp -s $(B)/audit/xen.gz $@ || cp $(B)/audit/xen.gz $@
