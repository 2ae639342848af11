# SPDX-License-Identifier: Apache-2.0
"""One export, from its directory to a model in service or a refusal; what `retrain` does.

The configuration is YAML:

  models: /var/lib/rephrased-models      base: [base.jsonl]       test: frozen.jsonl
  must_pass: critical.jsonl              start: anew | current    options: {kind: linear, seed: 2}
  rules: {max_drop: 0.25}                keep: 5

`start: current` goes on from the model in service (with `options: {ewc: …}` against forgetting).
`options` are those of `train`, `rules` those of `gate`, `keep` is that of `prune`. Paths are relative
to the file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from nlu import data, gate, options, prune, registry, training
from nlu.gate import Report, Rules
from nlu.options import ConfigError
from nlu.training import Plan

KEYS = {"models", "base", "test", "must_pass", "start", "options", "rules", "keep"}
PATHS = ("parent", "teacher", "encoder", "unlabelled")


@dataclass(frozen=True)
class Config:
    models: Path
    plan: Plan
    test: Path
    must_pass: Path | None
    from_current: bool
    rules: Rules
    keep: int = prune.KEEP  # old models besides those that are needed


def _arguments(path: Path, given: dict[str, Any]) -> list[str]:
    words: list[str] = []
    for key, value in given.items():
        if isinstance(value, bool):
            words += [f"--{str(key).replace('_', '-')}"] * value
            continue
        if key in PATHS:
            value = path.parent / str(value)
        words.append(f"--{str(key).replace('_', '-')}={value}")
    return words


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: a mapping was expected")
    for key in ("models", "base", "test"):
        if key not in content:
            raise ConfigError(f"{path}: '{key}' is missing")
    unknown = sorted(set(content) - KEYS)
    if unknown:
        raise ConfigError(f"{path}: '{unknown[0]}' is no key; known are {', '.join(sorted(KEYS))}")
    return content


def _rules(path: Path, given: dict[str, Any]) -> Rules:
    unknown = sorted(set(given) - {field.name for field in fields(Rules)})
    if unknown:
        raise ConfigError(f"{path}: rules: '{unknown[0]}' is no key")
    return Rules(**given)


def _keep(path: Path, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise ConfigError(f"{path}: keep is a number of models, 0 or more, not '{given}'")
    return given


def read_config(path: Path) -> Config:
    """ConfigError with file and key when it is not valid."""
    content = _read_yaml(path)
    start = content.get("start", "anew")
    if start not in ("anew", "current"):
        raise ConfigError(f"{path}: start is 'anew' or 'current', not '{start}'")
    parser = options.Parser(prog=f"{path}: options", add_help=False)
    options.add_training(parser)
    try:
        args = parser.parse_args(_arguments(path, content.get("options") or {}))
    except SystemExit as error:
        raise ConfigError(f"{path}: options are not valid") from error
    base = content["base"] if isinstance(content["base"], list) else [content["base"]]
    test = path.parent / content["test"]
    critical = content.get("must_pass")
    return Config(
        path.parent / content["models"],
        options.plan(args, [path.parent / name for name in base], [], [test]),
        test,
        path.parent / critical if critical else None,
        start == "current",
        _rules(path, content.get("rules") or {}),
        _keep(path, content.get("keep", prune.KEEP)),
    )


def run(config: Config, export: Path) -> Report | None:
    """Trains, gates and promotes; None when this export's model is in service already.

    Whatever is killed in between is repeated, cheaply: a training that is done is not done again.
    """
    with registry.locked(config.models):
        registry.freeze(config.models, data.digest(config.test))
        now = registry.current(config.models)
        if now and _is_of(now, export):
            _prune(config)
            return None
        parent = now if config.from_current else config.plan.parent
        plan = replace(config.plan, weeks=(export,), parent=parent)
        candidate = training.train(plan, config.models)
        report = gate.judge(candidate, now, config.test, config.must_pass, config.rules)
        gate.write(report, candidate)
        print(gate.as_text(report), end="", file=sys.stderr)
        if report.passed:
            registry.promote(config.models, candidate.name)
        _prune(config, candidate)
        return report


def _prune(config: Config, *needed: Path) -> None:
    """What cannot be removed is no reason to call a promotion a failure."""
    plan = config.plan
    sources = [path for path in (plan.parent, plan.teacher, plan.encoder) if path]
    try:
        for verdict in prune.prune(config.models, config.keep, (*needed, *sources)):
            if verdict.removed:
                print(verdict.as_text(), file=sys.stderr)
    except OSError as error:
        print(f"old models stay: {error}", file=sys.stderr)


def _is_of(model: Path, export: Path) -> bool:
    """Whether a model was trained on exactly this export (by the digest of its checksums)."""
    record = training.read_record(model)
    return record["data"].get(f"week {export.name}") == data.check_export(export)
