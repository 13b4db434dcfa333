"""`lianfang columns FILE`: what was recognised, what was not, and a mapping file to edit."""

from __future__ import annotations

from pathlib import Path

from lianfang.cli import show
from lianfang.engine.identifiers import mask
from lianfang.engine.records import headers, load, mapping, mapping_file, read, schema
from lianfang.engine.records.mapping import ColumnUse, Mapping
from lianfang.engine.records.rejects import RejectLog
from lianfang.engine.records.source import Source
from lianfang.engine.terms.codes import Exit, Kind
from lianfang.engine.terms.errors import Conflict, Say

_RECORD_ID = Say("记录编号", "record id")
_HOW = {
    "name": Say("字段名", "field name"),
    "alias": Say("常见列名", "known header"),
    "near": Say("近似列名", "near header"),
    "values": Say("看内容", "by its values"),
    "mapping": Say("映射文件", "mapping file"),
    mapping.UNKNOWN: Say("未识别,不读", "not recognised, not read"),
    mapping.TAKEN: Say("字段已有他列,不读", "field already filled, not read"),
    mapping.SECRET: Say("C3 数据,拒收", "C3, refused"),
    "unused": Say("映射文件说不读", "left out by the mapping file"),
}


def columns(path: Path, kind: Kind | None = None, out: Path | None = None) -> int:
    """Print how every column of a file is understood; with `out`, write a mapping file.

    Args:
        path: a file or folder.
        kind: the kind of record, where the person knows it.
        out: where to write the mapping of the first table; never over an existing file.

    Returns:
        The exit code.

    Raises:
        InputError: the file cannot be read.
        Conflict: `out` is there already.
    """
    sources = read.open_all([path], RejectLog(), mapping.known_headers)
    options = load.LoadOptions(kind=kind)
    found = [load.mapping_of(source, options, ()) for source in sources]
    for source, one in zip(sources, found, strict=True):
        _print(source, one)
    if out is not None:
        if out.exists():
            raise Conflict(
                Say(f"{out.name} 已存在,不覆盖", f"{out.name} exists and is not overwritten"),
                code="E-COLUMNS-01", where=str(out), fix=Say("请换个文件名", "Choose another name"),
            )  # fmt: skip
        out.write_text(mapping_file.write(found[0], sources[0].label), encoding="utf-8")
        show.line(f"映射已写入 {out},改好后用 --mapping {out}", f"Wrote {out}; use it with --mapping {out}")
    return int(Exit.OK)


def _unit(found: Mapping, use: ColumnUse) -> str:
    """Say what a column is counted in; where its header does not, what it is taken for."""
    if use.unit or use.field is None:
        return use.unit or ""
    field = schema.of(found.kind).field(use.field)
    if field is None:
        return ""
    if field.type == "money":
        return show.said(Say("yuan(缺省)", "yuan (assumed)"))
    return show.said(Say("seconds(缺省)", "seconds (assumed)")) if field.name.endswith("_seconds") else ""


def _print(source: Source, found: Mapping) -> None:
    name = schema.of(found.kind).name
    show.line(f"{source.label}:{name.zh}({found.kind})", f"{source.label}: {name.en} ({found.kind})")
    head = [
        ("列", "column"),
        ("字段", "field"),
        ("依据", "how"),
        ("单位", "unit"),
        ("样例(已遮盖)", "sample, masked"),
    ]
    rows = [
        (use.header, _field_name(found, use.field), show.said(_HOW[use.how]), _unit(found, use), _sample(source, found, use))
        for use in found.columns
    ]
    show.table([show.said(Say(*each)) for each in head], rows)
    lacking = [_field_name(found, one.name) for one in schema.of(found.kind).fields if found.of(one.name) is None]
    show.line(f"没有对应列的字段:{'、'.join(lacking)}", f"Fields no column fills: {', '.join(lacking)}")
    print()


def _field_name(found: Mapping, name: str | None) -> str:
    """Name a field as people do, with the key a mapping file wants beside it."""
    if name is None:
        return "-"
    field = schema.of(found.kind).field(name)
    meaning = _RECORD_ID if field is None else field.meaning
    return f"{show.said(meaning)} ({name})"


def _sample(source: Source, found: Mapping, use: ColumnUse) -> str:
    if use.how == mapping.SECRET:
        return "***"
    cell = next(
        (row[use.place] for row in source.sample if use.place < len(row) and row[use.place].strip()), ""
    )
    field = schema.of(found.kind).field(use.field or "")
    if use.field == headers.RECORD_ID or (
        field and field.identifier is None and field.type in ("time", "money", "int", "bool")
    ):
        return cell[:24]
    return mask.mask_any(" ".join(cell.split())[:24])
