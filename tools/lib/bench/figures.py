# SPDX-License-Identifier: GPL-2.0-only
"""
The figures: which there are, what they shall be at most, and the file that has them (docs/performance.csv).
"""
import csv
import os

from .machine import TOP
from .machine import KINDS

CSV = os.path.join(TOP, "docs/performance.csv")

# Operations of the benchmark's guest: name there, in words, instructions at most (None: nobody asked).
OPERATIONS = (
    ("xen_version", "`xen_version`", 90),
    ("mmu_update-1-toggle", "`mmu_update`, 1 entry, toggles RW", 200),
    ("mmu_update-1-same", "`mmu_update`, 1 entry, nothing changes", None),
    ("mmu_update-512-toggle", "`mmu_update`, 512 entries, each toggles RW, per entry", 80),
    ("mmu_update-512-map", "`mmu_update`, 512 entries, map or unmap, per entry", 75),
    ("update_va_mapping-invlpg", "`update_va_mapping`, toggles RW, `UVMF_INVLPG`", 210),
    ("update_va_mapping", "`update_va_mapping`, toggles RW, no flush", None),
    ("multicall-32", "`multicall` of 32 `update_va_mapping`, per entry", 120),
    ("machphys-512", "`MMU_MACHPHYS_UPDATE`, 512 entries, per entry", 35),
    ("pin-16", "`PIN_L4` of 16 full L1 tables, whole", None),
    ("unpin-16", "`UNPIN` of the same, whole", None),
    ("pin-unpin-16", "pin + unpin of 16 full L1 tables, per L1 entry", 45),
    ("pin-unpin-1", "the same with 1 L1 table", None),
    ("pin-unpin-100", "the same with 100", None),
    ("pin-unpin-1000", "the same with 1000", None),
    ("pin-unpin-fresh", "the same with 16, frames mapped nowhere else", None),
    ("new_baseptr", "`NEW_BASEPTR`", 190),
    ("new_baseptr-same", "`NEW_BASEPTR` of the root that is loaded", None),
    ("switch-address-space", "`NEW_BASEPTR` + `NEW_USER_BASEPTR` in one call", None),
    ("tlb_flush_local", "`TLB_FLUSH_LOCAL`", 130),
    ("invlpg_local", "`INVLPG_LOCAL`", 130),
    ("page-fault", "page fault to the guest's handler and back", 220),
    ("undefined-instruction", "undefined instruction likewise", 220),
    ("mov-cr0", "`mov %cr0, reg` emulated", 220),
    ("pte-write", "store to a read-only L1 entry, emulated", 300),
    ("syscall", "system call from user mode and return", None),
    ("event-send", "event to oneself, upcall and return", None),
    ("set_timer", "`set_timer_op`", None),
    ("timer-fires", "`set_timer_op`, interrupt, upcall and return", None),
)

# Debian's kernel: what linux.measure() calls it.
LINUX = (
    ("fork-exec", "fork + exec of busybox's `true`", 1450000),
    ("fork-exit", "fork + exit", None),
    ("mmap-64M", "mmap of 64 MiB, touch each page, munmap", None),
    ("to-init", "the kernel's start to /init's first instruction", None),
)

SYSTEM = (
    ("start-1G", "instructions", "hypervisor's first instruction to its guest's first, machine of 1 GiB", None),
    ("start-256G", "instructions", "the same, machine of 256 GiB", None),
    ("touched-1G", "bytes", "RAM touched by anybody by then, guest of 64 MiB, machine of 1 GiB", None),
    ("touched-256G", "bytes", "the same, machine of 256 GiB", None),
    ("kept-1G", "bytes", "RAM that the guest is not given and that is not free, machine of 1 GiB", None),
    ("kept-256G", "bytes", "the same, machine of 256 GiB", None),
    ("size", "bytes", "the hypervisor's file, compressed", None),
    ("size-no-decompressors", "bytes", "without `CONFIG_DECOMPRESS`", 122880),
)

DEARER = 1.03       # how much dearer an operation may have become
LAST_DIGIT = 0.05   # what rounding may make of an equal figure

COLUMNS = ["figure", "unit", "at most", "tenon", "xen", "native"] + [f"{who} {kind}" for who in ("tenon", "xen") for kind in KINDS]


def number(text):
    """What stands in a field: a number, or None for nothing."""
    if text in ("", None):
        return None
    return float(text) if "." in text else int(text)


def read(path=CSV):
    """{figure: {column: number}}"""
    with open(path, encoding="ascii", newline="") as file:
        return {row["figure"]: {column: row[column] if column == "unit" else number(row[column]) for column in COLUMNS[1:]}
                for row in csv.DictReader(file)}


def write(rows, path=CSV):
    """rows: {figure: {column: value}}"""
    with open(path, "w", encoding="ascii", newline="") as file:
        out = csv.DictWriter(file, COLUMNS, lineterminator="\n", restval="")
        out.writeheader()
        out.writerows({"figure": figure, **{k: "" if v is None else v for k, v in row.items()}} for figure, row in rows.items())


def has_become_dearer(now, before):
    return now > before * DEARER + LAST_DIGIT


def has_become_cheaper(now, before):
    return before > now * DEARER + LAST_DIGIT
