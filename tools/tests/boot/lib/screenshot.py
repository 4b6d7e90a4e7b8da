# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's other line: a machine whose screen and memory can be looked at while it runs."""
import json
import os
import socket
import time

import machine

OVMF = "/usr/share/ovmf/OVMF.fd"


class Monitor:
    """QEMU's machine protocol. options() go to QEMU; the rest works once it runs."""

    def __init__(self):
        self.path = os.path.join(machine.scratch(), "qmp")
        self.file = None

    def options(self):
        return ["-qmp", f"unix:{self.path},server=on,wait=off"]

    def _connect(self):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(60)
        line.connect(self.path)
        self.file = line.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        if not self.file:
            self._connect()
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def screenshot(self, name="screen.ppm"):
        """The screen as it is now: a PPM file's path."""
        path = os.path.join(machine.scratch(), name)
        self.ask("screendump", filename=path)
        return path

    def memory(self, address, size):
        path = os.path.join(machine.scratch(), "memory")
        self.ask("pmemsave", val=address, size=size, filename=path)
        with open(path, "rb") as file:
            return file.read()


def settled(look, enough=lambda seen: True, timeout=20):
    """look() when it satisfies, or has gone on without for so long: the picture comes a moment after the serial line's text."""
    end = time.monotonic() + timeout
    while True:
        seen = look()
        if enough(seen) or time.monotonic() > end:
            return seen
        time.sleep(0.1)
