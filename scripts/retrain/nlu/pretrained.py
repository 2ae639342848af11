# SPDX-License-Identifier: Apache-2.0
"""BERT and XLM-RoBERTa encoders from a checkpoint directory in the format of Hugging Face.

Read without any library of theirs: config.json, then model.safetensors or pytorch_model.bin (with
their index files when sharded), and the tokenizer (nlu/wordpiece.py). The parameters have the names
of the checkpoint, so loading is a check of names and shapes.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nlu.data import BadData
from nlu.pieces import PieceEncoder

MODEL_TYPES = ("bert", "roberta", "xlm-roberta")
ACTIVATIONS = {"gelu": functional.gelu, "relu": functional.relu}
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
PREFIXES = ("bert.", "roberta.")


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, epsilon: float, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        inner = nn.Module()
        inner.query, inner.key, inner.value = (nn.Linear(width, width) for _ in range(3))
        self.add_module("self", inner)
        self.output = Residual(width, width, epsilon, dropout)
        self.drop = nn.Dropout(dropout)

    def forward(self, line: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        rows, length, width = line.shape

        def split(part: nn.Module) -> torch.Tensor:
            return part(line).view(rows, length, self.heads, -1).transpose(1, 2)

        inner = getattr(self, "self")
        query, key, value = split(inner.query), split(inner.key), split(inner.value)
        scores = query @ key.transpose(2, 3) / math.sqrt(width // self.heads) + bias
        seen = self.drop(scores.softmax(-1)) @ value
        return self.output(seen.transpose(1, 2).reshape(rows, length, width), line)


class Residual(nn.Module):
    def __init__(self, inside: int, width: int, epsilon: float, dropout: float) -> None:
        super().__init__()
        self.dense = nn.Linear(inside, width)
        self.LayerNorm = nn.LayerNorm(width, eps=epsilon)
        self.drop = nn.Dropout(dropout)

    def forward(self, inside: torch.Tensor, line: torch.Tensor) -> torch.Tensor:
        return self.LayerNorm(line + self.drop(self.dense(inside)))


class Layer(nn.Module):
    def __init__(self, config: dict[str, Any], dropout: float) -> None:
        super().__init__()
        width, epsilon = config["hidden_size"], config.get("layer_norm_eps", 1e-12)
        self.attention = Attention(width, config["num_attention_heads"], epsilon, dropout)
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(width, config["intermediate_size"])
        self.output = Residual(config["intermediate_size"], width, epsilon, dropout)
        self.activate = ACTIVATIONS[config.get("hidden_act", "gelu")]

    def forward(self, line: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        line = self.attention(line, bias)
        return self.output(self.activate(self.intermediate.dense(line)), line)


class Encoder(PieceEncoder):
    """Our own reading of a checkpoint."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        check_config(config)
        width, dropout = config["hidden_size"], config.get("hidden_dropout_prob", 0.1)
        # RoBERTa counts places from the padding id + 1.
        self.shift = 0 if config["model_type"] == "bert" else config.get("pad_token_id", 1) + 1
        self.mask_id: int | None = None
        parts = nn.Module()
        parts.word_embeddings = nn.Embedding(config["vocab_size"], width)
        parts.position_embeddings = nn.Embedding(config["max_position_embeddings"], width)
        parts.token_type_embeddings = nn.Embedding(config.get("type_vocab_size", 1), width)
        parts.LayerNorm = nn.LayerNorm(width, eps=config.get("layer_norm_eps", 1e-12))
        self.embeddings = parts
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(
            Layer(config, dropout) for _ in range(config["num_hidden_layers"])
        )
        self.drop = nn.Dropout(dropout)
        self.longest = config["max_position_embeddings"] - self.shift

    def pieces(self, pieces: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states of all pieces of the last layer."""
        places = torch.arange(pieces.shape[1], device=pieces.device) + self.shift
        parts = self.embeddings
        line = parts.word_embeddings(pieces) + parts.position_embeddings(places)
        line = self.drop(parts.LayerNorm(line + parts.token_type_embeddings.weight[0]))
        bias = (~mask)[:, None, None, :].to(line.dtype) * torch.finfo(line.dtype).min
        for layer in self.encoder.layer:
            line = layer(line, bias)
        return line


def check_config(config: dict[str, Any]) -> None:
    """What this encoder cannot be is an error here and not a wrong figure later."""
    kind = config.get("model_type")
    if kind not in MODEL_TYPES:
        known = ", ".join(MODEL_TYPES)
        raise BadData(f"config.json: model_type is '{kind}'; known are {known} (--loader transformers)")
    if config.get("hidden_act", "gelu") not in ACTIVATIONS:
        raise BadData(f"config.json: hidden_act '{config['hidden_act']}' is not known")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise BadData("config.json: only absolute position embeddings are known")


def read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{folder}/config.json: {error}") from error
    check_config(config)
    return config


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """8 bytes of length, a JSON header with type, shape and place of each tensor, then the bytes."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    size = int(data[:8].view("<u8")[0])
    if size > len(data) - 8:
        raise BadData(f"{path}: the header is longer than the file")
    header = json.loads(bytes(data[8 : 8 + size]))
    tensors: dict[str, torch.Tensor] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        raw = bytes(data[8 + size + first : 8 + size + last])
        if entry["dtype"] == "BF16":  # the upper half of a float32
            wide = np.frombuffer(raw, "<u2").astype("<u4") << 16
            values = wide.view("<f4")
        elif entry["dtype"] in DTYPES:
            values = np.frombuffer(raw, DTYPES[entry["dtype"]])
        else:
            raise BadData(f"{path}: {name} is of type {entry['dtype']}, which is not known")
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors


def _read_file(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix == ".safetensors":
        return read_safetensors(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return _read_file(folder / name)
        index = folder / f"{name}.index.json"
        if index.is_file():
            shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            found: dict[str, torch.Tensor] = {}
            for shard in shards:
                found.update(_read_file(folder / Path(shard).name))
            return found
    raise BadData(f"{folder}: there is neither model.safetensors nor pytorch_model.bin")


def load(encoder: Encoder, folder: Path) -> None:
    """Fills the encoder; every parameter must be there in the right shape. Heads are passed over."""
    found: dict[str, torch.Tensor] = {}
    for name, value in read_weights(folder).items():
        short = next((name[len(p) :] for p in PREFIXES if name.startswith(p)), name)
        # Checkpoints of 2018 call scale and shift of a LayerNorm gamma and beta.
        short = short.replace("LayerNorm.gamma", "LayerNorm.weight")
        found[short.replace("LayerNorm.beta", "LayerNorm.bias")] = value
    own = encoder.state_dict()
    missing = sorted(name for name in own if name not in found)
    if missing:
        raise BadData(f"{folder}: {len(missing)} parameters are missing, first {missing[0]}")
    for name, value in own.items():
        if value.shape != found[name].shape:
            raise BadData(f"{folder}: {name} is {tuple(found[name].shape)}, not {tuple(value.shape)}")
        value.copy_(found[name])
