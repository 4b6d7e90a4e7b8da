# SPDX-License-Identifier: GPL-2.0-only
"""
One kernel in one machine: tools/pvrun as a child, its output line by line, an end to it when it takes too long.

The child is a process group of its own that dies with us; pvrun takes its QEMU with it.
"""
import os
import selectors
import signal
import subprocess
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
PVRUN = os.path.join(TOP, "tools/pvrun")
GRACE = 5.0          # s: for pvrun to end when told to
LONGEST_LINE = 8192  # bytes kept of a line
MOST_LINES = 100000  # kept of a run: a kernel that floods the console fills nobody's memory

# pvrun's exit statuses (tools/pvrun -h)
POWERED_OFF, GUEST_CRASHED, USAGE, HYPERVISOR_FAILED, NOT_LOADED, TIMED_OUT = 0, 1, 2, 3, 4, 124


class Boot:
    """
    After run(): status is pvrun's, reason its last words, lines everything that was printed by guest and hypervisor, late is what ran
    out ("silence" or "time") or None. on_line(line, seconds since the start) is called for each line as it comes.
    """

    def __init__(self, kernel, hypervisor=None, memory="64M", initial=False, append="", extra=(), on_line=None):
        self.command = [PVRUN, kernel, "--memory", memory, "--append", append, *extra]
        if hypervisor:
            self.command += ["--hypervisor", hypervisor]
        if initial:
            self.command.append("--initial-domain")
        self.on_line = on_line or (lambda line, when: None)
        self.lines = []
        self.status = self.late = None
        self.reason = ""
        self.partial = b""
        self.process = None

    def type(self, text):
        """As if at the keyboard; to be called by on_line."""
        try:
            os.write(self.process.stdin.fileno(), text.encode())
        except OSError:
            pass  # it has ended; its output will say so

    def _line(self, raw):
        line = raw[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r")
        if line.startswith("pvrun: "):
            self.reason = line[len("pvrun: "):]
        if len(self.lines) < MOST_LINES:
            self.lines.append(line)
        self.on_line(line, time.monotonic() - self.start)

    def _data(self, data):
        *whole, self.partial = (self.partial + data).split(b"\n")
        for raw in whole:
            self._line(raw)
        self.partial = self.partial[:LONGEST_LINE]

    def _read(self, process, limit, silence):
        """Until it ends or is late. Both limits are in seconds; silence counts from the last line."""
        last = self.start
        output = process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while True:
                now = time.monotonic()
                left = {"time": self.start + limit - now, "silence": last + silence() - now}
                what = min(left, key=left.get)
                if left[what] <= 0:
                    self.late = what
                    return
                if not selector.select(left[what]):
                    continue
                data = os.read(output, 65536)
                if not data:
                    return
                if b"\n" in data:
                    last = time.monotonic()
                self._data(data)

    def run(self, limit, silence=None):
        """limit: for all of it. silence: a function that gives the seconds that may pass without a line just now; None: any."""
        self.start = time.monotonic()
        process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        self.process = process
        try:
            self._read(process, limit, silence or (lambda: limit))
        finally:
            self._end(process)
        self.status = process.returncode
        return self

    def _end(self, process):
        if process.poll() is None and self.late:
            process.send_signal(signal.SIGTERM)
        try:
            rest = process.communicate(timeout=GRACE)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            rest = process.communicate()[0]
        self._data(rest or b"")
        if self.partial:
            self._line(self.partial)
            self.partial = b""
