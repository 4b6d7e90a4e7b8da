# SPDX-License-Identifier: GPL-2.0-only
# make exhaustive: the small worlds of tools/tests/unit/test_exhaustive*.c, each as deep as its share of the time allows. Included by
# the Makefile, behind unit.mk.

EXHAUSTIVE_TIME := 600
EXHAUSTIVE_WORLDS := tables roots pages descriptors ldt bits everything
EXHAUSTIVE_PROGRAMS := test_exhaustive test_exhaustive_wide
# Of the CPU's time, for each: as long as $(JOBS) of them at a time take $(EXHAUSTIVE_TIME) seconds.
exhaustive_share = $(shell echo $$(($(EXHAUSTIVE_TIME) * $(JOBS) / $(words $(EXHAUSTIVE_WORLDS)) / $(words $(EXHAUSTIVE_PROGRAMS)))))

.PHONY: exhaustive
exhaustive: setup
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(EXHAUSTIVE_PROGRAMS:%=$(B)/unit/%)
	$(Q)for w in $(EXHAUSTIVE_WORLDS); do for p in $(EXHAUSTIVE_PROGRAMS); do \
	    echo "$(B)/unit/$$p -l -t $(exhaustive_share) $$w"; done; done | xargs -P $(JOBS) -I '{}' sh -c '{} >$(B)/exhaustive.$$$$ 2>&1; \
	    status=$$?; cat $(B)/exhaustive.$$$$; rm $(B)/exhaustive.$$$$; exit $$status'
