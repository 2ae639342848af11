# SPDX-License-Identifier: Apache-2.0
"""projection.py on sentences of our own: reading annotations, moving spans, counting."""
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import projection  # noqa: E402
from projection import Goal, Score, Span, Wording  # noqa: E402


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

    def test_no_text_is_the_source_of_two_cases(self):
        goals = [Goal("on", [Wording(f"text {n} {k}", (Span("x", 0, 4),)) for k in range(4)]) for n in range(9)]
        cases = projection.cases_of(goals, 50, 0.3, random.Random(1))
        texts = [case.source.text for case in cases]
        self.assertEqual(len(texts), len(set(texts)))
        self.assertGreater(len(texts), 9)

    def test_a_row_is_exact_only_with_every_span_and_the_intent(self):
        wording = Wording("dim hall nine", (Span("room", 4, 8), Span("level", 9, 13)))
        case = projection.Case(Goal("dim", [wording]), wording, wording, False)
        room, level = ({"name": name, "start": a, "end": b} for name, a, b in (("room", 4, 8), ("level", 9, 13)))
        score = Score()
        score.add(case, {"intent": "dim", "slots": [room, level]})
        score.add(case, {"intent": "dim", "slots": [room]})
        score.add(case, {"intent": "on", "slots": [room, level]})
        score.add(case, None)
        self.assertEqual((score.cases, score.exported, score.exact, score.spans, score.exact_spans), (4, 3, 1, 6, 5))


if __name__ == "__main__":
    unittest.main()
