# SPDX-License-Identifier: Apache-2.0
"""Old models go, records stay; what is needed is never taken, whenever the removal is killed."""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path
from unittest import mock

import toy
from nlu import cycle, data, model_dir, prune, registry, training

FILES = ("model.json", "weights.pt", "record.json", "gate.json", "gate.txt", "curves.jsonl")


class Models(toy.Place):
    """Directories that look like models, of an age of the test's choice."""

    def model(self, name: str, day: int, gated: bool = True, promote: bool = False) -> Path:
        folder = self.models / name
        folder.mkdir()
        for file in FILES:
            if gated or not file.startswith("gate"):
                (folder / file).write_text(json.dumps({"model": name, "file": file}))
            if (folder / file).is_file():
                os.utime(folder / file, (day * 86400, day * 86400))
        if promote:
            self.promote(name, day)
        return folder

    def promote(self, name: str, day: int) -> None:
        stamp = f"1970-01-{day:02d}T00:00:00+00:00"
        row = json.dumps({"time": stamp, "action": "promote", "model": name})
        with open(self.models / "history.jsonl", "a", encoding="utf-8") as file:
            file.write(row + "\n")
        registry._point(self.models, name)

    def whole(self) -> set[str]:
        """Names of the models that are there, each with every file."""
        found = {path.parent.name for path in self.models.glob("[!.]*/model.json")}
        for name in found:
            self.assertTrue((self.models / name / "weights.pt").is_file(), name)
        there = {p.name for p in self.models.iterdir() if p.is_dir() and p.name[0] != "."}
        self.assertEqual(there - {"current", "pruned"}, found - {"current"}, "a model in part")
        return found - {"current"}

    def recorded(self) -> set[str]:
        return {path.parent.name for path in self.models.glob("pruned/*/pruned.json")}


class Choice(Models):
    def test_the_model_in_service_and_the_one_before_it_stay_however_old(self):
        self.model("first", 2, promote=True)
        self.model("second", 3, promote=True)
        self.model("third", 4, promote=True)
        for day in range(10, 20):
            self.model(f"refused-{day}", day)
        prune.prune(self.models, keep=0)
        self.assertEqual(self.whole(), {"second", "third"})
        self.assertEqual(registry.rollback(self.models), "second")

    def test_the_newest_others_stay(self):
        self.model("served", 1, promote=True)
        for day in (12, 15, 11, 14, 13):
            self.model(f"refused-{day}", day)
        prune.prune(self.models, keep=2)
        self.assertEqual(self.whole(), {"served", "refused-14", "refused-15"})
        self.assertEqual(self.recorded(), {"refused-11", "refused-12", "refused-13"})

    def test_a_model_that_served_is_as_old_as_its_replacement(self):
        self.model("long", 1, promote=True)
        for day in range(5, 9):
            self.model(f"refused-{day}", day)
        self.model("next", 9, promote=True)
        self.model("now", 10, promote=True)
        prune.prune(self.models, keep=1)
        self.assertEqual(self.whole(), {"long", "next", "now"})

    def test_fewer_models_than_are_kept_lose_nothing(self):
        self.model("a", 1, promote=True)
        self.model("b", 2)
        prune.prune(self.models)
        self.assertEqual(self.whole(), {"a", "b"})
        self.assertFalse((self.models / "pruned").exists())

    def test_a_model_that_was_not_gated_stays_until_it_is_meant(self):
        self.model("a", 2, gated=False)
        prune.prune(self.models, keep=0)
        self.assertEqual(self.whole(), {"a"})
        prune.prune(self.models, keep=0, ungated=True)
        self.assertEqual(self.whole(), set())

    def test_what_the_configuration_names_stays(self):
        for name in ("teacher", "parent", "other"):
            self.model(name, 1)
        prune.prune(
            self.models, 0, [self.models / "teacher", self.models / ".." / "models" / "parent"]
        )
        self.assertEqual(self.whole(), {"teacher", "parent"})

    def test_an_interrupted_training_keeps_what_it_started_from_and_only_the_newest_stays(self):
        self.model("parent", 1)
        self.model("done", 1, promote=True)
        for name, day in ((".work-older", 3), (".work-newer", 5), (".work-done", 9)):
            (self.models / name).mkdir()
            needs = self.models / name / "needs.json"
            needs.write_text(json.dumps(["parent" if name == ".work-newer" else "gone"]))
            for path in (needs, self.models / name):
                os.utime(path, (day * 86400, day * 86400))
        prune.prune(self.models, keep=0)
        self.assertEqual(self.whole(), {"parent", "done"})
        self.assertEqual([p.name for p in self.models.glob(".work-*")], [".work-newer"])

    def test_a_promotion_that_was_killed_half_way_loses_neither_model(self):
        self.model("old", 1, promote=True)
        self.model("new", 2)
        killed = mock.patch.object(registry, "_point", side_effect=toy.Killed)
        with killed, self.assertRaises(toy.Killed):
            registry.promote(self.models, "new")
        prune.prune(self.models, keep=0)
        self.assertEqual(self.whole(), {"old", "new"})
        registry.promote(self.models, "new")
        self.assertEqual(registry.rollback(self.models), "old")


class Records(Models):
    def test_the_records_of_a_model_that_is_gone_say_what_they_said(self):
        self.model("served", 1, promote=True)
        gone = self.model("gone", 2)
        wanted = {name: (gone / name).read_text() for name in prune.RECORDS}
        total = data.digest(gone / "weights.pt")
        prune.prune(self.models, keep=0)
        folder = self.models / "pruned" / "gone"
        self.assertEqual({name: (folder / name).read_text() for name in prune.RECORDS}, wanted)
        facts = json.loads((folder / "pruned.json").read_text())
        self.assertEqual(facts["weights_sha256"], total)
        self.assertEqual({p.name for p in folder.iterdir()}, {*prune.RECORDS, "pruned.json"})

    def test_going_back_to_a_model_that_is_gone_is_an_error_and_changes_nothing(self):
        for day, name in enumerate("abc", 1):
            self.model(name, day, promote=True)
        prune.prune(self.models, keep=0)
        self.assertEqual(registry.rollback(self.models), "b")
        with self.assertRaisesRegex(data.BadData, "earlier model is gone"):
            registry.rollback(self.models)
        self.assertEqual(os.readlink(self.models / "current"), "b")

    def test_a_torn_last_line_of_the_history_swallows_no_promotion(self):
        self.model("a", 1, promote=True)
        self.model("b", 2)
        with open(self.models / "history.jsonl", "a", encoding="utf-8") as file:
            file.write('{"time": "1970-01-0')
        registry.promote(self.models, "b")
        self.assertEqual(registry.stack(self.models), ["a", "b"])
        self.assertEqual(registry.rollback(self.models), "a")


class Kills(Models):
    CALLS = ("rename", "replace", "unlink", "rmdir", "mkdir", "fsync")

    def killed_at(self, number: int) -> bool:
        """prune() that dies in place of the numbered call; False when there are fewer calls."""
        return toy.killed_at(number, self.CALLS, lambda: prune.prune(self.models, keep=1))

    def fill(self) -> None:
        shutil.rmtree(self.models)
        self.models.mkdir()
        for day, name in enumerate(("first", "second", "third"), 1):
            self.model(name, day, promote=True)
        for day in (11, 12, 13):
            self.model(f"refused-{day}", day)
        (self.models / ".work-old").mkdir()
        (self.models / ".work-young").mkdir()
        os.utime(self.models / ".work-old", (0, 0))

    def test_killed_at_any_call_every_model_is_whole_or_gone_and_the_next_run_ends_it(self):
        number, dirty = 0, True
        while dirty:
            self.fill()
            dirty = self.killed_at(number)
            left = self.whole()
            self.assertLessEqual({"second", "third", "refused-13"}, left)
            for name in ("first", "refused-11", "refused-12"):
                self.assertTrue(name in left or name in self.recorded(), (number, name))
            self.assertTrue((self.models / "current" / "model.json").is_file())
            prune.prune(self.models, keep=1)
            self.assertEqual(self.whole(), {"second", "third", "refused-13"})
            self.assertEqual(self.recorded(), {"first", "refused-11", "refused-12"})
            hidden = sorted(p.name for p in self.models.iterdir() if p.name[0] == ".")
            self.assertEqual(hidden, [".work-young"])
            self.assertEqual(registry.rollback(self.models), "second")
            number += 1
        self.assertGreater(number, 30, "too few calls were watched to mean anything")


class Script(Models):
    def run_script(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [str(toy.SCRIPTS / "prune"), str(self.models), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_dry_run_says_what_goes_and_removes_nothing(self):
        self.model("served", 1, promote=True)
        self.model("refused", 2)
        before = sorted(path for path in self.models.rglob("*"))
        done = self.run_script("--keep=0", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"remove +\d+\.\d MB  refused: never in service")
        self.assertRegex(done.stdout, r"keep +\d+\.\d MB  served: in service")
        after = sorted(path for path in self.models.rglob("*") if path.name != ".lock")
        self.assertEqual(after, [path for path in before if path.name != ".lock"])
        self.assertEqual(self.run_script("--keep=0").returncode, 0)
        self.assertEqual(self.whole(), {"served"})

    def test_it_waits_for_nobody_and_names_what_is_wrong(self):
        with registry.locked(self.models):
            self.assertEqual(self.run_script().returncode, 75)
        self.assertEqual(self.run_script("--keep=-1").returncode, 64)
        shutil.rmtree(self.models)
        self.assertEqual(self.run_script().returncode, 65)
        self.assertFalse(self.models.exists(), "a wrong path made a directory")


class Weeks(toy.Place):
    """The cycle of an export, with real models."""

    def setUp(self) -> None:
        super().setUp()
        toy.write_rows(self.place / "base.jsonl", toy.rows(slice(0, 3)))
        toy.write_rows(self.place / "frozen.jsonl", toy.rows(slice(3, 6)) * 2)
        self.config = self.place / "retrain.yaml"

    def configure(self, **more) -> cycle.Config:
        options = {"kind": "linear", "buckets": 2048, "width": 16, "min_steps": 40, "device": "cpu"}
        content = {
            "models": "models",
            "base": "base.jsonl",
            "test": "frozen.jsonl",
            "options": options,
        }
        self.config.write_text(json.dumps(content | more), "utf-8")
        return cycle.read_config(self.config)

    def week(self, number: int) -> Path:
        rows = toy.rows(slice(3, 6), kind="mined")[: 12 + number]
        return toy.write_export(self.place / "exports" / f"2026-W{number}", rows)

    def test_after_many_weeks_the_models_are_as_many_as_configured_and_rollback_answers(self):
        config = self.configure(keep=1)
        for number in range(20, 25):
            self.assertTrue(cycle.run(config, self.week(number)).passed)
        made = sorted(path.name[:8] for path in self.models.glob("2026-*"))
        self.assertEqual(made, ["2026-W22", "2026-W23", "2026-W24"])
        gone = sorted(path.name[:8] for path in self.models.glob("pruned/2026-*"))
        self.assertEqual(gone, ["2026-W20", "2026-W21"])
        for path in self.models.glob("pruned/2026-*"):
            self.assertTrue(json.loads((path / "gate.json").read_text())["passed"])
            self.assertEqual(training.read_record(path)["id"], path.name)
        before = registry.rollback(self.models)
        self.assertEqual(before[:8], "2026-W23")
        answer = model_dir.load(registry.current(self.models)).predict(["wake me at ten"])[0]
        self.assertEqual(answer.label, "alarm/set")

    def test_a_training_whose_model_is_gone_is_done_again_with_the_same_bits(self):
        config = self.configure(keep=0)
        for number in (20, 21, 22):
            cycle.run(config, self.week(number))
        gone = next(self.models.glob("pruned/2026-W20-*"))
        wanted = json.loads((gone / "pruned.json").read_text())["weights_sha256"]
        cycle.run(config, self.week(20))
        self.assertEqual(data.digest(self.models / gone.name / "weights.pt"), wanted)

    def test_the_candidate_that_was_just_refused_stays_to_be_looked_at(self):
        config = self.configure(keep=0)
        self.assertTrue(cycle.run(config, self.week(20)).passed)
        toy.write_rows(self.place / "critical.jsonl", [toy.rows()[0] | {"intent": "off"}])
        config = self.configure(keep=0, must_pass="critical.jsonl")
        self.assertFalse(cycle.run(config, self.week(21)).passed)
        self.assertEqual(len(list(self.models.glob("2026-W21-*/weights.pt"))), 1)
        self.assertFalse(cycle.run(config, self.week(22)).passed)
        self.assertEqual(list(self.models.glob("2026-W21-*")), [])
        refused = next(self.models.glob("pruned/2026-W21-*"))
        self.assertIn("must-pass", (refused / "gate.txt").read_text())

    def test_a_removal_that_fails_takes_no_promotion_back(self):
        config = self.configure(keep=0)
        for number in (20, 21):
            cycle.run(config, self.week(number))
        with mock.patch.object(prune, "_keep_records", side_effect=PermissionError("read-only")):
            self.assertTrue(cycle.run(config, self.week(22)).passed)
        self.assertEqual(os.readlink(self.models / "current")[:8], "2026-W22")
        self.assertEqual(len(list(self.models.glob("2026-*"))), 3)
        cycle.run(config, self.week(22))
        self.assertEqual(len(list(self.models.glob("2026-*"))), 2)

    def test_a_number_that_is_none_is_refused_with_its_key(self):
        for wrong in (-1, 1.5, "all", True):
            with self.assertRaisesRegex(cycle.ConfigError, "keep"):
                self.configure(keep=wrong)


if __name__ == "__main__":
    unittest.main()
