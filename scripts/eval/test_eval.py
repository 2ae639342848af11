#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the evaluation scripts. Run: python3 -m unittest discover -s scripts/eval"""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fit_judge  # noqa: E402
import judge  # noqa: E402
import metrics  # noqa: E402

SEED = 20261120


def run_main(module: Any, *words: str) -> str:
    out = io.StringIO()
    with mock.patch.object(sys, "argv", [module.__name__, *words]):
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            module.main()
    return out.getvalue()


class Metrics(unittest.TestCase):
    def test_a_perfect_ranking_has_average_precision_one(self) -> None:
        scored = [(0.9, True), (0.8, True), (0.3, False)]
        self.assertEqual(metrics.average_precision(scored), 1.0)
        self.assertEqual(metrics.best_f1(scored)[0], 0.8)

    def test_one_score_for_all_gives_the_share_of_positives(self) -> None:
        scored = [(0.5, i % 4 == 0) for i in range(100)]
        self.assertAlmostEqual(metrics.average_precision(scored), 0.25)

    def test_order_of_equal_scores_does_not_matter(self) -> None:
        rng = random.Random(SEED)
        for _ in range(50):
            scored = [(rng.randrange(6) / 5, rng.random() < 0.3) for _ in range(60)]
            shuffled = rng.sample(scored, len(scored))
            self.assertEqual(metrics.average_precision(scored), metrics.average_precision(shuffled))
            self.assertEqual(metrics.best_f1(scored), metrics.best_f1(shuffled))

    def test_best_f1_is_reached_at_its_threshold_and_nowhere_beaten(self) -> None:
        rng = random.Random(SEED)
        for _ in range(50):
            scored = [(rng.randrange(20) / 19, rng.random() < 0.3) for _ in range(60)]
            threshold, best = metrics.best_f1(scored, missed=3)
            self.assertEqual(metrics.counts_at(scored, threshold, 3), best)
            for other in range(20):
                self.assertLessEqual(metrics.counts_at(scored, other / 19, 3).f1, best.f1)

    def test_a_miss_costs_recall_and_average_precision(self) -> None:
        scored = [(0.9, True), (0.1, False)]
        self.assertEqual(metrics.counts_at(scored, 0.5, missed=1).recall, 0.5)
        self.assertEqual(metrics.average_precision(scored, missed=1), 0.5)

    def test_wilson_interval_holds_the_share_and_stays_in_bounds(self) -> None:
        self.assertEqual(metrics.wilson(0, 0), (0.0, 1.0))
        for hits in range(21):
            low, high = metrics.wilson(hits, 20)
            self.assertTrue(0 <= low <= hits / 20 <= high <= 1)
        self.assertEqual(metrics.wilson(10, 20), (0.2993, 0.7007))

    def test_the_halves_of_the_users_never_change(self) -> None:
        parts = [metrics.user_part(f"user-{i}") for i in range(8)]
        self.assertEqual(parts, [metrics.user_part(f"user-{i}") for i in range(8)])
        many = [metrics.user_part(str(i)) for i in range(2000)]
        self.assertTrue(900 < many.count("fit") < 1100)

    def test_word_overlap(self) -> None:
        self.assertEqual(metrics.word_jaccard("turn the lamp on", "Turn the lamp off"), 0.6)
        self.assertEqual(metrics.word_jaccard("", ""), 0.0)


class Files(unittest.TestCase):
    """Evidence of 400 pairs drawn from a known model; users u0 to u19."""

    BIAS, WEIGHTS = -1.0, {"alike": 4.0, "other": -2.0}

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        rng = random.Random(SEED)
        gold: list[dict[str, Any]] = []
        evidence: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        for i in range(4000):
            pair = {"from": f"e{i}a", "to": f"e{i}b"}
            features: dict[str, Any] = {"alike": rng.randrange(1025), "other": rng.random() < 0.5}
            logit = self.BIAS + sum(
                w * (features[k] if k == "alike" else 1024 * features[k]) / 1024
                for k, w in self.WEIGHTS.items()
            )
            same = rng.random() < 1 / (1 + math.exp(-logit))
            gold.append(
                pair
                | {
                    "user": f"u{i % 20}",
                    "same": same,
                    "farewell": False,
                    "relation": "equal" if same else "none",
                }
                | {"reworded": True, "lost_value": False, "turns_apart": 1}
            )
            if i % 10:
                evidence.append(
                    pair | {"p": round(1 / (1 + math.exp(-logit)), 3), "features": features}
                )
            events += [
                {
                    "event_id": pair["from"],
                    "utterance": "light on",
                    "outcome": {"status": "failure"},
                },
                {"event_id": pair["to"], "utterance": "light on" if same else "play jazz"},
            ]
        evidence.append({"from": "x", "to": "y", "p": 1.0, "features": features})
        for name, rows in (("gold", gold), ("evidence", evidence), ("events", events)):
            self.path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    def path(self, name: str) -> Path:
        return self.folder / name

    def fit(self, *more: str) -> str:
        source = f"own:{self.path('evidence')}:{self.path('gold')}"
        return run_main(fit_judge, "--source", source, "--out", str(self.path("out.def")), *more)

    def written(self) -> dict[str, int]:
        lines = self.path("out.def").read_text().splitlines()
        weights = [
            line[:-1].split("(")[1].split(", ")
            for line in lines
            if line.startswith("RPH_JUDGE_WEIGHT")
        ]
        return {name: int(weight) for name, weight in weights}

    def test_the_fit_finds_the_model_that_drew_the_truth(self) -> None:
        self.fit("--l2", "0.1")
        for name, weight in self.written().items():
            self.assertAlmostEqual(weight / 1024, self.WEIGHTS[name], delta=0.6)

    def test_the_same_input_gives_the_same_table_without_paths(self) -> None:
        self.fit()
        first = self.path("out.def").read_bytes()
        self.fit()
        self.assertEqual(first, self.path("out.def").read_bytes())
        self.assertNotIn(str(self.folder).encode(), first)

    def test_a_dropped_feature_is_not_fitted(self) -> None:
        self.fit("--drop", "other")
        self.assertEqual(list(self.written()), ["alike"])

    def test_the_gradient_is_zero_where_the_fit_ends(self) -> None:
        source = fit_judge.read_source(f"own:{self.path('evidence')}:{self.path('gold')}", set(), 0)
        problem = fit_judge.problem_of([source], source.names, "rows")
        beta = fit_judge.fit(problem, 1.0)
        loss = fit_judge.loss_of(problem, beta, 1.0)
        for i in range(len(beta)):
            for nudge in (-1e-3, 1e-3):
                moved = [b + nudge * (i == k) for k, b in enumerate(beta)]
                self.assertGreater(fit_judge.loss_of(problem, moved, 1.0), loss)

    def test_truth_of_the_generator_is_read_and_bots_are_left_out(self) -> None:
        truth = [
            {"event_id": "a", "user": "u1", "bot": False},
            {"event_id": "b", "user": "u2", "bot": True},
            {"from": "a", "to": "a2", "type": "paraphrase"},
            {"from": "a", "to": "a3", "type": "correction"},
            {"from": "b", "to": "b2", "type": "repeat"},
        ]
        self.path("truth").write_text("".join(json.dumps(row) + "\n" for row in truth))
        labels = fit_judge.read_labels(str(self.path("truth")))
        self.assertEqual(labels["a", "a2"], fit_judge.Label(True, "u1", True))
        self.assertEqual(labels["a", "a3"], fit_judge.Label(False, "u1", True))
        self.assertFalse(labels["b", "b2"].usable)

    def test_a_feature_out_of_range_is_refused(self) -> None:
        for raw in (1025, -1, 0.5, "1"):
            with self.assertRaises(SystemExit):
                fit_judge.value_of(raw, "alike", "evidence")
        self.assertEqual(fit_judge.value_of(True, "flag", "evidence"), 1024)

    def judge(self, callers: str) -> dict[str, Any]:
        words = [f"--{name}={self.path(name)}" for name in ("evidence", "gold", "events")]
        result: dict[str, Any] = json.loads(run_main(judge, *words, "--callers", callers, "--json"))
        return result

    def test_pairs_never_judged_are_misses(self) -> None:
        result = self.judge("all")
        gold = list(metrics.read_jsonl(self.path("gold")))
        self.assertEqual(result["never_judged"], 400)
        self.assertEqual(result["never_judged_said_again"], sum(row["same"] for row in gold[::10]))
        self.assertEqual(result["evidence_without_gold"], 1)
        first = result["figures"][0]
        self.assertEqual(first["true_positives"] + first["false_negatives"], result["said_again"])

    def test_the_halves_add_up_and_share_no_user(self) -> None:
        fit, test, whole = (self.judge(part) for part in ("fit", "test", "all"))
        for key in ("users", "gold_pairs", "said_again", "never_judged"):
            self.assertEqual(fit[key] + test[key], whole[key])

    def test_baselines_see_the_words_and_the_failure(self) -> None:
        rows = {row["what"]: row for row in self.judge("all")["figures"]}
        for what in ("word overlap >= 0.8", "repeat after failure"):
            self.assertEqual((rows[what]["precision"], rows[what]["recall"]), (1.0, 1.0))


if __name__ == "__main__":
    unittest.main()
