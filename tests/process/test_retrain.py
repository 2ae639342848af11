# SPDX-License-Identifier: Apache-2.0
"""systemd/retrain-all: every marker is tried once, and none is left to start the unit again."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "systemd" / "retrain-all"


class Retrain(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.spool = pathlib.Path(self.place.name, "spool")
        (self.spool / "ready").mkdir(parents=True)

    def export(self, week, finished=True):
        folder = pathlib.Path(self.place.name, "exports dir", week)
        folder.mkdir(parents=True)
        if finished:
            (folder / "_SUCCESS").touch()
        marker = self.spool / "ready" / f"{week}-aa.json"
        marker.write_text('{"id":"%s-aa","data":{"dataset_id":"%s","path":"%s"}}\n' % (week, week, folder))
        return folder

    def run_script(self, program):
        path = pathlib.Path(self.place.name, "retrain")
        path.write_text("#!/bin/sh\n" + program)
        os.chmod(path, 0o700)
        done = subprocess.run([SCRIPT, self.spool, path], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def names(self, folder):
        return sorted(path.name for path in (self.spool / folder).iterdir())

    def test_markers_go_when_the_trainer_succeeds_oldest_first(self):
        self.export("2026-W47")
        first = self.export("2026-W46")
        seen = pathlib.Path(self.place.name, "seen")
        self.assertEqual(self.run_script(f'echo "$2" >>"{seen}"; test -f "$1"\n')[0], 0)
        self.assertEqual(seen.read_text().splitlines()[0], str(first))
        self.assertEqual(len(seen.read_text().splitlines()), 2)
        self.assertEqual(self.names("ready"), [])
        self.assertEqual(self.names("failed"), [])
        self.assertEqual(self.names("done"), ["2026-W46-aa.json", "2026-W47-aa.json"])

    def test_a_failure_moves_its_marker_away_and_holds_up_no_other(self):
        self.export("2026-W46")
        self.export("2026-W47")
        code, errors = self.run_script('case "$2" in *W46) exit 3 ;; esac\n')
        self.assertEqual(code, 1)
        self.assertIn("2026-W46-aa.json", errors)
        self.assertEqual(self.names("ready"), [])
        self.assertEqual(self.names("failed"), ["2026-W46-aa.json", "2026-W46-aa.reason"])
        reason = (self.spool / "failed" / "2026-W46-aa.reason").read_text()
        self.assertIn("ended with 3", reason)
        self.assertEqual(self.names("done"), ["2026-W47-aa.json"])

    def test_the_reason_is_what_the_trainer_says_and_goes_when_it_succeeds(self):
        self.export("2026-W46")
        self.run_script('echo "worse by far" >"$REPHRASED_REASON"; exit 3\n')
        reason = self.spool / "failed" / "2026-W46-aa.reason"
        self.assertEqual(reason.read_text(), "worse by far\n")
        (self.spool / "failed" / "2026-W46-aa.json").rename(self.spool / "ready" / "2026-W46-aa.json")
        self.assertEqual(self.run_script("exit 0\n")[0], 0)
        self.assertEqual(self.names("failed"), [])

    def test_a_marker_without_a_finished_export_is_no_training(self):
        self.export("2026-W46", finished=False)
        (self.spool / "ready" / "x.json").write_text("{broken\n")
        ran = pathlib.Path(self.place.name, "ran")
        self.assertEqual(self.run_script(f'touch "{ran}"\n')[0], 1)
        self.assertFalse(ran.exists())
        self.assertEqual(
            self.names("failed"), ["2026-W46-aa.json", "2026-W46-aa.reason", "x.json", "x.reason"]
        )

    def test_an_empty_spool_is_no_failure(self):
        self.assertEqual(self.run_script("exit 1\n")[0], 0)


if __name__ == "__main__":
    unittest.main()
