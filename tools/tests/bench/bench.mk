# SPDX-License-Identifier: GPL-2.0-only
# The benchmark: a PV guest, $(B)/guests/bench.elf, and the hypervisor it is run on, built without assertions. README.md tells how
# it works. Included by the Makefile, behind conformance.mk.
#
#     make bench-tenon OPS='mmu_update*'     quickly, on Tenon; HYPERVISOR=file or XEN=1 for another

BENCH_DIR := tools/tests/bench
BENCH_OBJECTS := $(patsubst %,$(B)/obj/%.o,$(basename $(wildcard $(BENCH_DIR)/*.c $(BENCH_DIR)/*.S)))
BENCH_B := $(B)/bench/hypervisor
BENCH_XEN := $(BENCH_B)/xen.gz
OPS :=

$(B)/obj/$(BENCH_DIR)/%.o: $(BENCH_DIR)/%.c $(GUEST_DIR)/guests.mk $(BENCH_DIR)/bench.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(GUEST_CPPFLAGS) $(GUEST_CFLAGS) -c -o $@ $<

$(B)/obj/$(BENCH_DIR)/%.o: $(BENCH_DIR)/%.S $(GUEST_DIR)/guests.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(GUEST_CPPFLAGS) -D__ASSEMBLY__ -c -o $@ $<

$(eval $(call guest_rule,bench,$(GUEST_DIR)/lib/guest.lds,$(BENCH_OBJECTS) $(call guest_objects,lib)))
-include $(BENCH_OBJECTS:.o=.d)

.PHONY: bench-hypervisor bench-tenon bench-check
bench-hypervisor:
	@mkdir -p $(BENCH_B)
	@echo '# CONFIG_DEBUG is not set' >$(BENCH_B)/config
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) B=$(BENCH_B) KCONFIG_CONFIG=$(BENCH_B)/config $(BENCH_XEN)

bench-tenon: $(B)/guests/bench.elf $(if $(HYPERVISOR)$(XEN),,bench-hypervisor)
	$(Q)$(if $(XEN),hypervisor=$$($(conformance-xen)) && )B=$(B) $(BENCH_DIR)/run --hypervisor \
	    $(or $(HYPERVISOR),$(if $(XEN),"$$hypervisor",$(BENCH_XEN))) $(OPS:%='%')

# Fails when an operation has become more than 3% dearer than docs/performance.csv says.
bench-check: $(B)/guests/bench.elf bench-hypervisor
	$(Q)B=$(B) $(BENCH_DIR)/check

# ---- What plugins of QEMU see ----------------------------------------------------------------------------------------------------

PLUGINS := $(B)/profile/plugin.so $(B)/profile/phases.so

$(B)/profile/%.so: tools/profile/%.c tools/profile/qemu.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Werror -shared -fPIC -o $@ $<

# make profile OP=name: where its instructions go. OP=linux-fork-exec: those of Debian's kernel.
OP := xen_version

.PHONY: profile
profile: $(PLUGINS) $(B)/guests/bench.elf bench-hypervisor $(if $(filter linux-%,$(OP)),linux-files)
	$(Q)B=$(B) tools/profile/profile $(OP)

# ---- make bench: both hypervisors, and docs/performance.* from what they cost --------------------------------------------------

# Without the decompressors, whose size is told alone; and with counters of costs.
BENCH_SMALL_B := $(B)/bench/small
BENCH_COUNTING_B := $(B)/bench/counting

.PHONY: bench bench-small bench-counting bench-files
bench-small: BENCH_CONFIG := '\# CONFIG_DECOMPRESS is not set'
bench-counting: BENCH_CONFIG := CONFIG_COUNT_COSTS=y
bench-small bench-counting: bench-%:
	@mkdir -p $(B)/bench/$*
	@printf '%s\n' '# CONFIG_DEBUG is not set' $(BENCH_CONFIG) >$(B)/bench/$*/config
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) B=$(B)/bench/$* KCONFIG_CONFIG=$(B)/bench/$*/config $(B)/bench/$*/xen.gz

bench-files: $(PLUGINS) $(B)/guests/bench.elf $(B)/guests/legacy.elf $(B)/guests/console.elf bench-hypervisor bench-small bench-counting linux-files

# BENCH_ARGS='--only operations': not all of it; see tools/tests/bench/report -h.
bench: setup
	$(Q)$(MAKE) --no-print-directory bench-files
	$(Q)hypervisor=$$($(conformance-xen)) && B=$(B) $(BENCH_DIR)/report --hypervisor $(BENCH_XEN) --small $(BENCH_SMALL_B)/xen.gz \
	    --counting $(BENCH_COUNTING_B)/xen.gz --xen "$$hypervisor" $(BENCH_ARGS)
