# SPDX-License-Identifier: Apache-2.0
"""Who belongs to which part of a data set: fit, choose or report, by a hash of the user, for ever.

"report" is the half that metrics.user_part calls "test"; the other half is cut once more, so that
weights are fitted on "fit", thresholds and features chosen on "choose", and figures told of
"report" only. Nothing of one user is in two parts. Where a set has no users, a converter makes
them out of what must stay together (the goal, the sentence), and the same rule holds.
"""

from __future__ import annotations

import hashlib

PARTS = ("fit", "choose", "report")


def hash_bits(key: str) -> int:
    """64 bits that depend on the key alone, on every machine and in every version."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def part_of(user: str) -> str:
    """Half of the users "report", a quarter "fit", a quarter "choose"."""
    top_two = hash_bits(user) >> 62
    return "report" if top_two & 2 else "choose" if top_two & 1 else "fit"
