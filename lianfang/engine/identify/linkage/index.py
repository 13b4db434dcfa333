"""Linkage that goes on from yesterday: new records touch only the groups they fall into.

`start` links a first delivery and keeps a folder; `add` takes further records, whose numbers
follow on, and gives the tables one run over everything would have given.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

from lianfang.engine.identify.linkage import cores, drafts, links, people, renew_links, renew_texts, segments
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import templates as public
from lianfang.engine.identify.linkage.fields import LinkRules
from lianfang.engine.identify.linkage.make import USUAL, Linked, LinkOptions, LinkSource, tie_families
from lianfang.engine.identify.linkage.people import People
from lianfang.engine.identify.linkage.renew_texts import Whole
from lianfang.engine.identify.linkage.segments import Segment
from lianfang.engine.terms.errors import InputError, Say

VERSION = 2
# More deliveries than this are melted into one, so that looking up stays quick.
MOST_SEGMENTS = 8


@dataclass(frozen=True)
class State:
    """An opened index.

    Args:
        whole: labels of all wordings and texts.
        parts: one segment a delivery.
        who: who stands behind each record.
        institutions: names, in the order of their codes.
        link: table `link` with `number`.
        family: table `family`.
        hub: table `hub` with `number`.
        known: identifiers whose masks must be remembered, like `renew_links.KNOWN`.
    """

    whole: Whole
    parts: tuple[Segment, ...]
    who: People
    institutions: tuple[str, ...]
    link: pa.Table
    family: pa.Table
    hub: pa.Table
    known: pa.Table


def start(folder: Path, source: LinkSource, options: LinkOptions = USUAL) -> Linked:
    """Link a first delivery and keep an index of it.

    Args:
        folder: an empty folder, or one to be written over.
        source: records, texts and what was found in them.
        options: how; the same must be given to `add`.

    Returns:
        Three tables, as `make.make` gives them.
    """
    none = np.empty(0, np.int64)
    whole = Whole(
        none.astype(np.int32), none.astype(np.uint32), none.astype(np.int32), *[none] * 5,
        none.astype(np.float32),
    )
    nobody = People(
        none.astype(np.uint64), none.astype(np.uint64), none.astype(np.uint64),
        none.astype(np.int32), none,
    )
    blank = State(
        whole, (), nobody, (), links.ordered([]), renew_texts.no_families(), links.no_hubs(),
        renew_links.no_known(),
    )
    return _grown(folder, blank, source, options)


def add(folder: Path, source: LinkSource, options: LinkOptions = USUAL) -> Linked:
    """Take further records into an index.

    Args:
        folder: from `start`.
        source: the new records only; their numbers follow on those already there.
        options: as at `start`.

    Returns:
        The three tables over all records: the same as one run over everything.

    Raises:
        InputError: the folder is of another version or other options, or a number is taken.
    """
    state = opened(folder, options)
    n_before = state.who.n_records
    taken = [int(np.asarray(t["record_no"]).min()) for t in source.tables if t.num_rows]
    if taken and min(taken) < n_before:
        raise InputError(
            Say("新记录的编号要接着已有的记录往后排", "New records must be numbered after the old"),
            code="E-LINKAGE-06", where=str(folder),
        )
    return _grown(folder, state, source, options)


def opened(folder: Path, options: LinkOptions = USUAL) -> State:
    """Open an index.

    Args:
        folder: from `start`.
        options: as at `start`.

    Returns:
        The state; large arrays are mapped, not read.

    Raises:
        InputError: not an index, or of another version or other options.
    """
    try:
        notes = json.loads((folder / "index.json").read_text("utf-8"))
    except (OSError, json.JSONDecodeError) as fault:
        raise InputError(
            Say("这不是关联索引,或已损坏", "Not an index of links, or a broken one"),
            code="E-LINKAGE-07", where=str(folder),
            fix=Say("删掉该文件夹,从头运行一次", "Remove the folder and run from the start"),
        ) from fault
    if notes["marks"] != _marks(options):
        raise InputError(
            Say("索引是用别的版本或设置做的", "The index was made by another version or settings"),
            code="E-LINKAGE-08", where=str(folder),
            fix=Say("删掉该文件夹,从头运行一次", "Remove the folder and run from the start"),
        )
    return State(
        segments.load(Whole, folder / notes["whole"], mapped=False),
        tuple(segments.load(Segment, folder / name) for name in notes["segments"]),
        segments.load(People, folder / notes["people"], mapped=False),
        tuple(notes["institutions"]),
        *(_read(folder / notes["tables"] / f"{name}.arrow") for name in ("link", "family", "hub", "known")),
    )


def _grown(folder: Path, state: State, source: LinkSource, options: LinkOptions) -> Linked:
    """Take records into a state, write it, and give the tables."""
    rules = options.rules or link_fields.load()
    registry = options.templates or public.load()
    institutions = list(state.institutions)
    who = _more_people(state.who, source, options, institutions)
    renewed = renew_texts.renew_texts(
        state.whole, state.parts, source.texts, source.text_records, registry, options
    )
    family, changed = renew_texts.renew_families(
        state.family, renewed, who, registry.ids, options.lanes
    )
    grouped = renew_links.regroup(
        state.parts, state.known, source, who, tie_families(family, who.n_records), rules, options
    )
    link = renew_links.merge_links(state.link, grouped, changed, renewed.records, who, rules)
    link = links.merged(link, links.ordered([_drafted(renewed.whole, family, link, who, rules)]))
    hub = renew_links.merge_hubs(state.hub, grouped, rules)
    listed = grouped.listed
    columns = segments.entry_columns(listed.number, listed.record, listed.field)
    names = ("number", "record", "field", "record_order", "record_sorted")
    newest = replace(renewed.parts[-1], **dict(zip(names, columns, strict=True)))
    parts: tuple[Segment, ...] = (*state.parts, newest)
    if len(parts) > MOST_SEGMENTS:
        parts = (segments.melt(parts),)
    grown = State(
        renewed.whole, parts, who, tuple(institutions), link, family, hub, grouped.known
    )
    _write(folder, grown, n_kept=0 if len(parts) == 1 else len(state.parts), options=options)
    shown = [name for name in hub.column_names if name != "number"]
    n_capped = int(np.count_nonzero(renewed.whole.over))
    return Linked(link.select(links.LINK.names), family, hub.select(shown), n_capped)


def _drafted(whole: Whole, family: pa.Table, link: pa.Table, who: People, rules: LinkRules) -> pa.Table:
    """Draw the links of all drafts again: pairs are few, and one more letter may turn any of them."""
    pairs = drafts.of_records(whole.near, whole.text_record[whole.first])
    draft = drafts.grouped(pairs, family, cores.cores(link, who, rules), rules.drafts)
    return drafts.draft_links(draft, family, who, rules)


def _more_people(
    before: People, source: LinkSource, options: LinkOptions, institutions: list[str]
) -> People:
    """Number the people of new records and put them behind the old."""
    n_before, n_new = before.n_records, source.n_records - before.n_records
    shifted = [
        table.set_column(
            table.column_names.index("record_no"), "record_no",
            pa.array(np.asarray(table["record_no"], np.int64) - n_before),
        )
        for table in source.tables
    ]
    more = people.people(shifted, n_new, options.key, institutions, first_record=n_before)
    return People(
        *(
            np.concatenate([getattr(before, name), getattr(more, name)])
            for name in ("person", "resident", "name", "institution", "at")
        )
    )


def _marks(options: LinkOptions) -> dict[str, object]:
    """Give what must be the same from delivery to delivery."""
    made = asdict(options.families)
    made.pop("lanes")
    rules = options.rules or link_fields.load()
    registry = options.templates or public.load()
    known = repr(registry.ids) + registry.known.tobytes().hex()
    return {"version": VERSION, "families": made, "rules": _digest(repr(rules)),
            "key": _digest(options.key.hex()),
            "templates": _digest(known)}


def _digest(text: str) -> str:
    import hashlib

    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _write(folder: Path, state: State, n_kept: int, options: LinkOptions) -> None:
    """Write what changed under new names, then point the index at it in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    notes_path = folder / "index.json"
    before = json.loads(notes_path.read_text("utf-8")) if notes_path.exists() and n_kept else None
    turn = (before["turn"] + 1) if before else _next_turn(folder)
    names = list(before["segments"][:n_kept]) if before else []
    for part in state.parts[len(names) :]:
        names.append(f"segment-{turn:06d}")
        segments.save(part, folder / names[-1])
    segments.save(state.whole, folder / f"whole-{turn:06d}")
    segments.save(state.who, folder / f"people-{turn:06d}")
    (folder / f"tables-{turn:06d}").mkdir(exist_ok=True)
    for name in ("link", "family", "hub", "known"):
        _keep(getattr(state, name), folder / f"tables-{turn:06d}" / f"{name}.arrow")
    notes = {
        "marks": _marks(options), "turn": turn, "segments": names, "whole": f"whole-{turn:06d}",
        "people": f"people-{turn:06d}", "tables": f"tables-{turn:06d}",
        "institutions": list(state.institutions),
    }
    half = folder / "index.json.half"
    half.write_text(json.dumps(notes, ensure_ascii=False), "utf-8")
    half.replace(notes_path)
    _sweep(folder, {*names, notes["whole"], notes["people"], notes["tables"]})


def _next_turn(folder: Path) -> int:
    turns = [int(p.name.rsplit("-", 1)[1]) for p in folder.glob("*-[0-9]*")]
    return max(turns, default=0) + 1


def _sweep(folder: Path, kept: set[object]) -> None:
    """Remove what the index no longer points at; mapped files live on until they are let go."""
    for place in folder.glob("*-[0-9]*"):
        if place.name not in kept and place.is_dir():
            for one in place.iterdir():
                one.unlink()
            place.rmdir()


def _keep(table: pa.Table, place: Path) -> None:
    with pa.OSFile(str(place), "wb") as sink, ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _read(place: Path) -> pa.Table:
    return ipc.open_file(pa.memory_map(str(place))).read_all()

