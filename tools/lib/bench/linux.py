# SPDX-License-Identifier: GPL-2.0-only
"""
Debian's kernel and what it costs on a hypervisor, or without one: tools/linux/costs.c in its user mode, and its start.
"""
import os
import re
import shlex
import subprocess
import tempfile

from . import start
from .machine import BUILD, MACHINE, QEMU_ARGS, TOP, Failed

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


def _guest_command(program, phases, options, hypervisor):
    command = [os.path.join(TOP, "tools/linux/run"), "-c", COMMAND, "-f", f"{program}:/root/costs", "--memory", MEMORY, *MACHINE, *options]
    command += ["--hypervisor", hypervisor]
    return command + [f"--qemu-args={start.phases_options(phases, hypervisor)}"]


def _native_command(program, phases, directory):
    """Without a hypervisor QEMU loads the kernel itself."""
    initrd = os.path.join(directory, "initrd")
    subprocess.run([os.path.join(TOP, "tools/linux/mkinitrd"), initrd, os.path.join(FILES, "busybox"), "--command", COMMAND,
                    "--file", f"{program}:/root/costs"], check=True)
    qemu_args = [word for words in QEMU_ARGS for word in words.split()]
    return ["qemu-system-x86_64", "-machine", "q35", "-m", MEMORY, "-display", "none", "-nic", "none", "-no-reboot", "-monitor", "none",
            "-serial", "stdio", "-icount", "shift=0,sleep=off", *qemu_args, "-kernel", os.path.join(FILES, "vmlinuz"), "-initrd", initrd,
            "-append", "console=ttyS0 quiet", *shlex.split(start.phases_options(phases))]


def package():
    """The Debian package that the kernel is of."""
    with open(os.path.join(FILES, "vmlinuz.package"), encoding="ascii") as file:
        return file.read().strip()


def measure(hypervisor, options=()):
    """{name: instructions} of a run on a hypervisor, or natively (None); and "clock", ms on the kernel's clock at /init."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        phases, program = os.path.join(directory, "phases"), _program(directory)
        command = _guest_command(program, phases, options, hypervisor) if hypervisor else _native_command(program, phases, directory)
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                             check=False, timeout=LONGEST)
        found = {name: int(ticks) for name, ticks in re.findall(r"^cost (\S+) (\d+)\r*$", run.stdout, re.M)}
        clock = re.search(r"\[ *([\d.]+)\] Run /init", run.stdout)
        if run.returncode or len(found) != 3 or not clock:
            raise Failed(f"{run.stdout[-3000:]}\nno figures of Debian's kernel (status {run.returncode})")
        reached = start.read_phases(phases)
        return {**found, "to-init": reached["user"] - reached["kernel"], "clock": round(float(clock[1]) * 1000)}
