# SPDX-License-Identifier: Apache-2.0
"""Options that the scripts share, and their exit codes.

  0 done   3 the gate refused   64 command line   65 data   74 input or output
  75 another process is at work   78 configuration
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from nlu import registry
from nlu.data import BadData
from nlu.gate import Rules
from nlu.models import Shape
from nlu.trainer import Settings
from nlu.training import Plan

REFUSED, USAGE, DATA, IO, BUSY, CONFIG = 3, 64, 65, 74, 75, 78

# Where the kind of a model asks for another default than the transformer's.
BY_KIND: dict[str, dict[str, Any]] = {
    "linear": {"epochs": 6, "rate": 0.01, "batch": 128, "min_steps": 150},
    "transformer": {},
    "pretrained": {"epochs": 5, "rate": 5e-5, "batch": 32, "min_steps": 200},
}
SIZES = {
    "linear": {"buckets": 1 << 16, "width": 64},
    "transformer": {"buckets": 1 << 14, "width": 128},
}


class ConfigError(Exception):
    """A configuration that is not valid; the message names file and key."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        print(f"{self.prog}: error: {message}", file=sys.stderr)
        raise SystemExit(USAGE)


def finish(main: Callable[[Sequence[str]], int]) -> None:
    """Runs a script's main and turns errors into a line and an exit code."""
    name = Path(sys.argv[0]).name
    try:
        code = main(sys.argv[1:])
    except BadData as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        code = DATA
    except ConfigError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        code = CONFIG
    except registry.Busy as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        code = BUSY
    except OSError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        code = IO
    raise SystemExit(code)


def settings(kind: str, given: dict[str, Any]) -> Settings:
    """Defaults of the kind of model, then what is given and not None."""
    values = BY_KIND[kind] | {key: value for key, value in given.items() if value is not None}
    return replace(Settings(), **values)


def add_training(parser: argparse.ArgumentParser) -> None:
    """Every field of Settings and the sources of a Plan."""
    paths = (
        ("--teacher", "model directory whose soft labels are learned from"),
        ("--parent", "model directory to go on from, instead of fresh weights"),
        ("--encoder", "checkpoint directory of an encoder in the format of Hugging Face"),
        ("--unlabelled", "JSONL with text and locale: for --pretrain-epochs and --teacher"),
    )
    for name, text in paths:
        parser.add_argument(name, type=Path, metavar="PATH", help=text)
    parser.add_argument(
        "--loader",
        choices=("own", "transformers", "auto"),
        default="own",
        help="who reads --encoder: this program (BERT and its kin), the Python package\n"
        "transformers, or that one where this program cannot (auto)",
    )
    parser.add_argument("--kind", choices=("linear", "transformer"), default="transformer")
    parser.add_argument("--buckets", type=int, help="hashed features (linear 65536, else 16384)")
    parser.add_argument("--width", type=int, help="of a unit (linear 64, else 128)")
    parser.add_argument("--layers", type=int, help="of the transformer (3)")
    parser.add_argument("--locales", default="", help="train on these only, with commas between")
    parser.add_argument("--mined-share", type=float, default=1.0, help="factor on mined weights")
    parser.add_argument("--pretrain-epochs", type=int, default=0, help="over text with masked units")
    parser.add_argument("--fisher", action="store_true", help="keep what a child needs for --ewc")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 …")
    parser.add_argument("--checkpoint-seconds", type=float, default=60.0)
    for field in fields(Settings):
        kind = int if isinstance(field.default, int) else float
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, metavar="N")


def plan(args: argparse.Namespace, base: list[Path], weeks: list[Path], frozen: list[Path]) -> Plan:
    """A plan out of what add_training() parsed."""
    size = SIZES[args.kind]
    shape = Shape(
        kind=args.kind,
        buckets=args.buckets or size["buckets"],
        width=args.width or size["width"],
        layers=args.layers or Shape.layers,
    )
    given = {field.name: getattr(args, field.name) for field in fields(Settings)}
    if args.teacher and args.distil is None:
        given["distil"] = 0.5
    return Plan(
        base=tuple(base),
        weeks=tuple(weeks),
        frozen=tuple(frozen),
        parent=args.parent,
        teacher=args.teacher,
        unlabelled=args.unlabelled,
        encoder=args.encoder,
        loader=args.loader,
        shape=shape,
        settings=settings("pretrained" if args.encoder else args.kind, given),
        locales=tuple(filter(None, args.locales.split(","))),
        mined_share=args.mined_share,
        pretrain_epochs=args.pretrain_epochs,
        fisher=args.fisher,
        device=args.device,
        checkpoint_seconds=args.checkpoint_seconds,
    )


def add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-drop", type=float, default=Rules.max_drop)
    parser.add_argument("--min-lost", type=int, default=Rules.min_lost)
    parser.add_argument("--min-accuracy", type=float, default=Rules.min_accuracy)


def rules(args: argparse.Namespace) -> Rules:
    return Rules(args.max_drop, args.min_lost, args.min_accuracy)
