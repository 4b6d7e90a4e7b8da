# SPDX-License-Identifier: GPL-2.0-only
"""A flame graph as SVG: each chain of calls a stack of boxes, as wide as its share of the instructions."""
import html
import zlib

WIDTH, ROW, LEFT, TOP_MARGIN, LEAST = 1400, 18, 10, 40, 0.3   # pixels
COLOURS = ("#d95f02", "#e6842a", "#e6ab02", "#d9b44a", "#cf7a3c", "#c9572b")
GUEST = "#7a9cc6"


class Box:
    def __init__(self, name):
        self.name, self.count, self.children = name, 0, {}

    def add(self, stack, count):
        self.count += count
        if stack:
            self.children.setdefault(stack[0], Box(stack[0])).add(stack[1:], count)

    def depth(self):
        return 1 + max((child.depth() for child in self.children.values()), default=0)


def _draw(box, x, row, scale, per, lines):
    width = box.count * scale
    if width < LEAST:
        return
    y = TOP_MARGIN + row * ROW
    share = box.count / per
    colour = GUEST if box.name.startswith("guest") else COLOURS[zlib.crc32(box.name.encode()) % len(COLOURS)]
    name = html.escape(box.name)
    lines.append(f'<g><title>{name}: {share:.1f}</title><rect x="{x:.1f}" y="{y}" width="{max(width - 0.5, 0.2):.1f}" '
                 f'height="{ROW - 1}" fill="{colour}"/>')
    letters = int((width - 6) / 6.6)
    if letters > 3:
        label = f"{box.name} {share:.0f}"
        lines.append(f'<text x="{x + 3:.1f}" y="{y + 13}">{html.escape(label if len(label) <= letters else label[:letters - 1] + "…")}</text>')
    lines.append("</g>")
    for child in sorted(box.children.values(), key=lambda b: -b.count):
        _draw(child, x, row + 1, scale, per, lines)
        x += child.count * scale


def write(path, title, stacks, per):
    """stacks: {(name, name, ...): instructions}; per: how many operations these are of."""
    root = Box("all")
    for stack, count in stacks.items():
        root.add(stack, count)
    height = TOP_MARGIN + root.depth() * ROW + 10
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="monospace" font-size="11">',
             f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
             f'<text x="{LEFT}" y="22" font-size="15">{html.escape(title)}</text>']
    _draw(root, LEFT, 0, (WIDTH - 2 * LEFT) / max(root.count, 1), per, lines)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines + ["</svg>", ""]))
