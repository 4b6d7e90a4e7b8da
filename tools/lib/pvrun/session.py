# SPDX-License-Identifier: GPL-2.0-only
"""
One QEMU from its start to its end.

    1. Log       everything from the serial line, as it came or with times
    2. Machine   the process and its pipes
    3. Session   the loop between keyboard, machine, screen and log, until one of them ends it

What is typed waits until the hypervisor has the serial port's input in hand; until then it would be lost. The guest started when the
hypervisor says what it has built, or when something else than the hypervisor speaks.
"""
import ctypes
import os
import re
import selectors
import signal
import subprocess
import time

from . import audit as audits
from . import outcome
from .stream import Splitter
from .terminal import KEYS_HELP

HELD_FOR = 0.05   # s: how long the start of a line may wait for the rest of a tag
GRACE = 2.0       # s: how long a hypervisor that is not ours may go on after its last words
STARTED = re.compile(r"^Domain \d+: |Serial input to DOM0|^Scrubbing Free RAM")
PR_SET_PDEATHSIG = 1

# ---- 1. The log -----------------------------------------------------------------------------------------------------------


class Log:
    def __init__(self, paths, times):
        try:
            # Unbuffered: whoever looks at it sees what there is.
            self.files = [open(path, "wb", buffering=0) for path in paths]  # pylint: disable=consider-using-with
        except OSError as why:
            raise outcome.Failure(f"log {why.filename}: {why.strerror}") from why
        self.times = times
        self.start = time.monotonic()
        self.line_start = True

    def write(self, data):
        if self.times:
            stamp = f"{time.monotonic() - self.start:10.3f} ".encode()
            whole = (stamp if self.line_start else b"") + re.sub(rb"\n(?=.)", b"\n" + stamp, data, flags=re.S)
            self.line_start = data.endswith(b"\n")
            data = whole
        for file in self.files:
            file.write(data)


# ---- 2. The machine -------------------------------------------------------------------------------------------------------


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    def __init__(self, command):
        # A session of its own: Ctrl-C at a terminal is for us to judge.
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True, preexec_fn=_die_with_parent)
        self.output = self.process.stdout.fileno()
        self.errors = self.process.stderr.fileno()
        self.input = self.process.stdin.fileno()
        os.set_blocking(self.input, False)

    def end(self):
        """Its status; it is made to end if it does not do so by itself."""
        if self.process.poll() is None:
            self.process.kill()
        return self.process.wait()


# ---- 3. The session -------------------------------------------------------------------------------------------------------


class Session:
    """
    After run(): ended is "machine" when it ended by itself (qemu_status, hypervisor_lines and errors say how), else "quit", "timeout",
    "signal" (signal_number), "output" (nobody reads any more) or "foreign" (another hypervisor has said its last words).
    """

    def __init__(self, hypervisor, options, keyboard, screen, log):
        self.hypervisor, self.options = hypervisor, options
        self.keyboard, self.screen, self.log = keyboard, screen, log
        self.splitter = Splitter(hypervisor.tag, preface=options.firmware == "uefi")
        self.keys = keyboard.keys()
        self.audit = audits.Audit(options.audit) if options.audit is not None else None
        self.hypervisor_lines = []
        self.early = []            # hypervisor lines that were not shown
        self.errors = ""
        self.started = False
        self.to_machine = b""
        self.ended = None
        self.qemu_status = self.signal_number = None
        self.over_at = None        # a hypervisor that is not ours: when to stop waiting for more
        self.last_output = 0.0

    # -- from the machine --

    def _start_guest(self):
        if not self.started:
            self.started = True
            if self.audit:
                self.audit.guest_started(time.monotonic())

    def _hypervisor_line(self, raw):
        line = raw.decode("utf-8", "replace")
        self.hypervisor_lines.append(line)
        was_started = self.started
        if STARTED.search(line):
            self._start_guest()
        if self.audit:
            self.audit.hypervisor_said(line)
        if not self.hypervisor.ours and self.over_at is None and outcome.foreign_end(line):
            self.over_at = time.monotonic() + GRACE
        if self.options.quiet or not (was_started or self.options.verbose):
            self.early.append(raw)
        else:
            self.screen.line(self.hypervisor.tag + raw)

    def _guest_bytes(self, data):
        # SeaBIOS and GRUB do not use the port, and what UEFI says has been dropped; blank lines may come from the hypervisor's way of beginning a line.
        if data.strip():
            self._start_guest()
        if self.started:
            if self.audit:
                self.audit.guest_said(data, time.monotonic())
            self.screen.guest(data)

    def _show(self, pieces):
        for kind, data in pieces:
            if kind == "guest":
                self._guest_bytes(data)
            else:
                self._hypervisor_line(data)

    def _from_machine(self, _):
        data = os.read(self.machine.output, 65536)
        if not data:
            self.ended = self.ended or "machine"
            return
        self.last_output = time.monotonic()
        self.log.write(data)
        self._show(self.splitter.feed(data))

    def _from_errors(self, _):
        data = os.read(self.machine.errors, 65536)
        if not data:
            self.selector.unregister(self.machine.errors)
        self.errors += data.decode("utf-8", "replace")

    # -- to the machine --

    def _type(self, data):
        self.to_machine += data

    def _from_keyboard(self, fd):
        try:
            data = os.read(fd, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.selector.unregister(fd)  # the guest goes on
            return
        for order, what in self.keys.feed(data):
            if order == "type":
                self._type(what)
            elif order == "quit":
                self.ended = "quit"
            elif order == "help":
                self.screen.line(KEYS_HELP)
            elif order == "debug":
                self._type(audits.debug_key(what))

    def _to_machine(self, fd):
        try:
            self.to_machine = self.to_machine[os.write(fd, self.to_machine):]
        except BlockingIOError:
            pass
        except OSError:
            self.to_machine = b""  # it has ended; its output will say so

    def _watch_input(self):
        """Ask to write only while there is something to write."""
        wanted = bool(self.to_machine) and self.started
        if wanted and self.machine.input not in self.selector.get_map():
            self.selector.register(self.machine.input, selectors.EVENT_WRITE, self._to_machine)
        elif not wanted and self.machine.input in self.selector.get_map():
            self.selector.unregister(self.machine.input)

    # -- signals --

    def _from_signals(self, fd):
        for number in os.read(fd, 64):
            if number == signal.SIGTSTP:
                self.keyboard.give_back()
                os.kill(os.getpid(), signal.SIGSTOP)
                self.keyboard.take()
            elif number == signal.SIGCONT:
                self.keyboard.take()
            else:
                self.ended, self.signal_number = "signal", number

    def _catch_signals(self):
        read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT):
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda *_: None)
        self.selector.register(read, selectors.EVENT_READ, self._from_signals)

    # -- time --

    def _due(self):
        """What time alone brings about; then how long until the next such thing, None: never."""
        now = time.monotonic()
        times = []
        if self.options.timeout:
            times.append(self.start + self.options.timeout)
            if now >= times[-1]:
                self.ended = self.ended or "timeout"
        if self.over_at is not None:
            times.append(self.over_at)
            if now >= self.over_at:
                self.ended = self.ended or "foreign"
        if self.splitter.held:
            times.append(self.last_output + HELD_FOR)
            if now >= times[-1]:
                self._show(self.splitter.flush())
        if self.audit:
            if self.audit.due(now):
                self._type(audits.debug_key(audits.KEY))
            elif self.audit.next_look() is not None:
                times.append(self.audit.next_look())
        return max(0.0, min(times) - now) if times else None

    # -- all of it --

    def _loop(self):
        self.selector.register(self.machine.output, selectors.EVENT_READ, self._from_machine)
        self.selector.register(self.machine.errors, selectors.EVENT_READ, self._from_errors)
        if self.keyboard.fd is not None:
            try:
                self.selector.register(self.keyboard.fd, selectors.EVENT_READ, self._from_keyboard)
            except PermissionError:  # an ordinary file: epoll has nothing to wait for
                self._type(self._whole_file())
        while not self.ended:
            wait = self._due()
            self._watch_input()
            for key, _ in self.selector.select(wait):
                key.data(key.fd)

    def _whole_file(self):
        data = b""
        while True:
            more = os.read(self.keyboard.fd, 65536)
            if not more:
                return data
            data += more

    def run(self, command):
        self.start = time.monotonic()
        self.machine = Machine(command)
        with selectors.DefaultSelector() as self.selector:
            self._catch_signals()
            try:
                self.keyboard.take()
                self._loop()
                self._show(self.splitter.flush())
            except BrokenPipeError:
                self.ended = "output"
            finally:
                self.keyboard.give_back()
                if self.ended == "machine":
                    # Closing its output is its last act but one.
                    try:
                        self.machine.process.wait(GRACE)
                    except subprocess.TimeoutExpired:
                        pass
                self.qemu_status = self.machine.end()
                self.errors += self.machine.process.stderr.read().decode("utf-8", "replace")
