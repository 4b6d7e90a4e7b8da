# SPDX-License-Identifier: GPL-2.0-only
# The conformance suite. $(B)/guests/conformance.elf is every family of tests (a folder below tools/tests/guests with tests in it)
# in one guest, but for suite-check, which checks the suite. Each family's symbols are made local first, so that families need not mind
# each other's names.
# tools/tests/conformance/README.md tells how it works. Included by the Makefile, behind guests.mk.

FAMILIES := $(filter-out suite-check,$(sort $(notdir $(patsubst %/,%,$(dir $(shell grep -l '^TEST."' $(GUEST_DIR)/*/*.c))))))
FAMILY_OBJECTS := $(FAMILIES:%=$(B)/obj/$(GUEST_DIR)/%.family.o)

define family_rule
$(B)/obj/$(GUEST_DIR)/$(1).family.o: $(call guest_objects,$(1))
	$(Q)$$(LD) -r -o $$@.tmp $$^
	$(Q)objcopy --keep-global-symbol=none $$@.tmp $$@ && rm $$@.tmp
endef
$(foreach f,$(FAMILIES),$(eval $(call family_rule,$(f))))
$(eval $(call guest_rule,conformance,$(GUEST_DIR)/lib/guest.lds,$(call guest_objects,lib) $(FAMILY_OBJECTS)))

# The hypervisor that it judges is built with the audit, in a directory of its own.
AUDIT_B := $(B)/conformance/hypervisor
AUDIT_XEN := $(AUDIT_B)/xen.gz
XEN_PACKAGE := $(B)/conformance/xen
CONFORMANCE := B=$(B) tools/tests/conformance/run
# Another hypervisor instead: HYPERVISOR=file, or XEN=1 for Debian's Xen 4.17, fetched but not installed.
HYPERVISOR ?=
XEN ?=
# What to run, and further options: TESTS='pin-* xsa-*', CONFORMANCE_ARGS=--quick. See tools/tests/conformance/run -h.
TESTS_CHOSEN = $(if $(filter command line,$(origin TESTS)),$(TESTS:%='%'))

.PHONY: conformance-hypervisor conformance-guest conformance conformance-compare
conformance-guest: $(B)/guests/conformance.elf

conformance-hypervisor:
	@mkdir -p $(AUDIT_B)
	@printf '%s\n' CONFIG_AUDIT=y CONFIG_AUDIT_EVERY=y >$(AUDIT_B)/config
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) B=$(AUDIT_B) KCONFIG_CONFIG=$(AUDIT_B)/config $(AUDIT_XEN)

conformance-xen := tools/tests/conformance/fetch-xen $(XEN_PACKAGE)

conformance: setup conformance-guest $(if $(HYPERVISOR)$(XEN),,conformance-hypervisor)
	$(Q)$(if $(XEN),hypervisor=$$($(conformance-xen)) && )$(CONFORMANCE) \
	    --hypervisor $(or $(HYPERVISOR),$(if $(XEN),"$$hypervisor",$(AUDIT_XEN))) $(CONFORMANCE_ARGS) $(TESTS_CHOSEN)

# Both, and docs/conformance.md from the two. Each run has its verdict in the table: neither ends this.
conformance-compare: setup conformance-guest conformance-hypervisor
	$(Q)hypervisor=$$($(conformance-xen)) && { \
	    $(CONFORMANCE) --hypervisor $(AUDIT_XEN) $(CONFORMANCE_ARGS); \
	    $(CONFORMANCE) --hypervisor "$$hypervisor" $(CONFORMANCE_ARGS); \
	    B=$(B) tools/tests/conformance/compare; }
