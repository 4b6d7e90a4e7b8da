# SPDX-License-Identifier: GPL-2.0-only
"""
A QEMU machine with its serial line in our hands.

    1. where things are      B (build directory) from the environment, top of the tree from this file's place
    2. iso()                 hypervisor + guest -> bootable image, by tools/build/mkiso
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


def iso(kernel=None, cmdline="", options="", initrd=None, hypervisor=None):
    """Make an image; its path. options are added to OPTIONS."""
    handle, out = tempfile.mkstemp(suffix=".iso", dir=scratch())
    os.close(handle)
    command = [os.path.join(TOP, "tools/build/mkiso"), out, hypervisor or HYPERVISOR, f"{OPTIONS} {options}".strip(), cmdline]
    if kernel:
        command.append(kernel)
    if initrd:
        command.append(initrd)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return out


class Timeout(Exception):
    pass


class Machine:
    """
    A running machine. Everything that came over the serial line is in .text; expect() searches only what no earlier expect()
    has consumed.
    """

    def __init__(self, image, memory="256M", machine="q35", cpu="max", args=()):
        command = ["qemu-system-x86_64", "-machine", machine, "-cpu", cpu, "-m", memory, "-display", "none", "-no-reboot",
                   "-chardev", "stdio,id=console,mux=off,signal=off", "-serial", "chardev:console", "-monitor", "none",
                   "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-cdrom", image, "-boot", "d", *args]
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
        """Wait until the pattern (a regular expression over text without carriage returns) comes; its match object."""
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                text = self._bytes.decode("utf-8", "replace").replace("\r", "")
                match = re.compile(pattern, re.M).search(text, self._seen)
                if match:
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


def run(kernel=None, cmdline="", options="", timeout=60, initrd=None, hypervisor=None, **machine):
    """Boot and wait until it ends: (status, machine)."""
    m = Machine(iso(kernel, cmdline, options, initrd, hypervisor), **machine)
    return m.wait(timeout), m
