#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/kafka and the tests' own client: what all other tests here rely on."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import broker as brokers  # noqa: E402


class Script(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="rephrased-kafka-")
        cls.broker = brokers.own(["--secure"])

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def lines(self, name, count):
        path = os.path.join(self.temporary.name, name)
        with open(path, "w", encoding="ascii") as file:
            file.writelines(f"{name} {number}\n" for number in range(count))
        return path

    def test_records_lie_where_they_were_sent_and_in_that_order(self):
        self.broker.create("order", 3)
        files = [self.lines(f"o{i}", 500) for i in range(3)]
        self.assertEqual(self.broker.produce("order", files), 1500)
        records = self.broker.records("order")
        self.assertEqual([(r.partition, r.offset, r.value) for r in records],
                         [(i, n, f"o{i} {n}".encode()) for i in range(3) for n in range(500)])
        self.assertEqual(self.broker.ends("order"), {i: (0, 500) for i in range(3)})

    def test_an_aborted_transaction_is_in_the_log_and_never_read(self):
        self.broker.create("aborted", 1)
        self.broker.produce("aborted", [self.lines("before", 10)])
        self.assertEqual(int(self.broker.tool("abort", "aborted", 0, self.lines("never", 10))), 10)
        self.broker.produce("aborted", [self.lines("after", 10)])
        values = [record.value for record in self.broker.records("aborted")]
        self.assertEqual(len(values), 20)
        self.assertFalse(any(value.startswith(b"never") for value in values))
        # 10 aborted records and the marker of the abort took their offsets.
        self.assertEqual(self.broker.ends("aborted")[0], (0, 31))

    def test_acknowledged_records_survive_a_kill_of_the_broker(self):
        self.broker.create("survives", 2)
        self.broker.produce("survives", [self.lines("s0", 300), self.lines("s1", 300)])
        self.broker.tool("commit", "a group", "survives", 1, 17, "some words")
        before = self.broker.records("survives")
        self.broker.kill()
        self.assertFalse(self.broker.runs())
        self.broker.start()
        self.assertEqual(self.broker.records("survives"), before)
        self.assertEqual(self.broker.committed("a group", "survives"), {1: (17, "some words")})
        print(f"starts took {[round(seconds, 1) for seconds in self.broker.starts]} s",
              file=sys.stderr)

    def test_records_can_be_deleted_partitions_added_and_topics_deleted(self):
        self.broker.create("shrinks", 1)
        self.broker.produce("shrinks", [self.lines("x", 100)])
        self.broker.tool("truncate", "shrinks", 0, 40)
        self.assertEqual(self.broker.ends("shrinks"), {0: (40, 100)})
        self.broker.tool("grow", "shrinks", 2)
        self.assertEqual(self.broker.ends("shrinks"), {0: (40, 100), 1: (0, 0)})
        self.broker.tool("delete", "shrinks")
        with self.assertRaises(brokers.BrokerError):
            self.broker.records("shrinks")

    def test_the_secure_listener_wants_its_authority_and_the_right_password(self):
        brokers.need_scram()
        with open(self.broker.path("tls/password"), encoding="ascii") as file:
            password = file.read().strip()

        def ask(command, **changes):
            properties = {"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512",
                          "sasl.username": "rephrased", "sasl.password": password,
                          "ssl.ca.location": self.broker.path("tls/ca.pem")} | changes
            options = [word for name, value in properties.items()
                       for word in ("-X", f"{name}={value}")]
            return subprocess.run([brokers.tool_path(), *options, command,
                                   self.broker.secure_bootstrap], capture_output=True,
                                  check=False).returncode
        # "topics" has patience, "brokers" has none.
        self.assertEqual(ask("topics"), 0)
        for wrong in ({"sasl.password": "wrong"}, {"security.protocol": "plaintext"},
                      {"ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"}):
            self.assertNotEqual(ask("brokers", **wrong), 0, wrong)
        self.assertEqual(ask("brokers"), 0)

    def test_two_brokers_run_side_by_side_and_each_stop_ends_only_its_own(self):
        with tempfile.TemporaryDirectory(prefix="rephrased-kafka-") as directory:
            other = brokers.Broker(directory).start()
            try:
                self.assertNotEqual(other.script("start", "--port", str(other.port),
                                                 check=False).returncode, 0)
                other.create("mine", 1)
                self.assertEqual(self.broker.ends("mine"), {})
            finally:
                other.stop()
            self.assertFalse(other.runs())
            self.assertTrue(self.broker.runs())
            # A process id that now belongs to somebody else is left alone.
            with open(other.path("pid"), "w", encoding="ascii") as file:
                file.write(f"{os.getpid()}\n")
            other.stop()
            self.assertFalse(other.runs())


if __name__ == "__main__":
    unittest.main()
