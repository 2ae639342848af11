# SPDX-License-Identifier: Apache-2.0
"""`scripts/bench export`: time and memory of `rephrased export` from a store of so many pairs.

tests/bench/made_store.c fills the store through the program's own interface: see there for what it holds.
The store is removed at the end, unless --keep says otherwise.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BYTES_PER_PAIR = 900  # of the store and what is written beside it; measured: 560 and 70
MOST_BYTES = 15 << 30


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def builder():
    """The program that makes stores, of the same build as the one that is measured."""
    build = ROOT / "build/release"
    subprocess.run(["cmake", "--build", build, "--target", "made_store"], check=True, stdout=subprocess.DEVNULL)
    return build / "tests/bench/made_store"


def made_store(place, pairs, maker):
    """(store, secret, what is in it), made on first use."""
    store, secret, about = place / f"store-{pairs}", place / "secret", place / f"store-{pairs}.json"
    if about.exists() and store.exists():
        return store, secret, json.loads(about.read_text(encoding="ascii"))
    shutil.rmtree(store, ignore_errors=True)
    if pairs * BYTES_PER_PAIR > MOST_BYTES:
        sys.exit(f"bench: {pairs} pairs need more than {MOST_BYTES >> 30} GiB")
    if pairs * BYTES_PER_PAIR > shutil.disk_usage(place).free:
        sys.exit(f"bench: {place}: too little room for a store of {pairs} pairs")
    note(f"a store of {pairs} pairs")
    done = subprocess.run([maker or builder(), store, secret, str(pairs)], check=True, capture_output=True, text=True)
    about.write_text(done.stdout, encoding="ascii")
    return store, secret, json.loads(done.stdout)


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Export:
    """Runs of one export, each into a directory of its own that is removed after it."""

    def __init__(self, program, place, pairs, maker=None):
        self.program, self.place = program, place
        self.store, self.secret, self.about = made_store(place, pairs, maker)

    def once(self, run, core, lanes):
        out, config = self.place / "out", self.place / "lanes.yaml"
        shutil.rmtree(out, ignore_errors=True)
        config.write_text(f"mining:\n  threads: {lanes}\n", encoding="ascii")
        _, figures = run([self.program, "export", "--config", config, "--store", self.store,
                          "--secret", self.secret, "--week", self.about["week"], "--out", out], core)
        manifest = json.loads((out / self.about["week"] / "manifest.json").read_text(encoding="utf-8"))
        figures |= {"rows": {file["name"]: file["rows"] for file in manifest["files"]},
                    "candidates": manifest["candidates"], "bytes": size_of(out)}
        shutil.rmtree(out)
        return figures

    def measure(self, run, core, lanes, runs):
        """Medians of wall clock and CPU, the highest memory."""
        all_runs = [self.once(run, core, lanes) for _ in range(runs)]
        seconds = statistics.median(one["seconds"] for one in all_runs)
        return {
            "seconds": round(seconds, 2),
            "cpu_seconds": round(statistics.median(one["user"] + one["system"] for one in all_runs), 2),
            "pairs_per_second": round(self.about["pairs"] / seconds),
            "peak_anonymous_mib": round(max(one["RssAnon"] for one in all_runs) / 1024, 1),
            "peak_rss_mib": round(max(one["VmHWM"] for one in all_runs) / 1024, 1),
            "candidates": all_runs[0]["candidates"], "rows": all_runs[0]["rows"],
            "bytes": all_runs[0]["bytes"]}


def measure(options, program, run, machine):
    place = pathlib.Path(options.dir) / "export"
    place.mkdir(parents=True, exist_ok=True)
    try:
        export = Export(program, place, options.pairs, options.builder)
        result = {"machine": machine, "store": export.about}
        note("one lane")
        result["one_lane"] = export.measure(run, options.core, 1, options.runs)
        lanes = len(os.sched_getaffinity(0))
        if lanes > 1:
            note(f"{lanes} lanes")
            result["all_lanes"] = {"lanes": lanes} | export.measure(run, None, lanes, options.runs)
        return result
    finally:
        if not options.keep:
            shutil.rmtree(place, ignore_errors=True)
