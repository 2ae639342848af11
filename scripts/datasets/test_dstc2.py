#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the converter, on an ontology and calls of our own.

Run: python3 -m unittest discover -s scripts/datasets
"""

from __future__ import annotations

import random
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
import dstc2  # noqa: E402
import ontology  # noqa: E402

ONTOLOGY = {
    "informable": {
        "food": ["soup", "cold noodles", "noodles", "alpine"],
        "pricerange": ["cheap", "moderate", "expensive"],
        "area": ["north", "centre"],
    }
}
LEXICON = ontology.Lexicon(ONTOLOGY, ["blue kettle", "the old barn"])
ASK_FOOD = "What kind of food would you like?"
PHONE_KETTLE = "The phone number of blue kettle is 12 ."

Told = tuple[str, str, str]  # prompt, transcript, hypothesis


def call(*told: Told, goals: tuple[str, ...] = ()) -> list[dstc2.Turn]:
    rows: list[list[Any]] = [
        [p, t, h, -0.5, goal] for (p, t, h), goal in zip(told, goals or ("none none none",) * 99)
    ]
    return dstc2.read_turns({"session-id": "voip-c-20130301_101112", "turns": rows}, LEXICON)


def same(turns: list[dstc2.Turn], i: int, j: int) -> bool:
    return bool(dstc2.gold_of("s", "c", turns[i], turns[j])["same"])


def said(*texts: str, prompt: str = ASK_FOOD) -> list[dstc2.Turn]:
    return call(*((prompt, text, text) for text in texts))


class Gold(unittest.TestCase):
    def test_the_same_value_in_other_words_is_said_again(self) -> None:
        self.assertTrue(
            same(said("a cheap place downtown", "in the center and inexpensive please"), 0, 1)
        )

    def test_refinement_fragment_and_correction_are_not(self) -> None:
        turns = said("soup", "cheap soup", "cheap", "expensive")
        for later in (1, 2, 3):
            self.assertFalse(same(turns, later - 1, later))
        self.assertEqual(dstc2.gold_of("s", "c", turns[0], turns[1])["relation"], "superset")

    def test_yes_no_thanks_and_noise_are_not_though_verbatim(self) -> None:
        for text in ("yes", "no", "thank you", "noise", "can you repeat that"):
            self.assertFalse(same(said(text, text), 0, 1), text)

    def test_two_farewells_are_marked_and_not_the_same(self) -> None:
        turns = said("good bye", "goodbye now")
        self.assertFalse(same(turns, 0, 1))
        self.assertTrue(dstc2.gold_of("s", "c", turns[0], turns[1])["farewell"])

    def test_indifference_means_the_slot_that_was_asked_for(self) -> None:
        self.assertTrue(same(said("i dont care", "it doesnt matter"), 0, 1))
        turns = call(
            (ASK_FOOD, "any", "any"), ("What part of town do you have in mind?", "any", "any")
        )
        self.assertFalse(same(turns, 0, 1))

    def test_the_goal_says_what_indifference_is_about(self) -> None:
        turns = call(("Hello", "any", "any"), goals=("none none dontcare",))
        self.assertEqual(turns[0].true_content, {("inform", "pricerange", "dontcare")})

    def test_a_refused_value_is_not_the_value(self) -> None:
        self.assertFalse(same(said("soup", "not soup"), 0, 1))

    def test_a_request_is_said_again_until_it_is_answered_for_another_restaurant(self) -> None:
        kettle, barn = "blue kettle is a nice place", "the old barn is a nice place"
        ask = "what is the phone number"
        self.assertTrue(same(call((kettle, ask, ask), (kettle, ask, ask)), 0, 1))
        self.assertTrue(same(call((kettle, ask, ask), (barn, ask, ask)), 0, 1))
        moved = call(
            (kettle, ask, ask), (PHONE_KETTLE, "anything else", "anything else"), (barn, ask, ask)
        )
        self.assertFalse(same(moved, 0, 2))

    def test_anything_else_after_another_offer_is_new(self) -> None:
        more = "is there anything else"
        offer = "blue kettle is a great restaurant"
        self.assertTrue(same(call((offer, more, more), (offer, more, more)), 0, 1))
        self.assertFalse(
            same(call((offer, more, more), ("the old barn serves soup", more, more)), 0, 1)
        )

    def test_pairs_stay_within_three_turns_and_ninety_seconds(self) -> None:
        rng = random.Random(7)
        for _ in range(50):
            turns = said(*(" ".join(["soup"] * rng.randrange(1, 80)) for _ in range(6)))
            for row in dstc2.gold_pairs("s", "c", turns):
                self.assertLessEqual(row["turns_apart"], 3)
                self.assertTrue(0 < row["gap_ms"] <= 90_000)

    def test_what_the_recogniser_lost_is_told(self) -> None:
        turns = call((ASK_FOOD, "soup", "soap"), (ASK_FOOD, "soup please", ""))
        row = dstc2.gold_of("s", "c", turns[0], turns[1])
        self.assertTrue(
            row["same"] and row["lost_value"] and row["misheard"] and not row["reachable"]
        )

    def test_a_slip_of_the_pen_is_forgiven_in_transcripts_only(self) -> None:
        turn = call((ASK_FOOD, "cold nooodles", "cold nooodles"))[0]
        self.assertEqual(turn.true_content, {("inform", "food", "cold noodles")})
        self.assertEqual(ontology.content(turn.understood), frozenset())


class Events(unittest.TestCase):
    def event(self, turn: dstc2.Turn) -> dict[str, Any]:
        return dstc2.event_of("s", "c", turn, turn.heard)

    def test_slots_cover_the_words_they_come_from(self) -> None:
        rng = random.Random(11)
        words = (
            "um I'd like cold noodles soup cheap center not any kind of food where's the".split()
        )
        for _ in range(500):
            text = " ".join(rng.choices(words, k=rng.randrange(1, 10)))
            turn = call((ASK_FOOD, "", text))[0]
            for act in turn.understood:
                covered = text[act.start : act.end]
                self.assertTrue(covered and covered == covered.strip())
                if act.kind == "inform" and act.value in text and act.value != "noodles":
                    self.assertEqual(covered, act.value)

    def test_nothing_but_the_hypothesis_reaches_the_event(self) -> None:
        a = call((ASK_FOOD, "soup", "noodles"), ("Could you please repeat that?", "soup", "soup"))
        b = call(
            (ASK_FOOD, "yes goodbye", "noodles"),
            ("Could you please repeat that?", "x", "soup"),
            goals=("a b c",) * 2,
        )
        self.assertEqual([self.event(t) for t in a], [self.event(t) for t in b])

    def test_outcome_is_read_off_the_next_prompt(self) -> None:
        def outcome(heard: str, *prompts: str) -> dict[str, Any]:
            turn = call(*((prompt, heard, heard) for prompt in prompts))[0]
            result: dict[str, Any] = self.event(turn)["outcome"]
            return result

        again = outcome("soup", ASK_FOOD, "Could you please repeat that?")
        self.assertEqual((again["status"], again["signals"]), ("failure", ["reprompt"]))
        self.assertEqual(outcome("soup", ASK_FOOD, ASK_FOOD)["signals"], ["same_response"])
        self.assertEqual(outcome("soup", ASK_FOOD, "blue kettle serves soup")["status"], "success")
        self.assertEqual(outcome("soup", ASK_FOOD, "You want soup right?")["status"], "unknown")
        self.assertEqual(outcome("soup", ASK_FOOD)["signals"], ["abandoned"])
        self.assertEqual(outcome("goodbye", ASK_FOOD)["status"], "success")

    def test_no_match_means_no_nlu(self) -> None:
        self.assertNotIn("nlu", self.event(call((ASK_FOOD, "", "the blue one"))[0]))

    def test_a_request_is_an_intent_of_its_own(self) -> None:
        nlu = self.event(call((ASK_FOOD, "", "phone number and address"))[0])["nlu"]
        self.assertEqual((nlu["intent"], nlu["slots"]), ("request_addr_phone", []))

    def test_events_of_a_call_go_forward_in_time(self) -> None:
        turns = said("soup", "", "noodles")
        self.assertEqual(sorted({t.ts for t in turns}), [t.ts for t in turns])


if __name__ == "__main__":
    unittest.main()
