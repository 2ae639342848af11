# SPDX-License-Identifier: Apache-2.0
"""What an experiment gets: where the data and the program are, and the ways to run them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
# Figures do not depend on the secret; one of our own keeps a run away from the user's.
SECRET = "e7a1" + "0" * 60 + "\n"


class Failed(Exception):
    """A command of an experiment ended with an error."""


@dataclass
class Context:
    data: Path | None  # folder of the data sets
    binary: Path
    work: Path  # scratch folder of this experiment
    quick: bool
    seed: int
    resamples: int

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def say(self, text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)

    def call(self, *command: str | Path, stdout: Path | None = None) -> str:
        """Runs a command; its standard output, or "" when that goes to a file."""
        environment = os.environ | {"XDG_CONFIG_HOME": str(self.work / "config")}
        out = open(stdout, "wb") if stdout else subprocess.PIPE
        try:
            done = subprocess.run(
                [str(word) for word in command],
                stdout=out,
                stderr=subprocess.PIPE,
                env=environment,
                check=False,
            )
        finally:
            if stdout:
                out.close()  # type: ignore[union-attr]
        if done.returncode != 0:
            words = " ".join(str(word) for word in command)
            told = done.stderr.decode(errors="replace").strip()
            raise Failed(f"{words}: exit code {done.returncode}: {told}")
        return done.stdout.decode() if done.stdout else ""

    def python(self, script: str, *words: str | Path) -> str:
        """Runs a script of scripts/, e.g. datasets/evi.py."""
        return self.call(sys.executable, SCRIPTS / script, *words)

    def folder(self) -> Path:
        """Where the data sets are."""
        if self.data is None:
            raise Failed("no folder of data sets")
        return self.data

    def locales(self) -> list[str]:
        """Those of MASSIVE that are there."""
        files = (self.folder() / "massive").glob("*.tsv.xz")
        return sorted(path.name.partition(".")[0] for path in files)

    def convert(
        self, name: str, *words: str | Path, folder: str = "", tag: str = ""
    ) -> tuple[Path, Path]:
        """Runs scripts/datasets/NAME.py on a folder of the data; the events and gold it wrote."""
        events = self.work / f"{name}{tag}.jsonl"
        gold = self.work / f"{name}{tag}.gold.jsonl"
        files: list[str | Path] = ["--data", self.folder() / (folder or name)]
        files += ["--events", events, "--gold", gold]
        self.python(f"datasets/{name}.py", *files, *words)
        return events, gold

    def replay(self, events: Path, *words: str | Path) -> Path:
        """Replays a log into a store of its own, EVENTS.store; the evidence it wrote."""
        secret = self.work / "secret"
        if not secret.exists():
            secret.write_text(SECRET)
            secret.chmod(0o600)
        evidence = events.with_suffix(".evidence.jsonl")
        store = events.with_suffix(".store")
        command = [self.binary, "replay", "--final", "--secret", secret, "--store", store]
        self.call(*command, "--evidence", evidence, *words, events)
        return evidence
