# SPDX-License-Identifier: GPL-2.0-only
"""
Boots that run batches of tests.

    1. Result    what came of one test in one kind of domain
    2. Session   one boot: the console's lines dealt out to the tests that they belong to
    3. Plan      batches; after a boot that ended early, the rest of its batch is a new one

A test that was begun and has no verdict took its boot with it. By how the machine ended that is: CRASH (the guest died), BROKEN (the
hypervisor or the machine died), TIMEOUT (nobody said anything for too long). But for a test that is about the domain's end: if that is as
it should be, it is SUCCESS when no point before it failed.
"""
import re
import threading

from pvtest import boot, verdict

from . import suite
from .points import parse

SILENCE = 90         # s without a line before a test is given up; the host may be busy
SLOW_SILENCE = 400   # for tests marked TEST_SLOW
START = 120          # s until the first line of the first test
LONGEST = 1800       # s for a boot
BATCH = 64           # tests in a boot, at most
# Refusals are logged under the hypervisor's rate limit, which a test must not get past: so many of its lines, and so many more a second.
LIMITED = "guest_loglvl=none/warning"
MOST_LINES, MOST_A_SECOND = 200, 20
MAX_CRASHES = 40     # boots that end early, of one kind of domain; something is wrong at large

MARK = re.compile(r"^(?:\(d\d+\) )?TEST (\S+) (begin|SUCCESS|SKIP|ERROR|FAILURE)\s*$")
TYPE = re.compile(r"^(?:\(d\d+\) )?# type (.*\S)\s*$")
HYPERVISOR = re.compile(r"^\((?:XEN|TEN)\) ")
LEFT_OUT = re.compile(r"^(?:\(d\d+\) )?left out - (.*) # (.*)$")
# What a run was made with, from the lines before the guest's.
ABOUT = {"hypervisor": re.compile(r"^\((?:XEN|TEN)\) (Xen version \S+ \([^)]*\)|Tenon)"),
         "loader": re.compile(r"^\((?:XEN|TEN)\) (?:Bootloader: |Loaded by )([^,]*)")}

# ---- 1. Results -----------------------------------------------------------------------------------------------------------


class Result:
    def __init__(self, test, kind):
        self.test, self.kind = test, kind
        self.verdict = None
        self.lines = []
        self.begun = self.seconds = 0.0

    @property
    def good(self):
        return verdict.good(self.verdict)

    def asked(self):
        return parse(self.lines)

    def left_out(self):
        """Points that could not be judged: [(what is asked, why not)]."""
        return [m.groups() for m in map(LEFT_OUT.match, self.lines) if m]

    def points(self):
        """(held, all)"""
        asked = self.asked()
        return sum(point.held for point in asked), len(asked)

    def details(self):
        """The lines to show when it went wrong: the points that failed, and the last ones before its end."""
        failed = [line for line in self.lines if line.startswith("not ok") or line.startswith("error - ")]
        return failed[:30] or self.lines[-30:]


def bounded(lines, seconds):
    """Is what the hypervisor said in a test of this length no flood?"""
    return sum(1 for line in lines if HYPERVISOR.match(line)) <= MOST_LINES + MOST_A_SECOND * seconds


# ---- 2. One boot ----------------------------------------------------------------------------------------------------------


class Session:
    """every_line: of the hypervisor's log, which then has no bounds."""

    def __init__(self, guest, hypervisor, kind, tests, silence=SILENCE, every_line=False):
        self.kind, self.tests = kind, {test.name: test for test in tests}
        self.every_line = every_line
        self.results = []
        self.current = None
        self.silence = silence
        self.about = {}
        self.boot = boot.Boot(guest, hypervisor, initial=kind == "initial", on_line=self._line, extra=["--verbose"] if every_line else ["--verbose", "--hypervisor-args", LIMITED],
                              append="tests=" + suite.ranges(test.number for test in tests))

    def _line(self, line, when):
        mark = MARK.match(line)
        if not mark:
            if self.current:
                self._test_line(line)
            elif not self.results:
                self._early_line(line)
            return
        name, what = mark.groups()
        if what == "begin" and name in self.tests and not self.current:
            self.current = Result(self.tests[name], self.kind)
            self.current.begun = when
        elif self.current and name == self.current.test.name and what != "begin":
            self._finish(what, when)

    def _early_line(self, line):
        for what, form in ABOUT.items():
            found = form.match(line)
            if found:
                self.about.setdefault(what, found.group(1).strip())

    def _test_line(self, line):
        self.current.lines.append(line)
        wish = TYPE.match(line)
        if wish:
            self.boot.type(wish.group(1) + "\r")

    def _finish(self, what, when):
        self.current.verdict = what
        self.current.seconds = when - self.current.begun
        if not self.every_line and not bounded(self.current.lines, self.current.seconds):
            self.current.lines.append("not ok - the hypervisor's log is bounded")
            self.current.verdict = "FAILURE" if self.current.good else what
        self.results.append(self.current)
        self.current = None

    def _silence(self):
        if not self.current:
            return self.silence if self.results else START
        return max(SLOW_SILENCE, self.silence) if self.current.test.slow else self.silence

    def _fate(self):
        if self.boot.late:
            return "TIMEOUT"
        if self.current.test.end and self.boot.status in (boot.POWERED_OFF, boot.GUEST_CRASHED):
            good = self.boot.reason.startswith(self.current.test.end)
            self.current.lines.append(f"ok - the end: {self.current.test.end}" if good else
                                      f"not ok - the end: {self.boot.reason}, wanted {self.current.test.end}")
            held, points = self.current.points()
            return "SUCCESS" if held == points else "FAILURE"
        return "CRASH" if self.boot.status in (boot.POWERED_OFF, boot.GUEST_CRASHED) else "BROKEN"

    def run(self):
        self.boot.run(LONGEST, self._silence)
        if self.current:
            self.current.lines.append(f"pvrun: {self.boot.reason}")
            self._finish(self._fate(), self.current.begun)
        return self

    def left(self):
        """The tests of the batch that this boot did not come to."""
        done = {result.test.name for result in self.results}
        return [test for name, test in self.tests.items() if name not in done]

    def trouble(self):
        """A boot in which every test has its verdict, and which yet did not end as it should: why, or None."""
        if self.results and not verdict.good(self.results[-1].verdict) and self.results[-1].verdict in ("CRASH", "TIMEOUT", "BROKEN"):
            return None  # that says it
        if self.boot.late:
            return "the guest did not end"
        if self.boot.status not in (boot.POWERED_OFF, boot.GUEST_CRASHED):
            return self.boot.reason
        return None


# ---- 3. All boots ---------------------------------------------------------------------------------------------------------


def _share(tests, jobs):
    """Batches of about the same length, as many as there are machines or more; those that must be alone are."""
    together = [test for test in tests if not test.alone]
    count = max(jobs if len(together) > 8 else 1, -(-len(together) // BATCH))
    size = -(-len(together) // count) or 1
    batches = [together[i:i + size] for i in range(0, len(together), size)]
    return batches + [[test] for test in tests if test.alone]


class Plan:
    """report(result) is called for each result as it comes; trouble: lines about boots that ended badly behind the last test; about: the
    versions of hypervisor and loader, as they were printed."""

    def __init__(self, guest, hypervisor, report, silence=SILENCE, every_line=False):
        self.guest, self.hypervisor = guest, hypervisor
        self.report, self.silence, self.every_line = report, silence, every_line
        self.lock = threading.Lock()
        self.trouble = []
        self.about = {}
        self.crashes = dict.fromkeys(suite.KINDS, 0)

    def pieces(self, tests, kinds, jobs):
        return [(kind, batch) for kind in kinds for batch in _share([t for t in tests if t.runs_as(kind)], jobs) if batch]

    def _give_up(self, kind, tests, why):
        for test in tests:
            result = Result(test, kind)
            result.verdict = "ERROR"
            result.lines = [why]
            self.report(result)

    def work(self, piece):
        """Run a piece; the pieces that are left of it."""
        kind, tests = piece
        session = Session(self.guest, self.hypervisor, kind, tests, self.silence, self.every_line).run()
        with self.lock:
            self.about.update(session.about)
            for result in session.results:
                self.report(result)
            trouble, left = session.trouble(), session.left()
            if trouble:
                self.trouble.append(f"{kind}, {tests[0].name} to {tests[-1].name}: {trouble}")
            if not session.results:
                self._give_up(kind, left, "the guest did not come to its tests: " + "\n".join(session.boot.lines[-20:]))
                return []
            self.crashes[kind] += bool(left)
            if left and self.crashes[kind] > MAX_CRASHES:
                self._give_up(kind, left, f"not run: {MAX_CRASHES} boots before it ended early")
                return []
            return [(kind, left)] if left else []
