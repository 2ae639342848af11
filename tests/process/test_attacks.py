# SPDX-License-Identifier: Apache-2.0
"""Colluding accounts, canary phrases and hubs, through the whole program (scripts/eval/attack.py)."""
import sys
import tempfile
import unittest
from pathlib import Path

import harness

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "eval"))
import attack  # noqa: E402
import mined  # noqa: E402


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        binary, work = Path(harness.program()), Path(folder.name)
        log = attack.honest_log(binary, work, 6_000, harness.SEED)
        cls.result = attack.experiment(binary, log, work, 1, harness.SEED)

    def test_what_one_person_says_is_in_no_output(self):
        canaries = self.result["canaries"]
        self.assertEqual(canaries["leaked"], {})
        self.assertGreater(canaries["looked_at"], 3)

    def test_fewer_accounts_than_the_least_number_of_users_teach_nothing(self):
        few = [cell["hits"] for where, cell in self.result["collusion"]["cells"].items()
               if int(where.split()[2]) < mined.SUPPORT]
        self.assertTrue(few)
        self.assertEqual(sum(few), 0)

    def test_no_attack_within_the_certificate_gets_through(self):
        self.assertEqual(self.result["collusion"]["against_the_certificate"], 0)

    def test_a_word_that_stops_the_assistant_is_nobodys_synonym(self):
        self.assertEqual(self.result["hubs"]["control"]["through"], 0)


if __name__ == "__main__":
    unittest.main()
