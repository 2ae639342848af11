#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs that are still written to, that are empty, or that come in runs of their own."""
import gzip
import os
import pty
import random
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import SEED, files_of, program, rounds  # noqa: E402
from support import EXPORTS, Stores, count_exports  # noqa: E402


class GrowingLogs(Stores):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logs = cls.generate(cls(), "--seed", SEED, "--sessions", 2500, "--weeks", 3, "--users", 60,
                                "--partitions", 2, "--locale", "en-US", "--locale", "th-TH")
        cls.texts = []
        for log in cls.logs:
            with open(log, "rb") as file:
                cls.texts.append(file.read())

    def write(self, path, data):
        with open(path, "wb") as file:
            file.write(data)

    def exports(self, place):
        return files_of(os.path.join(place, EXPORTS))

    # ---- the last line -------------------------------------------------------------------------

    def test_a_log_read_while_its_last_line_was_written_ends_like_the_whole_one(self):
        text = self.texts[0]
        whole = self.replayed([self.logs[0]], final=False)
        chosen = random.Random(SEED)
        middle = text.index(b"\n", len(text) // 2) + 1
        cuts = [0, 1, middle - 1, middle, middle + 1, len(text) - 1]
        cuts += [chosen.randrange(len(text)) for _ in range(rounds(4))]
        for cut in cuts:
            place = self.place()
            log = self.file("log", [text[:cut]])
            report = self.replay_logs(place, [log], final=False)
            self.assertEqual(report["records"], text[:cut].count(b"\n"), cut)
            self.assertEqual(report["rejected"], 0, cut)
            self.assertEqual(report["unfinished_logs"], int(not text[:cut].endswith(b"\n") and cut > 0))
            self.write(log, text)
            report = self.replay_logs(place, [log], final=False)
            self.assertEqual(report["unfinished_logs"], 0, cut)
            self.assert_same(place, whole, f"cut at {cut}")

    def test_final_takes_a_last_line_without_its_end(self):
        log = self.file("log", [self.texts[0].rstrip(b"\n")])
        place = self.place()
        waiting = self.replay_logs(place, [log], final=False)
        self.assertEqual(waiting["unfinished_logs"], 1)
        taken = self.replay_logs(place, [log])
        self.assertEqual((taken["records"], taken["unfinished_logs"], taken["rejected"]), (1, 0, 0))
        self.assert_same(place, self.replayed([self.logs[0]]), "final", without=("offset",))
        again = self.replay_logs(place, [log], final=False)
        self.assertEqual(again["records"], 0)

    def test_logs_that_are_empty_yet_may_be_named_together_and_fill_later(self):
        place, empty = self.place(), [self.file("log", []) for _ in self.logs]
        report = self.replay_logs(place, empty, final=False)
        self.assertEqual(report["records"], 0)
        packed = self.file("log", [gzip.compress(b"")])
        self.replay_logs(place, [*empty, packed], final=False)
        for path, text in zip(empty, self.texts):
            self.write(path, text)
        self.replay_logs(place, [*empty, packed])
        self.assert_same(place, self.replayed(self.logs), "filled")

    # ---- runs of their own ---------------------------------------------------------------------

    def test_a_log_that_comes_later_brings_the_exports_up_to_date(self):
        together = self.replayed(self.logs, final=False)
        self.assertGreater(count_exports(together), 1)
        for order in (self.logs, self.logs[::-1]):
            place = self.place()
            for log in order:
                self.replay_logs(place, [log], final=False)
            self.assertEqual(self.exports(place), self.exports(together))
            report = self.replay_logs(place, self.logs, final=False)
            self.assertEqual(report["weeks_exported"], 0, "nothing came, and yet it exported")

    def test_one_run_writes_each_week_once(self):
        report = self.replay_logs(self.place(), self.logs, extra=["--batch", 50])
        self.assertEqual(report["weeks_exported"], count_exports(self.replayed(self.logs)))

    # ---- the command line ----------------------------------------------------------------------

    def test_from_must_be_before_to(self):
        place = self.place()
        for first, second in (("2026-05-01", "2026-04-01"), ("2026-05-01", "2026-05-01")):
            done = self.run_program(self.arguments(place, self.logs, extra=["--from", first, "--to", second]))
            self.assertEqual(done.returncode, 64)
            self.assertIn("--from must be before --to", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(place, "store")))

    def test_an_evidence_file_in_no_folder_is_an_output_error(self):
        place = self.place()
        wanted = os.path.join(place, "missing", "evidence")
        done = self.run_program(self.arguments(place, self.logs, extra=["--evidence", wanted]))
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn(wanted, done.stderr)

    def test_on_a_terminal_the_summary_stands_on_lines_of_its_own(self):
        ours, theirs = pty.openpty()
        place = self.place()
        # Batches small enough for a run of more than the half second until progress shows.
        with subprocess.Popen([program(), *self.arguments(place, self.logs, extra=["--batch", 5])],
                              stdout=subprocess.DEVNULL, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            try:
                while chunk := os.read(ours, 65536):
                    shown += chunk
            except OSError:
                pass  # how a terminal says that nobody writes any more
            self.assertEqual(process.wait(), 0)
        os.close(ours)
        self.assertIn(b" votes, ", shown, "no progress was shown")
        left = re.sub(rb"[^\n]*\r\x1b\[K", b"", shown).replace(b"\r", b"")
        self.assertRegex(left, rb"(?m)^events +\d")
        self.assertNotIn(b" left", left)


if __name__ == "__main__":
    unittest.main()
