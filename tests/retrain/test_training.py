# SPDX-License-Identifier: Apache-2.0
"""Training: it learns, ends with the same bits after a kill, remembers, and learns from a teacher."""

import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from dataclasses import replace
from pathlib import Path

import toy
import torch
from nlu import data, model_dir, training
from nlu.models import Shape
from nlu.trainer import Run, Settings

LINEAR = Shape(kind="linear", buckets=1 << 12, width=32)
SMALL = Shape(kind="transformer", buckets=1 << 11, width=32, layers=1, heads=2, dropout=0.1)
QUICK = Settings(epochs=1, min_steps=150, batch=24, rate=5e-3)


def right(folder: Path, rows, slots: bool = True) -> float:
    """Share of rows with the right intent and, unless `slots` is false, exactly the right slots."""
    answers = model_dir.load(folder).predict([row["text"] for row in rows])
    hits = sum(
        a.label == f"{row['domain']}/{row['intent']}"
        and (not slots or [vars(slot) for slot in a.slots] == row["slots"])
        for a, row in zip(answers, rows)
    )
    return hits / len(rows)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "weights.pt", weights_only=True)


class Learns(toy.Place):
    def setUp(self) -> None:
        super().setUp()
        self.base = toy.write_rows(self.place / "base.jsonl", toy.rows(slice(0, 4)) + toy.thai_rows())
        self.plan = training.Plan(base=(self.base,), shape=SMALL, settings=QUICK, device="cpu")

    def test_each_kind_finds_slots_and_the_intent_of_values_it_has_not_seen(self):
        for shape in (LINEAR, SMALL):
            with self.subTest(kind=shape.kind):
                folder = training.train(replace(self.plan, shape=shape), self.models)
                self.assertGreaterEqual(right(folder, toy.rows(slice(0, 4))), 0.95)
                self.assertGreaterEqual(right(folder, toy.rows(slice(4, 6)), slots=False), 0.8)
                self.assertGreaterEqual(right(folder, toy.thai_rows()), 0.8)

    def test_the_same_training_has_the_same_bits_and_another_seed_has_others(self):
        first = weights(training.train(self.plan, self.models))
        again = weights(training.train(self.plan, self.place / "elsewhere"))
        other = replace(self.plan, settings=replace(QUICK, seed=2))
        differs = weights(training.train(other, self.models))
        self.assertTrue(all(torch.equal(first[name], again[name]) for name in first))
        self.assertFalse(all(torch.equal(first[name], differs[name]) for name in first))

    def test_a_training_that_is_done_is_not_done_again(self):
        folder = training.train(self.plan, self.models)
        before = (folder / "weights.pt").stat().st_mtime_ns
        self.assertEqual(training.train(self.plan, self.models), folder)
        self.assertEqual((folder / "weights.pt").stat().st_mtime_ns, before)

    def test_the_record_names_data_parents_and_settings(self):
        folder = training.train(replace(self.plan, shape=LINEAR), self.models)
        record = training.read_record(folder)
        self.assertEqual(record["data"]["base.jsonl"], data.digest(self.base))
        self.assertEqual(record["settings"]["seed"], 1)
        self.assertEqual(record["rows"], {"base": 54, "mined": 0})

    def test_a_torn_model_is_an_error_and_no_model(self):
        folder = training.train(replace(self.plan, shape=LINEAR), self.models)
        whole = (folder / "weights.pt").read_bytes()
        (folder / "weights.pt").write_bytes(whole[: len(whole) // 2])
        with self.assertRaises(data.BadData):
            model_dir.load(folder)

    def test_rows_of_no_weight_teach_nothing(self):
        wrong = [row | {"domain": "lights", "intent": "off"} for row in toy.rows(slice(4, 6))]
        silent = [row | {"weight": 0.0} for row in wrong]
        week = toy.write_export(self.place / "2026-W46", silent)
        plan = replace(self.plan, shape=LINEAR, weeks=(week,))
        self.assertGreaterEqual(right(training.train(plan, self.models), toy.rows(slice(4, 6))), 0.8)


class Stops(Exception):
    """In place of a kill, at a step of the test's choice."""


class Resumes(toy.Place):
    def setUp(self) -> None:
        super().setUp()
        self.base = toy.write_rows(self.place / "base.jsonl", toy.rows(slice(0, 4)))
        settings = replace(QUICK, min_steps=40)
        self.plan = training.Plan((self.base,), shape=SMALL, settings=settings, device="cpu")

    def interrupted(self, step: int, keep: float) -> Path:
        """Dies at a step with a checkpoint every `keep` seconds, then runs again."""
        learn = Run._learn

        def dies(run: Run, numbers) -> float:
            if run.step == step:
                raise Stops
            return learn(run, numbers)

        plan = replace(self.plan, checkpoint_seconds=keep)
        def counts(run: Run, numbers) -> float:
            self.steps += 1
            return learn(run, numbers)

        plan = replace(self.plan, checkpoint_seconds=keep)
        self.steps = 0
        try:
            Run._learn = dies
            with self.assertRaises(Stops):
                training.train(plan, self.models)
            Run._learn = counts
            return training.train(plan, self.models)
        finally:
            Run._learn = learn

    def test_killed_after_any_step_it_ends_with_the_same_bits(self):
        wanted = weights(training.train(self.plan, self.place / "whole"))
        for step, keep in ((0, 0.0), (1, 0.0), (17, 0.0), (39, 0.0), (17, 1e9)):
            with self.subTest(step=step, keep=keep):
                folder = self.interrupted(step, keep)
                self.assertEqual(self.steps, 40 - step if keep == 0 else 40)
                found = weights(folder)
                self.assertTrue(all(torch.equal(wanted[name], found[name]) for name in wanted))
                curve = (folder / "curves.jsonl").read_text()
                last = next((self.place / "whole").glob("base-*"))
                self.assertEqual(curve, (last / "curves.jsonl").read_text())
                shutil.rmtree(folder)

    def test_a_damaged_checkpoint_starts_clean(self):
        job = training.job_id(self.plan, training.read_sources(self.plan))
        work = self.models / f".work-{job}"
        work.mkdir()
        (work / "checkpoint.pt").write_bytes(b"PK\x03\x04 not a checkpoint")
        wanted = weights(training.train(self.plan, self.place / "whole"))
        found = weights(training.train(self.plan, self.models))
        self.assertTrue(all(torch.equal(wanted[name], found[name]) for name in wanted))

    def test_the_program_survives_a_real_kill(self):
        command = [sys.executable, str(toy.SCRIPTS / "train"), "--base", str(self.base)]
        command += ["--models", str(self.models), "--width=32", "--layers=1", "--buckets=2048"]
        command += ["--min-steps=200", "--checkpoint-seconds=0", "--device=cpu"]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, **quiet) as process:
            until = time.monotonic() + 60
            while not list(self.models.glob(".work-*/checkpoint.pt")):
                self.assertIsNone(process.poll(), "it ended before it was killed")
                self.assertLess(time.monotonic(), until)
                time.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
        self.assertEqual(list(self.models.glob("base-*")), [], "half a model would be taken for one")
        done = subprocess.run(command, **quiet, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("resuming at step", done.stderr)
        self.assertGreaterEqual(right(Path(done.stdout.strip()), toy.rows(slice(0, 4))), 0.9)


class Remembers(toy.Place):
    """A parent that knows three domains; its child is shown rows of the fourth only."""

    def test_ewc_keeps_what_a_child_is_not_shown_again(self):
        old = [row for row in toy.rows() if row["domain"] != "weather"]
        new = [row for row in toy.rows() if row["domain"] == "weather"]
        base = toy.write_rows(self.place / "base.jsonl", old)
        plan = training.Plan((base,), shape=SMALL, settings=QUICK, device="cpu", fisher=True)
        parent = training.train(plan, self.models)
        self.assertGreaterEqual(right(parent, old, slots=False), 0.95)
        more = toy.write_rows(self.place / "new.jsonl", new)
        kept, learned = {}, {}
        for ewc in (0.0, 10.0):
            settings = replace(QUICK, min_steps=60, ewc=ewc)
            child = replace(plan, base=(more,), parent=parent, settings=settings, fisher=False)
            folder = training.train(child, self.models)
            kept[ewc] = right(folder, old, slots=False)
            learned[ewc] = right(folder, new, slots=False)
        self.assertLess(kept[0.0], 0.5, "there was nothing to keep")
        self.assertGreater(kept[10.0], kept[0.0] + 0.3, (kept, learned))
        self.assertGreater(learned[10.0], 0.8, (kept, learned))

    def test_ewc_needs_a_parent_that_kept_its_fisher_information(self):
        base = toy.write_rows(self.place / "base.jsonl", toy.rows())
        settings = replace(QUICK, min_steps=2, ewc=1.0)
        plan = training.Plan((base,), shape=SMALL, settings=settings, device="cpu")
        parent = training.train(plan, self.models)
        with self.assertRaisesRegex(data.BadData, "--fisher"):
            training.train(replace(plan, parent=parent), self.models)

    def test_a_linear_model_refuses_what_it_cannot_do(self):
        base = toy.write_rows(self.place / "base.jsonl", toy.rows())
        plan = training.Plan((base,), shape=LINEAR, settings=replace(QUICK, ewc=1.0))
        with self.assertRaisesRegex(data.BadData, "no EWC"):
            training.train(plan, self.models)


class Distils(toy.Place):
    def test_a_student_learns_from_unlabelled_text_what_only_the_teacher_was_told(self):
        base = toy.write_rows(self.place / "base.jsonl", toy.rows())
        teacher = training.train(
            training.Plan((base,), shape=LINEAR, settings=QUICK), self.models
        )
        # The student's labels have the first wording of each intent only.
        few = [row for i, row in enumerate(toy.rows()) if i // 6 % 3 == 0]
        small = toy.write_rows(self.place / "few.jsonl", few)
        texts = [{"text": row["text"], "locale": "en-US"} for row in toy.rows(slice(0, 4))]
        unlabelled = toy.write_rows(self.place / "texts.jsonl", texts)
        others = [row for i, row in enumerate(toy.rows()) if i // 6 % 3 != 0 and i % 6 >= 4]
        for shape in (SMALL, LINEAR):
            with self.subTest(kind=shape.kind):
                alone = training.Plan((small,), shape=shape, settings=QUICK)
                taught = replace(
                    alone,
                    teacher=teacher,
                    unlabelled=unlabelled,
                    settings=replace(QUICK, distil=0.5),
                )
                before = right(training.train(alone, self.models), others)
                after = right(training.train(taught, self.models), others)
                self.assertGreaterEqual(after, before + 0.2)
                self.assertGreaterEqual(after, 0.8)

    def test_masked_units_of_unlabelled_text_are_learned_before_labels(self):
        base = toy.write_rows(self.place / "base.jsonl", toy.rows(slice(0, 3)))
        texts = toy.write_rows(self.place / "texts.jsonl", [{"text": r["text"]} for r in toy.rows()])
        settings = replace(QUICK, min_steps=30)
        plan = training.Plan((base,), shape=SMALL, settings=settings, unlabelled=texts)
        plain = training.train(plan, self.models)
        adapted = training.train(replace(plan, pretrain_epochs=8), self.models)
        name = "encoder.embed.weight"
        self.assertFalse(torch.equal(weights(plain)[name], weights(adapted)[name]))
        self.assertGreaterEqual(right(adapted, toy.rows(slice(0, 3))), 0.8)


if __name__ == "__main__":
    unittest.main()
