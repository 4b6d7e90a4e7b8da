# SPDX-License-Identifier: GPL-2.0-only
"""
Verdicts, from good to bad. The first five are what a kernel says of itself in its last line, `Test result: ...`; the others are said of it.

    SILENT    it ended without a result
    TIMEOUT   it did not end
    BROKEN    it took the hypervisor or the machine with it
"""
import re

ORDER = ["SUCCESS", "SKIP", "ERROR", "FAILURE", "CRASH", "SILENT", "TIMEOUT", "BROKEN"]
SAID = ORDER[:5]

# A kernel that writes by console_io without being the initial domain has its lines marked by the hypervisor.
RESULT = re.compile(r"^(?:\(d\d+\) )?Test result: (%s)\s*$" % "|".join(SAID))


def good(verdict):
    return verdict in ("SUCCESS", "SKIP")


def worst(verdicts):
    return max(verdicts, key=ORDER.index, default="SUCCESS")


def exit_status(verdict):
    """0 for SUCCESS and SKIP, else the place in the order: 2 ERROR ... 7 BROKEN."""
    return 0 if good(verdict) else ORDER.index(verdict)
