# SPDX-License-Identifier: GPL-2.0-only
"""
An audit of the guest's p2m list while it runs: when to ask the hypervisor for it, and what it said.

The order is a debug key, typed after three Ctrl-A and followed by three more, which give the keyboard back to the guest.
"""
import re
import time

from .outcome import HYPERVISOR_FAILED

KEY = b"p"
SWITCH = b"\x01\x01\x01"
SILENCE = 2.0
KEEP = 4096
# The guest has not come as far as to say where its list is: asked again after a silence.
TOO_EARLY = ("p2m audit: d0: failed: no list is published", "p2m audit: d0: failed: the guest keeps changing it")


def debug_key(key):
    """What has to be typed for a debug key."""
    return SWITCH + key + SWITCH


class Audit:
    """when: "" after a silence, a number of seconds, or a text on the guest's console."""

    def __init__(self, when):
        self.text = self.delay = None
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", when):
            self.delay = float(when)
        elif when:
            self.text = when.encode()
        self.recent = b""
        self.started = self.last = None
        self.asked = False
        self.result = None

    def guest_started(self, now):
        if self.started is None:
            self.started = self.last = now

    def guest_said(self, data, now):
        self.last = now
        self.recent = (self.recent + data)[-KEEP:]

    def next_look(self):
        """When due() may become true although nothing happens, or None."""
        if self.asked or self.started is None or self.text:
            return None
        return self.started + self.delay if self.delay is not None else self.last + SILENCE

    def due(self, now):
        """True once: the key is to be typed now."""
        if self.asked or self.started is None:
            return False
        if self.text:
            self.asked = self.text in self.recent
        else:
            self.asked = now >= self.next_look()
        return self.asked

    def hypervisor_said(self, line):
        """The answer comes as soon as the hypervisor has gone through the list, a piece at a time."""
        if not self.asked or self.result is not None:
            return
        if line.startswith(TOO_EARLY):
            self.asked = False
            self.text, self.delay = None, None
            self.last = time.monotonic()
        elif line.startswith("p2m audit: "):
            self.result = re.sub(r"^p2m audit: (d\d+: )?", "", line)
        elif line.startswith("no such debug key"):
            self.result = "failed: this hypervisor has no key for it"

    def verdict(self):
        """(line to print, status or None if it was found good)."""
        if self.result is None:
            missing = "the hypervisor did not answer" if self.asked else "the run ended before that"
            return f"audit: not done: {missing}", HYPERVISOR_FAILED
        found = re.search(r"\b(\d+) mismatch", self.result)
        return f"audit: {self.result}", None if found and int(found.group(1)) == 0 else HYPERVISOR_FAILED
