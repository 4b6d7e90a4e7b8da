# SPDX-License-Identifier: GPL-2.0-only
"""
What an operation's instructions are for: docs/works.csv, and the table of docs/performance.md that is made from it.

    1. WORKS      kinds of work, and the functions in which they are done
    2. count()    a profile's instructions by kind
    3. the file and the table
"""
import collections
import csv
import os
import re

from . import figures, machine, profile, symbols

CSV = os.path.join(machine.TOP, "docs/works.csv")

# ---- 1. Kinds -------------------------------------------------------------------------------------------------------------

# An instruction is of the kind of the innermost function around it that is named here, functions the compiler put into others included.
WORKS = (
    ("guest", "the guest's own", r"guest:.*"),
    ("way", "way in and out", r"entry_\w+|syscall_\w+|guest_iret|direct_refused|instruction_direct|leave_\w+|return_by_\w+|store_direct|nothing_else|iret_direct|"
                              r"to_user_mode|toggle_guest_mode|guest_exit|hypercall_\w+"),
    ("request", "reading the request", r"\w+_direct|load_pair|guest_words_ok|guest_range_ok|copy\w*|user_access_\w+|read_guest_u64|do_\w+|mmu\w*_array|mmu\w*_some|"
                                       r"mmuext_(one|op|common)|begin|finish|insn_\w+|ptwr_plain_store|multicall\w*|port_should_yield|mmu_decode_target|"
                                       r"update_some|mmu_update|vcpu_drain|progress_\w+"),
    ("walk", "finding the table", r"pt_walk_l1|va_is_guest|pt_step|update_va_\w+|mmu_update_common|ptwr_common|run_\w+|leaf_owned|leaf_of|new_base\w*|show_m2p|mfn_to_frame"),
    ("hold", "holding the table", r"frame_hold_table|frame_release_fast|batch_\w+|hold|release"),
    ("references", "references and types", r"leaf_(get|put)\w*|frame_(get|put|type|clear)\w*|l1e_get|l1e_put|table_entry_(get|put)|begin_type|get_owned|put_typed|"
                                           r"leave_locked|finish_\w+|get|put|make_\w+|unmap_common|map_common"),
    ("entries", "checking and writing entries", r"update_\w+|leaf_is_\w+|pte_adjust\w*|exchange_\w+|validate\w*|devalidate\w*|adjust_table|promote|demote|"
                                                r"skip_empty\w*|eight_empty|table_entry_bits_ok|is_\w+|pin_table|unpin_table|fill_hv_slots|same_mapping"),
    ("flush", "forgetting translations", r"port_flush\w*|port_load_root|flush_\w+|paging_flush_local|tlb_\w+|invlpg|write_cr\d"),
)
OTHER = ("other", "other")


def _kind(stack):
    for name in reversed(stack):
        for kind, _, pattern in WORKS:
            if re.fullmatch(pattern, name):
                return kind
    return OTHER[0]


# ---- 2. Counting ----------------------------------------------------------------------------------------------------------

def count(figure, counted, found):
    """{kind: instructions per operation}"""
    kinds = collections.Counter()
    for node, insn, times in counted.counts:
        stack = [name for call in counted.calls(node) for name in profile.names(found, call)] + profile.names(found, insn.address)
        kinds[_kind(stack)] += times
    return {kind: times / figure.times for kind, times in kinds.items()}


def measure(plugin, hypervisor, names):
    """{operation: {kind: instructions}} of the benchmark's operations with these names."""
    found = symbols.Symbols(os.path.splitext(hypervisor)[0], machine.GUEST)
    profiles = profile.profiles(plugin, names, hypervisor=hypervisor)
    found.look_up(set().union(*(counted.addresses() for _, counted in profiles)))
    return {figure.name: count(figure, counted, found) for figure, counted in profiles}


def measure_linux(name, profiles, hypervisor):
    """The same of one of what Debian's kernel is measured by."""
    found = symbols.Symbols(os.path.splitext(hypervisor)[0])
    figure, counted = next((figure, counted) for figure, counted in profiles if figure.name == name)
    found.look_up(counted.addresses())
    return {f"linux-{name}": count(figure, counted, found)}


# ---- 3. File and table ----------------------------------------------------------------------------------------------------

KINDS = [kind for kind, *_ in WORKS] + [OTHER[0]]


def read(path=CSV):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="ascii", newline="") as file:
        return {row["figure"]: {kind: float(row[kind]) for kind in KINDS} for row in csv.DictReader(file)}


def write(works, path=CSV):
    with open(path, "w", encoding="ascii", newline="") as file:
        out = csv.DictWriter(file, ["figure", *KINDS], lineterminator="\n")
        out.writeheader()
        for figure, kinds in works.items():
            out.writerow({"figure": figure, **{kind: round(kinds.get(kind, 0), 1) for kind in KINDS}})


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}".removesuffix(".0")


def table(works):
    """Lines of the page: operations down, kinds of work across."""
    words = {name: text for name, text, _ in figures.OPERATIONS} | {f"linux-{name}": text for name, text, _ in figures.LINUX}
    heads = [text for _, text, _ in WORKS] + [OTHER[1]]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    for figure, kinds in works.items():
        lines.append(f"| {words[figure]} | " + " | ".join(_number(kinds.get(kind, 0)) for kind in KINDS) + " |")
    return lines
