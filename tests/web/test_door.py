"""The regulator's door: two named persons, a document, a last day; each look in the log; nothing without it."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, NotAllowed, NotEnough, NotFound
from lianfang.web.accounts import actions as people
from lianfang.web.accounts import door_access as access
from lianfang.web.accounts import door_actions as actions
from lianfang.web.accounts.door_actions import Opening
from lianfang.web.accounts.models import Door, DoorLook
from lianfang.web.evidence.models import Entry
from lianfang.web.identify.models import Ring

GONE, DENIED = HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN


@pytest.fixture
def two(office):
    """The two readers of the regulator."""
    second = people.enrol("regulator.second", "a-long-enough-one-26", office.houses["regulator"], "regulator_reader", once=False)
    return office.members["regulator_reader", "regulator"], second


def asked(two, **more):
    told = {"first": two[0], "second": two[1], "document": "金监函〔2026〕8号", "purpose": "查阅已报团伙", "expires_on": clock.today() + timedelta(days=7)}
    return Opening(**(told | more))


def shared(office, house="first"):
    ring = office.ring(house)
    Ring.objects.filter(pk=ring.pk).update(shared_at=clock.now())
    return ring


def test_the_secretariat_opens_and_both_named_see_what_was_shared(office, two):
    ring, hidden = shared(office), office.ring("second")
    told = {"first": str(two[0].code), "second": str(two[1].code), "document": "金监函〔2026〕8号", "purpose": "查阅已报团伙",
            "expires_on": clock.today().isoformat()}  # fmt: skip
    reader = office.client("regulator_reader", "regulator")
    assert "没有为您开着的门" in reader.get(reverse("cases-behind")).content.decode()
    assert reader.get(reverse("cases-behind-ring", args=[ring.code])).status_code == GONE
    client = office.client("secretariat", "association")
    assert client.post(reverse("cases-doors"), told).status_code == HTTPStatus.FOUND
    door = Door.objects.get()
    page = reader.get(reverse("cases-behind")).content.decode()
    assert ring.ring_id in page and hidden.ring_id not in page and door.document in page
    shown = reader.get(reverse("cases-behind-ring", args=[ring.code]))
    assert shown.status_code == HTTPStatus.OK and "赵甲乙" not in shown.content.decode()
    assert reader.get(reverse("cases-behind-ring", args=[hidden.code])).status_code == GONE
    look = DoorLook.objects.get()
    assert (look.door, look.member, look.target) == (door, two[0], f"ring:{ring.code}")
    assert Entry.objects.filter(tag="accounts:door:looked", target=str(look.code), actor=str(two[0].code)).count() == 1
    assert [one.pk for one in access.open_doors(two[1])] == [door.pk]
    assert str(two[0].user) in client.get(reverse("cases-door-looks", args=[door.code])).content.decode()
    assert "1" in client.get(reverse("cases-doors")).content.decode()


def test_a_door_is_for_two_readers_of_one_regulator(office, two):
    who, reader = office.members["secretariat", "association"], two[0]
    other = people.found_office(people.Say("另一监管局", "Another"), people.Sort.REGULATOR)
    elsewhere = people.enrol("other.reader", "a-long-enough-one-26", other, "regulator_reader", once=False)
    for second in (reader, elsewhere, office.members["auditor", "regulator"], office.members["analyst", "first"]):
        with pytest.raises(NotEnough, match="两名"):
            actions.open_door(who, asked((reader, second)))
    ended = two[1]
    ended.ended_at = clock.now()
    ended.save()
    with pytest.raises(NotEnough, match="两名"):
        actions.open_door(who, asked(two))
    assert not Door.objects.exists()


@pytest.mark.parametrize("days", [-1, 91, 4000])
def test_its_last_day_is_neither_past_nor_far(office, two, days):
    with pytest.raises(NotEnough, match="截止日"):
        actions.open_door(office.members["secretariat", "association"], asked(two, expires_on=clock.today() + timedelta(days=days)))


def test_it_closes_by_itself(office, two, monkeypatch):
    ring = shared(office)
    door = actions.open_door(office.members["secretariat", "association"], asked(two))
    last, moment = door.expires_on, clock.now()
    monkeypatch.setattr(clock, "today", lambda: last)
    assert access.open_doors(two[0]) == [door]
    monkeypatch.setattr(clock, "today", lambda: last + timedelta(days=1))
    assert access.open_doors(two[0]) == [] and not access.is_open(door)
    with pytest.raises(NotFound, match="没有为您开着的门"):
        actions.look_through(two[0], ring.institution, "ring:x")
    with pytest.raises(Conflict):
        actions.close_door(office.members["secretariat", "association"], door)
    assert isinstance(last, date) and moment.tzinfo is not None


def test_it_is_closed_early_and_only_by_its_own_association(office, two):
    door = actions.open_door(office.members["secretariat", "association"], asked(two))
    with pytest.raises(NotAllowed):
        actions.close_door(office.members["working_group", "association"], door)
    assert office.client("secretariat", "association").post(reverse("cases-door-close", args=[door.code])).status_code == HTTPStatus.FOUND
    assert access.open_doors(two[0]) == []


def test_others_of_the_regulator_and_other_associations_rows_stay_outside(office, two):
    ring = shared(office)
    far = people.found_office(people.Say("外地协会", "Far"), people.Sort.ASSOCIATION)
    door = actions.open_door(office.members["secretariat", "association"], asked(two))
    assert access.open_doors(office.members["auditor", "regulator"]) == []
    assert office.client("auditor", "regulator").get(reverse("cases-behind-ring", args=[ring.code])).status_code == DENIED
    Door.objects.filter(pk=door.pk).update(made_by=people.enrol("far.office", "a-long-enough-one-26", far, "secretariat", once=False))
    assert access.behind(two[0]) == [far]
    assert office.client("regulator_reader", "regulator").get(reverse("cases-behind-ring", args=[ring.code])).status_code == GONE


def test_a_decision_is_read_through_the_door_and_each_reading_is_logged(office):
    who = office.members["regulator_reader", "regulator"]
    case = office.case(who)
    client = office.client("regulator_reader", "regulator")
    assert case.number in client.get(reverse("cases-behind")).content.decode()
    for n in (1, 2):
        assert client.get(reverse("cases-case-decision", args=[case.code])).status_code == HTTPStatus.OK
        assert DoorLook.objects.filter(target=f"case:{case.code}").count() == n
    Door.objects.update(closed_at=clock.now())
    assert client.get(reverse("cases-case-decision", args=[case.code])).status_code == GONE
    assert case.number not in client.get(reverse("cases-behind")).content.decode()


def test_a_form_half_filled_opens_nothing(office, two):
    answer = office.client("secretariat", "association").post(reverse("cases-doors"), {"first": str(two[0].code), "document": "x"})
    assert answer.status_code == HTTPStatus.BAD_REQUEST and not Door.objects.exists()
