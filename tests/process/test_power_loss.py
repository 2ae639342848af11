#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The power goes at any moment: the store opens and equals the log up to its offset; nothing that was
acknowledged is lost; an export is whole or absent. See tests/faults/power_loss.py for what a disk may
do."""
import json
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import SEED, Case, files_of, rounds  # noqa: E402
import power_loss  # noqa: E402


def letters_of(place):
    """Name -> contents of every file of dead letters."""
    folder, result = os.path.join(place, "store", "dead-letters"), {}
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                result[name] = file.read()
    return result


def committed_of(letters, rows):
    """Of the letters those that the rows have passed: the next batch writes its own while this one is
    being committed."""
    ends = {}
    for row in map(json.loads, rows):
        if row["table"] == "offset":
            log = bytes.fromhex(row["key"]).split(b"\0")[1].decode()
            ends[log] = int.from_bytes(bytes.fromhex(row["value"])[1:9], "little")
    passed = {}
    for name, contents in letters.items():
        end = ends.get(name.removesuffix(".jsonl"), 0)
        lines = contents.splitlines(keepends=True)
        passed[name] = b"".join(line for line in lines if json.loads(line)["offset"] < end)
    return passed


class PowerLoss(Case):
    weeks = 2
    sessions = 200
    batch = 40

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = cls.make_place("recorded")
        cls.log = os.path.join(cls.root, "log")
        done = cls.replay(cls.place, "recorder",
                          {"RECORD_DIR": cls.place, "RECORD_LOG": cls.log})
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.recording = power_loss.Recording(cls.log, cls.place)
        cls.images = cls.make_place("images")
        cls.learn_commits()

    @classmethod
    def learn_commits(cls):
        """The rows and the dead letters after each commit of the undisturbed run."""
        cls.commit_ends, cls.dumps, cls.letters = [], [], []  # index after the record; ...
        cls.unnamed = 0
        last = None
        for index, _record, disk in cls.recording.replay():
            if last and last[0] == "D":
                cls.commit_ends.append(index)
                image = os.path.join(cls.images, "commit")
                cls.recording.write_live(disk, image)
                # The first commits happen before the store gets its name.
                named = os.path.isdir(os.path.join(image, "store"))
                cls.unnamed += not named
                cls.dumps.append(cls.dump(image, "store" if named else "store.tmp"))
                cls.letters.append(committed_of(letters_of(image), cls.dumps[-1]))
                shutil.rmtree(image)
            last = _record
        cls.live = os.path.join(cls.images, "live")
        cls.recording.write_live(disk, cls.live)

    def test_the_recorder_saw_every_change(self):
        """Otherwise none of what follows would prove anything."""
        recorded, real = files_of(self.live), files_of(self.place)
        # LMDB maps its lock file into memory, and makes it anew when nobody has it open.
        for files in (recorded, real):
            self.assertIsNotNone(files.pop(os.path.join("store", "lock.mdb"), None))
        self.assertEqual(recorded, real)
        self.assertGreater(len(self.dumps), 5, "too few commits to be worth a test")
        self.assertEqual(self.dumps[-1], self.expected_dump)
        self.assertTrue(any(self.letters), "no dead letter was written")

    def allowed_dumps(self, index):
        """Rows that may be found when the power went during record number `index`: those of the last
        finished commit, or of the one on its way."""
        done = sum(1 for end in self.commit_ends if end <= index)
        return done, self.dumps[max(0, done - 1):done + 1]

    def check(self, image):
        done, allowed = self.allowed_dumps(image.index)
        if os.path.isdir(os.path.join(image.path, "store")):
            self.assert_sound(image.path)
            rows = self.dump(image.path)
            self.assertTrue(rows in allowed, self.describe(rows, done))
            self.check_export_rows(image.path, rows)
            self.check_letters(image.path, self.letters[self.dumps.index(rows)])
        else:
            # The first commit after the store has its name relies on that name.
            self.assertLessEqual(done, self.unnamed, "a committed store is gone")
        self.assert_exports_whole(os.path.join(image.path, "exports"))

    def describe(self, rows, done):
        if rows in self.dumps:
            return f"the rows of commit {self.dumps.index(rows) + 1}, but {done} were acknowledged"
        return f"the rows of no commit ({len(rows)} rows, {done} commits acknowledged)"

    def check_letters(self, path, expected):
        """No offset passes a record whose dead letter may be lost."""
        found = letters_of(path)
        for name, contents in expected.items():
            self.assertTrue(found.get(name, b"").startswith(contents),
                            f"dead letters of {name} are lost")

    def check_export_rows(self, path, rows):
        """A week that the store says is exported has its directory."""
        weeks = sum(1 for row in rows if '"table":"export"' in row)
        folder = os.path.join(path, "exports")
        present = {name.split(os.sep)[0] for name in files_of(folder)} \
            if os.path.isdir(folder) else set()
        self.assertGreaterEqual(len(present), weeks, "the store promises an export that is not there")

    def test_any_image_is_the_log_up_to_its_offset(self):
        wanted, resumed, seen, failures = rounds(150), 0, 0, []
        for image in power_loss.crash_images(self.recording, wanted, SEED, self.images):
            try:
                self.check(image)
                if seen % 6 == 0:
                    self.assert_completes(image.path)
                    resumed += 1
            except AssertionError as failure:
                failures.append(f"image {seen}, record {image.index}: {str(failure)[:300]}")
            seen += 1
        self.assertFalse(failures, f"{len(failures)} of {seen} images are wrong:\n" +
                         "\n".join(failures[:10]))
        self.assertGreaterEqual(seen, min(wanted, 100))
        print(f"{seen} images of {len(self.recording.records)} records and {len(self.dumps)} "
              f"commits, {resumed} resumed to the end", file=sys.stderr)

    def broken(self, recording, images, examine):
        """How many images fail `examine`."""
        count = 0
        for image in power_loss.crash_images(recording, images, SEED, self.images):
            try:
                examine(image)
            except AssertionError:
                count += 1
        return count

    def test_the_check_would_notice_a_store_that_does_not_sync(self):
        """The same run as if nothing had been synced: images must break, or the check is blind."""
        careless = power_loss.Recording(self.log, self.place)
        careless.records = [("W",) + record[1:] if record[0] == "D" else record
                            for record in careless.records]
        careless.records = [record if record[0] != "S" else ("A", 0, 0, 0, b"", b"")
                            for record in careless.records]

        def examine(image):
            self.assertTrue(os.path.isdir(os.path.join(image.path, "store")) or
                            image.index < self.commit_ends[0])
            if os.path.isdir(os.path.join(image.path, "store")):
                self.assert_sound(image.path)
            self.assert_exports_whole(os.path.join(image.path, "exports"))

        self.assertGreater(self.broken(careless, 60, examine), 0)


if __name__ == "__main__":
    unittest.main()
