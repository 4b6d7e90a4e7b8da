# SPDX-License-Identifier: GPL-2.0-only
"""
docs/performance.md and docs/performance.svg from the figures.

    1. numbers in words of the page
    2. its generated parts, each between two comments; all else there is written by hand and stays
    3. the chart, by gnuplot
"""
import os
import re
import subprocess

from . import figures, large, works
from .machine import TOP
from .machine import KINDS

PAGE = os.path.join(TOP, "docs/performance.md")
CHART = os.path.join(TOP, "docs/performance.svg")

# ---- 1. Numbers -----------------------------------------------------------------------------------------------------------


def count(value):
    """1,234,567 or 12.3; counts below a hundred have a decimal."""
    if value is None:
        return ""
    return f"{value:,.1f}".removesuffix(".0") if value < 100 else f"{value:,.0f}"


def ratio(row):
    return f"{row['xen'] / row['tenon']:.1f}" if row.get("xen") and row.get("tenon") else ""


def missed(row):
    """The figure in bold when it is more than it shall be at most."""
    text = count(row["tenon"])
    return f"**{text}**" if row["at most"] and row["tenon"] > row["at most"] else text


def small(value):
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


# ---- 2. Parts of the page -------------------------------------------------------------------------------------------------


def operations(rows):
    lines = ["| operation | Tenon | at most | Xen 4.17 | Xen / Tenon |", "|---|---:|---:|---:|---:|"]
    for name, words, _ in figures.OPERATIONS:
        row = rows[name]
        lines.append(f"| {words} | {missed(row)} | {count(row['at most'])} | {count(row['xen'])} | {ratio(row)} |")
    return lines


def costs(rows):
    lines = ["| operation | locked | | serialising | | TLB flushes | | CR3 loads | |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
             "| | Tenon | Xen | Tenon | Xen | Tenon | Xen | Tenon | Xen |"]
    for name, words, _ in figures.OPERATIONS:
        cells = [small(rows[name][f"{who} {kind}"]) for kind in KINDS for who in ("tenon", "xen")]
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return lines


def linux(rows):
    lines = ["| | Tenon, initial domain | at most | Xen 4.17, initial domain | Xen / Tenon | Tenon, ordinary guest | no hypervisor |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for name, words, _ in figures.LINUX:
        row = rows[f"linux-{name}"]
        ordinary = rows[f"linux-{name}-ordinary"]
        lines.append(f"| {words} | {missed(row)} | {count(row['at most'])} | {count(row['xen'])} | {ratio(row)} | {count(ordinary['tenon'])} | "
                     f"{count(row['native'])} |")
    return lines


def system(rows):
    lines = ["| | | Tenon | at most | Xen 4.17 | Xen / Tenon |", "|---|---|---:|---:|---:|---:|"]
    for name, unit, words, _ in figures.SYSTEM:
        row = rows[name]
        lines.append(f"| {words} | {unit} | {missed(row)} | {count(row['at most'])} | {count(row['xen'])} | {ratio(row)} |")
    return lines


PARTS = {"operations": operations, "costs": costs, "linux": linux, "system": system, "large": lambda rows: large.table(large.read()),
         "works": lambda rows: works.table(works.read())}


def write(rows, path=PAGE):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, make in PARTS.items():
        part = "\n".join(make(rows))
        text, times = re.subn(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", lambda m, part=part: f"{m[1]}{part}\n{m[2]}", text, flags=re.S)
        if times != 1:
            raise ValueError(f"{path} has {times} places for the part {name!r}, not one")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


# ---- 3. The chart ---------------------------------------------------------------------------------------------------------

# Bars that lie, because names are long. Columns: row, name, Xen (100), Tenon, at most; in per cent of Xen's.
PLOT = """
set terminal svg size 1000,{height} font "sans-serif,13" background "#ffffff"
set output "{out}"
set title "Instructions an operation costs a guest, in per cent of what it costs on Xen 4.17"
set style fill solid noborder
set xrange [0:*]
set yrange [{count}:-1.6]
set grid xtics
set xtics 20
set ytics scale 0
set key top right horizontal
set lmargin 32
$figures << END
{data}
END
plot $figures using ($3/2):($1-0.19):($3/2):(0.17):ytic(2) with boxxyerror title "Xen 4.17" linecolor rgb "#9aa5b1", \\
     '' using ($4/2):($1+0.19):($4/2):(0.17) with boxxyerror title "Tenon" linecolor rgb "#d95f02", \\
     '' using 5:($1-0.02):(0):(0.42) with vectors nohead linewidth 3 linecolor rgb "#1b6e3c" title "Tenon at most"
"""
CHARTED = tuple(name for name, _, _ in figures.OPERATIONS if name not in ("pin-16", "unpin-16", "pin-unpin-1", "pin-unpin-100", "pin-unpin-1000"))


def chart(rows, path=CHART):
    def line(number, name, row):
        percent = [100, row["tenon"] * 100 / row["xen"], row["at most"] * 100 / row["xen"] if row["at most"] else None]
        return f'{number} "{name}" ' + " ".join("NaN" if p is None else f"{p:.1f}" for p in percent)

    charted = [(name.replace("_", r"\\_"), rows[name]) for name in CHARTED] + [("Linux: fork + exec", rows["linux-fork-exec"])]
    data = "\n".join(line(number, name, row) for number, (name, row) in enumerate(charted))
    script = PLOT.format(out=path, data=data, count=len(charted), height=80 + 26 * len(charted))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
