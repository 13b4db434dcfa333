"""From rows of a database to places in the log, once each, whatever breaks in between.

An act writes its leaf as a row in its own transaction; one sequencer takes the rows without a place, in order,
appends them, and writes the places back. It may die after the append: the log's own tail says what it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lianfang.engine.evidence import leaf, tiles
from lianfang.engine.terms.errors import ProofError, Say


@dataclass(frozen=True)
class Waiting:
    """A row of the outbox: its own id (also in the leaf) and the leaf's bytes."""

    id: str
    entry: bytes


@dataclass(frozen=True)
class Settled:
    """What the tail of the log says about the outbox: places to write back, and rows still to be appended."""

    places: dict[str, int]
    to_append: tuple[Waiting, ...]


def settle(tail: Iterable[tuple[int, bytes]], waiting: Sequence[Waiting]) -> Settled:
    """Compare the end of the log with the rows that have no place yet.

    Args:
        tail: (place, entry) of everything in the log behind the last place the database knows.
        waiting: the rows without a place, in the order they were written.

    Returns:
        Places found, so that nothing is appended twice, and the rest in order.

    Raises:
        ProofError: E-OUTBOX-01, the log holds an entry the database has never heard of: the database was set
            back to an older state; E-OUTBOX-02, a row differs from the entry under its id.
    """
    rows = {row.id: row for row in waiting}
    places: dict[str, int] = {}
    for place, entry in tail:
        name = leaf.from_bytes(entry).id
        if name not in rows:
            raise ProofError(Say(f"日志第 {place} 条在数据库里没有", f"the database does not know entry {place} of the log"), code="E-OUTBOX-01", where=f"entry {place}",
                             fix=Say("数据库可能是旧备份;先恢复到最新再启动", "the database may be an old backup; restore the newest first"))
        if rows[name].entry != entry:
            raise ProofError(Say(f"日志第 {place} 条与数据库不同", f"entry {place} of the log differs from the database"), code="E-OUTBOX-02", where=f"entry {place}")
        places.setdefault(name, place)
    return Settled(places, tuple(row for row in waiting if row.id not in places))


def tail(read: tiles.Read, n_leaves: int, first: int) -> Iterable[tuple[int, bytes]]:
    """Give the published entries from `first` on, with their places.

    Raises:
        ProofError: E-OUTBOX-03, the database knows a place the log does not have: the log was set back.
    """
    if first > n_leaves:
        raise ProofError(Say(f"数据库记到第 {first - 1} 条,日志只有 {n_leaves} 条", f"the database knows entry {first - 1}, the log has {n_leaves}"), code="E-OUTBOX-03",
                         fix=Say("日志可能是旧备份;先恢复到最新再启动", "the log may be an old backup; restore the newest first"))
    reader = tiles.Reader(read, n_leaves)
    for place in range(first // tiles.WIDTH, -(-n_leaves // tiles.WIDTH)):
        for n, entry in enumerate(reader.entries(place)):
            index = place * tiles.WIDTH + n
            if index >= first:
                yield index, entry
