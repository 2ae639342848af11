#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The power goes at any moment of a daemon's life: its store opens and equals the topic up to its offsets,
which are never before those that Kafka was told; no dead letter is lost; an export is whole or absent. See
tests/faults/power_loss.py for what a disk may do."""
import json
import os
import random
import shutil
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import broker as brokers  # noqa: E402
import harness  # noqa: E402
import power_loss  # noqa: E402
import rows  # noqa: E402
import support  # noqa: E402

IMAGES = 1500 if os.environ.get("REPHRASED_SOAK") else 60
RESUMED = 100 if os.environ.get("REPHRASED_SOAK") else 6
RATE = 45  # records a second: it is read for long enough that Kafka is told, every five seconds, in between


class Witness(threading.Thread):
    """Enters what Kafka says is committed into the recorder's log, in line with the changes on the disk: a
    record is appended by one write."""

    def __init__(self, broker, group, topic, log):
        super().__init__(daemon=True)
        self.broker, self.group, self.topic, self.log = broker, group, topic, log
        self.ended, self.seen = threading.Event(), None

    def run(self):
        while not self.ended.wait(0.1):
            self.look()
        self.look()

    def look(self):
        try:
            committed = self.broker.committed(self.group, self.topic)
        except brokers.BrokerError:
            return  # the group has no coordinator yet
        told = {partition: offset for partition, (offset, _) in committed.items()}
        if told == self.seen:
            return
        self.seen, text = told, json.dumps(told).encode()
        with open(self.log, "ab", buffering=0) as log:
            log.write(power_loss.HEAD.pack(b"A", 0, 0, 0, len(text), 0) + text)


class PowerLoss(service.Case):
    weeks = 2
    maxDiff = None
    sessions = 300

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = os.path.join(cls.root, "recorded.log")
        cls.disk_dir = cls.make_place("recorded")
        cls.images = cls.make_place("images")
        case = cls()
        cls.name = case.topic(full=False)
        try:
            case.record()
        finally:
            case.tearDown()
        cls.recording = power_loss.Recording(cls.log, cls.disk_dir)
        cls.learn_commits()

    @classmethod
    def learn_commits(cls):
        """The rows and the dead letters after each commit of the recorded run."""
        cls.commit_ends, cls.dumps, cls.letters = [], [], []
        cls.unnamed, before = 0, None
        for index, record, disk in cls.recording.replay():
            if before == "D":
                image = os.path.join(cls.images, "commit")
                cls.recording.write_live(disk, image)
                # The first commits happen before the store gets its name.
                named = os.path.isdir(os.path.join(image, "store"))
                cls.unnamed += not named
                cls.commit_ends.append(index)
                cls.dumps.append(cls.dump(image, "store" if named else "store.tmp"))
                cls.letters.append(letters_of(image))
                shutil.rmtree(image)
            before = record and record[0]
        cls.live = os.path.join(cls.images, "live")
        cls.recording.write_live(disk, cls.live)

    def configure_at(self, disk, **changes):
        """A configuration, outside of it, for a store and exports in the directory `disk`."""
        place = self.place()
        return place, self.configure(
            place, self.name, store={"dir": os.path.join(disk, "store")},
            export={"dir": os.path.join(disk, support.EXPORTS)}, batch={"wait": "150ms"}, **changes)

    def record(self):
        """A daemon that reads while others write, and is asked to stop."""
        place, config = self.configure_at(self.disk_dir)
        group = self.settings(place, self.name)["kafka"]["group"]
        daemon = self.launch(place, config, preload="recorder", environment={
            "RECORD_DIR": self.disk_dir, "RECORD_LOG": self.log})
        witness = Witness(self.broker, group, self.name, self.log)
        witness.start()
        producer = self.broker.produce_in_background(self.name, self.logs, rate=RATE)
        self.assertEqual(producer.wait(120), 0)
        self.await_counted(daemon, self.disk_dir, self.name)
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-4000:])
        witness.ended.set()
        witness.join()

    # ---- what an image must hold -----------------------------------------------------------------

    def check(self, image):
        done = sum(1 for end in self.commit_ends if end <= image.index)
        if os.path.isdir(os.path.join(image.path, "store")):
            self.assert_sound(image.path)
            found = self.dump(image.path)
            # Those of the last finished commit, or of the one on its way.
            self.assertIn(found, self.dumps[max(0, done - 1):done + 1], f"after {done} commits")
            self.check_told(image, found)
            self.check_export_rows(image.path, found)
            for name, contents in self.letters[self.dumps.index(found)].items():
                self.assertTrue(letters_of(image.path).get(name, b"").startswith(contents), name)
        else:
            self.assertLessEqual(done, self.unnamed, "a committed store is gone")
            self.assertFalse(any(json.loads(told) for told in image.disk.acks))
        self.assert_exports_whole(os.path.join(image.path, support.EXPORTS))

    def check_told(self, image, found):
        """Kafka was told of nothing that the store lost."""
        if not image.disk.acks:
            return
        counted = {int(key.split(b"\0")[1]): value["next"]
                   for key, value in rows.decode(found)["offset"].items()}
        for partition, offset in json.loads(image.disk.acks[-1]).items():
            self.assertGreaterEqual(counted.get(int(partition), 0), offset, partition)

    def check_export_rows(self, path, found):
        """A week that the store says is exported has its directory."""
        weeks = sum(1 for row in found if '"table":"export"' in row)
        folder = os.path.join(path, support.EXPORTS)
        present = {name.split(os.sep)[0] for name in harness.files_of(folder)}
        self.assertGreaterEqual(len(present), weeks, "the store promises an export that is not there")

    def assert_completes(self, image, undisturbed):
        """A daemon goes on from the image to the end of the topic."""
        place, config = self.configure_at(image)
        self.run_to_end(place, config)
        self.assert_same(image, undisturbed, "resumed", without=("meta",))

    # ---- the tests -------------------------------------------------------------------------------

    @classmethod
    def expect(cls, place):
        cls.expected_files = harness.files_of(os.path.join(place, support.EXPORTS))

    def test_the_recorder_saw_every_change(self):
        """Otherwise none of what follows would prove anything."""
        recorded, real = harness.files_of(self.live), harness.files_of(self.disk_dir)
        # Mapped into memory: LMDB's lock file, made anew when nobody has it open; the note of the
        # record in work, which a power cut may take.
        for files in (recorded, real):
            for name in ("lock.mdb", "in-flight"):
                self.assertIsNotNone(files.pop(os.path.join("store", name), None), name)
        self.assertEqual(recorded, real)
        self.assertGreater(len(self.dumps), 10, "too few commits to be worth a test")
        self.assertTrue(any(self.letters), "no dead letter was written")
        told = [json.loads(record[4]) for record in self.recording.records if record[0] == "A"]
        self.assertGreater(len(told), 2, "Kafka was told too seldom to be worth a test")
        self.assertEqual({int(p): n for p, n in told[-1].items()}, self.next_of(self.name))

    def test_any_image_is_the_topic_up_to_its_offsets(self):
        undisturbed = self.served(self.name)
        self.assert_same(self.disk_dir, undisturbed, "recorded", without=("meta",))
        self.expect(undisturbed)
        self.assertTrue(any(path.endswith("_SUCCESS") for path in self.expected_files))
        wanted, seen, resumed, failures = harness.rounds(IMAGES), 0, 0, []
        chosen = set(random.Random(harness.SEED).sample(range(wanted), min(wanted, RESUMED)))
        for image in power_loss.crash_images(self.recording, wanted, harness.SEED, self.images):
            try:
                self.check(image)
                if seen in chosen:
                    self.assert_completes(image.path, undisturbed)
                    resumed += 1
            except AssertionError as failure:
                failures.append(f"image {seen}, record {image.index}: {str(failure)[:300]}")
            seen += 1
        self.assertFalse(failures, f"{len(failures)} of {seen} images are wrong:\n" +
                         "\n".join(failures[:10]))
        self.assertGreaterEqual(seen, wanted)
        print(f"{seen} images of {len(self.recording.records)} records and {len(self.dumps)} "
              f"commits, {resumed} resumed to the end", file=sys.stderr)

    def test_the_check_would_notice_a_store_that_does_not_sync(self):
        """The same run as if nothing had been synced: images must break, or the check is blind."""
        careless = power_loss.Recording(self.log, self.disk_dir)
        careless.records = [
            ("W",) + record[1:] if record[0] == "D" else
            ("A", 0, 0, 0, b"{}", b"") if record[0] == "S" else record
            for record in careless.records]
        broken = 0
        for image in power_loss.crash_images(careless, 20, harness.SEED, self.images):
            try:
                self.assertTrue(os.path.isdir(os.path.join(image.path, "store")) or
                                image.index < self.commit_ends[0])
                self.assert_sound(image.path)
            except AssertionError:
                broken += 1
        self.assertGreater(broken, 0)


def letters_of(place):
    """Name -> contents of every file of dead letters."""
    folder, result = os.path.join(place, "store", "dead-letters"), {}
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                result[name] = file.read()
    return result


if __name__ == "__main__":
    unittest.main()
