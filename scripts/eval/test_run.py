#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the command that runs the evaluation.

Run: python3 -m unittest discover -s scripts/eval
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
PROGRAM = Path(os.environ.get("REPHRASED", ROOT / "build" / "release" / "rephrased"))


def load_run() -> Any:
    loader = importlib.machinery.SourceFileLoader("evaluation_run", str(HERE / "run"))
    spec = importlib.util.spec_from_loader("evaluation_run", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sys, "dont_write_bytecode", True):
        loader.exec_module(module)
    return module


run = load_run()


def experiment(name: str, order: int, needs: tuple[str, ...] = ()) -> Any:
    """A module that measures 7."""
    module = types.SimpleNamespace(name=name, title=f"Title of {name}", order=order, needs=needs)
    module.run = lambda context: {"seven": 7, "seed": context.seed}
    module.render = lambda figures: f"It is {figures['seven']}."
    module.charts = lambda figures: {f"{name}.svg": "<svg/>\n"}
    return module


class Run(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.out = Path(temporary.name)
        self.program = self.out / "program"
        self.program.write_text("#!/bin/sh\necho program 1.2.3\n")
        self.program.chmod(0o755)
        self.template = self.out / "template.md"
        self.template.write_text("By hand.\n{{settings}}\n{{results}}\n")

    def call(self, modules: list[Any], *words: str) -> tuple[int, str]:
        line = ["run", "--out", str(self.out), "--binary", str(self.program), *words]
        told = io.StringIO()
        with mock.patch.object(run, "experiments", lambda: modules):
            with mock.patch.object(run, "TEMPLATE", self.template):
                with mock.patch.object(sys, "argv", line):
                    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
                        return run.main(), told.getvalue()

    def results(self) -> dict[str, Any]:
        text = (self.out / "evaluation" / "results.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    def test_figures_report_and_charts_are_written(self) -> None:
        status, _ = self.call([experiment("a", 1)], "--seed", "5")
        self.assertEqual(status, 0)
        entry = self.results()["a"]
        self.assertEqual(entry["figures"], {"seven": 7, "seed": 5})
        self.assertEqual(entry["settings"]["program"], "program 1.2.3")
        page = (self.out / "evaluation.md").read_text(encoding="utf-8")
        self.assertIn("By hand.", page)
        self.assertIn("## Title of a\n\nIt is 7.", page)
        self.assertEqual((self.out / "evaluation" / "a.svg").read_text(), "<svg/>\n")

    def test_the_same_run_gives_the_same_bytes(self) -> None:
        modules = [experiment("a", 1)]
        self.call(modules)
        first = (self.out / "evaluation" / "results.json").read_bytes()
        self.call(modules)
        self.assertEqual((self.out / "evaluation" / "results.json").read_bytes(), first)

    def test_the_page_can_be_renewed_without_measuring(self) -> None:
        modules = [experiment("a", 1)]
        self.call(modules)
        self.template.write_text("Rewritten. {{results}}")
        status, _ = self.call(modules, "--report", "--binary", "nowhere")
        self.assertEqual(status, 0)
        page = (self.out / "evaluation.md").read_text(encoding="utf-8")
        self.assertIn("Rewritten. ## Title of a", page)

    def test_lists_of_numbers_stand_on_one_line_and_read_back(self) -> None:
        figure = {"interval": [0.1, 0.2], "value": 0.15}
        none = {"interval": None, "value": None}
        figures = {"a": [[0.5, 1], [2, None]], "b": {"c": ["x [1]", "y"]}, "d": [figure, none]}
        text = run.as_json(figures)
        self.assertIn("[ 0.5, 1 ]", text)
        self.assertIn('{ "interval": [ 0.1, 0.2 ], "value": 0.15 }', text)
        self.assertEqual(json.loads(text), figures)

    def test_only_keeps_the_figures_of_the_others(self) -> None:
        modules = [experiment("a", 1), experiment("b", 2)]
        self.call(modules, "--seed", "1")
        self.call(modules, "--seed", "2", "--only", "b")
        self.assertEqual(self.results()["a"]["figures"]["seed"], 1)
        self.assertEqual(self.results()["b"]["figures"]["seed"], 2)

    def test_figures_of_another_format_are_not_kept(self) -> None:
        modules = [experiment("a", 1), experiment("b", 2)]
        self.call(modules)
        with mock.patch.object(run, "FORMAT", run.FORMAT + 1):
            self.call(modules, "--only", "b")
        self.assertEqual(list(self.results()), ["b"])

    def test_an_experiment_without_its_script_says_so(self) -> None:
        module = experiment("c", 3)
        module.scripts = ("eval/nowhere.py",)
        _, told = self.call([experiment("a", 1), module])
        self.assertIn("SKIP: c: scripts/eval/nowhere.py not present", told)

    def test_an_experiment_without_its_data_says_so(self) -> None:
        modules = [experiment("a", 1), experiment("b", 2, ("nowhere",))]
        status, told = self.call(modules, "--data", str(self.out))
        self.assertEqual(status, 0)
        self.assertIn("SKIP: b:", told)
        self.assertIn("Not measured", (self.out / "evaluation.md").read_text(encoding="utf-8"))

    def test_without_any_data_the_run_is_a_skip_and_not_a_pass(self) -> None:
        status, told = self.call([experiment("b", 2, ("nowhere",))], "--data", str(self.out))
        self.assertEqual(status, 77)
        self.assertIn("SKIP:", told)

    def test_a_program_that_fails_ends_the_run(self) -> None:
        self.program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
        status, told = self.call([experiment("a", 1)])
        self.assertEqual(status, 70)
        self.assertIn("exit code 3: broken", told)

    def test_a_program_that_is_not_there_is_named(self) -> None:
        status, told = self.call([experiment("a", 1)], "--binary", str(self.out / "none"))
        self.assertEqual(status, 66)
        self.assertIn("none: not found", told)


class Table(unittest.TestCase):
    def test_every_experiment_keeps_the_contract(self) -> None:
        modules = run.experiments()
        for module in modules:
            self.assertIsInstance(module.needs, tuple, module.name)
            self.assertTrue(module.title and callable(module.run) and callable(module.render))
        for key in ("name", "title", "order"):
            values = [getattr(module, key) for module in modules]
            self.assertEqual(len(set(values)), len(values), key)

    def test_an_unknown_experiment_is_refused(self) -> None:
        done = subprocess.run(
            [HERE / "run", "--only", "nothing"], capture_output=True, text=True, check=False
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("there are attacks, dstc2", done.stderr)


class Whole(unittest.TestCase):
    def test_generated_logs_are_measured_from_end_to_end(self) -> None:
        if not PROGRAM.is_file():
            print(f"SKIP: {PROGRAM} not built")
            self.skipTest(f"{PROGRAM} not built")
        with tempfile.TemporaryDirectory() as out:
            words = ["--quick", "--only", "generated", "--out", out, "--binary", PROGRAM]
            subprocess.run([HERE / "run", *words], check=True, capture_output=True)
            text = (Path(out) / "evaluation" / "results.json").read_text(encoding="utf-8")
            figures = json.loads(text)["generated"]["figures"]
        self.assertGreater(figures["said_again"], 100)
        self.assertLess(figures["never_judged"], figures["pairs"] / 50)
        overlap = next(row for row in figures["figures"] if row["what"] == "word overlap")
        # The judge knows what a bag of words does not; less would be a broken measurement.
        self.assertGreater(figures["figures"][0]["ap"]["value"], overlap["ap"]["value"])


if __name__ == "__main__":
    unittest.main()
