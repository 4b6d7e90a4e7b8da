# SPDX-License-Identifier: GPL-2.0-only
"""
How a run ended: pvrun's exit status, and the reason in the hypervisor's own words.

    1. statuses, and Failure for what ends a run before there is a machine
    2. our hypervisor: QEMU's status (xen/include/xen/shutdown.h) and the last lines before it
    3. another hypervisor (Xen): its lines alone, for it knows nothing of QEMU's debug-exit device
"""
import re

# ---- 1. Statuses ----------------------------------------------------------------------------------------------------------

POWERED_OFF, GUEST_CRASHED, USAGE, HYPERVISOR_FAILED, NOT_LOADED, TIMED_OUT, QUIT = 0, 1, 2, 3, 4, 124, 130


class Failure(Exception):
    """The run cannot be begun or gone on with."""

    def __init__(self, text, status=USAGE):
        super().__init__(text)
        self.status = status


# ---- 2. Ours --------------------------------------------------------------------------------------------------------------

QEMU_POWERED_OFF, QEMU_CRASHED, QEMU_HYPERVISOR, QEMU_NO_GUEST, QEMU_GRUB = 0, 33, 35, 37, 39

ENDED = re.compile(r"domain \d+ (powered off|asked for a reboot|crashed: .*)$")
STOPPED = re.compile(r"\*\*\*\* (Tenon .*?) \*\*\*\*$")


def _last(lines, pattern):
    """What the first group of the pattern matched in the last line that it matches at all."""
    for line in reversed(lines):
        match = re.search(pattern, line)
        if match:
            return match.group(1)
    return None


def _first(lines, pattern):
    return _last(lines[::-1], pattern)


def _of_ours(qemu_status, lines, errors):
    how = _last(lines, ENDED)
    if qemu_status == QEMU_POWERED_OFF and how == "powered off":
        return POWERED_OFF, "the guest powered off"
    if qemu_status == QEMU_POWERED_OFF and how == "asked for a reboot":
        return POWERED_OFF, "the guest asked for a reboot, which ends the run"
    if qemu_status == QEMU_POWERED_OFF:
        return HYPERVISOR_FAILED, "the machine was reset, and the hypervisor did not say why"
    if qemu_status == QEMU_CRASHED:
        return GUEST_CRASHED, f"the guest {how or 'crashed'}"
    if qemu_status == QEMU_HYPERVISOR:
        return HYPERVISOR_FAILED, "the hypervisor failed: " + (_first(lines, STOPPED) or "it did not say why")
    if qemu_status == QEMU_NO_GUEST:
        return NOT_LOADED, "could not load the guest: " + _why_not_loaded(lines)
    return _of_qemu(qemu_status, errors)


def _why_not_loaded(lines):
    """The most particular line: "No guest: the first domain could not be built" only repeats the one before."""
    return (_last(lines, r"^Domain \d+ cannot be built: (.*)$") or _last(lines, r"^(Tenon cannot start: .*)$")
            or (lines[-1] if lines else "the hypervisor did not say why"))


TOO_LARGE = re.compile(r"initrd is too large, cannot support\.\(max: (\d+), need (\d+)\)")


def _of_qemu(qemu_status, errors):
    too_large = TOO_LARGE.search(errors)
    if too_large:
        most, size = (int(number) / (1 << 20) for number in too_large.groups())
        return NOT_LOADED, f"could not load the guest: its files have {size:.1f} MiB, and QEMU has room for {most:.1f} MiB"
    if qemu_status == QEMU_GRUB:
        return NOT_LOADED, "could not load the guest: GRUB could not load the hypervisor or a module"
    said = errors.strip().splitlines()
    if qemu_status < 0:
        return HYPERVISOR_FAILED, f"QEMU was killed by signal {-qemu_status}"
    return HYPERVISOR_FAILED, f"QEMU failed with status {qemu_status}" + (f": {said[-1]}" if said else "")


# ---- 3. Another's ---------------------------------------------------------------------------------------------------------

# Lines of Xen after which nothing more comes; with `noreboot` it then waits for somebody to press a button.
FOREIGN_ENDS = (
    (r"(?:Hardware Dom|Domain )\d+ halted", POWERED_OFF, "the guest powered off"),
    (r"Preparing system for ACPI S5", POWERED_OFF, "the guest powered off"),
    (r"(?:Hardware Dom|Domain )\d+ shutdown: rebooting", POWERED_OFF, "the guest asked for a reboot, which ends the run"),
    (r"(?:Hardware Dom|Domain )\d+ shutdown \(unknown reason \d+\)", POWERED_OFF, "the guest ended for a reason that the hypervisor does not know"),
    (r"Hardware domain \d+ did unsupported soft reset", POWERED_OFF, "the guest ended for a soft reset, which the hypervisor does not know"),
    (r"(?:Hardware Dom|Domain )\d+ shutdown: watchdog", GUEST_CRASHED, "the guest crashed: its watchdog expired"),
    (r"(?:Hardware Dom|Domain )\d+ crashed", GUEST_CRASHED, "the guest crashed"),
    (r"(Could not (?:construct|set up|create|load) [Dd](?:om|OM).*)", NOT_LOADED, "could not load the guest"),
    (r"FATAL TRAP: (.*)", HYPERVISOR_FAILED, "the hypervisor failed"),
    (r"Xen BUG at (.*)", HYPERVISOR_FAILED, "the hypervisor failed"),
    (r"Panic on CPU", HYPERVISOR_FAILED, "the hypervisor failed"),
)


def foreign_end(line):
    """(status, text) if this line of another hypervisor says that it is over, else None."""
    for pattern, status, text in FOREIGN_ENDS:
        match = re.search(pattern, line)
        if match:
            return status, f"{text}: {match.group(1)}" if match.groups() else text
    return None


def _of_foreign(qemu_status, lines, errors):
    ends = [end for end in map(foreign_end, lines) if end]
    if ends:
        # A panic says more on the line after it, and a domain that could not be built is a panic too.
        particular = [end for end in ends if end[1] != "the hypervisor failed"]
        return (particular or ends)[0]
    if qemu_status == QEMU_POWERED_OFF:
        return HYPERVISOR_FAILED, "the machine was switched off or reset, and the hypervisor did not say why"
    return _of_qemu(qemu_status, errors)


def judge(ours, qemu_status, lines, errors):
    """(exit status, reason) of a run that ended by itself. lines: the hypervisor's, without their tag; errors: QEMU's."""
    return (_of_ours if ours else _of_foreign)(qemu_status, lines, errors)
