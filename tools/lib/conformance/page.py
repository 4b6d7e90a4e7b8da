# SPDX-License-Identifier: GPL-2.0-only
"""docs/conformance.md: two runs and what differs between them, as a page. The same runs make the same page: it has no dates and no times."""

from .differences import KINDS

HEAD = """# Conformance

The tests of `tools/tests/guests`, the same binary on Tenon and on real Xen. On Tenon each runs in an ordinary domain ("domU") and in the
initial domain; on Xen in the initial domain only, as an ordinary one needs Xen's tools. So the two columns on the right are those that are compared,
point by point.

`make conformance-compare` makes the runs and writes this page; what it says of differences is kept in
`tools/tests/conformance/differences.toml`. It fails when a test goes wrong on Tenon, when a difference is not explained, and when an explanation
explains nothing. `tools/tests/conformance/README.md` tells how the suite works.
"""

TESTS = """## Tests

`domU only`: does not apply to an initial domain, so there is nothing to compare; `-`: does not apply. `n/m`: n of m points hold. `n left out`: the machine did
not allow n further points to be judged (see below). The last column leads to the explanations. A folder's `README.md` tells for each of
its tests the hazard, the rule, and where the rule comes from.
"""

COLUMNS = "| test | what it checks | Tenon, domU | Tenon, initial | Xen, initial | differs |"


def escape(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def made_with(ours, theirs):
    xen, machine = theirs["about"], ours["about"]
    return ["| | |", "|---|---|",
            "| Tenon | of this commit, built with CONFIG_AUDIT and CONFIG_AUDIT_EVERY: all accounts are counted anew before each return from a hypercall |",
            f"| Xen | {escape(xen.get('hypervisor', 'did not say'))}, as Debian's package has it |",
            f"| loader | of Tenon: {escape(machine.get('loader', 'did not say'))}; of Xen: {escape(xen.get('loader', 'did not say'))} |",
            f"| machine | {escape(machine.get('emulator', '?'))}, without KVM: q35, one CPU of model `max`, for Xen `max,-smap` |", ""]


def counts(ours, theirs, found):
    tests = ours["tests"]
    runs = [run for test in tests.values() for run in test["kinds"].values()]
    there = [test["kinds"]["initial"] for name, test in theirs["tests"].items() if name in tests and "initial" in test["kinds"]]
    kinds = [sum(1 for d in found if d.explanation and d.explanation.kind == kind) for kind in KINDS]
    bare = sum(1 for d in found if not d.explanation)
    lines = [f"{len(tests)} tests: {len(runs)} runs and {sum(run['points'] for run in runs)} points on Tenon, {len(there)} runs and "
             f"{sum(run['points'] for run in there)} points on Xen. {len(found)} points or verdicts differ, in {len({d.test for d in found})} tests: " +
             ", ".join(f"{n} by a {kind}" for n, kind in zip(kinds, KINDS)) + "."]
    return lines + ([f"**{bare} of them are not explained.**"] if bare else []) + [""]


def cell(test, kind):
    run = test["kinds"].get(kind) if test else None
    if not run:
        return "-"
    text = run["verdict"].lower()
    if run["held"] != run["points"]:
        text += f" {run['held']}/{run['points']}"
    if run["left_out"]:
        text += f", {len(run['left_out'])} left out"
    return text


def row(name, test, there, notes):
    xen = cell(there, "initial") if "initial" in test["kinds"] else "domU only"
    refs = ", ".join(f"[{n}](#d{n})" if n else "not explained" for n in sorted(notes))
    return f"| `{name}` | {escape(test['what'])} | {cell(test, 'domU')} | {cell(test, 'initial')} | {xen} | {refs} |"


def tables(ours, theirs, found):
    notes = {}
    for d in found:
        notes.setdefault(d.test, set()).add(d.explanation.number if d.explanation else 0)
    lines = [TESTS]
    for family in sorted({test["family"] for test in ours["tests"].values()}):
        lines += [f"### {family}", "", COLUMNS, "|---|---|---|---|---|---|"]
        lines += [row(name, test, theirs["tests"].get(name), notes.get(name, ())) for name, test in ours["tests"].items()
                  if test["family"] == family]
        lines.append("")
    return lines


def left_out(ours, theirs):
    """Points that a machine did not allow to be judged, by the reason: {why: {test: {point: columns}}}."""
    reasons = {}
    for who, run in (("Tenon", ours), ("Xen", theirs)):
        for name, test in run["tests"].items():
            for kind, one in test["kinds"].items():
                for point, why in one["left_out"]:
                    reasons.setdefault(why, {}).setdefault(name, {}).setdefault(point, []).append(f"{who}, {kind}")
    lines = ["## Points left out", ""]
    for why, tests in reasons.items():
        lines += [f"{escape(why)}:", ""]
        lines += [f"- `{name}`: {escape(point)} ({'; '.join(dict.fromkeys(columns))})"
                  for name, points in tests.items() for point, columns in points.items()]
        lines.append("")
    return lines if reasons else lines + ["None.", ""]


def explained(explanations, found):
    lines = ["## Differences explained", ""]
    for e in explanations:
        lines += [f"### <a id=\"d{e.number}\"></a>{e.number}. `{e.test}`: {e.kind}", "", escape(e.text.strip()), ""]
        lines += [f"- {escape(d.point or 'the verdict')}: Tenon {d.ours}, Xen {d.theirs}" for d in found if d.explanation is e]
        lines += ["", "Evidence: " + escape(e.evidence.strip()), ""]
    return lines


def unexplained(found):
    lines = [f"- {escape(str(d))}" for d in found if not d.explanation]
    return ["## Differences not explained", "", *lines, ""] if lines else []


def page(ours, theirs, found, explanations):
    for number, explanation in enumerate(explanations, 1):
        explanation.number = number
    lines = [HEAD, *made_with(ours, theirs), *counts(ours, theirs, found), *tables(ours, theirs, found), *left_out(ours, theirs),
             *unexplained(found), *explained(explanations, found)]
    return "\n".join(lines).rstrip() + "\n"
