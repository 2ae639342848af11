# SPDX-License-Identifier: Apache-2.0
"""Which model is in service.

  ROOT/current        symbolic link to the model in service, replaced by rename
  ROOT/history.jsonl  what was promoted and rolled back, in order; the last line is the present
  ROOT/pruned/        records of models whose weights are gone (nlu/prune.py)
  ROOT/frozen.json    digest of the test set that gates; another one is refused
  ROOT/.lock          held by whoever trains or promotes
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from nlu import model_dir
from nlu.data import BadData


class Busy(Exception):
    """Another process holds the models directory."""


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    with open(root / ".lock", "a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{root}: another process trains or promotes") from error
        yield


def current(root: Path) -> Path | None:
    """The model in service, or None; BadData when the link leads nowhere."""
    link = root / "current"
    if not link.is_symlink():
        return None
    folder = root / os.readlink(link)
    if not (folder / "model.json").is_file():
        raise BadData(f"{link}: leads to {folder}, where there is no model")
    return folder


def _point(root: Path, name: str) -> None:
    aside = root / ".current.tmp"
    aside.unlink(missing_ok=True)
    os.symlink(name, aside)
    os.replace(aside, root / "current")
    model_dir.sync_folder(root)


def _note(root: Path, action: str, name: str) -> None:
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with open(root / "history.jsonl", "ab+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        torn = file.read(1) not in (b"", b"\n")  # by a loss of power; what follows stays readable
        row = json.dumps({"time": when, "action": action, "model": name})
        file.write(b"\n" * torn + row.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def history(root: Path) -> Iterator[dict[str, Any]]:
    """Promotions and rollbacks in order: time (ISO 8601), action, model."""
    path = root / "history.jsonl"
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the last line of a machine that lost power


def stack(root: Path) -> list[str]:
    """Models that could be gone back to, the one in service last."""
    names: list[str] = []
    for row in history(root):
        if row["action"] == "promote":
            names.append(row["model"])
        elif names:
            names.pop()
    return names


def promote(root: Path, name: str) -> None:
    """Noted first: a kill in between leaves the old model in service, and the next try repairs it."""
    if stack(root)[-1:] != [name]:
        _note(root, "promote", name)
    _point(root, name)


def rollback(root: Path) -> str:
    """Puts the model before the present one back into service; its name."""
    names = stack(root)
    if len(names) < 2:
        raise BadData(f"{root}: there is no earlier model to go back to")
    before = names[-2]
    if not (root / before / "model.json").is_file():
        raise BadData(
            f"{root}/{before}: the earlier model is gone; train it again, or promote another one "
            "with `gate --promote`"
        )
    _point(root, before)
    _note(root, "rollback", names[-1])
    return before


def freeze(root: Path, digest: str, accept: bool = False) -> None:
    """Remembers the test set at first use and refuses another one afterwards."""
    path = root / "frozen.json"
    known = json.loads(path.read_text(encoding="utf-8"))["test"] if path.is_file() else None
    if known and known != digest and not accept:
        raise BadData(
            f"{path}: the test set is not the one that models were gated on; "
            "use --new-test when that is meant"
        )
    if known != digest:
        model_dir.write_json(path, {"test": digest})
