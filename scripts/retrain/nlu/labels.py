# SPDX-License-Identifier: Apache-2.0
"""Classes of a model, and spans as BIO tags of units and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from nlu.data import Example, Slot
from nlu.units import Unit


@dataclass(frozen=True)
class Labels:
    """Sorted, so that the numbering depends on nothing but the set."""

    intents: tuple[str, ...]
    tags: tuple[str, ...]  # "O" first

    @staticmethod
    def of(examples: Iterable[Example], parent: Labels | None = None) -> Labels:
        intents = set(parent.intents if parent else ())
        names = {tag[2:] for tag in parent.tags[1:]} if parent else set()
        for example in examples:
            intents.add(example.label)
            names.update(slot.name for slot in example.slots)
        tags = ["O", *(f"{place}-{name}" for name in sorted(names) for place in "BI")]
        return Labels(tuple(sorted(intents)), tuple(tags))

    @cached_property
    def number(self) -> dict[str, int]:
        """Of each tag."""
        return {tag: i for i, tag in enumerate(self.tags)}

    @cached_property
    def class_number(self) -> dict[str, int]:
        """Of each intent."""
        return {intent: i for i, intent in enumerate(self.intents)}

    def tag_numbers(self, units: Sequence[Unit], slots: Iterable[Slot]) -> list[int]:
        """The tag of each unit; a unit is of the slot in which its middle lies."""
        number = self.number
        numbers = [0] * len(units)
        for slot in slots:
            begun = False
            for i, unit in enumerate(units):
                if slot.start <= (unit.start + unit.end - 1) / 2 < slot.end and numbers[i] == 0:
                    numbers[i] = number[f"{'I' if begun else 'B'}-{slot.name}"]
                    begun = True
        return numbers

    def slots(self, text: str, units: Sequence[Unit], numbers: Iterable[int]) -> tuple[Slot, ...]:
        """Spans of a tag sequence; an I without its B begins a span of its own."""
        spans: list[tuple[str, int, int]] = []
        open_name = ""
        for unit, number in zip(units, numbers):
            place, _, name = self.tags[number].partition("-")
            if place == "I" and name == open_name:
                spans[-1] = (name, spans[-1][1], unit.end)
            elif place != "O":
                spans.append((name, unit.start, unit.end))
            open_name = name
        return tuple(Slot(name, text[start:end], start, end) for name, start, end in spans)
