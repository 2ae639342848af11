# SPDX-License-Identifier: Apache-2.0
"""Text as units that can carry a slot label, and hashed features of each.

A unit is a run of letters, marks and digits, or one other character that is no space. In scripts
that are written without spaces between words a unit is one character with its marks, so no
segmenter is needed; its features are the n-grams around it. Offsets are code points of the text as
it was given. Features are CRC-32 of UTF-8, so they are the same on every machine.
"""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

# First and last code point of scripts without spaces: Thai and Lao, Myanmar, Khmer, kana and Han.
UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
LONGEST_GRAM = 4
WINDOW = 2  # characters to either side that a unit of an unspaced script looks at
MAX_UNITS = 128  # what follows is not read: an utterance to an assistant is shorter


class Unit(NamedTuple):
    start: int
    end: int
    unspaced: bool


@lru_cache(maxsize=1 << 15)
def _kind(char: str) -> str:
    """space, mark, unspaced, word or other."""
    if char.isspace() or unicodedata.category(char) in ("Cc", "Cf") and char not in "\u200c\u200d":
        return "space"
    if unicodedata.category(char)[0] == "M" or char in "\u200c\u200d":
        return "mark"
    code = ord(char)
    if code >= UNSPACED[0][0] and any(low <= code <= high for low, high in UNSPACED):
        return "unspaced"
    return "word" if char.isalnum() else "other"


def split(text: str) -> list[Unit]:
    """The units of a text, in order; white space and control characters belong to none."""
    units: list[Unit] = []
    before = "space"
    for at, char in enumerate(text):
        kind = _kind(char)
        joins = kind == "mark" or (kind == "word" and before == "word")
        if kind != "space" and joins and before != "space":
            units[-1] = Unit(units[-1].start, at + 1, units[-1].unspaced)
            continue
        before = kind
        if kind != "space":
            units.append(Unit(at, at + 1, kind == "unspaced"))
            before = "word" if kind == "mark" else kind
    return units[:MAX_UNITS]


@lru_cache(maxsize=1 << 17)
def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _hash(feature: str) -> int:
    return zlib.crc32(feature.encode("utf-8", "surrogatepass"))


def _shape(word: str) -> str:
    return "".join("0" if c.isdigit() else "a" if c.isalpha() else c for c in word[:8])


@lru_cache(maxsize=1 << 17)
def _word_features(word: str) -> tuple[int, ...]:
    line = f"<{word[:32]}>"
    grams = {
        line[at : at + size]
        for size in range(2, LONGEST_GRAM + 1)
        for at in range(len(line) - size + 1)
    }
    names = [f"w{word}", f"s{_shape(word)}", *(f"g{gram}" for gram in sorted(grams))]
    return tuple(map(_hash, names))


@lru_cache(maxsize=1 << 17)
def _window_features(left: str, unit: str, right: str) -> tuple[int, ...]:
    """N-grams that cover the unit; left and right are at most WINDOW units long."""
    names = [f"w{unit}"]
    for before in range(WINDOW + 1):
        for after in range(WINDOW + 1):
            head = left[len(left) - before :] if before else ""
            if len(head) == before and len(right) >= after:
                names.append(f"n{before}{head}{unit}{right[:after]}")
    return tuple(map(_hash, names))


@dataclass(frozen=True)
class Features:
    """Hashed features of one text, not yet cut to buckets."""

    units: tuple[Unit, ...]
    of_unit: tuple[tuple[int, ...], ...]  # one entry per unit
    of_text: tuple[int, ...]  # of the text as a bag; never empty


def features(text: str) -> Features:
    units = split(text)
    folded = [fold(text[unit.start : unit.end]) for unit in units]
    of_unit: list[tuple[int, ...]] = []
    for at, (unit, word) in enumerate(zip(units, folded)):
        if not unit.unspaced:
            of_unit.append(_word_features(word))
            continue
        left = "".join(folded[max(0, at - WINDOW) : at])[-WINDOW:]
        right = "".join(folded[at + 1 : at + 1 + WINDOW])[:WINDOW]
        of_unit.append(_window_features(left, word, right))
    bag = [feature for unit in of_unit for feature in unit]
    bag.extend(_hash(f"b{a} {b}") for a, b in zip(["", *folded], [*folded, ""]))
    return Features(tuple(units), tuple(of_unit), tuple(bag))
