"""One contact, planned or made, in the words the rules use.

An intent and a record are the same thing seen from two sides: an intent's outcome is not known yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from lianfang.engine.conduct import words, zones
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Say

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A smaller number counts seconds or milliseconds; read as microseconds it would lie before every rule's first day.
LEAST_US = 10**14
_MICROSECOND = timedelta(microseconds=1)

CODED = ("channel", "direction", "mode", "party_role", "device_owner", "purpose", "unreachable_basis",
         "disclosed", "product")
TEXTS = ("institution", "agency", "collector_id", "line_number", "party_mobile", "debtor_id", "loan_ref",
         "creditor", "recording_id", "consent_ref")
REFERENCES = frozenset(("recording_id", "consent_ref"))
BOOLS = ("answered", "effective", "agreed_time", "stop_requested", "id_shown", "av_recorded",
         "entry_consent", "notice_given")
NUMBERS = ("duration_seconds", "n_persons")

# Whether a log has a word for it at all: an empty cell of a column that is there says "none", a column that is
# not there says nothing.
TOLD = ("recording_id", "consent_ref", "unreachable_basis", "purpose")

# Known only when the contact is over; a rule may not need them to answer beforehand.
OUTCOMES = frozenset(("answered", "effective", "duration_seconds", "stop_requested"))
# What tells how a call ended.
ENDS = ("answered", "effective", "duration_seconds")
# A rule may read these bare: without them a rule of the pack `lianfang` refuses the contact.
SURE = frozenset(("channel", "direction", "mode", "party_role", "purpose", "debtor_id", "creditor",
                  "local_minute", "local_weekday", "has_zone", "has_moment", "has_number", *(f"told_{name}" for name in TOLD)))
# From registers and holds (`standing`); those of the debtor are never unknown.
HOLDS = ("dispute_open", "plan_in_force", "hardship_hold", "debtor_stopped", "represented")
REGISTERS = ("agency_listed", "agency_evaluated", "collector_allowed", "line_registered")

# Fields an expression may read, with the types of `tables.expression`.
FIELDS: Mapping[str, str] = {
    **dict.fromkeys(CODED, "string"),
    **dict.fromkeys(TEXTS, "string"),
    **dict.fromkeys(BOOLS, "bool"),
    **dict.fromkeys(NUMBERS, "int"),
    "disclosed": "list",
    "local_minute": "int",
    "local_weekday": "int",
    "has_zone": "bool",
    "has_moment": "bool",
    "has_number": "bool",
    **{f"told_{name}": "bool" for name in TOLD},
    **dict.fromkeys(HOLDS, "bool"),
    **dict.fromkeys(REGISTERS, "bool"),
}
# Columns of a contact table the conduct room reads; a missing one is a column of nulls.
COLUMNS = ("record_no", "record_id", "source_file", "source_row", "at", "tz", "consent_until",
           *CODED, *TEXTS, *BOOLS, *NUMBERS)
# What makes two rows the same contact, told twice.
SAME = ("creditor", "debtor_id", "channel", "direction", "party_mobile", "line_number", "collector_id", "agency")
# Key name -> the fields it counts over.
KEYS: Mapping[str, tuple[str, ...]] = {
    "debtor": ("creditor", "debtor_id"),
    "number": ("creditor", "party_mobile"),
    "debtor_number": ("creditor", "debtor_id", "party_mobile"),
    "debtor_agency": ("creditor", "debtor_id", "agency"),
}
NO_AGENCY = ""


@dataclass(frozen=True)
class Contact:
    """A contact with its words turned into codes; make it with `read`.

    Args:
        facts: the fields of `FIELDS` that come from the contact itself.
        at_us: the moment, microseconds since 1970 UTC, or none.
        zone: the debtor's time zone, or none.
        record_id: the log's own id, or none.
        consent_until_us: when the agreement named by `consent_ref` ends, or none.
    """

    facts: Mapping[str, Any]
    at_us: int | None
    zone: str | None
    record_id: str | None = None
    consent_until_us: int | None = None

    def key(self, name: str) -> str | None:
        """Give one counting key, or none where a part of it is missing."""
        parts = [self.facts.get(field) for field in KEYS[name]]
        if name == "debtor_agency":
            parts[2] = parts[2] or NO_AGENCY
        return None if None in parts else "\x1f".join(str(part) for part in parts)

    @cached_property
    def same(self) -> tuple[Any, ...]:
        """Give what is equal in two rows that tell the same contact twice."""
        return (self.at_us, *(self.facts.get(field) for field in SAME))


def same_name(one: Contact) -> str:
    """Name a contact by what makes two rows the same: `c` and 24 hexadecimal digits."""
    parts = "".join(f"{'' if part is None else part}\x1f" for part in one.same)
    return "c" + hashlib.sha256(parts.encode()).hexdigest()[:24]


def micros(value: Any) -> int | None:
    """Turn a moment into microseconds since 1970 UTC; a naive one is Shanghai time.

    Returns:
        None where there is no moment, or it cannot be read.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value if abs(value) >= LEAST_US else None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=clock.SHANGHAI)
        return (aware - EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def moment(at_us: int) -> datetime:
    """Turn microseconds back into an aware moment, UTC."""
    return EPOCH + timedelta(microseconds=at_us)


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _reference(value: Any) -> str | None:
    """Give a paper's or a recording's id; a word such as `none` is no id."""
    held = _text(value)
    return None if held is None or held.casefold() in words.words().none else held


def told(raw: Mapping[str, Any], name: str) -> bool:
    """Say whether a contact tells a field of `TOLD`, be it "none"; a word nobody knows tells nothing."""
    known = raw.get(f"told_{name}")  # of a contact read before
    if isinstance(known, bool):
        return known
    if name == "purpose":
        return words.knows(name, raw.get(name))
    return name in raw and (name not in CODED or _text(raw[name]) is None or words.knows(name, raw[name]))


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value == value and abs(value) < 2**31 else None


def read(raw: Mapping[str, Any], default_zone: str | None = None) -> Contact:
    """Read one contact from named values (JSON, YAML, a record's row).

    Args:
        raw: field names of the kind `contact`; unknown names are left alone.
        default_zone: the zone of a contact that names none; none means such a contact is refused.

    Returns:
        The contact in codes, with its local time worked out.
    """
    facts: dict[str, Any] = {field: words.code(field, raw.get(field)) for field in CODED}
    facts.update((field, (_reference if field in REFERENCES else _text)(raw.get(field))) for field in TEXTS)
    facts.update((field, raw[field] if isinstance(raw.get(field), bool) else None) for field in BOOLS)
    facts.update((field, _number(raw.get(field))) for field in NUMBERS)
    facts["creditor"] = facts["creditor"] or facts["institution"]
    at_us, zone = micros(raw.get("at")), zones.known(_text(raw.get("tz")) or default_zone)
    until_us = micros(raw.get("consent_until"))
    if (until_us is None and _text(raw.get("consent_until"))) or (until_us is not None and (at_us is None or at_us >= until_us)):
        facts["consent_ref"] = None  # an agreement that has ended, or whose end cannot be read, is none
    facts.update(has_zone=zone is not None, has_moment=at_us is not None)
    facts["has_number"] = facts["party_mobile"] is not None
    facts.update((f"told_{name}", told(raw, name)) for name in TOLD)
    facts["local_minute"] = facts["local_weekday"] = None
    if zone is not None and at_us is not None:
        wall = zones.local_us(zone, at_us)
        facts["local_minute"] = wall % zones.DAY_US // zones.MINUTE_US
        facts["local_weekday"] = (wall // zones.DAY_US + 3) % 7 + 1
    return Contact(facts, at_us, zone, _text(raw.get("record_id")), until_us)


def ended(raw: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Give an outcome as it counts: a call told as made and no more counts as answered.

    Silence must not give back the place a reservation took.
    """
    is_call = raw.get("channel") in ("voice_human", "voice_ai")
    told_any = any(outcome.get(name) is not None for name in ENDS)
    return {**outcome, "answered": True} if is_call and not told_any else dict(outcome)


def strange(raw: Mapping[str, Any]) -> list[Say]:
    """Say what in an intent is not understood and counts as not told.

    Args:
        raw: as `read` takes it.

    Returns:
        One sentence for every unknown key and every value that cannot be read.
    """
    said = []
    for name, value in raw.items():
        if name not in (*COLUMNS, "record_id", "text") and not str(name).startswith("told_"):
            near = get_close_matches(str(name), COLUMNS, 1)
            hint = f"；是 {near[0]} 吗" if near else "", f"; {near[0]}?" if near else ""
            said.append(Say(f"不认识的键 {name}，没有读{hint[0]}", f"unknown key {name}, not read{hint[1]}"))
        elif value is not None and not _readable(str(name), value):
            said.append(Say(f"{name} 的值读不懂，按没有写明算：{value}", f"the value of {name} cannot be read and counts as not told: {value}"))
    return said


def _readable(name: str, value: Any) -> bool:
    if name in ("at", "consent_until"):
        return micros(value) is not None
    if name == "tz":
        return zones.known(_text(value)) is not None
    if name in BOOLS:
        return isinstance(value, bool)
    if name in NUMBERS:
        return _number(value) is not None
    return name not in CODED or name == "disclosed" or words.knows(name, value)
