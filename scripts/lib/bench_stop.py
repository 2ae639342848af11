# SPDX-License-Identifier: Apache-2.0
"""`scripts/bench stop`: from start to ready and from SIGTERM to exit, with a store of a gibibyte or more.

A replay makes the store, once; each run works on a copy. A few events of later weeks complete all weeks of
the store, so that the service exports them, which is what it is stopped in.
"""
import os
import pathlib
import shutil
import subprocess
import threading
import time

import live
from live import note

LATER = ("--start", "2026-03-09", "--weeks", "2", "--sessions", "4000", "--seed", "2")


def made_store(kafka, options):
    """(store, secret), kept between runs."""
    place = pathlib.Path(options.dir) / "stop"
    secret, store = place / "secret", place / "store"
    if store.exists():
        return store, secret
    place.mkdir(parents=True, exist_ok=True)
    secret.write_text(f"{7:064x}\n", encoding="ascii")
    secret.chmod(0o600)
    note(f"a store of {options.stop_events} events")
    sessions = str(round(options.stop_events / live.EVENTS_PER_SESSION))
    making = place / "store.new"
    shutil.rmtree(making, ignore_errors=True)
    with subprocess.Popen([kafka.program, "generate", "--seed", "1", "--sessions", sessions],
                          stdout=subprocess.PIPE) as generator:
        subprocess.run([kafka.program, "replay", "--secret", secret, "--store", making, "-"],
                       stdin=generator.stdout, stdout=subprocess.DEVNULL, check=True)
    making.rename(store)
    return store, secret


class Runs:
    """One service after the other on one store."""

    def __init__(self, kafka, options):
        self.kafka, self.topic, self.result = kafka, "stop", {}
        store, secret = made_store(kafka, options)
        kafka.broker.create(self.topic, live.PARTITIONS)
        self.service = kafka.configure(self.topic, secret={"file": str(secret)})
        shutil.copytree(store, self.service.store)
        self.exports = self.service.place / "exports"

    def later_weeks(self):
        folder = self.kafka.fresh("later")
        subprocess.run([self.kafka.program, "generate", *LATER, "--partitions", str(live.PARTITIONS),
                        "--out-dir", folder], check=True)
        self.kafka.broker.produce(self.topic, [str(path) for path in sorted(folder.iterdir())])

    def until(self, condition, what, seconds=600):
        end = time.monotonic() + seconds
        while not condition():
            if self.service.process.poll() is not None or time.monotonic() > end:
                self.service.fail(f"no {what}")
            time.sleep(0.05)

    def is_exporting(self):
        return self.exports.is_dir() and any(self.exports.glob(".tmp-*"))

    def weeks(self):
        return sum(1 for path in self.exports.glob("*") if (path / "_SUCCESS").exists())

    def run(self, name, disturb, *options):
        """Ready, then `disturb`, then SIGTERM; seconds of the first and the last."""
        began = time.monotonic()
        self.service.start(*options)
        ready = self.service.await_ready(began)
        disturb()
        cpu = live.cpu_of(self.service.process.pid)
        self.result[name] = {"ready_seconds": ready, "cpu_seconds_before": round(cpu, 2),
                             "stop_seconds": self.service.stop()}
        note(f"{name}: {self.result[name]}")

    # ---- what it is stopped in -------------------------------------------------------------------

    def in_export(self):
        self.until(self.is_exporting, "export")
        time.sleep(1)

    def in_question(self):
        self.in_export()
        threading.Thread(target=self.service.ask, args=("/v1/pairs?limit=1000",), daemon=True).start()
        time.sleep(0.3)

    def under_load(self):
        self.producers = self.kafka.stream(self.topic, 400_000)
        self.until(lambda: self.service.metrics().get("rephrased_lag_records", 0) > 20_000, "load")
        threading.Thread(target=self.service.ask, args=("/v1/pairs?limit=1000",), daemon=True).start()
        time.sleep(1)

    def all_done(self):
        self.until(lambda: self.service.metrics().get("rephrased_lag_records", 1) == 0, "end of the topic")
        self.until(lambda: self.service.metrics().get("rephrased_rewrites_published", 0) > 0, "rewrites")
        time.sleep(2)

    def everything(self):
        self.later_weeks()
        self.run("while a week is exported", self.in_export)
        self.run("while a question is answered too", self.in_question)
        self.run("under load", self.under_load)
        self.kafka.finish(self.producers)
        self.run("all weeks done", self.all_done)
        self.run("nothing new", lambda: time.sleep(3))
        size = os.stat(self.service.store / "data.mdb").st_blocks * 512
        return {"store_mib": size >> 20, "weeks_exported": self.weeks(),
                "runs": {name: values for name, values in self.result.items()}}


def run(options, program):
    with live.Live(os.path.join(options.dir, "stop-service"), program) as kafka:
        return {"machine": live.machine(), **Runs(kafka, options).everything()}
