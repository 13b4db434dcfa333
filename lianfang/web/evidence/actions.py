"""Writing into the log. `note` is called inside the transaction of the change it tells of.

An entry is first a row beside the change: both are kept or neither. `sequence` then appends the waiting
rows to the log on disk and writes their places down. A stop between the two loses nothing and doubles
nothing: what the log holds beyond the last known place is found again by the entry's code.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from lianfang.engine.evidence import canonical, leaf
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict
from lianfang.web.evidence import store
from lianfang.web.evidence.models import Entry, Opening

if TYPE_CHECKING:
    from lianfang.engine.evidence.store import Log

SYSTEM = "system"
AT_ONCE = 1_000
_ANOTHER_WRITES = "E-LOG-01"


@dataclass(frozen=True)
class Deed:
    """What was done, by whom, to what; `facts` are committed to and told to nobody."""

    tag: str
    actor: str
    target: str
    institution: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def note(deed: Deed) -> Entry:
    """Write an entry. Call it inside the change's own transaction: both are kept, or neither."""
    at = clock.now()
    return note_of(
        deed,
        canonical.dumps(
            {"at": at.isoformat(), "tag": deed.tag, "actor": deed.actor, "institution": deed.institution,
             "target": deed.target, "facts": _plain(deed.facts)}
        ), at,
    )  # fmt: skip


def note_of(deed: Deed, content: bytes, at: datetime | None = None) -> Entry:
    """Write an entry that is bound to these very bytes: an exhibit's record, which a court opens it with."""
    if not transaction.get_connection().in_atomic_block:
        # A person cannot cause this; it keeps a programmer from splitting a change and its entry.
        raise transaction.TransactionManagementError("an entry is written inside the transaction of its change")
    at, code, salt = at or clock.now(), uuid.uuid4(), leaf.fresh_salt()
    made = leaf.Leaf(str(code), deed.tag, at, deed.actor, deed.target, leaf.commit(salt, content))
    entry = Entry.objects.create(
        code=code, made_at=at, tag=deed.tag, actor=deed.actor, institution=deed.institution, target=deed.target,
        leaf=leaf.to_bytes(made),
    )  # fmt: skip
    Opening.objects.create(entry=entry, salt=salt, content=content)
    return entry


def _plain(value: Any) -> Any:
    """Make facts into what canonical JSON holds: fractions, days and codes as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def sequence() -> int:
    """Append waiting entries to the log on disk and write their places down; give how many.

    Safe to run twice or in two workers: the log has one writer, the other leaves it to the first.
    """
    if not Entry.objects.filter(place__isnull=True).exists():
        return 0
    try:
        with store.opened() as log:
            done = _catch_up(log)
            while waiting := list(Entry.objects.filter(place__isnull=True).order_by("pk")[:AT_ONCE]):
                places = log.append([bytes(one.leaf) for one in waiting])
                _placed(waiting, places)
                done += len(waiting)
            log.publish()
    except Conflict as wrong:
        if wrong.code != _ANOTHER_WRITES:
            raise
        return 0
    return done


def _placed(entries: Sequence[Entry], places: Sequence[int]) -> None:
    for entry, place in zip(entries, places, strict=True):
        entry.place = place
    with transaction.atomic():
        Entry.objects.bulk_update(entries, ["place"])


def _catch_up(log: Log) -> int:
    """Find the places of entries the log has and the database does not know of: a worker stopped between the two."""
    last = Entry.objects.aggregate(last=Max("place"))["last"]
    known = 0 if last is None else last + 1
    if log.n_durable <= known:
        return 0
    log.publish()
    held = store.entries(known, log.n_durable)
    codes = {leaf.from_bytes(raw).id: place for place, raw in held}
    found = list(Entry.objects.filter(code__in=list(codes), place__isnull=True))
    _placed(found, [codes[str(one.code)] for one in found])
    return len(found)


def forget(entry: Entry) -> None:
    """Delete what opens an entry: its proof stays, its content is gone."""
    with transaction.atomic():
        Opening.objects.filter(entry=entry).delete()
        note(Deed("evidence:entry:forgotten", SYSTEM, str(entry.code), entry.institution))
