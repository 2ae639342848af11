# SPDX-License-Identifier: Apache-2.0
"""`rephrased run` beside a real broker: topics full of events, daemons with and without faults, and what a
replay of the same records from files makes of them, which is what every daemon must end with.

Environment as in tests/process/harness.py (REPHRASED, RPH_ROUNDS, RPH_SEED) and in broker.py.
"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "process"))
import broker as brokers  # noqa: E402
import harness  # noqa: E402
import oracle  # noqa: E402
import rows  # noqa: E402
import support  # noqa: E402

STOP_SECONDS = 5
# What rows mean in terms of offsets differs between a topic and its dump in files.
POSITIONS = ("offset", "meta")
WRONG = [b"{", b'{"event_id":"x"}', b"\xff\xfe", b"[]", b'{"a":1,"a":2}']


def lines_of(path):
    with open(path, "rb") as file:
        return file.readlines()


class Daemon:
    """One `rephrased run`."""

    def __init__(self, place, config, options=(), preload=None, environment=None):
        self.place, self.config = place, config
        self.log_path = os.path.join(place, "log")
        variables = {"PATH": os.environ["PATH"], "HOME": place, "LC_ALL": "C.UTF-8",
                     "XDG_CONFIG_HOME": os.path.join(place, "config")}
        # A leak would be found at the end of a run; a preloaded shim comes before the sanitizer.
        variables["ASAN_OPTIONS"] = "abort_on_error=1:verify_asan_link_order=0" + (
            ":detect_leaks=0" if preload else "")
        variables["UBSAN_OPTIONS"] = "abort_on_error=1:print_stacktrace=1"
        if preload:
            variables["LD_PRELOAD"] = harness.shim(preload)
        variables.update(environment or {})
        self.log_start = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [harness.program(), "run", "--config", config, *options], env=variables,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=place)

    @property
    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            file.seek(self.log_start)
            return file.read()

    def lives(self):
        return self.process.poll() is None

    def wait(self, seconds=60):
        """The exit code; negative: the signal."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {seconds} s:\n{self.log[-4000:]}") from None

    def kill(self):
        """kill -9; whether it was still alive."""
        alive = self.lives()
        self.process.kill()
        return self.process.wait() == -signal.SIGKILL and alive

    def stop(self):
        """SIGTERM: the exit code and the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.wait(30)
        return code, time.monotonic() - started

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def await_log(self, pattern, seconds=30):
        """Waits for a line that the regular expression finds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.log)
            if found:
                return found
            if not self.lives():
                found = re.search(pattern, self.log)
                if found:
                    return found
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in the log:\n{self.log[-4000:]}")


class Case(support.Stores):
    """A broker, the logs of a few weeks, and one topic a test."""

    sessions = 400
    weeks = 3
    users = 60
    partitions = 3
    locales = ("en-US", "th-TH")

    @classmethod
    def setUpClass(cls):
        cls.broker = cls.make_broker()
        super().setUpClass()
        cls.random = random.Random(harness.SEED)
        cls.make_logs()
        for log in cls.logs:
            cls.spoil(log)
        cls.topics = 0
        cls.daemons = []

    @classmethod
    def make_broker(cls):
        return brokers.shared()

    @staticmethod
    def spoil(log):
        lines = lines_of(log)
        for number, line in enumerate(WRONG):
            lines.insert(len(lines) * (number + 1) // (len(WRONG) + 1), line + b"\n")
        with open(log, "wb") as file:
            file.writelines(lines)

    def tearDown(self):
        for daemon in self.daemons:
            if daemon.lives():
                daemon.thaw()
                daemon.kill()
        self.daemons.clear()

    # ---- topics ----------------------------------------------------------------------------------

    def topic(self, partitions=None, full=True, settings=()):
        """The name of a new topic, with the logs in it if `full`."""
        type(self).topics += 1
        name = f"{type(self).__name__.lower()}-{os.getpid()}-{self.topics}"
        self.broker.create(name, partitions or self.partitions, *settings)
        if full:
            self.broker.produce(name, self.logs)
        return name

    def dumped(self, topic):
        """What lies in the topic, as one file per partition that has anything."""
        place, lines = self.place(), {}
        for record in self.broker.records(topic):
            lines.setdefault(record.partition, []).append(record.value + b"\n")
        paths = []
        for partition, values in sorted(lines.items()):
            paths.append(os.path.join(place, f"part-{partition}.jsonl"))
            with open(paths[-1], "wb") as file:
                file.writelines(values)
        return paths

    def next_of(self, topic):
        """Partition -> the offset after its last committed record."""
        result = {}
        for record in self.broker.records(topic):
            result[record.partition] = record.offset + 1
        return result

    # ---- daemons ---------------------------------------------------------------------------------

    def settings(self, place, topic):
        """Section -> key -> value of a configuration; small batches, so that much can go wrong."""
        return {
            "kafka": {"brokers": [self.broker.bootstrap], "topics": [topic],
                      "group": f"group-{os.path.basename(place)}-{topic}",
                      "properties": {"reconnect.backoff.max.ms": "500"}},
            "store": {"dir": os.path.join(place, "store"), "map_size": "1GiB", "min_free": "1MiB"},
            "batch": {"records": 100, "wait": "20ms"},
            # Partitions advance unevenly here; none of them counts as idle.
            "export": {"dir": os.path.join(place, support.EXPORTS), "idle": "365d"},
            "secret": {"file": self.secret},
            # Files have no log time to compare with, and little evidence must be enough for an export.
            "input": {"past_limit": "3660d", "future_limit": "366d"},
            "promotion": {"min_users": 2, "min_days": 1, "synonymy": 0.2, "confidence": 0.5,
                          "improvement": 0.5, "min_tolerated": 0},
            "http": {"listen": ""},
        }

    def configure(self, place, topic, **changes):
        """Writes PLACE/rephrased.yaml; `changes`: section -> {key: value}."""
        values = self.settings(place, topic)
        for section, keys in changes.items():
            values.setdefault(section, {}).update(keys)
        return support.write_config(os.path.join(place, "rephrased.yaml"), {
            section: {key: json.dumps(value) for key, value in keys.items()}
            for section, keys in values.items()})

    def launch(self, place, config, options=(), **faults):
        daemon = Daemon(place, config, options, **faults)
        self.daemons.append(daemon)
        return daemon

    def run_to_end(self, place, config, options=(), seconds=120, **faults):
        """A daemon that ends when it has read everything: it must do so in peace."""
        daemon = self.launch(place, config, ["--exit-at-end", *options], **faults)
        self.assertEqual(daemon.wait(seconds), 0, daemon.log[-4000:])
        return daemon

    def served(self, topic, **changes):
        """A place in which an undisturbed daemon has read the whole topic."""
        place = self.place()
        self.run_to_end(place, self.configure(place, topic, **changes))
        return place

    # ---- what a place holds ----------------------------------------------------------------------

    def store_offsets(self, place):
        """(topic, partition) -> the offset before which everything is counted."""
        if not os.path.isdir(os.path.join(place, "store")):
            return {}
        result = {}
        for key, value in rows.decode(self.dump(place))["offset"].items():
            topic, partition = key.split(b"\0")
            result[topic.decode("utf-8"), int(partition)] = value["next"]
        return result

    def counted(self, place, topic):
        """Partition -> offset, of one topic, where anything is counted."""
        return {partition: offset for (name, partition), offset
                in self.store_offsets(place).items() if name == topic and offset > 0}

    def await_counted(self, daemon, place, topic, wanted=None, seconds=60):
        """Waits until the store has everything that lies in the topic now, or `wanted`."""
        wanted = wanted or self.next_of(topic)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.counted(place, topic)
            if all(found.get(partition, 0) >= offset for partition, offset in wanted.items()):
                return
            if not daemon.lives():
                self.fail(f"the daemon ended with {daemon.wait()}:\n{daemon.log[-4000:]}")
            time.sleep(0.1)
        self.fail(f"counted {found}, not {wanted}, after {seconds} s:\n{daemon.log[-4000:]}")

    def expected(self, topic, config):
        """A place with a replay of the topic's records from files, with the same configuration."""
        place = self.place()
        done = self.run_program([
            "replay", "--config", config, "--store", os.path.join(place, "store"), "--export-dir",
            os.path.join(place, support.EXPORTS), *self.dumped(topic)])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in
                               os.walk(os.path.join(place, support.EXPORTS)) for name in names
                               if name == "train.jsonl"), 0, "nothing to learn: too few events")
        return place

    def let_weeks_end(self, place, config):
        """A stop breaks work on weeks off; the next start goes on with it, and with nothing else."""
        last = next((daemon for daemon in reversed(self.daemons) if daemon.place == place), None)
        if last and "weeks_broken_off" in last.log:
            counted = self.store_offsets(place)
            self.run_to_end(place, config)
            self.assertEqual(self.store_offsets(place), counted, "records were left to the next start")

    def assert_like_replay(self, place, topic, title="live and replay"):
        """The rows and exports are those of a replay, byte for byte."""
        config = os.path.join(place, "rephrased.yaml")
        self.let_weeks_end(place, config)
        self.assert_same(place, self.expected(topic, config), title, without=POSITIONS)

    def assert_like_oracle(self, place, topic):
        """The rows are what naive code makes of the records that a consumer of ours finds in the topic. Verdicts
        of the judge come from a replay of these records, which the oracle checks to be about the right turns."""
        logs, evidence = self.dumped(topic), os.path.join(self.place(), "evidence")
        done = self.run_program(["replay", "--config", os.path.join(place, "rephrased.yaml"), "--store",
                                 os.path.join(self.place(), "store"), "--evidence", evidence, *logs])
        self.assertEqual(done.returncode, 0, done.stderr)
        expected, tables = support.tables_of(logs, self.keys, evidence)
        self.assertGreater(len(tables["vote"]), 0)
        self.assertGreater(expected.counts["counted"], 0)
        found = rows.decode(self.dump(place))
        different = oracle.differences(tables, found)
        self.assertFalse(different, "\n".join(different[:10]))
        counted = self.counted(place, topic)
        for partition, offset in self.next_of(topic).items():  # behind it there may be control records
            self.assertGreaterEqual(counted.get(partition, 0), offset, f"partition {partition}")

    def assert_never_ahead(self, place, topic, group=None):
        """No offset is committed to Kafka that the store has not."""
        counted = self.counted(place, topic)
        group = group or self.settings(place, topic)["kafka"]["group"]
        for partition, (offset, _) in self.broker.committed(group, topic).items():
            self.assertLessEqual(offset, counted.get(partition, 0), f"partition {partition}")

    # ---- HTTP ------------------------------------------------------------------------------------

    @staticmethod
    def ask(port, path):
        """Status and text of an answer; None while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8")
        except OSError:
            return None

    def await_told(self, group, topic, seconds=30):
        """Waits until Kafka has heard of every partition from the group, which comes after the count."""
        end, told = time.monotonic() + seconds, {}
        while time.monotonic() < end:
            told = self.broker.committed(group, topic)
            if set(told) >= set(self.next_of(topic)):
                return
            time.sleep(0.1)
        self.fail(f"the group {group} has told Kafka of {sorted(told)} only, after {seconds} s")

    def await_ready(self, daemon, port, ready=True, seconds=30):
        """Waits for /ready to say yes (or no); the answer's text."""
        end, answer = time.monotonic() + seconds, None
        while time.monotonic() < end and daemon.lives():
            answer = self.ask(port, "/ready")
            if answer and (answer[0] == 200) == ready:
                return answer[1]
            time.sleep(0.05)
        return self.fail(f"/ready: {answer}\n{daemon.log[-4000:]}")

    def metrics(self, port):
        """Name with labels -> value."""
        status, text = self.ask(port, "/metrics")
        self.assertEqual(status, 200)
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in text.splitlines() if line and not line.startswith("#")}
