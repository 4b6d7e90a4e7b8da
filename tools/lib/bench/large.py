# SPDX-License-Identifier: GPL-2.0-only
"""
Figures of large domains (tools/tests/large): docs/large.csv, and the table of docs/performance.md that is made from it.
"""
import csv
import os

from .machine import TOP

CSV = os.path.join(TOP, "docs/large.csv")
# GiB of the domain; instructions to the guest's first, of reading its whole p2m list, of taking it back; MiB of the host's memory in use by QEMU.
COLUMNS = ("gib", "start", "audit", "end", "host")


def read(path=CSV):
    """{GiB: {column: number}}"""
    with open(path, encoding="ascii", newline="") as file:
        return {int(row["gib"]): {column: int(row[column]) for column in COLUMNS} for row in csv.DictReader(file)}


def write(rows, path=CSV):
    """rows: {GiB: {column: number}}"""
    with open(path, "w", encoding="ascii", newline="") as file:
        out = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        out.writeheader()
        out.writerows(rows[gib] for gib in sorted(rows))


def per_gib(rows, column):
    """What each GiB more costs, by the smallest and the largest domain."""
    first, last = min(rows), max(rows)
    return (rows[last][column] - rows[first][column]) / (last - first)


def _millions(value):
    return f"{value / 1e6:,.2f}"


def table(rows):
    """Lines of the page."""
    lines = ["| domain | millions of instructions to its guest's first | to read all of its p2m list | to take it back at its end | host memory, MiB |",
             "|---:|---:|---:|---:|---:|"]
    for gib, row in sorted(rows.items()):
        lines.append(f"| {gib} GiB | {_millions(row['start'])} | {_millions(row['audit'])} | {_millions(row['end'])} | {row['host']:,} |")
    cells = [_millions(per_gib(rows, column)) for column in ("start", "audit", "end")]
    lines.append(f"| **each GiB more** | {' | '.join(cells)} | {per_gib(rows, 'host'):.1f} |")
    return lines
