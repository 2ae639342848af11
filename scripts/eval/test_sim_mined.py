#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the score of mined pairs and of the attacks.

Run: python3 -m unittest discover -s scripts/eval -p 'test_sim*.py'
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import attack  # noqa: E402
import attack_log  # noqa: E402
import mined  # noqa: E402
import sim_rules  # noqa: E402

Row = dict[str, Any]
SEED = 20261120
BREW, LAMP = "kettle_start", "lamp_on|room=hall"


def formulation(text: str, meanings: list[str], worked: int, written: bool = True) -> Row:
    goals = [{"goal": goal, "users": worked, "worked": worked} for goal in meanings]
    return {
        "kind": "formulation", "locale": "en-US", "text": text, "written": written,
        "meanings": meanings, "goals": goals,
    }  # fmt: skip


def support(source: str, target: str, worked: int, misheard: bool = False) -> Row:
    return {
        "kind": "pair", "locale": "en-US", "source": source, "target": target, "goals": [BREW],
        "users": worked, "worked": worked, "misheard": [misheard, False],
    }  # fmt: skip


def listed(source: str, target: str, status: str = "promoted", *reasons: str) -> Row:
    return {
        "locale": "en-US", "source": source, "target": target, "direction": "rewrite",
        "status": status, "reasons": list(reasons),
    }  # fmt: skip


TRUTH = [
    formulation("boil water", [BREW], 9),
    formulation("kettle please", [BREW], 8),
    formulation("start the kettle", [BREW], 7),
    formulation("heat water", [BREW], 2),
    formulation("oil water", [BREW], 6, written=False),
    formulation("light in the hall", [LAMP], 9),
    formulation("hall", [], 0),
    support("boil water", "kettle please", 6),
    support("kettle please", "boil water", 5),
    support("heat water", "kettle please", 4),
    support("oil water", "start the kettle", 5, misheard=True),
]


def truths(rows: list[Row] = TRUTH, least: int = 5) -> dict[str, mined.Truth]:
    truth = mined.Truth()
    for row in rows:
        truth.add(row, least)
    return {"en-US": truth}


class Score(unittest.TestCase):
    def test_wanted_are_pairs_with_support_each_once(self) -> None:
        truth = truths()["en-US"]
        self.assertEqual(
            truth.in_session,
            {("boil water", "kettle please"), ("oil water", "start the kettle")},
        )
        self.assertEqual(truth.misheard, {("oil water", "start the kettle")})
        # Four formulations with support of five users each, two at a time.
        self.assertEqual(len(truth.cross_user()), 6)

    def test_precision_counts_promoted_pairs_whose_sides_share_a_meaning(self) -> None:
        pairs = [
            listed("boil water", "kettle please"),
            listed("boil water", "light in the hall"),
            listed("light in the hall", "hall"),
            listed("never heard", "kettle please"),
            listed("heat water", "light in the hall", "pending", "too_few_users"),
        ]
        result = mined.score(truths(), pairs)["all"]
        self.assertEqual((result["promoted"], result["pairs"]), (4, 5))
        self.assertEqual((result["precision"]["hits"], result["precision"]["of"]), (1, 4))
        self.assertEqual(
            result["wrong"],
            {
                "other intent": 1,
                "target means nothing alone": 1,
                "source means nothing alone": 1,
            },
        )

    def test_a_pair_is_found_in_either_direction_or_through_a_cluster(self) -> None:
        pairs = [
            listed("kettle please", "boil water"),
            listed("oil water", "boil water"),
            listed("start the kettle", "boil water"),
        ]
        result = mined.score(truths(), pairs)["all"]
        self.assertEqual(result["in_session"]["direct"]["hits"], 1)
        self.assertEqual(result["in_session"]["cluster"]["hits"], 2)
        self.assertEqual(result["cross_user"]["direct"]["hits"], 3)
        self.assertEqual(result["cross_user"]["cluster"]["hits"], 6)
        formulations = result["cross_user_formulations"]
        self.assertEqual((formulations["hits"], formulations["of"]), (4, 4))

    def test_pairs_of_chatter_are_neither_right_nor_wrong(self) -> None:
        chatter = [
            {"kind": "chatter", "locale": "en-US", "text": text} for text in ("a joke", "a pun")
        ]
        pairs = [listed("a joke", "a pun"), listed("a joke", "boil water")]
        result = mined.score(truths([*TRUTH, *chatter]), pairs)["all"]
        self.assertEqual((result["promoted"], result["promoted_chatter"]), (1, 1))
        self.assertEqual((result["precision"]["hits"], result["precision"]["of"]), (0, 1))

    def test_wrong_pairs_connect_nothing(self) -> None:
        pairs = [
            listed("boil water", "light in the hall"),
            listed("kettle please", "light in the hall"),
        ]
        result = mined.score(truths(), pairs)["all"]
        self.assertEqual(result["in_session"]["cluster"]["hits"], 0)

    def test_missed_pairs_tell_the_reasons_of_the_nearest_row(self) -> None:
        pairs = [
            listed("boil water", "kettle please", "pending", "too_few_users", "too_few_days"),
            listed("kettle please", "boil water", "pending", "too_few_users"),
        ]
        missed = mined.score(truths(), pairs)["all"]["in_session_missed"]
        self.assertEqual(missed["each"], {"too_few_users": 1, "no candidate": 1})

    def test_locales_add_up(self) -> None:
        both = truths() | {"de-DE": mined.Truth()}
        result = mined.score(both, [listed("boil water", "kettle please")])
        self.assertEqual(sorted(result["locales"]), ["de-DE", "en-US"])
        self.assertEqual(result["all"]["precision"], result["locales"]["en-US"]["precision"])
        self.assertIsNone(result["locales"]["de-DE"]["precision"]["share"])

    def test_the_locale_furthest_behind_english_is_told(self) -> None:
        both = truths() | {"de-DE": truths()["en-US"]}
        german = {"locale": "de-DE"}
        pairs = [
            listed("boil water", "kettle please"),
            listed("boil water", "kettle please") | german,
            listed("boil water", "light in the hall") | german,
        ]
        behind = mined.score(both, pairs)["behind_english"]
        self.assertEqual(behind["precision"], {"locale": "de-DE", "behind": 0.5})
        self.assertEqual(behind["in_session"]["behind"], 0.0)

    def test_an_unsupported_approval_counts_as_promoted(self) -> None:
        result = mined.score(truths(), [listed("boil water", "kettle please", "approved")])["all"]
        self.assertEqual(result["precision"]["hits"], 1)

    def test_the_command_reads_what_it_is_given(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            truth, pairs = Path(name) / "truth.jsonl", Path(name) / "pairs.jsonl"
            truth.write_text("".join(json.dumps(row) + "\n" for row in TRUTH))
            pairs.write_text(json.dumps(listed("Boil  WATER!", "kettle please")) + "\n")
            argv = ["mined.py", "--truth", str(truth), "--pairs", str(pairs), "--json"]
            out = io.StringIO()
            with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(out):
                mined.main()
        self.assertEqual(json.loads(out.getvalue())["all"]["precision"]["hits"], 1)


class Rules(unittest.TestCase):
    def log(self, *turns: tuple[str, int, str, str, bool]) -> list[str]:
        """Lines of user, second, text, intent and whether it worked."""
        return [
            json.dumps(
                {
                    "user_id": user, "ts": 1000 * at, "locale": "en-US", "utterance": text,
                    "nlu": {"intent": intent, "slots": []},
                    "outcome": {"status": "success" if worked else "failure", "signals": []},
                }
            )
            for user, at, text, intent, worked in turns
        ]  # fmt: skip

    def mine(self, lines: list[str]) -> dict[str, list[tuple[str, str]]]:
        return sim_rules.mine(sim_rules.count(lines)["en-US"])

    def test_a_retry_of_five_users_is_found_and_of_four_is_not(self) -> None:
        def said(users: int) -> list[str]:
            turns = [
                turn
                for user in range(users)
                for turn in (
                    (f"u{user}", 0, "oil water", "", False),
                    (f"u{user}", 90, "kettle please", BREW, True),
                )
            ]
            return self.log(*turns)

        pair = ("oil water", "kettle please")
        for rule in ("followed", "retry", "pooled", "both"):
            self.assertEqual(self.mine(said(5))[rule], [pair], rule)
            self.assertEqual(self.mine(said(4))[rule], [], rule)
        self.assertEqual(self.mine(said(5))["overlap"], [])

    def test_a_success_in_between_settles_what_failed_before(self) -> None:
        turns = []
        for user in range(5):
            name = f"u{user}"
            turns += [
                (name, 0, "oil water", "", False),
                (name, 5, "kettle please", BREW, True),
                (name, 9, "light on", "lamp_on", True),
            ]
        mined_pairs = self.mine(self.log(*turns))
        self.assertEqual(mined_pairs["pooled"], [("oil water", "kettle please")])
        self.assertIn(("oil water", "light on"), mined_pairs["retry"])

    def test_what_mostly_fails_is_no_synonym_of_what_works(self) -> None:
        turns = []
        for user in range(6):
            name = f"u{user}"
            turns.append((name, 0, "kettle please", BREW, True))
            turns.append((name, 500, "boil water", BREW, True))
            turns += [(name, 1000 * i, "toast", BREW, i == 1) for i in range(1, 4)]
        self.assertEqual(
            self.mine(self.log(*turns))["same goal"], [("boil water", "kettle please")]
        )


class Attacks(unittest.TestCase):
    def honest(self, folder: Path) -> attack_log.Honest:
        """Two goals, each said by eight users in two wordings over two weeks."""
        lines: list[Row] = []
        words = {"start": ("boil water", "kettle please"), "dim": ("less light", "dim the lamp")}
        for user in range(8):
            for day in (0, 6, 13):
                for intent, texts in words.items():
                    for text in texts:
                        lines.append(
                            {
                                "event_id": str(len(lines)), "user_id": f"u{user}",
                                "ts": 1_767_571_200_000 + day * attack_log.DAY_MS + len(lines),
                                "locale": "en-US", "utterance": text,
                                "nlu": {"domain": "home", "intent": intent},
                                "outcome": {"status": "success"},
                            }
                        )  # fmt: skip
        lines.sort(key=lambda row: row["ts"])
        path = folder / "honest.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in lines))
        return attack_log.study(path)

    def test_a_study_counts_users_and_weeks(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            honest = self.honest(Path(name))
        self.assertEqual((honest.locale, honest.weeks), ("en-US", 2))
        self.assertEqual([len(said.users) for said in honest.formulations], [8] * 4)

    def test_a_hijack_takes_a_target_of_another_goal_that_nobody_pairs(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            honest = self.honest(Path(name))
        rng = random.Random(SEED)
        pairs = [listed("boil water", "less light")]
        choice = attack_log.survey(honest, pairs, rng)
        said = next(said for said in choice.sources if said.text == "boil water")
        others = [other.text for other in choice.look_alikes(said, "en-US")]
        self.assertEqual(others, ["dim the lamp"])

    def test_an_attack_comes_from_as_many_accounts_as_it_says(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            honest = self.honest(Path(name))
        for pace, days in (("burst", 2), ("slow", 2)):
            injector = attack_log.Injector(honest, random.Random(SEED))
            plan = attack_log.Attack("new", pace, 3, "x", "kettle please", {"intent": "start"})
            injector.attack(plan, 0)
            rows = [json.loads(line) for _, line in injector.lines()]
            self.assertEqual(len({row["user_id"] for row in rows}), 3)
            self.assertEqual(len(rows), 3 * days * 2)
            self.assertEqual({row["utterance"] for row in rows}, {"x", "kettle please"})

    def test_merging_keeps_every_line_in_the_order_of_arrival(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            honest = self.honest(folder)
            injector = attack_log.Injector(honest, random.Random(SEED))
            injector.repair("x", injector.moment(6), "a", "b", {})
            attack_log.merge(folder / "honest.jsonl", injector.lines(), folder / "out.jsonl")
            before = (folder / "honest.jsonl").read_text().splitlines()
            after = (folder / "out.jsonl").read_text().splitlines()
        self.assertEqual([line for line in after if '"x' not in line], before)
        times = [json.loads(line)["ts"] for line in after]
        self.assertEqual(times, sorted(times))

    def test_a_hit_within_the_certificate_is_a_violation(self) -> None:
        honest = attack.Outcome([listed("a", "b") | {"tolerated": 3}], {})
        after = attack.Outcome([listed("a", "c")], {"d": "e"})
        attacks = [
            attack_log.Attack("hijack", "burst", 3, "a", "c", {}),
            attack_log.Attack("hijack", "burst", 4, "a", "c", {}),
            attack_log.Attack("new", "slow", 8, "d", "e", {}),
            attack_log.Attack("new", "slow", 8, "f", "e", {}),
        ]
        result = attack.judge_attacks(attacks, honest, after, "en-US")
        self.assertEqual(result["covered_by_certificate"], 1)
        self.assertEqual(result["against_the_certificate"], 1)
        self.assertEqual(result["cells"]["new slow 8"]["hits"], 1)
        self.assertEqual(result["cells"]["hijack burst 4"]["hits"], 1)

    def test_a_leak_is_found_in_any_file_of_an_export(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "2026-W02").mkdir()
            (folder / "2026-W02" / "train.jsonl").write_text('{"text": "call bakosu"}')
            found = attack.leaks(["bakosu", "telira"], folder, {"rewrites": "telira on"})
        self.assertEqual(found["leaked"], {"rewrites": 1, "export/train.jsonl": 1})


if __name__ == "__main__":
    unittest.main()
