# SPDX-License-Identifier: GPL-2.0-only
"""
Debian's kernel and what it costs on a hypervisor, or without one: tools/linux/costs.c in its user mode, and its start.
"""
import os
import re
import shlex
import subprocess
import tempfile

from . import profile, start
from .machine import BUILD, MACHINE, QEMU_ARGS, TOP, Failed, Figure

FILES = os.path.join(BUILD, "linux")
COMMAND = "dmesg | grep 'Run /init'; /root/costs"
MEMORY = "512M"
LONGEST = 1800   # s


def _program(directory):
    """costs.c, compiled."""
    out = os.path.join(directory, "costs")
    subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-static", "-Wall", "-Wextra", "-o", out, os.path.join(TOP, "tools/linux/costs.c")],
                   check=True)
    return out


def _guest_command(program, plugin, options, hypervisor):
    return [os.path.join(TOP, "tools/linux/run"), "-c", COMMAND, "-f", f"{program}:/root/costs", "--memory", MEMORY, *MACHINE, *options,
            "--hypervisor", hypervisor, f"--qemu-args={plugin}"]


def _native_command(program, plugin, directory):
    """Without a hypervisor QEMU loads the kernel itself."""
    initrd = os.path.join(directory, "initrd")
    subprocess.run([os.path.join(TOP, "tools/linux/mkinitrd"), initrd, os.path.join(FILES, "busybox"), "--command", COMMAND,
                    "--file", f"{program}:/root/costs"], check=True)
    qemu_args = [word for words in QEMU_ARGS for word in words.split()]
    return ["qemu-system-x86_64", "-machine", "q35", "-m", MEMORY, "-display", "none", "-nic", "none", "-no-reboot", "-monitor", "none",
            "-serial", "stdio", "-icount", "shift=0,sleep=off", *qemu_args, "-kernel", os.path.join(FILES, "vmlinuz"), "-initrd", initrd,
            "-append", "console=ttyS0 quiet", *shlex.split(plugin)]


class Run:
    """costs: {name: (instructions, how many times they were)}; clock: ms on the kernel's clock at /init."""

    def __init__(self, hypervisor, options, plugin):
        """On a hypervisor, or natively (None). plugin: QEMU's options for one."""
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            program = _program(directory)
            command = _guest_command(program, plugin, options, hypervisor) if hypervisor else _native_command(program, plugin, directory)
            run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", check=False, timeout=LONGEST)
        self.costs = {name: (int(ticks), int(times)) for name, ticks, times in re.findall(r"^cost (\S+) (\d+) (\d+)\r*$", run.stdout, re.M)}
        clock = re.search(r"\[ *([\d.]+)\] Run /init", run.stdout)
        if run.returncode or not self.costs or not clock:
            raise Failed(f"{run.stdout[-3000:]}\nno figures of Debian's kernel (status {run.returncode})")
        self.clock = round(float(clock[1]) * 1000)


def measure(hypervisor, options=()):
    """{name: instructions} of a run, and "clock"."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        phases = os.path.join(directory, "phases")
        run = Run(hypervisor, options, start.phases_options(phases, hypervisor))
        reached = start.read_phases(phases)
    found = {name: ticks for name, (ticks, _) in run.costs.items()}
    return {**found, "to-init": reached["user"] - reached["kernel"], "clock": run.clock}


def profiles(hypervisor, plugin, options=()):
    """[(machine.Figure, profile.Profile)] of what costs.c measures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        out = os.path.join(directory, "counts")
        run = Run(hypervisor, options, f"-plugin {plugin},out={out}")
        figures = [Figure(name, ticks, "round", times) for name, (ticks, times) in run.costs.items()]
        return list(zip(figures, profile.read(out), strict=True))
