# SPDX-License-Identifier: Apache-2.0
"""The gate and what stands around it: refusals, promotion, rollback, the cycle of one export."""

import json
import math
import os
import random
import subprocess
import unittest
from dataclasses import replace

import toy
from nlu import cycle, data, gate, model_dir, registry, statistics, training
from nlu.data import Example
from nlu.gate import Rules
from nlu.model_dir import Prediction

RETRAIN_ALL = toy.ROOT / "systemd" / "retrain-all"


class Statistics(unittest.TestCase):
    def test_the_sign_test_is_the_binomial_tail(self):
        for lost in range(8):
            for won in range(8):
                n = lost + won
                tail = sum(math.comb(n, k) for k in range(lost, n + 1)) / 2**n
                self.assertAlmostEqual(statistics.sign_test(lost, won), tail)
        self.assertEqual(statistics.sign_test(0, 0), 1.0)

    def test_more_losses_are_never_less_alarming(self):
        for won in range(10):
            values = [statistics.sign_test(lost, won) for lost in range(30)]
            self.assertEqual(values, sorted(values, reverse=True))

    def test_holm_rejects_no_more_than_uncorrected_and_no_less_than_bonferroni(self):
        chance = random.Random(3)
        for _ in range(200):
            values = [chance.random() ** 4 for _ in range(chance.randrange(1, 12))]
            for value, rejected in zip(values, statistics.holm(values, 0.05)):
                self.assertLessEqual(rejected, value <= 0.05)
                self.assertGreaterEqual(rejected, value <= 0.05 / len(values))

    def test_an_interval_of_a_change_holds_the_truth_as_often_as_it_says(self):
        chance = random.Random(11)
        held = 0
        for _ in range(600):
            rows = [chance.random() for _ in range(80)]
            lost, won = sum(r < 0.10 for r in rows), sum(r > 0.85 for r in rows)
            low, high = statistics.change_interval(lost, won, 80)
            held += low <= 0.05 <= high
        self.assertGreaterEqual(held / 600, 0.92)

    def test_a_false_alarm_over_many_slices_is_as_rare_as_it_says(self):
        chance = random.Random(5)
        alarms = 0
        for _ in range(300):
            changed = [(sum(chance.random() < 0.5 for _ in range(n)), n) for n in [12] * 60]
            values = [statistics.sign_test(lost, n - lost) for lost, n in changed]
            alarms += any(statistics.holm(values, 0.05))
        self.assertLessEqual(alarms / 300, 0.08)


def answers(examples: list[Example], wrong: set[int]) -> list[Prediction]:
    return [
        Prediction("wrong" if i in wrong else e.label, 0.9, e.slots) for i, e in enumerate(examples)
    ]


class Refusals(unittest.TestCase):
    def setUp(self):
        self.rows = [
            Example(f"{name} {i}", locale, "", name, cohort=cohort)
            for name in ("alpha", "beta", "gamma")
            for locale in ("en-US", "th-TH")
            for cohort in ("young", "old")
            for i in range(25)
        ]

    def refused(self, new: set[int], old: set[int], rules: Rules = Rules()) -> list[str]:
        compared = gate.compare(self.rows, answers(self.rows, new), answers(self.rows, old))
        return gate.refusals(compared, rules)

    def where(self, **wanted: str) -> list[int]:
        return [
            i for i, row in enumerate(self.rows) if all(getattr(row, k) == v for k, v in wanted.items())
        ]

    def test_the_same_model_passes(self):
        wrong = set(range(0, 300, 7))
        self.assertEqual(self.refused(wrong, wrong), [])

    def test_a_better_model_passes(self):
        self.assertEqual(self.refused(set(), set(range(0, 300, 7))), [])

    def test_one_intent_that_breaks_is_named_though_the_whole_gains(self):
        broken, fixed = set(self.where(intent="beta")[:30]), set(self.where(intent="alpha"))
        found = self.refused(broken, fixed)
        self.assertTrue(any("intent beta" in reason for reason in found), found)
        self.assertFalse(any("overall" in reason for reason in found), found)

    def test_a_locale_and_a_cohort_that_lose_are_named(self):
        for key, value in (("locale", "th-TH"), ("cohort", "old")):
            lost = set(chosen[:20] if (chosen := self.where(**{key: value})) else ())
            won = {i for i in range(300) if i not in chosen}
            found = self.refused(lost, set(list(won)[:40]))
            self.assertTrue(any(f"{key} {value}" in reason for reason in found), found)

    def test_a_small_intent_that_breaks_is_named_below_significance(self):
        self.rows += [Example(f"rare {i}", "en-US", "", "rare") for i in range(6)]
        lost = set(self.where(intent="rare")[:4])
        found = self.refused(lost, set(self.where(intent="alpha")[:40]))
        self.assertTrue(any("broken: intent rare" in reason for reason in found), found)

    def test_a_few_rows_lost_by_chance_are_let_through(self):
        chance = random.Random(1)
        passed = 0
        for _ in range(100):
            changed = chance.sample(range(300), 20)
            passed += not self.refused(set(changed[:10]), set(changed[10:]))
        self.assertGreaterEqual(passed, 97)

    def test_the_first_model_must_be_right_often_enough(self):
        compared = gate.compare(self.rows, answers(self.rows, set(range(200))), None)
        self.assertIn("floor", gate.refusals(compared, Rules())[0])
        compared = gate.compare(self.rows, answers(self.rows, set(range(100))), None)
        self.assertEqual(gate.refusals(compared, Rules()), [])


class Service(toy.Place):
    """A spool, two weeks and a configuration, as the path unit meets them."""

    def setUp(self) -> None:
        super().setUp()
        toy.write_rows(self.place / "base.jsonl", toy.rows(slice(0, 3)))
        toy.write_rows(self.place / "frozen.jsonl", toy.rows(slice(3, 6)) * 2)
        critical = [row for row in toy.rows(slice(0, 1)) if row["domain"] == "alarm"]
        toy.write_rows(self.place / "critical.jsonl", critical)
        self.config = self.place / "retrain.yaml"
        self.configure(rules={"max_drop": 0.2})
        self.spool = self.place / "spool"
        (self.spool / "ready").mkdir(parents=True)

    def configure(self, **more) -> None:
        content = {
            "models": "models",
            "base": "base.jsonl",
            "test": "frozen.jsonl",
            "must_pass": "critical.jsonl",
            "options": {"kind": "linear", "buckets": 4096, "min_steps": 100, "device": "cpu"},
        }
        self.config.write_text(json.dumps(content | more), "utf-8")  # JSON is YAML

    def export(self, week: str, content, mark: bool = True):
        folder = toy.write_export(self.place / "exports" / week, content)
        if mark:
            marker = {"id": week, "data": {"path": str(folder)}}
            text = json.dumps(marker, separators=(",", ":"))
            (self.spool / "ready" / f"{week}-aa.json").write_text(text + "\n")
        return folder

    def good_week(self, week: str = "2026-W46", mark: bool = True, values=slice(3, 5)):
        return self.export(week, toy.rows(values, kind="mined"), mark)

    def poisoned_week(self, week: str = "2026-W47"):
        flipped = [
            row | {"intent": "off", "weight": 10.0, "text": row["text"] + more}
            for row in toy.rows()
            for more in (" now", " please", " at once", ", will you", " for me", " again")
            if row["intent"] == "on"
        ]
        return self.export(week, flipped)

    def retrain(self) -> subprocess.CompletedProcess:
        command = [str(RETRAIN_ALL), str(self.spool), str(toy.SCRIPTS / "retrain")]
        more = {"REPHRASED_RETRAIN_CONFIG": str(self.config)}
        return subprocess.run(
            command, env=os.environ | more, capture_output=True, text=True, check=False
        )

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.spool / folder).iterdir())

    def served(self) -> str:
        return os.readlink(self.models / "current")


class Cycle(Service):
    def test_a_marker_leads_to_a_model_in_service_and_moves_to_done(self):
        self.good_week()
        done = self.retrain()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.names("ready"), [])
        self.assertEqual(self.names("done"), ["2026-W46-aa.json"])
        self.assertTrue(self.served().startswith("2026-W46-"))
        report = json.loads((self.models / "current" / "gate.json").read_text())
        self.assertTrue(report["passed"])
        self.assertEqual(report["candidate"], self.served())

    def test_two_exports_in_a_row_train_once_each_and_a_third_try_trains_nothing(self):
        self.good_week("2026-W46", values=slice(3, 4))
        self.good_week("2026-W47")
        self.assertEqual(self.retrain().returncode, 0)
        made = sorted(path.name for path in self.models.glob("2026-*"))
        self.assertEqual([name[:8] for name in made], ["2026-W46", "2026-W47"])
        self.assertTrue(self.served().startswith("2026-W47-"))
        stamps = {name: (self.models / name / "weights.pt").stat().st_mtime_ns for name in made}
        marker = self.spool / "done" / "2026-W47-aa.json"
        marker.rename(self.spool / "ready" / marker.name)
        self.assertEqual(self.retrain().returncode, 0)
        after = {p.name: (p / "weights.pt").stat().st_mtime_ns for p in self.models.glob("2026-*")}
        self.assertEqual(after, stamps)

    def test_a_poisoned_week_is_refused_the_old_model_serves_on_and_the_reason_is_kept(self):
        self.good_week()
        self.assertEqual(self.retrain().returncode, 0)
        before = self.served()
        self.poisoned_week()
        self.assertEqual(self.retrain().returncode, 1)
        self.assertEqual(self.served(), before)
        self.assertEqual(self.names("failed"), ["2026-W47-aa.json", "2026-W47-aa.reason"])
        reason = (self.spool / "failed" / "2026-W47-aa.reason").read_text()
        self.assertIn("intent lights/on", reason)
        self.assertEqual(self.names("ready"), [])
        refused = next(self.models.glob("2026-W47-*"))
        self.assertFalse(json.loads((refused / "gate.json").read_text())["passed"])

    def test_a_must_pass_row_that_fails_refuses_alone(self):
        wrong = toy.rows(slice(0, 1))[0] | {"intent": "off"}
        toy.write_rows(self.place / "critical.jsonl", [wrong])
        self.good_week()
        self.assertEqual(self.retrain().returncode, 1)
        reason = (self.spool / "failed" / "2026-W46-aa.reason").read_text()
        self.assertIn("must-pass: 'lights on in the kitchen'", reason)
        self.assertFalse((self.models / "current").is_symlink())

    def test_half_a_week_and_a_changed_week_are_never_trained_on(self):
        half = self.good_week("2026-W46")
        (half / "_SUCCESS").unlink()
        changed = self.good_week("2026-W47")
        with open(changed / "train.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(toy.rows()[0]) + "\n")
        self.assertEqual(self.retrain().returncode, 1)
        self.assertEqual(len(self.names("failed")), 4)
        self.assertEqual(list(self.models.glob("*2026-*")), [])
        self.assertIn("SHA256SUMS", (self.spool / "failed" / "2026-W47-aa.reason").read_text())

    def test_a_broken_row_is_a_reason_with_file_and_line(self):
        self.export("2026-W46", [toy.rows()[0], {"text": "no label", "locale": "en-US"}])
        self.assertEqual(self.retrain().returncode, 1)
        self.assertIn("train.jsonl:2:", (self.spool / "failed" / "2026-W46-aa.reason").read_text())

    def test_a_wrong_configuration_names_its_key(self):
        for more, key in (({"tset": 1}, "tset"), ({"start": "x"}, "start"), ({"rules": {"a": 1}}, "'a'")):
            self.configure(**more)
            with self.assertRaisesRegex(cycle.ConfigError, key):
                cycle.read_config(self.config)

    def test_another_test_set_is_refused_until_it_is_meant(self):
        week = self.good_week(mark=False)
        config = cycle.read_config(self.config)
        self.assertTrue(cycle.run(config, week).passed)
        toy.write_rows(self.place / "frozen.jsonl", toy.rows(slice(4, 6)))
        with self.assertRaisesRegex(data.BadData, "--new-test"):
            cycle.run(config, self.good_week("2026-W47", mark=False))

    def test_going_on_from_the_model_in_service_names_it_as_parent(self):
        small = {"width": 32, "layers": 1, "buckets": 2048, "min_steps": 150, "rate": 5e-3, "batch": 24}
        self.configure(options=small | {"fisher": True, "ewc": 0.1}, start="current")
        config = cycle.read_config(self.config)
        cycle.run(replace(config, must_pass=None), self.good_week(mark=False))
        first = self.served()
        cycle.run(replace(config, must_pass=None), self.good_week("2026-W47", mark=False))
        child = next(self.models.glob("2026-W47-*"))
        self.assertEqual(training.read_record(child)["parents"]["from"], first)


class Registry(Service):
    def model(self, name: str) -> None:
        folder = self.models / name
        folder.mkdir()
        (folder / "model.json").write_text("{}")

    def test_rollback_goes_back_one_promotion_at_a_time(self):
        for name in "abc":
            self.model(name)
            registry.promote(self.models, name)
        self.assertEqual(registry.rollback(self.models), "b")
        self.assertEqual(self.served(), "b")
        self.assertEqual(registry.rollback(self.models), "a")
        with self.assertRaises(data.BadData):
            registry.rollback(self.models)
        registry.promote(self.models, "c")
        self.assertEqual(registry.rollback(self.models), "a")

    def test_the_link_leads_to_a_model_at_every_moment(self):
        self.model("a")
        self.model("b")
        registry.promote(self.models, "a")
        replaced = os.replace

        def watched(source, target):
            self.assertTrue((self.models / "current" / "model.json").is_file())
            replaced(source, target)
            self.assertTrue((self.models / "current" / "model.json").is_file())

        os.replace = watched
        try:
            registry.promote(self.models, "b")
        finally:
            os.replace = replaced

    def test_two_at_once_are_refused(self):
        with registry.locked(self.models), self.assertRaises(registry.Busy):
            with registry.locked(self.models):
                self.fail("both hold the directory")

    def test_the_script_rolls_back(self):
        for name in "ab":
            self.model(name)
            registry.promote(self.models, name)
        command = [str(toy.SCRIPTS / "rollback"), str(self.models)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, "a\n"), done.stderr)
        self.assertEqual(subprocess.run(command, capture_output=True, check=False).returncode, 65)


class Endpoint(Service):
    def test_it_answers_and_follows_the_link(self):
        import threading
        import urllib.error
        import urllib.request

        from nlu import server

        service = server.listen(self.models, "127.0.0.1", 0)
        threading.Thread(target=service.serve_forever, daemon=True).start()
        self.addCleanup(service.server_close)
        self.addCleanup(service.shutdown)
        address = f"http://127.0.0.1:{service.server_address[1]}/predict"

        def ask(body: bytes):
            try:
                with urllib.request.urlopen(address, body, timeout=10) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.load(error)

        question = json.dumps({"text": "wake me at ten", "locale": "en-US"}).encode()
        self.assertEqual(ask(question)[0], 503)
        config = replace(cycle.read_config(self.config), must_pass=None)
        cycle.run(config, self.good_week(mark=False))
        first = self.served()
        status, answer = ask(question)
        self.assertEqual(status, 200)
        self.assertEqual((answer["domain"], answer["intent"]), ("alarm", "set"))
        self.assertEqual(answer["slots"], [{"name": "time", "value": "ten", "start": 11, "end": 14}])
        self.assertEqual(answer["model"], first)
        cycle.run(config, self.good_week("2026-W47", mark=False, values=slice(3, 6)))
        self.assertEqual(ask(question)[1]["model"], self.served())
        self.assertNotEqual(self.served(), first)
        registry.rollback(self.models)
        self.assertEqual(ask(question)[1]["model"], first)
        for body in (b"{", b"[]", b'{"text": 1}', b"", b"x" * 70000):
            self.assertEqual(ask(body)[0], 400)
        self.assertEqual(ask(json.dumps({"text": ""}).encode())[0], 200)


if __name__ == "__main__":
    unittest.main()
