# SPDX-License-Identifier: Apache-2.0
"""A broker, a topic that generated events stream into, and `rephrased run` beside it: what `scripts/bench kafka`
and `scripts/soak` share. The broker is that of the tests (scripts/kafka, tests/kafka/broker.py)."""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/kafka"))
import broker as brokers  # noqa: E402  (needs the path above)

PARTITIONS = 4
EVENTS_PER_SESSION = 2.1
TICKS = os.sysconf("SC_CLK_TCK")


def note(text):
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr, flush=True)


def release_build():
    note("building the release preset")
    subprocess.run([ROOT / "scripts/build", "release", "-DRPH_TESTS=OFF"], check=True,
                   stdout=subprocess.DEVNULL)
    return ROOT / "build/release/rephrased"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.M)
    return {"processor": model[1] if model else "unknown", "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2)}


def cpu_of(pid):
    """CPU seconds of a living process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Demand(threading.Thread):
    """How many processors a process had, and how many it could have used: the time its threads ran, and the
    time they ran or were ready and waited for a processor, over the time that passed."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.tasks, self.times, self.over = pathlib.Path(f"/proc/{pid}/task"), {}, threading.Event()
        self.started = time.monotonic()
        self.start()

    def look(self):
        for task in self.tasks.iterdir():
            ran, waited = (task / "schedstat").read_text(encoding="ascii").split()[:2]
            self.times[task.name] = int(ran) / 1e9, int(waited) / 1e9

    def run(self):
        while not self.over.wait(0.01):
            try:
                self.look()
            except OSError:  # a thread has ended in between
                continue

    def end(self):
        self.over.set()
        self.join()
        seconds = time.monotonic() - self.started
        ran, waited = (sum(column) for column in zip(*self.times.values()))
        return {"cores_used": round(ran / seconds, 2), "cores_asked_for": round((ran + waited) / seconds, 2)}


class Cores:
    """How busy the whole machine's processors were since this was made."""

    def __init__(self):
        self.before, self.started = self.now(), time.monotonic()

    @staticmethod
    def now():
        """(busy, all) in ticks; what the hypervisor took away is neither."""
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, idle, wait, irq, soft = map(int, file.readline().split()[1:8])
        busy = user + nice + system + irq + soft
        return busy, busy + idle + wait

    def share(self):
        busy, total = (now - before for now, before in zip(self.now(), self.before))
        return busy / max(1, total)


class Pacer(threading.Thread):
    """Moves bytes from one pipe to another, as many as `allowed()` says."""

    def __init__(self, source, target, allowed, moved):
        super().__init__(daemon=True)
        self.source, self.target, self.allowed, self.moved = source, target, allowed, moved

    def run(self):
        source = os.open(self.source, os.O_RDONLY)
        target = os.open(self.target, os.O_WRONLY)
        while count := os.splice(source, target, 65536):
            self.moved.append(count)
            while sum_of(self.moved) > self.allowed():
                time.sleep(0.005)
        os.close(target)
        os.close(source)


def sum_of(counts):
    """Sum of a list that several threads append to; what was added up stays added up."""
    while len(counts) > 1:
        try:
            first, second = counts.pop(), counts.pop()
        except IndexError:
            break
        counts.append(first + second)
    return sum(counts)


class Live:
    """A broker of its own in DIR/kafka; everything else in DIR too."""

    def __init__(self, directory, program):
        self.dir, self.program = pathlib.Path(directory), program
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.broker = brokers.Broker(str(self.dir / "kafka"))
        self.tool = brokers.tool_path()
        self.number, self.generator, self.services = 0, None, []

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no broker stays behind
        self.broker.start()
        return self

    def __exit__(self, *_):
        for service in self.services:  # only after a failure does one still run
            if service.process and service.process.poll() is None:
                service.process.kill()
        self.broker.destroy()

    def broker_pid(self):
        return int((self.dir / "kafka/pid").read_text(encoding="ascii"))

    def fresh(self, name):
        """A directory that was never there before."""
        self.number += 1
        place = self.dir / f"{name}-{self.number}"
        place.mkdir()
        return place

    # ---- events in -------------------------------------------------------------------------------

    def pipes(self):
        place = self.fresh("pipes")
        paths = [place / f"part-{number}.jsonl" for number in range(PARTITIONS)]
        for path in paths:
            os.mkfifo(path)
        return paths

    def generate(self, events, folder, weeks=8):
        """The process that writes about so many events of so many weeks into FOLDER/part-0.jsonl, …"""
        return subprocess.Popen([self.program, "generate", "--seed", "1", "--sessions",
                                 str(max(1, round(events / EVENTS_PER_SESSION))), "--weeks", str(weeks),
                                 "--partitions", str(PARTITIONS), "--out-dir", folder])

    def producers(self, topic, paths):
        """One for every partition, so that none waits for another one's pipe."""
        return [subprocess.Popen([self.tool, "-X", "compression.type=lz4", "produce", self.broker.bootstrap,
                                  topic, str(number), "0", path], stdout=subprocess.PIPE, text=True)
                for number, path in enumerate(paths)]

    def stream(self, topic, events, allowed=None, weeks=8):
        """Begins to generate into the topic; the producers. `allowed`: bytes that may have gone by now."""
        sources = self.pipes()
        targets = self.pipes() if allowed else sources
        producers = self.producers(topic, targets)
        if allowed:
            moved = []
            for source, target in zip(sources, targets):
                Pacer(source, target, allowed, moved).start()
        self.generator = self.generate(events, sources[0].parent, weeks)
        return producers

    def finish(self, producers):
        """Records acknowledged, when all have ended."""
        total = 0
        if self.generator.wait():
            sys.exit("the generator failed")
        for producer in producers:
            total += int(producer.communicate()[0])
            if producer.returncode:
                sys.exit("a producer failed")
        return total

    # ---- the service -----------------------------------------------------------------------------

    def configure(self, topic, **changes):
        """(configuration, store) of a new place; `changes`: section -> {key: value}."""
        place = self.fresh("service")
        port = brokers.free_ports()
        values = {
            "kafka": {"brokers": [self.broker.bootstrap], "topics": [topic], "group": place.name},
            "store": {"dir": str(place / "store")},
            "export": {"dir": str(place / "exports"), "idle": "365d"},
            "secret": {"file": str(self.dir / "secret")},
            "http": {"listen": f"127.0.0.1:{port}"},
            # The events' own times are in the past, and some are written as text, which the producers' log
            # time does not follow.
            "input": {"past_limit": "3660d"},
        }
        for section, keys in changes.items():
            values.setdefault(section, {}).update(keys)
        (place / "rephrased.yaml").write_text("".join(
            f"{section}:\n" + "".join(f"  {key}: {json.dumps(value)}\n" for key, value in keys.items())
            for section, keys in values.items()), encoding="utf-8")
        self.services.append(Service(self.program, place, port))
        return self.services[-1]


class Service:
    """`rephrased run` in a place of its own; may be started again after it has ended."""

    def __init__(self, program, place, port):
        self.program, self.place, self.port, self.process = program, place, port, None
        self.store, self.group = place / "store", place.name

    def start(self, *options):
        with open(self.place / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "run", "--config", self.place / "rephrased.yaml", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def fail(self, why):
        log = (self.place / "log").read_text(encoding="utf-8", errors="replace")
        sys.exit(f"{why}:\n{log[-3000:]}")

    def wait(self):
        """CPU seconds and peak RSS of a run that must have ended well."""
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode:
            self.fail(f"the service ended with {self.process.returncode}")
        return {"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
                "peak_rss_mib": round(usage.ru_maxrss / 1024)}

    def letters(self):
        """Dead letters written."""
        return sum(path.read_bytes().count(b"\n") for path in (self.store / "dead-letters").glob("*")
                   if path.is_file())

    def stop(self):
        """SIGTERM; seconds until it has ended."""
        started = time.monotonic()
        self.process.terminate()
        self.wait()
        return round(time.monotonic() - started, 3)

    def ask(self, path):
        """The answer's text; None while there is none, or it is no 200."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.read().decode("utf-8")
        except (urllib.error.URLError, OSError):
            return None

    def await_ready(self, since):
        while self.ask("/ready") is None:
            if self.process.poll() is not None:
                self.fail("the service ended before it was ready")
            time.sleep(0.01)
        return round(time.monotonic() - since, 3)

    def metrics(self):
        """Name with labels -> value; empty when it does not answer."""
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in (self.ask("/metrics") or "").splitlines() if line[:1] not in "#"}

    def next_offsets(self):
        """Partition -> everything before this offset is committed."""
        return {int(part): float(value) for part, value in re.findall(
            r'^rephrased_partition_next_offset\{[^}]*partition="(\d+)"[^}]*\} (\S+)$',
            self.ask("/metrics") or "", re.M)}


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
