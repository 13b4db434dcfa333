"""Everything a run says of one record, found again at once: tables in the order of their records.

Each table is cut into small row groups whose least and greatest id stand in its foot, so that a page reads
one group of one file and not a million rows. Written in the run's own process; no framework is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from lianfang.engine.identify.run.course import Outcome

FOLDER, GROUP_ROWS, MOST_LINKS, MOST_SIGNS = "lookup", 4_096, 60, 200
_SAID = ("activity", "level", "score", "guards", "evasion")


@dataclass(frozen=True)
class Found:
    """One record as a run has it, raw: its cells, its signs, its links, the ring it stands in."""

    kind: str
    record_id: str
    cells: Mapping[str, Any]
    signs: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    ring_id: str = ""
    role: str = ""

    @property
    def key(self) -> str:
        """Give the name of the record in this run."""
        return f"{self.kind}:{self.record_id}"


def write(folder: Path, outcome: Outcome, told: Any) -> None:
    """Write the tables of a run.

    Args:
        folder: the run's results.
        outcome: what the engine found.
        told: the rings that are told, with their members.
    """
    from lianfang.engine.identify.run import results

    home = folder / FOLDER
    home.mkdir(mode=0o700)
    named = results.names(outcome.sources.tables)
    for kind, table in outcome.sources.tables.items():
        if table.num_rows:
            keep(home, f"record_{kind}", _with_verdicts(table, outcome.verdicts), ("record_id",))
    keep(home, "signals", results.signals(outcome.signals, named), ("kind", "record_id"))
    keep(home, "links", both_ways(results.links(outcome.links, named)), ("kind", "record_id"))
    seats = results.members(told.member)
    keep(home, "seats", seats, ("kind", "record_id"))
    keep(home, "members", seats, ("ring_id",))


def keep(home: Path, name: str, table: pa.Table, order: tuple[str, ...]) -> None:
    """Write one table in an order it can be searched by."""
    import pyarrow.parquet as pq

    table = table.sort_by([(column, "ascending") for column in order])
    pq.write_table(
        table, home / f"{name}.parquet", compression="zstd", row_group_size=GROUP_ROWS,
        write_statistics=list(order), use_dictionary=True,
    )  # fmt: skip


def _with_verdicts(table: pa.Table, verdicts: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    at = pc.index_in(table["record_no"].combine_chunks(), verdicts["record_no"].combine_chunks())
    for name in _SAID:
        said = verdicts[name].combine_chunks().take(at)
        joined = pc.binary_join(said, "|") if name == "guards" and "list" in str(said.type) else said
        table = table.append_column(f"said_{name}", joined)
    return table


def both_ways(links: pa.Table) -> pa.Table:
    """List every link at each of its ends: the record, the other record, by what, why."""
    import pyarrow as pa

    rest = ("by", "weight_bits", "why_zh", "why_en")
    ways = [
        pa.table({"kind": links[f"{here}_kind"], "record_id": links[f"{here}_id"], "other_kind": links[f"{there}_kind"],
                  "other_id": links[f"{there}_id"], **{name: links[name] for name in rest}})
        for here, there in (("left", "right"), ("right", "left"))
    ]  # fmt: skip
    return pa.concat_tables(ways)


def record(results: Path, kind: str, record_id: str) -> Found | None:
    """Find one record of a run; None where the run has no such record.

    Args:
        results: the run's results.
        kind: its kind.
        record_id: its id.
    """
    home = results / FOLDER
    cells = _rows(home / f"record_{kind}.parquet", {"record_id": record_id}, 1)
    if not cells:
        return None
    where = {"kind": kind, "record_id": record_id}
    seat = _rows(home / "seats.parquet", where, 1)
    return Found(
        kind, record_id, cells[0], _rows(home / "signals.parquet", where, MOST_SIGNS),
        _rows(home / "links.parquet", where, MOST_LINKS), seat[0]["ring_id"] if seat else "", seat[0]["role"] or "" if seat else "",
    )  # fmt: skip


def members(results: Path, ring_id: str) -> list[dict[str, Any]]:
    """List the members of a ring: kind, record id, role; an empty list where the run kept none."""
    return _rows(results / FOLDER / "members.parquet", {"ring_id": ring_id}, None)


def _rows(place: Path, where: Mapping[str, str], most: int | None) -> list[dict[str, Any]]:
    """Read the rows that fit, from the row groups that may hold them."""
    if not place.is_file():
        return []
    import pyarrow.parquet as pq

    with pq.ParquetFile(place) as file:
        groups = _groups(file.metadata, where)
        if not groups:
            return []
        table = file.read_row_groups(groups, use_threads=False)
    for name, value in where.items():
        table = _equal(table, name, value)
    rows: list[dict[str, Any]] = (table if most is None else table.slice(0, most)).to_pylist()
    return rows


def _groups(foot: Any, where: Mapping[str, str]) -> list[int]:
    """Name the row groups whose least and greatest values allow every wanted one."""
    found = []
    places = {foot.schema.column(n).name: n for n in range(foot.num_columns)}
    for n in range(foot.num_row_groups):
        group = foot.row_group(n)
        bounds = ((group.column(places[name]).statistics, value) for name, value in where.items())
        if all(kept is None or not kept.has_min_max or kept.min <= value <= kept.max for kept, value in bounds):
            found.append(n)
    return found


def _equal(table: pa.Table, name: str, value: str) -> pa.Table:
    import pyarrow.compute as pc

    return table.filter(pc.equal(table[name].cast("string"), value))
