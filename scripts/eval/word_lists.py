# SPDX-License-Identifier: Apache-2.0
"""Lists of words for `export.words_dir` out of the dictionaries in the data folder, for measuring only: their licences
do not allow more.

Synonyms are words that share translations, there and back (Bannard and Callison-Burch, 2005, with words for phrases).
"""

from __future__ import annotations

import lzma
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

Pair = tuple[str, str]
PIVOTS = {"en-US": ("en-de", "de-en"), "de-DE": ("de-en", "en-de")}
FORMS = {"en-US": "eng.2020", "de-DE": "german", "es-ES": "spanish", "tr-TR": "turkish", "fi-FI": "finnish"}
SHARED = 2  # translations that two synonyms have in common, at least


def read_lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.rstrip("\n")


def read_dictionary(path: Path) -> Iterator[Pair]:
    """Word and translation; a TAB or a space between them. Names, which are the same in both, are left out."""
    for line in read_lines(path):
        cells = line.replace("\t", " ").split(" ")
        if len(cells) == 2 and cells[0] != cells[1]:
            yield cells[0], cells[1]


def pivot(there: Iterable[Pair], back: Iterable[Pair], shared: int = SHARED) -> set[Pair]:
    """Pairs of words of the first language, each pair once, the smaller word first."""
    returns: dict[str, list[str]] = defaultdict(list)
    for foreign, word in back:
        returns[foreign].append(word)
    count: Counter[Pair] = Counter()
    for word, foreign in set(there):
        for other in set(returns[foreign]):
            if other != word:
                count[word, other] += 1
    return {(min(pair), max(pair)) for pair, times in count.items() if times >= shared}


def read_forms(path: Path) -> Iterator[tuple[str, str, str]]:
    """Lemma, form, features; some files have the part of a split before them."""
    for line in read_lines(path):
        cells = line.split("\t")[-3:]
        if len(cells) == 3 and all(cells) and cells[0] != "lemma":
            yield cells[0], cells[1], cells[2]


def write_lexicon(data: Path, locale: str, folder: Path) -> bool:
    """False: there is no dictionary for it."""
    if locale not in PIVOTS:
        return False
    there, back = (read_dictionary(data / "muse" / f"{name}.txt.xz") for name in PIVOTS[locale])
    lines = [f"{a}\t{b}\n" for a, b in sorted(pivot(there, back))]
    head = "# licence: CC BY-NC 4.0 (MUSE), measurement only\n"
    (folder / f"{locale}.tsv").write_text(head + "".join(lines), encoding="utf-8")
    return True


def write_forms(data: Path, locale: str, folder: Path) -> bool:
    if locale not in FORMS:
        return False
    lines = ["\t".join(row) + "\n" for row in read_forms(data / "unimorph" / f"{FORMS[locale]}.tsv.xz")]
    head = "# licence: CC BY-SA 3.0 (UniMorph)\n"
    (folder / f"{locale}.unimorph").write_text(head + "".join(lines), encoding="utf-8")
    return True
