#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Nth allocation fails, once or from then on: a clean end, and a run with memory completes."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import DOCUMENTED_CODES, Case, read_number, rounds  # noqa: E402


class Alloc(Case):
    sessions = 40
    users = 12
    weeks = 2
    partitions = 1
    batch = 60
    locales = ("en-US",)

    def count(self, scope):
        place, count = self.make_place("counted"), os.path.join(self.root, "count")
        done = self.replay(place, "fail_alloc",
                           {"FAIL_ALLOC_SCOPE": scope, "FAIL_ALLOC_COUNT": count})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.remove(place)
        return read_number(count)

    def fail_at(self, number, scope, forever):
        place, marker = self.make_place(f"at-{number}"), os.path.join(self.root, "marker")
        done = self.replay(place, "fail_alloc", {
            "FAIL_ALLOC_AT": str(number), "FAIL_ALLOC_SCOPE": scope,
            "FAIL_ALLOC_FOREVER": "1" if forever else "0", "FAIL_ALLOC_MARKER": marker})
        with self.subTest(number=number, scope=scope, forever=forever):
            self.assertTrue(os.path.exists(marker), "the fault never happened")
            if scope == "all" and done.returncode == -6 and "terminate called" in done.stderr:
                self.terminations += 1
            elif done.returncode:
                self.assertIn(done.returncode, DOCUMENTED_CODES, done.stderr)
                self.assert_clear_error(done, DOCUMENTED_CODES)
            if os.path.isdir(os.path.join(place, "store")):
                self.assert_sound(place)
            self.assert_exports_whole(os.path.join(place, "exports"))
            self.assert_completes(place)
        if os.path.exists(marker):
            os.remove(marker)
        self.remove(place)
        return done.returncode

    def fail_at_each(self, numbers, scope, forever):
        codes = {}
        for number in numbers:
            code = self.fail_at(number, scope, forever)
            codes[code] = codes.get(code, 0) + 1
        print(f"{scope}, forever={forever}: exit codes {codes}", file=sys.stderr)

    def spread(self, count, wanted):
        """The first half one by one, the rest spread over what follows."""
        head = list(range(1, min(count, wanted // 2) + 1))
        rest = range(len(head) + 1, count + 1)
        return head + sorted(self.random.sample(rest, min(len(rest), wanted - len(head))))

    def test_one_failure_in_the_programs_own_code(self):
        count = self.count("program")
        self.fail_at_each(self.spread(count, rounds(150)), "program", False)

    def test_no_memory_from_some_point_on(self):
        count = self.count("program")
        self.fail_at_each(self.spread(count, rounds(50)), "program", True)

    def test_one_failure_anywhere_libraries_included(self):
        """libsimdjson chooses its code for the processor on first use, and answers the failure of one
        of the few small allocations for it with std::terminate, inside functions that cannot be left
        by an exception. The store survives that as it survives a kill; nothing else may end so."""
        self.terminations = 0
        count = self.count("all")
        self.fail_at_each(self.spread(count, rounds(100)), "all", False)
        self.assertLessEqual(self.terminations, 8)


if __name__ == "__main__":
    unittest.main()
