# SPDX-License-Identifier: GPL-2.0-only
"""The command line of pvrun."""
import argparse
import os
import re

from .hypervisor import hypercall_names
from .outcome import Failure

EXAMPLES = """\
examples:
  tools/pvrun build/guests/demo.elf
  tools/pvrun vmlinuz --initrd initrd.gz --append 'console=hvc0 quiet'
  tools/pvrun /usr/lib/grub-xen/grub-x86_64-xen.bin --memory 128M
  tools/pvrun kernel.elf --trace=mmu_update,mmuext_op --timeout 60 --log run.log
  tools/pvrun kernel.elf --trace=-iret,-sched_op
  tools/pvrun vmlinuz --initrd initrd.gz --hypervisor /boot/xen-4.17-amd64.gz
  echo halt | tools/pvrun kernel.elf --timeout 60 | grep Welcome

keys, when standard input is a terminal:
  Ctrl-A x  quit                    Ctrl-A a  type one Ctrl-A
  Ctrl-A h  this list               Ctrl-A d KEY  a debug key of the hypervisor (h lists them)

output: the guest's console on standard output; the hypervisor's lines, and one that says how the run ended, on standard error

exit status:
  0    the guest powered off, or asked for a reboot
  1    the guest crashed
  2    wrong usage, or a file that cannot be read
  3    the hypervisor failed, or QEMU did, or an audit found something
  4    the guest could not be loaded
  124  the time limit was reached
  130  you quit (Ctrl-A x), or a signal did: 128 + its number
"""

SIZE = re.compile(r"(\d+)([KMGT])(?:i?B)?", re.I)
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
LARGEST = 64 << 40


class Size:
    """An amount of memory; prints as hypervisor and QEMU both read it."""

    def __init__(self, size):
        self.bytes = size

    def __str__(self):
        for unit in "TGM":
            if self.bytes % UNITS[unit] == 0:
                return f"{self.bytes // UNITS[unit]}{unit}"
        return f"{self.bytes // UNITS['K']}K"


def size(text):
    match = SIZE.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"bad size {text!r}: a number and K, M, G or T, such as 512M")
    value = int(match.group(1)) * UNITS[match.group(2).upper()]
    if not UNITS["M"] <= value <= LARGEST:
        raise argparse.ArgumentTypeError(f"bad size {text!r}: from 1M to 64T")
    return Size(value)


def positive(text):
    if not re.fullmatch(r"[0-9]+", text) or not 1 <= int(text) <= 4096:
        raise argparse.ArgumentTypeError(f"bad number {text!r}: from 1 to 4096")
    return int(text)


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"bad number of seconds {text!r}")
    return value


def words(text):
    """Something for a command line of the guest or the hypervisor, which GRUB reads from a line of a file."""
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in text):
        raise argparse.ArgumentTypeError("contains a control character, and it must be one line")
    return text


def module(text):
    file, _, line = words(text).partition(" ")
    return file, line


def trace_names(text):
    names = [name.lstrip("-") for name in text.split(",")] if text else []
    known = hypercall_names()
    for name in names:
        if not re.fullmatch(r"\w+", name) or (known and name not in known):
            raise argparse.ArgumentTypeError(f"no hypercall {name!r}; those there are: {', '.join(sorted(known))}")
    return text


def port(text):
    if text == "":
        return 1234
    if not re.fullmatch(r"[0-9]+", text) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"bad port {text!r}")
    return int(text)


def _parser():
    p = argparse.ArgumentParser(
        prog="pvrun", usage="pvrun KERNEL [options]", epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Boot a PV kernel in QEMU on this hypervisor. The terminal becomes the guest's console.",
        allow_abbrev=False, add_help=False)
    p.add_argument("kernel", metavar="KERNEL", help="the guest's kernel: an ELF file or a bzImage with notes for Xen, compressed or not")

    g = p.add_argument_group("the guest")
    g.add_argument("--memory", type=size, default=Size(512 << 20), metavar="SIZE", help="its memory, such as 512M (the default) or 2G")
    g.add_argument("--vcpus", type=positive, default=1, metavar="N", help="its vCPUs (default 1)")
    g.add_argument("--initrd", metavar="FILE", help="its initial RAM disk")
    g.add_argument("--module", type=module, action="append", default=[], metavar="'FILE WORDS'",
                   help="a further module with its command line; may be given several times")
    g.add_argument("--append", type=words, action="append", default=[], metavar="STRING", help="its command line; may be given several times")
    g.add_argument("--initial-domain", action="store_true", help="start it as a dom0 rather than as an ordinary guest")

    g = p.add_argument_group("the machine")
    g.add_argument("--host-memory", type=size, metavar="SIZE", help="the machine's memory (default: enough)")
    g.add_argument("--firmware", choices=("bios", "uefi"),
                   help="start by this firmware and GRUB, as a real machine does; otherwise QEMU loads the files, which is fast")
    g.add_argument("--hypervisor", metavar="FILE", help="another multiboot2 hypervisor than build/xen.gz, such as Debian's Xen")
    g.add_argument("--hypervisor-args", type=words, action="append", default=[], metavar="STRING", help="further options for the hypervisor")
    g.add_argument("--icount", action="store_true", help="deterministic: one instruction is one nanosecond of the machine's time")
    g.add_argument("--qemu-args", type=words, action="append", default=[], metavar="STRING", help="further options for QEMU, quoted as for a shell")

    g = p.add_argument_group("looking at it")
    g.add_argument("--trace", type=trace_names, metavar="NAMES", dest="trace",
                   help="print every hypercall (--trace), those named (--trace=A,B), or all but some (--trace=-A,-B)")
    g.add_argument("--audit", metavar="WHEN",
                   help="check the guest's p2m list: once its console has been silent for two seconds (--audit), when it has run for so many "
                        "seconds (--audit=5), or when a text appears on it (--audit=login:)")
    g.add_argument("--gdb", type=port, metavar="PORT", help="wait for a debugger at this TCP port (--gdb: 1234)")
    g.add_argument("--log", metavar="FILE", help="keep all that comes over the serial line")
    g.add_argument("--log-times", action="store_true", help="begin each line of the log with the seconds since the start")
    g.add_argument("--keep", metavar="DIR", help="keep what is booted, the commands that made and ran it, and the log in this directory")
    g.add_argument("-v", "--verbose", action="store_true", help="show the hypervisor's lines from before the guest's start too")
    g.add_argument("-q", "--quiet", action="store_true", help="do not show the hypervisor's lines")

    g = p.add_argument_group("the run")
    g.add_argument("--timeout", type=seconds, metavar="SECONDS", help="end it after so long")
    g.add_argument("-n", "--dry-run", action="store_true", help="only print the commands that make the image and run it")
    g.add_argument("-h", "--help", action="help", help="show this text")
    return p


# These take a value only after "=": the word behind them may be the kernel.
OPTIONAL_VALUE = ("--trace", "--audit", "--gdb")
# What stands behind these is theirs, even if it looks like an option.
ANY_VALUE = ("--append", "--hypervisor-args", "--qemu-args", "--module")


def _joined(argv):
    """The words with what argparse would misunderstand put into one word."""
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word in OPTIONAL_VALUE:
            word += "="
        elif word in ANY_VALUE and rest:
            word += "=" + rest.pop(0)
        yield word


def _check_file(what, path):
    if not os.path.isfile(path):
        raise Failure(f"{what} {path}: " + ("not a file" if os.path.exists(path) else "no such file"))
    try:
        with open(path, "rb") as file:
            if not file.read(1):
                raise Failure(f"{what} {path}: empty")
    except OSError as why:
        raise Failure(f"{what} {path}: {why.strerror}") from why


def _enough(options):
    """What the machine needs for this guest: its memory, the modules until it has started (unpacked too), and the hypervisor."""
    files = sum(os.path.getsize(path) for path in (options.kernel, options.initrd, *(file for file, _ in options.module)) if path)
    least = options.memory.bytes * 17 // 16 + 6 * files + (192 << 20)
    step = 64 << 20
    return Size((least + step - 1) // step * step)


def parse(argv):
    """The options of a run. Exits with status 2 for bad usage, with 0 for --help; Failure for files that are not there."""
    options = _parser().parse_args(list(_joined(argv)))
    _check_file("kernel", options.kernel)
    if options.initrd:
        _check_file("initrd", options.initrd)
    for file, _ in options.module:
        _check_file("module", file)
    if options.hypervisor:
        _check_file("hypervisor", options.hypervisor)
    if not options.host_memory:
        options.host_memory = _enough(options)
    elif options.host_memory.bytes <= options.memory.bytes:
        raise Failure(f"--host-memory {options.host_memory} leaves nothing for the hypervisor beside a guest of {options.memory}")
    if options.log_times and not options.log and not options.keep:
        raise Failure("--log-times: there is no log without --log or --keep")
    return options
