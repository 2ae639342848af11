# SPDX-License-Identifier: Apache-2.0
"""Facts that the program keeps in a .def table, read from there."""

from __future__ import annotations

import re
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parent.parent.parent / "schemas"


def rows(name: str, macro: str) -> list[tuple[str, int]]:
    """First two arguments of every use of a macro in schemas/NAME: a name and a whole number."""
    text = (SCHEMAS / name).read_text(encoding="utf-8")
    return [(key, int(n)) for key, n in re.findall(rf"^{macro}\((\w+), (-?\d+),", text, re.M)]


def same_types() -> frozenset[str]:
    """Edge types that say the same thing again."""
    return frozenset(name for name, same in rows("edge.def", "RPH_EDGE") if same)


def friction_signals() -> frozenset[str]:
    """Signals of an outcome that count against a turn."""
    return frozenset(name for name, weight in rows("signal.def", "RPH_SIGNAL") if weight > 0)
