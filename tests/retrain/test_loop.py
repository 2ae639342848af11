# SPDX-License-Identifier: Apache-2.0
"""The closed loop, on a small set of its own in the form of MASSIVE."""

import json
import lzma
import os
import random
import subprocess
import sys
import unittest
from pathlib import Path

import toy

EVAL = toy.ROOT / "scripts" / "eval"
sys.path.insert(0, str(EVAL))

from loop_users import Answer, Habits, talk_for  # noqa: E402
from loop_world import LEAST, build  # noqa: E402

POLITE = ("", "please ", "hey ", "now ", "could you ", "i want ")


def write_set(folder: Path) -> None:
    """Every toy row in several polite forms; every eighth row is of the test part."""
    (folder / "massive").mkdir(parents=True)
    head = ["id", "locale", "partition", "scenario", "intent", "worker_id", "worker_en", "utt", "annot_utt"]
    lines = ["\t".join(head)]
    for row in toy.rows():
        slot = row["slots"][0]
        name = f"{row['domain']}_{row['intent']}"
        for polite in POLITE:
            marked = f"[{slot['name']} : {slot['value']}]"
            annotated = polite + row["text"].replace(slot["value"], marked)
            part = "test" if len(lines) % 8 == 0 else "train"
            cells = [str(len(lines)), "xx-XX", part, row["domain"], name, "", ""]
            lines.append("\t".join([*cells, polite + row["text"], annotated]))
    with lzma.open(folder / "massive" / "xx-XX.tsv.xz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def forgetful(texts):
    """Understands nothing that is said politely."""
    found = {row["text"]: f"{row['domain']}/{row['domain']}_{row['intent']}" for row in toy.rows()}
    return [Answer(found.get(text, "none/none"), 0.5) for text in texts]


class World(toy.Place):
    def setUp(self) -> None:
        super().setUp()
        write_set(self.place / "data")
        self.world = build(self.place / "data", "xx-XX", 1, 0.2)

    def test_taught_said_and_tested_rows_are_apart(self):
        parts = [{row.text for row in part} for part in (self.world.labelled, self.world.said)]
        tested = {row.text for row in self.world.test}
        self.assertEqual(parts[0] & parts[1], set())
        self.assertEqual((parts[0] | parts[1]) & tested, set())

    def test_another_wording_keeps_intent_and_values_and_is_another_text(self):
        made = 0
        for wish in self.world.said:
            others, ready = self.world.others(wish)
            self.assertEqual(len(others), len(ready))
            self.assertTrue(all(one > 0 for one in ready))
            for other in others:
                made += 1
                self.assertEqual(other.label, wish.label)
                self.assertNotEqual(other.text, wish.text)
                self.assertEqual([s.value for s in other.slots], [s.value for s in wish.slots])
                for slot in other.slots:
                    self.assertEqual(other.text[slot.start : slot.end], slot.value)
        self.assertGreater(made, len(self.world.said))

    def test_every_intent_is_taught_by_its_least_rows_and_the_share_stays(self):
        share = 0.2
        rows = len(self.world.labelled) + len(self.world.said)
        self.assertEqual(len(self.world.labelled), round(share * rows))
        labels = {row.label for row in (*self.world.labelled, *self.world.said)}
        for label in labels:
            taught = sum(row.label == label for row in self.world.labelled)
            self.assertGreaterEqual(taught, min(LEAST, round(share * rows) // len(labels)))

    def test_few_known_wordings_are_those_that_come_to_mind_first(self):
        few = build(self.place / "data", "xx-XX", 1, 0.2)
        few.wordings = 2
        for wish in self.world.said:
            others, ready = self.world.others(wish)
            self.assertEqual(few.others(wish), (others[:2], ready[:2]))
            self.assertEqual(ready, sorted(ready, reverse=True))

    def test_a_recogniser_error_leaves_the_values_where_slots_say(self):
        chance = random.Random(2)
        changed = 0
        for wish in self.world.said:
            heard = self.world.misheard(wish, chance)
            changed += heard.text != wish.text
            for slot in heard.slots:
                self.assertEqual(heard.text[slot.start : slot.end], slot.value)
        self.assertGreater(changed, len(self.world.said) / 2)

    def talk(self, name: str) -> tuple[list, list[dict]]:
        log = self.place / name
        size = {"users": 50, "mean": 6, "week": 0, "weeks": 1}
        turns = talk_for(self.world, Habits(), forgetful, log, **size)
        return turns, [json.loads(line) for line in log.read_text().splitlines()]

    def test_the_log_is_the_same_again_in_order_of_time_and_tells_nothing_of_the_truth(self):
        turns, events = self.talk("a.jsonl")
        self.assertEqual((turns, events), self.talk("b.jsonl"))
        self.assertEqual([e["ts"] for e in events], sorted(e["ts"] for e in events))
        self.assertEqual(len({e["event_id"] for e in events}), len(events))
        self.assertEqual({e["nlu"]["intent"] for e in events if e["nlu"]["domain"] == "none"}, {"none"})

    def test_outcomes_follow_what_was_understood_as_often_as_habits_say(self):
        turns, events = self.talk("a.jsonl")
        right = sum(turn.right for turn in turns)
        success = sum(event["outcome"]["status"] == "success" for event in events)
        wrong = Habits().wrong_outcome
        wanted = right * (1 - wrong) + (len(turns) - right) * wrong
        self.assertLess(abs(success - wanted), 0.05 * len(turns))


class Whole(toy.Place):
    def run_round(self, binary: str) -> dict:
        command = [sys.executable, str(EVAL / "loop"), "--data", str(self.place / "data")]
        command += ["--binary", binary, "--locale", "xx-XX", "--rounds", "1", "--mean", "12"]
        command += ["--users", "200", "--labelled", "0.03"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return json.loads(done.stdout)

    def test_one_round_ends_with_figures_of_every_learner_and_again_with_the_same(self):
        binary = os.environ.get("REPHRASED")
        if not binary:
            print("SKIP: REPHRASED does not name the program", file=sys.stderr)
            self.skipTest("REPHRASED does not name the program")
        write_set(self.place / "data")
        row = self.run_round(binary)
        self.assertGreater(row["mined_rows"], 0)
        self.assertGreaterEqual(row["mined_right"], 0.9)
        self.assertGreaterEqual(row["rephrased"], row["start"])
        self.assertGreaterEqual(row["truth"], row["start"])
        self.assertGreaterEqual(row["annotated"], row["start"])
        self.assertLessEqual(row["reachable_learned"], row["reachable"])
        self.assertEqual(row | {"seconds": 0}, self.run_round(binary) | {"seconds": 0})


if __name__ == "__main__":
    unittest.main()
