# SPDX-License-Identifier: Apache-2.0
"""docs/retraining.md, word for word: its commands work, its configuration is read, its scripts are there."""

import os
import re
import subprocess
import unittest
from pathlib import Path

import toy
from nlu import cycle, prune

TEXT = (toy.ROOT / "docs" / "retraining.md").read_text("utf-8")
PROGRAM = Path(os.environ.get("REPHRASED") or toy.ROOT / "build" / "release" / "rephrased")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


class Manual(toy.Place):
    @unittest.skipUnless(PROGRAM.is_file(), f"SKIP: {PROGRAM} is not built")
    def test_its_example_ends_with_a_better_model_in_service_and_one_step_back(self):
        commands = next(block for block in blocks("sh") if "rephrased generate" in block)
        shown = os.environ | {"PATH": f"{PROGRAM.parent}:{toy.SCRIPTS}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["sh", "-eu", "-c", commands],
            cwd=self.place, env=shown, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertTrue(os.readlink(self.models / "current").startswith("2026-W02-"))
        last = next(self.models.glob("2026-W09-*"))
        report = (last / "gate.txt").read_text("utf-8")
        self.assertIn(": passed", report)
        change = re.search(r"all intent: .*change (\S+) to (\S+) points", report)
        self.assertGreater(float(change[1]), 0, report)
        self.assertRegex(done.stdout, rf"keep .* {last.name}: replaced")

    def test_its_configuration_is_valid_and_names_every_key_with_its_default(self):
        block = next(block for block in blocks("yaml") if "must_pass" in block)
        path = self.place / "retrain.yaml"
        path.write_text(block, "utf-8")
        config = cycle.read_config(path)
        self.assertEqual(config.rules, type(config.rules)())
        self.assertEqual(config.keep, prune.KEEP)
        self.assertEqual({line.split(":")[0] for line in block.splitlines()}, cycle.KEYS)

    def test_it_names_every_script_and_no_other(self):
        table = TEXT[TEXT.index("| script |") : TEXT.index("Exit codes")]
        named = set(re.findall(r"^\| `([a-z-]+)` \|", table, re.M))
        self.assertEqual(named, {path.name for path in toy.SCRIPTS.iterdir() if path.is_file()})

    def test_every_script_tells_its_use(self):
        for path in toy.SCRIPTS.iterdir():
            if path.is_file():
                done = subprocess.run(
                    [str(path), "--help"], capture_output=True, text=True, check=False
                )
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"usage: {path.name}", done.stdout)


if __name__ == "__main__":
    unittest.main()
