# SPDX-License-Identifier: GPL-2.0-only
"""
What came of a run, as JSON: {"about": {"hypervisor", "loader", "emulator", "guest": its hash}, "tests": {name: {"what", "family", "kinds": {kind: run}}}}, a
run being {"verdict", "seconds", "held", "points": how many, "left_out": [[point, why]], "asked": [[point, held, answer]], "details"}.
"""
import json


def _run(result):
    held, points = result.points()
    return {"verdict": result.verdict, "seconds": round(result.seconds, 2), "held": held, "points": points, "left_out": result.left_out(),
            "asked": result.asked(), "details": [] if result.good else result.details()}


def save(path, about, results):
    tests = {}
    for result in sorted(results, key=lambda r: (r.test.number, r.kind)):
        entry = tests.setdefault(result.test.name, {"what": result.test.what, "family": result.test.family, "kinds": {}})
        entry["kinds"][result.kind] = _run(result)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"about": about, "tests": tests}, file, indent=1)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
