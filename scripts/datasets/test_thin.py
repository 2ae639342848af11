# SPDX-License-Identifier: Apache-2.0
"""A thinned event lacks what was taken and nothing else."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from thin import thinned  # noqa: E402

EVENT = {
    "event_id": "1",
    "utterance": "more light",
    "asr": {"confidence": 0.5, "nbest": ["more lights"]},
    "nlu": {"intent": "light"},
    "outcome": {"status": "failure", "signals": ["reprompt"], "response": "Pardon?"},
}


class Thin(unittest.TestCase):
    def test_only_what_was_named_goes(self) -> None:
        self.assertEqual(thinned(EVENT, frozenset()), EVENT)
        self.assertEqual(set(EVENT) - set(thinned(EVENT, frozenset(("nlu",)))), {"nlu"})

    def test_without_signals_the_answer_stays(self) -> None:
        poor = thinned(EVENT, frozenset(("signals",)))
        self.assertEqual(poor["outcome"], {"response": "Pardon?"})

    def test_without_confidence_the_other_hypotheses_stay(self) -> None:
        poor = thinned(EVENT, frozenset(("confidence",)))
        self.assertEqual(poor["asr"], {"nbest": ["more lights"]})

    def test_nothing_empty_is_left(self) -> None:
        event = {"event_id": "1", "asr": {"confidence": 1.0}, "outcome": {"status": "success"}}
        poor = thinned(event, frozenset(("signals", "confidence")))
        self.assertEqual(poor, {"event_id": "1"})

    def test_the_event_itself_is_not_changed(self) -> None:
        thinned(EVENT, frozenset(("signals", "confidence", "nlu")))
        self.assertEqual(EVENT["outcome"]["status"], "failure")
        self.assertEqual(EVENT["asr"]["confidence"], 0.5)


if __name__ == "__main__":
    unittest.main()
