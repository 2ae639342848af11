# SPDX-License-Identifier: Apache-2.0
"""The cycle of an export, killed at any point: the next start ends it, and never is a model in part."""

import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

import toy
from nlu import cycle, model_dir, registry

RETRAIN_ALL = toy.ROOT / "systemd" / "retrain-all"
WEEK = "2026-W46"


class Place(toy.Place):
    def setUp(self) -> None:
        super().setUp()
        toy.write_rows(self.place / "base.jsonl", toy.rows(slice(0, 3)))
        toy.write_rows(self.place / "frozen.jsonl", toy.rows(slice(3, 6)) * 2)
        self.week = toy.write_export(
            self.place / "exports" / WEEK, toy.rows(slice(3, 5), kind="mined")
        )

    def configure(self, **options) -> Path:
        small = {"kind": "linear", "buckets": 1024, "width": 8, "min_steps": 20, "device": "cpu"}
        content = {"models": "models", "base": "base.jsonl", "test": "frozen.jsonl", "keep": 0}
        path = self.place / "retrain.yaml"
        path.write_text(json.dumps(content | {"options": small | options}), "utf-8")
        return path


class Calls(Place):
    """Every call that changes what stands on the disk, one after another, is the last one."""

    CALLS = ("rename", "replace", "symlink", "unlink", "mkdir", "fsync")

    def killed_at(self, number: int, config: cycle.Config) -> bool:
        return toy.killed_at(number, self.CALLS, lambda: cycle.run(config, self.week))

    def test_whatever_call_is_the_last_the_next_run_promotes_one_model_once(self):
        config = cycle.read_config(self.configure())
        old = self.models / "old"
        number, dirty, weights = 0, True, set()
        while dirty:
            subprocess.run(["rm", "-rf", self.models], check=True)
            old.mkdir(parents=True)
            toy_model(old)
            registry.promote(self.models, "old")
            dirty = self.killed_at(number, config)
            served = registry.current(self.models)
            self.assertIsNotNone(served)
            self.assertTrue(model_dir.load(served).predict(["lights on in the hall"]))
            cycle.run(config, self.week)
            made = [path for path in self.models.glob(f"{WEEK}-*") if path.is_dir()]
            self.assertEqual(len(made), 1)
            self.assertEqual(os.readlink(self.models / "current"), made[0].name)
            self.assertEqual(registry.stack(self.models), ["old", made[0].name])
            self.assertTrue(json.loads((made[0] / "gate.json").read_text())["passed"])
            self.assertEqual(list(self.models.glob(".work-*")), [])
            weights.add((made[0] / "weights.pt").read_bytes())
            self.assertEqual(registry.rollback(self.models), "old")
            number += 1
        self.assertEqual(len(weights), 1, "a kill changed what was learned")
        self.assertGreater(number, 15, "too few calls were watched to mean anything")


def toy_model(folder: Path) -> None:
    """A model that knows next to nothing, so that the candidate passes."""
    from nlu import models
    from nlu.data import Example
    from nlu.labels import Labels

    labels = Labels.of([Example("a", "en-US", "none", "none")])
    shape = models.Shape(kind="linear", buckets=64, width=4)
    model_dir.Model(models.build(shape, labels), labels, shape).save(folder)
    model_dir.write_json(folder / "record.json", {"id": folder.name, "data": {}, "locales": []})
    model_dir.write_json(folder / "gate.json", {"passed": True})


class Signals(Place):
    def setUp(self) -> None:
        super().setUp()
        self.spool = self.place / "spool"
        (self.spool / "ready").mkdir(parents=True)
        marker = json.dumps({"data": {"path": str(self.week)}}, separators=(",", ":"))
        (self.spool / "ready" / "a.json").write_text(marker + "\n")
        more = {"REPHRASED_RETRAIN_CONFIG": str(self.configure(
            kind="transformer", width=32, layers=1, buckets=2048, min_steps=120, batch=24,
            rate=5e-3, checkpoint_seconds=0,
        ))}  # fmt: skip
        self.started = {
            "args": [str(RETRAIN_ALL), str(self.spool), str(toy.SCRIPTS / "retrain")],
            "env": os.environ | more,
            "stderr": subprocess.PIPE,
            "text": True,
        }

    def test_the_unit_killed_in_the_training_goes_on_at_its_next_start(self):
        with subprocess.Popen(**self.started, start_new_session=True) as process:
            until = time.monotonic() + 120
            while not list(self.models.glob(".work-*/checkpoint.pt")):
                self.assertIsNone(process.poll(), "it ended before it was killed")
                self.assertLess(time.monotonic(), until)
                time.sleep(0.02)
            os.killpg(process.pid, signal.SIGKILL)
        self.assertTrue((self.spool / "ready" / "a.json").is_file())
        self.assertFalse((self.models / "current").is_symlink())
        done = subprocess.run(**self.started, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("resuming at step", done.stderr)
        self.assertTrue((self.spool / "done" / "a.json").is_file())
        self.assertEqual(len(list(self.models.glob(f"{WEEK}-*"))), 1)


if __name__ == "__main__":
    unittest.main()
