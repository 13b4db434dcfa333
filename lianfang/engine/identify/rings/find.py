"""Find rings: links in; rings with grade, name, reasons and members out. Whole, or only what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings import gates, graph, kernel, measure, members, name, tally
from lianfang.engine.identify.rings import grow as growing
from lianfang.engine.identify.rings.kernel import Ints
from lianfang.engine.terms.codes import Activity, Kind, Level

_LEVELS = tuple(Level)
_NONE = np.zeros(0, np.int64)
_ROLE = {
    Kind.COMPLAINT: "complainant", Kind.CONTACT: "contact", Kind.POST: "poster",
    Kind.APPLICATION: "borrower", Kind.OBJECTION: "objector", Kind.TIP: "tipster",
}  # fmt: skip
RING = pa.schema([
    ("ring_id", pa.string()), ("level", pa.string()), ("n_records", pa.int32()), ("n_people", pa.int32()),
    ("n_institutions", pa.int32()), ("first_on", pa.date32()), ("last_on", pa.date32()),
    ("activities", pa.list_(pa.string())), ("score", pa.float64()), ("why_zh", pa.string()), ("why_en", pa.string()),
    ("level_before_guards", pa.string()), ("gates", pa.list_(pa.string())), ("guards", pa.list_(pa.string())),
])  # fmt: skip
MEMBER = pa.schema([
    ("ring_id", pa.string()), ("kind", pa.string()), ("record_id", pa.string()), ("role", pa.string()),
    ("record_no", pa.int64()), ("person_no", pa.int64()),
])  # fmt: skip


@dataclass(frozen=True)
class Sources:
    """What rings are made from.

    Attributes:
        links: table `link`.
        tables: record tables by kind.
        verdicts: record_no, activity, level, guards.
        families: table `family`.
        judged: judgements as record numbers.
    """

    links: pa.Table
    tables: Mapping[Kind, pa.Table]
    verdicts: pa.Table | None = None
    families: pa.Table | None = None
    judged: judge.Verdicts = field(default_factory=judge.Verdicts)


@dataclass(frozen=True)
class Found:
    """The rings of a run.

    Attributes:
        ring: one row a ring, review first, then by score.
        member: one row a member record, in the rings' order.
        measured: ring_id and every measure.
        changed: what became of the earlier run's rings (ring_id, now, how).
    """

    ring: pa.Table
    member: pa.Table
    measured: pa.Table
    changed: pa.Table


def find(sources: Sources, previous: pa.Table | None = None) -> Found:
    """Find all rings.

    Args:
        sources: links, records, signs and judgements of the run.
        previous: table ring_member of an earlier run; its rings keep their ids.

    Returns:
        Rings graded and told, with members, measures and what became of earlier rings.

    Shape:
        reads  link, records by kind, record verdicts, family
        makes  `RING`, `MEMBER`; the same bytes for any order of link rows
    """
    grown = growing.grow(sources.links, sources.judged, _said(sources))
    return _told(members.gather(grown, sources.tables), sources, previous)


def update(before: Found, sources: Sources, touched: Ints) -> Found:
    """Find the rings again where something changed; the same answer as `find` with the earlier members.

    Args:
        before: the earlier run's rings, with record_no of this run (see `renumber`).
        sources: links, records, signs and judgements of this run, whole.
        touched: record_no of every record that is new or gone, or whose links, signs, family or
            judgements changed.

    Returns:
        Rings of the touched groups regrown, all others as they were.
    """
    reach = _reached(sources.links, touched)
    old = before.member
    ids = pc.unique(old.filter(pa.array(np.isin(old["record_no"].to_numpy(), reach)))["ring_id"])
    near = sources.links.filter(pa.array(np.isin(sources.links["left"].to_numpy(), reach)))
    part = replace(sources, links=near, judged=_judged_in(sources.judged, reach))
    again = find(part, old.filter(pc.is_in(old["ring_id"], ids)))
    there = pc.is_in(before.ring["ring_id"], pc.unique(old["ring_id"]))
    same = before.ring.filter(pc.and_(there, pc.invert(pc.is_in(before.ring["ring_id"], ids))))["ring_id"].combine_chunks()
    ring = pa.concat_tables([_of(before.ring, same), again.ring])
    ring = ring.take(pa.array(_queue(ring)))
    member = pa.concat_tables([_of(old, same), again.member])
    rank = pc.index_in(member["ring_id"], ring["ring_id"].combine_chunks()).to_numpy()
    member = member.take(pa.array(np.lexsort((member["record_no"].to_numpy(), rank))))
    measured = pa.concat_tables([_of(before.measured, same), again.measured])
    measured = measured.take(pc.index_in(ring["ring_id"], measured["ring_id"].combine_chunks()))
    kept = pa.table({"ring_id": same, "now": same, "how": pa.array(["kept"] * len(same), pa.string())})
    changed = pa.concat_tables([again.changed, kept]).sort_by("ring_id")
    return Found(*(one.combine_chunks() for one in (ring, member, measured, changed)))


def renumber(before: Found, tables: Mapping[Kind, pa.Table]) -> tuple[Found, Ints]:
    """Give an earlier run's members the record numbers of this run.

    Args:
        before: the earlier run's rings.
        tables: record tables of this run.

    Returns:
        The same rings without records that are gone, and the members of rings that lost one: these
        count as touched.
    """
    old = before.member
    number = np.full(old.num_rows, -1, np.int64)
    for kind in members.KINDS:
        mine = np.flatnonzero(pc.equal(old["kind"], str(kind)).to_numpy())
        if kind not in tables or not mine.size:
            continue
        wanted = old["record_id"].take(pa.array(mine)).combine_chunks()
        table = tables[kind].select(["record_no", "record_id"])
        table = table.filter(pc.is_in(table["record_id"], wanted)).combine_chunks()
        place = pc.fill_null(pc.index_in(wanted, table["record_id"].combine_chunks()), -1).to_numpy()
        number[mine] = np.append(table["record_no"].to_numpy(), -1)[place]
    lost = pc.unique(old.filter(pa.array(number < 0))["ring_id"])
    person = dict(zip(old["record_no"].to_pylist(), number.tolist(), strict=True))
    people = pa.array([person.get(one, -1) for one in old["person_no"].to_pylist()], pa.int64())
    fresh = old.set_column(4, "record_no", pa.array(number)).set_column(5, "person_no", people)
    fresh = fresh.filter(pa.array(number >= 0))
    touched = fresh.filter(pc.is_in(fresh["ring_id"], lost))["record_no"].to_numpy()
    return replace(before, member=fresh), touched


def _said(sources: Sources) -> graph.Said:
    """Say of every record its kind, and whether guides found signs in it."""
    tables = [sources.tables[kind]["record_no"].to_numpy() if kind in sources.tables else _NONE for kind in members.KINDS]
    ends = [sources.links["left"].to_numpy(), sources.links["right"].to_numpy()]
    judged = [np.array([*sources.judged.same, *sources.judged.different], np.int64).reshape(-1)]
    size = 1 + max(int(one.max(initial=-1)) for one in (*tables, *ends, *judged))
    kind, signed = np.full(size, -1, np.int64), np.zeros(size, np.bool_)
    for code, numbers in enumerate(tables):
        kind[numbers] = code
    if sources.verdicts is None:
        return graph.Said(kind, signed)
    hit = pc.is_in(sources.verdicts["level"].cast(pa.string()), pa.array(["look", "review"]))
    signed[sources.verdicts.filter(hit)["record_no"].to_numpy()] = True
    return graph.Said(kind, signed)


def _told(made: members.Members, sources: Sources, previous: pa.Table | None) -> Found:
    """Measure, grade and name rings already grown; lay them out as tables."""
    measured = measure.measure(made, sources.verdicts, sources.families)
    graded = gates.grade(measured.numbers)
    named = name.name(made, previous)
    ring = _ring_table(measured, graded, named.ring_id)
    order = _queue(ring)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    member = _member_table(made, named, np.lexsort((made.grown.record, rank[made.ring])))
    numbers = {key: pa.array(values) for key, values in measured.numbers.items()}
    table = pa.table({"ring_id": ring["ring_id"], **numbers})
    return Found(ring.take(pa.array(order)), member, table.take(pa.array(order)), named.changed)


def _queue(ring: pa.Table) -> Ints:
    """Order rings for the queue: review first, then by score, then by id."""
    level = pc.index_in(ring["level"], pa.array([one.value for one in _LEVELS])).to_numpy()
    rank = pc.rank(ring["ring_id"], tiebreaker="dense").to_numpy() if ring.num_rows else np.zeros(0)
    return np.lexsort((rank, -ring["score"].to_numpy(), -level.astype(np.int64)))


def _ring_table(measured: measure.Measured, graded: gates.Graded, ids: list[str]) -> pa.Table:
    numbers, ruled = measured.numbers, gates.book()
    said = gates.whys(graded, numbers)
    top = graded.level_before_guards
    ranks = np.array([gate.level.rank for gate in ruled.gates])
    met = _ids([gate.id for gate in ruled.gates], graded.met & (ranks[:, None] == top))
    low = _ids([guard.id for guard in ruled.guards], graded.lowered)
    return pa.table({
        "ring_id": ids,
        "level": [_LEVELS[rank].value for rank in graded.level],
        "n_records": numbers["n_records"], "n_people": numbers["n_people"], "n_institutions": numbers["n_institutions"],
        "first_on": _days(numbers["first_at"]), "last_on": _days(numbers["last_at"]),
        "activities": pa.array(_activities(numbers, ruled), pa.list_(pa.string())),
        "score": graded.score,
        "why_zh": [one.zh for one in said], "why_en": [one.en for one in said],
        "level_before_guards": [_LEVELS[rank].value for rank in top],
        "gates": pa.array(met, pa.list_(pa.string())), "guards": pa.array(low, pa.list_(pa.string())),
    }).cast(RING)  # fmt: skip


def _ids(names: list[str], holds: np.ndarray) -> list[list[str]]:
    out: list[list[str]] = [[] for _ in range(holds.shape[1])]
    for ring, place in zip(*(one.tolist() for one in np.nonzero(holds.T)), strict=True):
        out[ring].append(names[place])
    return out


def _days(at: np.ndarray) -> pa.Array:
    moments = pa.array(at, mask=at == members.NO_TIME).cast(pa.timestamp("us", tz="UTC"))
    return moments.cast(pa.timestamp("us", tz="Asia/Shanghai")).cast(pa.date32())


def _activities(numbers: gates.Numbers, ruled: gates.Book) -> list[list[str]]:
    """Name the activities whose signs enough records carry, most first."""
    counts = np.stack([numbers[f"n_{one.value.lower()}"] for one in Activity], axis=1)
    least = np.maximum(ruled.least_records, np.ceil(ruled.least_share * numbers["n_records"]))
    names = [one.value for one in Activity]
    named = counts >= least[:, None]
    out: list[list[str]] = [[] for _ in range(len(least))]
    for ring in np.flatnonzero(named.any(axis=1)).tolist():
        row = counts[ring].tolist()
        out[ring] = [names[i] for i in sorted(range(len(row)), key=lambda i: (-row[i], i)) if named[ring, i]]
    return out


def _member_table(made: members.Members, named: name.Named, seats: Ints) -> pa.Table:
    kinds = pa.array([*members.KINDS, None], pa.string())
    roles = pa.array([*(_ROLE[kind] for kind in members.KINDS), None], pa.string())
    place = pa.array((made.kind % (len(members.KINDS) + 1))[seats])
    role = pc.if_else(pa.array(made.grown.own[seats]), "own", roles.take(place))
    return pa.table({
        "ring_id": pa.array(named.ring_id, pa.string()).take(pa.array(made.ring[seats])),
        "kind": kinds.take(place), "record_id": made.column("record_id").take(pa.array(seats)), "role": role,
        "record_no": made.grown.record[seats], "person_no": made.grown.person[seats],
    }).cast(MEMBER)  # fmt: skip


def _reached(links: pa.Table, touched: Ints) -> Ints:
    """List every record that any link, however weak, connects with a touched one."""
    left, right = links["left"].to_numpy(), links["right"].to_numpy()
    records, (one, two, begun) = tally.dense(left, right, touched.astype(np.int64))
    label = kernel.union(records.size, one, two)
    hit = np.zeros(records.size, np.bool_)
    hit[label[begun]] = True
    return records[hit[label]]


def _judged_in(judged: judge.Verdicts, reach: Ints) -> judge.Verdicts:
    inside = set(reach.tolist())
    return judge.Verdicts(
        tuple(pair for pair in judged.same if inside & set(pair)),
        tuple(pair for pair in judged.different if inside & set(pair)),
    )


def _of(table: pa.Table, ids: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table["ring_id"], ids))
