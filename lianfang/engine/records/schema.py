"""The six kinds of record and their fields, from `data/schema/*.yaml`.

A field without purpose, legal basis, retention and class does not exist: the lint fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import IdentifierKind, Kind, PersonalClass, Role
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

LEGAL_BASES = (
    "consent", "contract", "statutory_duty", "emergency", "news_supervision",
    "lawfully_public", "law_other",
)  # fmt: skip
"""The seven of PIPL article 13; "legitimate interest" is not one of them."""

TIME = pa.timestamp("us", tz="UTC")
TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "text": pa.string(),
    "identifier": pa.string(),
    "list": pa.string(),
    "time": TIME,
    "date": pa.date32(),
    "money": pa.int64(),
    "int": pa.int64(),
    "bool": pa.bool_(),
}

SYSTEM = (
    pa.field("record_no", pa.int64(), nullable=False),
    pa.field("record_id", pa.string(), nullable=False),
    pa.field("source_file", pa.string(), nullable=False),
    pa.field("source_row", pa.int64(), nullable=False),
    pa.field("row_sha256", pa.string(), nullable=False),
)
"""Columns every record has: where it came from, and what its row was."""


@dataclass(frozen=True)
class Field:
    """One column of a kind of record, and why it may be kept."""

    name: str
    type: str
    identifier: IdentifierKind | None
    also: IdentifierKind | None
    role: Role | None
    meaning: Say
    personal_class: PersonalClass
    purpose: tuple[str, ...]
    legal_basis: str
    retention: str
    headers: tuple[str, ...]

    @property
    def arrow(self) -> pa.DataType:
        """Give the Arrow type its column has."""
        return TYPES[self.type]


@dataclass(frozen=True)
class KindSchema:
    """One kind of record: its fields, its time, the texts that are read."""

    kind: Kind
    name: Say
    time_field: str
    text_fields: tuple[str, ...]
    file_hints: tuple[str, ...]
    record_id_headers: tuple[str, ...]
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """Give a field by its name."""
        return next((one for one in self.fields if one.name == name), None)

    @property
    def arrow(self) -> pa.Schema:
        """Give the Arrow schema of the kind's table: system columns, then fields."""
        return pa.schema([*SYSTEM, *(pa.field(one.name, one.arrow) for one in self.fields)])


@cache
def load() -> dict[Kind, KindSchema]:
    """Read the packaged schema.

    Returns:
        One entry a kind, in the order of `codes.Kind`.

    Raises:
        DefinitionError: with every fault of every file.
    """
    return load_folder(shelf.path("schema"))


def of(kind: Kind) -> KindSchema:
    """Give the schema of one kind."""
    return load()[kind]


def load_folder(folder: Path) -> dict[Kind, KindSchema]:
    """Read a folder of schema files, all faults at once.

    Raises:
        DefinitionError: with every fault of every file.
    """
    faults: list[Fault] = []
    found: dict[Kind, KindSchema] = {}
    for place in sorted(folder.glob("*.yaml")):
        source = shelf.yaml(place)
        faults.extend(lint(source, str(place)))
        if not faults:
            made = _kind(source)
            found[made.kind] = made
    if faults:
        say = Say(f"字段定义有 {len(faults)} 处错误", f"The schema has {len(faults)} faults")
        raise DefinitionError(say, code="E-SCHEMA-01", where=faults[0].where, faults=faults)
    return {kind: found[kind] for kind in Kind if kind in found}


def lint(source: Any, where: str) -> list[Fault]:
    """Find everything wrong in one schema file: what is missing, unknown or doubled.

    Args:
        source: what `shelf.yaml` read.
        where: the file's name, for the faults.
    """
    faults = [
        _fault(where, getattr(source, "line", 1), f"缺少 {key}", f"{key} is missing")
        for key in ("source", "kind", "name", "time", "text", "record_id", "fields")
        if not isinstance(source, dict) or not source.get(key)
    ]
    if faults:
        return faults
    if source["kind"] not in set(Kind):
        zh, en = f"没有这种记录:{source['kind']}", f"No such kind: {source['kind']}"
        faults.append(_fault(where, source.line_of("kind"), zh, en))
    seen: set[str] = set()
    for one in source["fields"]:
        faults.extend(_field_faults(one, where, seen))
    for name in (source["time"], *source["text"]):
        if name not in seen:
            zh, en = f"没有字段 {name}", f"There is no field {name}"
            faults.append(_fault(where, source.line, zh, en))
    return faults


def _field_faults(one: Any, where: str, seen: set[str]) -> list[Fault]:
    name = str(one.get("name", "?"))
    problems = [
        (f"字段 {name} 缺少 {key}", f"Field {name} lacks {key}")
        for key in ("name", "type", "meaning", "class", "purpose", "legal_basis", "retention")
        if not one.get(key)
    ]
    checks = (
        (name in seen, f"字段 {name} 重复", f"Field {name} stands twice"),
        (one.get("type") not in TYPES, f"字段 {name} 的 type 不认识", f"Unknown type of {name}"),
        (one.get("class") not in ("C1", "C2"), f"字段 {name} 的 class 须为 C1 或 C2(C3 不收)",
         f"Class of {name} must be C1 or C2 (C3 is refused)"),
        (one.get("legal_basis") not in LEGAL_BASES, f"字段 {name} 的 legal_basis 不在七项之内",
         f"Legal basis of {name} is none of the seven"),
        (not re.fullmatch(r"P\d+[YMD] after [a-z]+", str(one.get("retention"))),
         f"字段 {name} 的 retention 形如 P3Y after closed",
         f"Retention of {name} reads like: P3Y after closed"),
        ((one.get("type") == "identifier") != (one.get("identifier") in set(IdentifierKind)),
         f"字段 {name} 的 identifier 与 type 不符", f"Identifier of {name} does not fit its type"),
        (one.get("role") is not None and one.get("role") not in set(Role),
         f"字段 {name} 的 role 不认识", f"Unknown role of {name}"),
    )  # fmt: skip
    problems.extend((zh, en) for is_wrong, zh, en in checks if is_wrong)
    seen.add(name)
    return [_fault(where, getattr(one, "line", 0), zh, en) for zh, en in problems]


def _fault(where: str, line: int, zh: str, en: str) -> Fault:
    fix = Say("见 docs 中的字段说明", "See the page on fields in docs")
    return Fault(f"{where}:{line}", Say(zh, en), fix, "E-SCHEMA-01")


def _kind(source: Any) -> KindSchema:
    return KindSchema(
        kind=Kind(source["kind"]),
        name=Say(source["name"]["zh"], source["name"]["en"]),
        time_field=source["time"],
        text_fields=tuple(source["text"]),
        file_hints=tuple(source.get("file_hints") or ()),
        record_id_headers=tuple(source["record_id"]),
        fields=tuple(_field(one) for one in source["fields"]),
    )


def _field(one: Any) -> Field:
    return Field(
        name=one["name"],
        type=one["type"],
        identifier=IdentifierKind(one["identifier"]) if one.get("identifier") else None,
        also=IdentifierKind(one["also"]) if one.get("also") else None,
        role=Role(one["role"]) if one.get("role") else None,
        meaning=Say(one["meaning"]["zh"], one["meaning"]["en"]),
        personal_class=PersonalClass(one["class"]),
        purpose=tuple(one["purpose"]),
        legal_basis=one["legal_basis"],
        retention=one["retention"],
        headers=tuple(one.get("headers") or ()),
    )
