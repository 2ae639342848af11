# SPDX-License-Identifier: Apache-2.0
"""projection.py on sentences of our own: reading annotations, moving spans, counting."""
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import projection  # noqa: E402
from projection import Row, Score, Span, Wording  # noqa: E402


class Projection(unittest.TestCase):
    def test_an_annotation_gives_the_spans_of_the_plain_text(self):
        found = projection.annotated("dim the back porch now", "dim the [room : back porch] now")
        self.assertEqual(found, Wording("dim the back porch now", (Span("room", 8, 18),)))

    def test_spaces_that_only_the_annotation_has_do_not_count(self):
        found = projection.annotated("打开卧室灯", "打开 [room : 卧室] 灯")
        self.assertEqual(found, Wording("打开卧室灯", (Span("room", 2, 4),)))

    def test_an_annotation_of_another_text_is_no_case(self):
        self.assertIsNone(projection.annotated("dim the porch", "dim the [room : hall]"))

    def test_spans_follow_their_words_when_the_text_is_composed(self):
        wording = projection.canonical(Wording("cafe\u0301 light", (Span("thing", 6, 11),)))
        self.assertEqual(wording, Wording("caf\u00e9 light", (Span("thing", 5, 10),)))

    def test_mishearing_changes_letters_and_keeps_the_spans(self):
        wording = Wording("brighten the kitchen lamp", (Span("room", 13, 20),))
        heard = projection.misheard(wording, 1.0, random.Random(3))
        self.assertNotEqual(heard.text, wording.text)
        self.assertEqual(len(heard.text), len(wording.text))
        self.assertEqual(heard.spans, wording.spans)

    def rows(self) -> list[Row]:
        rooms = ["hall", "porch", "attic", "cellar", "pantry"]
        rows = []
        for number, room in enumerate(rooms):
            for part, text in (("train", "light in the {}"), ("train", "{} light on"), ("test", "make the {} bright"),
                               ("test", "no dark {} any more")):
                start = text.index("{}")
                wording = Wording(text.format(room), (Span("room", start, start + len(room)),))
                rows.append(Row(part, "on", wording))
            rows.append(Row("test", "on", Wording(f"{room} and {rooms[number - 1]} now", (Span("room", 0, len(room)),))))
        return rows

    def test_no_text_is_the_source_of_two_cases(self):
        cases = projection.cases_of(self.rows(), "test", 50, 0.3, random.Random(1))
        texts = [case.source.text for case in cases]
        self.assertEqual(len(texts), len(set(texts)))
        self.assertGreater(len(texts), 9)

    def test_pairs_with_the_same_values_are_told_from_pairs_with_others(self):
        rows = self.rows()
        cases = projection.cases_of(rows, "test", 8, 1.0, random.Random(2))
        self.assertEqual({case.kind for case in cases}, {"as written", "misheard", "other values"})
        truth = {row.wording.text: row for row in rows}
        for case in cases:
            target = truth[case.target.text]
            self.assertEqual(target.part, "train")
            if case.kind == "as written":
                self.assertEqual(truth[case.source.text].goal(), target.goal())
            if case.kind == "other values":
                self.assertNotEqual(truth[case.source.text].goal(), target.goal())
                self.assertTrue(self.says_like(case.source.text, case.target))

    def says_like(self, text: str, target: Wording) -> bool:
        return projection.says_like(projection.letters_of(text, 2), projection.pairs_of_values(target))

    def test_a_source_that_says_nothing_like_a_value_is_no_pair_with_others(self):
        target = Wording("dim the porch", (Span("room", 8, 13),))
        self.assertTrue(self.says_like("the porches", target))
        self.assertFalse(self.says_like("the kitchen", target))
        self.assertFalse(self.says_like("the porch", Wording("dim it", ())))

    def test_what_works_is_taught_by_five_people_and_never_by_who_fails(self):
        rows = self.rows()
        taught = list(projection.lessons(rows, "en-US"))
        self.assertEqual(len(taught), 5 * sum(row.part == "train" for row in rows))
        self.assertEqual(len({event["event_id"] for event in taught}), len(taught))
        tested = projection.events(projection.cases_of(rows, "test", 3, 0.3, random.Random(1)), "en-US")
        self.assertFalse({event["user_id"] for event in taught} & {event["user_id"] for event in tested})

    def test_a_row_is_exact_only_with_every_span_and_the_intent(self):
        wording = Wording("dim hall nine", (Span("room", 4, 8), Span("level", 9, 13)))
        case = projection.Case("dim", wording, wording, "as written")
        room, level = ({"name": name, "start": a, "end": b} for name, a, b in (("room", 4, 8), ("level", 9, 13)))
        score = Score()
        score.add(case, {"intent": "dim", "slots": [room, level]})
        score.add(case, {"intent": "dim", "slots": [room]})
        score.add(case, {"intent": "on", "slots": [room, level]})
        score.add(case, None)
        self.assertEqual((score.cases, score.exported, score.exact, score.spans, score.exact_spans), (4, 3, 1, 6, 5))


if __name__ == "__main__":
    unittest.main()
