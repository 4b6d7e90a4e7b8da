# SPDX-License-Identifier: GPL-2.0-only
"""What a set of C headers says, read out of the compiler and not out of the text.

  1. Headers: a set of headers, how to include them, and for which interface version
  2. macros and their values, from the preprocessor and from a program that prints them
  3. structures, types and enumerations, from the debugging information of an object that includes them all
  4. TAP, and the table of knowing differences in docs/abi.md

All sizes and offsets are bytes, but for bit-fields, which are written byte.bit.
"""
import os
import re
import subprocess
import sys
import tempfile

from elftools.elf.elffile import ELFFile

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
PUBLIC = os.path.join(TOP, "xen/include/public")
DOCUMENT = os.path.join(TOP, "docs/abi.md")
CC = os.environ.get("CC") or "gcc"
HOST_FLAGS = ["-std=gnu11", "-w"]


class CompileError(Exception):
    pass


def run(args, **kw):
    return subprocess.run(args, capture_output=True, text=True, **kw)


# ---- 1. A set of headers ---------------------------------------------------------------------------------------------------


class Headers:
    """Headers included together: <prefix/name> for each name, with @flags given to the compiler."""

    def __init__(self, label, prefix, names, flags=()):
        self.label, self.names, self.flags = label, list(names), list(flags)
        self.text = "".join(f"#include <{prefix}/{n}>\n" for n in self.names)

    def with_flags(self, *flags):
        other = Headers(self.label, "", [], self.flags + list(flags))
        other.names, other.text = self.names, self.text
        return other

    def cc(self, *args, text=None, language="c"):
        """Run the compiler on @text (default: the includes alone); its standard output."""
        source = self.text if text is None else text
        done = run([CC, *HOST_FLAGS, *self.flags, *args, "-x", language, "-"], input=source)
        if done.returncode:
            raise CompileError(f"{self.label}: {' '.join(self.flags)}\n{done.stderr}")
        return done.stdout


def header_names(directory):
    found = []
    for root, _, files in os.walk(directory):
        found += [os.path.relpath(os.path.join(root, f), directory) for f in files if f.endswith(".h")]
    return sorted(found)


def our_headers(include_dir=None):
    """Ours; @include_dir holds a directory "public" (default: the tree's)."""
    include_dir = include_dir or os.path.dirname(PUBLIC)
    return Headers("ours", "public", header_names(os.path.join(include_dir, "public")), ["-I" + include_dir])


# Not about an x86-64 guest and the hypervisor: other processors, Linux's device files for user programs.
FOREIGN = re.compile(r"^(arch-arm|arch-x86_32|arch-x86/xen-x86_32|foreign/|sys/|gntdev|gntalloc|privcmd|evtchn\.h|device_tree)")


def debian_headers(directory="/usr/include/xen"):
    """All of libxen-dev's headers that concern a guest, xen.h first as they expect. None when the package is not there."""
    names = [n for n in header_names(directory) if not FOREIGN.match(n)]
    if "xen.h" not in names:
        return None
    names.remove("xen.h")
    return Headers("libxen-dev", "xen", ["xen.h", *names], ["-include", "stdint.h", "-include", "stddef.h"])


def compiling(headers):
    """The same headers without those that refuse this interface version, found by the errors they make."""
    good = Headers(headers.label, "", [], headers.flags)
    good.names, good.text = headers.names, headers.text
    while True:
        try:
            good.cc("-fsyntax-only")
            return good
        except CompileError as error:
            bad = {n for n in good.names if f"/{n}:" in "".join(re.findall(r"^\S+: error|^\S+ fatal error", str(error), re.M))}
            if not bad or good.names[0] in bad:
                raise
            good.text = "".join(l for l, n in zip(good.text.splitlines(keepends=True), good.names) if n not in bad)
            good.names = [n for n in good.names if n not in bad]


def thresholds(*directories):
    """Every interface version at which some header changes, in order: testing these tests all."""
    found = {0}
    pattern = re.compile(r"__XEN_INTERFACE_VERSION__\s*(<|>=|>|<=)\s*(0x[0-9a-fA-F]+)")
    for directory in directories:
        for name in header_names(directory):
            if FOREIGN.match(name):
                continue
            with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as f:
                for operator, number in pattern.findall(f.read()):
                    found.add(int(number, 16) + (1 if operator in (">", "<=") else 0))
    return sorted(found)


# ---- 2. Macros -------------------------------------------------------------------------------------------------------------


def macros(headers, *flags):
    """name -> (parameters or None, body) of every macro the headers leave defined."""
    pattern = re.compile(r"#define (\w+)(\([^)]*\))? ?(.*)")
    both = []
    for text in (headers.text, "#include <stdint.h>\n#include <stddef.h>\n"):
        found = {}
        for line in headers.cc("-E", "-dM", *flags, text=text).splitlines():
            name, parameters, body = pattern.match(line).groups()
            found[name] = (parameters, body)
        both.append(found)
    return {n: v for n, v in both[0].items() if n not in both[1]}


PRINT = """
#include <stdio.h>
#define ABI_IS_STRING(x) _Generic((x), char *: 1, const char *: 1, default: 0)
#define ABI_IS_SIGNED(x) _Generic((x), char: 1, signed char: 1, short: 1, int: 1, long: 1, long long: 1, default: 0)
#define ABI_SHOW(name, x)                                                                                    \\
    if ( ABI_IS_STRING(x) )                                                                                  \\
        printf("%s\\tstring\\t%s\\n", name, (const char *)(unsigned long)(x));                               \\
    else if ( __builtin_classify_type(x) == 5 )                                                              \\
        printf("%s\\tpointer\\t%#lx\\n", name, (unsigned long)(x));                                          \\
    else if ( ABI_IS_SIGNED(x) )                                                                             \\
        printf("%s\\ts%d\\t%lld\\n", name, (int)sizeof(x), (long long)(x));                                  \\
    else                                                                                                     \\
        printf("%s\\tu%d\\t%#llx\\n", name, (int)sizeof(x), (unsigned long long)(x));
"""


def evaluate(headers, expressions):
    """label -> "type value" for those of the C expressions (label -> expression) that have a value."""
    labels = sorted(expressions)
    while True:
        lines = [f'static void abi_{i}(void) {{ ABI_SHOW("{i}", {expressions[n]}) }}' for i, n in enumerate(labels)]
        calls = "".join(f"abi_{i}();\n" for i in range(len(labels)))
        prologue = headers.text + PRINT
        source = prologue + "\n".join(lines) + "\nint main(void)\n{\n" + calls + "return 0;\n}\n"
        with tempfile.TemporaryDirectory() as scratch:
            program = os.path.join(scratch, "show")
            # Without tracking, an error inside a macro is reported where the macro was used.
            done = run([CC, *HOST_FLAGS, *headers.flags, "-ftrack-macro-expansion=0", "-fmax-errors=0", "-x", "c", "-o", program,
                        "-"], input=source)
            if done.returncode == 0:
                values = {}
                for line in run([program]).stdout.splitlines():
                    index, kind, value = line.split("\t", 2)
                    values[labels[int(index)]] = f"{kind} {value}"
                return values
        first = prologue.count("\n") + 1
        bad = {int(n) - first for n in re.findall(r"^<stdin>:(\d+):\d+: error", done.stderr, re.M)}
        bad = {labels[n] for n in bad if 0 <= n < len(labels)}
        if not bad:
            raise CompileError(done.stderr)
        labels = [n for n in labels if n not in bad]


def expansions(headers, names):
    """name -> what the preprocessor makes of it, spaces normalised."""
    marker = "abi_expansion_of"
    text = headers.text + "".join(f'{marker} "{n}" {n}\n' for n in names)
    found = {}
    for part in headers.cc("-E", "-P", text=text).split(marker)[1:]:
        name, body = re.match(r'\s*"(\w+)"(.*)', part, re.S).groups()
        found[name] = "text " + re.sub(r"\s+", " ", body).strip()
    return found


def constants(headers, names):
    """name -> "type value", or "text ..." for macros that are not expressions, of the object-like macros and enumerators."""
    values = evaluate(headers, {n: n for n in names})
    values.update(expansions(headers, [n for n in names if n not in values]))
    return values


# ---- 3. Types --------------------------------------------------------------------------------------------------------------


class Types:
    """The types an object knows: structs["x"] of struct or union x, typedefs["x_t"], and enumerators."""

    def __init__(self, headers):
        self.structs, self.typedefs, self.enumerators = {}, {}, set()
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "types.o")
            headers.cc("-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-fno-eliminate-unused-debug-symbols", "-c", "-o", path)
            with open(path, "rb") as f:
                for unit in ELFFile(f).get_dwarf_info().iter_CUs():
                    self._read(unit.get_top_DIE())

    def _read(self, parent):
        for die in parent.iter_children():
            name = self._name(die)
            if die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
                if name and "DW_AT_byte_size" in die.attributes:
                    self.structs[name] = (die.attributes["DW_AT_byte_size"].value, dict(self._members(die)))
                self._read(die)
            elif die.tag == "DW_TAG_enumeration_type":
                self.enumerators |= {self._name(e) for e in die.iter_children()}
            elif die.tag == "DW_TAG_typedef":
                self.typedefs[name] = self._describe(die)

    @staticmethod
    def _name(die):
        attribute = die.attributes.get("DW_AT_name")
        return attribute.value.decode() if attribute else None

    @staticmethod
    def _strip(die):
        """Through typedefs and qualifiers; None is void."""
        while die is not None and die.tag in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"):
            die = die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None
        return die

    def _size(self, die):
        die = self._strip(die)
        if die.tag == "DW_TAG_array_type":
            return self._count(die) * self._size(die.get_DIE_from_attribute("DW_AT_type"))
        return die.attributes["DW_AT_byte_size"].value

    @staticmethod
    def _count(die):
        count = 1
        for child in die.iter_children():
            if child.tag == "DW_TAG_subrange_type":
                if "DW_AT_upper_bound" in child.attributes:
                    bound = child.attributes["DW_AT_upper_bound"].value
                    count *= 0 if bound >= 2**63 else bound + 1
                elif "DW_AT_count" in child.attributes:
                    count *= child.attributes["DW_AT_count"].value
                else:
                    count = 0
        return count

    def _describe(self, die):
        """A type in one word: u4, s8, pointer, struct 16, u8[64]."""
        die = self._strip(die)
        if die is None:
            return "void"
        if die.tag == "DW_TAG_array_type":
            return f"{self._describe(die.get_DIE_from_attribute('DW_AT_type'))}[{self._count(die)}]"
        if die.tag == "DW_TAG_pointer_type":
            return "pointer"
        if die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
            return f"struct {die.attributes['DW_AT_byte_size'].value}" if "DW_AT_byte_size" in die.attributes else "incomplete"
        size = die.attributes["DW_AT_byte_size"].value if "DW_AT_byte_size" in die.attributes else 0
        if die.tag == "DW_TAG_enumeration_type":
            return f"enum {size}"
        if die.tag == "DW_TAG_base_type":
            signed = die.attributes["DW_AT_encoding"].value in (5, 6, 0xD)  # DW_ATE_signed, _signed_char, _signed_fixed
            return f"{'s' if signed else 'u'}{size}"
        return die.tag

    def _members(self, die, prefix="", base=0):
        """(path, "offset type") of each member; unnamed structures inside are entered, named ones stand for themselves."""
        for member in die.iter_children():
            if member.tag != "DW_TAG_member":
                continue
            name, kind = self._name(member), member.get_DIE_from_attribute("DW_AT_type")
            offset = base
            if "DW_AT_data_member_location" in member.attributes:
                offset += member.attributes["DW_AT_data_member_location"].value
            inner = self._strip(kind)
            aggregate = inner is not None and inner.tag in ("DW_TAG_structure_type", "DW_TAG_union_type")
            if not name:
                yield from self._members(inner, prefix, offset)
                continue
            if "DW_AT_bit_size" in member.attributes:
                yield prefix + name, self._bits(member, base)
                continue
            yield prefix + name, f"{offset} {self._describe(kind)}"
            if aggregate and not self._name(inner):
                yield from self._members(inner, f"{prefix}{name}.", offset)

    @staticmethod
    def _bits(member, base):
        attributes = member.attributes
        if "DW_AT_data_bit_offset" in attributes:
            bit = attributes["DW_AT_data_bit_offset"].value
        else:  # DWARF 4 counts from the most significant bit of the storage unit
            unit = attributes["DW_AT_byte_size"].value
            start = attributes["DW_AT_data_member_location"].value * 8
            bit = start + unit * 8 - attributes["DW_AT_bit_offset"].value - attributes["DW_AT_bit_size"].value
        return f"{base + bit // 8}.{bit % 8} bits {attributes['DW_AT_bit_size'].value}"


# ---- 4. Saying it ----------------------------------------------------------------------------------------------------------


class Tap:
    def __init__(self):
        self.points = self.failed = 0

    def ok(self, good, text, details=()):
        self.points += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.points} - {text}")
        if not good:
            for line in list(details)[:60]:
                print(f"#   {line}")
        sys.stdout.flush()

    def finish(self):
        print(f"1..{self.points}")
        return 1 if self.failed else 0


def knowing_differences(path=DOCUMENT):
    """{(kind, name): (ours, theirs)} from the table below the heading "Knowing differences" of docs/abi.md: rows of
    | kind `name` | `ours` | `theirs` | why |"""
    found, inside = {}, False
    row = re.compile(r"^\|\s*(constant|macro|structure|field|type) `([^`]+)`\s*\|\s*`([^`]*)`\s*\|\s*`([^`]*)`\s*\|\s*(\S.*?)\s*\|$")
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("#"):
                inside = "Knowing differences" in line
            match = row.match(line.rstrip()) if inside else None
            if match:
                kind, name, ours, theirs, _why = match.groups()
                found[kind, name] = (ours, theirs)
    return found
