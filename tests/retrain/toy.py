# SPDX-License-Identifier: Apache-2.0
"""A small assistant to retrain in tests: sets, exports and a checkpoint, all made here."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts" / "retrain"
sys.path.insert(0, str(SCRIPTS))

try:
    import torch

    torch.set_num_threads(1)
except ModuleNotFoundError:
    print("SKIP: python3-torch is not installed", file=sys.stderr)
    raise unittest.SkipTest("python3-torch is not installed") from None

Row = dict[str, Any]
ROOMS = ("kitchen", "hall", "attic", "cellar", "study", "garage")
HOURS = ("six", "seven", "eight", "nine", "ten", "noon")
CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Perth")
# Wordings of each intent; {} is the slot.
WORDINGS = {
    ("lights", "on", "room"): ("lights on in the {}", "switch on the {} lamp", "make the {} bright"),
    ("lights", "off", "room"): ("lights off in the {}", "switch off the {} lamp", "make the {} dark"),
    ("alarm", "set", "time"): ("wake me at {}", "set an alarm for {}", "ring the bell at {}"),
    ("weather", "query", "city"): ("weather in {}", "will it rain in {}", "how warm is {}"),
}
VALUES = {"room": ROOMS, "time": HOURS, "city": CITIES}


def row(text: str, value: str, name: tuple[str, str, str], **more: Any) -> Row:
    domain, intent, slot = name
    start = text.index(value)
    slots = [{"name": slot, "value": value, "start": start, "end": start + len(value)}]
    whole = {"text": text, "locale": "en-US", "domain": domain, "intent": intent, "slots": slots}
    return whole | more


def rows(values: slice = slice(None), **more: Any) -> list[Row]:
    """Every wording with the chosen values of its slot."""
    return [
        row(wording.format(value), value, name, **more)
        for name, wordings in WORDINGS.items()
        for wording in wordings
        for value in VALUES[name[2]][values]
    ]


def thai_rows() -> list[Row]:
    """The same two intents of lights in a script without spaces between words."""
    places = ("ห้องครัว", "ห้องนอน", "ระเบียง")
    made = []
    for place in places:
        made.append(row(f"เปิดไฟ{place}", place, ("lights", "on", "room"), locale="th-TH"))
        made.append(row(f"ปิดไฟ{place}", place, ("lights", "off", "room"), locale="th-TH"))
    return made


def write_rows(path: Path, content: list[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in content), "utf-8")
    return path


def write_export(folder: Path, content: list[Row]) -> Path:
    """A finished week, as far as a trainer looks at it."""
    write_rows(folder / "train.jsonl", content)
    total = hashlib.sha256((folder / "train.jsonl").read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{total}  train.jsonl\n", "utf-8")
    (folder / "_SUCCESS").touch()
    return folder


def mined(text: str, value: str, name: tuple[str, str, str], weight: float = 1.0) -> Row:
    return row(text, value, name, weight=weight, kind="mined")


class Place(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.place = Path(scratch.name)
        self.models = self.place / "models"
        self.models.mkdir()


class Killed(BaseException):
    """In place of a signal: nothing between the call and the test may catch it."""


def killed_at(number: int, calls: Iterable[str], action: Callable[[], object]) -> bool:
    """Whether the action died in place of the numbered call of these of `os`; it has fewer else."""
    left = [number]

    def watched(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real(*args, **named)

        return call

    with contextlib.ExitStack() as patches:
        for name in calls:
            patches.enter_context(mock.patch.object(os, name, watched(getattr(os, name))))
        try:
            action()
        except Killed:
            return True
    return False
