#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that fill up or break under the service: it waits or ends as documented, and nothing is lost."""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import broker as brokers  # noqa: E402
import harness  # noqa: E402
import support  # noqa: E402

IO_ERROR = 74


class FullDisk(service.Case):
    def run_with_fault(self, place, config, codes, **fault):
        """A run on a disk with a fault; its exit code. It must happen."""
        marker = os.path.join(self.root, "marker")
        daemon = self.launch(place, config, ["--exit-at-end"], preload="fail_io", environment={
            "FAIL_IO_DIR": place, "FAIL_IO_MARKER": marker, **fault})
        code = daemon.wait()
        with self.subTest(**fault):
            self.assertTrue(os.path.exists(marker), "the fault never happened")
            self.assertIn(code, codes, daemon.log[-4000:])
            if os.path.isdir(os.path.join(place, "store")):
                self.assert_sound(place)
        if os.path.exists(marker):
            os.remove(marker)
        return code

    def test_a_commit_that_fails_ends_it_and_the_next_start_goes_on(self):
        topic, failed = self.topic(), 0
        wanted = None
        for error, calls, after in [(error, calls, after) for error in ("EIO", "ENOSPC")
                                    for calls, after in (("sync", 1), ("sync", 3), ("write", 10),
                                                         ("write", 40))]:
            place = self.place()
            config = self.configure(place, topic, batch={"records": 30, "wait": "5ms"})
            wanted = wanted or self.expected(topic, config)
            failed += IO_ERROR == self.run_with_fault(
                place, config, (0, IO_ERROR), FAIL_IO_CALLS=calls, FAIL_IO_ERROR=error,
                FAIL_IO_NAME="data.mdb", FAIL_IO_AFTER=str(after), FAIL_IO_TIMES="1")
            self.assert_never_ahead(place, topic)
            self.run_to_end(place, config)
            self.assert_same(place, wanted, f"{error} of {calls} {after}",
                             without=service.POSITIONS)
        self.assertGreater(failed, 4)

    def test_an_export_that_fails_is_tried_again_while_mining_goes_on(self):
        topic, place = self.topic(), self.place()
        port = brokers.free_ports()
        config = self.configure(place, topic, http={"listen": f"127.0.0.1:{port}"})
        marker = os.path.join(self.root, "export-marker")
        daemon = self.launch(place, config, preload="fail_io", environment={
            "FAIL_IO_DIR": os.path.join(place, support.EXPORTS), "FAIL_IO_MARKER": marker,
            "FAIL_IO_CALLS": "write,open", "FAIL_IO_ERROR": "ENOSPC", "FAIL_IO_TIMES": "2"})
        self.await_counted(daemon, place, topic)
        end = time.monotonic() + 90
        config_path = os.path.join(place, "rephrased.yaml")
        wanted = self.expected(topic, config_path)
        while support.count_exports(place) < support.count_exports(wanted):
            self.assertTrue(daemon.lives() and time.monotonic() < end, daemon.log[-4000:])
            time.sleep(0.2)
        self.assertTrue(os.path.exists(marker), "the fault never happened")
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-4000:])
        self.let_weeks_end(place, config_path)
        self.assert_same(place, wanted, "after failed exports", without=service.POSITIONS)

    def test_dead_letters_that_cannot_be_written_hold_the_batch_back(self):
        topic, place = self.topic(), self.place()
        config = self.configure(place, topic)
        self.run_with_fault(place, config, (0, IO_ERROR), FAIL_IO_CALLS="write,sync",
                            FAIL_IO_ERROR="ENOSPC", FAIL_IO_NAME="dead-letters", FAIL_IO_TIMES="1")
        self.run_to_end(place, config)
        self.assert_like_replay(place, topic)

    def test_on_a_full_disk_it_waits_says_so_and_goes_on_when_there_is_room(self):
        topic, place = self.topic(), self.place()
        disk = os.path.join(place, "disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("SKIP: no permission to mount a small disk")
        try:
            self.check_full_disk(topic, place, disk)
        finally:
            subprocess.run(["umount", "-l", disk], check=False)

    def check_full_disk(self, topic, place, disk):
        port = brokers.free_ports()
        config = self.configure(place, topic, store={"dir": os.path.join(disk, "store"),
                                                     "min_free": "4MiB"},
                                http={"listen": f"127.0.0.1:{port}"})
        ballast = os.path.join(disk, "ballast")
        with open(ballast, "wb") as file:
            file.write(bytes(21 << 20))
        daemon = self.launch(place, config)
        answer = self.await_ready(daemon, port, ready=False)
        time.sleep(3)
        self.assertTrue(daemon.lives(), daemon.log[-4000:])
        answer = self.ask(port, "/ready")
        self.assertEqual(answer[0], 503)
        self.assertRegex(answer[1], r"(?i)disk|room|space")
        os.remove(ballast)
        self.await_ready(daemon, port, seconds=60)
        store = os.path.join(disk, "store")
        os.symlink(store, os.path.join(place, "store"))
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-4000:])
        self.assert_like_replay(place, topic)

    def test_starts_that_all_die_at_their_first_sync_lose_nothing(self):
        topic, place = self.topic(), self.place()
        config = self.configure(place, topic)
        self.run_to_end(place, config)
        self.broker.produce(topic, [self.logs[0]], first=1)
        for _ in range(harness.rounds(4)):
            self.run_with_fault(place, config, (IO_ERROR,), FAIL_IO_CALLS="sync",
                                FAIL_IO_ERROR="EIO", FAIL_IO_NAME="data.mdb")
        self.run_to_end(place, config)
        self.assert_like_replay(place, topic)


if __name__ == "__main__":
    unittest.main()
