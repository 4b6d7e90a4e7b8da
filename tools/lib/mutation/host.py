# SPDX-License-Identifier: GPL-2.0-only
"""
Kill mutants with the host tests. The tests are built once; for a mutant only what is made of its file is compiled, and the programs
that have it are linked anew and run, the quickest and deadliest first, until one of them fails, dies or does not end.
"""
import collections
import copy
import functools
import glob
import os
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile

NOT_COMPILED, KILLED, SURVIVED = "does not compile", "killed", "survived"
# A mutant may take so much more of the CPU's time than the original; the clock's is no measure on a busy machine.
LIMIT_FACTOR, LIMIT_MORE, WALL_FACTOR = 3, 3.0, 10
QUICK = 0.5


class Program:
    def __init__(self, name, objects, cflags):
        self.name, self.objects, self.cflags = name, objects, cflags
        self.seconds = 0.0


@functools.lru_cache(maxsize=None)
def sources_of(object_path):
    """What an object is made of, its C file first: as the compiler wrote it down. Nothing for a library."""
    noted = os.path.splitext(object_path)[0] + ".d"
    if not os.path.exists(noted):
        return []
    with open(noted, encoding="utf-8") as file:
        rule = file.read().replace("\\\n", " ").split("\n", 1)[0]
    return [os.path.normpath(name) for name in rule.split(":", 1)[1].split()]


class Tests:
    """The host tests in a tree of their own: see plan in mutation.mk."""

    def __init__(self, tree, make):
        self.tree = tree
        subprocess.run(make + ["mutation-programs"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
        plan = subprocess.run(make + ["-s", "mutation-plan"], cwd=tree, check=True, stdout=subprocess.PIPE, text=True).stdout
        self.programs, self.cc, self.core_cflags, self.host_cflags = [], [], [], []
        for line in plan.splitlines():
            what, _, rest = line.partition(" ")
            words = shlex.split(rest)
            if what == "cc":
                self.cc = words
            elif what == "core-cflags":
                self.core_cflags = words
            elif what == "host-cflags":
                self.host_cflags = words
            elif what == "program":
                cut = words.index("--")
                self.programs.append(Program(words[0], words[1:cut], words[cut + 1:]))
        for program in self.programs:
            program.seconds = self._time(os.path.join(self._place(program), program.name))
        self.kills = collections.Counter()

    @staticmethod
    def _place(program):
        """Its objects are all below unit/obj or unit/obj-NAME."""
        return os.path.dirname(os.path.commonpath([o for o in program.objects if "/unit/" in o]))

    def control(self, mutant):
        """A change that changes nothing must survive, or nothing that follows means anything."""
        same = copy.copy(mutant)
        same.replacement = same.original[same.start:same.end]
        outcome, by = self.judge(same)
        if outcome != SURVIVED:
            raise RuntimeError(f"{mutant.path} unchanged: {outcome} {by or ''}")

    def _time(self, binary):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([os.path.join(self.tree, binary)], cwd=self.tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise RuntimeError(f"{binary} fails without a mutant")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _made_of(self, program, path):
        return [o for o in program.objects if path in sources_of(os.path.join(self.tree, o))]

    def _lay_out(self, mutant, work):
        """The mutant where its file would be, with the files beside it, that they may find each other."""
        place = os.path.join(work, os.path.dirname(mutant.path))
        os.makedirs(place)
        for name in glob.glob(os.path.join(self.tree, os.path.dirname(mutant.path), "*.[ch]")):
            shutil.copy(name, place)
        with open(os.path.join(work, mutant.path), "w", encoding="utf-8") as file:
            file.write(mutant.text())

    def _compile(self, object_path, program, work, out):
        source = sources_of(os.path.join(self.tree, object_path))[0]
        copied = os.path.join(work, source)
        if not os.path.exists(copied):
            os.makedirs(os.path.dirname(copied), exist_ok=True)
            shutil.copy(os.path.join(self.tree, source), copied)
        cflags = self.core_cflags if source.startswith("xen/") else self.host_cflags
        command = [*self.cc, *cflags, *program.cflags, "-w", "-iquote", os.path.dirname(source), "-MF", "/dev/null", "-c", "-o", out, copied]
        return subprocess.run(command, cwd=self.tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def _fails(self, binary, program):
        """By which program it is killed, or None."""
        limit = int(program.seconds * LIMIT_FACTOR + LIMIT_MORE)

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        try:
            done = subprocess.run([binary], cwd=self.tree, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=limit * WALL_FACTOR, preexec_fn=limits, check=False)
        except subprocess.TimeoutExpired:
            return f"{program.name} (no end)"
        if done.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
            return f"{program.name} (no end)"
        return program.name if done.returncode else None

    def _order(self, path):
        """The quick ones first, and of them those that have killed most mutants of that file."""
        return sorted(self.programs, key=lambda p: (p.seconds, 0) if p.seconds > QUICK else (0, -self.kills[path, p.name]))

    def judge(self, mutant):
        """(outcome, by which program)"""
        with tempfile.TemporaryDirectory(prefix="mutant-") as work:
            self._lay_out(mutant, work)
            objects = {}
            for program in self._order(mutant.path):
                changed = self._made_of(program, mutant.path)
                for original in changed:
                    if original in objects:
                        continue
                    objects[original] = os.path.join(work, f"{len(objects)}.o")
                    if not self._compile(original, program, work, objects[original]):
                        return NOT_COMPILED, None
                if not changed:
                    continue
                binary = os.path.join(work, program.name)
                parts = [objects.get(o) or os.path.join(self.tree, o) for o in program.objects]
                subprocess.run([*self.cc, "-o", binary, *parts], cwd=self.tree, check=True)
                by = self._fails(binary, program)
                if by:
                    self.kills[mutant.path, program.name] += 1
                    return KILLED, by
        return SURVIVED, None
