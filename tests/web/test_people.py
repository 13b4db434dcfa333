"""People: sign-in, duties before anything else, keys, the meter, nobody judges themselves."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, NotAllowed, NotEnough, Say
from lianfang.web.accounts import access, actions, meter
from lianfang.web.accounts import permissions as table
from lianfang.web.accounts.act import ACTS
from lianfang.web.accounts.models import ApiKey, Institution, Membership, Sighting, User, Visit
from lianfang.web.accounts.permissions import Permission, Sort
from lianfang.web.evidence.models import Entry

PASSWORD = "a-long-enough-one-26"
WHY = meter.Purpose("judge", "看是否同一人")


@pytest.fixture(autouse=True)
def no_limits_left():
    cache.clear()


def sign_in(username, password, client=None):
    client = client or Client()
    return client, client.post("/account/login/", {"login": username, "password": password})


def test_signing_in_by_password(office):
    client, answer = sign_in("first.analyst", PASSWORD)
    assert answer.status_code == 302 and answer.url == "/"
    assert "工作台" in client.get("/").content.decode()


def test_a_wrong_password_says_so_and_locks_after_five(office):
    for _ in range(5):
        _, answer = sign_in("first.analyst", "wrong")
        assert answer.status_code == 200
    _, answer = sign_in("first.analyst", PASSWORD)
    assert answer.status_code == 200, "locked, though the password is right now"
    _, other = sign_in("first.handler", PASSWORD)
    assert other.status_code == 302, "others are not locked out"


def test_nobody_signs_up_or_mails_a_password(office):
    for address in ("/account/signup/", "/account/reset/"):
        assert Client().get(address).status_code == 404
        assert Client().post(address, {"username": "x", "password1": "y"}).status_code == 404


def test_a_one_time_password_must_be_changed_first(office):
    password = actions.one_time_password()
    actions.enrol("fresh", password, office.houses["first"], "handler")
    client, _ = sign_in("fresh", password)
    assert client.get("/rings").url == reverse("account_change_password")
    new = {"oldpassword": password, "password1": "quite-another-one-77", "password2": "quite-another-one-77"}
    assert client.post(reverse("account_change_password"), new).status_code == 302
    assert client.get("/rings").status_code == 200


@override_settings(LIANFANG_REQUIRE_TOTP=True)
def test_without_a_second_factor_there_is_only_the_way_to_one(office):
    client = office.client("analyst")
    assert client.get("/rings").url == reverse("mfa_activate_totp")


@override_settings(LIANFANG_REQUIRE_TOTP=True)
def test_a_second_factor_opens_the_house_and_is_asked_at_sign_in(office):
    from allauth.mfa.totp.internal import auth as totp

    client, _ = sign_in("first.analyst", PASSWORD)
    assert client.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/"})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page)[1]
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert client.get("/rings").status_code == 200
    _, again = sign_in("first.analyst", PASSWORD)
    assert again.url.startswith(reverse("mfa_authenticate")), "a password alone is not enough now"


def test_an_empty_office_makes_one_administrator(office):
    assert not access.nobody_yet()
    with pytest.raises(Conflict):
        actions.enrol("FIRST.analyst", PASSWORD, office.houses["first"], "analyst")


def test_roles_stand_where_the_table_says(office):
    admin = office.members["association_admin", "association"]
    with pytest.raises(Conflict) as told:
        actions.add_person(admin, office.houses["first"], "somebody", PASSWORD, "secretariat")
    assert told.value.code == "E-PERSON-04"


def test_an_administrator_enters_and_ends_people_of_the_houses_below(office):
    client = office.client("association_admin", "association")
    code = str(office.houses["second"].code)
    answer = client.post(reverse("accounts-people"), {"username": "newcomer", "institution": code, "role": "handler"})
    told = answer.content.decode()
    assert "newcomer" in told and re.search(r"<code>\w{4}(-\w{4}){4}</code>", told)
    made = Membership.objects.get(user__username="newcomer")
    assert made.user.must_change_password and made.institution == office.houses["second"]
    client.post(reverse("accounts-person-end", args=[made.code]))
    assert not access.memberships_of(made.user)
    # A member's administrator reaches only their own house.
    mine = office.client("member_admin").post(reverse("accounts-person-end", args=[office.members["analyst", "second"].code]))
    assert mine.status_code == 404


def test_a_reset_takes_the_old_password_and_second_factor_away(office):
    member = office.members["handler", "first"]
    answer = office.client("member_admin").post(reverse("accounts-person-reset", args=[member.code]))
    password = re.search(r"<code>(\w{4}(?:-\w{4}){4})</code>", answer.content.decode())[1]
    assert sign_in("first.handler", PASSWORD)[1].status_code == 200
    client, _ = sign_in("first.handler", password)
    assert client.get("/").url == reverse("account_change_password")


def test_the_table_of_roles_and_the_code_agree():
    assert set(table.names()) == set(Permission)
    for role in table.roles().values():
        assert role.sorts and role.may <= set(Permission)
    # Whoever judges or unmasks never reads the record of looks alone, and administrators see no ring.
    for role in ("member_admin", "association_admin", "auditor"):
        assert not table.roles()[role].may & {Permission.RING_READ, Permission.PERSON_UNMASK, Permission.PAIR_JUDGE}


def test_every_act_has_a_tag_of_the_house():
    assert len(ACTS) >= 14
    for tag in ACTS:
        assert re.fullmatch(r"[a-z]+:[a-z_]+:[a-z_]+", tag)


def test_an_act_and_its_entry_are_one(office):
    who, before = office.members["association_admin", "association"], Entry.objects.count()
    actions.add_institution(who, who.institution, Say("新会员", "new member"), Sort.MEMBER)
    entry = Entry.objects.latest("pk")
    assert Entry.objects.count() == before + 1
    assert (entry.tag, entry.actor) == ("accounts:institution:added", str(who.code))
    assert entry.target == str(Institution.objects.get(name_zh="新会员").code)
    # Refused or broken: no change, no entry.
    with pytest.raises(NotAllowed):
        actions.add_institution(office.members["analyst", "first"], who.institution, Say("另一家", "another"), Sort.MEMBER)
    with pytest.raises(Conflict):
        actions.add_institution(who, who.institution, Say("新会员", "new member"), Sort.MEMBER)
    assert Entry.objects.count() == before + 1 and not Institution.objects.filter(name_zh="另一家").exists()


def test_a_key_is_hashed_scoped_and_expires(office):
    who = office.members["analyst", "first"]
    key, clear = actions.make_key(who, "夜间上传", {Permission.RUN_MAKE, Permission.RUN_READ}, 30)
    assert clear not in str(ApiKey.objects.filter(pk=key.pk).values().get())
    member = access.by_key(clear)
    assert member == who and member.scopes == {Permission.RUN_MAKE, Permission.RUN_READ}
    assert access.by_key(clear[:-1] + "x") is None
    ApiKey.objects.filter(pk=key.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert access.by_key(clear) is None
    other, clear = actions.make_key(who, "另一个", {Permission.RUN_READ}, 30)
    actions.revoke_key(who, other)
    assert access.by_key(clear) is None


def test_a_key_may_not_do_more_than_its_maker(office):
    with pytest.raises(NotAllowed):
        actions.make_key(office.members["analyst", "first"], "太多", {Permission.METER_RELEASE}, 30)


def test_an_ended_membership_ends_its_keys(office):
    who = office.members["analyst", "first"]
    _, clear = actions.make_key(who, "夜间", {Permission.RUN_READ}, 30)
    actions.end_membership(office.members["member_admin", "first"], Membership.objects.get(pk=who.pk))
    assert access.by_key(clear) is None


def test_the_meter_warns_at_ten_and_stops_at_twenty_five(office):
    who = office.members["analyst", "first"]
    for n in range(25):
        reading = meter.look(who, f"mobile:{n}", "ring:x", WHY)
        assert reading.is_warning == (n + 1 >= 10)
    with pytest.raises(NotEnough) as told:
        meter.look(who, "mobile:25", "ring:x", WHY)
    assert told.value.code == "E-METER-01"
    assert meter.look(who, "mobile:3", "ring:x", WHY).n_people == 25, "somebody seen before costs nothing"
    assert Visit.objects.filter(member=who, purpose="judge").count() == 26
    assert not Sighting.objects.filter(person__contains="mobile").exists(), "no person stands in the meter"


def test_another_person_releases_the_meter_never_oneself(office):
    analyst, boss = office.members["analyst", "first"], office.members["supervisor", "first"]
    for n in range(25):
        meter.look(analyst, f"mobile:{n}", "ring:x", WHY)
    with pytest.raises(NotAllowed):
        actions.release(boss, boss, "给我自己放行")
    actions.release(boss, analyst, "大案,须逐一核对")
    assert meter.look(analyst, "mobile:25", "ring:x", WHY).limit == 50
    assert office.client("analyst", "second").post(reverse("accounts-meter-release", args=[analyst.code])).status_code == 403


def test_the_meter_forgets_after_its_window(office):
    who = office.members["analyst", "first"]
    meter.look(who, "mobile:1", "ring:x", WHY)
    Sighting.objects.update(seen_at=clock.now() - timedelta(days=meter.limits().window_days, seconds=1))
    assert meter.reading(who).n_people == 0


def test_two_roles_of_one_person_share_one_meter(office):
    user = office.members["analyst", "first"].user
    other = Membership.objects.create(user=user, institution=office.houses["first"], role="supervisor", made_at=clock.now())
    meter.look(office.members["analyst", "first"], "mobile:1", "ring:x", WHY)
    assert meter.reading(other).n_people == 1


def test_chinese_first_and_english_one_click_away(office):
    client = office.client("analyst")
    assert '<html lang="zh-Hans">' in client.get("/", headers={"accept-language": "en"}).content.decode()
    client.post("/language", {"language": "en", "next": "/rings"})
    told = client.get("/rings").content.decode()
    assert '<html lang="en">' in told and "Rings waiting" in told
    assert client.post("/language", {"language": "en", "next": "https://elsewhere.example/"}).url == "/"


def test_secrets_are_readable_by_their_owner_only(office):
    assert (settings.HOME / "secret.key").stat().st_mode & 0o077 == 0
    assert User.objects.filter(password__contains=PASSWORD).count() == 0
