# SPDX-License-Identifier: GPL-2.0-only
"""
What there is to test, from three places, and whether coverage.tsv has a line for it.

    1. Line      coverage.tsv: call, operation, what of it, tests
    2. sources   the dispatcher's table, and every `case` of an operation
    3. headers   operations and flags that the public headers name
    4. pages     errnos that docs/hypercalls.md promises
"""
import glob
import os
import re

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
LIST = os.path.join(TOP, "tools/tests/conformance/coverage.tsv")
GUESTS = os.path.join(TOP, "tools/tests/guests")

# Whose operations a prefix names; the flags belong to a call too.
OPERATIONS = {
    "MMU_": "mmu_update", "MMUEXT_": "mmuext_op", "XENMEM_": "memory_op", "EVTCHNOP_": "event_channel_op", "SCHEDOP_": "sched_op",
    "VCPUOP_": "vcpu_op", "XENVER_": "xen_version", "GNTTABOP_": "grant_table_op", "CALLBACKOP_": "callback_op",
    "CALLBACKTYPE_": "callback_op", "PHYSDEVOP_": "physdev_op", "SEGBASE_": "set_segment_base", "XENNMI_": "nmi_op",
    "CONSOLEIO_": "console_io", "VMASST_CMD_": "vm_assist", "VMASST_TYPE_": "vm_assist", "SHUTDOWN_": "sched_op",
    "XENPF_": "platform_op", "XEN_MC_": "mca",
}
FLAGS = {
    "UVMF_": "update_va_mapping", "VCPU_SSHOTTMR_": "vcpu_op", "CALLBACKF_": "callback_op", "VGCF_": "iret", "XENMEMF_": "memory_op",
    "EVTCHNSTAT_": "event_channel_op", "VIRQ_": "event_channel_op", "RUNSTATE_": "vcpu_op", "SIF_": "start_info", "XENFEAT_": "xen_version",
    "DOMID_": "foreigndom",
}
# Names with such a prefix that are neither: masks and limits, fields' values, names from before 2006 for what has a line under its new one.
NEITHER = re.compile(r"\w+_(MASK|MAX|FIRST_RESERVED)$|PHYSDEVOP_[A-Z_]+$|VGCF_[A-Z0-9_]+$|GNTTABOP_error_msgs$|XENMEM_resource_\w+$|"
                     r"XENPF_(INTERFACE_VERSION|settime|ACPI_SLEEP_EXTENDED)$|XEN_MC_(OK|[A-Z]+ED|NOMATCH|CANNOTHANDLE|VCPUID_INVALID)$|VIRQ_MCA$|"
                     r"VGCF_(i387_valid|in_kernel|online)$|CALLBACKTYPE_sysenter_deprecated$|PHYSDEVOP_pirq_eoi_gmfn_v[12]$|VIRQ_XC_RESERVED$")
HEADERS = ("xen", "callback", "event_channel", "features", "memory", "nmi", "physdev", "platform", "sched", "vcpu", "version", "grant_table",
           "arch-x86/xen", "arch-x86/xen-x86_64", "arch-x86/xen-mca")

# ---- 1. The list ----------------------------------------------------------------------------------------------------------


class Line:
    """op and what may be "-". tests is a list of names; a line out of scope has a reason instead."""

    def __init__(self, number, fields):
        self.number = number
        self.call, self.op, self.what, tests = fields
        self.reason = tests[len("out: "):] if tests.startswith("out: ") else None
        self.tests = [] if self.reason else [t for t in tests.split(",") if t and t != "-"]

    def __str__(self):
        return f"line {self.number}: {self.call} {self.op} {self.what}"


def read(path=LIST):
    lines = []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            text = text.rstrip("\n")
            if not text or text.startswith("#"):
                continue
            fields = text.split("\t")
            if fields[0] == "topic":
                fields = ["topic", "-", *fields[1:]]
            if len(fields) != 4:
                raise ValueError(f"{path}:{number}: {len(fields)} fields, not 4")
            lines.append(Line(number, fields))
    return lines


def tests():
    """{name: file} of every TEST() in the sources; suite-check's are about ourselves."""
    found = {}
    for path in sorted(glob.glob(os.path.join(GUESTS, "*", "*.c"))):
        if os.path.basename(os.path.dirname(path)) == "suite-check":
            continue
        with open(path, encoding="utf-8") as file:
            for name in re.findall(r'^TEST\("([^"]+)"', file.read(), re.M):
                if name in found:
                    raise ValueError(f"two tests are called {name}")
                found[name] = os.path.relpath(path, TOP)
    return found


# ---- 2. Sources -----------------------------------------------------------------------------------------------------------


def dispatched():
    """Names of the hypercalls in the dispatcher's table."""
    with open(os.path.join(TOP, "xen/arch/x86/pv/hypercall.c"), encoding="utf-8") as file:
        return re.findall(r"^    CALL\((\w+)\),$", file.read(), re.M)


def _owner(name, prefixes):
    found = [p for p in prefixes if name.startswith(p)]
    return prefixes[max(found, key=len)] if found else None


def cases():
    """(call, operation) of every `case` that names an operation."""
    found = set()
    for place in ("xen/common", "xen/arch/x86/mm", "xen/arch/x86/pv"):
        for path in glob.glob(os.path.join(TOP, place, "**/*.c"), recursive=True):
            with open(path, encoding="utf-8") as file:
                for name in re.findall(r"\bcase (\w+):", file.read()):
                    call = _owner(name, OPERATIONS)
                    if call:
                        found.add((call, name))
    return found


# ---- 3. Headers -----------------------------------------------------------------------------------------------------------


def named():
    """(call, constant) of every operation and flag in the public headers."""
    found = set()
    both = {**OPERATIONS, **FLAGS}
    for header in HEADERS:
        with open(os.path.join(TOP, "xen/include/public", header + ".h"), encoding="utf-8") as file:
            for name in re.findall(r"^# *define (\w+) +[^ ].*$", file.read(), re.M):
                call = _owner(name, both)
                if call and not NEITHER.match(name):
                    found.add((call, name))
    return found


# ---- 4. Pages -------------------------------------------------------------------------------------------------------------

HEADING = re.compile(r"^#+ (\w+_op|mca)\b")


def _constants(call, words):
    """The words of a row's first cell as this call's constants."""
    prefixes = [p for p, owner in OPERATIONS.items() if owner == call]
    return [p + w for w in words for p in prefixes]


def promised():
    """(call, set of operations or {"-"}, errno) for each errno in a row of docs/hypercalls.md."""
    found = []
    call = None
    with open(os.path.join(TOP, "docs/hypercalls.md"), encoding="utf-8") as file:
        for line in file:
            heading = HEADING.match(line)
            if line.startswith("#"):
                call = heading.group(1) if heading else None
            if not line.startswith("| "):
                continue
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            errnos = set(re.findall(r"`-(E[A-Z0-9]+)`", " ".join(cells[1:])))
            if call:
                ops = set(_constants(call, re.findall(r"\w+", cells[0])))
                found += [(call, ops, f"-{e}") for e in sorted(errnos)]
            else:
                for name in re.findall(r"`([a-z]\w+)`", cells[0]):
                    found += [(name, None, f"-{e}") for e in sorted(errnos)]
    return found
