#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same events give the same store and the same files, however they arrive."""
import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import SEED, program, rounds  # noqa: E402
from support import Chaos, Stores, count_exports, write_config  # noqa: E402


class Determinism(Stores):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logs = cls.generate(cls(), "--seed", SEED, "--sessions", 2500, "--weeks", 3, "--users",
                                150, "--partitions", 3)
        for log in cls.logs:
            cls.spoil(log)
        cls.reference = cls.replayed(cls(), cls.logs)

    def assert_like_reference(self, place, title):
        self.assert_same(place, self.reference, title)

    def test_the_reference_has_something_to_lose(self):
        rows = self.rows_of(self.reference)
        self.assertGreater(len(rows["vote"]), 300)
        self.assertEqual(len(rows["offset"]), 3)
        self.assertGreaterEqual(count_exports(self.reference), 3)

    def test_the_size_of_batches_changes_nothing(self):
        for batch in (7, 1000, 50000):
            self.assert_like_reference(self.replayed(self.logs, extra=["--batch", batch]),
                                       f"--batch {batch}")

    def with_threads(self, threads, logs, extra=()):
        config = write_config(os.path.join(self.place(), "config.yaml"),
                              {"mining": {"threads": threads}})
        return self.replayed(logs, extra=["--config", config, *extra])

    def test_the_number_of_threads_changes_nothing(self):
        for threads in (1, 2, 3, 8):
            for batch in (700, 50000):
                self.assert_like_reference(
                    self.with_threads(threads, self.logs, ["--batch", batch]),
                    f"{threads} threads, --batch {batch}")

    def test_the_evidence_is_the_same_to_the_byte_whatever_the_number_of_threads(self):
        found = []
        for threads in (1, 2, 3, 8):
            file = os.path.join(self.place(), "evidence")
            self.with_threads(threads, self.logs, ["--evidence", file, "--batch", 900])
            with open(file, "rb") as evidence:
                found.append(evidence.read())
        self.assertGreater(len(found[0]), 10000)
        self.assertEqual([text == found[0] for text in found], [True] * 4)

    def test_a_transaction_for_every_record_changes_nothing(self):
        logs = self.generate("--seed", SEED + 1, "--sessions", 60, "--weeks", 2)
        expected = self.replayed(logs)
        self.assert_same(self.replayed(logs, extra=["--batch", 1]), expected, "--batch 1")

    def test_the_order_of_partitions_changes_nothing(self):
        for logs in (self.logs[::-1], self.logs[1:] + self.logs[:1]):
            self.assert_like_reference(self.replayed(logs), "another order")

    def test_a_second_store_is_equal(self):
        self.assert_like_reference(self.replayed(self.logs), "a second store")

    def test_judging_with_evidence_changes_nothing(self):
        evidence = os.path.join(self.place(), "evidence")
        self.assert_like_reference(self.replayed(self.logs, extra=["--evidence", evidence]),
                                   "--evidence")

    def test_judging_with_evidence_cuts_sessions_where_judging_without_does(self):
        """Turns that wait for evidence keep their event ids; session.max_bytes must not count them."""
        config = write_config(os.path.join(self.place(), "config.yaml"),
                              {"session": {"max_bytes": "4KiB"}})
        log = self.file("log", Chaos(SEED, people=2).lines(300))
        evidence = os.path.join(self.place(), "evidence")
        extra = ["--config", config]
        expected = self.replayed([log], extra=extra)
        self.assert_same(self.replayed([log], extra=[*extra, "--evidence", evidence]), expected,
                         "--evidence")

    def test_the_evidence_is_the_same_whatever_the_batch(self):
        files = [os.path.join(self.place(), "evidence") for _ in range(2)]
        for file, batch in zip(files, (7, 50000)):
            self.replayed(self.logs, extra=["--evidence", file, "--batch", batch])
        with open(files[0], "rb") as first, open(files[1], "rb") as second:
            self.assertEqual(sorted(first), sorted(second))

    # ---- how the bytes come --------------------------------------------------------------------

    def pack_gzip(self, log):
        packed = os.path.join(self.place(), "log")
        with open(log, "rb") as source, gzip.open(packed, "wb") as target:
            shutil.copyfileobj(source, target)
        return packed

    def pack_zstd(self, log):
        packed = os.path.join(self.place(), "log")
        subprocess.run(["zstd", "-q", "-o", packed, log], check=True)
        return packed

    def test_packed_logs_change_nothing(self):
        packers = {"gzip": self.pack_gzip}
        if shutil.which("zstd"):
            packers["zstd"] = self.pack_zstd
        for title, pack in packers.items():
            self.assert_like_reference(self.replayed([pack(log) for log in self.logs]), title)

    def test_a_log_packed_in_several_pieces_changes_nothing(self):
        with open(self.logs[0], "rb") as file:
            text = file.read()
        packed = os.path.join(self.place(), "log")
        with open(packed, "wb") as file:
            for at in range(0, len(text), 100_001):
                file.write(gzip.compress(text[at:at + 100_001]))
        self.assert_like_reference(self.replayed([packed, *self.logs[1:]]), "gzip members")

    def test_standard_input_changes_nothing(self):
        place = self.place()
        with open(self.logs[1], "rb") as file:
            done = subprocess.run([program(), *self.arguments(place, [self.logs[0], "-",
                                                                      self.logs[2]])],
                                  stdin=file, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_like_reference(place, "standard input")

    def test_the_end_of_the_last_line_changes_only_the_offset(self):
        with open(self.logs[0], "rb") as file:
            cut = self.file("cut", [file.read().rstrip(b"\n")])
        place = self.replayed([cut, *self.logs[1:]])
        self.assert_same(place, self.reference, "no line feed at the end", without=("offset",))

    # ---- several runs --------------------------------------------------------------------------

    def test_another_run_over_the_same_logs_changes_nothing(self):
        place = self.replayed(self.logs)
        report = self.replay_logs(place, self.logs)
        self.assertEqual(report["records"], 0)
        self.assert_like_reference(place, "again")

    def test_partitions_in_runs_of_their_own_change_no_row(self):
        """Each run exports what its log completes, so only the rows must be those of one run."""
        place = self.place()
        for log in self.logs:
            done = self.run_program(["replay", "--final", "--secret", self.secret, "--store",
                                     os.path.join(place, "store"), log])
            self.assertEqual(done.returncode, 0, done.stderr)
        found, wanted = self.rows_of(place), self.rows_of(self.reference)
        for table in sorted(set(wanted) - {"export"}):
            self.assertEqual(found[table], wanted[table], table)

    def halves(self, share):
        """Logs that end in the middle, at the end of a line."""
        result = []
        for log in self.logs:
            with open(log, "rb") as file:
                lines = list(file)
            result.append(self.file("half", lines[:int(len(lines) * share)]))
        return result

    def test_logs_that_grew_end_like_whole_ones(self):
        for share in (0.01, 0.5, 0.98):
            for batch in (11, 50000):
                place, grown = self.place(), self.halves(share)
                self.replay_logs(place, grown, False, ["--batch", batch])
                for log, whole in zip(grown, self.logs):
                    shutil.copyfile(whole, log)
                self.replay_logs(place, grown, True, ["--batch", batch])
                self.assert_like_reference(place, f"{share} first, --batch {batch}")

    def stop_after(self, place, seconds, batch):
        """One run that is asked to stop; whether it did."""
        arguments = self.arguments(place, self.logs, extra=["--batch", batch])
        with subprocess.Popen([program(), *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            time.sleep(seconds)
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=300)
        # Before the program has taken the signal over, it ends by it.
        self.assertIn(process.returncode, (0, 75, -signal.SIGTERM), errors)
        return '"stopped":true' in output

    def test_stopped_and_resumed_it_ends_like_one_run(self):
        started = time.monotonic()
        self.replayed(self.logs, extra=["--batch", 40])
        length, stops = time.monotonic() - started, 0
        for _ in range(rounds(5)):
            place = self.place()
            for share in (0.2, 0.5, 0.5):
                stops += self.stop_after(place, share * length, 40)
            report = self.replay_logs(place, self.logs, extra=["--batch", 40])
            self.assertFalse(report["stopped"])
            self.assert_like_reference(place, "stopped")
        self.assertGreater(stops, 0)

    def test_sessions_of_every_kind_survive_any_cut_of_the_log(self):
        """Merged, cut, late and duplicate: batches and runs may end between any two records."""
        bounds = ({"max_turns": 5}, {"max_bytes": "4KiB"}, {"max_duration": "3m"},
                  {"max_open": 3})
        for seed in range(SEED, SEED + rounds(8)):
            chaos = Chaos(seed, people=2 + seed % 6, step=3000 * (1 + seed % 5))
            lines = chaos.lines(150)
            session = {"gap": "2m", "grace": "1m", **bounds[seed % len(bounds)]}
            config = write_config(os.path.join(self.place(), "config.yaml"), {"session": session})
            whole = self.file("whole", lines)
            expected = self.replayed([whole], extra=["--config", config])
            place, log = self.place(), self.file("grows", lines[:1])
            while lines:
                lines = lines[chaos.random.randint(1, 30):]
                shutil.copyfile(whole, log)
                os.truncate(log, os.path.getsize(whole) - sum(map(len, lines)))
                self.replay_logs(place, [log], not lines,
                                 ["--config", config, "--batch", chaos.random.randint(1, 20)],
                                 (0, 65))  # 65: of what was new, nothing was an event
            self.assert_same(place, expected, f"seed {seed}, {session}")


if __name__ == "__main__":
    unittest.main()
