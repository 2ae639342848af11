#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the service learns from a topic is what a replay learns from the same records in files."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import harness  # noqa: E402
import support  # noqa: E402

MINED = ("formulation", "goal", "vote", "usage", "user_index")


class Delivery(service.Case):
    def test_live_equals_replay_with_batches_of_any_size(self):
        topic = self.topic()
        places = [self.served(topic, batch={"records": size, "wait": wait})
                  for size, wait in ((1, "1ms"), (7, "50ms"), (100, "20ms"), (50000, "250ms"))]
        self.assert_like_replay(places[0], topic)
        for place in places[1:]:
            self.assert_same(place, places[0], "another size of batches",
                             without=("meta",))

    def test_rows_are_what_naive_code_makes_of_the_topic(self):
        topic = self.topic()
        self.assert_like_oracle(self.served(topic), topic)

    def test_records_of_an_aborted_transaction_count_nothing(self):
        topic = self.topic(full=False)
        self.broker.tool("abort", topic, 1, self.logs[0])
        self.broker.produce(topic, self.logs)
        self.broker.tool("abort", topic, 2, self.logs[1])
        self.assertGreater(sum(end for _, end in self.broker.ends(topic).values()),
                           len(self.broker.records(topic)))
        place = self.served(topic)
        self.assert_like_replay(place, topic)
        self.assert_like_oracle(place, topic)

    def test_records_that_come_while_it_runs_are_taken_and_sigterm_loses_none(self):
        topic, place = self.topic(full=False), self.place()
        daemon = self.launch(place, self.configure(place, topic))
        for log in self.logs:
            self.broker.produce(topic, [log], first=self.logs.index(log), rate=2000)
        self.await_counted(daemon, place, topic)
        code, seconds = daemon.stop()
        self.assertEqual(code, 0, daemon.log[-4000:])
        self.assertLess(seconds, service.STOP_SECONDS)
        self.assert_like_replay(place, topic)
        self.assert_never_ahead(place, topic)

    def test_stopped_in_the_middle_it_goes_on_where_it_was(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        producer = self.broker.produce_in_background(topic, self.logs, rate=400)
        stops, counts = 0, []
        while producer.poll() is None:
            daemon = self.launch(place, config)
            self.await_some_progress(daemon, place, topic, counts)
            code, seconds = daemon.stop()
            self.assertEqual(code, 0, daemon.log[-4000:])
            self.assertLess(seconds, service.STOP_SECONDS)
            stops += 1
        self.assertEqual(producer.returncode, 0)
        self.run_to_end(place, config)
        self.assertGreater(stops, 1, "it was never stopped in the middle")
        self.assert_like_replay(place, topic)

    def await_some_progress(self, daemon, place, topic, counts):
        before = sum(self.counted(place, topic).values())
        try:
            self.await_counted(daemon, place, topic, {0: counts[-1] + 1 if counts else 1}, 3)
        except AssertionError:
            self.assertTrue(daemon.lives(), daemon.log[-4000:])
        counts.append(self.counted(place, topic).get(0, 0))
        self.assertGreaterEqual(sum(self.counted(place, topic).values()), before)

    def test_read_twice_nothing_is_counted_twice(self):
        topic, place = self.topic(), self.place()
        config = self.configure(place, topic)
        self.run_to_end(place, config)
        before = self.rows_of(place)
        for _ in range(2):
            self.run_to_end(place, config)
            self.assertEqual(self.rows_of(place), before)

    def test_the_offsets_in_kafka_are_those_of_the_store_and_name_it(self):
        topic, place = self.topic(), self.place()
        self.run_to_end(place, self.configure(place, topic))
        committed = self.broker.committed(self.settings(place, topic)["kafka"]["group"], topic)
        self.assertEqual(set(committed), set(range(self.partitions)))
        self.assert_never_ahead(place, topic)
        counted = self.counted(place, topic)
        self.assertEqual({p: offset for p, (offset, _) in committed.items()}, counted)
        owners = {metadata for _, metadata in committed.values()}
        for owner in owners:
            self.assertTrue(owner.isascii() and owner.isprintable() and owner, owner)

    def test_partitions_that_are_added_are_read(self):
        topic, place = self.topic(partitions=2, full=False), self.place()
        daemon = self.launch(place, self.configure(place, topic))
        self.broker.produce(topic, self.logs[:2])
        self.await_counted(daemon, place, topic)
        self.broker.tool("grow", topic, 3)
        self.broker.produce(topic, self.logs[2:], first=2)
        self.await_counted(daemon, place, topic)
        self.assertIn(2, self.counted(place, topic))
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-4000:])
        found, wanted = (self.rows_of(p) for p in (place, self.expected(
            topic, os.path.join(place, "rephrased.yaml"))))
        for table in MINED:
            self.assertEqual(found[table], wanted[table], table)

    def test_chosen_partitions_are_read_and_no_others(self):
        topic, place = self.topic(), self.place()
        self.run_to_end(place, self.configure(place, topic,
                                              kafka={"partitions": [f"{topic}:0", f"{topic}:2"]}))
        self.assertEqual(set(self.counted(place, topic)), {0, 2})

    def test_two_topics_are_two_logs(self):
        first, second, place = self.topic(), self.topic(full=False), self.place()
        self.broker.produce(second, self.logs[1:2])
        self.run_to_end(place, self.configure(place, first, kafka={"topics": [first, second]}))
        ends = self.next_of(second)
        self.assertEqual(self.counted(place, second), {0: ends[0]})
        self.assertEqual(self.counted(place, first), self.next_of(first))

    def test_an_idle_partition_holds_no_week_back_and_what_it_has_later_counts(self):
        topic, place = self.topic(full=False), self.place()
        daemon = self.launch(place, self.configure(place, topic, export={"idle": "2s"}))
        self.broker.produce(topic, self.logs[:1])
        self.await_counted(daemon, place, topic)
        daemon.await_log("week_exported")
        self.assertGreater(support.count_exports(place), 0)
        before = harness.files_of(os.path.join(place, support.EXPORTS))
        self.broker.produce(topic, self.logs[1:], first=1)
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-4000:])
        after = harness.files_of(os.path.join(place, support.EXPORTS))
        self.assertEqual({path: after[path] for path in before}, before, "an export was changed")
        found, wanted = (self.rows_of(p) for p in (place, self.served(topic)))
        for table in MINED:
            self.assertEqual(found[table], wanted[table], table)

    def test_a_first_start_at_the_end_counts_only_what_comes_later(self):
        topic, place = self.topic(full=False), self.place()
        self.broker.produce(topic, self.logs[:1])
        daemon = self.launch(place, self.configure(place, topic, kafka={"start": "end"}))
        ready = self.await_position(daemon, place, topic)
        self.broker.produce(topic, self.logs[:1])
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0)
        once = self.place()
        other = self.topic(full=False)
        self.broker.produce(other, self.logs[:1])
        self.run_to_end(once, self.configure(once, other))
        found, wanted = self.rows_of(place), self.rows_of(once)
        for table in MINED:
            self.assertEqual(found[table], wanted[table], f"{table}; it began at {ready}")

    def await_position(self, daemon, place, topic):
        """Until the daemon has decided where to begin: its first advisory commit or its log says so."""
        daemon.await_log(r"(?i)\brunning\b|\bready\b|reading and mining")
        return self.counted(place, topic)

    def test_a_first_start_that_must_not_guess_is_refused(self):
        topic, place = self.topic(), self.place()
        daemon = self.launch(place, self.configure(place, topic, kafka={"start": "fail"}))
        self.assertEqual(daemon.wait(), 78, daemon.log)
        self.assertIn("kafka.start", daemon.log)
        self.assertEqual(self.store_offsets(place), {})

    def test_a_topic_that_is_not_there_is_named(self):
        place = self.place()
        daemon = self.launch(place, self.configure(place, "no-such-topic"))
        self.assertEqual(daemon.wait(), 78, daemon.log)
        self.assertIn("no-such-topic", daemon.log)

    def test_no_text_of_users_is_logged(self):
        topic, place = self.topic(), self.place()
        daemon = self.run_to_end(place, self.configure(place, topic))
        texts = {json.loads(line)["utterance"] for path in self.logs
                 for line in service.lines_of(path) if line.startswith(b'{"event_id":"e')}
        self.assertGreater(len(texts), 50)
        self.assertEqual([text for text in texts if len(text) > 6 and text in daemon.log], [])
        self.assertGreater(support.count_exports(place), 0)


if __name__ == "__main__":
    unittest.main()
