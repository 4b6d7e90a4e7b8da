# SPDX-License-Identifier: GPL-2.0-only
# make linux: Debian's own kernel as a guest, with a shell of busybox's.
#     CMD='...'         run this instead of a shell, then power off
#     LINUX_ARGS='...'  options of tools/pvrun, such as '--initial-domain --memory 1G --trace=mmuext_op'

LINUX := $(B)/linux
CMD :=
LINUX_ARGS :=
# As it was typed: $ is the guest's shell's, not make's.
export LINUX_CMD = $(value CMD)

.PHONY: linux linux-files linux-bench
linux-files: $(B)/xen.gz $(LINUX)/vmlinuz $(LINUX)/busybox

$(LINUX)/vmlinuz $(LINUX)/busybox:
	$(call say,FETCH,$@)
	$(Q)tools/linux/fetch $(@F) $@

linux: setup
	$(Q)$(MAKE) --no-print-directory CMD= linux-files
	$(Q)tools/linux/run $(LINUX_ARGS)

# What that kernel costs on the hypervisor of `make bench`, which measures it too. XEN=1: on Debian's Xen 4.17 and without a hypervisor.
linux-bench: setup
	$(Q)$(MAKE) --no-print-directory linux-files bench-hypervisor $(PLUGINS)
	$(Q)$(if $(XEN),hypervisor=$$($(conformance-xen)) && )B=$(B) tools/linux/bench $(if $(XEN),--native --xen "$$hypervisor")

include tools/linux/test/test.mk
