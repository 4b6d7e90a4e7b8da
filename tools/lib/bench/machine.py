# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's guest in a machine that counts instructions."""
import os
import re

from pvtest import boot

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
BUILD = os.path.join(TOP, os.environ.get("B") or "build")
HYPERVISOR = os.path.join(BUILD, "bench/hypervisor/xen.gz")
GUEST = os.path.join(BUILD, "guests/bench.elf")
FIGURE = re.compile(r"^(?:\(d\d+\) )?BENCH (\S+) ([\d.]+) (\S+) (\d+)$")
# SMAP off, because QEMU's iretq at CPL 3 faults with it. The machine's clock must not be the host's, nor its RDRAND, and no disk may be
# waited for, or a start takes another number of instructions each time.
QEMU_ARGS = ["-cpu max,-smap", "-rtc base=2026-01-01,clock=vm", "-seed 1"]
MACHINE = ["--icount", *(f"--qemu-args={words}" for words in QEMU_ARGS)]
COSTS = re.compile(r"^(?:\(d\d+\) )?COSTS (\S+) (\d+) (\d+) (\d+) (\d+)$")
KINDS = ("locked", "serialising", "flush", "cr3")   # of instructions, in the order of that line
LONGEST = 900.0   # s


class Figure:
    """
    value: instructions per operation; unit: what an operation is; times: how many of them the last round was; costs: what a hypervisor that
    counts them has counted in a round, {kind: count}, or None.
    """

    def __init__(self, name, value, unit, times):
        self.name, self.value, self.unit, self.times = name, float(value), unit, int(times)
        self.costs = None

    def __str__(self):
        return f"{self.name:26} {self.value:12.1f} instructions per {self.unit}"


class Failed(Exception):
    """The benchmark did not come to its end."""


def run(ops=(), hypervisor=HYPERVISOR, guest=GUEST, memory="256M", extra=(), on_figure=None):
    """[Figure] in the guest's order. ops: names, with * at the end of some; none: all."""
    figures = []

    def line(text, _):
        found = FIGURE.match(text)
        if found:
            figures.append(Figure(*found.groups()))
            if on_figure:
                on_figure(figures[-1])
        found = COSTS.match(text)
        if found:
            figures[-1].costs = dict(zip(KINDS, map(int, found.groups()[1:])))

    machine = boot.Boot(guest, hypervisor, memory=memory, initial=True, on_line=line, extra=[*MACHINE, *extra],
                        append=f"ops={','.join(ops)}" if ops else "")
    machine.run(LONGEST, lambda: LONGEST)
    if machine.status != boot.POWERED_OFF or not any("Test result: SUCCESS" in text for text in machine.lines):
        raise Failed("\n".join(machine.lines[-15:] + [f"the benchmark did not end well: {machine.reason}"]))
    return figures
