# SPDX-License-Identifier: Apache-2.0
"""Pieces of pre-trained encoders with their places in the text: WordPiece and Unigram.

  vocab.txt        WordPiece (BERT): the longest known piece first, "##" inside of a word
  tokenizer.json   WordPiece, or Unigram (XLM-RoBERTa): the most probable pieces, "▁" at a word's start

Characters are folded one at a time so that every piece knows where it stands in the text.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.data import BadData
from nlu.units import Unit

Piece = tuple[int, int, int]  # id, start and end in code points of the text
Char = tuple[str, int]  # a character after folding, and where its origin stands
LONGEST_WORD = 100
LONGEST_PIECES = 510


def _is_han(char: str) -> bool:
    code = ord(char)
    return 0x3400 <= code <= 0x4DBF or 0x4E00 <= code <= 0x9FFF or 0x20000 <= code <= 0x2FA1F


def _is_sign(char: str) -> bool:
    """BERT cuts at ASCII symbols as well as at what Unicode calls punctuation."""
    return unicodedata.category(char)[0] == "P" or (char.isascii() and not char.isalnum())


@dataclass(frozen=True)
class WordPiece:
    numbers: dict[str, int]
    lower: bool
    strip: bool  # accents

    def _folded(self, text: str) -> list[Char]:
        line: list[Char] = []
        for at, char in enumerate(text):
            if self.lower:
                char = char.lower()
            if self.strip:
                char = unicodedata.normalize("NFD", char)
                char = "".join(c for c in char if unicodedata.category(c) != "Mn")
            line.extend((c, at) for c in char)
        return line

    def _words(self, text: str) -> list[list[Char]]:
        words: list[list[Char]] = [[]]
        for char, at in self._folded(text):
            if char.isspace():
                words.append([])
            elif unicodedata.category(char) in ("Cc", "Cf"):
                continue
            elif _is_sign(char) or _is_han(char):
                words.extend([[(char, at)], []])
            else:
                words[-1].append((char, at))
        return [word for word in words if word]

    def _cut(self, word: list[Char]) -> list[Piece]:
        letters = "".join(char for char, _ in word)
        pieces: list[Piece] = []
        at = 0
        while at < len(letters) and len(letters) <= LONGEST_WORD:
            end = len(letters)
            head = "##" if at else ""
            while end > at and head + letters[at:end] not in self.numbers:
                end -= 1
            if end == at:
                break
            pieces.append((self.numbers[head + letters[at:end]], word[at][1], word[end - 1][1] + 1))
            at = end
        if at < len(letters):
            return [(self.numbers["[UNK]"], word[0][1], word[-1][1] + 1)]
        return pieces

    def pieces(self, text: str) -> list[Piece]:
        return [piece for word in self._words(text) for piece in self._cut(word)]


@dataclass(frozen=True)
class Unigram:
    numbers: dict[str, int]
    scores: dict[str, float]
    longest: int
    unknown: int

    def _line(self, text: str) -> list[Char]:
        line: list[Char] = [("▁", 0)]
        for at, char in enumerate(text):
            for c in unicodedata.normalize("NFKC", char):
                space = c.isspace()
                if unicodedata.category(c) in ("Cc", "Cf") and not space:
                    continue
                if space and line[-1][0] == "▁":
                    line.pop()  # of several spaces the last stands before the word
                line.append(("▁" if space else c, at + 1 if space else at))
        while len(line) > 1 and line[-1][0] == "▁":
            line.pop()
        return line

    def pieces(self, text: str) -> list[Piece]:
        """Viterbi over the scores; a character that no piece has costs more than any piece."""
        line = self._line(text)
        letters = "".join(char for char, _ in line)
        if letters == "▁":  # there is no text
            return []
        penalty = min(self.scores.values()) - 10.0
        best: list[tuple[float, int]] = [(0.0, 0)] + [(float("-inf"), 0)] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self.longest), end):
                score = self.scores.get(letters[start:end])
                if score is None and end - start == 1:
                    score = penalty
                if score is not None and best[start][0] + score > best[end][0]:
                    best[end] = (best[start][0] + score, start)
        pieces: list[Piece] = []
        end = len(letters)
        while end:
            start = best[end][1]
            known = letters[start:end] in self.scores
            number = self.numbers[letters[start:end]] if known else self.unknown
            place = min(len(text), line[end - 1][1] + 1)
            first = min(line[start][1], place)
            if not known and pieces and pieces[-1][0] == self.unknown:
                place = pieces.pop()[2]  # unknown characters in a row are one unknown piece
            pieces.append((number, first, place))
            end = start
        return pieces[::-1]


@dataclass(frozen=True)
class PieceTokenizer:
    """Puts the special pieces around, and finds the piece with which each unit begins."""

    model: WordPiece | Unigram
    first: int
    last: int
    mask: int | None

    def encode(self, text: str, parts: Sequence[Unit]) -> tuple[list[int], list[int]]:
        pieces = self.model.pieces(text)[:LONGEST_PIECES]
        places: list[int] = []
        at = 0
        for part in parts:
            while at + 1 < len(pieces) and pieces[at][2] <= part.start:
                at += 1
            places.append(at + 1 if pieces else 0)
        return [self.first, *(piece[0] for piece in pieces), self.last], places


def _special(numbers: dict[str, int], names: tuple[str, ...], folder: Path) -> int:
    for name in names:
        if name in numbers:
            return numbers[name]
    raise BadData(f"{folder}: the tokenizer has none of {', '.join(names)}")


def _finish(model: WordPiece | Unigram, numbers: dict[str, int], folder: Path) -> PieceTokenizer:
    masks = [numbers[name] for name in ("[MASK]", "<mask>") if name in numbers]
    return PieceTokenizer(
        model,
        _special(numbers, ("[CLS]", "<s>"), folder),
        _special(numbers, ("[SEP]", "</s>"), folder),
        masks[0] if masks else None,
    )


def _of_json(tokenizer: dict[str, Any], folder: Path) -> PieceTokenizer:
    model = tokenizer["model"]
    numbers = {token["content"]: token["id"] for token in tokenizer.get("added_tokens", ())}
    if model["type"] == "WordPiece":
        numbers |= model["vocab"]
        normal = tokenizer.get("normalizer") or {}
        lower = bool(normal.get("lowercase", False))
        strip = normal.get("strip_accents")
        return _finish(WordPiece(numbers, lower, lower if strip is None else strip), numbers, folder)
    if model["type"] == "Unigram":
        numbers |= {piece: i for i, (piece, _) in enumerate(model["vocab"])}
        special = {token["content"] for token in tokenizer.get("added_tokens", ())}
        scores = {piece: score for piece, score in model["vocab"] if piece not in special}
        longest = max(map(len, scores))
        return _finish(Unigram(numbers, scores, longest, model["unk_id"]), numbers, folder)
    raise BadData(f"{folder}/tokenizer.json: '{model['type']}' is not known (--loader transformers)")


def read(folder: Path) -> PieceTokenizer:
    """The tokenizer of a checkpoint directory; BadData when there is none of a known kind."""
    try:
        if (folder / "tokenizer.json").is_file():
            return _of_json(json.loads((folder / "tokenizer.json").read_text("utf-8")), folder)
        lines = (folder / "vocab.txt").read_text("utf-8").rstrip("\n").split("\n")
    except (OSError, ValueError, KeyError) as error:
        raise BadData(f"{folder}: no tokenizer: {error}") from error
    numbers = {piece.rstrip("\r"): i for i, piece in enumerate(lines)}
    settings = folder / "tokenizer_config.json"
    options = json.loads(settings.read_text("utf-8")) if settings.is_file() else {}
    lower = bool(options.get("do_lower_case", True))
    strip = options.get("strip_accents")
    return _finish(WordPiece(numbers, lower, lower if strip is None else strip), numbers, folder)
