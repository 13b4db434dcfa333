"""One simulation from knobs to tables: fill the world, give ids, lay out columns, write."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import InputError, Say
from lianfang.simulate import campaigns, columns, lookalikes, ordinary, sheets, world
from lianfang.simulate.dice import Dice
from lianfang.simulate.hours import Period
from lianfang.simulate.knobs import Knobs
from lianfang.simulate.wording import shelf
from lianfang.simulate.world import Draft, World

TABLES = "tables"  # the truth stands beside this folder: what is run must not hold the answers
LABELS = pa.schema(
    [
        ("kind", pa.string()),
        ("record_id", pa.string()),
        ("campaign_id", pa.string()),
        ("campaign_kind", pa.string()),
        ("role", pa.string()),
        ("is_abnormal", pa.bool_()),
        ("lender_fault", pa.bool_()),
        ("evidence_available", pa.bool_()),
        ("lookalike_kind", pa.string()),
        ("person_ref", pa.string()),
        ("group_id", pa.string()),
    ]
)
CAMPAIGNS = pa.schema(
    [
        ("group_id", pa.string()),
        ("kind", pa.string()),
        ("is_campaign", pa.bool_()),
        ("activity", pa.string()),
        ("institutions", pa.string()),
        ("first_on", pa.date32()),
        ("last_on", pa.date32()),
        ("n_people", pa.int32()),
        ("n_records", pa.int32()),
    ]
)
PEOPLE = pa.schema(
    [
        ("person_ref", pa.string()),
        ("name", pa.string()),
        ("mobile", pa.string()),
        ("resident_id", pa.string()),
        ("institution", pa.string()),
        ("role", pa.string()),
        ("group_id", pa.string()),
    ]
)


@dataclass(frozen=True)
class Simulation:
    """Tables by record kind, and the truth about them."""

    knobs: Knobs
    tables: Mapping[Kind, pa.Table]
    labels: pa.Table
    campaigns: pa.Table
    people: pa.Table


def simulate(knobs: Knobs) -> Simulation:
    """Make all tables of one simulation, with their truth.

    Args:
        knobs: size and difficulty.

    Returns:
        Tables with field names of `lianfang/data/schema`, sorted by time; same knobs, same bytes.
    """
    made = world.start(knobs)
    campaigns.fill(made)
    lookalikes.fill(made)
    campaigns.copiers(made)
    ordinary.fill(made)
    return _lay_out(made)


def own(simulation: Simulation, name: str) -> Simulation:
    """Keep what one institution holds: its own records, and what names none.

    Args:
        simulation: what `simulate` gave.
        name: the institution.

    Returns:
        The same simulation with shorter tables; its truth stays whole.
    """
    return replace(simulation, tables={kind: table.filter(_held(table, name)) for kind, table in simulation.tables.items()})


def _held(table: pa.Table, name: str) -> pa.Array:
    # Posts stand in public and a tip may name nobody: whoever looks finds them.
    named = table["institution"]
    return pc.or_(pc.is_null(named), pc.equal(pc.fill_null(named, columns.one("")), columns.one(name)))


def write(simulation: Simulation, folder: Path, form: str = "csv") -> list[Path]:
    """Write a simulation as a folder of exports plus its truth.

    Args:
        simulation: what `simulate` gave.
        folder: is replaced as a whole once everything is written.
        form: `csv`, `parquet` or `xlsx`; labels, campaigns and people are always Parquet.

    Returns:
        The files.

    Raises:
        InputError: unknown form, or the folder holds something else.
    """
    if form not in sheets.WRITERS:
        raise InputError(
            Say(f"不认识的格式：{form}", f"unknown format: {form}"),
            code="E-SIMULATE-04",
            where="simulate:format",
            fix=Say("可选 csv、parquet、xlsx", "choose csv, parquet or xlsx"),
        )
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / TABLES).mkdir(parents=True)
    for kind, table in simulation.tables.items():
        sheets.write(kind, table, part / TABLES, form)
    for name in ("labels", "campaigns", "people"):
        sheets.parquet(getattr(simulation, name), part / f"{name}.parquet")
    _replace(part, folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _replace(part: Path, folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / "labels.parquet").exists():
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(
            Say(f"目录里有别的东西：{folder}", f"the folder holds something else: {folder}"),
            code="E-SIMULATE-05",
            where=str(folder),
            fix=Say("换一个空目录", "name an empty folder"),
        )
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)


def _lay_out(made: World) -> Simulation:
    tables, labels = {}, []
    counts: dict[str, int] = {}
    for kind in Kind:
        drafts = sorted((d for d in made.drafts if d.kind == kind), key=_order)
        ids = _ids(drafts, shelf("headers")[kind.value]["id"][1], made)
        tables[kind] = _table(kind, drafts, ids, made.period)
        for draft, record_id in zip(drafts, ids, strict=True):
            truth = draft.truth
            counts[truth.group or ""] = counts.get(truth.group or "", 0) + 1
            labels.append(
                (
                    kind.value,
                    record_id,
                    truth.group if truth.campaign_kind else None,
                    truth.campaign_kind,
                    truth.role,
                    truth.is_abnormal,
                    truth.lender_fault,
                    truth.evidence_available,
                    truth.lookalike_kind,
                    draft.person.ref if draft.person else None,
                    truth.group,
                )
            )
    return Simulation(made.knobs, tables, _rows(labels, LABELS), _campaigns(made, counts), _people(made))


def _order(draft: Draft) -> tuple[int, str, str]:
    """Sort by moment; equal moments by words, so that the order of making does not show."""
    return draft.at, str(draft.values.get("text", "")), draft.person.ref if draft.person else ""


def _ids(drafts: list[Draft], head: str, made: World) -> list[str]:
    """Number records by day and a drawn number, so that a busy day does not show in the number."""
    dice, taken = Dice(made.knobs.seed, "ids", head), set()
    ids = []
    for draft in drafts:
        record_id = f"{head}{made.period.on(draft.at):%Y%m%d}{dice.below(10**6):06d}"
        while record_id in taken:
            record_id = f"{record_id[:-6]}{dice.below(10**6):06d}"
        taken.add(record_id)
        ids.append(record_id)
    return ids


def _table(kind: Kind, drafts: list[Draft], ids: list[str], period: Period) -> pa.Table:
    fields = shelf("headers")[kind.value]["fields"]
    made: dict[str, pa.Array] = {"record_id": columns.strings(ids)}
    for name, (_, how) in fields.items():
        cells = [draft.values.get(name) for draft in drafts]
        if name in _TIMES:
            cells = [draft.at for draft in drafts]
        made[name] = _SHAPES[how](cells, period)
    return pa.table(made)


_TIMES = ("received_at", "posted_at", "applied_at", "at")
_SHAPES: dict[str, Callable[[list[object], Period], pa.Array]] = {
    "text": lambda cells, period: columns.strings(cells),
    "money": lambda cells, period: columns.wholes(cells),
    "whole": lambda cells, period: columns.wholes(cells, pa.int32()),
    "yesno": lambda cells, period: columns.truths(cells),
    "time": columns.moments,
    "day": columns.days,
}


def _campaigns(made: World, counts: Mapping[str, int]) -> pa.Table:
    epoch = made.knobs.start_on.toordinal() - 719_163  # days since 1970-01-01
    rows = [
        (
            g.group,
            g.kind,
            g.is_campaign,
            g.activity,
            "|".join(g.institutions),
            epoch + int(g.window.first),
            epoch + math.ceil(g.window.last) - 1,
            g.n_people,
            counts.get(g.group, 0),
        )
        for g in made.groups
    ]
    return _rows(rows, CAMPAIGNS)


def _people(made: World) -> pa.Table:
    rows = [
        (p.ref, p.name, p.mobile, p.resident_id, p.institution.name, *made.roles[p.ref]) for p in made.people
    ]
    return _rows(rows, PEOPLE)


def _rows(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    makers: dict[pa.DataType, Callable[[Sequence[object]], pa.Array]] = {
        pa.string(): columns.strings,
        pa.bool_(): columns.truths,
        pa.int32(): lambda column: columns.wholes(column, pa.int32()),
        pa.date32(): lambda column: columns.wholes(column, pa.date32()),
    }
    return pa.table([makers[f.type](c) for c, f in zip(cells, schema, strict=True)], schema)
