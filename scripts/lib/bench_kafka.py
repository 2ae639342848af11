# SPDX-License-Identifier: Apache-2.0
"""`scripts/bench kafka`: the service beside a bare consumer of the same topic, and how long a vote takes."""
import bisect
import os
import statistics
import subprocess
import time

import live
from live import note


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def bare(kafka, topic):
    """A librdkafka consumer that only counts."""
    before = live.children_cpu()
    seconds, count = kafka.broker.rows("count", topic)[0]
    return {"events": int(count), "seconds": float(seconds),
            "cpu_seconds": round(live.children_cpu() - before, 2)}


def served(kafka, topic):
    """The service from its start to its end, everything committed."""
    service = kafka.configure(topic)
    cores, broker = live.Cores(), live.cpu_of(kafka.broker_pid())
    started = time.monotonic()
    service.start("--exit-at-end")
    demand = live.Demand(service.process.pid)
    figures = service.wait()
    seconds = time.monotonic() - started
    figures |= demand.end()
    if service.letters():
        raise RuntimeError("the service refused generated events")
    return {"seconds": round(seconds, 2), **figures,
            "broker_cpu_seconds": round(live.cpu_of(kafka.broker_pid()) - broker, 2),
            "cores_busy": round(cores.share(), 2)}


def throughput(kafka, options):
    topic = "bench"
    kafka.broker.create(topic, live.PARTITIONS)
    note(f"producing {options.kafka_events} events")
    # Of one week: what is done once a week is measured by `stop`, and would hide the rest here.
    events = kafka.finish(kafka.stream(topic, options.kafka_events, weeks=1))
    runs = []
    for number in range(options.runs):
        note(f"bare consumer and service, {number + 1} of {options.runs}")
        runs.append((bare(kafka, topic), served(kafka, topic)))
        if runs[-1][0]["events"] != events:
            raise RuntimeError("the bare consumer did not count what was produced")
    rates = [[events / run[i]["seconds"] for run in runs] for i in (0, 1)]
    middle = min(range(len(runs)), key=lambda i: abs(rates[1][i] - statistics.median(rates[1])))
    count, service = runs[middle]
    return {"events": events, "runs": len(runs), "partitions": live.PARTITIONS,
            "bare_consumer": {"events_per_second": round(statistics.median(rates[0])),
                              "cpu_us_per_event": round(count["cpu_seconds"] / events * 1e6, 2)},
            "service": {"events_per_second": round(statistics.median(rates[1])), **service,
                        "cpu_us_per_event": round(service["cpu_seconds"] / events * 1e6, 2)},
            "ratio": round(statistics.median(b / a for a, b in zip(*rates)), 3)}


class Trickle:
    """Lines written to producers at known times; line i of a partition has offset i."""

    def __init__(self, kafka, topic, rate):
        self.rate, self.times = rate, [[] for _ in range(live.PARTITIONS)]
        paths = kafka.pipes()
        self.producers = kafka.producers(topic, paths)
        self.pipes = [os.open(path, os.O_WRONLY) for path in paths]

    def send(self, lines, beside):
        """`lines`: (partition, line); `beside` is called between them as often as there is time."""
        started = time.monotonic()
        for number, (partition, line) in enumerate(lines):
            while time.monotonic() < started + number / self.rate:
                beside()
            self.times[partition].append(time.monotonic())
            os.write(self.pipes[partition], line)

    def close(self):
        for pipe in self.pipes:
            os.close(pipe)
        for producer in self.producers:
            producer.communicate()


def latency(kafka, options):
    """From the moment a line is given to a producer until /metrics says that its transaction, with every vote
    that it made due, is committed; looked at every 10 ms."""
    topic, rate = "trickle", options.trickle
    kafka.broker.create(topic, live.PARTITIONS)
    service = kafka.configure(topic)
    service.start().await_ready(time.monotonic())
    wanted = rate * options.trickle_seconds
    folder = kafka.fresh("trickle")
    kafka.generate(wanted * 2 + 20000, folder).wait()
    files = [path.read_bytes().splitlines(True) for path in sorted(folder.iterdir())]
    lines = [(number % len(files), files[number % len(files)][number // len(files)])
             for number in range(wanted)]
    trickle, seen = Trickle(kafka, topic, rate), [[] for _ in files]

    def look():
        offsets, now = service.next_offsets(), time.monotonic()
        for partition, offset in offsets.items():
            if not seen[partition] or seen[partition][-1][0] < offset:
                seen[partition].append((offset, now))
        time.sleep(0.01)

    note(f"{rate} events/s for {options.trickle_seconds} s, and when they are committed")
    trickle.send(lines, look)
    end = time.monotonic() + 60
    while time.monotonic() < end and any(
            not found or found[-1][0] < len(times) for found, times in zip(seen, trickle.times)):
        look()
    trickle.close()
    votes = service.metrics().get("rephrased_votes_total", 0)
    service.stop()
    delays = []
    for times, found in zip(trickle.times, seen):
        for offset, sent in enumerate(times):
            place = bisect.bisect_right(found, (offset, float("inf")))
            delays.append(found[place][1] - sent)  # an IndexError: not committed within a minute
    return {"events": len(delays), "events_per_second": rate, "votes": round(votes),
            "p50_ms": round(percentile(delays, 0.5) * 1e3), "p99_ms": round(percentile(delays, 0.99) * 1e3),
            "max_ms": round(max(delays) * 1e3)}


def run(options, program):
    with live.Live(os.path.join(options.dir, "service"), program) as kafka:
        version = subprocess.run([live.brokers.SCRIPT, "status", "--dir", kafka.broker.directory], check=True,
                                 capture_output=True, text=True).stdout.splitlines()[0].split("Apache ")[-1]
        return {"machine": live.machine(), "broker": version, "service": throughput(kafka, options),
                "latency": latency(kafka, options)}
