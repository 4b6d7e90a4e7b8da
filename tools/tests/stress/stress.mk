# SPDX-License-Identifier: GPL-2.0-only
# The memory core under real threads and the thread sanitizer: $(B)/stress/stress (tools/tests/stress/stress.c). Part of make check with
# few operations; make stress does more (OPERATIONS=, SEED=).

STRESS_DIR := tools/tests/stress
STRESS_OBJS := $(patsubst %.c,$(B)/stress/obj/%.o,$(wildcard $(STRESS_DIR)/*.c) tools/tests/host/world.c \
    $(filter-out xen/common/mm/dump%,$(wildcard xen/common/mm/*.c)) $(addprefix xen/arch/x86/mm/,audit.c desc.c entry.c hold.c mmuext.c \
    promote.c teardown.c update.c walk.c))
STRESS_PROGRAMS := $(B)/stress/stress
STRESS_FLAGS := -O1 -g -fsanitize=thread -include $(STRESS_DIR)/once.h
OPERATIONS := 300000
SEED := 1

$(B)/stress/obj/xen/%.o: xen/%.c $(AUTOCONF) $(B)/.flags
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(Q)$(CC) -D__XEN__ $(INCLUDES) -MMD -MP $(CFLAGS_CORE) $(STRESS_FLAGS) -c -o $@ $<
$(B)/stress/obj/tools/%.o: tools/%.c $(AUTOCONF) $(B)/.flags
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(Q)$(CC) -D__XEN__ $(INCLUDES) -Itools/tests/unit -Itools/tests/host -MMD -MP -std=gnu11 -fno-strict-aliasing $(WARNINGS) \
	    $(STRESS_FLAGS) -c -o $@ $<
$(STRESS_PROGRAMS): $(STRESS_OBJS)
	$(call say,HOSTLD,$@)
	$(Q)$(CC) -fsanitize=thread -o $@ $^

.PHONY: stress stress-programs
stress-programs: $(STRESS_PROGRAMS)
stress: setup
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) stress-programs
	$(Q)$(STRESS_PROGRAMS) $(OPERATIONS) $(SEED)

-include $(STRESS_OBJS:.o=.d)
