# SPDX-License-Identifier: Apache-2.0
"""Whether a candidate may take the place of the model in service.

Both answer a frozen test set. The candidate is refused when
  must-pass    one row of the must-pass list is not answered as it says
  overall      it is worse over all rows: exact McNemar, level OVERALL_LEVEL
  slice        an intent, locale, cohort or band is worse: the same, Holm-corrected over all slices
  broken       a slice loses more than `max_drop` of its rows and `min_lost` rows net: what a test
               corrected for a hundred slices would miss in a small one
  floor        without a model in service: fewer than `min_accuracy` are right
A row is right when the intent is; slots are compared over all rows (exact set of spans) and gate too.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nlu import data, model_dir, statistics
from nlu.data import Example
from nlu.model_dir import Model, Prediction

OVERALL_LEVEL = 0.05
SLICE_LEVEL = 0.05
BANDS = ("head", "torso", "tail")


@dataclass(frozen=True)
class Rules:
    max_drop: float = 0.25
    min_lost: int = 4
    min_accuracy: float = 0.5


@dataclass(frozen=True)
class Slice:
    """One group of rows under both models; `before` is None when no model was in service."""

    kind: str
    name: str
    rows: int
    after: float
    after_interval: tuple[float, float]
    before: float | None = None
    change_interval: tuple[float, float] | None = None
    lost: int = 0
    won: int = 0
    p: float = 1.0


@dataclass
class Report:
    candidate: str
    against: str | None
    test: str  # digest of the test set
    slices: list[Slice] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.refusals

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"passed": self.passed}


def bands(examples: Sequence[Example]) -> dict[str, str]:
    """Band of each intent: ranked by rows, head has the first half of the rows, tail the last fifth."""
    counts = Counter(example.label for example in examples)
    band: dict[str, str] = {}
    passed = 0
    for label in sorted(counts, key=lambda name: (-counts[name], name)):
        share = passed / len(examples)
        band[label] = BANDS[0] if share < 0.5 else BANDS[1] if share < 0.8 else BANDS[2]
        passed += counts[label]
    return band


def groups(examples: Sequence[Example]) -> dict[tuple[str, str], list[int]]:
    """Rows of each slice; a slice that would be all rows again is left out."""
    band = bands(examples)
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, example in enumerate(examples):
        found["intent", example.label].append(i)
        found["locale", example.locale].append(i)
        found["band", band[example.label]].append(i)
        if example.cohort:
            found["cohort", example.cohort].append(i)
    return {key: rows for key, rows in sorted(found.items()) if len(rows) < len(examples)}


def right_slots(example: Example, prediction: Prediction) -> bool:
    return example.spans() == {(slot.name, slot.start, slot.end) for slot in prediction.slots}


def _slice(kind: str, name: str, new: Sequence[bool], old: Sequence[bool] | None) -> Slice:
    rows, hits = len(new), sum(new)
    interval = statistics.wilson(hits, rows)
    if old is None:
        return Slice(kind, name, rows, hits / rows, interval)
    lost = sum(was and not now for was, now in zip(old, new))
    won = sum(now and not was for was, now in zip(old, new))
    return Slice(
        kind,
        name,
        rows,
        hits / rows,
        interval,
        sum(old) / rows,
        statistics.change_interval(lost, won, rows),
        lost,
        won,
        statistics.sign_test(lost, won),
    )


def compare(
    examples: Sequence[Example], new: Sequence[Prediction], old: Sequence[Prediction] | None
) -> list[Slice]:
    """All rows by intent and by slots, then every group by intent."""

    def hits(answers: Sequence[Prediction]) -> list[bool]:
        return [answer.label == example.label for answer, example in zip(answers, examples)]

    def spans(answers: Sequence[Prediction]) -> list[bool]:
        return [right_slots(example, answer) for answer, example in zip(answers, examples)]

    now, was = hits(new), hits(old) if old else None
    slices = [
        _slice("all", "intent", now, was),
        _slice("all", "slots", spans(new), spans(old) if old else None),
    ]
    for (kind, name), rows in groups(examples).items():
        part = [was[i] for i in rows] if was else None
        slices.append(_slice(kind, name, [now[i] for i in rows], part))
    return slices


def _describe(part: Slice) -> str:
    low, high = part.change_interval or (0.0, 0.0)
    return (
        f"{part.kind} {part.name}: {100 * (part.before or 0):.1f} % -> {100 * part.after:.1f} % of "
        f"{part.rows} rows, {part.lost} lost, {part.won} won, change {100 * low:+.1f} to "
        f"{100 * high:+.1f} points, p {part.p:.2g}"
    )


def refusals(slices: Sequence[Slice], rules: Rules) -> list[str]:
    """Why the candidate is refused; empty when it is not."""
    whole = [part for part in slices if part.kind == "all"]
    parts = [part for part in slices if part.kind != "all"]
    if whole[0].before is None:
        if whole[0].after < rules.min_accuracy:
            return [f"floor: {100 * whole[0].after:.1f} % of the intents are right"]
        return []
    found = [f"overall: {_describe(part)}" for part in whole if part.p <= OVERALL_LEVEL]
    rejected = statistics.holm([part.p for part in parts], SLICE_LEVEL)
    for part, worse in zip(parts, rejected):
        net = part.lost - part.won
        if worse:
            found.append(f"slice: {_describe(part)}")
        elif net >= rules.min_lost and net > rules.max_drop * part.rows:
            found.append(f"broken: {_describe(part)}")
    return found


def must_pass(model: Model, examples: Sequence[Example]) -> list[str]:
    """Rows that are not answered as they say; slots count where the row names some."""
    failed: list[str] = []
    for example, answer in zip(examples, model.predict([example.text for example in examples])):
        if answer.label != example.label:
            failed.append(f"must-pass: '{example.text}' is {answer.label}, not {example.label}")
        elif example.slots and not right_slots(example, answer):
            failed.append(f"must-pass: '{example.text}' has other slots")
    return failed


def judge(
    candidate: Path, current: Path | None, test: Path, critical: Path | None, rules: Rules
) -> Report:
    """Reads both models and the sets; BadData when one of them cannot be read."""
    examples = data.read_set(test)
    if not examples:
        raise data.BadData(f"{test}: an empty test set lets everything pass")
    texts = [example.text for example in examples]
    model = model_dir.load(candidate)
    old = model_dir.load(current).predict(texts) if current else None
    against = current.resolve().name if current else None
    report = Report(candidate.resolve().name, against, data.digest(test))
    report.slices = compare(examples, model.predict(texts), old)
    if critical:
        report.refusals = must_pass(model, data.read_set(critical))
    report.refusals += refusals(report.slices, rules)
    return report


def as_text(report: Report) -> str:
    """For people: the verdict, why, and the slices that changed."""
    verdict = "passed" if report.passed else "REFUSED"
    lines = [f"{report.candidate} against {report.against or 'no model in service'}: {verdict}", ""]
    lines += [f"  {reason}" for reason in report.refusals]
    for part in report.slices:
        changed = part.kind == "all" or part.lost or part.won
        if part.before is None:
            low, high = part.after_interval
            share = f"{100 * part.after:.1f} % (95 %: {100 * low:.1f} to {100 * high:.1f})"
            lines.append(f"  {part.kind} {part.name}: {share} of {part.rows} rows")
        elif changed:
            lines.append(f"  {_describe(part)}")
    return "\n".join(lines) + "\n"


def write(report: Report, folder: Path) -> None:
    """gate.json and gate.txt beside the model."""
    model_dir.write_json(folder / "gate.json", json.loads(json.dumps(report.as_dict())))
    (folder / "gate.txt").write_text(as_text(report), encoding="utf-8")
