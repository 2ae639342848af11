#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn the calls of DSTC2 into interaction events and into gold pairs "said again".

The events are what a deployed assistant would have logged; nothing in them comes from the
transcripts or the annotated goals:

  utterance   best hypothesis of the live recogniser. A turn whose hypothesis is empty cannot be
              an event (the utterance is required); its gold pairs stay, with "reachable": false.
  asr         confidence = exp(log score of the hypothesis).
  nlu         keyword match of the hypothesis against the ontology, in the light of the question
              the system had asked (for "I don't mind"); no match, no nlu. Confidence = asr's.
  outcome     read off the system's NEXT prompt. reprompt: it asks to say it again. missed: it says
              that it heard nothing. same_response: it says what it said before. abandoned: the
              call ends here without a farewell. status failure: reprompt or missed; success: the
              prompt takes up all that the nlu found and asks for no confirmation, or the call
              ends with a farewell; unknown: all else. response: that prompt in lower case.
  ts          THERE IS NO TIME PER TURN in the set. The call starts at the time in its name (taken
              as UTC) and is spread by an estimate: 400 ms for every word that the system says or
              the recogniser heard, and 1.5 s before each of them speaks. Gaps are good to a factor
              of two; do not learn from them.
  user_id     the caller; session_id: the call; locale: en-US.

Gold has one line for two turns of a call that are at most 3 turns and 90 s apart:

  same        the later turn says the earlier one again. Both TRUE transcripts are parsed into
              content acts: a value for a slot ("doesn't matter" is a value; its slot comes from
              the annotated goal, else from the words, else from the question), a value refused, a
              request for a property or for another restaurant. Same if the two sets of acts are
              equal and not empty, unless the call moved on in between: what was asked of one
              restaurant, answered, and is asked of another is a new request, and so is "anything
              else" when something else was offered. Refinements, fragments, corrections, yes, no,
              thanks, farewells and noise are not the same.
  farewell    both turns take leave (kept apart: an intent said again, but no value or request).
  relation    of the two sets of acts: none, equal, subset, superset, overlap, disjoint.
  reworded    the two transcripts differ in words.
  lost_value  the hypothesis of the earlier turn does not hold the acts of its transcript.
  misheard    the hypothesis of the earlier turn differs from its transcript.
  reachable   both turns are events.

No human ever labelled "this is a rephrasing": these labels are rules on transcripts. Slips of the
pen and endings are forgiven in transcripts when only one value is near.

Example:
  scripts/datasets/dstc2.py --data ../shared/data/dstc2 --events dstc2.jsonl --gold gold.jsonl
  rephrased replay --store /tmp/store --evidence evidence.jsonl dstc2.jsonl
  scripts/eval/judge.py --events dstc2.jsonl --gold gold.jsonl --evidence evidence.jsonl
"""

from __future__ import annotations

import argparse
import datetime
import json
import lzma
import math
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "eval"))
from metrics import user_part  # noqa: E402
from ontology import DONTCARE, Act, Context, Lexicon, Parser, content, tokens_of  # noqa: E402

MAX_TURNS_APART = 3
MAX_GAP_MS = 90_000
WORD_MS = 400
ANSWER_MS = 1_500

ASKED_SLOT = (
    ("food", re.compile(r"(kind|type) of food (would|do) you")),
    (
        "pricerange",
        re.compile(r"(would|price range) .*you like.*price range|price range (would|do) you"),
    ),
    ("area", re.compile(r"(part of town|area) (do|would) you")),
)
CONFIRMS = re.compile(r"\b(right|confirm|did you say|sorry would you)\b")
REPROMPT = re.compile(r"\b(repeat|rephrase|say (that|it) again|pardon)\b")
MISSED = re.compile(r"\b(can't|cannot|couldn't|didn't) hear\b")
NONE_LEFT = re.compile(r"\bno other\b")
ANSWERS = {
    "phone": re.compile(r"phone number of"),
    "addr": re.compile(r"^sure , .* is on |\band it is on\b|address of"),
    "postcode": re.compile(r"post ?code of"),
    "pricerange": re.compile(r"price range at|the .* price range$|prices are"),
    "food": re.compile(r"\bserv(es|ing)\b"),
    "area": re.compile(r"(part|\w) of town"),
}


@dataclass
class Turn:
    """A user's turn with all that is derived from it."""

    number: int
    prompt: str
    answer: str | None  # the system's next prompt
    transcript: str
    heard: str
    score: float
    ts: int
    restaurant: str  # last one named before the user spoke
    understood: list[Act]  # of the hypothesis
    meant: list[Act]  # of the transcript

    def __post_init__(self) -> None:
        self.true_content = content(self.meant)
        self.kinds = {act.kind for act in self.meant}


def asked_slot(prompt: str) -> str:
    text = prompt.lower()
    return next((slot for slot, pattern in ASKED_SLOT if pattern.search(text)), "")


def goal_of(text: str) -> dict[str, str]:
    """Food may hold spaces: the last two words are area and price range."""
    words = text.split()
    return {"food": " ".join(words[:-2]), "area": words[-2], "pricerange": words[-1]}


def read_turns(dialogue: dict[str, Any], lexicon: Lexicon) -> list[Turn]:
    start = dialogue["session-id"].rpartition("-")[2]
    moment = datetime.datetime.strptime(start + "+0000", "%Y%m%d_%H%M%S%z")
    ts = int(moment.timestamp()) * 1000
    goal = {"food": "none", "area": "none", "pricerange": "none"}
    restaurant = ""
    turns: list[Turn] = []
    rows = dialogue["turns"]
    for number, (prompt, transcript, heard, score, goal_text) in enumerate(rows):
        before, goal = goal, goal_of(goal_text)
        chosen = tuple(s for s in goal if goal[s] == DONTCARE != before[s])
        restaurant = lexicon.restaurant(prompt) or restaurant
        context = Context(asked_slot(prompt), bool(restaurant))
        known = Context(context.asked, context.offered, chosen)
        ts += ANSWER_MS + WORD_MS * len(prompt.split())
        answer = rows[number + 1][0] if number + 1 < len(rows) else None
        understood = Parser(lexicon, heard, context, False).parse()
        meant = Parser(lexicon, transcript, known, True).parse()
        turns.append(
            Turn(
                number, prompt, answer, transcript, heard, score, ts, restaurant, understood, meant
            )
        )
        ts += ANSWER_MS + WORD_MS * len(heard.split())
    return turns


def nlu_of(turn: Turn) -> dict[str, Any] | None:
    """The intent is the weightiest act; requests and values make the slots."""
    acts = turn.understood
    if not acts:
        return None
    kinds = [act.kind for act in acts]
    requested = sorted({act.slot for act in acts if act.kind == "request"})
    order = (
        "inform",
        "refuse",
        "reqalts",
        "bye",
        "negate",
        "affirm",
        "restart",
        "repeat",
        "thankyou",
    )
    intent = next((kind for kind in order if kind in kinds), "")
    if requested and intent not in ("inform", "refuse"):
        intent = "_".join(["request", *requested])
    slots = [
        {"name": act.slot, "value": act.value, "start": act.start, "end": act.end}
        for act in acts
        if act.kind in ("inform", "refuse")
    ]
    confidence = round(math.exp(turn.score), 4)
    return {"domain": "restaurant", "intent": intent, "confidence": confidence, "slots": slots}


def takes_up(turn: Turn, answer: str) -> bool:
    """The prompt holds everything that the recogniser's text was understood to say."""
    wanted = [act for act in turn.understood if act.kind in ("inform", "request")]
    for act in wanted:
        if act.kind == "request":
            if act.slot not in ANSWERS or not ANSWERS[act.slot].search(answer):
                return False
        elif act.value not in answer and act.value != DONTCARE:
            return False
    return bool(wanted) and not any(act.value == DONTCARE for act in wanted)


def outcome_of(turn: Turn) -> dict[str, Any]:
    signals: list[str] = []
    status = "unknown"
    if turn.answer is None:
        if any(act.kind == "bye" for act in turn.understood):
            return {"status": "success", "signals": []}
        return {"status": "unknown", "signals": ["abandoned"]}
    answer = turn.answer.lower()
    if REPROMPT.search(answer):
        signals.append("reprompt")
    if MISSED.search(answer):
        signals.append("missed")
    if answer == turn.prompt.lower():
        signals.append("same_response")
    if "reprompt" in signals or "missed" in signals:
        status = "failure"
    elif not signals and takes_up(turn, answer) and not CONFIRMS.search(answer):
        status = "success"
    return {"status": status, "signals": signals, "response": " ".join(answer.split())}


def event_id(session: str, turn: Turn) -> str:
    return f"{session}#{turn.number:02d}"


def event_of(session: str, caller: str, turn: Turn, utterance: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event_id": event_id(session, turn),
        "ts": turn.ts,
        "user_id": caller,
        "session_id": session,
        "locale": "en-US",
        "utterance": utterance,
    }
    if utterance == turn.heard:
        event["asr"] = {"confidence": round(math.exp(turn.score), 4)}
    nlu = nlu_of(turn)
    if nlu:
        event["nlu"] = nlu
    return event | {"outcome": outcome_of(turn)}


def relation(a: frozenset[Any], b: frozenset[Any]) -> str:
    """Of what the later turn says to what the earlier one said."""
    if not a or not b:
        return "none"
    if a == b:
        return "equal"
    if b < a:
        return "subset"
    return "superset" if b > a else "overlap" if a & b else "disjoint"


def moved_on(earlier: Turn, later: Turn) -> bool:
    """The earlier request was met, and the later one is about another restaurant."""
    if earlier.answer is None:
        return False
    answer = earlier.answer.lower()
    kinds = {kind for kind, _, _ in earlier.true_content}
    if "reqalts" in kinds and NONE_LEFT.search(answer):
        return True
    if later.restaurant == earlier.restaurant:
        return False
    asked = [slot for kind, slot, _ in earlier.true_content if kind == "request"]
    met = any(slot in ANSWERS and ANSWERS[slot].search(answer) for slot in asked)
    return met or "reqalts" in kinds


def gold_of(session: str, caller: str, earlier: Turn, later: Turn) -> dict[str, Any]:
    kind = relation(earlier.true_content, later.true_content)
    return {
        "from": event_id(session, earlier),
        "to": event_id(session, later),
        "user": caller,
        "same": kind == "equal" and not moved_on(earlier, later),
        "farewell": kind == "none" and "bye" in earlier.kinds & later.kinds,
        "relation": kind,
        "reworded": earlier.transcript.split() != later.transcript.split(),
        "lost_value": content(earlier.understood) != earlier.true_content,
        "misheard": [t.text for t in tokens_of(earlier.heard)]
        != [t.text for t in tokens_of(earlier.transcript)],
        "reachable": bool(earlier.heard.strip() and later.heard.strip()),
        "turns_apart": later.number - earlier.number,
        "gap_ms": later.ts - earlier.ts,
    }


def gold_pairs(session: str, caller: str, turns: list[Turn]) -> Iterator[dict[str, Any]]:
    for i, earlier in enumerate(turns):
        for later in turns[i + 1 : i + 1 + MAX_TURNS_APART]:
            if later.ts - earlier.ts <= MAX_GAP_MS:
                yield gold_of(session, caller, earlier, later)


def load(data: Path) -> tuple[list[dict[str, Any]], Lexicon]:
    def text(name: str) -> str:
        with lzma.open(data / name, "rt", encoding="utf-8") as file:
            return file.read()

    try:
        lexicon = Lexicon(
            json.loads(text("ontology.json.xz")),
            (row["name"] for row in json.loads(text("db.json.xz"))),
        )
        return [json.loads(line) for line in text("dialogues.jsonl.xz").splitlines()], lexicon
    except FileNotFoundError as error:
        raise SystemExit(
            f"{error.filename}: not found; name the folder of the set with --data"
        ) from error


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder that holds dialogues.jsonl.xz"
    )
    parser.add_argument(
        "--events", type=Path, required=True, help="events to write, in order of time"
    )
    parser.add_argument("--gold", type=Path, required=True, help="gold pairs to write")
    parser.add_argument(
        "--text",
        choices=("asr", "transcript"),
        default="asr",
        help="what becomes the utterance; transcript is the upper bound",
    )
    parser.add_argument(
        "--callers",
        choices=("all", "fit", "test"),
        default="all",
        help="only the callers of one half of the split by hash (see metrics.py)",
    )
    args = parser.parse_args()

    dialogues, lexicon = load(args.data)
    events: list[dict[str, Any]] = []
    gold: list[dict[str, Any]] = []
    skipped = 0
    for dialogue in sorted(dialogues, key=lambda d: str(d["session-id"])):
        session = dialogue["session-id"]
        caller = session.split("-")[1]
        if args.callers not in ("all", user_part(caller)):
            continue
        turns = read_turns(dialogue, lexicon)
        if args.text == "transcript":
            for turn in turns:
                turn.heard, turn.understood, turn.score = turn.transcript, turn.meant, 0.0
        heard = [turn for turn in turns if turn.heard.strip()]
        skipped += len(turns) - len(heard)
        events += (event_of(session, caller, turn, turn.heard) for turn in heard)
        gold += gold_pairs(session, caller, turns)
    events.sort(key=lambda event: (event["ts"], event["event_id"]))
    print(
        f"{write_jsonl(args.events, events)} events; {skipped} turns without text left out",
        file=sys.stderr,
    )
    write_jsonl(args.gold, gold)
    same = sum(row["same"] for row in gold)
    print(f"{len(gold)} pairs; {same} said again", file=sys.stderr)


if __name__ == "__main__":
    main()
