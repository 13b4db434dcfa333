"""Mapping files: what `lianfang columns FILE --write` writes and a person may edit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import re2

from lianfang.engine.records import headers, mapping, schema, values
from lianfang.engine.records.mapping import ColumnUse, Mapping
from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

_UNITS = {*values.HUNDREDTHS, *values.SECONDS}
_KEYS = {"source", "kind", "columns", "needs", "record_id_from_url", "name", "samples"}


@dataclass(frozen=True)
class Definition:
    """One mapping file: the kind, and column -> field."""

    where: str
    kind: Kind
    columns: dict[str, tuple[str | None, str | None]]
    needs: tuple[str, ...]
    id_pattern: str | None

    def fits(self, names: Sequence[str]) -> bool:
        """Say whether a table has every column this file needs."""
        keys = {headers.read(name).key for name in names}
        return all(headers.read(name).key in keys for name in self.needs)

    def apply(
        self, names: Sequence[str], sample: Sequence[Sequence[str]], kind: Kind | None = None
    ) -> Mapping:
        """Use this file for a table; columns it does not name are recognised as usual."""
        guessed = mapping.recognise(names, sample, kind=kind or self.kind)
        told = {headers.read(name).key: use for name, use in self.columns.items()}
        fields = {field for field, _ in self.columns.values() if field}
        uses = []
        for use in guessed.columns:
            key = headers.read(use.header).key
            if key in told and use.how != mapping.SECRET:
                field, unit = told[key]
                uses.append(replace(use, field=field, how="mapping" if field else "unused",
                                    unit=unit or use.unit))  # fmt: skip
            elif use.field in fields:
                uses.append(replace(use, field=None, how=mapping.TAKEN))
            else:
                uses.append(use)
        return Mapping(guessed.kind, tuple(uses), self.id_pattern)

    def unfitting(self, names: Sequence[str]) -> Fault:
        """Say which columns no input has."""
        keys = {headers.read(name).key for name in names}
        lacking = "、".join(name for name in self.needs if headers.read(name).key not in keys)
        return Fault(
            self.where,
            Say(f"输入文件里没有这些列:{lacking}", f"No input has these columns: {lacking}"),
            Say("请对照 lianfang columns 的输出修改列名", "Compare with what lianfang columns prints"),
            "E-MAPPING-05",
        )


@cache
def packaged() -> tuple[Definition, ...]:
    """Give the mappings that come with the house (`data/mappings`)."""
    return load_all(shelf.files("mappings"))


def load_all(places: Sequence[Path]) -> tuple[Definition, ...]:
    """Read mapping files, all faults of all files at once.

    Raises:
        DefinitionError: `.faults` has every fault with file:line and its mend.
    """
    faults: list[Fault] = []
    made = []
    for place in places:
        try:
            source = shelf.yaml(place)
        except DefinitionError as fault:
            faults.extend(fault.faults)
            continue
        found = lint(source, str(place))
        faults.extend(found)
        if not found:
            made.append(_definition(source, str(place)))
    if faults:
        say = Say(f"映射文件有 {len(faults)} 处错误", f"The mapping files have {len(faults)} faults")
        raise DefinitionError(say, code=faults[0].code, where=faults[0].where, fix=faults[0].fix,
                              faults=faults)  # fmt: skip
    return tuple(made)


def lint(source: Any, where: str) -> list[Fault]:
    """Find everything wrong in one mapping file."""
    if not isinstance(source, dict):
        return [_fault(where, 1, "映射文件应为键值形式", "A mapping file is keys and values", "E-MAPPING-01")]
    faults = [
        _fault(where, source.line_of(key), f"不认识的键 {key}", f"Unknown key {key}", "E-MAPPING-01")  # type: ignore[attr-defined]
        for key in source
        if key not in _KEYS
    ]
    kind = source.get("kind")
    if kind not in set(Kind):
        kinds = ", ".join(Kind)
        faults.append(_fault(where, source.line_of("kind"), f"kind 应为其一:{kinds}",  # type: ignore[attr-defined]
                             f"kind must be one of: {kinds}", "E-MAPPING-02"))  # fmt: skip
    columns = source.get("columns")
    if not isinstance(columns, dict) or not columns:
        faults.append(_fault(where, source.line_of("columns"), "columns 应为 列名: 字段名",  # type: ignore[attr-defined]
                             "columns must be header: field", "E-MAPPING-01"))  # fmt: skip
        return faults
    return faults + _column_faults(source, where) + _pattern_faults(source, where)


def _column_faults(source: Any, where: str) -> list[Fault]:
    faults, seen = [], dict[str, str]()
    known: set[str] = {headers.RECORD_ID}
    if source.get("kind") in set(Kind):
        known |= {field.name for field in schema.of(Kind(source["kind"])).fields}
    for header, use in source["columns"].items():
        line = source["columns"].line_of(header)
        field, unit = _use(use)
        if field is not None and len(known) > 1 and field not in known:
            faults.append(_fault(where, line, f"没有字段 {field}", f"There is no field {field}",
                                 "E-MAPPING-03", _near(str(field), known)))  # fmt: skip
        elif field is not None and field in seen:
            faults.append(_fault(where, line, f"字段 {field} 已由列“{seen[field]}”填写",
                                 f"Field {field} is already filled by column {seen[field]!r}",
                                 "E-MAPPING-04"))  # fmt: skip
        if unit is not None and unit not in _UNITS:
            units = ", ".join(sorted(_UNITS))
            faults.append(_fault(where, line, f"unit 应为其一:{units}", f"unit is one of: {units}",
                                 "E-MAPPING-03"))  # fmt: skip
        if field is not None:
            seen.setdefault(str(field), str(header))
    return faults


def _pattern_faults(source: Any, where: str) -> list[Fault]:
    pattern = source.get("record_id_from_url")
    if pattern is None:
        return []
    try:
        groups = re2.compile(pattern).groupindex
    except (re2.error, TypeError) as fault:
        return [_fault(where, source.line_of("record_id_from_url"), f"正则有误:{fault}",
                       f"Pattern is wrong: {fault}", "E-MAPPING-01")]  # fmt: skip
    if "id" in groups:
        return []
    return [_fault(where, source.line_of("record_id_from_url"), "正则须有名为 id 的组",
                   "The pattern needs a group named id", "E-MAPPING-01")]  # fmt: skip


def _near(name: str, known: set[str]) -> Say:
    from rapidfuzz import process

    best = process.extractOne(name, sorted(known))
    return Say(f"是不是 {best[0]}?全部字段见文档", f"Did you mean {best[0]}? All fields are in the docs")


def _fault(where: str, line: int, zh: str, en: str, code: str, fix: Say | None = None) -> Fault:
    return Fault(f"{where}:{line}", Say(zh, en),
                 fix or Say("请改这一行", "Mend this line"), code)  # fmt: skip


def _use(use: Any) -> tuple[str | None, str | None]:
    if isinstance(use, dict):
        return use.get("field"), use.get("unit")
    return (None if use in (None, "", False) else str(use)), None


def _definition(source: Any, where: str) -> Definition:
    columns = {str(header): _use(use) for header, use in source["columns"].items()}
    mapped = tuple(header for header, (field, _) in columns.items() if field)
    return Definition(where, Kind(source["kind"]), columns, tuple(source.get("needs") or mapped),
                      source.get("record_id_from_url"))  # fmt: skip


def write(found: Mapping, file_name: str) -> str:
    """Write a mapping as a file a person can edit."""
    lines = [
        "# 列名: 字段名;不导入的列写 null;金额单位可写成 {field: disputed_fen, unit: yuan}",
        "# header: field; null leaves a column out; a unit is written {field: disputed_fen, unit: yuan}",
        f"source: {_quoted(file_name)}",
        f"kind: {found.kind.value}",
        "columns:",
    ]
    for use in found.columns:
        lines.append(f"  {_quoted(use.header)}: {_written(use)}")
    return "\n".join(lines) + "\n"


def _written(use: ColumnUse) -> str:
    if use.how == mapping.SECRET:
        return "null  # C3 数据不收 / C3 is refused"
    if use.field is None:
        return "null"
    return f"{{field: {use.field}, unit: {use.unit}}}" if use.unit in _UNITS else use.field


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
