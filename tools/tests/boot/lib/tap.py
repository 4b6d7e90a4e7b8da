# SPDX-License-Identifier: GPL-2.0-only
"""TAP for the boot tests: ok() for each point, finish() at the end."""
import sys


class Tap:
    def __init__(self):
        self.points = 0
        self.failed = 0

    def ok(self, passed, text, detail=""):
        """One point. The detail, if any, is shown below one that failed."""
        self.points += 1
        print(f"{'ok' if passed else 'not ok'} {self.points} - {text}")
        if not passed:
            self.failed += 1
            self.note(detail)
        sys.stdout.flush()
        return passed

    def equal(self, got, want, text, detail=""):
        return self.ok(got == want, text, f"got {got!r}, wanted {want!r}\n{detail}")

    def note(self, text):
        for line in str(text).splitlines():
            print(f"# {line}")

    def finish(self):
        print(f"1..{self.points}")
        sys.exit(1 if self.failed else 0)
