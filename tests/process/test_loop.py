#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weeks of a simulated assistant that serves what it learnt (scripts/eval/selfaware.py): watching its own
rewrites keeps errors from feeding themselves."""
import argparse
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "eval"))
import selfaware  # noqa: E402
from harness import program  # noqa: E402

DRIFT = 7


def run(aware, **changes):
    settings = argparse.Namespace(
        program=program(), weeks=11, drift=DRIFT, drifting=0.3, sources=10, users=300, sessions=1500,
        history=4, minority=0.05, deaf=0.5, patience=0.6, seed=1, **changes)
    return selfaware.simulate(settings, aware)


class Loop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.aware, cls.blind = run(True), run(False)

    def test_a_rewrite_that_serves_well_is_kept_when_nobody_says_it_again(self):
        lost = [week.type_two for week in self.aware]
        self.assertEqual(sum(lost), 0, lost)
        self.assertGreater(sum(week.type_two for week in self.blind), 0)

    def test_a_rewrite_that_no_longer_serves_is_gone_within_two_weeks(self):
        wrong = [week.type_one for week in self.aware]
        self.assertGreater(wrong[DRIFT - 1], 0)  # minds changed that Monday: nobody could know
        self.assertEqual(sum(wrong[DRIFT + 1:]), 0, wrong)

    def test_errors_last_longer_where_nobody_watches(self):
        def weeks_wrong(weeks):
            return sum(week.type_one for week in weeks[DRIFT:])
        self.assertLess(weeks_wrong(self.aware), weeks_wrong(self.blind))

    def test_everything_is_learnt_before_and_after(self):
        self.assertEqual(self.aware[DRIFT - 2].rewrites, 10)
        self.assertEqual(self.aware[-1].rewrites - self.aware[-1].type_one, 10)


if __name__ == "__main__":
    unittest.main()
