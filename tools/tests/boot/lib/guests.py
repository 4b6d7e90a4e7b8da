# SPDX-License-Identifier: GPL-2.0-only
"""What our test guests print: checks, and a last line `Test result: ...`."""
import re

import machine

# A guest that writes by console_io without being the initial domain has its lines marked by the hypervisor.
CHECK = re.compile(r"^(?:\(d\d+\) )?(ok|not ok) - (.*)$")
RESULT = re.compile(r"^(?:\(d\d+\) )?Test result: (\w+)$", re.M)


def result(text):
    """The guest's verdict, or None if it never came that far."""
    found = RESULT.findall(text)
    return found[-1] if found else None


def report(tap, name, status, m, wanted=machine.POWERED_OFF):
    """Each check of the guest as a point, then its verdict and QEMU's exit status."""
    section = ""
    for line in m.lines():
        if line.startswith("# "):
            section = line[2:]
        match = CHECK.match(line)
        if match:
            tap.ok(match.group(1) == "ok", f"{name}: {match.group(2)}", f"in: {section}")
    tap.ok(result(m.text) in ("SUCCESS", "SKIP"), f"{name}: the guest's verdict", m.tail())
    tap.equal(status, wanted, f"{name}: exit status", m.tail())
