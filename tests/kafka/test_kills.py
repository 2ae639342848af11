#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a daemon under load, at random times and at named points: nothing lost, nothing counted twice.

RPH_ROUNDS multiplies the number of kills; REPHRASED_SOAK makes it seven times as many.
"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import harness  # noqa: E402
import support  # noqa: E402

SOAK = 7 if os.environ.get("REPHRASED_SOAK") else 1
CALLS = "open,write,sync,rename,unlink,mkdir,truncate"
# Where a batch can be torn: after a record was taken, around every step of the transaction, around the
# advisory commit.
POINTS = ["after rd_kafka_consumer_poll", "before rd_kafka_assign", "after rd_kafka_assign",
          "before mdb_txn_begin", "after mdb_txn_begin", "before mdb_cursor_put",
          "after mdb_cursor_put", "before mdb_txn_commit", "after mdb_txn_commit",
          "before rd_kafka_commit_queue", "after rd_kafka_commit_queue",
          "before rd_kafka_destroy_flags", "after rd_kafka_destroy_flags", "before mdb_env_close",
          "after mdb_env_close"]


class Kills(service.Case):
    sessions = 800

    def assert_recovers(self, place, topic):
        """What a killed daemon left behind is whole."""
        if os.path.isdir(os.path.join(place, "store")):
            self.assert_sound(place)
        self.assert_never_ahead(place, topic)
        exports = os.path.join(place, support.EXPORTS)
        for week in os.listdir(exports) if os.path.isdir(exports) else []:
            if not week.startswith("."):
                self.check_sums(os.path.join(exports, week))

    def assert_ends_the_same(self, place, topic, config):
        """Another run, without a kill, ends like a replay and like a daemon that nobody disturbed."""
        self.run_to_end(place, config)
        self.assert_like_replay(place, topic)
        self.assert_like_oracle(place, topic)
        self.assert_same(place, self.served(topic), "like an undisturbed daemon", without=("meta",))

    def test_killed_at_any_time_under_load_it_ends_the_same(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic, batch={"records": 50, "wait": "5ms"})
        wanted, kills, moved, last = harness.rounds(30) * SOAK, 0, 0, 0
        lines = sum(len(service.lines_of(log)) for log in self.logs)
        producer = self.broker.produce_in_background(topic, self.logs, rate=max(
            lines // (2 * wanted), 10))
        while kills < wanted:
            daemon = self.launch(place, config)
            time.sleep(self.random.random() * 1.2)
            self.assertTrue(daemon.kill(), f"it ended by itself:\n{daemon.log[-4000:]}")
            kills += 1
            counted = sum(self.counted(place, topic).values())
            self.assertGreaterEqual(counted, last)
            moved += counted > last
            last = counted
            if kills % 4 == 0:
                self.assert_recovers(place, topic)
        self.assertEqual(producer.wait(300), 0)
        self.assertGreater(moved, wanted // 6, "hardly any kill came after work was done")
        self.assert_ends_the_same(place, topic, config)
        print(f"{kills} kills at random times, {moved} after new batches", file=sys.stderr)

    def run_to_point(self, place, config, point, after, options=()):
        """Whether the daemon died at the point."""
        marker = os.path.join(place, "marker")
        daemon = self.launch(place, config, ["--exit-at-end", *options], preload="kill_at", environment={
            "KILL_AT_POINT": point, "KILL_AT_AFTER": str(after), "KILL_AT_MARKER": marker})
        code = daemon.wait()
        died = os.path.exists(marker)
        if died:
            os.remove(marker)
        self.assertEqual(code, -9 if died else 0, f"{point}: {daemon.log[-4000:]}")
        return died

    def test_killed_at_every_named_point_it_ends_the_same(self):
        topic, stores, kills = self.topic(), 1, 0
        settings = {"batch": {"records": 60, "wait": "10ms"}}
        place = self.place()
        config = self.configure(place, topic, **settings)
        for _ in range(harness.rounds(1) * SOAK):
            for point in self.random.sample(POINTS, len(POINTS)):
                # A later call of a process, then the first one: that one must come in a new store.
                for after in (self.random.randint(1, 12), 0):
                    died = self.run_to_point(place, config, point, after)
                    if not died:
                        self.assert_ends_the_same(place, topic, config)
                        place, stores = self.place(), stores + 1
                        config = self.configure(place, topic, **settings)
                        died = self.run_to_point(place, config, point, 0)
                    self.assertTrue(died, f"{point} was never reached")
                    kills += 1
                    self.assert_recovers(place, topic)
        self.assert_ends_the_same(place, topic, config)
        print(f"{kills} kills at {len(POINTS)} named points, {stores} stores", file=sys.stderr)

    def test_killed_before_any_call_to_the_disk_it_ends_the_same(self):
        topic = self.topic()
        place, count = self.place(), os.path.join(self.root, "count")
        settings = {"batch": {"records": 200, "wait": "10ms"}}

        def run(place, config, **variables):
            daemon = self.launch(place, config, ["--exit-at-end"], preload="fail_io", environment={
                "FAIL_IO_DIR": place, "FAIL_IO_CALLS": CALLS, **variables})
            code = daemon.wait()
            self.assertIn(code, (0, -9), daemon.log[-4000:])
            return code == -9

        run(place, self.configure(place, topic, **settings), FAIL_IO_ERROR="NONE",
            FAIL_IO_COUNT=count)
        calls, kills = harness.read_number(count), 0
        self.assertGreater(calls, 50)
        while kills < harness.rounds(16) * SOAK:
            place = self.place()
            config = self.configure(place, topic, **settings)
            for _ in range(self.random.randint(3, 6)):
                if not run(place, config, FAIL_IO_ERROR="KILL",
                           FAIL_IO_AFTER=str(self.random.randrange(calls))):
                    break
                kills += 1
                self.assert_recovers(place, topic)
            self.assert_ends_the_same(place, topic, config)
        print(f"{kills} kills at calls to the disk, of {calls}", file=sys.stderr)

    def test_killed_in_the_middle_of_an_export_the_week_is_whole_or_absent(self):
        topic = self.topic()
        place, kills = self.place(), 0
        config = self.configure(place, topic)
        for after in range(0, 60 * SOAK, 4):
            marker = os.path.join(place, "marker")
            daemon = self.launch(place, config, ["--exit-at-end"], preload="fail_io", environment={
                "FAIL_IO_DIR": os.path.join(place, support.EXPORTS), "FAIL_IO_CALLS": CALLS,
                "FAIL_IO_ERROR": "KILL", "FAIL_IO_AFTER": str(after), "FAIL_IO_MARKER": marker})
            code = daemon.wait()
            if code == 0:
                break
            self.assertEqual(code, -9, daemon.log[-4000:])
            self.assertTrue(os.path.exists(marker))
            kills += 1
            self.assert_recovers(place, topic)
        self.assertGreater(kills, 3)
        self.assert_ends_the_same(place, topic, config)
        print(f"{kills} kills during exports", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
