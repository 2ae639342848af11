# SPDX-License-Identifier: Apache-2.0
"""Normalised utterances, exported surfaces, goals, wordings and keyed ids in plain Python, from what
miner/normalise.h, miner/surface.h, schemas/goal.h, schemas/wording.h and schemas/id.h document.

Slow and simple on purpose: nothing here shares code or a library with the program (hashlib and unicodedata
are Python's own). Joiners between letters that join (normalise.h, rule 2) are beyond it: unicodedata does not
know joining types, and such a text raises Unsupported.
"""
import functools
import hashlib
import re
import unicodedata

from events import ROOT

# ---- normalisation -------------------------------------------------------------------------------

WHITE_SPACE = frozenset([*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
                         0x2028, 0x2029, 0x202F, 0x205F, 0x3000])
IGNORABLE = frozenset([0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810),
                       *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
                       0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFF9),
                       *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B),
                       *range(0xE0000, 0xE1000)])
JOINERS = "\u200c\u200d"


TWIN = re.compile(r"^RPH_FOLD\((0x[0-9A-F]+), (?:'\\?(.)'|RPH_FOLD_DROP),", re.M)


def read_twins():
    """The table of code points with a plain twin; "" drops one."""
    text = (ROOT / "miner/normalise_fold.def").read_text(encoding="utf-8")
    return {"`": "'"} | {chr(int(code, 16)): twin for code, twin in TWIN.findall(text)}


TWINS = read_twins()


class Unsupported(Exception):
    """A text that needs data which Python does not have."""


def is_noncharacter(code):
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def fold_character(character, turkic):
    if turkic and character in "I\uff29":
        return "\u0131"
    if character in TWINS:
        return TWINS[character]
    if ord(character) in WHITE_SPACE:
        return " "
    category = unicodedata.category(character)
    if category == "Cc" or is_noncharacter(ord(character)):
        return ""
    return str(unicodedata.digit(character)) if category == "Nd" else character


def fold_twins(text, turkic):
    """Rule 1, and the dot above an "i"."""
    text = "".join(fold_character(character, turkic) for character in text)
    for dotted in ("i\u0307", "\u0131\u0307"):
        text = text.replace(dotted, "i")
    return " ".join(part for part in text.split(" ") if part)


def drop_joiners(text):
    """Rule 2, as far as virama and pictographs are not concerned."""
    kept = ""
    for at, character in enumerate(text):
        if character in JOINERS and 0 < at < len(text) - 1:
            before, after = text[at - 1], text[at + 1]
            if unicodedata.combining(before) == 9:
                if after.isalpha():
                    kept += character
                continue
            if ord(before) >= 0x530 and ord(after) >= 0x530:
                raise Unsupported("joiner")
        elif character not in JOINERS:
            kept += character
    return kept


def is_exempt(character):
    """Numbers that are no plain digits, and symbols that contain one."""
    category = unicodedata.category(character)
    return category in ("No", "Nl") or category == "So" and any(
        part.isdigit() for part in unicodedata.normalize("NFKC", character)) and (
            0x32C0 <= ord(character) <= 0x33FE)


def casefold_piece(text):
    """NFKC_Casefold."""
    text = unicodedata.normalize("NFD", text)
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text.casefold())
        text = "".join(c for c in text if ord(c) not in IGNORABLE or c in JOINERS)
    return unicodedata.normalize("NFKC", text)


def casefold(text):
    """Rule 3: stretches between exempt characters."""
    result, piece = "", ""
    for character in text:
        if is_exempt(character):
            result, piece = result + casefold_piece(piece) + character.casefold(), ""
        else:
            piece += character
    return unicodedata.normalize("NFC", result + casefold_piece(piece))


def is_word(character):
    return character.isalpha() or character.isdigit()


def is_punctuation(character):
    if character in "%\u2030\u2031\u00a7":
        return False
    return character in " ^`~|" or unicodedata.category(character).startswith("P")


def starts_amount(text):
    if text[:1] in (".", ",") and len(text) > 1:
        text = text[1:]
    return bool(text) and (text[0] in "0123456789" or unicodedata.category(text[0]) == "Sc")


def stays_at_start(text):
    first, rest = text[0], text[1:]
    if not is_punctuation(first):
        return True
    if first != " " and rest and unicodedata.category(rest[0]).startswith("M"):
        return True
    if first == "-":
        return starts_amount(rest)
    if first in ".,":
        return rest[:1].isdigit() and rest[0] in "0123456789"
    return first in "@#*" and bool(rest) and is_word(rest[0])


def stays_at_end(text):
    last, rest = text[-1], text[:-1]
    if not is_punctuation(last):
        return True
    return last in "#*" and bool(rest) and is_word(rest[-1])


def trim(text):
    """Rule 4."""
    while text and not stays_at_start(text):
        text = text[1:]
    while text and not stays_at_end(text):
        text = text[:-1]
    return text


@functools.lru_cache(maxsize=None)
def normalise(locale, text):
    turkic = locale.split("-")[0] in ("tr", "az")
    while True:
        folded = trim(casefold(drop_joiners(fold_twins(text, turkic))))
        if folded == text:
            return text
        text = folded


# ---- surfaces, goals, wordings -------------------------------------------------------------------


def surface(text, places=()):
    """The text as it is exported, and where the places (start, end) are in it."""
    folded, moved, space = "", [], False
    for character in text:
        blank = ord(character) in WHITE_SPACE
        visible = not blank and unicodedata.category(character) != "Cc"
        space = space or blank
        if visible and space and folded:
            folded += " "
        moved.append(len(folded))
        if visible:
            folded, space = folded + character, False
    moved.append(len(folded))

    def point(at):
        return len(unicodedata.normalize("NFC", folded[:moved[at]]))

    return (unicodedata.normalize("NFC", folded),
            [None if start is None else (point(start), point(end)) for start, end in places])


def escape(text):
    return "".join("\\" + character if character in "|=\\" else character for character in text)


def slot_order(slot):
    return slot[0].encode("utf-8"), slot[1].encode("utf-8")


def goal_text(domain, intent, slots):
    """`slots`: (name, normalised value), in any order. "" when nothing was understood."""
    if not domain and not intent:
        return ""
    parts = [f"{escape(name)}={escape(value)}" for name, value in sorted(slots, key=slot_order)]
    return "|".join([escape(domain), escape(intent), *parts])


def encode_wording(text, slots):
    """`slots`: (index into the goal's slots, start, end), ascending."""
    data = text.encode("utf-8")
    result = b"\x01" + len(data).to_bytes(2, "little") + data + bytes([len(slots)])
    for index, start, end in slots:
        result += bytes([index]) + start.to_bytes(2, "little") + end.to_bytes(2, "little")
    return result


# ---- keyed ids -----------------------------------------------------------------------------------

MASK = 2**64 - 1


def rotate(number, bits):
    return (number << bits | number >> (64 - bits)) & MASK


def sip_round(a, b, c, d):
    a, c = (a + b) & MASK, (c + d) & MASK
    b, d = rotate(b, 13) ^ a, rotate(d, 16) ^ c
    a = rotate(a, 32)
    c, a = (c + b) & MASK, (a + d) & MASK
    b, d = rotate(b, 17) ^ c, rotate(d, 21) ^ a
    return a, b, rotate(c, 32), d


def siphash128(key, data):
    """SipHash-2-4 with 128 bits of output, as its authors define it."""
    low, high = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    state = (low ^ 0x736F6D6570736575, high ^ 0x646F72616E646F6D ^ 0xEE,
             low ^ 0x6C7967656E657261, high ^ 0x7465646279746573)
    whole = len(data) // 8 * 8
    words = [int.from_bytes(data[at:at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(data[whole:], "little") | (len(data) & 255) << 56)
    for word in words:
        a, b, c, d = state
        a, b, c, d = sip_round(*sip_round(a, b, c, d ^ word))
        state = a ^ word, b, c, d
    result = b""
    for index, mark in ((2, 0xEE), (1, 0xDD)):
        state = tuple(part ^ mark if at == index else part for at, part in enumerate(state))
        for _ in range(4):
            state = sip_round(*state)
        result += (state[0] ^ state[1] ^ state[2] ^ state[3]).to_bytes(8, "little")
    return result


class Keys:
    """The keys that a deployment's secret (32 bytes) gives, and the ids that they make."""

    def __init__(self, secret):
        for purpose in ("formulation", "goal", "user"):
            name = f"rephrased {purpose} 1".encode("ascii")
            setattr(self, "key_of_" + purpose,
                    hashlib.blake2b(name, digest_size=16, key=secret).digest())
        self.seen = {}

    @classmethod
    def of_file(cls, path):
        with open(path, encoding="ascii") as file:
            return cls(bytes.fromhex(file.read().strip()))

    def make(self, key, data):
        if (key, data) not in self.seen:
            self.seen[key, data] = siphash128(key, data)
        return self.seen[key, data]

    def formulation(self, locale, text):
        return self.make(self.key_of_formulation, f"{locale}\0{text}".encode("utf-8"))

    def goal(self, canonical):
        return self.make(self.key_of_goal, canonical.encode("utf-8"))

    def user(self, user_id):
        return int.from_bytes(self.make(self.key_of_user, user_id.encode("utf-8"))[:8], "big") or 1
