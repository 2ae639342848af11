#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every row of a store is what naive code of its own makes of the same logs."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle  # noqa: E402
import rows  # noqa: E402
from harness import SEED, rounds  # noqa: E402
from support import Chaos, Stores, tables_of, write_config  # noqa: E402

FATES = ("counted", "rejected", "late", "duplicate", "outside")
LOCALES = ("en-US", "de-DE", "tr-TR", "ja-JP", "th-TH", "ar-SA")
# Bounds so tight that a few hundred events reach all of them.
TIGHT = {"gap": "2m", "grace": "1m", "rephrase_gap": "60s", "max_distance": "4"}
TIGHT_BOUNDS = [{"max_turns": "6", "max_bytes": "64KiB", "max_duration": "10m"},
                {"max_turns": "60", "max_bytes": "4KiB", "max_duration": "24h"},
                {"max_turns": "60", "max_bytes": "64KiB", "max_duration": "3m"}]
TIGHT_PARAMETERS = [
    oracle.Parameters(gap=120_000, grace=60_000, rephrase_gap=60_000, max_distance=4,
                      max_turns=turns, max_bytes=size, max_duration=duration)
    for turns, size, duration in ((6, 65536, 600_000), (60, 4096, 86_400_000), (60, 65536, 180_000))]


class Oracle(Stores):
    def check(self, logs, final=True, extra=(), parameters=oracle.Parameters()):
        """Replays and compares counts and rows; returns (the oracle, its tables)."""
        place = self.place()
        evidence = os.path.join(place, "evidence")
        report = self.replay_logs(place, logs, final, ["--evidence", evidence, *extra])
        return self.compare(place, evidence, report, logs, final, parameters)

    def compare(self, place, evidence, report, logs, final, parameters):
        expected, tables = tables_of(logs, self.keys, evidence, parameters=parameters, final=final)
        self.assert_sound(place)
        found = rows.decode(self.dump(place))
        different = oracle.differences(tables, found)
        self.assertFalse(different, "\n".join(different[:10]))
        self.assertEqual(sorted(offset["next"] for offset in found["offset"].values()),
                         sorted(partition.size for partition in expected.partitions))
        if report:
            self.check_report(report, expected, tables)
        return expected, tables

    def check_report(self, report, expected, tables):
        for name in (*FATES, "unknown_signals"):
            self.assertEqual(report[name], expected.counts[name], name)
        self.assertEqual(report["records"], sum(expected.counts[name] for name in FATES))
        for reason, count in report["closed_sessions"].items():
            self.assertEqual(count, expected.reasons[reason], f"sessions closed: {reason}")
        self.assertEqual(report["turns"], sum(map(len, expected.sessions)))
        self.assertEqual(report["transitions"], len(expected.transitions()))
        self.assertEqual(report["votes"], sum(sum(row["edges"]) for row in tables["vote"].values()))
        still_open = sum(len(partition.still_open()) for partition in expected.partitions)
        self.assertEqual(report["open_sessions"], still_open)

    def tight(self, seed):
        return write_config(os.path.join(self.place(), "config.yaml"),
                            {"session": TIGHT | TIGHT_BOUNDS[seed % 3]})

    def test_it_agrees_on_generated_logs_of_every_language(self):
        for locale in LOCALES:
            with self.subTest(locale):
                logs = self.generate("--seed", SEED, "--sessions", 250, "--weeks", 3, "--users", 30,
                                     "--locale", locale)
                _, tables = self.check(logs)
                self.assertGreater(len(tables["vote"]), 20)

    def test_it_agrees_on_partitions_with_bots_late_and_duplicate_events(self):
        seen = {name: 0 for name in ("late", "duplicate", "counted")}
        for seed in range(SEED, SEED + rounds(3)):
            logs = self.generate("--seed", seed, "--sessions", 1500, "--weeks", 3, "--users", 40,
                                 "--partitions", 1 + seed % 4)
            for final in (True, False):
                with self.subTest(seed=seed, final=final):
                    expected, _ = self.check(logs, final, ["--batch", 1 + 400 * seed])
                    seen = {name: seen[name] + expected.counts[name] for name in seen}
                    self.assertEqual(any(p.open for p in expected.partitions), not final)
        self.assertTrue(all(seen.values()), seen)

    def test_it_agrees_where_a_formulation_is_said_by_more_users_than_are_kept(self):
        logs = self.generate("--seed", SEED, "--sessions", 4000, "--weeks", 1, "--users", 1500,
                             "--locale", "en-US")
        _, tables = self.check(logs)
        crowded = [row for row in tables["usage"].values() if row["more_users"]]
        self.assertTrue(crowded)
        self.assertTrue(all(len(row["users"]) == rows.USERS for row in crowded))

    def test_it_agrees_on_sessions_that_merge_are_cut_come_late_or_twice(self):
        reasons, fates = set(), set()
        for seed in range(SEED, SEED + rounds(12)):
            chaos = Chaos(seed, people=2 + seed % 5, step=4000 * (1 + seed % 7))
            logs = [self.file("chaos", chaos.lines(400)),
                    self.file("chaos", Chaos(seed + 1000, people=3).lines(200))]
            with self.subTest(seed=seed):
                expected, _ = self.check(
                    logs, seed % 4 > 0,
                    ["--config", self.tight(seed), "--batch", 1 + 37 * (seed % 9)],
                    TIGHT_PARAMETERS[seed % 3])
                reasons |= {name for name, count in expected.reasons.items() if count}
                fates |= {name for name, count in expected.counts.items() if count}
        self.assertLessEqual({"gap", "turns", "bytes", "duration", "final"}, reasons)
        self.assertLessEqual({"counted", "rejected", "late", "duplicate"}, fates)

    def test_it_agrees_on_odd_spellings_and_outcomes_with_the_defaults(self):
        for seed in range(SEED, SEED + rounds(4)):
            with self.subTest(seed=seed):
                chaos = Chaos(seed, people=80, step=20_000, jitter=3_000_000)
                _, tables = self.check([self.file("chaos", chaos.lines(1200))])
                self.assertTrue(any(sum(row["total"][4:]) for row in tables["usage"].values()))

    def test_it_agrees_on_a_log_that_grew_and_was_replayed_again_and_again(self):
        """The store after many runs, each of which had to rebuild the sessions still open."""
        for seed in range(SEED, SEED + rounds(6)):
            with self.subTest(seed=seed):
                chaos = Chaos(seed, people=3, step=5000 * (1 + seed % 4))
                lines = chaos.lines(240)
                place, log = self.place(), self.file("grows", [])
                evidence = os.path.join(place, "evidence")
                extra = ["--config", self.tight(seed), "--batch", 1 + seed * 5,
                         "--evidence", evidence]
                with open(log, "ab") as file:
                    while lines:
                        some = chaos.random.randint(1, 40)
                        file.writelines(lines[:some])
                        file.flush()
                        lines = lines[some:]
                        # 65: of what was new, nothing was an event.
                        self.replay_logs(place, [log], not lines, extra, (0, 65))
                self.compare(place, evidence, None, [log], True,
                             TIGHT_PARAMETERS[seed % 3])

    def test_it_agrees_on_a_part_of_the_time(self):
        logs = self.generate("--seed", SEED, "--sessions", 800, "--weeks", 3, "--users", 60)
        parameters = oracle.Parameters(begin=1768176000000, end=1768780800000)
        expected, _ = self.check(logs, True, ["--from", "2026-01-12", "--to", "2026-01-19"],
                                 parameters)
        self.assertGreater(expected.counts["outside"], 100)
        self.assertGreater(expected.counts["counted"], 100)


if __name__ == "__main__":
    unittest.main()
