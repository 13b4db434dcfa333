"""Changing exhibits. No permission is asked here: rooms above do, and call inside the transaction of their act."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import IO, Any
from uuid import UUID

from lianfang.engine.evidence import custody, exhibit, leaf, stamp
from lianfang.engine.evidence.digest import Digests
from lianfang.engine.evidence.exhibit import About, Category
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, InputError, NotEnough, ProofError, Say
from lianfang.web.evidence import actions as log
from lianfang.web.evidence import exhibit_access as access
from lianfang.web.evidence import vault
from lianfang.web.evidence.models import Custody, Exhibit, Hold, Package, Redaction, Stamp
from lianfang.web.evidence.states import DAMAGED, FORGOTTEN, HELD

MOST_TEXT_BYTES = 8 << 20
_SPAN = re.compile(r"(\d{1,9})\s*-\s*(\d{1,9})")
MOST_STAMPED_BYTES = 256 << 20


@dataclass(frozen=True)
class Intake:
    """What is said of an exhibit when it comes in."""

    institution: str
    by: str
    title: str
    purpose: str
    source: str
    captured_at: datetime
    captured_by: str
    name: str
    about: str = ""
    sort: str = "other"
    mime: str = "application/octet-stream"
    n_people: int = 1
    expires_on: date | None = None


@dataclass(frozen=True)
class Reading:
    """An exhibit taken out: a private copy of its bytes, and whether they are those of the intake."""

    exhibit: Exhibit
    content: IO[bytes]
    is_same: bool


def take_in(code: UUID, given: Intake, digests: Digests) -> Exhibit:
    """Enter an exhibit whose bytes are in the vault already; the log is bound to everything said of it."""
    name = vault.harmless(given.name)
    about = About(
        given.title, Category(given.sort), given.purpose, given.source, given.captured_at, given.captured_by, name.shown, given.mime
    )
    return _entered(given, _record(str(code), about, digests, given.expires_on), name)


def _record(name: str, about: About, digests: Digests, expires_on: date | None) -> exhibit.Exhibit:
    # The digests were taken while the bytes were written; `take_in` of nothing checks what is said of them.
    return replace(exhibit.take_in(name, about, (), expires_on), digests=digests)


def _entered(given: Intake, record: exhibit.Exhibit, name: vault.Name, parent: Exhibit | None = None) -> Exhibit:
    at, about = clock.now(), record.about
    entry = log.note_of(log.Deed("evidence:exhibit:kept", given.by, record.id, given.institution), record.payload())
    made = Exhibit.objects.create(
        code=UUID(record.id), institution=given.institution, about=given.about, title=about.title, sort=str(about.category),
        purpose=about.object_of_proof, source=about.source, captured_at=about.captured_at, captured_by=about.captured_by,
        name=about.file_name, mime=about.mime, is_quarantined=name.is_hostile, n_people=given.n_people,
        n_bytes=record.digests.n_bytes, sha256=record.digests.sha256, sm3=record.digests.sm3, made_at=at, made_by=given.by,
        expires_on=record.retain_until, entry=entry, parent=parent,
    )  # fmt: skip
    _line(made, custody.Act.CAPTURE, given.by, "入库 / taken in" if parent is None else "遮盖本 / redacted copy")
    return made


def _line(found: Exhibit, act: custody.Act, by: str, purpose: str, is_same: bool | None = None) -> Custody:
    """Put a line at the end of the chain; two at once wait for each other."""
    Exhibit.objects.select_for_update().filter(pk=found.pk).first()
    last = Custody.objects.filter(exhibit=found).order_by("-pk").first()
    before = custody.read(bytes(last.line)) if last else ()
    at = max(clock.now(), before[-1].at) if before else clock.now()
    told = "" if is_same is None else "same" if is_same else "the bytes are not those of the intake"
    new = custody.Line(str(found.code), at, by, act, purpose or "—", found.sha256, found.sha256, note=told)
    (made,) = custody.add(before[-1:], new)[-1:]
    return Custody.objects.create(
        exhibit=found, at=at, actor=by, act=str(act), purpose=purpose[:200], is_same=is_same, line=made.to_bytes()
    )


def look(found: Exhibit, by: str, act: custody.Act, purpose: str) -> Reading:
    """Take an exhibit out, hash it, and write down that it was done and whether it is still the same.

    Call it inside a transaction and hand the bytes on only if `is_same`; a changed one is marked damaged for good.
    """
    access.record_of(found)
    content, digests = vault.taken_out(found.sha256, found.code)
    is_same = digests == Digests(found.sha256, found.sm3, found.n_bytes)
    _line(found, act, by, purpose, is_same)
    if not is_same and found.state == HELD:
        found.state = DAMAGED
        found.save(update_fields=["state"])
        log.note(log.Deed("evidence:exhibit:damaged", by, str(found.code), found.institution, {"found": digests.row()}))
    return Reading(found, content, is_same and found.state == HELD)


def changed(found: Exhibit) -> ProofError:
    """Make the error for an exhibit whose bytes are not those of the intake."""
    return ProofError(
        Say(f"证据“{found.title}”已不是入库时的内容,已标为损坏,不予提供",
            f"the exhibit “{found.title}” is not what was taken in; it is marked damaged and not handed out"),
        code="E-EXHIBIT-03", where=str(found.code),
        fix=Say("通知管理员,从备份找回原件,并查看保管链", "tell the administrator, find the original in a backup, read its custody"),
    )  # fmt: skip


def hold(found: Exhibit, by: str, reason: str) -> Hold:
    """Keep an exhibit from removal, whatever its day of expiry."""
    access.record_of(found)
    made = Hold.objects.create(exhibit=found, reason=reason, made_by=by, made_at=clock.now())
    _line(found, custody.Act.HOLD, by, reason)
    return made


def release(held: Hold, by: str, reason: str) -> Hold:
    """Release a hold; never by whoever placed it.

    Raises:
        Conflict: E-EXHIBIT-15, it was released already.
        NotEnough: E-EXHIBIT-16, by the same person.
    """
    held = Hold.objects.select_for_update().select_related("exhibit").get(pk=held.pk)
    if held.lifted_at is not None:
        raise Conflict(Say("这项保全已经解除", "the hold was released already"), code="E-EXHIBIT-15")
    if held.made_by == by:
        raise NotEnough(
            Say("解除保全须另一人", "another person releases a hold"), code="E-EXHIBIT-16",
            fix=Say("请另一位有权限的同事解除", "ask a colleague who may"),
        )  # fmt: skip
    held.lifted_by, held.lifted_at, held.lift_reason = by, clock.now(), reason
    held.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
    _line(held.exhibit, custody.Act.RELEASE, by, reason)
    return held


def redact(found: Exhibit, by: str, asked: Sequence[tuple[str, str, str]], code: UUID) -> Exhibit:
    """Make a copy of a text with places covered; the map stands beside the copy, the original is untouched.

    Args:
        found: the original.
        by: code of who does it.
        asked: (place or words, what stands there, why); words are covered wherever they stand.
        code: the copy's code.

    Raises:
        InputError: E-EXHIBIT-17, no text of UTF-8; E-EXHIBIT-04, faulty places, or words that stand nowhere.
    """
    seen = look(found, by, custody.Act.REDACT, "制作遮盖本 / to make a redacted copy")
    with seen.content as content:
        raw = content.read(MOST_TEXT_BYTES + 1)
    if not seen.is_same:
        raise changed(found)
    original = as_text(raw)
    covers = [cover for place, what, why in asked for cover in _covers(original, place, what, why)]
    salts = [leaf.fresh_salt() for _ in covers]
    text, rows = exhibit.redact(original, covers, salts)
    by_place = {f"{one.start}-{one.stop}": salt for one, salt in zip(covers, salts, strict=True)}
    return _copied(found, by, code, vault.keep(code, [text.encode("utf-8")]), [(row, by_place[row.place]) for row in rows])


def _covers(text: str, place: str, what: str, why: str) -> list[exhibit.Cover]:
    """Give the places of a text that are meant: `from-to` in characters, or every place where some words stand."""
    span = _SPAN.fullmatch(place)
    if span:
        return [exhibit.Cover(int(span[1]), int(span[2]), what, why)]
    found = [exhibit.Cover(one.start(), one.end(), what, why) for one in re.finditer(re.escape(place), text)]
    if not found:
        raise InputError(
            Say(f"文中没有这些字:{place}", f"these words stand nowhere in it: {place}"), code="E-EXHIBIT-04",
            fix=Say("照原文写,或写 起-止", "write them as they stand, or from-to"),
        )  # fmt: skip
    return found


def as_text(raw: bytes) -> str:
    """Read bytes as a text whose places can be covered.

    Raises:
        InputError: E-EXHIBIT-17.
    """
    try:
        if len(raw) <= MOST_TEXT_BYTES and b"\x00" not in raw:
            return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise InputError(
        Say("只有 UTF-8 文本(8 MB 以内)能在这里遮盖", "only a text in UTF-8, of 8 MB at most, can be covered here"), code="E-EXHIBIT-17",
        fix=Say("其他文件:在别处遮盖后,连同遮盖清单上传遮盖本", "other files: cover them elsewhere, upload the copy with its list of places"),
    )  # fmt: skip


def redacted_elsewhere(found: Exhibit, by: str, covers: Sequence[tuple[str, str, str]], code: UUID, digests: Digests) -> Exhibit:
    """Enter a copy that was covered elsewhere: pages or places, what stood there, why.

    Raises:
        InputError: E-EXHIBIT-04, no place, or one without its reason.
    """
    if not covers or any(not all(one) for one in covers):
        raise InputError(Say("遮盖清单每行要有位置、内容和理由", "each line names a place, what and why"), code="E-EXHIBIT-04")
    rows = []
    for place, what, why in covers:
        salt = leaf.fresh_salt()
        bound = leaf.commit(salt, f"{found.sha256} {place}".encode())
        rows.append((exhibit.Redaction(place, what, why, bound), salt))
    return _copied(found, by, code, digests, rows)


def _copied(found: Exhibit, by: str, code: UUID, digests: Digests, rows: Sequence[tuple[exhibit.Redaction, bytes]]) -> Exhibit:
    record = exhibit.derive(access.record_of(found), str(code), (), [row for row, _ in rows])
    about = replace(record.about, title=f"{found.title}(遮盖本)"[:120])
    given = Intake(
        found.institution, by, about.title, about.object_of_proof, about.source, about.captured_at, about.captured_by,
        about.file_name, found.about, str(about.category), about.mime, 0, found.expires_on,
    )  # fmt: skip
    made = _entered(given, replace(record, about=about, digests=digests), vault.Name(about.file_name, found.is_quarantined), found)
    Redaction.objects.bulk_create(
        Redaction(exhibit=made, place=row.place, what=row.what, why=row.why, salt=salt) for row, salt in rows
    )
    return made


def keep_stamp(found: Exhibit, by: str, raw: bytes, told: stamp.Stamp, authority: str) -> Stamp:
    """Keep a time stamp over an exhibit's bytes; it was checked by whoever asked for it."""
    _line(found, custody.Act.STAMP, by, f"RFC 3161 {authority}"[:200], True)
    return Stamp.objects.create(exhibit=found, at=told.at, authority=authority[:200], serial=str(told.serial), raw=raw)


def ask_to_forget(found: Exhibit, by: str, rule: str) -> Exhibit:
    """Ask for the removal of an exhibit; somebody else does it.

    Raises:
        Conflict: E-EXHIBIT-05, a hold or its day keeps it.
    """
    exhibit.demand_removable(access.record_of(found), access.engine_holds(found), clock.today(), by, "somebody else")
    found.forget_asked_by, found.forget_rule = by, rule
    found.save(update_fields=["forget_asked_by", "forget_rule"])
    return found


def forget(found: Exhibit, by: str) -> Exhibit:
    """Remove an exhibit: content, record, salt and names go; entry, proof and chain of custody stay.

    The bytes go after the transaction: call `vault.remove`, or let `sweep` find them.

    Raises:
        Conflict: E-EXHIBIT-05, a hold or its day keeps it.
        NotEnough: E-EXHIBIT-06, nobody else asked for it.
    """
    found = Exhibit.objects.select_for_update().select_related("entry").get(pk=found.pk)
    record = access.record_of(found)
    exhibit.demand_removable(record, access.engine_holds(found), clock.today(), found.forget_asked_by, by)
    _line(found, custody.Act.DESTROY, by, found.forget_rule)
    log.forget(found.entry)
    Redaction.objects.filter(exhibit=found).update(salt=None, what="", why="")
    Redaction.objects.filter(exhibit__parent=found).update(salt=None)  # they open what stood in the original
    blank: dict[str, Any] = dict.fromkeys(("title", "purpose", "source", "captured_by", "name"), "")
    Exhibit.objects.filter(pk=found.pk).update(state=FORGOTTEN, **blank)
    found.refresh_from_db()
    return found


def sweep() -> int:
    """Remove bytes of forgotten exhibits that a stop left behind; give how many."""
    done = 0
    for sha256, code in Exhibit.objects.filter(state=FORGOTTEN).values_list("sha256", "code"):
        if vault.place(sha256, code).exists():
            vault.remove(sha256, code)
            done += 1
    return done


@dataclass(frozen=True)
class Asked:
    """What a package is to be for."""

    case_name: str
    purpose: str
    legal_basis: str
    document: str = ""
    about: str = ""
    n_copies: int = 1


def begin_package(institution: str, by: str, asked: Asked, exhibits: Sequence[Exhibit]) -> Package:
    """Enter a package and write its export into the custody of every exhibit in it.

    Raises:
        ProofError: E-EXHIBIT-03, one of them is not what was taken in.
        InputError: E-PACKAGE-01, there is none.
    """
    if not exhibits:
        raise InputError(Say("证据包至少要有一件证据", "a package has at least one exhibit"), code="E-PACKAGE-01")
    made = Package.objects.create(
        institution=institution, about=asked.about, case_name=asked.case_name, purpose=asked.purpose, legal_basis=asked.legal_basis,
        document=asked.document, n_people=sum(one.n_people for one in exhibits), made_by=by, made_at=clock.now(),
    )  # fmt: skip
    made.exhibits.set(exhibits)
    for one in exhibits:
        if one.state == FORGOTTEN:
            continue
        seen = look(one, by, custody.Act.EXPORT, f"{made.number} {asked.purpose}")
        seen.content.close()
        if not seen.is_same:
            raise changed(one)
    return made


def end_package(made: Package, digests: Digests, is_witnessed: bool, is_stamped: bool) -> Package:
    """Keep what the finished zip is."""
    made.sha256, made.n_bytes, made.is_witnessed, made.is_stamped = digests.sha256, digests.n_bytes, is_witnessed, is_stamped
    made.save(update_fields=["sha256", "n_bytes", "is_witnessed", "is_stamped"])
    return made
