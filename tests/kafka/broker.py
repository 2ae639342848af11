# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka for the tests: scripts/kafka and tests/kafka/kafka_tool.c from Python.

Environment: REPHRASED_KAFKA is the directory of a broker that runs already (scripts/kafka start --dir
DIR) and is shared by several test programs; without it every program starts one of its own.
"""
import atexit
import collections
import functools
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts", "kafka")
SKIPPED = 77

Record = collections.namedtuple("Record", "partition offset key value headers")


class BrokerError(Exception):
    pass


def run(command, check=True):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", check=False)
    if done.returncode == SKIPPED:
        raise unittest.SkipTest(done.stderr.strip())
    if check and done.returncode != 0:
        raise BrokerError(f"{' '.join(command)}: {done.stderr}")
    return done


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_next_port = itertools.count(20000 + os.getpid() % 1000 * 10)


def free_ports(count=1):
    """The first of `count` ports in a row that nobody has, below those that the kernel gives away."""
    while True:
        first = 10000 + next(_next_port) % 22000
        if all(is_free(first + i) for i in range(count)):
            for _ in range(count):
                next(_next_port)
            return first


@functools.lru_cache(maxsize=None)
def tool_path():
    return run([SCRIPT, "tool"]).stdout.split()[-1]


class Broker:
    """One Kafka in a directory of its own."""

    def __init__(self, directory, port=None, options=()):
        self.directory, self.options = directory, list(options)
        self.port = port or free_ports(5)
        self.starts = []

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    @property
    def secure_bootstrap(self):
        return f"127.0.0.1:{self.port + 2}"

    def path(self, name):
        return os.path.join(self.directory, name)

    def script(self, command, *arguments, check=True):
        return run([SCRIPT, command, "--dir", self.directory, *arguments], check)

    def start(self):
        started = time.monotonic()
        self.script("start", "--port", str(self.port), *self.options)
        self.starts.append(time.monotonic() - started)
        return self

    def runs(self):
        return self.script("status", check=False).returncode == 0

    def kill(self):
        self.script("kill")

    def stop(self):
        self.script("stop")

    def freeze(self):
        self.script("freeze")

    def thaw(self):
        self.script("thaw")

    def destroy(self):
        self.script("destroy", check=False)

    # ---- topics and records --------------------------------------------------------------------------

    def tool(self, command, *arguments):
        return run([tool_path(), command, self.bootstrap, *map(str, arguments)]).stdout

    def rows(self, command, *arguments):
        return [line.split("\t") for line in self.tool(command, *arguments).splitlines()]

    def create(self, topic, partitions, *settings):
        self.tool("create", topic, partitions, *settings)

    def produce(self, topic, files, first=0, rate=0):
        """Every line of file i to partition first + i, acknowledged."""
        return int(self.tool("produce", topic, first, rate, *files))

    def produce_in_background(self, topic, files, rate):
        """As produce(), but as a process that the caller waits for."""
        return subprocess.Popen(
            [tool_path(), "produce", self.bootstrap, topic, "0", str(rate), *files],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def ends(self, topic):
        """Partition -> (first offset, end offset)."""
        return {int(row[1]): (int(row[2]), int(row[3])) for row in self.rows("topics")
                if row[0] == topic}

    def committed(self, group, topic):
        """Partition -> (offset, metadata)."""
        return {int(row[0]): (int(row[1]), row[2]) for row in self.rows("committed", group, topic)}

    def records(self, topic):
        """Every committed record, partition by partition."""
        result = []
        for line in self.tool("dump", topic).splitlines():
            row = json.loads(line)
            result.append(Record(row["partition"], row["offset"], unhex(row["key"]),
                                 unhex(row["value"]), [(unhex(name).decode("utf-8"), unhex(value))
                                                       for name, value in row["headers"]]))
        return sorted(result, key=lambda record: (record.partition, record.offset))


def unhex(digits):
    return None if digits is None else bytes.fromhex(digits)


_own = []


def own(options=()):
    """A broker that only the calling test program uses; gone when it ends."""
    broker = Broker(tempfile.mkdtemp(prefix="rephrased-kafka-"), options=options)
    _own.append(broker)
    return broker.start()


def need_scram():
    """Skips where the client's SCRAM, wrong before librdkafka 2.6.1, meets a broker that notices."""
    if os.environ.get("KAFKA_VERSION", "3").split(".")[0] >= "4":
        raise unittest.SkipTest("SKIP: SCRAM of librdkafka before 2.6.1 is refused by Kafka 4")


@functools.lru_cache(maxsize=None)
def shared():
    """The broker that several test programs use one after the other."""
    directory = os.environ.get("REPHRASED_KAFKA")
    if not directory:
        return own()
    with open(os.path.join(directory, "bootstrap"), encoding="ascii") as file:
        broker = Broker(directory, port=int(file.read().split(":")[1]))
    if not broker.runs():
        raise BrokerError(f"no broker runs in {directory}, the value of REPHRASED_KAFKA")
    return broker


@atexit.register
def _destroy_own():
    for broker in _own:
        broker.destroy()
        shutil.rmtree(broker.directory, ignore_errors=True)
