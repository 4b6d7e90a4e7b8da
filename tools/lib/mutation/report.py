# SPDX-License-Identifier: GPL-2.0-only
"""Results as JSON, docs/mutation.md, and the explanations of survivors (tools/mutation/survivors.toml)."""
import json
import tomllib

from . import host

HEAD = """# Mutation

What `make mutation` found: the checks of the memory core (`xen/arch/x86/mm`, `xen/common/mm`) changed one at a time, and whether a test notices.
First the host tests are asked, with array bounds checked, then, for what they let live, the conformance suite. This page is written by the program;
the explanations are kept in `tools/mutation/survivors.toml`. "Left" are those that nothing has killed.

"""


def save(path, records):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(records, file, indent=1)


def load_explanations(path):
    with open(path, "rb") as file:
        entries = tomllib.load(file).get("survivor", [])
    for n, entry in enumerate(entries, 1):
        if set(entry) != {"mutant", "why"} or not entry["why"].strip():
            raise ValueError(f"{path}, entry {n}: mutant and why, nothing else")
    return {entry["mutant"]: entry["why"].strip() for entry in entries}


def counts(records):
    valid = [r for r in records if r["outcome"] != host.NOT_COMPILED]
    killed = [r for r in valid if r["outcome"] == host.KILLED]
    return len(valid), len(killed)


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def _table(records, key, title):
    lines = [f"| {title} | mutants | killed | by host tests | by guests | left |", "|---|---:|---:|---:|---:|---:|"]
    for value in sorted({r[key] for r in records}) + [None]:
        some = [r for r in records if value is None or r[key] == value]
        valid, killed = counts(some)
        guests = sum(r["outcome"] == host.KILLED and r["stage"] == "guests" for r in some)
        name = "all" if value is None else f"`{value}`" if key == "path" else value
        lines.append(f"| {name} | {valid} | {percent(killed, valid):.1f} % | {killed - guests} | {guests} | {valid - killed} |")
    return lines + [""]


def write(path, records, explanations, how):
    survivors = [r for r in records if r["outcome"] == host.SURVIVED]
    valid, killed = counts(records)
    lines = [HEAD + f"{valid} mutants, {killed} killed: **{percent(killed, valid):.1f} %**.", "", f"What was run: {how}", ""]
    lines += _table(records, "kind", "change") + _table(records, "path", "file")
    lines += ["## Survivors", ""]
    for r in survivors:
        lines += [f"- `{r['path']}`, `{r['function']}`, {r['kind']}: `{r['before']}` became `{r['after']}`.",
                  f"  {explanations.get(r['name'], '**Not explained.**')}"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines).rstrip() + "\n")
    bare = [r["name"] for r in survivors if r["name"] not in explanations]
    stale = sorted(set(explanations) - {r["name"] for r in survivors})
    return bare, stale
