# SPDX-License-Identifier: GPL-2.0-only
"""
Pictures of a machine's screen.

    1. Picture     pixels, from the PPM file that QEMU writes, and to PNG
    2. read_text   the characters on it, pixel by pixel as a font has them
    3. on_screen   what a screen shows that has been given a text, by a reading of the rules of its own
"""
import re
import struct
import zlib

# ---- 1. Pictures ----------------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """A picture that is not the text it should be; says where."""


class Picture:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        if not head:
            raise Unreadable(f"{path}: not a PPM file")
        self.width, self.height = int(head.group(1)), int(head.group(2))
        self.pixels = data[head.end():]
        if len(self.pixels) != 3 * self.width * self.height:
            raise Unreadable(f"{path}: {len(self.pixels)} bytes of pixels")

    def row(self, y):
        return self.pixels[3 * self.width * y:3 * self.width * (y + 1)]

    def colours(self):
        return set(struct.iter_unpack("3B", self.pixels))

    def png(self, path):
        def chunk(kind, content):
            return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

        lines = b"".join(b"\0" + self.row(y) for y in range(self.height))
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", self.width, self.height, 8, 2, 0, 0, 0)) +
                       chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


# ---- 2. Reading -----------------------------------------------------------------------------------------------------------


def _cells(font, fore, back):
    """What each character of Latin-1 looks like, as bytes of a picture -> the character."""
    colour = (bytes(back), bytes(fore))
    cells = {}
    for code in range(256):
        rows = font.glyphs.get(chr(code))
        if rows:
            key = b"".join(colour[bits >> x & 1] for bits in rows for x in reversed(range(font.width)))
            cells.setdefault(key, chr(code))
    return cells


def read_text(picture, font, fore, back=(0, 0, 0)):
    """Its rows, blanks at their ends left out. Unreadable: something is on it that is no character at its place."""
    columns, rows = picture.width // font.width, picture.height // font.height
    cells = _cells(font, fore, back)
    text = []
    for row in range(rows):
        lines = [picture.row(row * font.height + y) for y in range(font.height)]
        line = ""
        for column in range(columns):
            start, end = 3 * column * font.width, 3 * (column + 1) * font.width
            character = cells.get(b"".join(pixels[start:end] for pixels in lines))
            if character is None:
                raise Unreadable(f"row {row}, column {column}: no character of the font, behind {line!r}")
            line += character
        if any(pixels[3 * columns * font.width:] != bytes(back) * (picture.width - columns * font.width) for pixels in lines):
            raise Unreadable(f"row {row}: something behind the last column")
        text.append(line.rstrip())
    if any(picture.row(y) != bytes(back) * picture.width for y in range(rows * font.height, picture.height)):
        raise Unreadable("something below the last row")
    return text


# ---- 3. What it should be -------------------------------------------------------------------------------------------------


def on_screen(text, columns, rows):
    """The rows of a screen that has been given text (without carriage returns), blanks at their ends left out."""
    lines = []
    for line in re.sub("\033\\[[^@-~]*[@-~]", "", text).split("\n"):
        lines += [line[at:at + columns] for at in range(0, len(line), columns)] or [""]
    shown = [line.rstrip() for line in lines[-rows:]]
    return shown + [""] * (rows - len(shown))
