# SPDX-License-Identifier: GPL-2.0-only
"""
Mutation testing of the memory core (tools/mutation/README.md).

    mutants    small wrong changes to a C file
    host       kill them with the host tests
    guests     kill what is left with the conformance suite
    report     docs/mutation.md, and the explanations of survivors
"""
