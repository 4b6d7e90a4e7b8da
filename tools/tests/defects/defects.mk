# SPDX-License-Identifier: GPL-2.0-only
# make defects: put the causes of advisories back, one at a time, into a copy of the memory core, and see which check finds them
# (tools/tests/defects/README.md). Included by the Makefile, behind unit.mk, fuzz.mk and mutation.mk.

DEFECTS_ARGS :=

.PHONY: defects defects-plan
defects: setup
	$(Q)B=$(B) tools/tests/defects/run $(DEFECTS_ARGS)

# How programs are made, for tools/lib/mutation/host.py; and the fuzzer's replay.
defects-plan: mutation-plan
	@echo 'program fuzz_core $(fuzz_objs_replay_core) -- $(call fuzz_field,core,cflags) -I$(FUZZ_DIR) -DFUZZ_TARGET="core"'
