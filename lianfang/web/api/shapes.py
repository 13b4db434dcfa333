"""What goes in and comes out of the machines' room; everything about people is masked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, Field

from lianfang.engine.terms.codes import Kind

MOST_SIGNS = 20_000


def _storable(text: str) -> str:
    """Refuse what no database keeps: half characters and the sign zero."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("holds signs that are no text")
    return text


Text = Annotated[str, AfterValidator(_storable)]


class OneRecord(Schema):
    """A record of one kind, its fields named as in the schema; money in fen, times in ISO 8601."""

    kind: Kind
    fields: dict[str, Text | int | bool | None] = Field(max_length=80)


class OneText(Schema, extra="forbid"):
    """A text to be looked at."""

    text: Annotated[Text, Field(min_length=1, max_length=MOST_SIGNS)]


class RecordIn(Schema, extra="forbid"):
    """A record to be looked at."""

    record: OneRecord


class JudgementIn(Schema):
    """What a person says of two records of a ring."""

    ring: UUID
    left: Annotated[Text, Field(min_length=1, max_length=200)]
    right: Annotated[Text, Field(min_length=1, max_length=200)]
    answer: Literal["same", "different", "unsure"]
    reason: Annotated[Text, Field(min_length=1, max_length=300)]


class RunOut(Schema):
    """A run: where it stands and what it counted."""

    code: UUID
    name: str
    state: str
    made_at: datetime
    ended_at: datetime | None
    percent: int
    step: dict[str, Any]
    told: dict[str, Any]


class RingOut(Schema):
    """A ring in the queue."""

    code: UUID
    ring_id: str
    level: str
    n_records: int
    n_people: int
    n_institutions: int
    first_on: date | None
    last_on: date | None
    activities: str
    score: float
    why_zh: str
    why_en: str
    shared_at: datetime | None


class JudgementOut(Schema):
    """A judgement: it stands until it is taken back."""

    code: UUID
    ring_id: str
    left: str
    right: str
    answer: str
    reason: str
    made_at: datetime
    taken_back_at: datetime | None


class EntryOut(Schema):
    """An entry of the evidence log; `place` is its index once the log on disk has it."""

    code: UUID
    made_at: datetime
    tag: str
    actor: str
    target: str
    place: int | None


class CaseOut(Schema):
    """A case: what it is about and where it stands; `state` is a state of its table."""

    code: UUID
    number: str
    table: str
    typology: str
    key: str
    state: str
    outcome: str
    appeal_outcome: str
    due_on: date | None
    expires_on: date | None
    made_at: datetime
    moved_at: datetime
    ended_at: datetime | None


class ExhibitOut(Schema):
    """A piece of evidence: what its bytes were at intake; no bytes and no words about people."""

    code: UUID
    about: str
    sort: str
    mime: str
    is_quarantined: bool
    n_bytes: int
    sha256: str
    sm3: str
    captured_at: datetime
    made_at: datetime
    expires_on: date | None
    state: str


class Part(Schema):
    """A part of a list: how many rows there are in all, and the cursor that goes on, if any."""

    total: int
    next: str | None


class RunPart(Part):
    """Some runs."""

    rows: list[RunOut]


class RingPart(Part):
    """Some rings."""

    rows: list[RingOut]


class JudgementPart(Part):
    """Some judgements."""

    rows: list[JudgementOut]


class EntryPart(Part):
    """Some entries of the log."""

    rows: list[EntryOut]


class CasePart(Part):
    """Some cases."""

    rows: list[CaseOut]


class ExhibitPart(Part):
    """Some exhibits."""

    rows: list[ExhibitOut]


class RowPart(Part):
    """Some members or links of a ring, as its picture has them."""

    rows: list[dict[str, Any]]


class Whom(Schema):
    """Whom a key stands for, and what it may do."""

    institution: UUID
    role: str
    scopes: list[str]


def shown(shape: type[Schema], row: Any) -> dict[str, Any]:
    """Give what is shown of a row: what its ETag is made of."""
    return shape.from_orm(row).model_dump(mode="json")
