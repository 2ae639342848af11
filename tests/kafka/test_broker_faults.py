#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Brokers and networks that fail, records that are gone, brokers that refuse: each ends as documented."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import broker as brokers  # noqa: E402
import harness  # noqa: E402
import proxy  # noqa: E402

NO_ACCESS = 77
LOST = 78
MINED = ("formulation", "goal", "vote", "usage", "user_index")


class BrokerFaults(service.Case):
    @classmethod
    def make_broker(cls):
        port = brokers.free_ports()
        broker = brokers.own(["--secure", "--proxied", str(port)])
        cls.proxy = proxy.Proxy(port, broker.port + 3)
        return broker

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        super().tearDownClass()

    def setUp(self):
        self.proxy.delay, self.proxy.rate, self.proxy.cut_after = 0.0, 0, 0
        self.proxy.silent = self.proxy.refusing = False

    def proxied(self, **changes):
        """Changes of a configuration that lead through the proxy."""
        return {"kafka": {"brokers": [f"127.0.0.1:{self.proxy.port}"]}, **changes}

    def part(self, topic, first, last):
        """Files with those tenths of the logs."""
        place, paths = self.place(), []
        for number, log in enumerate(self.logs):
            lines = service.lines_of(log)
            paths.append(os.path.join(place, f"{number}"))
            with open(paths[-1], "wb") as file:
                file.writelines(lines[len(lines) * first // 10:len(lines) * last // 10])
        return paths

    # ---- the broker ------------------------------------------------------------------------------

    def test_a_broker_killed_and_restarted_under_load_costs_nothing(self):
        topic, place = self.topic(full=False), self.place()
        daemon = self.launch(place, self.configure(place, topic))
        restarts = harness.rounds(2)
        for number in range(restarts):
            self.broker.produce(topic, self.part(topic, 5 * number // restarts,
                                                 5 * (number + 1) // restarts))
            time.sleep(self.random.random() * 0.3)
            self.broker.kill()
            time.sleep(self.random.random() * 2)
            self.assertTrue(daemon.lives(), daemon.log[-4000:])
            self.broker.start()
        self.broker.produce(topic, self.part(topic, 5, 10))
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-4000:])
        self.assert_like_replay(place, topic)
        self.assert_never_ahead(place, topic)

    def test_without_a_broker_it_waits_and_can_be_stopped(self):
        topic, place = self.topic(), self.place()
        port = brokers.free_ports()
        config = self.configure(place, topic, http={"listen": f"127.0.0.1:{port}"})
        self.broker.kill()
        daemon = self.launch(place, config)
        self.await_ready(daemon, port, ready=False)
        time.sleep(3)
        self.assertTrue(daemon.lives(), daemon.log[-4000:])
        other = self.place()
        stopped = self.launch(other, self.configure(other, topic))
        time.sleep(1)
        code, seconds = stopped.stop()
        self.assertEqual(code, 0, stopped.log[-4000:])
        self.assertLess(seconds, service.STOP_SECONDS)
        self.broker.start()
        self.await_ready(daemon, port)
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0)
        self.assert_like_replay(place, topic)

    def test_stopped_while_the_broker_is_away_it_loses_nothing(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        daemon = self.launch(place, config)
        self.broker.produce(topic, self.part(topic, 0, 5))
        self.await_counted(daemon, place, topic)
        self.broker.kill()
        code, seconds = daemon.stop()
        self.broker.start()
        self.assertEqual(code, 0, daemon.log[-4000:])
        self.assertLess(seconds, 3 * service.STOP_SECONDS)
        self.broker.produce(topic, self.part(topic, 5, 10))
        self.run_to_end(place, config)
        self.assert_like_replay(place, topic)

    def test_a_frozen_broker_is_waited_for(self):
        topic, place = self.topic(full=False), self.place()
        daemon = self.launch(place, self.configure(place, topic))
        self.broker.produce(topic, self.part(topic, 0, 5))
        self.await_counted(daemon, place, topic)
        self.broker.freeze()
        try:
            time.sleep(8)
            self.assertTrue(daemon.lives(), daemon.log[-4000:])
        finally:
            self.broker.thaw()
        time.sleep(2)
        self.broker.produce(topic, self.part(topic, 5, 10))
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0)
        self.assert_like_replay(place, topic)

    # ---- the network -----------------------------------------------------------------------------

    def test_disconnects_in_the_middle_of_answers_cost_nothing(self):
        topic, place = self.topic(), self.place()
        self.proxy.cut_after = 60_000
        cuts = self.proxy.cuts
        daemon = self.launch(place, self.configure(place, topic, **self.proxied()))
        end = time.monotonic() + 20
        while time.monotonic() < end and self.proxy.cuts - cuts < harness.rounds(6):
            time.sleep(0.1)
            self.assertTrue(daemon.lives(), daemon.log[-4000:])
        self.proxy.cut_after = 0
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0)
        self.assertGreater(self.proxy.cuts - cuts, 1, "nothing was ever cut")
        self.assert_like_replay(place, topic)
        print(f"{self.proxy.cuts - cuts} connections cut", file=sys.stderr)

    def test_a_slow_network_is_only_slow(self):
        topic, place = self.topic(), self.place()
        self.proxy.delay, self.proxy.rate = 0.15, 400_000
        delayed = self.proxy.delayed
        self.run_to_end(place, self.configure(place, topic, **self.proxied()))
        self.assertGreater(self.proxy.delayed - delayed, 10)
        self.assert_like_replay(place, topic)

    def test_a_network_that_swallows_everything_for_a_while_is_waited_for(self):
        topic, place = self.topic(full=False), self.place()
        daemon = self.launch(place, self.configure(place, topic, **self.proxied()))
        self.broker.produce(topic, self.part(topic, 0, 5))
        self.await_counted(daemon, place, topic)
        delayed = self.proxy.delayed
        self.proxy.silent = True
        time.sleep(5)
        self.assertTrue(daemon.lives(), daemon.log[-4000:])
        self.assertGreater(self.proxy.delayed, delayed)
        self.proxy.disconnect()
        self.proxy.silent = False
        self.broker.produce(topic, self.part(topic, 5, 10))
        self.await_counted(daemon, place, topic)
        self.assertEqual(daemon.stop()[0], 0)
        self.assert_like_replay(place, topic)

    # ---- records that are gone -------------------------------------------------------------------

    def test_retention_that_overtook_us_stops_loudly_until_the_gap_is_accepted(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        self.broker.produce(topic, self.part(topic, 0, 5))
        self.run_to_end(place, config)
        counted = self.counted(place, topic)
        self.broker.produce(topic, self.part(topic, 5, 10))
        end = self.broker.ends(topic)[1][1]
        first = (counted[1] + end) // 2
        self.broker.tool("truncate", topic, 1, first)
        before = self.rows_of(place)
        for _ in range(2):
            daemon = self.launch(place, config, ["--exit-at-end"])
            self.assertEqual(daemon.wait(), LOST, daemon.log)
            for word in (topic, str(first), "--accept-gap"):
                self.assertIn(word, daemon.log)
            self.assertEqual(self.rows_of(place), before, "it counted something all the same")
        self.run_to_end(place, config, ["--accept-gap"])
        self.assertEqual(self.counted(place, topic)[1], end)
        self.assert_sound(place)
        self.run_to_end(place, config)

    def test_a_deleted_topic_stops_it_with_a_sentence_and_keeps_what_was_learned(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        self.broker.produce(topic, self.part(topic, 0, 5))
        daemon = self.launch(place, config)
        self.await_counted(daemon, place, topic)
        before = {name: rows for name, rows in self.rows_of(place).items() if name in MINED}
        self.broker.tool("delete", topic)
        code = daemon.wait(90)
        self.assertEqual(code, LOST, daemon.log[-4000:])
        self.assertIn(topic, daemon.log)
        after = {name: rows for name, rows in self.rows_of(place).items() if name in MINED}
        self.assertEqual(after, before)
        # Made anew, its offsets mean other records: that must be said, never guessed.
        self.broker.create(topic, self.partitions)
        self.broker.produce(topic, self.part(topic, 0, 1))
        daemon = self.launch(place, config, ["--exit-at-end"])
        self.assertEqual(daemon.wait(), LOST, daemon.log)
        self.assertIn("--accept-gap", daemon.log)

    def test_a_topic_made_anew_and_longer_than_before_is_not_taken_for_the_old_one(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        self.broker.produce(topic, self.part(topic, 0, 4))
        self.run_to_end(place, config)
        before = self.rows_of(place)
        self.broker.tool("delete", topic)
        self.broker.create(topic, self.partitions)
        self.broker.produce(topic, self.part(topic, 4, 10))
        for _ in range(2):
            daemon = self.launch(place, config, ["--exit-at-end"])
            self.assertEqual(daemon.wait(), LOST, daemon.log)
            for word in (topic, "made anew", "--accept-gap"):
                self.assertIn(word, daemon.log)
            self.assertEqual(daemon.log.count("made anew"), self.partitions, "said twice")
            self.assertEqual(self.rows_of(place), before)
        self.run_to_end(place, config, ["--accept-gap"])
        after = self.rows_of(place)
        self.assertEqual({name: after[name] for name in MINED}, {name: before[name] for name in MINED})
        self.assertEqual(self.counted(place, topic), self.next_of(topic))
        self.run_to_end(place, config)

    def letters(self, place):
        """The lines of all dead letters, sorted."""
        folder = os.path.join(place, "store", "dead-letters")
        return sorted(line for name in os.listdir(folder)
                      for line in service.lines_of(os.path.join(folder, name)))

    def test_letters_of_a_topic_that_was_made_anew_outlive_the_accepted_gap(self):
        topic, place = self.topic(full=False), self.place()
        config = self.configure(place, topic)
        self.broker.produce(topic, self.part(topic, 0, 10))
        self.run_to_end(place, config)
        before = self.letters(place)
        self.assertGreater(len(before), self.partitions)
        self.broker.tool("delete", topic)
        self.broker.create(topic, self.partitions)
        self.broker.produce(topic, self.part(topic, 0, 1))
        self.run_to_end(place, config, ["--accept-gap"])
        self.assertEqual(self.letters(place), before)
        self.broker.produce(topic, [self.file("wrong", [b"{wrong\n"])])
        self.run_to_end(place, config)
        after = self.letters(place)
        self.assertEqual(len(after), len(before) + 1)
        self.assertTrue(set(before) < set(after))
        self.broker.produce(topic, [self.file("wrong", [b"{worse\n"])])
        self.run_to_end(place, config)
        self.assertEqual(len(self.letters(place)), len(before) + 2)

    # ---- access ----------------------------------------------------------------------------------

    def secure(self, **changes):
        brokers.need_scram()
        password = os.path.join(self.place(), "password")
        with open(self.broker.path("tls/password"), "rb") as source, open(password, "wb") as file:
            file.write(source.read())
        properties = {"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512",
                      "sasl.username": "rephrased", "ssl.ca.location": self.broker.path("tls/ca.pem"),
                      "reconnect.backoff.max.ms": "500"}
        return {"kafka": {"brokers": [self.broker.secure_bootstrap],
                          "properties": properties | changes,
                          "secrets": {"sasl.password": password}}}, password

    def test_tls_and_scram_with_the_password_from_a_file(self):
        topic, place = self.topic(), self.place()
        changes, password = self.secure()
        daemon = self.run_to_end(place, self.configure(place, topic, **changes))
        self.assert_like_replay(place, topic)
        self.run_to_end(place, os.path.join(place, "rephrased.yaml"))
        with open(password, encoding="ascii") as file:
            self.assertNotIn(file.read().strip(), daemon.log)

    def test_a_wrong_password_ends_the_start_with_a_sentence(self):
        topic, place = self.topic(), self.place()
        changes, password = self.secure()
        with open(password, "w", encoding="ascii") as file:
            file.write("not-the-password-it-wants\n")
        daemon = self.launch(place, self.configure(place, topic, **changes))
        self.assertEqual(daemon.wait(), NO_ACCESS, daemon.log)
        self.assertNotIn("not-the-password-it-wants", daemon.log)
        self.assertEqual(self.store_offsets(place), {})

    def test_a_certificate_of_another_authority_is_not_trusted(self):
        topic, place = self.topic(), self.place()
        changes, _ = self.secure(**{"ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"})
        daemon = self.launch(place, self.configure(place, topic, **changes))
        daemon.await_log(r"(?i)certificate|ssl", 30)
        time.sleep(1)
        code = daemon.wait() if not daemon.lives() else daemon.stop()[0]
        self.assertIn(code, (0, NO_ACCESS, LOST), daemon.log)
        self.assertEqual(self.store_offsets(place), {})


if __name__ == "__main__":
    unittest.main()
