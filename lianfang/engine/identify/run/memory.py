"""What a finished run keeps so that the next day's records can be added to it.

The folder `state/` holds whole records, unmasked: it is made readable by its owner only, and a run
keeps it only because the next run would otherwise read everything again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc

from lianfang.engine.identify.rings.find import Found
from lianfang.engine.identify.run.course import Outcome
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import InputError, Say

VERSION = 1
_PARTS = (
    "signals", "verdicts", "links", "others", "families", "hubs", "ring", "member", "measured", "changed", "sounds",
)  # fmt: skip


@dataclass(frozen=True)
class Memory:
    """A finished run, opened; large tables are mapped, not read.

    Args:
        folder: where it stands.
        outcome: tables by kind and everything found.
        others: links that are neither of identifiers nor of wording (fuzzy ones).
        n_records: one more than the largest record_no.
        marks: what must be the same for a run to go on from it.
    """

    folder: Path
    tables: dict[Kind, pa.Table]
    kept: dict[str, pa.Table]
    n_records: int
    marks: dict[str, object]

    @property
    def found(self) -> Found:
        """Give the rings of the finished run."""
        return Found(self.kept["ring"], self.kept["member"], self.kept["measured"], self.kept["changed"])


def keep(folder: Path, outcome: Outcome, marks: Mapping[str, object], before: Memory | None = None) -> None:
    """Write down a finished run beside its index of links, which stands in the folder already.

    Args:
        folder: `state/` of the run being written.
        outcome: what was found.
        marks: what must be the same for a run to go on from it.
        before: the run this one went on from; its records are linked, not written again.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    n_before = before.n_records if before else 0
    parts: list[str] = []
    if before:
        parts = json.loads((before.folder / "memory.json").read_text("utf-8"))["parts"]
        for name in parts:
            _linked(before.folder / name, folder / name)
    number = len({name.rsplit("-", 1)[1] for name in parts})
    for kind, table in outcome.sources.tables.items():
        fresh = table.slice(_n_old(table, n_before))
        if fresh.num_rows:
            name = f"{kind}-{number:04d}.arrow"
            _write(folder / name, fresh)
            parts.append(name)
    found = outcome.found
    tables = {
        "signals": outcome.signals, "verdicts": outcome.verdicts, "links": outcome.linked, "others": outcome.others,
        "families": outcome.sources.families, "hubs": outcome.hubs, "ring": found.ring, "member": found.member,
        "measured": found.measured, "changed": found.changed, "sounds": outcome.sounds,
    }  # fmt: skip
    for name in _PARTS:
        _write(folder / f"{name}.arrow", tables[name])
    n_records = max(
        (int(t["record_no"][-1].as_py()) + 1 for t in outcome.sources.tables.values() if t.num_rows),
        default=0,
    )
    told = {"version": VERSION, "n_records": n_records, "parts": parts, "marks": dict(marks)}
    (folder / "memory.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def open_(folder: Path, marks: Mapping[str, object]) -> Memory:
    """Open a finished run.

    Raises:
        InputError: no run stands there that can be gone on from, or guides or versions differ.
    """
    try:
        told = json.loads((folder / "memory.json").read_text("utf-8"))
    except (OSError, json.JSONDecodeError) as fault:
        raise InputError(
            Say("这个文件夹里没有可接着算的结果", "no results stand here that a run can go on from"),
            code="E-SINCE-01", where=str(folder),
            fix=Say("用 --keep 完整运行一次,再加新数据", "run once in full with --keep, then add"),
        ) from fault  # fmt: skip
    if told["version"] != VERSION or told["marks"] != json.loads(json.dumps(dict(marks))):
        raise InputError(
            Say("上次运行用的是别的版本或别的特征指南,不能接着算", "the earlier run used another version or other guides"),
            code="E-SINCE-02", where=str(folder),
            fix=Say("连同旧数据完整运行一次", "run once in full, old records included"),
        )  # fmt: skip
    tables: dict[Kind, list[pa.Table]] = {}
    for name in told["parts"]:
        tables.setdefault(Kind(name.rsplit("-", 1)[0]), []).append(_read(folder / name))
    whole = {kind: pa.concat_tables(parts) for kind, parts in tables.items()}
    return Memory(
        folder,
        whole,
        {name: _read(folder / f"{name}.arrow") for name in _PARTS},
        told["n_records"],
        dict(marks),
    )


def copy_index(before: Path, after: Path) -> None:
    """Stand a copy of the index of links in the new state; large files are linked, never written through."""
    after.mkdir(parents=True, mode=0o700)
    for file in before.rglob("*"):
        place = after / file.relative_to(before)
        if file.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            _linked(file, place)


def _n_old(table: pa.Table, n_before: int) -> int:
    """Count the rows that were there before; old rows come first."""
    import numpy as np

    return int(np.searchsorted(table["record_no"].to_numpy(), n_before)) if n_before else 0


def _linked(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)


def _write(place: Path, table: pa.Table) -> None:
    with pa.OSFile(str(place), "wb") as sink, ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.unify_dictionaries(), max_chunksize=1 << 16)


def _read(place: Path) -> pa.Table:
    with pa.memory_map(str(place)) as source:
        return ipc.open_file(source).read_all()
