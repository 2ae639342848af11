# SPDX-License-Identifier: Apache-2.0
"""Interaction events read in Python, from the published schema and the vocabulary in schemas/*.def.

Independent of the decoder in C: decode() says what an event is or that a record is none. Of a record
that is none it does not say why; the table tests/cases/interaction.jsonl does.
"""
import datetime
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_VALUE_BYTES = 1024
MAX_DEPTH = 16
NO_PLACE = None


def table(path, macro):
    """The rows of an X-macro table as lists of their arguments, as text."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [[part.strip() for part in row.split(",", 2)]
            for row in re.findall(rf"^{macro}\(([^\n]*)\)", text, re.M)]


SIGNALS = {name: int(friction) for name, friction, _ in table("schemas/signal.def", "RPH_SIGNAL")}
REASONS = [name for name, *_ in table("schemas/reject.def", "RPH_REJECT")]
EDGES = [name for name, *_ in table("schemas/edge.def", "RPH_EDGE")]


class Limits:
    """The keys of the configuration's section input and locale.default, with their defaults."""
    max_record_bytes = 64 * 1024
    max_utterance_bytes = 1024
    default_locale = None

    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


class Bad(Exception):
    """The record is no event."""


class Event:
    """One decoded event; absent texts are "", absent numbers None."""


# ---- JSON, as strict as the schema's description says --------------------------------------------


def unique(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Bad("a key occurs twice")
    if len(pairs) > 1024:
        raise Bad("too many keys")
    return result


def refuse(name):
    raise Bad(name)


def whole(text):
    number = int(text)
    if not -2**63 <= number < 2**64:
        raise Bad("a number is out of range")
    return number


def fraction(text):
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise Bad("a number is out of range")
    return number


def walk(value, depth=1):
    """What json.loads() lets through: nesting, U+0000 and half surrogate pairs."""
    if isinstance(value, (dict, list)):
        if depth > MAX_DEPTH:
            raise Bad("nested too deep")
        inner = list(value.values()) + list(value) if isinstance(value, dict) else value
        for item in inner:
            walk(item, depth + 1)
    elif isinstance(value, str):
        if "\0" in value:
            raise Bad("U+0000")
        value.encode("utf-8")


def parse(raw, limits):
    if len(raw) > limits.max_record_bytes:
        raise Bad("too large")
    value = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse,
                       parse_int=whole, parse_float=fraction)
    walk(value)
    if not isinstance(value, dict):
        raise Bad("not an object")
    return value


# ---- values --------------------------------------------------------------------------------------


def take(parent, key, kind, default=None):
    value = parent.get(key)
    if value is None:
        return default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Bad(key)
    return value


def text_of(parent, key, limit=MAX_VALUE_BYTES, required=False):
    value = take(parent, key, str)
    if value is None:
        if required:
            raise Bad(f"{key} is missing")
        return ""
    if limit is not None and len(value.encode("utf-8")) > limit or required and not value:
        raise Bad(key)
    return value


def confidence_of(parent):
    """In 1/1024, half up."""
    value = take(parent, "confidence", (int, float))
    if value is None:
        return None
    if not 0 <= value <= 1:
        raise Bad("confidence")
    return int(value * 1024 + 0.5)


def words_of(parent, key, most):
    words = take(parent, key, list, [])
    if len(words) > most or not all(isinstance(word, str) for word in words):
        raise Bad(key)
    return words


TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
                  re.A)
EPOCH = datetime.datetime(1970, 1, 1)
LAST_TIME = 39635913599999


def time_of_text(text):
    match = TIME.fullmatch(text)
    if not match:
        raise Bad("ts")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    digits, sign, zone_hours, zone_minutes = match.groups()[6:]
    if second > 60 or zone_hours and (int(zone_hours) > 23 or int(zone_minutes) > 59):
        raise Bad("ts")
    try:
        moment = datetime.datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError as error:
        raise Bad("ts") from error
    milliseconds = (moment - EPOCH) // datetime.timedelta(milliseconds=1)
    milliseconds += int(((digits or "") + "000")[:3])
    if sign:
        offset = (int(zone_hours) * 60 + int(zone_minutes)) * 60000
        milliseconds += -offset if sign == "+" else offset
    return milliseconds


def time_of(record):
    value = take(record, "ts", (int, float, str))
    if value is None:
        raise Bad("ts is missing")
    if isinstance(value, str):
        value = time_of_text(value)
    if value != int(value) or not 0 <= value <= LAST_TIME:
        raise Bad("ts")
    return int(value)


LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?"
                    r"([-_]([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*")


def canonical_locale(tag):
    """Language small, script with a capital, region in capitals, variants small; hyphens."""
    if len(tag) > 35 or not LOCALE.fullmatch(tag):
        raise Bad("locale")
    first, *rest = tag.replace("_", "-").lower().split("-")
    shown, seen_script, seen_region = [first], False, False
    for part in rest:
        if part.isalpha() and len(part) == 4 and not seen_script:
            part, seen_script = part.capitalize(), True
        elif not seen_region and (part.isalpha() and len(part) == 2 or
                                  part.isdigit() and len(part) == 3):
            part, seen_region = part.upper(), True
        shown.append(part)
    return "-".join(shown)


def locale_of(record, limits):
    tag = take(record, "locale", str) or (limits.default_locale if record.get("locale") is None else "")
    if not tag:
        raise Bad("locale is missing")
    return canonical_locale(tag)


# ---- the event -----------------------------------------------------------------------------------


def slot_of(slot, length):
    """(name, value, start, end); places in code points of the utterance, None when it has none."""
    if not isinstance(slot, dict):
        raise Bad("slots")
    name = text_of(slot, "name", required=True)
    if slot.get("value") is None:
        raise Bad("a slot's value is missing")
    value = text_of(slot, "value")
    start, end = (take(slot, key, (int, float)) for key in ("start", "end"))
    if start is None and end is None:
        return name, value, NO_PLACE, NO_PLACE
    if start is None or end is None or start != int(start) or end != int(end):
        raise Bad("a slot's place")
    if not 0 <= start < end <= length:
        raise Bad("a slot's place")
    return name, value, int(start), int(end)


def read_nlu(event, nlu):
    event.domain, event.intent = text_of(nlu, "domain"), text_of(nlu, "intent")
    event.nlu_confidence = confidence_of(nlu)
    slots = take(nlu, "slots", list, [])
    if len(slots) > 64:
        raise Bad("slots")
    event.slots = [slot_of(slot, len(event.utterance)) for slot in slots]


def read_outcome(event, outcome):
    event.status = take(outcome, "status", str, "unknown")
    if event.status not in ("success", "failure", "unknown"):
        raise Bad("status")
    names = words_of(outcome, "signals", 64)
    event.signals = {name for name in names if name in SIGNALS}
    event.unknown_signals = sum(name not in SIGNALS for name in names)
    text_of(outcome, "response", None)


def read_rewrite(event, rewrite, limits):
    event.arm, event.rewrite_from = None, None
    if rewrite is None:
        return
    event.rewrite_from = text_of(rewrite, "from", limits.max_utterance_bytes, required=True)
    event.arm = take(rewrite, "arm", str)
    if event.arm not in ("treated", "holdout"):
        raise Bad("arm")


def read_asr(event, asr, limits):
    confidence_of(asr)
    event.nbest = words_of(asr, "nbest", 32)
    if any(len(text.encode("utf-8")) > limits.max_utterance_bytes for text in event.nbest):
        raise Bad("nbest")


def event_of(record, limits):
    event = Event()
    event.event_id = text_of(record, "event_id", required=True)
    event.at = time_of(record)
    event.user_id = text_of(record, "user_id", required=True)
    event.parts = [text_of(record, key) for key in ("device_id", "speaker_id", "session_id")]
    text_of(record, "cohort")
    event.locale = locale_of(record, limits)
    event.utterance = text_of(record, "utterance", limits.max_utterance_bytes, required=True)
    read_asr(event, take(record, "asr", dict, {}), limits)
    read_nlu(event, take(record, "nlu", dict, {}))
    read_outcome(event, take(record, "outcome", dict, {}))
    read_rewrite(event, take(record, "rewrite", dict), limits)
    return event


def decode(raw, limits=Limits()):
    """The event in the bytes of a record, or None."""
    try:
        return event_of(parse(raw, limits), limits)
    except (Bad, ValueError, RecursionError):
        return None
