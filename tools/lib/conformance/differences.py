# SPDX-License-Identifier: GPL-2.0-only
"""
Two runs side by side, and the explanations of what differs between them.

A difference is a test whose verdict as initial domain is not the same, or, where it is, a question that both answered by different
errnos (a test may take either for right). The explanations are in differences.toml; its first lines tell the form.
"""
import fnmatch
import tomllib

KINDS = ("Xen bug", "QEMU bug", "choice of ours")
FIELDS = {"test", "kind", "text", "evidence", "answers"}


class Difference:
    """question is None when the verdicts differ."""

    def __init__(self, test, question, ours, theirs):
        self.test, self.question, self.ours, self.theirs = test, question, ours, theirs
        self.explanation = None

    def __str__(self):
        what = f", {self.question}" if self.question else ""
        return f"{self.test}{what}: Tenon {self.ours}, Xen {self.theirs}"


class Explanation:
    def __init__(self, entry, place):
        unknown = set(entry) - FIELDS
        missing = FIELDS - {"answers"} - set(entry)
        if unknown or missing:
            raise ValueError(f"{place}: unknown {sorted(unknown)}, missing {sorted(missing)}")
        if entry["kind"] not in KINDS:
            raise ValueError(f"{place}: kind is none of {', '.join(KINDS)}")
        if not entry["text"].strip() or not entry["evidence"].strip():
            raise ValueError(f"{place}: text and evidence must say something")
        self.test, self.kind, self.text, self.evidence = (entry[f] for f in ("test", "kind", "text", "evidence"))
        self.answers = entry.get("answers")
        self.used = set()

    def unused(self):
        """What it explains and is not there."""
        parts = self.answers if self.answers is not None else [None]
        return [part for part in parts if part not in self.used]

    def explains(self, difference):
        if difference.test != self.test or (difference.question is None) != (self.answers is None):
            return False
        if self.answers is None:
            self.used.add(None)
            return True
        found = [a for a in self.answers if a == difference.question or fnmatch.fnmatchcase(difference.question, a)]
        self.used.update(found)
        return bool(found)


def load(path):
    with open(path, "rb") as file:
        entries = tomllib.load(file).get("difference", [])
    return [Explanation(entry, f"{path}, entry {n}") for n, entry in enumerate(entries, 1)]


def find(ours, theirs):
    """All differences between two results (results.load), in the order of ours."""
    found = []
    for name, test in ours["tests"].items():
        here = test["kinds"].get("initial")
        there = theirs["tests"].get(name, {"kinds": {}})["kinds"].get("initial")
        if not here or not there:
            continue
        if here["verdict"] != there["verdict"]:
            found.append(Difference(name, None, here["verdict"], there["verdict"]))
            continue
        for question, answer in here["answers"].items():
            other = there["answers"].get(question)
            if other is not None and other != answer:
                found.append(Difference(name, question, answer, other))
    return found


def explain(found, explanations):
    """(differences without an explanation, texts about explanations without a difference)"""
    for difference in found:
        difference.explanation = next((e for e in explanations if e.explains(difference)), None)
    bare = [difference for difference in found if not difference.explanation]
    stale = [f"{e.test}: {part or 'the verdict'} does not differ" for e in explanations for part in e.unused()]
    return bare, stale
