# SPDX-License-Identifier: Apache-2.0
"""Encoders through the Python package `transformers`, for what nlu/pretrained.py does not read.

Whatever it knows as an encoder of masked language: DeBERTa, ELECTRA, MPNet, ModernBERT … and every
fast tokenizer, byte-level BPE among them. Files are local; nothing is fetched, and no code that
comes with a checkpoint is run. The faces are those of pretrained.Encoder and wordpiece.PieceTokenizer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nlu.data import BadData
from nlu.pieces import PieceEncoder
from nlu.units import Unit

LONGEST = 512  # pieces with the special ones
# Files of a checkpoint that a tokenizer is made of, under all names that are in use.
FILES = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
)


def library() -> Any:
    """The package; BadData without it."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        import transformers
    except ImportError as error:
        raise BadData(f"the Python package transformers is needed: {error}") from error
    # Its report of parameters is ours to judge (load()), its bars would break the line of progress.
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


def read_config(folder: Path) -> dict[str, Any]:
    """config.json; BadData when it is not that of an encoder."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{folder}/config.json: {error}") from error
    _known(config)
    return config


def _known(config: dict[str, Any]) -> Any:
    """The configuration as the package has it."""
    # Weights of half precision are trained in full precision, and autocast does the rest.
    own = {k: v for k, v in config.items() if k not in ("model_type", "dtype", "torch_dtype")}
    own.pop("auto_map", None)  # names code of the checkpoint
    kind = config.get("model_type")
    try:
        known = library().AutoConfig.for_model(kind, **own)
    except (ValueError, TypeError) as error:
        raise BadData(f"config.json: model_type '{kind}' is not known: {error}") from error
    mapping = library().MODEL_FOR_MASKED_LM_MAPPING
    if type(known) not in mapping or getattr(known, "is_encoder_decoder", False):
        raise BadData(f"config.json: '{kind}' is no encoder of masked language")
    return known


def _longest(known: Any) -> int:
    """Two fewer than there are places: RoBERTa counts them from behind the padding piece."""
    places = getattr(known, "max_position_embeddings", None) or 0
    return min(LONGEST, places - 2) if places > 2 else LONGEST


class Encoder(PieceEncoder):
    """The package's reading of a checkpoint."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        known = _known(config)
        self.body = _without_pooler(library().AutoModel.from_config(known)).float()
        self.longest = _longest(known)
        self.padding = int(getattr(known, "pad_token_id", None) or 0)
        self.mask_id: int | None = None

    def pieces(self, pieces: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states of all pieces of the last layer."""
        filled = pieces.masked_fill(~mask, self.padding)
        return self.body(input_ids=filled, attention_mask=mask.long()).last_hidden_state


def _without_pooler(body: nn.Module) -> nn.Module:
    """Nobody asks for its output, so its parameters would only be carried along."""
    if getattr(body, "pooler", None) is not None:
        body.pooler = None
    return body


def load(encoder: Encoder, folder: Path) -> None:
    """Fills the encoder; every parameter must be there in the right shape. Heads are passed over."""
    try:
        found, report = library().AutoModel.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, output_loading_info=True
        )
    except Exception as error:  # of many kinds, by the file that is wrong
        raise BadData(f"{folder}: {error}") from error
    missing = sorted(name for name in report["missing_keys"] if "pooler" not in name)
    if missing:
        raise BadData(f"{folder}: {len(missing)} parameters are missing, first {missing[0]}")
    encoder.body.load_state_dict(_without_pooler(found).float().state_dict())


class Tokenizer:
    """Pieces with the special ones around, and for each unit the place of its first piece."""

    def __init__(self, fast: Any, longest: int) -> None:
        self.fast = fast
        self.longest = longest
        self.mask: int | None = fast.mask_token_id

    def encode(self, text: str, parts: Sequence[Unit]) -> tuple[list[int], list[int]]:
        found = self.fast(
            text,
            truncation=True,
            max_length=self.longest,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        ends = [
            (place, end)
            for place, ((_, end), special) in enumerate(
                zip(found["offset_mapping"], found["special_tokens_mask"])
            )
            if not special
        ]
        places: list[int] = []
        at = 0
        for part in parts:
            while at + 1 < len(ends) and ends[at][1] <= part.start:
                at += 1
            places.append(ends[at][0] if ends else 0)
        return list(found["input_ids"]), places


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a checkpoint, or of a model that was trained on one."""
    try:
        fast = library().AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except BadData:
        raise
    except Exception as error:
        raise BadData(f"{folder}: no tokenizer: {error}") from error
    if not getattr(fast, "is_fast", False):
        raise BadData(f"{folder}: the tokenizer does not tell where its pieces stand in the text")
    return Tokenizer(fast, _longest(_known(read_config(folder))))
