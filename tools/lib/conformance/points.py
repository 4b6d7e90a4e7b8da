# SPDX-License-Identifier: GPL-2.0-only
"""What a test printed, as points: what was asked, whether it was as it should be, and the errno that was answered, if that is what it is about."""
import collections
import re

Point = collections.namedtuple("Point", "text held answer")

POINT = re.compile(r"^(?:\(d\d+\) )?(ok|not ok) - (.*?)\s*$")
ANSWER = re.compile(r"^(.*) = (-?\w+)(?:, wanted .*)?$")
NUMBER = re.compile(r"^(.*): got 0x[0-9a-f]+, wanted 0x[0-9a-f]+$")


def parse(lines):
    """The points among the lines. Texts are without answers and numbers: the same point has the same text wherever it is asked."""
    points = []
    for found in filter(None, map(POINT.match, lines)):
        held, text, answer = found.group(1) == "ok", found.group(2), None
        if ANSWER.match(text):
            text, answer = ANSWER.match(text).groups()
        elif not held and NUMBER.match(text):
            text = NUMBER.match(text).group(1)
        points.append(Point(text, held, answer))
    return points


def numbered(points):
    """Their texts; one that comes again has its number behind it."""
    seen = collections.Counter()
    names = []
    for point in points:
        seen[point.text] += 1
        names.append(point.text if seen[point.text] == 1 else f"{point.text} ({seen[point.text]})")
    return names
