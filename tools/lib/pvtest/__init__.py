# SPDX-License-Identifier: GPL-2.0-only
"""
Test kernels under QEMU, judged by what they print. Used by tools/pvtest and by the conformance suite (tools/tests/conformance).

    boot      one kernel in one machine (by tools/pvrun), line by line, with time limits
    verdict   what can come of a test, and which is worse
    junit     results as JUnit XML
    pool      several machines at a time
"""
