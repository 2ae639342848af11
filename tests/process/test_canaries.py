#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Words of one person never leave the store: in no export, rewrite, list, log line or published table."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import SEED  # noqa: E402
from support import EXPORTS, Stores  # noqa: E402

CANARIES = ("xanthopsia", "quokkafarn", "zyzzyvarium")


def with_canaries(lines):
    """The log, in which three people add a word of their own to everything they say and are understood by."""
    users, result = {}, []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            result.append(line)
            continue
        user = event.get("user_id")
        if event.get("locale") == "en-US" and len(users) < len(CANARIES):
            users.setdefault(user, CANARIES[len(users)])
        if user in users:
            event["utterance"] += " " + users[user]
            if "nlu" in event:
                event["nlu"]["intent"] = "personal_" + users[user]
            line = json.dumps(event).encode() + b"\n"
        result.append(line)
    return result, users


class Canaries(Stores):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls()
        log = case.generate("--seed", SEED, "--sessions", 6000, "--weeks", 3, "--users", 150,
                            "--locale", "en-US")[0]
        with open(log, "rb") as file:
            lines, cls.users = with_canaries(file.readlines())
        cls.place_of_log = case.file("log.jsonl", lines)
        cls.where = case.place()
        cls.done = case.run_program(case.arguments(cls.where, [cls.place_of_log]))

    def assert_silent(self, data, title):
        for word in CANARIES:
            self.assertNotIn(word.encode(), data, title)

    def test_the_words_were_counted(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        self.assertEqual(len(self.users), len(CANARIES))
        dump = "\n".join(self.dump(self.where))
        for word in CANARIES:
            self.assertIn(word.encode().hex(), dump)

    def test_no_exported_file_holds_them(self):
        exported = 0
        for folder, _, names in os.walk(os.path.join(self.where, EXPORTS)):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
                self.assert_silent(data, name)
                exported += data.count(b"\n") if name == "train.jsonl" else 0
        self.assertGreater(exported, 100, "a set with nothing in it proves nothing")

    def test_what_the_replay_said_does_not_hold_them(self):
        self.assert_silent(self.encoded(self.done.stdout), "standard output")
        self.assert_silent(self.encoded(self.done.stderr), "standard error")

    def test_no_pair_in_use_holds_them(self):
        for status in ("promoted", "approved"):
            done = self.ask("pairs", "--json", "--status", status)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assert_silent(self.encoded(done.stdout), status)

    def test_nothing_is_rewritten_to_them(self):
        with open(self.place_of_log, "rb") as file:
            said = sorted({json.loads(line)["utterance"] for line in file if line.startswith(b"{")})
        for text in said[:: max(1, len(said) // 60)]:
            done = self.ask("rewrite", "--locale", "en-US", text)
            if not any(word in text for word in CANARIES):
                self.assert_silent(self.encoded(done.stdout), text)

    def ask(self, command, *words):
        return self.run_program([command, "--secret", self.secret, "--store",
                                 os.path.join(self.where, "store"), *words])

    @staticmethod
    def encoded(text):
        return text.encode() if isinstance(text, str) else text


if __name__ == "__main__":
    unittest.main()
