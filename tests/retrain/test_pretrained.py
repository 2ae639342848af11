# SPDX-License-Identifier: Apache-2.0
"""Checkpoints in the format of Hugging Face: loaded, tokenised, computed and trained on.

The tiny checkpoints are made here. Where `transformers` is installed (a newer PyTorch than Debian's
comes with it), hidden states and pieces are compared with what it computes.
"""

import json
import random
import struct
import subprocess
import sys
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import toy
import torch
from nlu import batch, data, hugging, model_dir, pretrained, training, wordpiece
from nlu.models import Shape
from nlu.trainer import Settings
from nlu.units import split

try:
    import transformers
except ModuleNotFoundError:
    transformers = None

BERT = {
    "model_type": "bert",
    "vocab_size": 0,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}
XLMR = BERT | {"model_type": "xlm-roberta", "type_vocab_size": 1, "pad_token_id": 1}
ROBERTA = XLMR | {"model_type": "roberta", "bos_token_id": 0, "eos_token_id": 2}


def wordpieces() -> list[str]:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = {word.lower() for row in toy.rows() for word in row["text"].split()}
    whole = sorted(word for word in words if hash_of(word) % 2)
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters), *whole]


def hash_of(word: str) -> int:
    return sum(map(ord, word))


def unigram() -> dict:
    """A tokenizer.json as XLM-RoBERTa has it."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    words = sorted({word for row in toy.rows() for word in row["text"].split()})
    pieces = [[name, 0.0] for name in special]
    pieces += [["▁", -3.0]] + [[c, -6.0] for c in "abcdefghijklmnopqrstuvwxyzOLRCDP"]
    pieces += [["▁" + word, -4.0] for word in words if hash_of(word) % 2] + [["<mask>", 0.0]]
    added = [
        {"id": i, "content": name, "special": True, "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": False}
        for i, (name, _) in enumerate(pieces)
        if name in (*special, "<mask>")
    ]  # fmt: skip
    meta = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": meta,
        "post_processor": None,
        "decoder": meta,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces},
    }


def byte_level() -> dict:
    """A tokenizer.json as RoBERTa's English models have it: bytes, and pairs of them."""
    signs = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    rest = [chr(256 + at) for at in range(256 - len(signs))]  # bytes that cannot be seen
    words = sorted({word for row in toy.rows() for word in row["text"].split()})
    merges = sorted({("\u0120", word[0]) for word in words} | {(w[0], w[1]) for w in words if w[1:]})
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *signs, *rest]
    pieces += sorted({"".join(pair) for pair in merges}) + ["<mask>"]
    numbers = {piece: at for at, piece in enumerate(pieces)}
    special = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    added = [
        {"id": numbers[name], "content": name, "special": True, "single_word": False,
         "lstrip": name == "<mask>", "rstrip": False, "normalized": False}
        for name in special
    ]  # fmt: skip
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    ends = {"sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": level,
        "post_processor": {"type": "RobertaProcessing"} | ends,
        "decoder": level,
        "model": {"type": "BPE", "unk_token": None, "vocab": numbers, "merges": [list(m) for m in merges]},
    }


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    header, body = {}, b""
    for name, value in tensors.items():
        raw = value.contiguous().numpy().tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    text = json.dumps(header | {"__metadata__": {"format": "pt"}}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def make_checkpoint(folder: Path, config: dict, binary: bool = False) -> Path:
    """Random weights under the names of a real checkpoint, with a head that is to be passed over."""
    folder.mkdir()
    if config["model_type"] == "bert":
        pieces = wordpieces()
        (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf-8")
    else:
        tokenizer = byte_level() if config["model_type"] == "roberta" else unigram()
        pieces = tokenizer["model"]["vocab"]
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    config = config | {"vocab_size": len(pieces)}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    torch.manual_seed(5)
    encoder = pretrained.Encoder(config)
    prefix = "bert." if config["model_type"] == "bert" else "roberta."
    state = {}
    for name, value in encoder.state_dict().items():
        # Of a size at which every part of the computation shows in the result.
        state[prefix + name] = value + 0.2 * torch.randn_like(value)
    state["cls.predictions.bias"] = torch.zeros(len(pieces))
    if binary:
        torch.save(state, folder / "pytorch_model.bin")
    else:
        write_safetensors(folder / "model.safetensors", state)
    return folder


class Loading(toy.Place):
    def test_safetensors_and_bin_hold_the_same_and_heads_are_passed_over(self):
        found = []
        for binary in (False, True):
            folder = make_checkpoint(self.place / f"c{binary}", BERT, binary)
            encoder = pretrained.Encoder(pretrained.read_config(folder))
            pretrained.load(encoder, folder)
            found.append(encoder.state_dict())
        self.assertTrue(all(torch.equal(found[0][name], found[1][name]) for name in found[0]))

    def test_a_missing_parameter_or_a_wrong_shape_is_named(self):
        folder = make_checkpoint(self.place / "c", BERT)
        state = pretrained.read_safetensors(folder / "model.safetensors")
        name = "bert.encoder.layer.1.output.dense.weight"
        value = state.pop(name)
        write_safetensors(folder / "model.safetensors", state)
        encoder = pretrained.Encoder(pretrained.read_config(folder))
        with self.assertRaisesRegex(data.BadData, "encoder.layer.1.output.dense.weight"):
            pretrained.load(encoder, folder)
        write_safetensors(folder / "model.safetensors", state | {name: value[:, :3]})
        with self.assertRaisesRegex(data.BadData, "layer.1.output.dense.weight is"):
            pretrained.load(encoder, folder)

    def test_an_architecture_that_is_not_known_is_an_error(self):
        for more in ({"model_type": "gpt2"}, {"position_embedding_type": "relative_key"}):
            with self.assertRaises(data.BadData):
                pretrained.Encoder(BERT | more)

    def test_padding_changes_no_hidden_state(self):
        folder = make_checkpoint(self.place / "c", XLMR)
        encoder = pretrained.Encoder(pretrained.read_config(folder)).eval()
        pretrained.load(encoder, folder)
        pieces = torch.tensor([[0, 5, 9, 2]])
        alone = encoder.pieces(pieces, torch.ones(1, 4, dtype=torch.bool))
        wide = torch.cat([pieces, torch.full((1, 3), 7)], 1)
        padded = encoder.pieces(wide, torch.tensor([[True] * 4 + [False] * 3]))
        self.assertTrue(torch.allclose(alone, padded[:, :4], atol=1e-5))


class Tokens(toy.Place):
    ALPHABET = "abz 09.-'é\u0301中ไฟAZ\u200b"

    def setUp(self) -> None:
        super().setUp()
        self.bert = make_checkpoint(self.place / "bert", BERT)
        self.xlmr = make_checkpoint(self.place / "xlmr", XLMR)

    def test_pieces_stand_in_order_inside_of_the_text(self):
        chance = random.Random(3)
        tokenizers = [wordpiece.read(folder) for folder in (self.bert, self.xlmr)]
        for _ in range(300):
            text = "".join(chance.choice(self.ALPHABET) for _ in range(chance.randrange(24)))
            for tokenizer in tokenizers:
                at = 0
                for _, start, end in tokenizer.model.pieces(text):
                    self.assertLessEqual(at, start)
                    self.assertLessEqual(end, len(text))
                    at = start
                pieces, places = tokenizer.encode(text, split(text))
                self.assertEqual(len(places), len(split(text)))
                self.assertTrue(all(0 <= place < len(pieces) for place in places))

    def test_a_unit_is_at_the_piece_with_which_it_begins(self):
        text = "lights qq the attic"
        for folder in (self.bert, self.xlmr):
            tokenizer = wordpiece.read(folder)
            parts = split(text)
            _, places = tokenizer.encode(text, parts)
            found = tokenizer.model.pieces(text)
            for part, place in zip(parts, places):
                _, start, end = found[place - 1]
                self.assertLess(part.start, end)
                self.assertLessEqual(start, part.start)

    @unittest.skipUnless(transformers, "transformers is not installed")
    def test_pieces_are_those_of_transformers(self):
        bert = transformers.BertTokenizerFast(str(self.bert / "vocab.txt"), do_lower_case=True)
        xlmr = transformers.PreTrainedTokenizerFast(tokenizer_file=str(self.xlmr / "tokenizer.json"))
        texts = [row["text"] for row in toy.rows()] + ["Wärm the ÉTÉ-room 12", "qqq  zz", "a.b 12"]
        for text in texts:
            ours = wordpiece.read(self.bert).encode(text, ())[0]
            self.assertEqual(ours, bert(text)["input_ids"], text)
            if text.isascii() and "  " not in text:
                ours = wordpiece.read(self.xlmr).encode(text, ())[0][1:-1]
                self.assertEqual(ours, xlmr(text, add_special_tokens=False)["input_ids"], text)


@unittest.skipUnless(transformers, "transformers is not installed")
class Agreement(toy.Place):
    def encoders(self, folder: Path) -> list:
        """Ours and theirs, from one checkpoint."""
        found = []
        for reader in (pretrained, hugging):
            encoder = reader.Encoder(reader.read_config(folder)).eval()
            reader.load(encoder, folder)
            found.append(encoder)
        return found

    def test_both_loaders_give_the_same_states_of_the_same_units(self):
        texts = [row["text"] for row in toy.rows()][::5] + ["Wake me,  NOW!", "one", ""]
        for config in (BERT, XLMR):
            folder = make_checkpoint(self.place / config["model_type"], config)
            states = []
            readers = (wordpiece.read(folder), hugging.read_tokenizer(folder))
            for encoder, tokenizer in zip(self.encoders(folder), readers):
                items = [batch.item(text, tokenizer) for text in texts]
                with torch.no_grad():
                    states.append(encoder(batch.collate(items)))
            mask = batch.collate(items).mask
            whole = torch.cat([mask.new_ones(len(texts), 1), mask], 1)
            self.assertEqual(states[0].shape, states[1].shape)
            close = torch.allclose(states[0][whole], states[1][whole], atol=1e-4)
            self.assertTrue(close, config["model_type"])

    def test_a_hidden_unit_is_the_mask_piece_in_both(self):
        folder = make_checkpoint(self.place / "c", BERT)
        tokenizer = wordpiece.read(folder)
        one = batch.collate([batch.item("lights off in the attic", tokenizer)])
        hidden = torch.tensor([[False, True, False, False, True]])
        ours, theirs = self.encoders(folder)
        ours.mask_id = theirs.mask_id = tokenizer.mask
        with torch.no_grad():
            self.assertTrue(torch.allclose(ours(one, hidden), theirs(one, hidden), atol=1e-4))
            self.assertFalse(torch.allclose(ours(one, hidden), ours(one), atol=1e-2))

    def test_hidden_states_are_those_of_transformers(self):
        kinds = ((BERT, "BertModel"), (XLMR, "XLMRobertaModel"))
        for config, name in kinds:
            folder = make_checkpoint(self.place / name, config)
            ours = pretrained.Encoder(pretrained.read_config(folder)).eval()
            pretrained.load(ours, folder)
            model = getattr(transformers, name).from_pretrained(folder, add_pooling_layer=False).eval()
            pieces = torch.tensor([[2, 9, 11, 30, 3], [2, 8, 3, 1, 1]])
            mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
            with torch.no_grad():
                wanted = model(pieces, attention_mask=mask).last_hidden_state
                found = ours.pieces(pieces, mask.bool())
            self.assertTrue(torch.allclose(found[mask == 1], wanted[mask == 1], atol=1e-4), name)


@unittest.skipUnless(transformers, "transformers is not installed")
class Library(toy.Place):
    """--loader transformers and auto, as the program has them."""

    def train(self, folder: Path, *more: str) -> subprocess.CompletedProcess:
        base = toy.write_rows(self.place / "base.jsonl", toy.rows())
        command = [sys.executable, str(toy.SCRIPTS / "train"), f"--base={base}", f"--encoder={folder}"]
        command += [f"--models={self.models}", "--device=cpu", "--epochs=1", "--batch=24"]
        command += ["--rate=3e-3", *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def right(self, made: Path) -> float:
        answers = model_dir.load(made).predict([row["text"] for row in toy.rows()])
        hits = [a.label == f"{r['domain']}/{r['intent']}" for a, r in zip(answers, toy.rows())]
        return sum(hits) / len(hits)

    def test_a_checkpoint_that_only_transformers_reads_is_trained_and_served_without_it(self):
        folder = make_checkpoint(self.place / "bpe", ROBERTA)
        refused = self.train(folder, "--min-steps=1")
        self.assertEqual(refused.returncode, 65)
        self.assertIn("'BPE' is not known", refused.stderr)
        self.assertIn("--loader", refused.stderr)
        done = self.train(folder, "--loader=auto", "--min-steps=120")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("reading it with transformers", done.stderr)
        folder.rename(self.place / "away")
        made = Path(done.stdout.strip())
        self.assertEqual(model_dir.read_description(made)[0].loader, "transformers")
        self.assertGreaterEqual(self.right(made), 0.9)

    def test_auto_is_our_reader_where_that_can(self):
        folder = make_checkpoint(self.place / "bert", BERT)
        done = [self.train(folder, "--min-steps=2", f"--loader={name}") for name in ("own", "auto")]
        self.assertEqual(done[0].stdout, done[1].stdout)
        self.assertIn("already done", done[1].stderr)

    def test_a_child_of_such_a_model_and_another_kind_of_encoder_are_trained(self):
        folder = make_checkpoint(self.place / "bert", BERT)
        first = self.train(folder, "--loader=transformers", "--min-steps=60")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertGreaterEqual(self.right(Path(first.stdout.strip())), 0.9)
        base = self.place / "base.jsonl"
        plan = training.Plan(
            (base,), parent=Path(first.stdout.strip()), settings=Settings(1, 2), device="cpu"
        )
        self.assertTrue(training.train(plan, self.models).is_dir())
        electra = transformers.ElectraConfig(
            vocab_size=len(wordpieces()), embedding_size=16, hidden_size=32, num_hidden_layers=1,
            num_attention_heads=2, intermediate_size=32, max_position_embeddings=64,
        )  # fmt: skip
        other = self.place / "electra"
        transformers.ElectraModel(electra).save_pretrained(other)
        (other / "vocab.txt").write_bytes((folder / "vocab.txt").read_bytes())
        done = self.train(other, "--loader=auto", "--min-steps=2", "--pretrain-epochs=1")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_no_encoder_and_what_is_incomplete_is_an_error(self):
        for kind in ("gpt2", "t5", "nonsense"):
            with self.assertRaisesRegex(data.BadData, kind):
                hugging.Encoder({"model_type": kind})
        folder = make_checkpoint(self.place / "c", BERT)
        state = pretrained.read_safetensors(folder / "model.safetensors")
        del state["bert.encoder.layer.1.output.dense.weight"]
        write_safetensors(folder / "model.safetensors", state)
        encoder = hugging.Encoder(hugging.read_config(folder))
        with self.assertRaisesRegex(data.BadData, "layer.1.output.dense.weight"):
            hugging.load(encoder, folder)


class WithoutLibrary(toy.Place):
    def test_auto_names_both_reasons_and_a_model_of_the_library_is_an_error(self):
        folder = make_checkpoint(self.place / "bpe", ROBERTA)
        base = toy.write_rows(self.place / "base.jsonl", toy.rows())
        plan = training.Plan((base,), encoder=folder, loader="auto")
        with mock.patch.dict(sys.modules, {"transformers": None}):
            with self.assertRaisesRegex(data.BadData, "'BPE' is not known.*transformers is needed"):
                training.train(plan, self.models)
            with self.assertRaisesRegex(data.BadData, "transformers is needed"):
                training.train(replace(plan, loader="transformers"), self.models)
        self.assertEqual(list(self.models.glob("[!.]*")), [])


class Training(toy.Place):
    def test_a_model_on_a_checkpoint_learns_and_is_loaded_without_the_checkpoint(self):
        base = toy.write_rows(self.place / "base.jsonl", toy.rows())
        settings = Settings(epochs=1, min_steps=80, batch=24, rate=3e-3)
        for config in (BERT, XLMR):
            with self.subTest(kind=config["model_type"]):
                folder = make_checkpoint(self.place / config["model_type"], config)
                shape = Shape(kind="pretrained", dropout=0.0)
                plan = training.Plan(
                    (base,), encoder=folder, shape=shape, settings=settings, device="cpu"
                )
                made = training.train(plan, self.models)
                folder.rename(self.place / f"away-{config['model_type']}")
                rows = toy.rows()
                answers = model_dir.load(made).predict([row["text"] for row in rows])
                hits = sum(a.label == f"{r['domain']}/{r['intent']}" for a, r in zip(answers, rows))
                self.assertGreaterEqual(hits / len(rows), 0.9)
                child = replace(
                    plan, encoder=None, parent=made, settings=replace(settings, min_steps=2)
                )
                self.assertTrue(training.train(child, self.models).is_dir())


if __name__ == "__main__":
    unittest.main()
