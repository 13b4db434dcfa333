"""Writing into the log. `note` is called inside the transaction of the change it tells of.

An entry is first a row beside the change: both are kept or neither. Right after the commit `sequence` appends the
waiting rows to the log on disk and writes their places down; the worker does it where nobody did. A stop between
the two loses nothing and doubles nothing: what the log holds beyond the last known place is found again by the
entry's code, and what it holds of nobody's knowledge stops the writing (`engine.evidence.outbox`).
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from lianfang.engine.evidence import canonical, leaf, outbox
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, LianfangError, Say
from lianfang.web.evidence import store
from lianfang.web.evidence.models import Entry, Opening

if TYPE_CHECKING:
    from lianfang.engine.evidence.store import Log

SYSTEM = "system"
AT_ONCE = 1_000
_ANOTHER_WRITES = "E-LOG-01"
_TRIES, _PAUSE_SECONDS, _ROUNDS = 40, 0.05, 3
_TURN = threading.Lock()  # one thread of a process writes at a time; another process is left to its own


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
    if all(_soon is not one[1] for one in transaction.get_connection().run_on_commit):
        transaction.on_commit(_soon, robust=True)  # a log that cannot be written now fails no act: its entry waits
    return entry


def _plain(value: Any) -> Any:
    """Make facts into what canonical JSON holds: fractions, days and codes as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def sequence(publish: bool = True) -> int:
    """Append waiting entries to the log on disk and write their places down; give how many.

    Safe to run twice, in two threads or in two programs: the log has one writer, the others leave it to the first.

    Args:
        publish: sign a checkpoint over them at once; else only where the last one is some seconds old.

    Raises:
        ProofError: E-OUTBOX-01 or 03, database or log was set back to an older state: nothing is written then.
        OSError: the log's disk refuses.
    """
    if not _is_waiting() and not (publish and store.differs(_known())):
        return 0
    return _written(publish)


def settle() -> int:
    """Open the log and compare it with the database even where nothing waits; give how many entries found a place.

    Called when a worker starts: an old copy of one of the two is noticed before anything is built on it.
    """
    return _written(True)


def _written(publish: bool, waits: bool = True) -> int:
    if not _TURN.acquire(blocking=waits):
        return 0
    try:
        done = _turn(publish)
    except Conflict as wrong:
        if wrong.code != _ANOTHER_WRITES:
            raise
        return 0
    except (LianfangError, OSError) as wrong:
        store.tell_trouble(wrong)
        raise
    finally:
        _TURN.release()
    store.tell_trouble(None)
    return done


def _turn(publish: bool) -> int:
    """Write what waits. Whoever stood in line may find that the one before wrote for all."""
    if not publish and not _is_waiting():
        return 0
    with store.opened() as log:
        done = _sequenced(log)
        if publish or store.is_stale():
            log.publish()
    return done


def _is_waiting() -> bool:
    return Entry.objects.filter(place__isnull=True).exists()


def _known() -> int:
    """Count the entries whose place the database knows."""
    last = Entry.objects.aggregate(last=Max("place"))["last"]
    return 0 if last is None else int(last) + 1


def _sequenced(log: Log) -> int:
    done = _catch_up(log)
    while waiting := list(Entry.objects.filter(place__isnull=True).order_by("pk")[:AT_ONCE]):
        places = log.append([bytes(one.leaf) for one in waiting])
        _placed(waiting, places)
        done += len(waiting)
    return done


def _soon() -> None:
    """Append right after the commit, in the same process; where another writes, it or the worker does it.

    Nobody waits in line here. Whoever wrote looks again after letting go, so that an entry committed meanwhile is
    either seen by them or finds the pen free.
    """
    for _ in range(_ROUNDS):
        if not _is_waiting() or not _written(publish=False, waits=False):
            return


def demand_durable(target: str) -> None:
    """Come back when the log's disk has every entry about a row: before something is handed out for good.

    Raises:
        Conflict: E-LOG-21, it could not be written: nothing is handed out.
    """
    if transaction.get_connection().in_atomic_block:
        return  # whoever opened the outer transaction has not committed, and hands out nothing yet
    for _ in range(_TRIES):
        if not Entry.objects.filter(target=target, place__isnull=True).exists():
            return
        sequence(publish=False)
        time.sleep(_PAUSE_SECONDS)
    raise Conflict(
        Say("存证日志现在写不进去,未提供任何内容", "the evidence log cannot be written now; nothing was handed out"), code="E-LOG-21",
        fix=Say("检查磁盘空间与日志页上的提示后再试", "look at the disk and at the page of the log, then try again"),
    )  # fmt: skip


def _placed(entries: Sequence[Entry], places: Sequence[int]) -> None:
    for entry, place in zip(entries, places, strict=True):
        entry.place = place
    with transaction.atomic():
        Entry.objects.bulk_update(entries, ["place"])


def _catch_up(log: Log) -> int:
    """Find the places of entries the log has and the database does not know of: a program stopped between the two."""
    known = _known()
    if log.n_durable == known:
        return 0
    n_leaves = log.publish().n_leaves
    rows = Entry.objects.filter(place__isnull=True).order_by("pk").values_list("code", "leaf")
    waiting = [outbox.Waiting(str(code), bytes(raw)) for code, raw in rows.iterator()]
    found = outbox.settle(outbox.tail(store.read(), n_leaves, known), waiting).places
    entries = list(Entry.objects.filter(code__in=list(found)))
    _placed(entries, [found[str(one.code)] for one in entries])
    return len(entries)


def forget(entry: Entry) -> None:
    """Delete what opens an entry: its proof stays, its content is gone."""
    with transaction.atomic():
        Opening.objects.filter(entry=entry).delete()
        note(Deed("evidence:entry:forgotten", SYSTEM, str(entry.code), entry.institution))
