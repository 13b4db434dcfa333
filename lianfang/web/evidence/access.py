"""Reading the log. The room knows nobody: callers say for which institutions they may ask."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from lianfang.engine.evidence import leaf
from lianfang.engine.terms.errors import NotFound, Say
from lianfang.web.evidence import store, witness
from lianfang.web.evidence.models import Entry
from lianfang.web.evidence.witness import Told


def last_code() -> str:
    """Give the code of the last entry of the whole log: as long as it stands, nothing anybody did is new."""
    return str(Entry.objects.order_by("-pk").values_list("code", flat=True).first() or "")


def find_entries(institutions: Collection[str], tag: str = "") -> Any:
    """Give the entries of some institutions, newest first."""
    found = Entry.objects.filter(institution__in=list(institutions)).select_related("opening").order_by("-pk")
    return found.filter(tag=tag) if tag else found


def get_entry(institutions: Collection[str], code: UUID) -> Entry:
    """Give one entry of these institutions."""
    found: Entry | None = find_entries(institutions).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这条日志", "there is no such entry"), code="E-LOG-11")
    return found


def tags(institutions: Collection[str]) -> list[str]:
    """Give every tag these institutions have entries of."""
    return sorted(find_entries(institutions).order_by().values_list("tag", flat=True).distinct())


def opens(entry: Entry) -> bool | None:
    """Say whether the kept content still matches its commitment; None once it was forgotten."""
    opening = getattr(entry, "opening", None)
    if opening is None:
        return None
    return leaf.opens(leaf.from_bytes(bytes(entry.leaf)), bytes(opening.salt), bytes(opening.content))


def proof_of(entry: Entry) -> bytes:
    """Give the file that proves an entry is in the log; anybody checks it without us."""
    made = store.prove(entry.place) if entry.place is not None else None
    if made is None:
        raise NotFound(
            Say("这条日志还没有进入检查点", "no checkpoint covers this entry yet"), code="E-LOG-12",
            fix=Say("过几秒再试", "try again in a few seconds"),
        )  # fmt: skip
    return made


def n_waiting() -> int:
    """Count the entries the log on disk does not have yet."""
    return int(Entry.objects.filter(place__isnull=True).count())


def checkpoint() -> bytes:
    """Give the log's last signed checkpoint."""
    made = store.checkpoint()
    if made is None:
        raise NotFound(Say("日志还没有检查点", "the log has no checkpoint yet"), code="E-LOG-13")
    return made


@dataclass(frozen=True)
class Keeping:
    """How the log stands: what is signed, what waits, what the witness said, why it could not be written."""

    n_leaves: int
    n_waiting: int
    is_cosigned: bool
    witness: str
    told: Told | None
    trouble: dict[str, str] | None


def keeping() -> Keeping:
    """Say how the log stands."""
    made, held = store.published(), witness.key()
    signed = store.checkpoint()
    return Keeping(
        made.n_leaves if made else 0, n_waiting(), signed is not None and witness.is_cosigned(signed), held.name if held else "",
        witness.last(), store.trouble(),
    )  # fmt: skip


def heads() -> tuple[int, int]:
    """Say how many entries the published log has, and how many the database knows the place of."""
    made = store.published()
    last = Entry.objects.aggregate(last=Max("place"))["last"]
    return made.n_leaves if made else 0, 0 if last is None else int(last) + 1


def last_made_at() -> datetime | None:
    """Say when the last entry was made."""
    found: datetime | None = Entry.objects.aggregate(last=Max("made_at"))["last"]
    return found


def placed() -> Iterator[tuple[int, bytes]]:
    """Give every row that has its place in the log, in the log's order: place and leaf."""
    rows = Entry.objects.filter(place__isnull=False).order_by("place").values_list("place", "leaf")
    return ((place, bytes(raw)) for place, raw in rows.iterator())


def key_line() -> str:
    """Give the log's public key."""
    return store.key_line()
