# SPDX-License-Identifier: Apache-2.0
"""Logs and replays for the tests that compare whole stores: what the oracle and the tests of determinism share.

Environment as in harness.py: REPHRASED is the path of the program.
"""
import json
import os
import random
import tempfile

import harness
import oracle
import rows
import texts

EXPORTS = "exports"


class Stores(harness.Case):
    """Replays of any logs into any number of stores of one deployment."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="rephrased-test-")
        cls.root = os.path.realpath(cls.temporary.name)
        cls.secret = os.path.join(cls.root, "secret")
        with open(cls.secret, "w", encoding="ascii") as file:
            file.write(random.Random(harness.SEED).randbytes(32).hex() + "\n")
        os.chmod(cls.secret, 0o600)
        cls.keys = texts.Keys.of_file(cls.secret)
        cls.places = 0

    def place(self):
        """A new directory for a store and its exports."""
        type(self).places += 1
        return self.make_place(f"place-{self.places}")

    def file(self, name, lines):
        path = os.path.join(self.place(), name)
        with open(path, "wb") as file:
            file.writelines(lines)
        return path

    def generate(self, *arguments):
        """Paths of the logs, one per partition, in their order."""
        place = self.place()
        done = self.run_program(["generate", "--out-dir", place, *map(str, arguments)])
        self.assertEqual(done.returncode, 0, done.stderr)
        return [os.path.join(place, name) for name in sorted(os.listdir(place))]

    def arguments(self, place, logs, final=True, extra=()):
        return ["replay", "--json", "--secret", self.secret, "--store",
                os.path.join(place, "store"), "--export-dir", os.path.join(place, EXPORTS),
                *(["--final"] if final else []), *map(str, extra), *logs]

    def replay_logs(self, place, logs, final=True, extra=(), codes=(0,)):
        """The counts that the replay reports."""
        done = self.run_program(self.arguments(place, logs, final, extra))
        self.assertIn(done.returncode, codes, done.stderr)
        return json.loads(done.stdout)

    def replayed(self, logs, final=True, extra=()):
        """A new place with the logs replayed into it."""
        place = self.place()
        self.replay_logs(place, logs, final, extra)
        return place

    def rows_of(self, place):
        """Table -> rows as bytes in hex."""
        self.assert_sound(place)
        return rows.split(self.dump(place))

    def assert_same(self, place, expected, title, without=()):
        """The same rows and the same files, byte for byte."""
        with self.subTest(title):
            found, wanted = self.rows_of(place), self.rows_of(expected)
            for name in sorted(set(found) | set(wanted)):
                if name not in without:
                    self.assertEqual(found[name], wanted[name], f"{title}: table {name} differs")
            self.assertEqual(harness.files_of(os.path.join(place, EXPORTS)),
                             harness.files_of(os.path.join(expected, EXPORTS)),
                             f"{title}: the exports differ")


def count_exports(place):
    return sum(path.endswith("_SUCCESS") for path in harness.files_of(os.path.join(place, EXPORTS)))


def write_config(path, values):
    """`values`: section -> key -> value."""
    with open(path, "w", encoding="utf-8") as file:
        for section, keys in values.items():
            file.write(f"{section}:\n")
            file.writelines(f"  {key}: {value}\n" for key, value in keys.items())
    return path


# ---- logs that no generator of likely behaviour would write --------------------------------------

SAYINGS = {
    "en-US": ["Play  jazz", "play jazz!", "PLAY JAZZ", "play some jazz, please", "stop",
              "Don\u2019t stop", "don't stop", "set it to 5\u00bd", "set it to -5\u00b0", "#winter",
              "it's 50% off", "\u201cwhat?\u201d", "caf\u00e9 open", "cafe\u0301 open",
              "\uff30\uff2c\uff21\uff39 jazz", "a\u00a0b\u2003c", "x\u00b2 please", "\u2163 act",
              "wifi \u200bon", "so\u00adft", "...and .5 more", "@home on", "(lights) on"],
    "de-DE": ["Stra\u00dfe nach K\u00f6ln", "STRASSE NACH K\u00d6LN", "spiel Musik", "Spiel Musik.",
              "nicht spielen", "u\u0308ber acht"],
    "tr-TR": ["I\u015f\u0131\u011f\u0131 a\u00e7", "\u0131\u015f\u0131\u011f\u0131 a\u00e7",
              "\u0130zmir hava", "izmir hava", "IZMIR hava", "\u0130STANBUL'da ya\u011fmur"],
    "ja-JP": ["\u97f3\u697d\u3092\u304b\u3051\u3066", "\uff76\uff9e\u30b9\u3092\u6d88\u3057\u3066",
              "\u30ac\u30b9\u3092\u6d88\u3057\u3066\u3002", "\u96fb\u6c17\u3001\u3064\u3051\u3066\uff01",
              "\uff11\uff12\u5206\u30bf\u30a4\u30de\u30fc", "12\u5206\u30bf\u30a4\u30de\u30fc"],
    "th-TH": ["\u0e40\u0e1b\u0e34\u0e14\u0e40\u0e1e\u0e25\u0e07",
              "\u0e15\u0e31\u0e49\u0e07\u0e40\u0e27\u0e25\u0e32 \u0e51\u0e52 \u0e19\u0e32\u0e17\u0e35",
              "\u0e19\u0e49\u0e33\u0e23\u0e49\u0e2d\u0e19"],
    "ar-SA": ["\u0634\u063a\u0644 \u0627\u0644\u0645\u0648\u0633\u064a\u0642\u0649",
              "\u0634\u063a\u0651\u0644 \u0627\u0644\u0645\u0648\u0633\u064a\u0642\u0649\u061f",
              "\u0645\u0624\u0642\u062a \u0665 \u062f\u0642\u0627\u0626\u0642",
              "\u0645\u0640\u0640\u0624\u0642\u062a \u06f5 \u062f\u0642\u0627\u0626\u0642"],
}
SIGNALS = ["no_match", "barge_in", "cancel", "undo", "confirmed", "completed", "played", "control",
           "negative_feedback", "made_up"]
WRONG = [b"", b"{", b"[]", b"\xff\xfe", b'{"event_id":"x"}', b'{"a":1,"a":2}',
         b'{"event_id":"w","ts":1,"user_id":"u","locale":"en-US","utterance":"?!"}']
START = 1767571200000  # Monday, 2026-01-05


class Chaos:
    """A log of few people who say few things, at times that jump to and fro: sessions that merge, are cut,
    come late or twice; outcomes, slots and spellings of every kind."""

    def __init__(self, seed, people=6, step=40_000, jitter=200_000):
        self.random = random.Random(seed)
        self.people, self.step, self.jitter = people, step, jitter
        self.seed, self.now, self.number = seed, START, 0

    def maybe(self, share):
        return self.random.random() < share

    def nlu(self, text, locale):
        if self.maybe(0.25):
            return None
        slots = []
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 3])):
            slot = {"name": self.random.choice(["genre", "room", "a|b=c\\"]),
                    "value": self.random.choice([*SAYINGS[locale], "", "jazz"])}
            start = self.random.randrange(len(text))
            if self.maybe(0.8):
                slot |= {"start": start, "end": self.random.randint(start + 1, len(text))}
            slots.append(slot)
        nlu = {"slots": slots}
        if self.maybe(0.9):
            nlu["intent"] = self.random.choice(["play", "query", "stop", "a|b"])
        if self.maybe(0.7):
            nlu["domain"] = self.random.choice(["music", ""])
        if self.maybe(0.7):
            nlu["confidence"] = self.random.choice([0, 0.4, 0.3999, 0.4005, 0.39995, 0.9, 1])
        return nlu

    def outcome(self):
        if self.maybe(0.1):
            return None
        outcome = {"response": self.random.choice(["", "sorry", "done"])}
        if self.maybe(0.8):
            outcome["status"] = self.random.choice(["success", "failure", "unknown"])
        outcome["signals"] = self.random.sample(SIGNALS, self.random.choice([0, 0, 1, 1, 2, 3]))
        return outcome

    def time(self):
        self.now += self.random.randrange(2 * self.step)
        if self.maybe(0.01):
            self.now += self.random.choice([3_600_000, 86_400_000, 4 * 86_400_000])
        at = self.now - self.random.randrange(self.jitter) * self.maybe(0.5)
        at -= self.random.choice([600_000, 7_200_000]) * self.maybe(0.03)
        return max(at, 0)

    def event(self):
        self.number += 1
        person = self.random.randrange(self.people)
        locale = self.random.choice(list(SAYINGS)) if self.maybe(0.3) else \
            list(SAYINGS)[person % len(SAYINGS)]
        text = self.random.choice(SAYINGS[locale])
        if self.maybe(0.05):
            text = (text + " ") * self.random.randint(2, 900 // len(text.encode("utf-8")))
        event = {"event_id": f"c{self.seed}-{self.number}", "ts": self.time(),
                 "user_id": f"person {person}", "locale": locale, "utterance": text,
                 "nlu": self.nlu(text, locale), "outcome": self.outcome()}
        if self.maybe(0.2):
            event["device_id"] = self.random.choice(["kitchen", "car"])
        if self.maybe(0.4):
            event["asr"] = {"confidence": round(self.random.random(), 3), "nbest": self.random.sample(
                SAYINGS[locale], self.random.randint(0, 3))}
        if self.maybe(0.2):
            event["rewrite"] = {"from": self.random.choice(["pley jazz", "?!", text,
                                                            *SAYINGS[locale]]),
                                "arm": self.random.choice(["treated", "holdout"])}
        if self.maybe(0.1):
            event["locale"] = locale.replace("-", "_").upper()
        return event

    def lines(self, count):
        recent, result = [], []
        for _ in range(count):
            if self.maybe(0.02):
                result.append(self.random.choice(WRONG) + b"\n")
            if recent and self.maybe(0.06):
                event = dict(self.random.choice(recent))
                event["ts"] += self.random.choice([0, 0, 1000, 90_000, 300_000])
            else:
                event = self.event()
            recent = [*recent[-20:], event]
            end = b"\r\n" if self.maybe(0.05) else b"\n"
            result.append(json.dumps(event, ensure_ascii=self.maybe(0.5)).encode("utf-8") + end)
        return result


def tables_of(logs, keys, evidence, **options):
    """The oracle of logs (paths), and the rows that it expects."""
    expected = oracle.Oracle([oracle.lines_of(path) for path in logs], keys, **options)
    return expected, expected.tables(oracle.lines_of(evidence))
