"""Machines: keys, scopes, the same doors and the same masking as the pages, errors a program can read."""

import hashlib
import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from lianfang.engine.terms import clock
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.models import ApiKey
from lianfang.web.accounts.permissions import Permission, roles
from lianfang.web.api.rest import api
from lianfang.web.evidence.models import Entry
from lianfang.web.identify import actions as identify
from lianfang.web.identify.models import Ring

EVERYTHING = {
    Permission.RUN_MAKE, Permission.RUN_READ, Permission.RING_READ, Permission.TEXT_CHECK, Permission.PAIR_JUDGE,
}  # fmt: skip
DOORS = {place: need for place, (need, _) in api.doors()}
ACTORS = [(role.id, house) for role in roles().values() for house, sort in
          (("association", "association"), ("first", "member"), ("agency", "agency"), ("regulator", "regulator")) if sort in role.sorts]  # fmt: skip


def machine(office, scopes=EVERYTHING, role="analyst", house="first"):
    _, clear = people.make_key(office.members[role, house], "夜间任务", scopes, 30)
    return bearer(clear)


def bearer(clear, **more):
    return Client(headers={"authorization": f"Bearer {clear}", **more})


def robot(office, role, house):
    """A key with everything its role may, made without asking whether the role makes keys."""
    clear, at = uuid.uuid4().hex, clock.now()
    ApiKey.objects.create(
        member=office.members[role, house], name="x", prefix="lf_", sha256=hashlib.sha256(clear.encode()).hexdigest(),
        scopes=sorted(roles()[role].may), made_at=at, expires_at=at + timedelta(days=1),
    )  # fmt: skip
    return bearer(clear)


def post(client, path, headers=None, **body):
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers or {})


def judgement_of(office, house):
    who, ring = office.members["analyst", house], office.ring(house)
    return identify.judge(who, ring, ("complaint:C0", "complaint:C1"), "same", "同一人")


def row_of(office, path, who, house):
    """Give the code of a house's own row, as a path needs it; a case is met as somebody's role meets it."""
    if "/entries/" in path:
        code = str(office.houses[house].code)
        return Entry.objects.create(made_at=clock.now(), tag="a:b:c", actor="x", institution=code, target="y", leaf=b"{}").code
    if "/cases/" in path and who.institution.sort == "agency":
        return None  # agencies have no cases
    if "/cases/" in path or "/exhibits/" in path:
        return (office.case(who) if "/cases/" in path else office.exhibit(who)).code
    if house not in office.runs:
        return None
    if "/rings/" in path:
        return office.ring(house).code
    return judgement_of(office, house).code if "/judgements/" in path else office.runs[house].code


def call(client, method, path, code, ring=None):
    """Ask one operation as a program that knows the house's shapes would."""
    path = path.replace("{code}", str(code))
    headers = {"if-match": "*"}
    if path.endswith("/check"):
        return post(client, "check", text="停息挂账")
    if path.endswith("/judgements") and method == "POST":
        return post(client, "judgements", ring=str(ring or code), left="complaint:C0", right="complaint:C1", answer="same", reason="同一人")
    if path.endswith("/runs") and method == "POST":
        return client.post(path, {"files": [SimpleUploadedFile("a.csv", b"a,b\n1,2\n")]})
    return getattr(client, method.lower())(path, headers=headers)


@pytest.fixture
def no_engine(monkeypatch):
    """Uploads are looked into by a process of their own: a second each, and tests/web/test_runs.py does it."""
    monkeypatch.setattr(identify, "_asked", lambda what, run: {"tables": []})


@pytest.mark.parametrize(("role", "house"), ACTORS)
def test_the_matrix_of_operations(office, role, house, no_engine):
    """Each role's key tries every operation on its own row, another house's and nobody's; all faults are told together."""
    client, wrong = robot(office, role, house), []
    for (method, path), need in DOORS.items():
        allowed = need is None or need in roles()[role].may
        codes = {"missing": uuid.uuid4()}
        if allowed:  # a key that stops at the door looks up no row
            second = office.members["analyst", "second"]
            codes["own"] = row_of(office, path, office.members[role, house], house)
            codes["other"] = row_of(office, path, second, "second") if "{code}" in path else None
        told = {}
        for whose, code in codes.items():
            if code is None:
                continue
            with transaction.atomic():
                told[whose] = call(client, method, path, code, ring=office.ring("first").code if whose == "own" else None)
                transaction.set_rollback(True)
        wrong += [(method, path, whose, answer.status_code) for whose, answer in told.items() if not fits(path, whose, answer, allowed)]
        if allowed and "{code}" in path and told["other"].content != told["missing"].content:
            wrong.append((method, path, "not yours must look like not there"))
    assert wrong == []


def fits(path, whose, answer, allowed):
    if not allowed:
        return answer.status_code == 403 and answer.json()["code"] == "E-ACCESS-01"
    if "{code}" in path and whose != "own":
        return answer.status_code == 404
    # An entry no checkpoint covers has no proof; a finished run is not deleted; an agency has no rings to judge.
    return answer.status_code < 300 or (answer.status_code in (404, 409) and answer.json()["code"] in ("E-LOG-12", "E-LOG-13", "E-RUN-03", "E-RING-01"))


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_without_a_key_there_is_no_way_in(office, method, path):
    for stranger in (Client(), Client(headers={"authorization": "Bearer lf_guessed"}), office.client("analyst")):
        answer = call(stranger, method, path, uuid.uuid4())
        assert answer.status_code == 401 and answer.json()["code"] == "E-KEY-10", "a session of a browser is no key"


def test_a_key_does_less_than_its_maker_where_its_scopes_say_so(office):
    for need in EVERYTHING:
        client = machine(office, EVERYTHING - {need})
        told = [call(client, method, path, uuid.uuid4()).status_code for (method, path), one in DOORS.items() if one == need]
        assert told and set(told) == {403}, need


def test_the_matrix_is_whole():
    paths = api.get_openapi_schema()["paths"]
    assert set(DOORS) == {(method.upper(), path) for path, one in paths.items() for method in one} and len(DOORS) >= 20
    assert paths["/api/v1/rings"]["get"]["x-permission"] == Permission.RING_READ


def test_lists_go_on_where_they_stopped_whatever_comes_in_between(office):
    client = machine(office)
    judged = [judgement_of(office, "first") for _ in range(5)]
    first = client.get("/api/v1/judgements?limit=2").json()
    assert [one["code"] for one in first["rows"]] == [str(judged[4].code), str(judged[3].code)] and first["total"] == 5
    judgement_of(office, "first")
    second = client.get(f"/api/v1/judgements?limit=2&cursor={first['next']}").json()
    assert [one["code"] for one in second["rows"]] == [str(judged[2].code), str(judged[1].code)] and second["total"] == 6
    last = client.get(f"/api/v1/judgements?limit=2&cursor={second['next']}").json()
    assert [one["code"] for one in last["rows"]] == [str(judged[0].code)] and last["next"] is None


def test_a_list_of_rings_stays_with_its_run(office):
    client = machine(office)
    first = client.get("/api/v1/rings?limit=1").json()
    from tests.web import conftest  # the run a colleague finishes meanwhile

    conftest.finished_run(office.members["analyst", "first"])
    second = client.get(f"/api/v1/rings?limit=1&cursor={first['next']}").json()
    mine = Ring.objects.filter(run=office.runs["first"]).order_by("place")
    assert [one["code"] for part in (first, second) for one in part["rows"]] == [str(one.code) for one in mine]
    assert second["next"] is None and second["total"] == 2


@pytest.mark.parametrize("cursor", ["x", "eyJ4IjoxfQ:1:2", ""])
def test_a_cursor_from_elsewhere_is_refused(office, cursor):
    client = machine(office)
    if cursor:
        answer = client.get(f"/api/v1/rings?cursor={cursor}")
        assert answer.status_code == 400 and answer.json()["code"] == "E-API-06"
    borrowed = client.get("/api/v1/rings?limit=1").json()["next"]
    assert client.get(f"/api/v1/runs?cursor={borrowed}").json()["code"] == "E-API-06"
    assert client.get(f"/api/v1/rings?level=look&cursor={borrowed}").json()["code"] == "E-API-06"


def test_rings_are_masked_and_their_parts_are_listed(office):
    client = machine(office)
    told = client.get("/api/v1/rings").json()
    assert told["total"] == 2 and told["next"] is None and len(told["rows"]) == 2
    assert client.get("/api/v1/rings?level=review").json()["total"] == 1
    whole = client.get(f"/api/v1/rings/{told['rows'][0]['code']}")
    assert whole.json()["graph"]["edges"] and "赵甲乙" not in whole.content.decode()
    members = client.get(f"/api/v1/rings/{told['rows'][0]['code']}/members?limit=2").json()
    assert len(members["rows"]) == 2 and members["total"] == 3
    rest = client.get(f"/api/v1/rings/{told['rows'][0]['code']}/members?limit=2&cursor={members['next']}").json()
    assert [one["record_id"] for one in rest["rows"]] == ["C2"] and rest["next"] is None
    links = client.get(f"/api/v1/rings/{told['rows'][0]['code']}/links").json()
    assert links["total"] == 3 and links["rows"][0]["zh"] and links["rows"][0]["en"]


def test_a_text_or_a_record_is_checked(office):
    client = machine(office)
    told = post(client, "check", text="专业停息挂账,不成功不收费,加薇信 abc123").json()
    assert told["level"] == "review" and told["findings"][0]["clauses"][0]["spans"]
    record = {"kind": "complaint", "fields": {"text": "专业停息挂账,不成功不收费,加薇信 abc123", "received_at": "2026-01-02T08:00:00"}}
    assert post(client, "check", record=record).json()["level"] == "review"
    for body in ({"text": ""}, {}, {"text": "a", "record": record}):
        wrong = post(client, "check", **body)
        assert wrong.status_code == 422 and wrong.json()["code"] == "E-API-01"
    misfit = post(client, "check", record={"kind": "complaint", "fields": {"nowhere": "x", "received_at": "yesterday"}}).json()
    assert misfit["code"] == "E-API-12" and "nowhere、received_at" in misfit["title"]


def test_a_program_uploads_and_asks_where_its_run_stands(office):
    client = machine(office)
    table = "投诉编号,代理人电话,投诉时间,投诉内容\nC1,13911110000,2026-01-01,停息挂账\n".encode()
    made = client.post("/api/v1/runs", {"files": [SimpleUploadedFile("投诉.csv", table)], "name": "夜间"})
    assert made.status_code == 201 and made.json()["state"] == "waiting"
    assert client.get(made.headers["Location"]).json()["name"] == "夜间"
    refused = client.post("/api/v1/runs", {"files": [SimpleUploadedFile("x.csv", b"%PDF-1.7")]})
    assert refused.json()["state"] == "failed" and refused.json()["told"]["wrong"]["fix_en"]
    assert client.delete(refused.headers["Location"]).status_code == 428
    assert client.delete(refused.headers["Location"], headers={"if-match": refused.headers["ETag"]}).status_code == 204
    assert client.get(refused.headers["Location"]).status_code == 404


def test_a_change_names_the_state_it_was_made_on(office):
    client = machine(office)
    made = post(client, "judgements", ring=str(office.ring("first").code), left="complaint:C0", right="complaint:C1", answer="same", reason="同一人")
    assert made.status_code == 201
    address, stamp = made.headers["Location"], made.headers["ETag"]
    assert client.get(address).headers["ETag"] == stamp
    assert client.get(address, headers={"if-none-match": stamp}).status_code == 304
    assert client.post(f"{address}/take-back").json()["code"] == "E-API-10"
    assert client.post(f"{address}/take-back", headers={"if-match": '"another"'}).status_code == 412
    back = client.post(f"{address}/take-back", headers={"if-match": stamp})
    assert back.status_code == 200 and back.json()["taken_back_at"] and back.headers["ETag"] != stamp
    late = client.post(f"{address}/take-back", headers={"if-match": stamp})
    assert late.status_code == 412 and late.json()["code"] == "E-API-11"


@pytest.mark.parametrize(("method", "path", "number"), [
    ("get", "/api/v1/nowhere", 404), ("get", "/api/v2/rings", 404), ("patch", "/api/v1/rings", 405), ("get", "/api/v1/rings/nobody", 404),
])  # fmt: skip
def test_wrong_addresses_are_problems_too(office, method, path, number):
    answer = getattr(machine(office), method)(path)
    assert answer.status_code == number and answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"].startswith("E-API-") and answer.json()["title_en"] and answer.json()["type"].endswith(answer.json()["code"])


def test_a_fault_of_ours_tells_nothing_of_itself(office, monkeypatch):
    from lianfang.web.api import checks

    monkeypatch.setattr(checks, "text", lambda asked: {}["13800138000"])
    answer = post(machine(office), "check", text="x")
    assert answer.status_code == 500 and answer.json()["code"] == "E-API-99" and "13800138000" not in answer.content.decode()


def test_a_key_says_whom_it_stands_for(office):
    assert machine(office, {Permission.TEXT_CHECK}).get("/api/v1/me").json() == {
        "institution": str(office.houses["first"].code), "role": "analyst", "scopes": ["identify:text:check"],
    }  # fmt: skip


def test_the_description_is_whole_and_points_nowhere_else():
    told = json.dumps(api.get_openapi_schema())
    assert told.startswith('{"openapi": "3.1') and "http://" not in told and "https://" not in told


@pytest.mark.parametrize("role", ["compliance", "auditor"])
def test_who_reads_the_log_may_let_a_program_read_it(office, role):
    client = machine(office, {Permission.ENTRY_READ}, role)
    mine = str(office.houses["first"].code)
    entry = Entry.objects.create(made_at=clock.now(), tag="a:b:c", actor="x", institution=mine, target="y", leaf=b'{"v":1}')
    (told,) = client.get("/api/v1/entries?tag=a:b:c").json()["rows"]
    assert told["code"] == str(entry.code) and client.get(f"/api/v1/entries/{entry.code}/leaf").content == b'{"v":1}'
    assert client.get("/api/v1/log-key").content.decode().startswith("lianfang.local/log+")
