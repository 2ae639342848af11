#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGTERM while a week is being written: it is broken off within seconds, and a later start ends with the bytes that
nobody disturbed would have written. How fast with a store of a gibibyte: `scripts/bench stop`."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import harness  # noqa: E402
import support  # noqa: E402

CALLS = "open,write,sync,rename,unlink,mkdir,truncate"
SOAK = 5 if os.environ.get("REPHRASED_SOAK") else 1


class Stop(service.Case):
    sessions = 1200
    weeks = 4

    def stopped_at(self, place, config, call):
        """A service that gets SIGTERM before the given call below exports; whether it was ever made."""
        marker = os.path.join(place, "marker")
        daemon = self.launch(place, config, ["--exit-at-end"], preload="fail_io", environment={
            "FAIL_IO_DIR": os.path.join(place, support.EXPORTS), "FAIL_IO_CALLS": CALLS, "FAIL_IO_TIMES": "1",
            "FAIL_IO_ERROR": "TERM", "FAIL_IO_AFTER": str(call), "FAIL_IO_MARKER": marker})
        self.assertEqual(daemon.wait(), 0, daemon.log[-4000:])
        reached = os.path.exists(marker)
        if reached:
            os.remove(marker)
            self.assertIn('"message":"stopping"', daemon.log)
        return reached, "weeks_broken_off" in daemon.log

    def assert_whole_weeks_only(self, place):
        exports = os.path.join(place, support.EXPORTS)
        for name in os.listdir(exports):
            self.assertFalse(name.startswith(".tmp"), "something in the making was left behind")
            if not name.startswith("."):
                self.check_sums(os.path.join(exports, name))

    def test_broken_off_at_any_call_to_the_disk_the_weeks_end_with_the_same_bytes(self):
        topic = self.topic()
        undisturbed = self.served(topic, log={"level": "info"})
        stops = broken = 0
        place, call = self.place(), 0
        config = self.configure(place, topic, log={"level": "info"})
        for _ in range(int(harness.rounds(25) * SOAK)):
            reached, off = self.stopped_at(place, config, call)
            stops, broken = stops + reached, broken + off
            if os.path.isdir(os.path.join(place, support.EXPORTS)):
                self.assert_whole_weeks_only(place)
            if not reached:
                self.run_to_end(place, config)
                self.assert_same(place, undisturbed, "broken off again and again", without=("meta",))
                place = self.place()
                config = self.configure(place, topic, log={"level": "info"})
            call = self.random.randrange(40)
        self.run_to_end(place, config)
        self.assert_same(place, undisturbed, "broken off again and again", without=("meta",))
        self.assert_like_replay(place, topic)
        self.assertGreater(broken, 2, "hardly ever broken off")
        print(f"{stops} stops within exports, {broken} broke work on weeks off", file=sys.stderr)

    def test_a_start_with_nothing_new_leaves_what_is_published_as_it_was(self):
        topic = self.topic()
        place = self.served(topic)
        before = {name: rows for name, rows in self.rows_of(place).items() if name in ("rewrite", "meta", "export")}
        for _ in range(2):
            self.run_to_end(place, os.path.join(place, "rephrased.yaml"))
        after = self.rows_of(place)
        self.assertEqual({name: after[name] for name in before}, before)


if __name__ == "__main__":
    unittest.main()
