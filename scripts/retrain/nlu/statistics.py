# SPDX-License-Identifier: Apache-2.0
"""Exact tests of paired results; standard library only.

Two models answer the same rows. `lost` rows were right and are wrong, `won` rows the reverse; rows on
which both agree say nothing (McNemar 1947).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Z = 1.959963984540054  # two-sided 95 %


def sign_test(lost: int, won: int) -> float:
    """P(as many losses or more | losses and wins equally likely): one-sided exact McNemar."""
    trials = lost + won
    if trials == 0:
        return 1.0
    ways = sum(math.comb(trials, k) for k in range(lost, trials + 1))
    return ways / (1 << trials)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; (0, 1) when nothing was tried."""
    if trials == 0:
        return 0.0, 1.0
    share = hits / trials
    middle = share + Z * Z / (2 * trials)
    half = Z * math.sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials))
    scale = 1 + Z * Z / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def change_interval(lost: int, won: int, trials: int) -> tuple[float, float]:
    """95 % interval of the change of a share measured on the same rows (Agresti and Min 2005).

    Half a row is added to each cell of the two-by-two table, which keeps small tables honest.
    """
    if trials == 0:
        return -1.0, 1.0
    total, b, c = trials + 2, lost + 0.5, won + 0.5
    change = (c - b) / total
    half = Z * math.sqrt(max(0.0, (b + c) - (c - b) ** 2 / total)) / total
    return max(-1.0, change - half), min(1.0, change + half)


def holm(values: Sequence[float], level: float) -> list[bool]:
    """Which hypotheses are rejected when a false alarm anywhere may happen `level` of the time."""
    rejected = [False] * len(values)
    order = sorted(range(len(values)), key=lambda i: values[i])
    for rank, i in enumerate(order):
        if values[i] > level / (len(values) - rank):
            break
        rejected[i] = True
    return rejected
