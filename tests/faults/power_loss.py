#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after a power cut: replays the log of recorder.c into crash images.

The model is weaker than any common file system, so that a program that survives it survives those:

* a write is pending until its file is synced; a write through an O_DSYNC descriptor is durable when
  it returns, alone; of the pending writes any subset, and of each write any subset of its 512-byte
  sectors, may have reached the disk;
* a new name, a removed name and a rename are pending until a directory that they touch is synced;
  any subset of them may have happened; syncing a file does not make its name durable;
* a rename is atomic.

Use as a module (Recording, crash_images) or by hand:

    power_loss.py --log LOG --dir DIR --images 100 --seed 1 --out OUT

where DIR is the directory that was recorded, empty when the recording began. OUT/000042/ is one image.
"""
import argparse
import os
import random
import shutil
import struct
import sys

HEAD = struct.Struct("<cQQqII")
SECTOR = 512


class Change:
    """`data` written at `offset`, or, without data, a truncation to `offset` bytes. A forced change is
    durable, yet may lie above an older one that is not: it stays in line, so that the order holds."""

    def __init__(self, offset, data, forced=False):
        self.offset, self.data, self.forced = offset, data, forced

    def apply(self, contents):
        if len(contents) < self.offset:
            contents.extend(bytes(self.offset - len(contents)))
        if self.data is None:
            del contents[self.offset:]
        else:
            contents[self.offset:self.offset + len(self.data)] = self.data

    def sectors(self):
        at, end = self.offset, self.offset + len(self.data)
        while at < end:
            cut = min((at // SECTOR + 1) * SECTOR, end)
            yield Change(at, self.data[at - self.offset:cut - self.offset])
            at = cut


class File:
    """Contents that are on the disk for sure, and changes that may or may not be."""

    def __init__(self):
        self.durable = bytearray()
        self.pending = []

    def sync(self):
        for change in self.pending:
            change.apply(self.durable)
        self.pending.clear()

    def contents(self, choose):
        """choose(change) gives the parts of the change that happened."""
        result = bytearray(self.durable)
        for change in self.pending:
            for part in [change] if change.forced else choose(change):
                part.apply(result)
        return result


class Folder:
    def __init__(self):
        self.durable = {}  # name -> File or Folder


class NameChange:
    """One atomic change of directory entries: [(folder, name, new value or None)]."""

    def __init__(self, *entries):
        self.entries = entries

    def touches(self, folder):
        return any(entry[0] is folder for entry in self.entries)

    def apply(self, view):
        for folder, name, node in self.entries:
            entries = view.setdefault(folder, dict(folder.durable))
            if node is None:
                entries.pop(name, None)
            else:
                entries[name] = node


def records(path):
    """Yields (type, a, b, offset, first bytes, second bytes)."""
    with open(path, "rb") as log:
        while True:
            head = log.read(HEAD.size)
            if not head:
                return
            if len(head) < HEAD.size:
                raise ValueError(f"{path}: cut off inside a record")
            kind, a, b, offset, n1, n2 = HEAD.unpack(head)
            body = log.read(n1 + n2)
            if len(body) < n1 + n2:
                raise ValueError(f"{path}: cut off inside a record")
            yield kind.decode(), a, b, offset, body[:n1], body[n1:]


class Disk:
    """The state of the recorded directory at one moment, as the program sees it and as it is on the
    disk for sure."""

    def __init__(self, directory):
        self.root = Folder()
        self.nodes = {os.stat(directory).st_ino: self.root}  # inode number -> newest node
        self.names = []  # pending NameChange, in order
        self.acks = []

    def _live(self, folder):
        """A folder's entries as the program sees them."""
        view = {}
        for change in self.names:
            if change.touches(folder):
                change.apply(view)
        return view.get(folder, folder.durable)

    def apply(self, record):
        kind, a, b, offset, first, second = record
        name = first.decode(errors="surrogateescape")
        if kind == "A":
            self.acks.append(first)
            return
        if kind == "Y":
            self._sync_all()
            return
        node = self.nodes.get(a)
        if node is None:
            raise ValueError(f"record {kind} names an unknown file: was the directory empty?")
        if kind in "CL":
            if kind == "C":
                self.nodes[b] = Folder() if offset else File()
            self.names.append(NameChange((node, name, self.nodes[b])))
        elif kind == "U":
            self.names.append(NameChange((node, name, None)))
        elif kind in "RX":
            moved, target = self._live(node)[name], second.decode(errors="surrogateescape")
            other = self._live(self.nodes[b])[target] if kind == "X" else None
            self.names.append(NameChange((node, name, other), (self.nodes[b], target, moved)))
        elif kind == "W":
            node.pending.append(Change(offset, second))
        elif kind == "T":
            node.pending.append(Change(offset, None))
        elif kind == "D":
            node.pending.append(Change(offset, second, forced=True))
        elif kind == "S":
            self._sync(node)
        else:
            raise ValueError(f"unknown record {kind!r}")

    def _sync(self, node):
        if isinstance(node, File):
            node.sync()
            return
        view, kept = {}, []
        for change in self.names:
            if change.touches(node):
                change.apply(view)
            else:
                kept.append(change)
        for folder, entries in view.items():
            folder.durable = entries
        self.names = kept

    def _sync_all(self):
        view = {}
        for change in self.names:
            change.apply(view)
        for folder, entries in view.items():
            folder.durable = entries
        self.names = []
        for node in self.nodes.values():
            if isinstance(node, File):
                node.sync()

    def write_image(self, target, choose_names, chooser):
        """Writes an image: choose_names(list of NameChange) says which of them happened, chooser()
        gives for one file the function that says what of a Change happened."""
        view = {}
        for change in choose_names(self.names):
            change.apply(view)
        self._write(self.root, target, view, chooser)

    def _write(self, folder, target, view, chooser):
        os.mkdir(target, 0o700)
        for name, node in sorted(view.get(folder, folder.durable).items()):
            path = os.path.join(target, name)
            if isinstance(node, Folder):
                self._write(node, path, view, chooser)
                continue
            with open(path, "wb") as out:
                out.write(node.contents(chooser()))
            os.chmod(path, 0o600)


# ---- what may have happened of what was pending ------------------------------------------------


def all_names(changes):
    return changes


def no_names(_changes):
    return []


def some_names(rng):
    def choose(changes):
        share = rng.random()
        return [change for change in changes if rng.random() < share]
    return choose


def first_names(rng):
    return lambda changes: changes[:rng.randint(0, len(changes))]


def all_writes():
    return lambda change: [change]


def no_writes():
    return lambda _change: []


def some_writes(rng):
    def chooser():
        share = rng.random()
        return lambda change: [change] if rng.random() < share else []
    return chooser


def some_sectors(rng):
    def chooser():
        share = rng.random()

        def choose(change):
            parts = [change] if change.data is None else change.sectors()
            return [part for part in parts if rng.random() < share]
        return choose
    return chooser


def variants(rng, count):
    """`count` pairs (choose_names, chooser); the extremes first."""
    result = [(no_names, no_writes), (all_names, all_writes), (all_names, no_writes),
              (no_names, all_writes)][:count]
    while len(result) < count:
        names = rng.choice([all_names, no_names, some_names(rng), first_names(rng)])
        writes = rng.choice([some_writes(rng), some_sectors(rng), some_sectors(rng)])
        result.append((names, writes))
    rng.shuffle(result)
    return result


class Recording:
    """A log together with the directory that was recorded."""

    def __init__(self, log, directory):
        self.directory = directory
        self.records = list(records(log))

    def replay(self):
        """Yields (index, record, disk) before each record is applied, and at last (n, None, disk)."""
        disk = Disk(self.directory)
        for index, record in enumerate(self.records):
            yield index, record, disk
            disk.apply(record)
        yield len(self.records), None, disk

    def write_live(self, disk, target):
        disk.write_image(target, all_names, all_writes)

    def sample_points(self, rng, count):
        """Indices at which the power may go: next to what gives promises, and anywhere."""
        kinds = [record[0] for record in self.records]
        special = [index for index, kind in enumerate(kinds) if kind in "DSRXU"]
        points = set()
        wanted = min(count, len(kinds) + 1)
        while len(points) < wanted:
            if special and rng.random() < 0.6:
                points.add(max(0, rng.choice(special) + rng.choice([0, 0, 1])))
            else:
                points.add(rng.randint(0, len(kinds)))
            points = {min(point, len(kinds)) for point in points}
        return points


class Image:
    """One crash image in `path`: the power went while record number `index` was on its way."""

    def __init__(self, path, index, disk, record):
        self.path, self.index, self.disk, self.record = path, index, disk, record


def crash_images(recording, images, seed, out, per_point=6):
    """Writes and yields about `images` images, one at a time; each is removed when the next is asked
    for. The record at the crash point is on its way: it may have happened in part."""
    rng = random.Random(seed)
    points = recording.sample_points(rng, max(1, images // per_point))
    per_point = max(1, -(-images // len(points)))
    written = 0
    for index, record, disk in recording.replay():
        if index not in points:
            continue
        undo = None
        if record and record[0] in "WD" and record[1] in disk.nodes:
            pending = disk.nodes[record[1]].pending
            pending.append(Change(record[3], record[5]))
            undo = pending
        for choose_names, chooser in variants(rng, per_point):
            path = os.path.join(out, f"{written:06d}")
            disk.write_image(path, choose_names, chooser)
            written += 1
            try:
                yield Image(path, index, disk, record)
            finally:
                shutil.rmtree(path, ignore_errors=True)
            if written >= images:
                return
        if undo is not None:
            undo.pop()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", required=True)
    parser.add_argument("--dir", required=True, help="the directory that was recorded")
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    recording = Recording(arguments.log, os.path.realpath(arguments.dir))
    scratch = os.path.join(arguments.out, ".writing")
    os.makedirs(scratch, exist_ok=True)
    for image in crash_images(recording, arguments.images, arguments.seed, scratch):
        os.rename(image.path, os.path.join(arguments.out, os.path.basename(image.path)))
    os.rmdir(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
