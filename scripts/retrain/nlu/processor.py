# SPDX-License-Identifier: Apache-2.0
"""What must be settled before PyTorch is loaded.

OpenBLAS chooses its kernels by the name of the processor. One that it does not know, as virtual
machines often have it, is treated as a processor of 2004 (measured with 0.3.21 on one core: 29 instead
of 137 GFLOP/s). What a processor can do stands in its flags, and they are what counts here.

OpenMP lets a thread that waits for another burn its core. Where something else runs too, that something
is what the other thread waits for (measured with two threads beside other work: 70 instead of 594
examples/s), and a trainer hardly ever has a machine for itself. So threads sleep while they wait.
"""

from __future__ import annotations

import os
from pathlib import Path

# The first whose flags are all there. A newer kernel set than these gains little in float32.
KERNELS = (
    ("SkylakeX", {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"}),
    ("Haswell", {"avx2", "fma"}),
)
CPUINFO = Path("/proc/cpuinfo")


def kernels(cpuinfo: str) -> str | None:
    """The kernels of OpenBLAS for a processor, by the first line of flags; None where it may choose."""
    for line in cpuinfo.splitlines():
        name, _, flags = line.partition(":")
        if name.strip() == "flags":
            found = set(flags.split())
            return next((kernel for kernel, needed in KERNELS if needed <= found), None)
    return None


def prepare() -> None:
    """Sets OMP_WAIT_POLICY and OPENBLAS_CORETYPE unless somebody did."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if "OPENBLAS_CORETYPE" in os.environ:
        return
    try:
        chosen = kernels(CPUINFO.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return
    if chosen:
        os.environ["OPENBLAS_CORETYPE"] = chosen
