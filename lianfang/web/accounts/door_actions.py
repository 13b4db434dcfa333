"""Opening a door for a regulator, closing it, looking through it: each is in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, NotEnough, Say
from lianfang.web.accounts import door_access
from lianfang.web.accounts.act import act
from lianfang.web.accounts.models import Door, DoorLook, Institution, Membership
from lianfang.web.accounts.permissions import Permission


@dataclass(frozen=True)
class Opening:
    """For whom, by which document, what for and until when a door is opened."""

    first: Membership
    second: Membership
    document: str
    purpose: str
    expires_on: date


@act(Permission.DOOR_OPEN, "accounts:door:opened")
def open_door(who: Membership, asked: Opening) -> Door:
    """Open a door for two named persons of one regulator.

    Raises:
        NotEnough: E-DOOR-02, not two persons of one regulator who may pass; E-DOOR-03, the days.
    """
    named = {one.pk for one in door_access.readers()}
    two = {asked.first.user_id, asked.second.user_id}
    is_one_house = asked.first.institution_id == asked.second.institution_id
    if len(two) < 2 or not is_one_house or not {asked.first.pk, asked.second.pk} <= named:
        raise NotEnough(
            Say("门要为同一监管机构的两名具名人员而开", "a door is opened for two named persons of one regulator"), code="E-DOOR-02",
            fix=Say("选两名不同的监管查阅人员", "choose two different readers of one regulator"),
        )  # fmt: skip
    last = clock.today() + timedelta(days=door_access.most_days())
    if not clock.today() <= asked.expires_on <= last:
        raise NotEnough(
            Say(f"截止日要在今天到 {last} 之间", f"its last day lies between today and {last}"), code="E-DOOR-03",
            fix=Say("改截止日;到期可凭新文书再开", "choose another day; a new document opens another door"),
        )  # fmt: skip
    return Door.objects.create(
        institution=who.institution, first=asked.first, second=asked.second, document=asked.document, purpose=asked.purpose,
        made_by=who, made_at=clock.now(), expires_on=asked.expires_on,
    )  # fmt: skip


@act(Permission.DOOR_OPEN, "accounts:door:closed")
def close_door(who: Membership, door: Door) -> Door:
    """Close a door before its day."""
    if not door_access.is_open(door):
        raise Conflict(Say("这扇门已经关了", "the door is closed already"), code="E-DOOR-04")
    door.closed_at = clock.now()
    door.save(update_fields=["closed_at"])
    return door


def look_through(who: Membership, institution: Institution, target: str) -> Door:
    """Write down a look at a row of an institution before it is shown, and give the door it was made through.

    Raises:
        NotFound: E-DOOR-01, no door stands open.
    """
    door = door_access.door_to(who, institution)
    _look(who, door, target)
    return door


@act(Permission.DOOR_PASS, "accounts:door:looked")
def _look(who: Membership, door: Door, target: str) -> DoorLook:
    return DoorLook.objects.create(door=door, member=who, target=target[:160], made_at=clock.now())
