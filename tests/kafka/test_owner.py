#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One store, one daemon, one group: whoever comes second is refused, told why, and harms nothing."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import harness  # noqa: E402

BUSY = 75
FENCED = 77
FROZEN_SECONDS = 120 if os.environ.get("REPHRASED_SOAK") else 6


class Owner(service.Case):
    def half(self, topic):
        """Puts the first half of the logs into the topic; returns the other halves."""
        place, halves = self.place(), ([], [])
        for number, log in enumerate(self.logs):
            lines = service.lines_of(log)
            for half, part in enumerate((lines[:len(lines) // 2], lines[len(lines) // 2:])):
                path = os.path.join(place, f"{half}-{number}")
                with open(path, "wb") as file:
                    file.writelines(part)
                halves[half].append(path)
        self.broker.produce(topic, halves[0])
        return halves[1]

    def test_a_second_daemon_on_the_same_store_is_told_who_has_it(self):
        topic, place = self.topic(full=False), self.place()
        rest = self.half(topic)
        config = self.configure(place, topic)
        first = self.launch(place, config)
        self.await_counted(first, place, topic)
        second = self.launch(place, config)
        self.assertEqual(second.wait(30), BUSY, second.log)
        self.assertIn(str(first.process.pid), second.log)
        self.assertTrue(first.lives())
        self.broker.produce(topic, rest)
        self.await_counted(first, place, topic)
        self.assertEqual(first.stop()[0], 0, first.log[-4000:])
        self.assert_like_replay(place, topic)

    def test_a_frozen_daemon_keeps_its_store_and_goes_on_when_it_wakes(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        producer = self.broker.produce_in_background(topic, self.logs, rate=600)
        first = self.launch(place, config)
        self.await_counted(first, place, topic, {0: 20, 1: 20, 2: 20})
        refused, end = 0, time.monotonic() + FROZEN_SECONDS
        first.freeze()
        while time.monotonic() < end or refused < 2:
            # Not even one that is told to: the store's lock is not Kafka's business.
            second = self.launch(place, config, ["--take-over"] if refused % 2 else [])
            self.assertEqual(second.wait(30), BUSY, second.log)
            self.assertIn(str(first.process.pid), second.log)
            refused += 1
            time.sleep(FROZEN_SECONDS / 100)
        self.assert_frozen(first)
        first.thaw()
        self.assertEqual(producer.wait(60), 0)
        self.await_counted(first, place, topic)
        self.assertEqual(first.stop()[0], 0, first.log[-4000:])
        self.assert_like_replay(place, topic)
        print(f"{refused} daemons refused while the owner was frozen", file=sys.stderr)

    def assert_frozen(self, daemon):
        with open(f"/proc/{daemon.process.pid}/stat", encoding="ascii") as file:
            self.assertEqual(file.read().rsplit(")", 1)[1].split()[0], "T", "it was not frozen")

    def test_a_frozen_owner_whose_group_was_taken_over_wakes_only_to_end(self):
        topic = self.topic(full=False)
        rest = self.half(topic)
        first, first_config, second, second_config = self.two_stores(topic)
        one = self.launch(first, first_config)
        self.await_counted(one, first, topic)
        self.await_told(f"shared-{topic}", topic)
        end = time.monotonic() + FROZEN_SECONDS
        one.freeze()
        refused = self.launch(second, second_config)
        self.assertEqual(refused.wait(30), FENCED, refused.log)
        two = self.launch(second, second_config, ["--take-over"])
        self.await_counted(two, second, topic)
        time.sleep(max(0, end - time.monotonic()))
        self.assert_frozen(one)
        one.thaw()
        self.broker.produce(topic, rest)
        self.assertEqual(one.wait(60), FENCED, one.log[-4000:])
        self.await_counted(two, second, topic)
        self.assertEqual(two.stop()[0], 0, two.log[-4000:])
        # What the first one counted in its own store is no more than the topic holds, and it took
        # nothing back in Kafka.
        self.assert_sound(first)
        self.assert_never_ahead(second, topic, f"shared-{topic}")
        self.assertEqual(len({text.split(" host=")[0] for _, text in self.broker.committed(
            f"shared-{topic}", topic).values()}), 1)
        back = self.launch(first, first_config)
        self.assertEqual(back.wait(30), FENCED, back.log)
        self.assert_like_replay(second, topic)

    def test_a_daemon_killed_while_another_waits_leaves_a_store_to_go_on_with(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        producer = self.broker.produce_in_background(topic, self.logs, rate=600)
        for _ in range(harness.rounds(4)):
            first = self.launch(place, config)
            first.await_log('"ready"')
            first.freeze()
            second = self.launch(place, config)
            self.assertEqual(second.wait(30), BUSY, second.log)
            self.assertTrue(first.kill())
            third = self.launch(place, config)
            time.sleep(0.5)
            self.assertTrue(third.lives(), third.log[-4000:])
            self.assertEqual(third.stop()[0], 0, third.log[-4000:])
        self.assertEqual(producer.wait(60), 0)
        self.run_to_end(place, config)
        self.assert_like_replay(place, topic)

    def two_stores(self, topic):
        first, second = self.place(), self.place()
        group = {"group": f"shared-{topic}"}
        return (first, self.configure(first, topic, kafka=group),
                second, self.configure(second, topic, kafka=group))

    def test_another_store_is_kept_off_the_group_and_told_how_to_take_over(self):
        topic = self.topic()
        first, first_config, second, second_config = self.two_stores(topic)
        self.run_to_end(first, first_config)
        group = f"shared-{topic}"
        before = self.broker.committed(group, topic)
        other = self.launch(second, second_config)
        self.assertEqual(other.wait(30), FENCED, other.log)
        self.assertIn("--take-over", other.log)
        self.assertIn(group, other.log)
        self.assertEqual(self.broker.committed(group, topic), before)
        # The owner is not disturbed by the attempt.
        self.run_to_end(first, first_config)
        self.assert_like_replay(first, topic)
        # Told to, the other takes over: it starts from its own offsets, not from those in Kafka.
        self.run_to_end(second, second_config, ["--take-over"])
        self.assert_same(second, first, "the store that took over", without=("meta",))
        self.assertNotEqual({m for _, m in self.broker.committed(group, topic).values()},
                            {m for _, m in before.values()})
        back = self.launch(first, first_config)
        self.assertEqual(back.wait(30), FENCED, back.log)

    def test_a_daemon_whose_group_was_taken_over_ends_and_says_so(self):
        topic = self.topic(full=False)
        rest = self.half(topic)
        first, first_config, second, second_config = self.two_stores(topic)
        one = self.launch(first, first_config)
        self.await_counted(one, first, topic)
        two = self.launch(second, second_config, ["--take-over"])
        self.await_counted(two, second, topic)
        self.broker.produce(topic, rest)
        self.assertEqual(one.wait(60), FENCED, one.log[-4000:])
        self.await_counted(two, second, topic)
        self.assertEqual(two.stop()[0], 0, two.log[-4000:])
        self.assert_like_replay(second, topic)

    def test_an_older_copy_of_the_store_is_not_mistaken_for_the_owner(self):
        topic, place = self.topic(full=False), self.place()
        rest = self.half(topic)
        config = self.configure(place, topic)
        self.run_to_end(place, config)
        copy = self.place()
        os.rmdir(copy)
        harness.shutil.copytree(place, copy)
        self.broker.produce(topic, rest)
        self.run_to_end(place, config)
        stale = self.configure(copy, topic, kafka={
            "group": self.settings(place, topic)["kafka"]["group"]})
        daemon = self.launch(copy, stale, ["--exit-at-end"])
        # A restored backup: refused with a sentence, or it reads again what it lacks and counts it once.
        if daemon.wait() != 0:
            self.assertIn("--take-over", daemon.log)
            self.run_to_end(copy, stale, ["--take-over"])
        self.assert_same(copy, place, "a restored copy that caught up", without=("meta",))


if __name__ == "__main__":
    unittest.main()
