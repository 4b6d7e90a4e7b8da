# SPDX-License-Identifier: GPL-2.0-only
"""Results as JUnit XML, by python3-junitparser."""
import os
import re

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from . import verdict as verdicts

# What XML 1.0 cannot carry.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _case(name, family, verdict, seconds, text):
    case = TestCase(name, family, round(seconds, 3))
    text = UNPRINTABLE.sub("?", text)
    if verdict == "SKIP":
        case.result = [Skipped(text)]
    elif verdict == "ERROR":
        case.result = [Error(verdict, verdict)]
    elif not verdicts.good(verdict):
        case.result = [Failure(verdict, verdict)]
    if not verdicts.good(verdict):
        case.system_out = text
    return case


def write(path, suites):
    """suites: {name: [(test, family, verdict, seconds, text)]}"""
    xml = JUnitXml()
    for name, cases in suites.items():
        suite = TestSuite(name)
        for case in cases:
            suite.add_testcase(_case(*case))
        xml.add_testsuite(suite)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    xml.write(path, pretty=True)
