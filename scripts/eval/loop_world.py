# SPDX-License-Identifier: Apache-2.0
"""What the users of the closed loop want and how they may say it, out of MASSIVE.

A request is a row of the training part. Its other wordings are rows of the same intent and the same
slot types, with this request's values put in. What a person says next is close to what was said (Dice
over character trigrams) and usual: a wording comes to mind with its popularity, divided by its rank among
the near ones. The assistant was taught a share of the rows, a few of every intent that there are rows of,
as a product is; everybody else's rows are what people say. The test part is never said.

Recogniser errors of en-US are word confusions out of SLURP (what was read against what was heard);
other locales get a changed character, as often.
"""

from __future__ import annotations

import difflib
import json
import lzma
import math
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from nlu.data import Example, Slot
from sim_world import parse_slots

CANDIDATES = 60  # rows that are looked at for other wordings of a request
POPULARITY = 1.0  # spread of the logarithm of how usual a wording is
LEAST = 4  # rows of an intent that are taught at least, where there are so many
# Written without spaces; those of the set are an artefact.
ARTIFICIAL_SPACES = ("th", "km")


def _slots(text: str, annotated: str) -> tuple[Slot, ...] | None:
    """None when a value does not stand in the text as it is annotated."""
    slots = parse_slots(text, annotated)
    return None if slots is None else tuple(Slot(*slot) for slot in slots)


def _joined(text: str, slots: Iterable[Slot]) -> tuple[str, tuple[Slot, ...]]:
    """Without the spaces between letters that are not ASCII, slots moved along."""
    place, kept = [0], ""
    for i, char in enumerate(text):
        around = text[i - 1 : i] + text[i + 1 : i + 2]
        if not (char in " \u200b" and len(around) == 2 and not around.isascii()):
            kept += char
        place.append(len(kept))
    moved = ((s.name, place[s.start], place[s.end]) for s in slots)
    return kept, tuple(Slot(name, kept[a:b], a, b) for name, a, b in moved)


def read_rows(data: Path, locale: str, partition: str) -> list[Example]:
    """Rows of one part, in the order of the file."""
    rows: list[Example] = []
    path = data / "massive" / f"{locale}.tsv.xz"
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        head = next(lines).rstrip("\n").split("\t")
        for line in lines:
            cell = dict(zip(head, line.rstrip("\n").split("\t")))
            if cell["partition"] != partition:
                continue
            text = cell["utt"].strip()
            slots = _slots(text, cell["annot_utt"])
            if slots is None or not text:
                continue
            if locale[:2] in ARTIFICIAL_SPACES:
                text, slots = _joined(text, slots)
            rows.append(Example(text, locale, cell["scenario"], cell["intent"], slots))
    return rows


def trigrams(text: str) -> frozenset[str]:
    line = f" {text} "
    return frozenset(line[i : i + 3] for i in range(len(line) - 2))


def dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0


def shape(example: Example) -> tuple[str, ...]:
    return (example.label, *sorted(slot.name for slot in example.slots))


def filled(template: Example, values: dict[str, str]) -> Example:
    """The template with other values."""
    text, at = "", 0
    slots: list[Slot] = []
    for slot in template.slots:
        text += template.text[at : slot.start]
        slots.append(Slot(slot.name, values[slot.name], len(text), len(text + values[slot.name])))
        text += values[slot.name]
        at = slot.end
    return replace(template, text=text + template.text[at:], slots=tuple(slots))


Others = tuple[list[Example], list[float]]


@dataclass
class World:
    locale: str
    labelled: list[Example]  # what the assistant was taught
    said: list[Example]  # what people say
    test: list[Example]
    by_shape: dict[tuple[str, ...], list[Example]] = field(default_factory=dict)
    confusions: dict[str, list[str]] = field(default_factory=dict)
    seed: int = 1
    wordings: int = CANDIDATES  # that all people together know of a request
    cache: dict[Example, Others] = field(default_factory=dict)

    def others(self, request: Example) -> Others:
        """Other wordings of a request and how readily each comes to mind; perhaps none."""
        if request not in self.cache:
            self.cache[request] = self._others(request)
        return self.cache[request]

    def _others(self, request: Example) -> Others:
        values = {slot.name: slot.value for slot in request.slots}
        if len(values) < len(request.slots):
            return [], []
        group = self.by_shape[shape(request)]
        rng = random.Random(f"others {self.seed} {request.text}")
        chosen = rng.sample(group, min(CANDIDATES, len(group)))
        made = {filled(row, values).text: filled(row, values) for row in chosen}
        made.pop(request.text, None)
        own = trigrams(request.text)
        near = sorted(made, key=lambda text: (-dice(own, trigrams(text)), text))
        fame = {filled(row, values).text: self.fame(row) for row in chosen}
        ready = {t: math.exp(POPULARITY * fame[t]) / (n + 1) for n, t in enumerate(near)}
        best = sorted(near, key=lambda text: (-ready[text], text))[: self.wordings]
        return [made[text] for text in best], [ready[text] for text in best]

    def fame(self, row: Example) -> float:
        """How usual a wording is, against others; mean of its logarithm 0, spread 1."""
        return random.Random(f"fame {self.seed} {row.text}").gauss(0, 1)

    def misheard(self, request: Example, rng: random.Random) -> Example:
        """With one recogniser error outside of the slots' values; the same when there is no place."""
        text = request.text
        free = [i for i in range(len(text)) if not any(s.start <= i < s.end for s in request.slots)]
        words = [m for m in re.finditer(r"\S+", text) if m.group() in self.confusions]
        words = [m for m in words if all(i in free for i in range(*m.span()))]
        if words:
            place = rng.choice(words)
            start, end = place.span()
            heard = rng.choice(self.confusions[place.group()])
        elif self.confusions or not free:
            return request
        else:
            start = rng.choice(free)
            end, heard = start + 1, rng.choice(self.labelled).text[:1]
        shift = len(heard) - (end - start)
        slots = [
            Slot(s.name, s.value, s.start + shift * (s.start >= end), s.end + shift * (s.start >= end))
            for s in request.slots
        ]
        changed = text[:start] + heard + text[end:]
        return replace(request, text=changed, slots=tuple(slots))


def read_confusions(data: Path) -> dict[str, list[str]]:
    """Words and what a recogniser made of them, as often as it did, out of SLURP."""
    found: dict[str, list[str]] = defaultdict(list)
    with lzma.open(data / "slurp" / "test_asr.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            gold, heard = row["gold_text"].split(), row["asr_text"].split()
            matcher = difflib.SequenceMatcher(None, gold, heard, autojunk=False)
            for change, a, b, c, d in matcher.get_opcodes():
                if change == "replace" and b - a == d - c == 1 and "<" not in heard[c]:
                    found[gold[a]].append(heard[c])
    return dict(found)


def draw(train: list[Example], share: float, least: int, rng: random.Random) -> set[int]:
    """Which rows are taught: `least` of every label that has so many, the rest by chance."""
    order = rng.sample(range(len(train)), len(train))
    wanted = round(share * len(train))
    taught: dict[str, int] = defaultdict(int)
    first: list[int] = []
    for index in order:
        label = train[index].label
        if taught[label] < least:
            taught[label] += 1
            first.append(index)
    kept = set(first)
    return set((first + [index for index in order if index not in kept])[:wanted])


def build(data: Path, locale: str, seed: int, share: float, least: int = LEAST) -> World:
    """The world of one locale: `share` of the training part is labelled."""
    rng = random.Random(f"loop {locale} {seed}")
    train = read_rows(data, locale, "train")
    chosen = draw(train, share, least, rng)
    taught = [row for i, row in enumerate(train) if i in chosen]
    said = [row for i, row in enumerate(train) if i not in chosen]
    by_shape: dict[tuple[str, ...], list[Example]] = defaultdict(list)
    for row in train:
        by_shape[shape(row)].append(row)
    confusions = read_confusions(data) if locale == "en-US" else {}
    test = read_rows(data, locale, "test")
    return World(locale, taught, said, test, dict(by_shape), confusions, seed)
