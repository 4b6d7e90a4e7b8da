# SPDX-License-Identifier: GPL-2.0-only
# Host tests: each tools/tests/unit/test_*.c becomes the program $(B)/unit/test_*. Its first lines say what it is made of:
#     // sources: xen/common/foo.c ...     hypervisor sources (also xen/common/mm/*.c), compiled as for the metal but with sanitizers
#     // host-port: yes                    link the host's implementation of the memory core's port, tools/tests/host/*.c
#     // cflags: -DX=1 ...                 for all of the program's sources
# Programs without cflags of their own share objects. Those made of xen/common/decompress/ get the decompression libraries too.

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_OPT := -O1 -g
UNIT_TESTS := $(patsubst tools/tests/unit/%.c,%,$(sort $(wildcard tools/tests/unit/test_*.c)))
UNIT_PROGRAMS := $(UNIT_TESTS:%=$(B)/unit/%)

CFLAGS_HOST_CORE := -D__XEN__ $(INCLUDES) -MMD -MP $(CFLAGS_CORE) $(HOST_OPT) $(SANITIZE)
$(B)/unit/%.o: CFLAGS_HOST_CORE += $(if $(findstring xen/common/decompress/,$@),$(FOREIGN_INCLUDES))
CFLAGS_HOST := -D__XEN__ $(INCLUDES) -Itools/tests/unit -Itools/tests/host -MMD -MP -std=gnu11 -fno-strict-aliasing \
    $(WARNINGS) $(HOST_OPT) $(SANITIZE)

# unit_objects DIRECTORY CFLAGS: how objects below that directory are made.
define unit_objects
$(1)/xen/%.o: xen/%.c $$(AUTOCONF) $(B)/.flags
	@mkdir -p $$(@D)
	$$(call say,HOSTCC,$$<)
	$$(Q)$$(CC) $$(CFLAGS_HOST_CORE) $(2) -c -o $$@ $$<
$(1)/tools/%.o: tools/%.c $$(AUTOCONF) $(B)/.flags
	@mkdir -p $$(@D)
	$$(call say,HOSTCC,$$<)
	$$(Q)$$(CC) $$(CFLAGS_HOST) $(2) -c -o $$@ $$<
endef

# unit_program NAME SOURCES CFLAGS
define unit_program
$(if $(strip $(3)),$(call unit_objects,$(B)/unit/obj-$(1),$(3)))
unit_objs_$(1) := $(patsubst %.c,$(B)/unit/$(if $(strip $(3)),obj-$(1),obj)/%.o,tools/tests/unit/$(1).c $(2))
$(B)/unit/$(1): $$(unit_objs_$(1)) $(if $(findstring xen/common/decompress/,$(2)),$(FOREIGN))
	$$(call say,HOSTLD,$$@)
	$$(Q)$$(CC) $$(SANITIZE) $$(HOST_OPT) -o $$@ $$^
-include $$(unit_objs_$(1):.o=.d)
endef

unit_field = $(shell sed -n 's|^// $(2): *||p' tools/tests/unit/$(1).c)
unit_glob = $(foreach s,$(1),$(if $(findstring *,$(s)),$(sort $(wildcard $(s))),$(s)))
$(eval $(call unit_objects,$(B)/unit/obj,))
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_program,$(t),$(call unit_glob,$(call unit_field,$(t),sources)) \
    $(if $(filter yes,$(call unit_field,$(t),host-port)),$(sort $(wildcard tools/tests/host/*.c))),$(call unit_field,$(t),cflags))))

.PHONY: unit-programs
unit-programs: $(UNIT_PROGRAMS)

# Those that run code of the memory core.
CORE_PROGRAMS := $(foreach t,$(UNIT_TESTS),$(if $(findstring /mm/,$(unit_objs_$(t))),$(B)/unit/$(t)))
