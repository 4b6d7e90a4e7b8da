# SPDX-License-Identifier: GPL-2.0-only
"""
The conformance suite's machinery (tools/tests/conformance/README.md).

    suite      which tests a guest has, read from its ELF file
    session    boots that run them: batches, and what is left of a batch after a crash
    results    what came of them, kept as JSON
"""
