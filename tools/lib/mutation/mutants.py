# SPDX-License-Identifier: GPL-2.0-only
"""
Small wrong changes to C sources, each a hole that a hypervisor has had: a check turned round, left out or off by one, the wrong errno,
a flush or a reference forgotten.

    1. Mutant
    2. Source   the text with comments, strings, preprocessor lines and assertions blanked, so that positions stay
    3. rules    one function for each kind of change
"""
import re

# ---- 1. Mutant ------------------------------------------------------------------------------------------------------------


class Mutant:
    """name says which change it is and stays the same when lines move: file, function, kind, the line changed, which of equal ones."""

    def __init__(self, source, kind, start, end, replacement):
        self.path, self.kind = source.path, kind
        self.start, self.end, self.replacement = start, end, replacement
        self.line = source.text.count("\n", 0, start) + 1
        self.function = source.function_at(start)
        self.before = source.line_at(start)
        self.name = f"{self.path}: {self.function}: {kind}: {self.before}"
        self.original = source.text

    def text(self):
        return self.original[:self.start] + self.replacement + self.original[self.end:]

    def after(self):
        text = self.text()
        first = text.rfind("\n", 0, self.start) + 1
        last = text.find("\n", self.start + len(self.replacement))
        return " ".join(text[first:last].split())


# ---- 2. Source ------------------------------------------------------------------------------------------------------------

NO_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.S | re.M)
FUNCTION = re.compile(r"^[a-z][^;{}=\n]*?\b(?!__attribute__\b)(\w+)\([^;{}]*?\)\s*\n\{", re.M)
# Assertions cannot be reached with a false condition, and what a refusal says is not part of what it does.
SILENT = ("ASSERT", "BUG_ON", "BUILD_BUG_ON", "_Static_assert", "ASSERT_UNREACHABLE", "port_refuse", "refuse", "pr_warn", "pr_err", "pr_info", "printk", "snprintf")


class Source:
    def __init__(self, path, text):
        self.path, self.text = path, text
        self.code = NO_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)
        for match in list(re.finditer(r"\b(?:%s)\(" % "|".join(SILENT), self.code)):
            end = self.closing(match.end() - 1)
            self.code = self.code[:match.start()] + re.sub(r"[^\n]", " ", self.code[match.start():end + 1]) + self.code[end + 1:]
        self.functions = [(m.start(), self._body_end(m.end()), m.group(1)) for m in FUNCTION.finditer(self.code)]

    def _body_end(self, start):
        end = self.code.find("\n}", start)
        return end if end >= 0 else len(self.code)

    def function_at(self, position):
        return next((name for start, end, name in self.functions if start <= position <= end), None)

    def line_at(self, position):
        first = self.text.rfind("\n", 0, position) + 1
        return " ".join(self.text[first:self.text.find("\n", position)].split())

    def closing(self, opening):
        """Where the parenthesis at this position is closed."""
        depth = 0
        for at in range(opening, len(self.code)):
            depth += {"(": 1, ")": -1}.get(self.code[at], 0)
            if not depth:
                return at
        raise ValueError(f"{self.path}: a parenthesis is not closed")

    def find(self, pattern):
        """Matches in function bodies."""
        return (m for m in re.finditer(pattern, self.code) if self.function_at(m.start()))


# ---- 3. Rules -------------------------------------------------------------------------------------------------------------


def _conditions(source):
    """(start, end) of what stands in the parentheses of each if."""
    for match in source.find(r"\bif \("):
        opening = match.end() - 1
        yield opening + 1, source.closing(opening)


def negated_conditions(source):
    for start, end in _conditions(source):
        yield Mutant(source, "negate", start, end, f" !({source.text[start:end].strip()}) ")


def dropped_checks(source):
    """An if that only leads to a way out."""
    for start, end in _conditions(source):
        if re.match(r"\)\s*\{?\s*(return|goto|continue|break)\b", source.code[end:]):
            yield Mutant(source, "drop check", start, end, f" 0 && ({source.text[start:end].strip()}) ")


def swapped_errnos(source):
    for match in source.find(r"-E[A-Z][A-Z0-9]+\b"):
        other = "-EBUSY" if match.group(0) == "-EINVAL" else "-EINVAL"
        yield Mutant(source, "swap errno", match.start(), match.end(), other)


def shifted_bounds(source):
    for match in source.find(r"(?<=[\w)\] ]) (<=|>=|<|>) (?=[\w(~-])"):
        other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}[match.group(1)]
        yield Mutant(source, "off by one", match.start(1), match.end(1), other)


def swapped_logic(source):
    for match in source.find(r"&&|\|\|"):
        yield Mutant(source, "and/or", match.start(), match.end(), "||" if match.group(0) == "&&" else "&&")


def skipped_calls(source):
    """A call whose result is not used."""
    for match in source.find(r"(?<=[;{})])\s*\n[ \t]*(\w+)\("):
        name = match.group(1)
        end = source.closing(match.end() - 1)
        if source.code[end + 1:end + 2] != ";" or name in ("if", "while", "for", "switch", "return"):
            continue
        kind = "skip flush" if re.search("flush|tlb|stale|invl", name) else (
            "skip reference" if re.search("get|put|ref|hold|drop|drain|free|untype|pin", name) else "skip call")
        yield Mutant(source, kind, match.start(1), end + 1, "(void)0")


RULES = (negated_conditions, dropped_checks, swapped_errnos, shifted_bounds, swapped_logic, skipped_calls)


def of(path, text):
    """All mutants of a source, in the order of its lines."""
    source = Source(path, text)
    found = sorted((m for rule in RULES for m in rule(source)), key=lambda m: (m.start, m.kind))
    seen = {}
    for mutant in found:
        seen[mutant.name] = seen.get(mutant.name, 0) + 1
        if seen[mutant.name] > 1:
            mutant.name += f" (#{seen[mutant.name]})"
    return found
