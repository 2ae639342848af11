# SPDX-License-Identifier: Apache-2.0
"""Takes the weights of old models away and keeps their records.

  ROOT/pruned/ID/   record.json, gate.json and gate.txt of a model that is gone, and pruned.json
  ROOT/.gone-ID     a model on its way out; what a kill leaves of one goes next time

Never taken: the model in service, the one that a rollback puts back, models that were not gated yet,
and what a training that was interrupted started from. Of the others the newest `keep` stay; a model is
as old as its training, or as the moment at which another took its place. Of interrupted trainings the
newest stays: it is the one that resumes.

Order of one removal: the records are copied, the directory is renamed (the model is gone at once, and
never there in part), then its files go. So a training of the same data is simply done again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from nlu import data, model_dir, registry

KEEP = 5
RECORDS = ("record.json", "gate.json", "gate.txt")
GONE, WORK = ".gone-", ".work-"


@dataclass(frozen=True)
class Verdict:
    """What happens to one directory, and why."""

    name: str
    removed: bool
    reason: str
    size: int  # bytes of its files

    def as_text(self) -> str:
        action = "remove" if self.removed else "keep"
        return f"{action:<7}{self.size / 1e6:10.1f} MB  {self.name}: {self.reason}"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _models(root: Path) -> list[Path]:
    return sorted(
        path
        for path in root.iterdir()
        if path.is_dir() and not path.is_symlink() and (path / "record.json").is_file()
        and not path.name.startswith(".")
    )  # fmt: skip


def _replaced(root: Path) -> dict[str, float]:
    """When each model that served was last replaced, in seconds since 1970."""
    times: dict[str, float] = {}
    served: list[str] = []
    for row in registry.history(root):
        if served:
            times[served[-1]] = datetime.fromisoformat(row["time"]).timestamp()
        if row["action"] == "promote":
            served.append(row["model"])
        elif served:
            served.pop()
    return times


def _newest_work(root: Path) -> tuple[Path | None, list[Path]]:
    """The interrupted training that will resume, and those that will not."""
    found = [path for path in root.glob(f"{WORK}*") if path.is_dir()]

    def age(path: Path) -> tuple[int, str]:
        return max(p.stat().st_mtime_ns for p in (path, *path.iterdir())), path.name

    found.sort(key=age)
    stale = [path for path in found if (root / path.name[len(WORK) :]).is_dir()]
    left = [path for path in found if path not in stale]
    return (left[-1] if left else None), stale + left[:-1]


def _needs(work: Path | None) -> set[str]:
    """Names of the models that an interrupted training goes on from."""
    try:
        known = json.loads((work / "needs.json").read_text("utf-8")) if work else []
    except (OSError, ValueError):
        return set()  # killed before it was written: nothing is lost
    return set(map(str, known))


def _held(root: Path, work: Path | None, needed: Iterable[Path]) -> dict[str, str]:
    """Why a model is kept whatever its age, by name."""
    held = {name: "an interrupted training starts from it" for name in _needs(work)}
    for path in needed:
        if path.resolve().parent == root.resolve():
            held[path.resolve().name] = "the configuration or the last training needs it"
    names = registry.stack(root)
    if len(names) > 1:
        held[names[-2]] = "rollback puts it back"
    if names:
        held[names[-1]] = "in service"
    link = root / "current"
    if link.is_symlink():
        held[os.readlink(link)] = "in service"
    return held


def judge(
    root: Path, keep: int = KEEP, needed: Iterable[Path] = (), ungated: bool = False
) -> list[Verdict]:
    """What would be removed and what would stay; `needed` are model directories that must stay.

    With `ungated`, models that were not gated yet are as good as others.
    """
    work, stale = _newest_work(root)
    held, replaced = _held(root, work, needed), _replaced(root)
    verdicts: list[Verdict] = []
    others: list[tuple[float, Path, str]] = []
    for path in _models(root):
        reason = held.get(path.name)
        if not reason and not ungated and not (path / "gate.json").is_file():
            reason = "not gated yet"
        if reason:
            verdicts.append(Verdict(path.name, False, reason, _size(path)))
            continue
        trained = (path / "record.json").stat().st_mtime
        what = "replaced" if path.name in replaced else "never in service"
        others.append((max(trained, replaced.get(path.name, 0.0)), path, what))
    others.sort(key=lambda one: (-one[0], one[1].name))
    for place, (_, path, what) in enumerate(others):
        verdicts.append(Verdict(path.name, place >= keep, what, _size(path)))
    if work:
        verdicts.append(Verdict(work.name, False, "interrupted, will resume", _size(work)))
    verdicts += [
        Verdict(path.name, True, "interrupted, not resumed", _size(path)) for path in stale
    ]
    return sorted(verdicts, key=lambda one: one.name)


def _keep_records(root: Path, path: Path) -> None:
    """Each file is the old one or the new one, whatever happens; done twice it gives the same."""
    folder = root / "pruned" / path.name
    folder.mkdir(parents=True, exist_ok=True)
    for name in RECORDS:
        if (path / name).is_file():
            aside = folder / f".{name}.tmp"
            shutil.copyfile(path / name, aside)
            with open(aside, "rb") as file:
                os.fsync(file.fileno())
            os.replace(aside, folder / name)
    facts: dict[str, Any] = {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "bytes": _size(path),
    }
    if (path / "weights.pt").is_file():
        facts["weights_sha256"] = data.digest(path / "weights.pt")
    model_dir.write_json(folder / "pruned.json", facts)
    model_dir.sync_folder(folder)
    model_dir.sync_folder(folder.parent)


def _remove(root: Path, name: str) -> None:
    path, gone = root / name, root / f"{GONE}{name.lstrip('.')}"
    if not name.startswith(WORK):
        _keep_records(root, path)
    os.rename(path, gone)
    model_dir.sync_folder(root)
    shutil.rmtree(gone)


def prune(
    root: Path, keep: int = KEEP, needed: Iterable[Path] = (), ungated: bool = False
) -> list[Verdict]:
    """Removes what judge() says. The caller holds registry.locked().

    OSError ends it half way: every model is whole or gone, and the next call goes on.
    """
    for left in list(root.glob(f"{GONE}*")):
        shutil.rmtree(left)
    verdicts = judge(root, keep, needed, ungated)
    for verdict in verdicts:
        if verdict.removed:
            _remove(root, verdict.name)
    return verdicts
