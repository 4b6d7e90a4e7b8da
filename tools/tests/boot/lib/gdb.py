# SPDX-License-Identifier: GPL-2.0-only
"""A debugger's line to QEMU, as far as it takes to stop a machine at an address and change what is in its memory."""
import os
import socket
import struct

import machine


class Debugger:
    """options() go to QEMU, which then waits before its first instruction for us to go on."""

    def __init__(self):
        self.path = os.path.join(machine.scratch(), "gdb")
        if os.path.exists(self.path):   # another machine's
            os.unlink(self.path)
        self.line = None

    def options(self):
        return ["-chardev", f"socket,id=gdb,path={self.path},server=on,wait=off", "-gdb", "chardev:gdb", "-S"]

    def _byte(self):
        byte = self.line.recv(1)
        if not byte:
            raise EOFError("QEMU has closed the debugger's line")
        return byte

    def _answer(self):
        while self._byte() != b"$":
            pass
        text = b""
        while (byte := self._byte()) != b"#":
            text += byte
        self._byte(), self._byte()
        self.line.sendall(b"+")
        return text.decode()

    def _send(self, text):
        if not self.line:
            self.line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.line.settimeout(100)
            self.line.connect(self.path)
        self.line.sendall(f"${text}#{sum(text.encode()) % 256:02x}".encode())

    def ask(self, text):
        self._send(text)
        answer = self._answer()
        if answer.startswith("E"):
            raise RuntimeError(f"{text[:40]}: {answer}")
        return answer

    def run_to(self, address):
        """Go on until this instruction is next; (rax, rbx)."""
        self.ask(f"Z1,{address:x},1")
        self.ask("c")
        self.ask(f"z1,{address:x},1")
        return struct.unpack_from("<2Q", bytes.fromhex(self.ask("g")[:32]))

    def read(self, address, size):
        data = b""
        while len(data) < size:
            data += bytes.fromhex(self.ask(f"m{address + len(data):x},{min(size - len(data), 1024):x}"))
        return data

    def write(self, address, data):
        for at in range(0, len(data), 512):
            piece = data[at:at + 512]
            self.ask(f"M{address + at:x},{len(piece):x}:{piece.hex()}")

    def go_on(self):
        self._send("c")
