# SPDX-License-Identifier: GPL-2.0-only
"""
The user's side: keyboard, screen, progress.

    1. Keyboard   raw mode while the guest runs, and the way back, whatever happens
    2. Keys       what is typed, with Ctrl-A taken out
    3. Screen     standard output for the guest's console, standard error for all else; no line starts in the middle of another
"""
import os
import re
import select
import sys
import termios
import tty

ESCAPE = 0x01  # Ctrl-A

KEYS_HELP = """\
Ctrl-A x  quit
Ctrl-A a  type one Ctrl-A
Ctrl-A d KEY  a debug key of the hypervisor (h lists them)
Ctrl-A h  this list"""


# ---- 1. Keyboard ----------------------------------------------------------------------------------------------------------


class Keyboard:
    """Standard input: a terminal in raw mode, a pipe, or nothing that can be read."""

    def __init__(self):
        self.fd = None
        self.saved = None
        try:
            fd = sys.stdin.fileno()
            # A terminal that is somebody else's for now would stop us.
            if os.isatty(fd) and os.tcgetpgrp(fd) != os.getpgrp():
                return
            select.select([fd], [], [], 0)
            self.fd = fd
        except (OSError, ValueError, AttributeError):
            return
        self.is_terminal = os.isatty(fd)

    def take(self):
        if self.fd is None or not self.is_terminal:
            return
        self.saved = self.saved or termios.tcgetattr(self.fd)
        tty.setraw(self.fd, termios.TCSADRAIN)

    def give_back(self):
        if self.saved:
            try:
                termios.tcsetattr(self.fd, termios.TCSADRAIN, self.saved)
            except termios.error:
                pass  # it has gone away

    def keys(self):
        """The object that interprets what is typed."""
        return Keys() if self.fd is not None and self.is_terminal else Verbatim()


# ---- 2. Keys --------------------------------------------------------------------------------------------------------------


class Verbatim:
    """Input that comes from a file or a program is the guest's, byte by byte."""

    @staticmethod
    def feed(data):
        return [("type", data)]


class Keys:
    """What is typed on a terminal, as orders: ("type", bytes), ("quit", None), ("help", None), ("debug", key)."""

    def __init__(self):
        self.state = "plain"

    def feed(self, data):
        orders = []
        for byte in data:
            self._one(byte, orders)
        return orders

    def _one(self, byte, orders):
        key = bytes([byte])
        if self.state == "plain":
            if byte == ESCAPE:
                self.state = "escape"
            elif orders and orders[-1][0] == "type":
                orders[-1] = ("type", orders[-1][1] + key)
            else:
                orders.append(("type", key))
            return
        was, self.state = self.state, "plain"
        if was == "debug":
            orders.append(("debug", key))
        elif key in (b"x", b"X"):
            orders.append(("quit", None))
        elif key == b"a" or byte == ESCAPE:
            orders.append(("type", bytes([ESCAPE])))
        elif key in (b"h", b"?"):
            orders.append(("help", None))
        elif key == b"d":
            self.state = "debug"


# ---- 3. Screen ------------------------------------------------------------------------------------------------------------


class Screen:
    CLEAR = "\r\x1b[K"

    def __init__(self):
        self.stdout = sys.stdout.fileno()
        self.stderr = sys.stderr.fileno()
        self.one = os.isatty(self.stdout) and os.isatty(self.stderr)
        self.live = os.isatty(self.stderr)
        self.raw = os.isatty(self.stdout)
        self.line_start = True
        self.in_progress = False
        self.returns = b""  # carriage returns that may belong to a line end

    @staticmethod
    def _write(fd, data):
        while data:
            try:
                data = data[os.write(fd, data):]
            except BlockingIOError:
                select.select([], [fd], [])

    def progress(self, text):
        """One line that the next thing written takes the place of; only on a terminal."""
        if self.live:
            self._write(self.stderr, (self.CLEAR + text).encode())
            self.in_progress = True

    def _settle(self):
        if self.in_progress:
            self._write(self.stderr, self.CLEAR.encode())
            self.in_progress = False

    def guest(self, data):
        """The guest's console. A file gets plain line ends."""
        self._settle()
        self.line_start = data.endswith(b"\n")
        if not self.raw:
            data = self.returns + data
            body = data.rstrip(b"\r")
            self.returns = data[len(body):]
            data = re.sub(rb"\r+\n", b"\n", body)
        self._write(self.stdout, data)

    def line(self, text):
        """A line of ours or the hypervisor's."""
        self._settle()
        start = b"\r\n" if self.one and not self.line_start else b""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        if self.live:
            data = data.replace(b"\n", b"\r\n") + b"\r\n"
        else:
            data += b"\n"
        self._write(self.stderr, start + data)
        self.line_start = True
