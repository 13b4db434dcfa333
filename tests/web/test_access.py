"""Who may open what: every address × every role × whose row it is, against the table of roles."""

import re
import uuid
from http import HTTPStatus

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, reverse

from lianfang.engine.terms import clock
from lianfang.web.accounts.models import ApiKey, Visit
from lianfang.web.accounts.permissions import Permission, roles
from lianfang.web.cases.models import Notice, Step, Task
from lianfang.web.evidence import exhibit_actions as exhibits
from lianfang.web.evidence.models import Entry, Package
from lianfang.web.identify.models import Judgement, Ring, SavedView

DENIED, GONE = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND


def named(patterns, before=""):
    for one in patterns:
        if str(one.pattern) == "api/v1/":
            continue  # tests/web/test_api.py asks these
        if hasattr(one, "url_patterns"):
            yield from named(one.url_patterns, before + str(one.pattern))
        elif one.name:
            yield one.name, one.callback, list(one.pattern.converters)


ROUTES = {name: (view, parts) for name, view, parts in named(get_resolver().url_patterns)}
DOORS = {name: view for name, (view, _) in ROUTES.items() if hasattr(view, "door")}
FOREIGN = {name for name in ROUTES if name.startswith(("account_", "mfa_", "usersessions_"))}
OPEN = {"site-health", "site-health-live", "site-health-ready", "site-metrics", "frame-language-choose"}


def test_every_address_says_who_may_open_it():
    assert set(ROUTES) == set(DOORS) | FOREIGN | OPEN


def judgement(who):
    return Judgement.objects.create(
        institution=who.institution, left="complaint:C0", right="complaint:C1", answer="same", reason="同一人", made_by=who, made_at=clock.now()
    )


def key(who):
    at = clock.now()
    return ApiKey.objects.create(
        member=who, name="x", prefix="lf_", sha256=uuid.uuid4().hex * 2, scopes=[], made_at=at, expires_at=at
    )


def row_of(office, name, who, other):
    """Give the code of a row that belongs to somebody (or to another house), as an address needs it."""
    holder = office.members["analyst", other] if other else who
    house = next(key for key, one in office.houses.items() if one.pk == holder.institution_id)
    if name.startswith("identify-ring"):
        return office.ring(house).code if house in office.runs else None
    if name.startswith("identify-run"):
        return office.runs[house].code if house in office.runs else None
    if name.startswith("identify-judgement"):
        return judgement(holder).code
    if name == "identify-view-delete":
        return SavedView.objects.create(member=holder, name=uuid.uuid4().hex, filters={}, made_at=clock.now()).code
    if name == "accounts-key-revoke":
        return key(holder).code
    if name.startswith(("accounts-person", "accounts-meter")):
        return holder.code
    if name.startswith("desk-log"):
        code = str(holder.institution.code)
        made = Entry.objects.create(made_at=clock.now(), tag="a:b:c", actor="x", institution=code, target="y", leaf=b"{}")
        return made.code
    if name == "cases-behind-ring":
        return ring_behind(office, holder, other)
    if name.startswith("cases-door"):
        return office.door(office.members["regulator_reader", "regulator"], house).code
    if name.startswith("cases-package"):
        return Package.objects.create(institution=str(holder.institution.code), n_people=0, made_at=clock.now()).code
    if name.startswith(("cases-exhibit", "cases-hold")):
        kept = office.exhibit(holder)
        return exhibits.hold(kept, "somebody", "诉讼中").code if name.startswith("cases-hold") else kept.code
    if name == "cases-ring-open":
        return office.ring(house).code if house in office.runs else None
    if name.startswith(("cases-case", "cases-step", "cases-task", "cases-notice")):
        return case_row(office, name, holder)
    raise AssertionError(f"no row for {name}")


def ring_behind(office, holder, other):
    """Give a ring behind a door that stands open for somebody; another's is not shared with anybody."""
    ring = office.ring(other or "first")
    if not other:
        Ring.objects.filter(pk=ring.pk).update(shared_at=clock.now())
        if holder.role == "regulator_reader":
            office.door(holder)
    return ring.code


def case_row(office, name, holder):
    """Give the code of a case somebody meets, of its move, its task, its notice; agencies have no cases."""
    if holder.institution.sort == "agency":
        return None
    case, at = office.case(holder), clock.now()
    if name.startswith("cases-case"):
        return case.code
    step = Step.objects.create(case=case, act="publish", made_by=holder, institution=holder.institution, at=at, came_from="abnormal", to="published")
    if name.startswith("cases-step"):
        Entry.objects.create(made_at=at, tag="a:b:c", actor="x", target=str(step.code), leaf=b"{}")
        return step.code
    if name.startswith("cases-task"):
        return Task.objects.create(case=case, step=step, rule="tell_person").code
    if holder.institution.sort != "member":
        return None
    return Notice.objects.create(case=case, step=step, receiver="applicant", told_how="x", made_by=holder, made_at=at).code


def ask(client, name, method, code):
    given = [] if code is None else [code]
    if "name" in ROUTES[name][1]:
        given = [code or "LF-G-0102"]
    done = []

    def heard(execute, sql, params, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            done.append(sql)  # places for values, not the values
        return execute(sql, params, many, context)

    with connection.execute_wrapper(heard), transaction.atomic():
        answer = getattr(client, method.lower())(reverse(name, args=given))
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    answer.done = done
    client.cookies.pop("messages", None)  # one answer's note is not shown on the next
    return answer


ACTORS = [(role.id, house) for role in roles().values() for house, sort in
          (("association", "association"), ("first", "member"), ("agency", "agency"), ("regulator", "regulator")) if sort in role.sorts]  # fmt: skip


@pytest.mark.parametrize(("role", "house"), ACTORS)
def test_the_matrix(office, role, house):
    """Each membership signs in once and tries every door; all that is wrong is told together."""
    client, wrong = office.client(role, house), []
    for name in sorted(DOORS):
        for method in DOORS[name].methods:
            answers = asked(office, client, name, method, (role, house))
            wrong += [(name, method, whose, answers[whose].status_code) for whose in unfit(name, role, house, answers)]
    assert wrong == []


def asked(office, client, name, method, actor):
    """Ask an address for one's own row, for another house's, and for one nobody has.

    Where the role stops at the door no row is looked up, so one code stands for all.
    """
    role, house = actor
    if "code" not in ROUTES[name][1]:
        return {"none": ask(client, name, method, None)}
    if not may(name, role):
        return {"missing": ask(client, name, method, uuid.uuid4())}
    who = office.members[role, house]
    codes = {"own": row_of(office, name, who, None), "other": row_of(office, name, who, "second"), "missing": uuid.uuid4()}
    return {whose: ask(client, name, method, code) for whose, code in codes.items() if code is not None}


def may(name, role):
    """Say whether the table of roles opens an address to a role."""
    return DOORS[name].door is None or DOORS[name].door in roles()[role].may


def unfit(name, role, house, answers):
    """Name the answers that the table of roles does not want."""
    allowed = may(name, role)
    over = oversees(name, house)
    for whose, answer in answers.items():
        if not allowed:
            fits = answer.status_code == DENIED
        elif whose in ("own", "none"):
            fits = answer.status_code not in (DENIED, GONE) or is_refused_for_a_reason(answer)
        elif whose == "other" and over:
            fits = answer.status_code != DENIED
        else:
            fits = answer.status_code == GONE
        if not fits:
            yield whose
    if allowed and {"other", "missing"} <= set(answers) and not over and not alike(answers["other"], answers["missing"]):
        yield "other"


def alike(other, missing):
    """Say whether not yours reads like not there and took the same work: the same questions asked of the database,
    the same pages filled. Time follows work; a clock on a shared machine would prove less."""
    pages = [[one.name for one in answer.templates or ()] for answer in (other, missing)]
    return plain(other) == plain(missing) and other.done == missing.done and pages[0] == pages[1]


def oversees(name, house):
    """An association's administrator looks after the people of its members, too."""
    return house == "association" and name.startswith("accounts-person")


def is_refused_for_a_reason(answer):
    """Nobody ends or releases themselves, signs or reviews their own; an entry no checkpoint covers has no proof:
    own words, not the role's."""
    reasons = rb"E-(PERSON-05|METER-02|LOG-12|CASE-02|CASE-05|CASE-20|QUORUM-02|SELF-02)"
    return b"E-ACCESS" not in answer.content and re.search(reasons, answer.content)


def plain(answer):
    """Leave out what differs from page to page: addresses and tokens."""
    text = answer.content.decode()
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", text)


@pytest.mark.parametrize("name", sorted(set(ROUTES) - FOREIGN - OPEN))
def test_strangers_are_sent_to_sign_in(office, name):
    view, parts = DOORS[name], ROUTES[name][1]
    for method in view.methods:
        answer = ask(Client(), name, method, uuid.uuid4() if "code" in parts else None)
        assert answer.status_code == HTTPStatus.FOUND and answer.url.startswith("/account/login/")


def test_a_part_of_a_page_takes_the_page_along_to_sign_in(office):
    answer = Client().get("/rings", headers={"HX-Request": "true"})
    assert answer.status_code == HTTPStatus.NO_CONTENT and answer.headers["HX-Redirect"] == "/account/login/"


def test_the_matrix_is_not_empty():
    assert len(ACTORS) >= 15 and len(DOORS) >= 35


def test_a_shared_ring_is_seen_by_the_association_and_nobody_else(office):
    ring = office.ring("first")
    secretariat = office.client("secretariat", "association")
    address = reverse("identify-ring", args=[ring.code])
    assert secretariat.get(address).status_code == GONE
    office.client("supervisor").post(reverse("identify-ring-share", args=[ring.code]))
    assert secretariat.get(address).status_code == HTTPStatus.OK
    assert str(ring.ring_id) in secretariat.get(reverse("identify-rings")).content.decode()
    assert office.client("analyst", "second").get(address).status_code == GONE
    # Masked is all the association sees: there is no way to the raw text from there.
    assert secretariat.get(reverse("identify-ring-unmask", args=[ring.code])).status_code == DENIED


def test_a_refusal_is_written_down(office):
    before = Visit.objects.count()
    answer = office.client("handler").post(reverse("identify-run-upload"))
    assert answer.status_code == DENIED and "您的角色" in answer.content.decode()
    refused = Visit.objects.latest("pk")
    assert Visit.objects.count() == before + 1 and (refused.purpose, refused.target) == ("refused", Permission.RUN_MAKE)


def test_somebody_without_a_role_sees_nothing(office):
    client = office.client("analyst")
    office.members["analyst", "first"].__class__.objects.filter(pk=office.members["analyst", "first"].pk).update(ended_at=clock.now())
    assert client.get("/rings").status_code == DENIED


def test_every_page_has_a_strict_policy(office):
    client = office.client("analyst")
    for address in ("/", "/rings", "/account/login/", "/health", "/nowhere", reverse("identify-ring", args=[office.ring("first").code])):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "script-src 'self';" in policy
        assert "http" not in policy


def test_no_page_has_an_inline_script_or_style(office):
    client = office.client("analyst")
    for name in ("desk-home", "identify-rings", "identify-runs", "identify-check", "identify-guides", "accounts-keys"):
        text = client.get(reverse(name)).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text), name
        assert not re.search(r'(?:src|href)="https?:', text), name
