# SPDX-License-Identifier: GPL-2.0-only
"""What came of a run, as JSON: {"hypervisor": ..., "tests": {name: {"what", "family", "kinds": {kind: {"verdict", "left_out", "answers", "details", ...}}}}}."""
import json


def save(path, hypervisor, results):
    tests = {}
    for result in sorted(results, key=lambda r: (r.test.number, r.kind)):
        entry = tests.setdefault(result.test.name, {"what": result.test.what, "family": result.test.family, "kinds": {}})
        held, points = result.points()
        entry["kinds"][result.kind] = {"verdict": result.verdict, "seconds": round(result.seconds, 2), "held": held, "points": points,
                                       "left_out": result.left_out(), "answers": result.answers(), "details": [] if result.good else result.details()}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"hypervisor": hypervisor, "tests": tests}, file, indent=1)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
