# SPDX-License-Identifier: Apache-2.0
"""Checkpoints in the format of Hugging Face: loaded, tokenised, computed and trained on.

The tiny checkpoints are made here. Where `transformers` is installed (a newer PyTorch than Debian's
comes with it), hidden states and pieces are compared with what it computes.
"""

import json
import random
import struct
import unittest
from dataclasses import replace
from pathlib import Path

import toy
import torch
from nlu import data, model_dir, pretrained, training, wordpiece
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
        tokenizer = unigram()
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
