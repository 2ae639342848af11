#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every finished export is announced to every place at least once, under one id, however often the service dies
between telling a place and noting that it was told."""
import collections
import http.server
import json
import os
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import support  # noqa: E402

CALLS = "open,write,sync,rename,unlink,mkdir,truncate"
KILLS = 3
ID = re.compile(r"\d{4}-W\d\d-[0-9a-f]{12}")


class Receiver:
    """A webhook that keeps the ids it was told, in their order."""

    def __init__(self):
        heard = self.heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["id"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Triggers(service.Case):
    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    # Each sink: what the configuration needs, and the ids that the place was told so far.

    def webhook(self, _):
        return {"webhook_url": self.receiver.url}, lambda: list(self.receiver.heard)

    def kafka(self, _):
        topic = self.topic(partitions=1, full=False)
        return {"topic": topic}, lambda: [json.loads(record.value)["id"] for record in self.broker.records(topic)]

    def command(self, place):
        heard = os.path.join(place, "heard")
        program = self.file("hook", [b'#!/bin/sh\necho "$REPHRASED_EXPORT_ID" >>"$1"\n'])
        os.chmod(program, 0o700)

        def told():
            return [line.decode().strip() for line in service.lines_of(heard)] if os.path.exists(heard) else []
        return {"command": [program, heard]}, told

    def spool(self, place):
        spool = os.path.join(place, "spool")
        os.mkdir(spool)

        def told():
            ready = os.path.join(spool, "ready")
            return [name[:-5] for name in sorted(os.listdir(ready))] if os.path.isdir(ready) else []
        return {"spool_dir": spool}, told

    def exported(self, place):
        """Ids of the exports that are there, by their manifests."""
        folder = os.path.join(place, support.EXPORTS)
        result = set()
        for week in os.listdir(folder):
            if not week.startswith("."):
                with open(os.path.join(folder, week, "manifest.json"), encoding="utf-8") as file:
                    result.add(json.load(file)["export_id"])
        return result

    def noted(self, place, name):
        return {match[0] for entry in os.listdir(os.path.join(place, "store", "triggers"))
                if entry.endswith("." + name) and (match := ID.match(entry))}

    def die_between(self, place, config, name):
        """A service that is killed after it has told the place, and before it has noted that."""
        marker = os.path.join(place, "marker")
        daemon = self.launch(place, config, preload="fail_io", environment={
            "FAIL_IO_DIR": os.path.join(place, "store", "triggers"), "FAIL_IO_CALLS": CALLS,
            "FAIL_IO_NAME": "." + name, "FAIL_IO_ERROR": "KILL", "FAIL_IO_MARKER": marker})
        self.assertEqual(daemon.wait(60), -9, daemon.log[-3000:])
        self.assertTrue(os.path.exists(marker))
        os.remove(marker)

    def check(self, name, sink):
        topic, place = self.topic(), self.place()
        settings, told = sink(place)
        config = self.configure(place, topic, trigger=settings, export={"idle": "0s"})
        for kills in range(KILLS):
            self.die_between(place, config, name)
            self.assertGreaterEqual(len(told()), 1 if name == "spool" else kills + 1,
                                    "killed before it was told")
            self.assertEqual(self.noted(place, name), set())
        daemon = self.launch(place, config)
        self.await_counted(daemon, place, topic)
        end = time.monotonic() + 60
        while not (self.exported(place) and self.noted(place, name) == self.exported(place)):
            self.assertLess(time.monotonic(), end, daemon.log[-3000:])
            time.sleep(0.1)
        self.assertEqual(daemon.stop()[0], 0)
        counts, wanted = collections.Counter(told()), self.exported(place)
        self.assertGreater(len(wanted), 1)
        self.assertEqual(set(counts), wanted)
        first = min(wanted)
        if name != "spool":  # there a marker is told again over itself
            self.assertEqual(counts[first], KILLS + 1, "told again under the same id after every death")
        self.assertEqual(max(counts[other] for other in wanted - {first}), 1)

    def test_a_webhook_is_told_again_after_a_death_between_told_and_noted(self):
        self.check("webhook", self.webhook)

    def test_a_topic_is_told_again_after_a_death_between_told_and_noted(self):
        self.check("topic", self.kafka)

    def test_a_command_is_run_again_after_a_death_between_run_and_noted(self):
        self.check("command", self.command)

    def test_a_spool_marker_is_made_again_after_a_death_between_made_and_noted(self):
        self.check("spool", self.spool)


if __name__ == "__main__":
    unittest.main()
