#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Decisions about pairs and forgetting, beside a service that runs: it carries them out itself."""
import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import broker as brokers  # noqa: E402
import harness  # noqa: E402
import support  # noqa: E402

JSON = {"Content-Type": "application/json"}
BUSY = 75


class Orders(service.Case):
    def serve(self, administration=True, topic=None):
        """(place, topic, daemon, port) of a service that has counted the whole topic."""
        topic, place, port = topic or self.topic(), self.place(), brokers.free_ports()
        config = self.configure(place, topic, http={"listen": f"127.0.0.1:{port}",
                                                    "administration": administration})
        daemon = self.launch(place, config)
        self.await_ready(daemon, port)
        self.await_counted(daemon, place, topic)
        return place, topic, daemon, port

    @staticmethod
    def request(method, port, path, body=None, headers=None):
        """(status, headers, text)"""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, port, path, body, headers=None):
        status, _, text = self.request("POST", port, path, json.dumps(body),
                                       JSON if headers is None else headers)
        return status, json.loads(text)

    def get(self, port, path):
        status, text = self.ask(port, path)
        return json.loads(text) if status == 200 else self.fail(f"{path}: {status} {text}")

    def until(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, f"not {what}")
            time.sleep(0.05)

    def command(self, name, place, *arguments, stdin=None):
        """A command beside the service; it needs neither the secret nor a configuration."""
        return subprocess.run([harness.program(), name, "--store", os.path.join(place, "store"),
                               *arguments], input=stdin, capture_output=True, text=True, check=False)

    def first_rewrite(self, port):
        """A pair whose rewrite is served."""
        def served(pair):
            query = f"locale={pair['locale']}&utterance={urllib.parse.quote(pair['source'])}"
            return self.get(port, "/v1/rewrite?" + query)["rewrite"]

        self.until(lambda: self.metrics(port)["rephrased_rewrites_published"] > 0, "published")
        for pair in self.get(port, "/v1/pairs?status=promoted")["pairs"]:
            if pair["direction"] == "rewrite" and served(pair):
                return pair, lambda: served(pair)
        return self.fail("no rewrite is served")

    # ---- review ----------------------------------------------------------------------------------

    def test_a_decision_beside_the_service_is_served_and_kept(self):
        place, topic, daemon, port = self.serve()
        pair, served = self.first_rewrite(port)
        exports = harness.files_of(os.path.join(place, support.EXPORTS))
        order = {key: pair[key] for key in ("locale", "source", "target")} | {"decision": "deny"}
        status, answer = self.post(port, "/v1/review", order)
        self.assertEqual((status, answer["decision"]), (200, "denied"))
        self.until(lambda: served() != pair["target"], "withdrawn")
        self.assertEqual(self.get(port, "/v1/pairs?status=denied")["total"], 1)
        # The command finds the service by itself, and may be asked from anywhere.
        done = self.command("review", place, "--locale", pair["locale"], "reset", pair["source"], pair["target"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("reset: ", done.stdout)
        self.until(lambda: served() == pair["target"], "served again")
        done = self.command("review", place, "--locale", pair["locale"], "deny", pair["source"], "no such words")
        self.assertEqual(done.returncode, 66, done.stdout)
        self.assertIn("nobody said the target", done.stderr)
        self.assertEqual(self.post(port, "/v1/review", order)[0], 200)
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-3000:])
        self.assertFalse(os.path.exists(os.path.join(place, "store", "administration")))
        self.assertEqual(harness.files_of(os.path.join(place, support.EXPORTS)), exports)
        self.assert_sound(place)
        self.assertEqual(len(self.rows_of(place)["review"]), 1)
        for text in (pair["source"], pair["target"]):
            self.assertNotIn(text, daemon.log)

    # ---- forget ----------------------------------------------------------------------------------

    def people(self):
        return sorted({json.loads(line)["user_id"] for path in self.logs
                       for line in service.lines_of(path) if line.startswith(b'{"event_id":"e')})

    def test_a_user_is_forgotten_as_in_a_store_that_nobody_has(self):
        place, topic, daemon, port = self.serve()
        self.first_rewrite(port)
        self.assertEqual(daemon.stop()[0], 0)
        other = self.place()
        shutil.copytree(os.path.join(place, "store"), os.path.join(other, "store"))
        user = self.people()[7]
        done = self.command("forget", other, "--secret", self.secret, user)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon = self.launch(place, os.path.join(place, "rephrased.yaml"))
        self.await_ready(daemon, port)
        done = self.command("forget", place, "-", stdin=user + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"removed or reduced: [1-9]\d* votes")
        self.assertIn("the log in Kafka", done.stdout)
        done = self.command("forget", place, user)
        self.assertIn("nothing of this user", done.stdout)
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-3000:])
        self.assertNotIn(user, daemon.log)
        self.assert_sound(place)
        found, wanted = self.rows_of(place), self.rows_of(other)
        for table in ("formulation", "goal", "vote", "usage", "user_index"):
            self.assertEqual(found[table], wanted[table], table)

    # ---- who may ---------------------------------------------------------------------------------

    def test_without_administration_nothing_is_taken_and_the_command_says_how(self):
        place, _, daemon, port = self.serve(administration=False)
        self.assertEqual(self.post(port, "/v1/forget", {"user_id": "u"})[0], 405)
        self.assertEqual(self.post(port, "/v1/review", {})[0], 405)
        self.assertEqual(self.ask(port, "/review")[0], 404)
        done = self.command("forget", place, "--secret", self.secret, "u")
        self.assertEqual(done.returncode, BUSY)
        self.assertIn("http.administration", done.stderr)
        self.assertEqual(daemon.stop()[0], 0)

    def test_no_page_of_another_origin_may_order(self):
        place, _, daemon, port = self.serve()
        order = {"user_id": self.people()[3]}
        before = len(self.rows_of_running(port))
        for headers, status in (
                ({**JSON, "Origin": "http://evil.example.org"}, 403),
                ({**JSON, "Origin": "null"}, 403),
                ({**JSON, "Sec-Fetch-Site": "cross-site"}, 403),
                ({**JSON, "Host": "evil.example.org"}, 403),
                ({"Content-Type": "text/plain"}, 415),
                ({"Content-Type": "application/x-www-form-urlencoded"}, 415), ({}, 415)):
            self.assertEqual(self.post(port, "/v1/forget", order, headers)[0], status, headers)
        self.assertEqual(self.post(port, "/v1/forget", {"user_id": "x" * 20000})[0], 413)
        self.assertEqual(self.post(port, "/v1/forget", ["user_id"])[0], 400)
        self.assertEqual(self.post(port, "/v1/pairs", order)[0], 405)
        status, headers, _ = self.request("OPTIONS", port, "/v1/forget",
                                          headers={"Origin": "http://evil.example.org"})
        self.assertEqual(status, 405)
        self.assertIsNone(headers["Access-Control-Allow-Origin"])
        self.assertEqual(len(self.rows_of_running(port)), before)
        self.assertEqual(daemon.stop()[0], 0)

    def rows_of_running(self, port):
        return self.get(port, "/v1/pairs?limit=1000")["pairs"]

    def test_the_page_is_strict_and_only_there_with_administration(self):
        _, _, daemon, port = self.serve()
        for path, kind in (("/review", "text/html"), ("/review.css", "text/css"),
                           ("/review.js", "text/javascript")):
            status, headers, _ = self.request("GET", port, path)
            self.assertEqual(status, 200)
            self.assertTrue(headers["Content-Type"].startswith(kind))
            policy = headers["Content-Security-Policy"]
            for rule in ("default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"):
                self.assertIn(rule, policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(daemon.stop()[0], 0)

    def test_an_address_that_others_reach_takes_no_orders(self):
        place = self.place()
        config = self.configure(place, "any", http={"listen": "0.0.0.0:18080", "administration": True})
        done = self.run_program(["check", "--config", config])
        self.assertEqual(done.returncode, 78)
        self.assertIn("http.administration", done.stderr + done.stdout)

    def test_an_order_at_the_moment_of_a_stop_is_carried_out_or_refused_and_never_half(self):
        place, _, daemon, port = self.serve()
        codes = []

        def order(user):
            try:
                codes.append(self.post(port, "/v1/forget", {"user_id": user})[0])
            except OSError:
                codes.append(None)  # it came after the end, or its answer did not

        # From an order that comes too late to one that is answered before.
        for delay in (None, 0, 0.001, 0.002, 0.004, 0.006, 0.01, 0.02, 0.5):
            user = self.people()[len(codes)]
            thread = threading.Thread(target=order, args=(user,))
            if delay is None:
                daemon.process.terminate()
            thread.start()
            time.sleep(delay or 0)
            code, seconds = daemon.stop()
            thread.join()
            self.assertEqual(code, 0, daemon.log[-3000:])
            self.assertLess(seconds, service.STOP_SECONDS)
            self.assert_sound(place)
            daemon = self.launch(place, os.path.join(place, "rephrased.yaml"))
            self.await_ready(daemon, port)
            if codes[-1] == 200:
                self.assertEqual(self.post(port, "/v1/forget", {"user_id": user})[1]["votes"], 0)
        print(f"answers to orders at a stop: {codes}", file=sys.stderr)
        self.assertLessEqual(set(codes), {200, 503, None})
        self.assertNotEqual(codes[0], 200)
        self.assertEqual(codes[-1], 200)
        self.assertEqual(daemon.stop()[0], 0)


if __name__ == "__main__":
    unittest.main()
