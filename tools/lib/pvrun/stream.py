# SPDX-License-Identifier: GPL-2.0-only
"""
The serial line taken apart. Guest and hypervisor share it: lines that begin with the hypervisor's tag are its own, all else is the
guest's console. Nothing the guest writes is held back, but for the few bytes at the start of a line that may become a tag.
"""


class Splitter:
    """preface: something else speaks before the hypervisor, as UEFI does. All up to the first tag, wherever in a line, is dropped."""

    def __init__(self, tag, preface=False):
        self.tag = tag
        self.preface = preface
        self.held = b""      # the start of a line, which could still be the tag
        self.line = None     # a line of the hypervisor's, so far
        self.at_start = True

    def feed(self, data):
        """Pieces in their order: ("guest", bytes) or ("hypervisor", line without tag and end)."""
        pieces = []
        data, self.held = self.held + data, b""
        if self.preface:
            data = self._after_preface(data)
        while data:
            if self.line is not None:
                data = self._hypervisor(data, pieces)
            elif self.at_start and len(data) < len(self.tag) and self.tag.startswith(data):
                self.held, data = data, b""
            elif self.at_start and data.startswith(self.tag):
                self.line, data = b"", data[len(self.tag):]
            else:
                data = self._guest(data, pieces)
        return pieces

    def _after_preface(self, data):
        at = data.find(self.tag)
        if at < 0:
            self.held = data[-len(self.tag):]
            return b""
        self.preface = False
        return data[at:]

    def _hypervisor(self, data, pieces):
        end = data.find(b"\n")
        if end < 0:
            self.line += data
            return b""
        pieces.append(("hypervisor", (self.line + data[:end]).rstrip(b"\r")))
        self.line = None
        self.at_start = True
        return data[end + 1:]

    def _guest(self, data, pieces):
        end = data.find(b"\n") + 1 or len(data)
        piece = data[:end]
        if pieces and pieces[-1][0] == "guest":
            pieces[-1] = ("guest", pieces[-1][1] + piece)
        else:
            pieces.append(("guest", piece))
        self.at_start = piece.endswith(b"\n")
        return data[end:]

    def flush(self):
        """No more came for a while, or ever: what was held is the guest's after all."""
        if self.preface:
            return []
        data, self.held = self.held, b""
        if data:
            self.at_start = False
            return [("guest", data)]
        return []
