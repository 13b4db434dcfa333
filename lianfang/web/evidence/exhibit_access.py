"""Reading exhibits. The room knows nobody: whoever calls has asked who may see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from lianfang.engine.evidence import canonical, custody, exhibit
from lianfang.engine.evidence.exhibit import Exhibit as Record
from lianfang.engine.terms.errors import Conflict, NotFound, Say
from lianfang.web.evidence.models import Custody, Exhibit, Hold, Package
from lianfang.web.evidence.states import FORGOTTEN


def exhibits_of(institution: str) -> Any:
    """Give the exhibits an institution owns, newest first."""
    return Exhibit.objects.filter(institution=institution).select_related("entry", "parent").order_by("-pk")


def exhibits_about(about: str) -> Any:
    """Give the exhibits that belong to a row, oldest first, as a list of evidence stands."""
    return Exhibit.objects.filter(about=about).select_related("entry", "parent").order_by("pk")


def find_exhibits(codes: Collection[str]) -> list[Exhibit]:
    """Give exhibits by their codes, in the order they came in."""
    wanted = [one for one in codes if _is_code(one)]
    return list(Exhibit.objects.filter(code__in=wanted).select_related("entry", "parent").order_by("pk"))


def _is_code(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def get_exhibit(code: UUID) -> Exhibit:
    """Give one exhibit."""
    found: Exhibit | None = Exhibit.objects.filter(code=code).select_related("entry", "parent").first()
    if found is None:
        raise no_exhibit()
    return found


def no_exhibit() -> NotFound:
    """Make the answer for an exhibit that is not there, or not one's own."""
    return NotFound(Say("没有这件证据", "there is no such exhibit"), code="E-EXHIBIT-10")


def record_of(found: Exhibit) -> Record:
    """Give what was said of an exhibit at intake, as the log is bound to it.

    Raises:
        Conflict: E-EXHIBIT-13, it was removed.
    """
    opening = getattr(found.entry, "opening", None)
    if opening is None or found.state == FORGOTTEN:
        raise Conflict(Say("此件已依法删除,只剩证明", "it was removed by law; its proof is left"), code="E-EXHIBIT-13")
    return exhibit.read(canonical.loads(bytes(opening.content)))


def salt_of(found: Exhibit) -> bytes:
    """Give the salt that opens an exhibit's entry."""
    record_of(found)
    return bytes(found.entry.opening.salt)


def chain_of(found: Exhibit) -> tuple[custody.Line, ...]:
    """Give the chain of custody."""
    lines = Custody.objects.filter(exhibit=found).order_by("pk").values_list("line", flat=True)
    return custody.read(b"\n".join(bytes(one) for one in lines))


def lines_of(found: Exhibit) -> Any:
    """Give the lines of custody, newest first."""
    return Custody.objects.filter(exhibit=found).order_by("-pk")


def holds_of(found: Exhibit) -> list[Hold]:
    """Give the legal holds, newest first."""
    return list(Hold.objects.filter(exhibit=found).order_by("-pk"))


def get_hold(code: UUID) -> Hold:
    """Give one legal hold with its exhibit."""
    found: Hold | None = Hold.objects.filter(code=code).select_related("exhibit", "exhibit__entry").first()
    if found is None:
        raise no_hold()
    return found


def no_hold() -> NotFound:
    """Make the answer for a hold that is not there, or not one's own."""
    return NotFound(Say("没有这项保全", "there is no such hold"), code="E-EXHIBIT-14")


def why_it_stays(found: Exhibit, on: date) -> tuple[Say, ...]:
    """Say every reason why an exhibit may not be removed on a day."""
    return exhibit.why_it_stays(record_of(found), engine_holds(found), on)


def engine_holds(found: Exhibit) -> list[exhibit.Hold]:
    """Give the holds that stand, in the engine's words."""
    return [
        exhibit.Hold(str(one.code)[:8], one.reason, frozenset({str(found.code)}))
        for one in holds_of(found) if one.lifted_at is None
    ]  # fmt: skip


def expired(on: date, at_most: int = 100) -> list[Exhibit]:
    """Give exhibits whose day has passed and which no hold keeps: their removal may be asked for."""
    held = Hold.objects.filter(lifted_at=None).values("exhibit")
    found = Exhibit.objects.filter(expires_on__lt=on).exclude(state=FORGOTTEN).exclude(pk__in=held)
    return list(found.order_by("expires_on", "pk")[:at_most])


def packages_of(institution: str) -> Any:
    """Give the packages an institution made, newest first."""
    return Package.objects.filter(institution=institution).order_by("-pk")


def get_package(institution: str, code: UUID) -> Package:
    """Give one package of an institution."""
    found: Package | None = packages_of(institution).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这个证据包", "there is no such package"), code="E-PACKAGE-10")
    return found
