#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment: what was resumed equals what was never disturbed."""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, program, read_number, rounds  # noqa: E402

CALLS = "open,write,sync,rename,unlink,mkdir,truncate"


class Kill(Case):
    def kill_at_call(self, place, number):
        """One run that dies before its call number `number` to the disk; True when it did."""
        done = self.replay(place, "fail_io", {
            "FAIL_IO_DIR": place, "FAIL_IO_CALLS": CALLS, "FAIL_IO_ERROR": "KILL",
            "FAIL_IO_AFTER": str(number)})
        self.assertIn(done.returncode, (0, -9), done.stderr)
        return done.returncode == -9

    def kill_after(self, place, seconds):
        process = subprocess.Popen([program(), *self.replay_command(place)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, cwd=self.root,
                                   env={**os.environ, "HOME": self.root})
        time.sleep(seconds)
        process.kill()
        code = process.wait()
        self.assertIn(code, (0, -9))
        return code == -9

    def assert_recovers(self, place):
        if os.path.isdir(os.path.join(place, "store")):
            self.assert_sound(place)
        self.assert_exports_whole(os.path.join(place, "exports"))

    def count_calls(self):
        place = self.make_place("counted")
        count = os.path.join(self.root, "count")
        done = self.replay(place, "fail_io", {
            "FAIL_IO_DIR": place, "FAIL_IO_CALLS": CALLS, "FAIL_IO_ERROR": "NONE",
            "FAIL_IO_COUNT": count})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.remove(place)
        return read_number(count)

    def test_killed_before_any_call_to_the_disk_and_resumed_it_ends_the_same(self):
        calls, kills, wanted, number = self.count_calls(), 0, rounds(30), 0
        self.assertGreater(calls, 50)
        while kills < wanted:
            number += 1
            place = self.make_place(f"call-{number}")
            # Several deaths in one life: the next one hits what the last one left behind.
            for _ in range(self.random.randint(1, 3)):
                if not self.kill_at_call(place, self.random.randrange(calls)):
                    break
                kills += 1
                self.assert_recovers(place)
            self.assert_completes(place)
            self.remove(place)
        print(f"{kills} kills at calls, {number} stores", file=sys.stderr)

    def test_killed_at_any_time_and_resumed_it_ends_the_same(self):
        place = self.make_place("timed")
        started = time.monotonic()
        self.assertEqual(self.replay(place).returncode, 0)
        length = time.monotonic() - started
        self.remove(place)
        kills, wanted, number = 0, rounds(20), 0
        while kills < wanted and number < 20 * wanted:
            number += 1
            place = self.make_place(f"time-{number}")
            for _ in range(self.random.randint(1, 3)):
                if not self.kill_after(place, self.random.random() * length):
                    length *= 0.9  # the machine was busier when it was measured
                    break
                kills += 1
                self.assert_recovers(place)
            self.assert_completes(place)
            self.remove(place)
        self.assertGreaterEqual(kills, wanted)
        print(f"{kills} kills by the clock, {number} stores", file=sys.stderr)

    def test_replayed_twice_nothing_is_counted_twice(self):
        place = self.make_place("twice")
        for _ in range(2):
            self.assertEqual(self.replay(place).returncode, 0)
        self.assert_like_undisturbed(place)
        self.remove(place)


if __name__ == "__main__":
    unittest.main()
