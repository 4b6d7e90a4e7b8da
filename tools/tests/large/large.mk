# SPDX-License-Identifier: GPL-2.0-only
# Domains of up to 600 GiB on a machine of 1 TiB: needs 8 GiB of memory and some minutes. README.md. Included by the Makefile.
#     LARGE_ARGS=--write    put the figures into docs/large.csv

LARGE_ARGS :=

.PHONY: check-large
check-large: setup
	$(Q)$(MAKE) --no-print-directory $(B)/guests/large.elf $(B)/guests/demo.elf bench-hypervisor
	$(Q)$(if $(LARGE_ARGS),tools/tests/large/test_large $(LARGE_ARGS),tools/tests/run tools/tests/large/test_large)
