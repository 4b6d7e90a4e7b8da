# SPDX-License-Identifier: GPL-2.0-only
"""
Two runs side by side, and the explanations of what differs between them.

Compared are tests that both ran as initial domain, point by point: a point differs when it holds on one side only, when both answered,
rightly, by different errnos (a test may take either for right), or when only one side was asked. A point that one side's machine did not allow to be
judged ("left out") is none. Points are matched by their texts and order, so that one more on one side does not shift the others. When a test ended otherwise than by SUCCESS or
FAILURE (it was skipped, or took the machine with it) and not so on the other side, that is a difference too: the verdicts'.

The explanations are in differences.toml; its first lines tell the form.
"""
import difflib
import fnmatch
import tomllib

from .points import Point, numbered

KINDS = ("Xen bug", "QEMU bug", "choice of ours")
FIELDS = {"test", "kind", "text", "evidence", "points"}
JUDGED = ("SUCCESS", "FAILURE")


class Difference:
    """point is None when the verdicts differ."""

    def __init__(self, test, point, ours, theirs):
        self.test, self.point, self.ours, self.theirs = test, point, ours, theirs
        self.explanation = None

    def __str__(self):
        what = f", {self.point}" if self.point else ""
        return f"{self.test}{what}: Tenon {self.ours}, Xen {self.theirs}"


class Explanation:
    def __init__(self, entry, place):
        unknown = set(entry) - FIELDS
        missing = FIELDS - {"points"} - set(entry)
        if unknown or missing:
            raise ValueError(f"{place}: unknown {sorted(unknown)}, missing {sorted(missing)}")
        if entry["kind"] not in KINDS:
            raise ValueError(f"{place}: kind is none of {', '.join(KINDS)}")
        if not entry["text"].strip() or not entry["evidence"].strip():
            raise ValueError(f"{place}: text and evidence must say something")
        self.test, self.kind, self.text, self.evidence = (entry[f] for f in ("test", "kind", "text", "evidence"))
        self.points = entry.get("points")
        self.used = set()

    def unused(self):
        """What it explains and is not there."""
        parts = self.points if self.points is not None else [None]
        return [part for part in parts if part not in self.used]

    def explains(self, difference):
        if difference.test != self.test or (difference.point is None) != (self.points is None):
            return False
        if self.points is None:
            self.used.add(None)
            return True
        found = [p for p in self.points if p == difference.point or fnmatch.fnmatchcase(difference.point, p)]
        self.used.update(found)
        return bool(found)


def load(path):
    with open(path, "rb") as file:
        entries = tomllib.load(file).get("difference", [])
    return [Explanation(entry, f"{path}, entry {n}") for n, entry in enumerate(entries, 1)]


def _shown(point):
    if point.answer:
        return point.answer if point.held else f"{point.answer} (wrong)"
    return "holds" if point.held else "does not hold"


def _matched(ours, theirs):
    """Pairs of places in the two lists of points; None on the side that was not asked."""
    matcher = difflib.SequenceMatcher(None, [p.text for p in ours], [p.text for p in theirs], autojunk=False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(range(a, a_end), range(b, b_end))
        else:
            yield from ((i, None) for i in range(a, a_end))
            yield from ((None, i) for i in range(b, b_end))


def _left_out(run, text):
    return any(point == text for point, _ in run["left_out"])


def _points(name, here, there, whole):
    """The differences between two runs of a test. whole: both came to its end, so what only one side has was not asked on the other."""
    ours, theirs = ([Point(*point) for point in run["asked"]] for run in (here, there))
    our_names, their_names = numbered(ours), numbered(theirs)
    for a, b in _matched(ours, theirs):
        if a is not None and b is not None:
            if ours[a][1:] != theirs[b][1:]:
                yield Difference(name, our_names[a], _shown(ours[a]), _shown(theirs[b]))
        elif whole and b is None and not _left_out(there, ours[a].text):
            yield Difference(name, our_names[a], _shown(ours[a]), "not asked")
        elif whole and a is None and not _left_out(here, theirs[b].text):
            yield Difference(name, their_names[b], "not asked", _shown(theirs[b]))


def _test(name, here, there):
    whole = here["verdict"] in JUDGED and there["verdict"] in JUDGED
    found = list(_points(name, here, there, whole))
    if here["verdict"] != there["verdict"] and not (whole and found):
        found.insert(0, Difference(name, None, here["verdict"], there["verdict"]))
    return found


def find(ours, theirs):
    """All differences between two results (results.load), in the order of ours."""
    found = []
    for name, test in ours["tests"].items():
        here = test["kinds"].get("initial")
        there = theirs["tests"].get(name, {"kinds": {}})["kinds"].get("initial")
        if here and there:
            found += _test(name, here, there)
    return found


def explain(found, explanations):
    """(differences without an explanation, texts about explanations without a difference)"""
    for difference in found:
        difference.explanation = next((e for e in explanations if e.explains(difference)), None)
    bare = [difference for difference in found if not difference.explanation]
    stale = [f"{e.test}: {part or 'the verdict'} does not differ" for e in explanations for part in e.unused()]
    return bare, stale
