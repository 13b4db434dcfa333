"""Name rings so that a ring keeps its name when more records come.

The rule, in order:

1. A ring of this run is the heir of an earlier ring when it holds more of that ring's records than
   any other ring does (of equals the larger, then the one with the earlier founding record). So when
   a ring splits, the larger piece keeps the name.
2. A ring that is heir to several keeps the name of the oldest (the earliest founding record): when
   rings merge, the older name stays.
3. A ring that is heir to none is named after its founding record: the earliest of its members (then
   kind, then record_id). Later records do not change it. A name already given gets a second draw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.rings.kernel import Ints
from lianfang.engine.identify.rings.members import KINDS, NO_TIME, Members

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Named:
    """Ring ids, and what became of earlier ones.

    Attributes:
        ring_id: one id a ring.
        record_ids: `kind:record_id` of every member.
        changed: table ring_id, now (null when gone), how (kept, merged, split, gone).
    """

    ring_id: list[str]
    record_ids: pa.Array
    changed: pa.Table


def name(members: Members, previous: pa.Table | None = None) -> Named:
    """Give every ring its id.

    Args:
        members: members of all rings.
        previous: table ring_member of an earlier run (ring_id, kind, record_id, and role if known;
            rows of role `own` do not count).

    Returns:
        The ids, in ring order.

    Shape:
        A function of the two tables alone; no order of rows changes it.
    """
    records = keys(members)
    founding = _founding(members, records)
    if previous is None or not previous.num_rows:
        return Named(_fresh(founding, {}), records, _changes([], [], []))
    old, old_ids, overlap = _overlap(members, records, previous)
    heir, held = _heirs(overlap, members, founding)
    kept = _kept(heir, held, old, founding)
    given = {ring: old_ids[one] for ring, one in kept.items()}
    return Named(_fresh(founding, given), records, _told(heir, kept, overlap, old_ids, given))


def keys(members: Members) -> pa.Array:
    """Give `kind:record_id` of every member."""
    kinds = pa.array([*KINDS, ""], pa.string()).take(pa.array(members.kind % (len(KINDS) + 1)))
    return pc.binary_join_element_wise(kinds, pc.fill_null(members.column("record_id"), ""), ":")


def draw(anchor: str) -> str:
    """Draw an id from the founding record: `R-` and ten letters without I, L, O, U."""
    number = int.from_bytes(hashlib.sha256(anchor.encode()).digest()[:8], "big") >> 14
    return "R-" + "".join(_LETTERS[number >> shift & 31] for shift in range(45, -1, -5))


def _founding(members: Members, records: pa.Array) -> list[tuple[int, str]]:
    """Find each ring's founding record: moment and key; records that only accompany come last."""
    at = members.moments()
    at = np.where(at == NO_TIME, np.iinfo(np.int64).max, at)
    word = pc.rank(records, tiebreaker="dense").to_numpy() if len(records) else np.zeros(0, np.int64)
    order = np.lexsort((word, at, members.grown.own, members.ring))
    first = order[np.flatnonzero(np.diff(members.ring[order], prepend=-1))]
    return list(zip(at[first].tolist(), records.take(pa.array(first)).to_pylist(), strict=True))


def _fresh(founding: list[tuple[int, str]], given: dict[int, str]) -> list[str]:
    taken = set(given.values())
    out = [given.get(ring, "") for ring in range(len(founding))]
    for ring in sorted((r for r in range(len(founding)) if r not in given), key=lambda r: founding[r]):
        anchor, nth = founding[ring][1], 1
        found = draw(anchor)
        while found in taken:
            nth += 1
            found = draw(f"{anchor}~{nth}")
        taken.add(found)
        out[ring] = found
    return out


def _overlap(members: Members, records: pa.Array, previous: pa.Table) -> tuple[list[tuple[int, str]], list[str], np.ndarray]:
    """Count records in common: rows (old ring, new ring, number); with each old ring's founding."""
    core = previous
    if "role" in previous.column_names:
        core = previous.filter(pc.not_equal(pc.fill_null(previous["role"], ""), "own"))
    ids = core["ring_id"].combine_chunks().cast(pa.string()).dictionary_encode()
    old_ids = ids.dictionary.to_pylist()
    key = pc.binary_join_element_wise(core["kind"].cast(pa.string()), core["record_id"].cast(pa.string()), ":").combine_chunks()
    mine = np.flatnonzero(~members.grown.own)
    place = pc.index_in(key, records.take(pa.array(mine)))
    met = np.flatnonzero(place.is_valid().to_numpy(zero_copy_only=False))
    seat = mine[place.take(pa.array(met)).to_numpy()]
    old_ring = ids.indices.to_numpy()[met].astype(np.int64)
    n_new = max(members.n_rings, 1)
    pair, number = np.unique(old_ring * n_new + members.ring[seat], return_counts=True)
    at = np.where(members.moments()[seat] == NO_TIME, np.iinfo(np.int64).max, members.moments()[seat])
    founding = [(np.iinfo(np.int64).max, old) for old in old_ids]
    order = np.lexsort((at, old_ring))
    for i in order[np.flatnonzero(np.diff(old_ring[order], prepend=-1))]:
        founding[old_ring[i]] = (int(at[i]), old_ids[old_ring[i]])
    return founding, old_ids, np.stack([pair // n_new, pair % n_new, number], axis=1)


def _heirs(overlap: np.ndarray, members: Members, founding: list[tuple[int, str]]) -> tuple[dict[int, int], dict[int, int]]:
    """Give each old ring its heir: most records, then the larger ring, then the earlier founded."""
    size = np.bincount(members.ring, minlength=members.n_rings)
    rank = np.empty(len(founding), np.int64)
    rank[sorted(range(len(founding)), key=lambda ring: founding[ring])] = np.arange(len(founding))
    old, new, number = overlap.T
    order = np.lexsort((rank[new], -size[new], -number, old))
    first = order[np.flatnonzero(np.diff(old[order], prepend=-1))]
    return (
        dict(zip(old[first].tolist(), new[first].tolist(), strict=True)),
        dict(zip(old[first].tolist(), number[first].tolist(), strict=True)),
    )


def _kept(heir: dict[int, int], held: dict[int, int], old: list[tuple[int, str]], founding: list[tuple[int, str]]) -> dict[int, int]:
    """Choose for each new ring which earlier name it keeps: the oldest it is heir to."""
    kept: dict[int, int] = {}
    for one in sorted(heir, key=lambda ring: (old[ring], -held[ring])):
        kept.setdefault(heir[one], one)
    return kept


def _told(
    heir: dict[int, int], kept: dict[int, int], overlap: np.ndarray, old_ids: list[str], given: dict[int, str]
) -> pa.Table:
    pieces = np.bincount(overlap[:, 0], minlength=len(old_ids))
    now: list[str | None] = []
    how = []
    for one in range(len(old_ids)):
        ring = heir.get(one)
        now.append(None if ring is None else given[ring])
        if ring is None:
            how.append("gone")
        elif kept[ring] != one:
            how.append("merged")
        else:
            how.append("split" if pieces[one] > 1 else "kept")
    return _changes(list(old_ids), now, how)


def _changes(old: list[str], now: list[str | None], how: list[str]) -> pa.Table:
    table = pa.table({
        "ring_id": pa.array(old, pa.string()), "now": pa.array(now, pa.string()), "how": pa.array(how, pa.string()),
    })  # fmt: skip
    return table.sort_by("ring_id")


def order_of(rings: Ints, ids: list[str]) -> list[str]:
    """Give the id of each ring number."""
    return [ids[ring] for ring in rings.tolist()]
