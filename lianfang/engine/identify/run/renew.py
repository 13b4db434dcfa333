"""A day's new records on a finished run: the same answer as one run over everything, far sooner.

Only what new records can change is asked again. A record is *near* when it shares an identifier that
some guide counts with a new record, or stands in a template family a new record joined; its signs are
asked again. To count right for the near ones, everything near *them* is looked at too, and not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.guides.clauses import Count, Sequence
from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings.find import Sources
from lianfang.engine.identify.run.course import Course, Outcome, gathered
from lianfang.engine.identify.run.memory import Memory
from lianfang.engine.terms.codes import Kind

# What tells people, and facts, apart in clauses about other records.
_TELLING = ("person_resident_id", "person_mobile", "debtor_id", "party_mobile", "author_handle", "facts_ref")


def numbered(tables: Mapping[Kind, pa.Table], memory: Memory) -> dict[Kind, pa.Table]:
    """Number new records after the old; an id that is taken gets `~2`, as in one load.

    Args:
        tables: the new records, numbered from 0.
        memory: the finished run.
    """
    out = {}
    for kind, table in tables.items():
        shifted = pc.add(table["record_no"], memory.n_records)
        table = table.set_column(table.column_names.index("record_no"), "record_no", shifted)
        old = memory.tables.get(kind)
        if old is not None and table.num_rows:
            table = table.set_column(
                table.column_names.index("record_id"),
                "record_id",
                _fresh_ids(table["record_id"], old["record_id"]),
            )
        out[kind] = table
    return out


def _fresh_ids(ids: pa.ChunkedArray, taken: pa.ChunkedArray) -> pa.Array:
    met = pc.is_in(ids, taken.filter(pc.is_in(taken, ids.combine_chunks())).combine_chunks())
    if not pc.any(met).as_py():
        return ids.combine_chunks()
    listed = ids.to_pylist()
    doubled = [n for n, is_met in enumerate(met.to_pylist()) if is_met]
    stems = pa.array(sorted({listed[n] for n in doubled}))
    like = {
        one for stem in stems.to_pylist() for one in taken.filter(pc.starts_with(taken, stem)).to_pylist()
    } | set(listed)
    for n in doubled:
        turn = 2
        while f"{listed[n]}~{turn}" in like:
            turn += 1
        listed[n] = f"{listed[n]}~{turn}"
        like.add(listed[n])
    return pa.array(listed, pa.string())


def run(
    fresh: Mapping[Kind, pa.Table],
    memory: Memory,
    index: Path,
    course: Course,
    told: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Add records to a finished run.

    Args:
        fresh: the new records, numbered by `numbered`.
        memory: the finished run.
        index: its index of links, to be grown in place.
        course: guides, judgements, threads.
        told: hears each step's name.

    Returns:
        Everything found over old and new records.
    """
    from lianfang.engine.identify.linkage import index as indexes
    from lianfang.engine.identify.linkage import make, renew_fuzzy
    from lianfang.engine.identify.rings import find
    from lianfang.engine.identify.run import folding

    tables = {
        kind: _joined(memory.tables.get(kind), fresh.get(kind))
        for kind in Kind
        if kind in memory.tables or kind in fresh
    }
    told("fold")
    source = folding.source(fresh, course.threads)
    told("links")
    linked = indexes.add(index, source, make.LinkOptions(lanes=course.threads))
    told("fuzzy")
    others, sounds = renew_fuzzy.renew(tables, memory.kept["others"], memory.kept["sounds"], memory.n_records)
    told("signs")
    near = _near(tables, course.book, linked.family, memory.n_records)
    signals, verdicts = _signs(tables, near, course, linked.family, memory)
    told("rings")
    judged = judge.resolve(course.judgements, tables)
    links = gathered(linked.link, others)
    sources = Sources(links, tables, verdicts, linked.family, judged)
    touched = np.union1d(near, _changed(gathered(memory.kept["links"], memory.kept["others"]), links))
    found = find.update(memory.found, sources, touched)
    return Outcome(signals, verdicts, linked.hub, found, sources, linked.link, others, sounds)


def _joined(old: pa.Table | None, new: pa.Table | None) -> pa.Table:
    parts = [part for part in (old, new) if part is not None]
    return parts[0] if len(parts) == 1 else pa.concat_tables([part.cast(parts[0].schema) for part in parts])


def _counted_fields(book: GuideBook) -> dict[str, set[str]]:
    """Say for every kind which fields bring records together in some guide's clause."""
    out: dict[str, set[str]] = {}
    for guide in book.guides:
        for clause in guide.clauses:
            test = clause.test
            fields = {test.by} if isinstance(test, Count) else set()
            if isinstance(test, Count | Sequence):
                for kind in guide.kinds:
                    out.setdefault(str(kind), set()).update(fields, _TELLING)
    return out


def _near(tables: Mapping[Kind, pa.Table], book: GuideBook, families: pa.Table, n_before: int) -> np.ndarray:
    """Give the numbers of new records and of old ones whose clauses may come out differently now."""
    chosen = {kind: _is_new(table, n_before) for kind, table in tables.items()}
    joined = _with_family(families, pc.greater_equal(families["record_no"], n_before))
    chosen = {
        kind: mask | np.isin(tables[kind]["record_no"].to_numpy(), joined) for kind, mask in chosen.items()
    }
    return _numbers(tables, _around(tables, chosen, book))


def _is_new(table: pa.Table, n_before: int) -> np.ndarray:
    return table["record_no"].to_numpy() >= n_before


def _with_family(families: pa.Table, chosen: pa.ChunkedArray) -> np.ndarray:
    mine = pc.unique(families.filter(chosen)["family_no"])
    return families.filter(pc.is_in(families["family_no"], mine))["record_no"].to_numpy()


def _numbers(tables: Mapping[Kind, pa.Table], chosen: Mapping[Kind, np.ndarray]) -> np.ndarray:
    parts = [tables[kind]["record_no"].to_numpy()[mask] for kind, mask in chosen.items()]
    return np.sort(np.concatenate(parts)) if parts else np.zeros(0, np.int64)


def _around(
    tables: Mapping[Kind, pa.Table], chosen: Mapping[Kind, np.ndarray], book: GuideBook
) -> dict[Kind, np.ndarray]:
    """Add every record that shares a counted value with a chosen one of its kind."""
    fields = _counted_fields(book)
    out = {}
    for kind, table in tables.items():
        mask = chosen[kind].copy()
        start = pa.array(chosen[kind])
        for name in sorted(fields.get(str(kind), ())):
            if name in table.column_names:
                values = pc.unique(table[name].filter(start)).drop_null()
                mask |= (
                    pc.fill_null(pc.is_in(table[name], values), False).to_numpy() if len(values) else False
                )
        out[kind] = mask
    return out


def _signs(
    tables: Mapping[Kind, pa.Table], near: np.ndarray, course: Course, families: pa.Table, memory: Memory
) -> tuple[pa.Table, pa.Table]:
    """Ask the near records again, with all they are counted with at hand; keep the rest as it was."""
    from lianfang.engine.identify.signals import run as signs

    chosen = {kind: np.isin(table["record_no"].to_numpy(), near) for kind, table in tables.items()}
    family = _with_family(families, pc.is_in(families["record_no"], pa.array(near)))
    wide = _around(tables, chosen, course.book)
    asked = {
        kind: table.filter(
            pa.array(wide[kind] | np.isin(table["record_no"].to_numpy(), family))
        ).combine_chunks()
        for kind, table in tables.items()
    }
    signals, verdicts = signs.signals(
        {str(kind): table for kind, table in asked.items()},
        course.book,
        families=families,
        threads=course.threads,
    )
    return _replaced(memory.kept["signals"], signals, near), _replaced(
        memory.kept["verdicts"], verdicts, near
    )


def _replaced(old: pa.Table, new: pa.Table, near: np.ndarray) -> pa.Table:
    gone = pa.array(near)
    kept = old.filter(pc.invert(pc.is_in(old["record_no"], gone)))
    whole = pa.concat_tables(
        [kept, new.filter(pc.is_in(new["record_no"], gone)).cast(old.schema)]
    ).unify_dictionaries()
    order = np.argsort(whole["record_no"].to_numpy(), kind="stable")
    return whole.take(pa.array(order))


def _changed(old: pa.Table, new: pa.Table) -> np.ndarray:
    """Give the ends of links that are not the same in both tables."""
    words = pa.array(
        sorted(
            set(pc.unique(old["by"].cast(pa.string())).to_pylist())
            | set(pc.unique(new["by"].cast(pa.string())).to_pylist())
        )
    )

    def keyed(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        left, right = table["left"].to_numpy(), table["right"].to_numpy()
        by = pc.index_in(table["by"].cast(pa.string()), words).to_numpy()
        bits = table["weight_bits"].to_numpy().view(np.uint64)
        mixed = left.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ right.astype(np.uint64) * np.uint64(
            0xC2B2AE3D27D4EB4F
        )
        mixed ^= (bits ^ (by.astype(np.uint64) << np.uint64(52))) * np.uint64(0x165667B19E3779F9)
        return mixed, left, right

    one, two = keyed(old), keyed(new)
    gone, come = ~np.isin(one[0], two[0]), ~np.isin(two[0], one[0])
    return np.unique(np.concatenate([one[1][gone], one[2][gone], two[1][come], two[2][come]]))
