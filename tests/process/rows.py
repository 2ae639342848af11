# SPDX-License-Identifier: Apache-2.0
"""The store's rows as `rephrased verify --dump` prints them, decoded from the layout that store/keys.h and
store/value.h document."""
import collections
import ctypes
import ctypes.util
import json

from events import EDGES

VERSION = 1
VOTE_VERSION = 2  # of votes with an arm
COUNTERS = ("successes", "failures", "unknown", "friction",
            "treated_wins", "treated_losses", "holdout_wins", "holdout_losses")
USERS = 64


def load_xxh3():
    """XXH3-64 of bytes, from the library that the program itself uses; None where it is not there."""
    name = ctypes.util.find_library("xxhash") or "libxxhash.so.0"
    try:
        function = ctypes.CDLL(name).XXH3_64bits
    except (OSError, AttributeError):
        return None
    function.restype, function.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t)
    return lambda data: function(data, len(data))


xxh3 = load_xxh3()


class Reader:
    """The payload of a value; every read moves on."""

    def __init__(self, value):
        self.version = value[0]
        if self.version not in (VERSION, VOTE_VERSION):
            raise ValueError(f"value of version {value[0]}")
        if xxh3 and xxh3(value[:-8]) != int.from_bytes(value[-8:], "little"):
            raise ValueError("checksum does not fit")
        self.bytes, self.at = value[1:-8], 0

    def take(self, count):
        part = self.bytes[self.at:self.at + count]
        if len(part) != count:
            raise ValueError("value is too short")
        self.at += count
        return part

    def u8(self):
        return self.take(1)[0]

    def u64(self):
        return int.from_bytes(self.take(8), "little")

    def i64(self):
        return int.from_bytes(self.take(8), "little", signed=True)

    def varint(self):
        number, shift = 0, 0
        while True:
            byte = self.u8()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    def rest(self):
        return self.take(len(self.bytes) - self.at)

    def counts(self):
        mask = self.u8()
        return tuple(self.varint() if mask >> i & 1 else 0 for i in range(len(COUNTERS)))

    def end(self):
        if self.at != len(self.bytes):
            raise ValueError("bytes after the value")


def vote_of(reader):
    days = reader.u8()
    edges = tuple(reader.varint() for _ in EDGES)
    row = {"days": days, "edges": edges, "mass": reader.varint(), "wins": reader.varint(),
           "losses": reader.varint(), "arm": (0, 0, 0)}
    if reader.version == VOTE_VERSION:
        row["arm"] = tuple(reader.varint() for _ in range(3))
    return row


def add(a, b):
    return tuple(x + y for x, y in zip(a, b))


def usage_of(reader):
    flags = reader.u8()
    days, total = (reader.u8(), reader.counts()) if flags & 2 else (None, None)
    users = {}
    for _ in range(reader.u8()):
        user = reader.u64()
        users[user] = [reader.u8(), reader.counts(), reader.u8()]
    wordings = [reader.take(reader.varint()) for _ in range(reader.u8())]
    if list(users) != sorted(users):
        raise ValueError("users are not ascending")
    for entry in users.values():
        entry[2] = wordings[entry[2] - 1] if entry[2] else None
    if total is None:
        days, total = 0, (0,) * len(COUNTERS)
        for user_days, counts, _ in users.values():
            days, total = days | user_days, add(total, counts)
    return {"more_users": bool(flags & 1), "days": days, "total": total,
            "users": {user: tuple(entry) for user, entry in users.items()},
            "wordings": sorted(wordings)}


def formulation_of(reader):
    locale = reader.take(reader.varint()).decode("utf-8")
    return locale, reader.rest().decode("utf-8")


def user_index_of(reader):
    prefixes = []
    while reader.at < len(reader.bytes):
        prefixes.append(reader.u64())
    return tuple(prefixes)


def offset_of(reader):
    names = ("next", "warm_from", "watermark", "warm_watermark")
    offset = {name: reader.i64() for name in names}
    offset["tail_hash"] = reader.u64()
    offset["ahead_at"], offset["ahead_key"] = reader.i64(), reader.take(16)
    offset["raises"] = [(reader.i64(), reader.i64()) for _ in range(reader.varint())]
    offset["cuts"] = [(reader.take(16), reader.i64(), reader.i64(), reader.i64())
                      for _ in range(reader.varint())]
    return offset


def big(key, start, end):
    return int.from_bytes(key[start:end], "big")


KEYS = {
    "vote": lambda key: (key[:16], key[16:32], big(key, 32, 40), big(key, 40, 42)),
    "usage": lambda key: (key[:16], key[16:32], big(key, 32, 34)),
    "user_index": lambda key: (big(key, 0, 2), big(key, 2, 10)),
}
KEY_BYTES = {"vote": 42, "usage": 34, "user_index": 10, "formulation": 16, "goal": 16}
VALUES = {
    "vote": vote_of,
    "usage": usage_of,
    "formulation": formulation_of,
    "goal": lambda reader: reader.rest().decode("utf-8"),
    "user_index": user_index_of,
    "offset": offset_of,
}
MINED = ("formulation", "goal", "vote", "usage", "user_index")


def split(dump):
    """Table -> sorted (key, value) pairs in hex, undecoded: what must be equal byte for byte."""
    tables = collections.defaultdict(list)
    for line in dump:
        row = json.loads(line)
        tables[row["table"]].append((row["key"], row["value"]))
    return tables


def decode_row(name, key, value):
    key, reader = bytes.fromhex(key), Reader(bytes.fromhex(value))
    if len(key) != KEY_BYTES.get(name, len(key)):
        raise ValueError(f"{name}: key of {len(key)} bytes")
    decoded = VALUES[name](reader)
    reader.end()
    return KEYS.get(name, bytes)(key), decoded


def decode(dump):
    """Table -> {key: value}, decoded; tables whose values nobody compares are left out."""
    tables = {name: {} for name in VALUES}
    for name, rows in split(dump).items():
        if name not in VALUES:
            continue
        for key, value in rows:
            decoded_key, decoded = decode_row(name, key, value)
            if decoded_key in tables[name]:
                raise ValueError(f"{name}: the key {key} occurs twice")
            tables[name][decoded_key] = decoded
    return tables
