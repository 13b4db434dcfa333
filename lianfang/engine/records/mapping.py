"""Which column is which field: recognised from headers and values, or told by a mapping file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lianfang.engine.identifiers import kinds
from lianfang.engine.records import headers, schema, secrets
from lianfang.engine.terms.codes import IdentifierKind, Kind

_COUNTERS = {"序号", "行号", "no", "sn", "#", "index"}
SECRET, TAKEN, UNKNOWN = "secret", "taken", "unknown"
_SURE = 0.8
"""Share of a nameless column's cells that must read as an identifier before it counts as one."""


@dataclass(frozen=True)
class ColumnUse:
    """One column of a file: the field it fills, and how that was seen.

    `how`: name, alias, near, values, mapping; or, with no field: unknown, taken, secret, unused.
    """

    place: int
    header: str
    field: str | None
    how: str
    unit: str | None = None


@dataclass(frozen=True)
class Mapping:
    """The kind of a table and the use of each of its columns."""

    kind: Kind
    columns: tuple[ColumnUse, ...]
    id_pattern: str | None = None

    def of(self, field: str) -> ColumnUse | None:
        """Give the column that fills a field."""
        return next((one for one in self.columns if one.field == field), None)

    @property
    def n_fields(self) -> int:
        """Count the fields that a column fills, the record's own number left out."""
        return sum(one.field not in (None, headers.RECORD_ID) for one in self.columns)


def recognise(
    names: Sequence[str],
    sample: Sequence[Sequence[str]] = (),
    file_name: str = "",
    kind: Kind | None = None,
) -> Mapping:
    """Recognise kind and columns from headers; where a header says nothing, from the values.

    Args:
        names: the headers, each its own.
        sample: some rows, for nameless columns and for secrets.
        file_name: may hint at the kind where the headers do not.
        kind: the kind, where it is known.

    Returns:
        A mapping; a table nobody could name is a complaint, the kind that asks for least.
    """
    chosen = kind or _likeliest(names, file_name)
    uses = _by_header(chosen, names)
    cells = {
        place: [row[place].strip() for row in sample if place < len(row) and row[place].strip()]
        for place in range(len(names))
    }
    uses = _by_values(chosen, uses, cells)
    return Mapping(chosen, tuple(_secrets_out(uses, cells)))


def known_headers(names: Sequence[str]) -> int:
    """Count the headers that mean something in the kind that knows most of them."""
    full = [name for name in names if name.strip() and len(name) <= 40]
    return max(
        sum(headers.candidates(kind, name)[1] in ("name", "alias") for name in full) for kind in schema.load()
    )


def _likeliest(names: Sequence[str], file_name: str) -> Kind:
    shapes = schema.load()
    knows = {kind: {name for name in names if headers.candidates(kind, name)[0]} for kind in shapes}
    scores = {}
    for kind, shape in shapes.items():
        shared = [sum(name in other for other in knows.values()) for name in knows[kind]]
        score = sum(1 / n for n in shared)
        filled = {use.field for use in _by_header(kind, names)} - {None, headers.RECORD_ID}
        if len(filled) >= 4:
            score += 0.5 * len(filled) / len(shape.fields)
        score += sum(0.5 for name in names if any(hint in name.lower() for hint in shape.file_hints[:2]))
        # what one kind calls by its own field name is that kind's file
        score += 0.2 * sum(shape.field(name) is not None for name in names)
        score += 1.0 * any(hint in file_name.lower() for hint in shape.file_hints)
        scores[kind] = score
    best = max(scores.values())
    return next(kind for kind in Kind if scores.get(kind, -1) >= best - 1e-9)


def _counts_rows(name: str) -> bool:
    """Say whether a header is that of a running number: it starts again at 1 in the next file, so any real id goes first."""
    return name.strip().lower().rstrip(".。") in _COUNTERS


def _by_header(kind: Kind, names: Sequence[str]) -> list[ColumnUse]:
    asked = [(place, name, *headers.candidates(kind, name)) for place, name in enumerate(names)]
    taken: dict[str, int] = {}
    found: dict[int, ColumnUse] = {}
    rank = {"name": 0, "alias": 1, "near": 2, "unknown": 3}
    # the surest first, mere row counters last, then headers that can mean one thing only, then from left to right
    for place, name, fields, how in sorted(asked, key=lambda one: (rank[one[3]], _counts_rows(one[1]), len(one[2]), one[0])):
        head = headers.read(name)
        if secrets.is_secret_header(name) and how != "name":
            found[place] = ColumnUse(place, name, None, SECRET)
            continue
        free = next((field for field in fields if field not in taken), None)
        if free is None:
            found[place] = ColumnUse(place, name, None, TAKEN if fields else UNKNOWN)
            continue
        taken[free] = place
        unit = "fen" if how == "name" and free.endswith("_fen") else head.unit
        found[place] = ColumnUse(place, name, free, how, unit)
    return [found[place] for place in range(len(names))]


def _by_values(kind: Kind, uses: list[ColumnUse], cells: dict[int, list[str]]) -> list[ColumnUse]:
    taken = {use.field for use in uses}
    for at, use in enumerate(uses):
        if use.how != UNKNOWN or not headers.read(use.header).says_nothing:
            continue
        field = _field_of_values(kind, cells[use.place], taken)
        if field is not None:
            uses[at] = replace(use, field=field, how="values")
            taken.add(field)
    return uses


_TELLING = (
    IdentifierKind.RESIDENT_ID, IdentifierKind.MOBILE, IdentifierKind.USCC, IdentifierKind.EMAIL,
    IdentifierKind.IP, IdentifierKind.BANK_CARD, IdentifierKind.SHA256, IdentifierKind.PLATE,
)  # fmt: skip


def _field_of_values(kind: Kind, values: list[str], taken: set[str | None]) -> str | None:
    if not values:
        return None
    shape = schema.of(kind)

    def mostly(test: Callable[[str], bool]) -> bool:
        return sum(map(test, values)) >= _SURE * len(values)

    for identifier in _TELLING:
        if mostly(lambda one, identifier=identifier: kinds.valid(identifier, one)):  # type: ignore[misc]
            fit = [one.name for one in shape.fields if one.identifier is identifier]
            return next((name for name in fit if name not in taken), None)
    if mostly(lambda one: one.lower().startswith(("http://", "https://"))):
        return "url" if shape.field("url") and "url" not in taken else None
    if mostly(lambda one: re.match(r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d", one) is not None):
        return shape.time_field if shape.time_field not in taken else None
    is_wordy = sum(map(len, values)) / len(values) >= 12 and len(set(values)) >= len(values) // 4
    return "text" if is_wordy and "text" not in taken else None


def _secrets_out(uses: list[ColumnUse], cells: dict[int, list[str]]) -> list[ColumnUse]:
    cards = {"person_bank_card", "payee_account"}
    has_card = any(use.field in cards for use in uses)
    return [
        replace(use, how=SECRET)
        if use.field is None and secrets.is_secret_column(cells[use.place], has_card)
        else use
        for use in uses
    ]


def stem(file_name: str) -> str:
    """Give the name records without a number of their own are numbered under."""
    return Path(file_name.split("#", 1)[0]).stem
