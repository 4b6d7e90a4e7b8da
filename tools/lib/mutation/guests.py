# SPDX-License-Identifier: GPL-2.0-only
"""
Kill mutants with the conformance suite: a hypervisor with the mutant in it and the audit on, judged by every test until one fails.
"""
import os
import shutil
import subprocess

BUILD_LIMIT, RUN_LIMIT = 300, 1800


class Suite:
    """A copy of the tree for each worker, for they build at the same time."""

    def __init__(self, tree, place):
        self.tree = place
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(tree, place, symlinks=True)
        with open(os.path.join(place, "audit.config"), "w", encoding="ascii") as file:
            file.write("CONFIG_AUDIT=y\nCONFIG_AUDIT_EVERY=y\n")
        self.make = ["make", "-s", "-j1", "B=guest-build", "KCONFIG_CONFIG=audit.config", "WARNINGS=-w"]
        subprocess.run(self.make + ["guest-build/xen.gz", "conformance-guest"], cwd=place, check=True, stdout=subprocess.DEVNULL)

    def _build(self):
        done = subprocess.run(self.make + ["guest-build/xen.gz"], cwd=self.tree, timeout=BUILD_LIMIT, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return done.returncode == 0

    def judge(self, mutant):
        """By which test it was killed, or None."""
        path = os.path.join(self.tree, mutant.path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(mutant.text())
        try:
            if not self._build():
                return "the build"
            done = subprocess.run(["tools/tests/conformance/run", "--jobs", "1", "--fail-fast"], cwd=self.tree, check=False, timeout=RUN_LIMIT,
                                  env={**os.environ, "B": "guest-build"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if not done.returncode:
                return None
            bad = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
            return bad[0].split(" - ", 1)[1] if bad else f"status {done.returncode}"
        except subprocess.TimeoutExpired:
            return "no end"
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(mutant.original)
