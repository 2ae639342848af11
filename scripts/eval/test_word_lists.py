# SPDX-License-Identifier: Apache-2.0
"""Lists out of dictionaries, and what is counted of commands that differ in one word."""

import importlib.machinery
import importlib.util
import lzma
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import word_lists  # noqa: E402


def load_program():
    loader = importlib.machinery.SourceFileLoader("variants_program", str(HERE / "variants"))
    spec = importlib.util.spec_from_loader("variants_program", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["variants_program"] = module
    loader.exec_module(module)
    return module


class Lists(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def packed(self, name, text):
        path = Path(self.folder.name) / name
        with lzma.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_a_dictionary_has_a_tab_or_a_space_and_names_are_left_out(self):
        path = self.packed("d.xz", "lamp luz\nlamp\tlampa\nrome rome\nthree words here\n")
        self.assertEqual(list(word_lists.read_dictionary(path)), [("lamp", "luz"), ("lamp", "lampa")])

    def test_synonyms_share_translations_there_and_back(self):
        there = [("lamp", "luz"), ("lamp", "foco"), ("light", "luz"), ("light", "foco"), ("light", "ligero")]
        back = [(foreign, word) for word, foreign in there] + [("ligero", "easy")]
        self.assertEqual(word_lists.pivot(there, back), {("lamp", "light")})
        self.assertEqual(word_lists.pivot(there, back, 1), {("lamp", "light"), ("easy", "light")})

    def test_forms_are_read_with_and_without_the_part_of_a_split(self):
        path = self.packed("f.xz", "part\tlemma\tform\tfeatures\ndev\tgo\twent\tV;PST\ngo\tgone\tV\n\n")
        self.assertEqual(list(word_lists.read_forms(path)), [("go", "went", "V;PST"), ("go", "gone", "V")])


class Substitutions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = load_program()

    def test_commands_one_word_apart_are_compared_by_intent(self):
        rows = [(("dim", "the", "lamp"), "a"), (("dim", "the", "light"), "a"), (("dim", "the", "tv"), "b"), (("lamp",), "c")]
        self.assertEqual(sorted(self.program.one_word_apart(rows)),
                         [("lamp", "light", True), ("lamp", "tv", False), ("light", "tv", False)])

    def test_free_features_are_those_of_the_program(self):
        free = self.program.free_features()
        self.assertLessEqual({"ACC", "PL", "pst"}, free)
        self.assertEqual(self.program.bound_features("V;PST;IND", free), ("IND", "V"))
        self.assertEqual(self.program.bound_features("V;V.PTCP;PST", free), ("PST", "V", "V.PTCP"))
        self.assertFalse({"NEG", "POS", "PRIV", "3", "CMPR", "V"} & free)

    def test_forms_are_grouped_by_lemma_and_bound_features(self):
        rows = [("casa", "casa", "N;SG"), ("casa", "casas", "N;PL"), ("casar", "casas", "V;2"), ("ir", "va", "V;3")]
        self.assertEqual(self.program.groups_of_forms(rows, frozenset({"SG", "PL"})), {("casa", "casas")})


if __name__ == "__main__":
    unittest.main()
