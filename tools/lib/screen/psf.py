# SPDX-License-Identifier: GPL-2.0-only
"""Fonts of the Linux console: PSF, versions 1 and 2, with their Unicode tables."""
import gzip
import struct

# Debian's fonts-spleen (docs/decisions/0006-font.md); smallest first, as the hypervisor chooses by the screen's width.
FONTS = ("/usr/share/consolefonts/spleen-8x16.psfu.gz", "/usr/share/consolefonts/spleen-16x32.psfu.gz")


class Font:
    """width, height in pixels; glyphs: character -> rows from the top, each a number whose highest of width bits is the left pixel."""

    def __init__(self, path):
        opened = gzip.open if path.endswith(".gz") else open
        with opened(path, "rb") as file:
            data = file.read()
        if data[:2] == b"\x36\x04":
            self._version1(data)
        elif data[:4] == b"\x72\xb5\x4a\x86":
            self._version2(data)
        else:
            raise ValueError(f"{path}: not a PSF font")

    def _version1(self, data):
        mode, self.height = data[2], data[3]
        self.width = 8
        count = 512 if mode & 1 else 256
        if not mode & 2:
            raise ValueError("font without a Unicode table")
        table = data[4 + count * self.height:]
        entries, entry = [], []
        for (code,) in struct.iter_unpack("<H", table[:len(table) // 2 * 2]):
            if code == 0xFFFF:
                entries.append(entry)
                entry = []
            else:
                entry.append(code)
        # What stands behind 0xfffe are sequences of characters, not single ones.
        single = [e[:e.index(0xFFFE)] if 0xFFFE in e else e for e in entries]
        self._take(data[4:], count, self.height, [[chr(code) for code in e] for e in single])

    def _version2(self, data):
        _, header, flags, count, size, self.height, self.width = struct.unpack_from("<7I", data, 4)
        if not flags & 1:
            raise ValueError("font without a Unicode table")
        entries = data[header + count * size:].split(b"\xff")[:count]
        self._take(data[header:], count, size, [list(e.split(b"\xfe")[0].decode("utf-8")) for e in entries])

    def _take(self, bitmaps, count, size, names):
        row = (self.width + 7) // 8
        self.glyphs = {}
        for i in range(count):
            glyph = bitmaps[i * size:(i + 1) * size]
            rows = [int.from_bytes(glyph[y * row:(y + 1) * row], "big") >> (row * 8 - self.width) for y in range(self.height)]
            for name in names[i]:
                self.glyphs.setdefault(name, rows)
