"""What people do with exhibits: each is an act, each leaves a line of custody and an entry in the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from django.db import transaction

from lianfang.engine.evidence import custody
from lianfang.engine.evidence.digest import Digests
from lianfang.engine.evidence.package import Front
from lianfang.engine.terms.errors import NotAllowed, NotEnough, Say
from lianfang.web.accounts import meter
from lianfang.web.accounts.act import act, require
from lianfang.web.accounts.models import Membership
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import exhibit_access as access
from lianfang.web.evidence import actions as log
from lianfang.web.evidence import authority, packages, vault
from lianfang.web.evidence import exhibit_actions as evidence
from lianfang.web.evidence.exhibit_actions import Asked, Intake
from lianfang.web.evidence.models import Exhibit, Hold, Package

_MOST_COUNTED = 200  # more people than any limit lets through: counting them one by one would only take time


@dataclass(frozen=True)
class Said:
    """What somebody says of a file they bring; the house adds who they are and when."""

    intake: Intake
    chunks: Iterable[bytes]


def add(who: Membership, given: Said) -> Exhibit:
    """Take an exhibit in: its bytes are in the vault, hashed, before anything is said of them.

    Raises:
        NotAllowed: E-EXHIBIT-18, the row is not one they may add to.
    """
    require(who, Permission.EXHIBIT_ADD)
    _may_add(who, given.intake.about)
    code = uuid.uuid4()
    digests = vault.keep(code, given.chunks)
    try:
        return _add(who, code, given.intake, digests)
    except BaseException:
        vault.discard(code)
        raise


def _may_add(who: Membership, about: str) -> None:
    if not access.may_add(who, about):
        raise NotAllowed(
            Say("不能把证据放在这里", "you may not put an exhibit there"), code="E-EXHIBIT-18",
            fix=Say("只有办理机构可以补充证据", "only the institution whose matter it is adds exhibits"),
        )  # fmt: skip


@act(Permission.EXHIBIT_ADD, "cases:exhibit:added")
def _add(who: Membership, code: uuid.UUID, given: Intake, digests: Digests) -> Exhibit:
    whose = replace(given, institution=str(who.institution.code), by=str(who.code))
    return evidence.take_in(code, whose, digests)


def read(who: Membership, found: Exhibit, why: meter.Purpose) -> IO[bytes]:
    """Give an exhibit's bytes for a purpose: hashed, counted by the meter, written into its custody.

    Raises:
        ProofError: E-EXHIBIT-03, the bytes are not those of the intake; it is marked and nothing is handed out.
        NotEnough: E-METER-01, it would show more people than somebody may see.
        Conflict: E-LOG-21, the log cannot be written: who reads must leave a trace that lasts.
    """
    holder: list[evidence.Reading] = []
    _read(who, found, why, holder)
    log.demand_durable(str(found.code))
    return _handed(holder)


@act(Permission.EXHIBIT_READ, "cases:exhibit:read")
def _read(who: Membership, found: Exhibit, why: meter.Purpose, holder: list[evidence.Reading]) -> Exhibit:
    count(who, found, why)
    told = f"{meter.purposes()[why.id].zh}:{why.reason}"
    holder.append(evidence.look(found, str(who.code), custody.Act.VIEW, told))
    return found


def count(who: Membership, found: Exhibit, why: meter.Purpose) -> None:
    """Let the meter count the people an exhibit holds: none, or all of them, or nothing is shown."""
    with transaction.atomic():
        for n in range(min(found.n_people, _MOST_COUNTED)):
            whose = found.parent or found  # a copy shows nobody its original does not
            meter.look(who, f"exhibit:{whose.code}:{n}", f"exhibit:{found.code}", why)


def _handed(holder: list[evidence.Reading]) -> IO[bytes]:
    (seen,) = holder
    if not seen.is_same:
        seen.content.close()
        raise evidence.changed(seen.exhibit)
    return seen.content


@act(Permission.EXHIBIT_READ, "cases:exhibit:verified")
def verify(who: Membership, found: Exhibit) -> Exhibit:
    """Hash an exhibit again and write down whether it is still the same; nothing of it is shown."""
    evidence.look(found, str(who.code), custody.Act.VERIFY, "核验 / verification").content.close()
    return found


@act(Permission.EXHIBIT_HOLD, "cases:exhibit:held")
def hold(who: Membership, found: Exhibit, reason: str) -> Exhibit:
    """Keep an exhibit from removal by law."""
    evidence.hold(found, str(who.code), reason)
    return found


@act(Permission.EXHIBIT_RELEASE, "cases:exhibit:released")
def release(who: Membership, held: Hold, reason: str) -> Exhibit:
    """Release a legal hold; another permission than placing it, and another person.

    Raises:
        NotEnough: E-EXHIBIT-16, the same person placed it.
    """
    _another(who, held.made_by, "E-EXHIBIT-16", Say("解除保全须另一人", "another person releases a hold"))
    return evidence.release(held, str(who.code), reason).exhibit


def _another(who: Membership, first: str, code: str, say: Say) -> None:
    if access.is_self(who, first):
        raise NotEnough(say, code=code, fix=Say("请另一位有权限的同事来做", "ask a colleague who may"))


def redact(who: Membership, found: Exhibit, covers: Sequence[tuple[str, str, str]]) -> Exhibit:
    """Make a copy of a text with places covered, and its map; the original is untouched."""
    return _copy(who, found, lambda code: evidence.redact(found, str(who.code), covers, code))


def add_redacted(who: Membership, found: Exhibit, covers: Sequence[tuple[str, str, str]], chunks: Iterable[bytes]) -> Exhibit:
    """Enter a copy that was covered elsewhere, with its list of pages or places."""
    return _copy(
        who, found, lambda code: evidence.redacted_elsewhere(found, str(who.code), covers, code, vault.keep(code, chunks))
    )


def _copy(who: Membership, found: Exhibit, make: Callable[[uuid.UUID], Exhibit]) -> Exhibit:
    require(who, Permission.EXHIBIT_ADD)
    _whole(who, found)
    code = uuid.uuid4()
    try:
        return _redact(who, code, make)
    except BaseException:
        vault.discard(code)
        raise


def _whole(who: Membership, found: Exhibit) -> None:
    """Hash an exhibit before anything is built on it; that it was changed stays written down, whatever follows."""
    if verify(who, found).is_damaged:
        raise evidence.changed(found)


@act(Permission.EXHIBIT_ADD, "cases:exhibit:redacted")
def _redact(who: Membership, code: uuid.UUID, make: Callable[[uuid.UUID], Exhibit]) -> Exhibit:
    return make(code)


def stamp(who: Membership, found: Exhibit) -> Exhibit:
    """Have the configured authority put a time stamp (RFC 3161) over an exhibit's bytes.

    Raises:
        PartnerError: E-STAMP-05, no authority is configured, it does not answer, or it refuses.
        ProofError: E-STAMP-04, its answer does not hold; nothing is kept.
    """
    require(who, Permission.EXHIBIT_ADD)
    _whole(who, found)
    content, digests = vault.taken_out(found.sha256, found.code)
    with content:
        # The authority is asked outside of any transaction: nobody waits for a stranger.
        raw, told = authority.stamped(content.read(evidence.MOST_STAMPED_BYTES + 1), evidence.MOST_STAMPED_BYTES)
    if digests.sha256 != found.sha256:
        raise evidence.changed(found)
    return _stamp(who, found, raw, told)


@act(Permission.EXHIBIT_ADD, "cases:exhibit:stamped")
def _stamp(who: Membership, found: Exhibit, raw: bytes, told: Any) -> Exhibit:
    evidence.keep_stamp(found, str(who.code), raw, told, authority.name())
    return found


@act(Permission.EXHIBIT_ASK_REMOVAL, "cases:exhibit:removal_asked")
def ask_removal(who: Membership, found: Exhibit, rule: str) -> Exhibit:
    """Ask for the removal of an exhibit whose day has passed and which no hold keeps."""
    return evidence.ask_to_forget(found, str(who.code), rule)


def forget(who: Membership, found: Exhibit) -> Exhibit:
    """Remove an exhibit somebody else asked to remove: content, record and salt go, the proof stays."""
    gone = _forget(who, found)
    vault.remove(gone.sha256, gone.code)  # after the commit: a removal that failed has lost nothing
    return gone


@act(Permission.EXHIBIT_REMOVE, "cases:exhibit:removed")
def _forget(who: Membership, found: Exhibit) -> Exhibit:
    _another(who, found.forget_asked_by, "E-EXHIBIT-06", Say("删除需要第二人同意", "removal needs a second person"))
    return evidence.forget(found, str(who.code))


def make_package(who: Membership, exhibits: Sequence[Exhibit], asked: Asked, why: meter.Purpose) -> Package:
    """Make a court package: one zip a court can check without us.

    Raises:
        ProofError: E-EXHIBIT-03, an exhibit is not what was taken in; it is marked, nothing is made.
        NotEnough: E-METER-01, it would hand out more people than somebody may see.
        Conflict: E-LOG-21, the log cannot be written.
    """
    require(who, Permission.PACKAGE_MAKE)
    for one in exhibits:
        if not one.is_forgotten:
            _whole(who, one)
    made = _begin(who, exhibits, asked, why)
    name = str(who.user)
    front = Front(
        made.number, asked.case_name, asked.purpose, asked.legal_basis, who.institution.name_zh, name[:1] + "*" * max(1, len(name) - 1),
        made.made_at, asked.document, asked.n_copies,
    )  # fmt: skip
    log.demand_durable(str(made.code))
    return _end(who, made, packages.write(made.code, front, exhibits))


@act(Permission.PACKAGE_MAKE, "cases:package:begun")
def _begin(who: Membership, exhibits: Sequence[Exhibit], asked: Asked, why: meter.Purpose) -> Package:
    for one in exhibits:
        count(who, one, why)
    return evidence.begin_package(str(who.institution.code), str(who.code), asked, exhibits)


@act(Permission.PACKAGE_MAKE, "cases:package:made")
def _end(who: Membership, made: Package, written: packages.Written) -> Package:
    return evidence.end_package(made, written.digests, written.is_witnessed, written.is_stamped)


def take_package(who: Membership, made: Package) -> IO[bytes]:
    """Give a package's zip to somebody who may make one; that it was taken is in the log.

    Raises:
        ProofError: E-PACKAGE-11, its bytes are not those it was made with.
    """
    file = packages.taken_out(made.code, made.sha256)
    try:
        _take(who, made)
        log.demand_durable(str(made.code))
    except BaseException:
        file.close()
        raise
    return file


@act(Permission.PACKAGE_MAKE, "cases:package:taken")
def _take(who: Membership, made: Package) -> Package:
    return made
