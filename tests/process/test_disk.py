#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that are full, broken or read-only, and logs that cannot be read: a clear error, the right exit
code, nothing corrupt; the next run completes."""
import gzip
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Case, read_number, rounds  # noqa: E402

IO = {73, 74}
NO_INPUT = {66}
BAD_DATA = {65}


class Disk(Case):
    sessions = 150
    users = 30
    weeks = 2

    def count(self, calls, name=""):
        place, count = self.make_place("counted"), os.path.join(self.root, "count")
        done = self.replay(place, "fail_io", {
            "FAIL_IO_DIR": place, "FAIL_IO_CALLS": calls, "FAIL_IO_ERROR": "NONE",
            "FAIL_IO_NAME": name, "FAIL_IO_COUNT": count})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.remove(place)
        return read_number(count)

    def run_with_fault(self, title, fault, codes=IO):
        """One run on a failing disk, then one on a good disk."""
        place, marker = self.make_place("faulty"), os.path.join(self.root, "marker")
        done = self.replay(place, "fail_io",
                           {"FAIL_IO_DIR": place, "FAIL_IO_MARKER": marker, **fault})
        with self.subTest(title, **fault):
            self.assertTrue(os.path.exists(marker), "the fault never happened")
            if done.returncode == 0 and 0 in codes:
                self.assert_like_undisturbed(place)
            else:
                self.assert_clear_error(done, codes, [place, "store", "exports"])
            if os.path.isdir(os.path.join(place, "store")):
                self.assert_sound(place)
            self.assert_exports_whole(os.path.join(place, "exports"))
            self.assert_completes(place)
        if os.path.exists(marker):
            os.remove(marker)
        self.remove(place)
        return done

    def sample(self, count, wanted):
        return sorted(self.random.sample(range(count), min(count, rounds(wanted))))

    def test_the_disk_fills_up(self):
        whole = sum(os.path.getsize(os.path.join(folder, name))
                    for folder, _, names in os.walk(self.expected) for name in names)
        for room in [0, 1, 4096, 8192] + self.sample(whole // 2, 8):
            self.run_with_fault("full", {"FAIL_IO_CALLS": "write", "FAIL_IO_ERROR": "ENOSPC",
                                         "FAIL_IO_BYTES": str(room)})

    def test_the_disk_fills_up_while_a_week_is_exported(self):
        for after in self.sample(self.count("write,open,mkdir", "exports"), 10):
            self.run_with_fault("export", {
                "FAIL_IO_CALLS": "write,open,mkdir", "FAIL_IO_ERROR": "ENOSPC",
                "FAIL_IO_NAME": "exports", "FAIL_IO_AFTER": str(after)})

    def test_a_sync_fails_once_or_for_ever(self):
        count = self.count("sync")
        for after in self.sample(count, 8):
            for times in ("1", "1000000"):
                self.run_with_fault("sync", {"FAIL_IO_CALLS": "sync", "FAIL_IO_ERROR": "EIO",
                                             "FAIL_IO_AFTER": str(after),
                                             "FAIL_IO_TIMES": times})

    def test_writes_fail_once(self):
        for after in self.sample(self.count("write"), 10):
            self.run_with_fault("write", {"FAIL_IO_CALLS": "write", "FAIL_IO_ERROR": "EIO",
                                          "FAIL_IO_AFTER": str(after), "FAIL_IO_TIMES": "1"})

    def test_renames_fail(self):
        for after in self.sample(self.count("rename"), 6):
            self.run_with_fault("rename", {"FAIL_IO_CALLS": "rename", "FAIL_IO_ERROR": "EIO",
                                           "FAIL_IO_AFTER": str(after)})

    def test_a_short_write_of_an_export_is_continued_and_one_of_the_store_is_an_error(self):
        for after in self.sample(self.count("write", "exports"), 6):
            self.run_with_fault("short", {"FAIL_IO_CALLS": "write", "FAIL_IO_ERROR": "SHORT",
                                          "FAIL_IO_NAME": "exports", "FAIL_IO_TIMES": "1",
                                          "FAIL_IO_AFTER": str(after)}, {0})
        for after in self.sample(self.count("write", "data.mdb"), 6):
            self.run_with_fault("short", {"FAIL_IO_CALLS": "write", "FAIL_IO_ERROR": "SHORT",
                                          "FAIL_IO_NAME": "data.mdb", "FAIL_IO_TIMES": "1",
                                          "FAIL_IO_AFTER": str(after)}, IO | {0})

    def test_everything_is_read_only(self):
        self.run_with_fault("read-only", {
            "FAIL_IO_CALLS": "open,write,mkdir,rename,unlink,truncate", "FAIL_IO_ERROR": "EROFS"})

    def test_an_existing_store_became_read_only(self):
        place, marker = self.make_place("faulty"), os.path.join(self.root, "marker")
        self.assertEqual(self.replay(place).returncode, 0)
        done = self.replay(place, "fail_io", {
            "FAIL_IO_DIR": place, "FAIL_IO_MARKER": marker, "FAIL_IO_ERROR": "EROFS",
            "FAIL_IO_CALLS": "open,write,mkdir,rename,unlink,truncate"})
        self.assertTrue(os.path.exists(marker))
        self.assert_clear_error(done, IO, [place])
        self.assert_like_undisturbed(place)
        os.remove(marker)
        self.remove(place)

    def test_the_store_reaches_its_size_limit(self):
        place = self.make_place("limited")
        config = os.path.join(self.root, "small.yaml")
        for size in ("16 MiB", "16MiB", "16777216"):
            with open(config, "w", encoding="ascii") as file:
                file.write(f"store:\n  map_size: {size}\n")
            if self.run_program(["check", "--config", config]).returncode == 0:
                break
        else:
            self.fail("no way to write 16 MiB was accepted")
        # Rows that fill 16 MiB would take a log of minutes; the limit must at least be no hindrance.
        done = self.replay(place, extra=["--config", config])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_like_undisturbed(place)
        self.remove(place)

    # ---- logs ------------------------------------------------------------------------------------

    def replay_logs(self, place, *logs):
        return self.run_program(["replay", "--secret", self.secret, "--store",
                                 os.path.join(place, "store"), "--batch", str(self.batch), *logs])

    def test_a_log_that_cannot_be_read_is_named(self):
        place = self.make_place("unreadable")
        missing = os.path.join(self.root, "nowhere.jsonl")
        self.assert_clear_error(self.replay_logs(place, missing), NO_INPUT, [missing])
        self.assert_clear_error(self.replay_logs(place, self.root), NO_INPUT | {74}, [self.root])
        if os.geteuid() != 0:
            locked = os.path.join(self.root, "locked.jsonl")
            with open(locked, "w", encoding="ascii") as file:
                file.write("{}\n")
            os.chmod(locked, 0)
            self.assert_clear_error(self.replay_logs(place, locked), NO_INPUT, [locked])
        self.remove(place)

    def test_a_truncated_gzip_is_named_and_completes_once_it_is_whole(self):
        with open(self.logs[0], "rb") as file:
            packed = gzip.compress(file.read(), mtime=0)
        log = os.path.join(self.root, "log.jsonl.gz")
        whole = self.make_place("whole")
        with open(log, "wb") as file:
            file.write(packed)
        self.assertEqual(self.replay_logs(whole, log).returncode, 0)
        cut = self.make_place("cut")
        for length in (len(packed) // 2, len(packed) - 4, 20):
            with open(log, "wb") as file:
                file.write(packed[:length])
            self.assert_clear_error(self.replay_logs(cut, log), BAD_DATA, [log])
            if os.path.isdir(os.path.join(cut, "store")):
                self.assert_sound(cut)
        with open(log, "wb") as file:
            file.write(packed)
        self.assertEqual(self.replay_logs(cut, log).returncode, 0)
        self.assertEqual(self.dump(cut), self.dump(whole))
        self.remove(cut)
        self.remove(whole)

    def test_a_flipped_bit_in_a_gzip_is_found(self):
        with open(self.logs[0], "rb") as file:
            packed = bytearray(gzip.compress(file.read(), mtime=0))
        packed[-6] ^= 1  # in the check sum: every byte of the text is right, yet nobody can know
        log = os.path.join(self.root, "flipped.jsonl.gz")
        with open(log, "wb") as file:
            file.write(packed)
        place = self.make_place("flipped")
        self.assert_clear_error(self.replay_logs(place, log), BAD_DATA, [log])
        self.remove(place)


if __name__ == "__main__":
    unittest.main()
