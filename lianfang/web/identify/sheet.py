"""One record as a page shows it: fields and text masked, signs with their clauses, guards that acted."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import Say
from lianfang.web.identify import guides
from lianfang.web.identify.lookup import Found

# What names the person a look counts, the surest first.
_PERSON = ("person_resident_id", "person_mobile", "party_mobile", "mobile", "person_name")
_YES_NO = {True: Say("是", "yes"), False: Say("否", "no")}


@dataclass(frozen=True)
class Cell:
    """One field of a record: what it means, and what of it is shown."""

    name: str
    meaning: Say
    shown: Any


def person_of(found: Found) -> str:
    """Name the person a record is about, for counting looks."""
    held = ((name, found.cells.get(name)) for name in _PERSON)
    return next((f"{name}:{value}" for name, value in held if value), found.key)


def cells(found: Found) -> list[Cell]:
    """List the fields a record has, in the order of the schema, masked; its text is shown apart."""
    from lianfang.engine.records import schema

    read = schema.of(Kind(found.kind))
    told = []
    for field in read.fields:
        value = found.cells.get(field.name)
        if value is not None and value != "" and field.name not in read.text_fields:
            told.append(Cell(field.name, field.meaning, masked(field, value)))
    return told


def masked(field: Any, value: Any) -> Any:
    """Cover what a field says of a person; moments, sums and counts are shown, and so is what names nobody."""
    from lianfang.engine.identifiers import mask

    if isinstance(value, bool):
        return _YES_NO[value]
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if field.type == "money":
        return Say(f"{value / 100:,.2f} 元", f"{value / 100:,.2f} yuan")
    if isinstance(value, int):
        return str(value)
    if field.identifier is not None:
        return mask.mask(field.identifier, value)
    if field.name.endswith("_name"):
        return value[:1] + "*" * min(len(value) - 1, 3)
    return value if str(field.personal_class) == "C1" else mask.mask_any(value)


def text(found: Found) -> str:
    """Give the text of a record, raw; the places of its signs count in it."""
    from lianfang.engine.identify.signals import body

    return body.body(found.kind, found.cells)


def veiled(found: Found) -> str:
    """Give the text of a record with numbers and names covered, of the same length."""
    from lianfang.engine.reports import veil

    return veil.veiled(text(found), _names(found))


def _names(found: Found) -> Set[str]:
    from lianfang.engine.reports import veil

    return veil.names([str(value) for name, value in found.cells.items() if name.endswith("_name") and value])


def marks(found: Found) -> list[dict[str, Any]]:
    """Give the lit stretches of a record, each with its clause, strength and reason."""
    book = guides.book()
    names = {(holder.id, clause.id): clause.name for holder in book.holders for clause in holder.clauses}
    told = []
    for row in found.signs:
        name = names.get((row["guide"], row["clause"]), Say(row["clause"], row["clause"]))
        told.append({
            "guide": row["guide"], "clause": row["clause"], "strength": row["strength"], "start": row["span_start"],
            "end": row["span_end"], "zh": name.zh, "en": name.en, "why_zh": row["why_zh"], "why_en": row["why_en"],
        })  # fmt: skip
    return told


def guards(found: Found) -> list[Any]:
    """Give the guards that acted on a record."""
    said = set((found.cells.get("said_guards") or "").split("|"))
    return [guard for guard in guides.book().guards if guard.id in said]


def links(found: Found) -> list[dict[str, Any]]:
    """Give the links of a record: by what, to which other record, why."""
    from lianfang.engine.identify.rings import rules

    told = []
    for row in found.links:
        named = rules.join().by(row["by"]).name
        other = f"{row['other_kind']}:{row['other_id']}"
        told.append({"by": named, "other": other, "kind": row["other_kind"], "id": row["other_id"], "bits": row["weight_bits"],
                     "why": Say(row["why_zh"] or named.zh, row["why_en"] or named.en)})  # fmt: skip
    return told
