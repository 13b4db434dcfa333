"""Machines: keys, scopes, the same doors and the same masking as the pages, errors a program can read."""

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lianfang.web.accounts import actions as people
from lianfang.web.accounts.permissions import Permission
from lianfang.web.api.rest import api

EVERYTHING = {Permission.RUN_MAKE, Permission.RUN_READ, Permission.RING_READ, Permission.TEXT_CHECK}


def machine(office, scopes=EVERYTHING, role="analyst", house="first"):
    _, clear = people.make_key(office.members[role, house], "夜间任务", scopes, 30)
    return Client(headers={"authorization": f"Bearer {clear}"})


def post(client, path, **body):
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


OPERATIONS = [(method, path) for path, one in api.get_openapi_schema()["paths"].items() for method in one]
NEEDS = {
    ("post", "/api/v1/check"): Permission.TEXT_CHECK, ("get", "/api/v1/runs"): Permission.RUN_READ,
    ("post", "/api/v1/runs"): Permission.RUN_MAKE, ("get", "/api/v1/runs/{code}"): Permission.RUN_READ,
    ("get", "/api/v1/rings"): Permission.RING_READ, ("get", "/api/v1/rings/{code}"): Permission.RING_READ,
    ("get", "/api/v1/me"): None,
}  # fmt: skip


def test_every_operation_is_in_the_table():
    assert set(OPERATIONS) == set(NEEDS)


def call(client, method, path, code):
    path = path.replace("{code}", str(code))
    if (method, path) == ("post", "/api/v1/check"):
        return post(client, "check", text="停息挂账")
    if (method, path) == ("post", "/api/v1/runs"):
        return client.post(path, {"files": [SimpleUploadedFile("a.csv", b"a,b\n1,2\n")]})
    return getattr(client, method)(path)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_without_a_key_or_its_scope_there_is_no_way_in(office, method, path):
    for stranger in (Client(), Client(headers={"authorization": "Bearer lf_guessed"}), office.client("analyst")):
        answer = call(stranger, method, path, uuid.uuid4())
        assert answer.status_code == 401 and answer.json()["code"] == "E-KEY-10", "a session of a browser is no key"
    need = NEEDS[method, path]
    if need is not None:
        answer = call(machine(office, EVERYTHING - {need}), method, path, office.ring("first").code)
        assert answer.status_code == 403 and answer.json()["code"] == "E-ACCESS-01"


@pytest.mark.parametrize("room", ["rings", "runs"])
def test_not_yours_looks_like_not_there(office, room):
    client = machine(office)
    other = office.ring("second").code if room == "rings" else office.runs["second"].code
    theirs, missing = client.get(f"/api/v1/{room}/{other}"), client.get(f"/api/v1/{room}/{uuid.uuid4()}")
    assert theirs.status_code == missing.status_code == 404 and theirs.content == missing.content
    assert theirs.headers["Content-Type"] == "application/problem+json"


def test_rings_are_listed_with_true_totals_and_masked(office):
    client = machine(office)
    told = client.get("/api/v1/rings").json()
    assert told["total"] == 2 and told["after"] is None and len(told["rings"]) == 2
    assert client.get("/api/v1/rings?level=review").json()["total"] == 1
    whole = client.get(f"/api/v1/rings/{told['rings'][0]['code']}")
    assert whole.json()["graph"]["edges"] and "赵甲乙" not in whole.content.decode()


def test_a_text_is_checked(office):
    told = post(machine(office), "check", text="专业停息挂账,不成功不收费,加薇信 abc123").json()
    assert told["level"] == "review" and told["findings"][0]["clauses"][0]["spans"]
    wrong = post(machine(office), "check", text="")
    assert wrong.status_code == 422 and wrong.json()["code"] == "E-API-01" and "text" in wrong.json()["title"]


def test_a_program_uploads_and_asks_where_its_run_stands(office):
    client = machine(office)
    table = "投诉编号,代理人电话,投诉时间,投诉内容\nC1,13911110000,2026-01-01,停息挂账\n".encode()
    made = client.post("/api/v1/runs", {"files": [SimpleUploadedFile("投诉.csv", table)], "name": "夜间"})
    assert made.status_code == 201 and made.json()["state"] == "waiting"
    assert client.get(f"/api/v1/runs/{made.json()['code']}").json()["name"] == "夜间"
    refused = client.post("/api/v1/runs", {"files": [SimpleUploadedFile("x.csv", b"%PDF-1.7")]})
    assert refused.json()["state"] == "failed" and refused.json()["told"]["wrong"]["fix_en"]


def test_a_key_says_whom_it_stands_for(office):
    assert machine(office, {Permission.TEXT_CHECK}).get("/api/v1/me").json() == {
        "institution": str(office.houses["first"].code), "role": "analyst", "scopes": ["identify:text:check"],
    }  # fmt: skip


def test_the_description_is_whole_and_points_nowhere_else():
    told = json.dumps(api.get_openapi_schema())
    assert told.startswith('{"openapi": "3.1') and "http://" not in told and "https://" not in told
