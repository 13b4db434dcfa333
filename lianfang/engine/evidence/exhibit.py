"""Exhibits: what a piece of evidence is, whether it is still the same, who had it, and until when it must stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from lianfang.engine.evidence import canonical, digest, leaf
from lianfang.engine.evidence.digest import Digests
from lianfang.engine.terms.errors import Conflict, InputError, NotEnough, ProofError, Say


class Category(StrEnum):
    """Kinds of electronic data a court distinguishes.

    Source:
        Several Provisions on Evidence in Civil Procedure (民事诉讼证据规定), article 14.
    """

    WEB = "web"  # pages, posts, microblogs
    MESSAGE = "message"  # SMS, e-mail, instant messages, group chats
    RECORD = "record"  # registration, login, transactions, logs
    FILE = "file"  # documents, pictures, sound, video, programs
    OTHER = "other"


@dataclass(frozen=True)
class About:
    """What a person says of an exhibit at intake.

    Moments are aware; what is unknown stays empty, never invented.
    """

    title: str
    category: Category
    object_of_proof: str
    source: str
    captured_at: datetime
    captured_by: str
    file_name: str
    mime: str = "application/octet-stream"
    device: str = ""
    tool: str = ""
    method: str = ""
    clock_source: str = ""
    network: str = ""
    cleanliness_report: str = ""
    original_location: str = ""
    second_person: str = ""
    remarks: str = ""
    parent: str = ""  # id of the exhibit this was derived from


@dataclass(frozen=True)
class Redaction:
    """One place made unreadable in a copy: what, why, and a commitment to what stood there.

    The salt stays with whoever keeps the original; with it the place can be shown later to one who may see it.
    """

    place: str
    what: str
    why: str
    commit: leaf.Commitment


@dataclass(frozen=True)
class Exhibit:
    """A piece of evidence: its id, what is said of it, what its bytes are."""

    id: str
    about: About
    digests: Digests
    retain_until: date | None = None
    redactions: tuple[Redaction, ...] = ()

    def row(self) -> dict[str, Any]:
        """Give it as a canonical JSON value; empty fields are left out."""
        told = {name: _told(value) for name, value in vars(self.about).items() if value not in ("", None)}
        made: dict[str, Any] = {"id": self.id, **told, **self.digests.row()}
        if self.retain_until:
            made["retain_until"] = self.retain_until.isoformat()
        if self.redactions:
            made["redactions"] = [
                {"place": one.place, "what": one.what, "why": one.why, "commit": {"sha256": one.commit.sha256, "sm3": one.commit.sm3}} for one in self.redactions
            ]
        return made

    def payload(self) -> bytes:
        """Give the bytes a leaf commits to."""
        return canonical.dumps(self.row())


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def take_in(name: str, about: About, chunks: Iterable[bytes], retain_until: date | None = None) -> Exhibit:
    """Take a piece of evidence in: digest its bytes once, before anything else is done to them.

    Args:
        name: the exhibit's id, a code without meaning.
        about: what is said of it.
        chunks: its bytes.

    Raises:
        InputError: E-EXHIBIT-01, no title, object of proof, source or collector; or a moment without a zone.
    """
    lacking = [field for field in ("title", "object_of_proof", "source", "captured_by", "file_name") if not getattr(about, field).strip()]
    if about.captured_at.tzinfo is None:
        lacking.append("captured_at (+08:00)")
    if lacking:
        raise InputError(Say(f"证据缺少:{'、'.join(lacking)}", f"the exhibit lacks: {', '.join(lacking)}"), code="E-EXHIBIT-01",
                         fix=Say("补全后再入库;不知道的写“不明”", "complete it; write `unknown` where it is unknown"))
    return Exhibit(name, about, digest.of(chunks), retain_until)


def read(row: Mapping[str, Any]) -> Exhibit:
    """Read what `Exhibit.row` gave.

    Raises:
        InputError: E-EXHIBIT-02, a field is missing, unknown or malformed.
    """
    try:
        fields = dict(row)
        name, until, redactions = fields.pop("id"), fields.pop("retain_until", None), fields.pop("redactions", [])
        digests = digest.read({key: fields.pop(key) for key in ("bytes", "sha256", "sm3")})
        fields["captured_at"] = datetime.fromisoformat(fields["captured_at"])
        fields["category"] = Category(fields["category"])
        held = tuple(Redaction(one["place"], one["what"], one["why"], leaf.Commitment(**one["commit"])) for one in redactions)
        return Exhibit(name, About(**fields), digests, date.fromisoformat(until) if until else None, held)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise InputError(Say(f"证据记录有误:{wrong}", f"the exhibit's record is faulty: {wrong}"), code="E-EXHIBIT-02") from wrong


def is_same(found: Exhibit, chunks: Iterable[bytes]) -> bool:
    """Say whether the bytes are still those of the intake; asked at every read and every hand-over.

    A no means: put it in quarantine, tell somebody, hand out nothing.
    """
    return digest.of(chunks) == found.digests


def demand_same(found: Exhibit, chunks: Iterable[bytes]) -> Digests:
    """Give the digests of an exhibit that is still the same.

    Raises:
        ProofError: E-EXHIBIT-03, it is not.
    """
    made = digest.of(chunks)
    if made != found.digests:
        raise ProofError(Say(f"证据 {found.id} 已不是入库时的内容", f"exhibit {found.id} is not what was taken in"), code="E-EXHIBIT-03", where=found.id,
                         fix=Say("隔离此件,通知管理员,查保管链", "quarantine it, tell the keeper, read the chain of custody"))
    return made


@dataclass(frozen=True)
class Cover:
    """A place in a text to be covered: characters from `start` up to `stop`."""

    start: int
    stop: int
    what: str
    why: str


def redact(text: str, covers: Sequence[Cover], salts: Sequence[bytes]) -> tuple[str, tuple[Redaction, ...]]:
    """Cover places of a text and bind to what stood there.

    Args:
        text: the original, which stays as it is elsewhere.
        covers: places, not overlapping.
        salts: one of 32 bytes for each.

    Returns:
        A text of the same length with `█`, and the redaction map; `place` counts characters from 0.

    Raises:
        InputError: E-EXHIBIT-04, places overlap or lie outside, or a reason is missing.
    """
    made, rows, at = list(text), [], 0
    for cover, salt in sorted(zip(covers, salts, strict=True), key=lambda pair: pair[0].start):
        if not at <= cover.start < cover.stop <= len(text) or not cover.what or not cover.why:
            raise InputError(Say("遮盖位置重叠、越界或缺理由", "covered places overlap, lie outside, or lack a reason"), code="E-EXHIBIT-04", where=f"{cover.start}-{cover.stop}")
        at = cover.stop
        hidden = text[cover.start : cover.stop].encode("utf-8")
        rows.append(Redaction(f"{cover.start}-{cover.stop}", cover.what, cover.why, leaf.commit(salt, hidden)))
        made[cover.start : cover.stop] = "█" * (cover.stop - cover.start)
    return "".join(made), tuple(rows)


def shows(row: Redaction, salt: bytes, hidden: str) -> bool:
    """Say whether this is what stood under a covered place."""
    return leaf.commit(salt, hidden.encode("utf-8")) == row.commit


def derive(parent: Exhibit, name: str, chunks: Iterable[bytes], redactions: Sequence[Redaction] = (), remarks: str = "") -> Exhibit:
    """Make the record of a copy that was changed on purpose: it names its parent and what was covered."""
    about = replace(parent.about, parent=parent.id, remarks=remarks or parent.about.remarks)
    return Exhibit(name, about, digest.of(chunks), parent.retain_until, tuple(redactions))


@dataclass(frozen=True)
class Hold:
    """A legal hold: as long as it stands, nothing of its exhibits goes."""

    id: str
    reason: str
    exhibits: frozenset[str]
    lifted_on: date | None = None


def why_it_stays(found: Exhibit, holds: Sequence[Hold], on: date) -> tuple[Say, ...]:
    """Say every reason why an exhibit may not be removed on a day; none means it may.

    A hold beats an expiry. Without a day of expiry nothing is ever removed.
    """
    told = [Say(f"法律保全 {one.id}:{one.reason}", f"legal hold {one.id}: {one.reason}") for one in holds
            if found.id in one.exhibits and (one.lifted_on is None or on < one.lifted_on)]
    if found.retain_until is None:
        told.append(Say("没有保存期限", "it has no day of expiry"))
    elif on <= found.retain_until:
        told.append(Say(f"保存至 {found.retain_until}", f"kept until {found.retain_until}"))
    return tuple(told)


def demand_removable(found: Exhibit, holds: Sequence[Hold], on: date, asked_by: str, agreed_by: str) -> None:
    """Let an exhibit be removed only when it may be and two people want it.

    Raises:
        Conflict: E-EXHIBIT-05, something keeps it; says what.
        NotEnough: E-EXHIBIT-06, one person alone.
    """
    kept = why_it_stays(found, holds, on)
    if kept:
        raise Conflict(Say("不可删除:" + ";".join(one.zh for one in kept), "may not be removed: " + "; ".join(one.en for one in kept)), code="E-EXHIBIT-05", where=found.id)
    if not asked_by or not agreed_by or asked_by == agreed_by:
        raise NotEnough(Say("删除需要第二人同意", "removal needs a second person"), code="E-EXHIBIT-06", where=found.id)
