# SPDX-License-Identifier: GPL-2.0-only
# Mutation testing of the memory core: see tools/mutation/README.md. Included by the Makefile, behind unit.mk.

MUTATION_PROGRAMS := $(CORE_PROGRAMS)
MUTATION_ARGS :=

.PHONY: mutation mutation-programs mutation-plan
mutation: setup
	$(Q)B=$(B) tools/mutation/mutate $(MUTATION_ARGS)

mutation-programs: $(MUTATION_PROGRAMS)

# How a program is made, for tools/lib/mutation/host.py.
mutation-plan:
	@echo "cc $(CC)"
	@echo "core-cflags $(CFLAGS_HOST_CORE)"
	@echo "host-cflags $(CFLAGS_HOST)"
	@$(foreach p,$(notdir $(MUTATION_PROGRAMS)),echo "program $(p) $(unit_objs_$(p)) $(if $(findstring xen/common/decompress/,$(unit_objs_$(p))),$(FOREIGN)) -- $(call unit_field,$(p),cflags)";)
