# SPDX-License-Identifier: GPL-2.0-only
"""
A QEMU machine with its serial line in our hands.

    1. where things are      B (build directory) from the environment, top of the tree from this file's place
    2. files(), iso()        hypervisor + guest -> what QEMU loads itself, or what GRUB does from an image: QEMU's options
    3. Machine               start, expect, send, wait; a machine never outlives its test
"""
import atexit
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
BUILD = os.path.join(TOP, os.environ.get("B", "build"))
HYPERVISOR = os.environ.get("HYPERVISOR", os.path.join(BUILD, "xen.gz"))
OPTIONS = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all"

# Exit statuses, xen/include/xen/shutdown.h.
POWERED_OFF, GUEST_CRASHED, HYPERVISOR_CRASHED, NO_GUEST = 0, 33, 35, 37

_scratch = None


def scratch():
    """A directory of this test's own, removed when it ends."""
    global _scratch
    if not _scratch:
        _scratch = tempfile.mkdtemp(prefix="boot-test-")
        atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
    return _scratch


def guest(name):
    """The path of one of our guests."""
    return os.path.join(BUILD, "guests", name + ".elf")


def files(kernel=None, cmdline="", options="", initrd=None, hypervisor=None, modules=()):
    """
    QEMU's options for the quick way, by PVH. options are added to OPTIONS; modules: (file, words), behind the initrd.
    """
    handle, unpacked = tempfile.mkstemp(dir=scratch())
    with os.fdopen(handle, "wb") as out:
        subprocess.run(["gzip", "-dcf", hypervisor or HYPERVISOR], check=True, stdout=out, stdin=subprocess.DEVNULL)
    options = f"{OPTIONS} {options}".strip()
    if not kernel:
        return ["-kernel", unpacked, "-append", options]
    given = [(kernel, cmdline)] + [(initrd, "")] * bool(initrd) + list(modules)
    subprocess.run([os.path.join(TOP, "tools/build/mkpackage"), unpacked + ".modules", *(word for module in given for word in module)], check=True)
    return ["-kernel", unpacked, "-initrd", unpacked + ".modules", "-append", f"module-package {options}"]


def iso(kernel=None, cmdline="", options="", initrd=None, hypervisor=None, modules=()):
    """Make an image; its path. options are added to OPTIONS; modules: (file, words), behind the initrd."""
    handle, out = tempfile.mkstemp(suffix=".iso", dir=scratch())
    os.close(handle)
    command = [os.path.join(TOP, "tools/build/mkiso"), out, hypervisor or HYPERVISOR, f"{OPTIONS} {options}".strip(), cmdline, kernel or "", initrd or ""]
    command += [f"{file} {words}" for file, words in modules]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return out


class Timeout(Exception):
    pass


class Machine:
    """
    A running machine. Everything that came over the serial line is in .text; expect() searches only what no earlier expect()
    has consumed. boot: an image's path, or QEMU's options.
    """

    def __init__(self, boot, memory="256M", machine="q35", cpu="max", args=()):
        boot = ["-cdrom", boot, "-boot", "d"] if isinstance(boot, str) else boot
        command = ["qemu-system-x86_64", "-machine", machine, "-cpu", cpu, "-m", memory, "-display", "none", "-no-reboot",
                   "-chardev", "stdio,id=console,mux=off,signal=off", "-serial", "chardev:console", "-monitor", "none",
                   "-device", "isa-debug-exit,iobase=0xf4,iosize=4", *boot, *args]
        self._bytes = bytearray()
        self._changed = threading.Condition()
        self._seen = 0
        self._closed = False
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        atexit.register(self.kill)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            with self._changed:
                if data:
                    self._bytes += data
                else:
                    self._closed = True
                self._changed.notify_all()
            if not data:
                return

    @property
    def text(self):
        with self._changed:
            return self._bytes.decode("utf-8", "replace").replace("\r", "")

    def lines(self):
        return self.text.splitlines()

    def tail(self, count=40):
        """The last lines, for diagnostics."""
        return "\n".join(self.lines()[-count:])

    def expect(self, pattern, timeout=30):
        """
        Wait until the pattern (a regular expression over text without carriage returns) comes; its match object. A `$` behind it is the end of a line,
        not of what has come so far.
        """
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                text = self._bytes.decode("utf-8", "replace").replace("\r", "")
                match = re.compile(pattern, re.M).search(text, self._seen)
                if match and not (pattern.endswith("$") and match.end() == len(text)):
                    self._seen = match.end()
                    return match
                left = end - time.monotonic()
                if left <= 0 or self._closed:
                    raise Timeout(f"no {pattern!r} within {timeout} s" if left <= 0 else f"it ended without {pattern!r}")
                self._changed.wait(left)

    def send(self, text):
        """Type."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait(self, timeout=60):
        """QEMU's exit status, or None when it had to be killed."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        with self._changed:
            self._changed.wait_for(lambda: self._closed, 5)
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def run(kernel=None, cmdline="", options="", timeout=60, initrd=None, hypervisor=None, modules=(), by=files, **machine):
    """Boot, by files() or iso(), and wait until it ends: (status, machine)."""
    m = Machine(by(kernel, cmdline, options, initrd, hypervisor, modules), **machine)
    return m.wait(timeout), m
