#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the published schema against the table of cases that the decoder passes.

The decoder's own test (tests/unit/schemas/test_decode.c) proves the column `expect`; this proves the
column `schema`, and that both columns tell the same story: what the schema calls valid the decoder
accepts, what it calls invalid the decoder refuses, and only rows marked `beyond` or `not-json` may be
refused by the decoder alone. Needs Debian's python3-jsonschema.
"""
import base64
import json
import pathlib
import re
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]


def names_of(table, macro):
    text = (ROOT / "schemas" / table).read_text(encoding="utf-8")
    return re.findall(rf"^{macro}\((\w+),", text, re.M)


def record_of(row):
    raw = base64.b64decode(row["base64"]) if "base64" in row else row["text"].encode("utf-8")
    return raw + b" " * (row.get("pad_to", 0) - len(raw))


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def verdict_of(raw, validator):
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=refuse_constant)
    except ValueError:
        return "not-json"
    except RecursionError:
        return "valid"  # deeper than Python reads, which says nothing about the schema
    return "valid" if validator.is_valid(value) else "invalid"


def faults_of(row, validator):
    verdict = verdict_of(record_of(row), validator)
    wanted = "valid" if row["schema"] == "beyond" else row["schema"]
    if verdict != wanted:
        yield f"the schema says {verdict}, the table {row['schema']}"
    if (row["expect"] == "accepted") != (row["schema"] == "valid"):
        yield f"the table accepts it in one column only ({row['expect']}, {row['schema']})"


def check_vocabulary(schema, rows):
    """What is written down twice must say the same."""
    signals = schema["properties"]["outcome"]["properties"]["signals"]
    if signals["items"]["examples"] != names_of("signal.def", "RPH_SIGNAL"):
        yield "the schema's list of signals is not that of signal.def"
    for name in names_of("signal.def", "RPH_SIGNAL"):
        if f"{name} (" not in signals["description"]:
            yield f"the schema does not describe the signal {name}"
    # Found later: nothing_said by the normaliser, ts_ahead by the sessioniser, quarantined by the service.
    missing = set(names_of("reject.def", "RPH_REJECT")) - {"nothing_said", "ts_ahead", "quarantined"}
    missing -= {row["expect"] for row in rows}
    if missing:
        yield f"no case for {', '.join(sorted(missing))}"


def main():
    schema = json.loads((ROOT / "schemas/interaction.v1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    lines = (ROOT / "tests/cases/interaction.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines[1:] if line]
    faults = list(check_vocabulary(schema, rows))
    for row in rows:
        faults += [f"{row['name']}: {fault}" for fault in faults_of(row, validator)]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(rows)} cases, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
