"""Requests that come twice: one effect, one answer, for each owner of a key, for a day."""

import json
import threading
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from lianfang.engine.terms import clock
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.permissions import Permission
from lianfang.web.api import checks
from lianfang.web.api.models import Answered
from lianfang.web.api.rest import api
from lianfang.web.identify import actions as identify
from lianfang.web.identify.models import Judgement, Run

SCOPES = {
    Permission.RUN_MAKE, Permission.RUN_READ, Permission.RING_READ, Permission.RING_SHARE, Permission.TEXT_CHECK, Permission.PAIR_JUDGE,
}  # fmt: skip


def machine(office, role="supervisor", house="first"):
    _, clear = people.make_key(office.members[role, house], "夜间任务", SCOPES, 30)
    return Client(headers={"authorization": f"Bearer {clear}", "if-match": "*"})


def said(ring, reason="同一人"):
    return {"ring": str(ring.code), "left": "complaint:C0", "right": "complaint:C1", "answer": "same", "reason": reason}


def post(client, path, key, body):
    headers = {"idempotency-key": key} if key else {}
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_every_post_takes_a_key():
    for path, operations in api.get_openapi_schema()["paths"].items():
        names = {one["name"] for one in operations.get("post", {}).get("parameters", ())}
        assert "post" not in operations or "Idempotency-Key" in names, path


def test_a_judgement_sent_twice_is_made_once(office):
    client, ring = machine(office), office.ring("first")
    first, second = (post(client, "judgements", "k1", said(ring)) for _ in range(2))
    assert first.status_code == second.status_code == 201 and first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"] and second.headers["Idempotent-Replayed"] == "true"
    assert Judgement.objects.count() == 1
    other = post(client, "judgements", "k1", said(ring, "另一个理由"))
    assert other.status_code == 422 and other.json()["code"] == "E-API-07"
    assert post(client, "judgements", "k2", said(ring)).status_code == 201 and Judgement.objects.count() == 2


def test_the_same_key_of_somebody_else_is_another(office):
    ring = office.ring("first")
    for role in ("supervisor", "analyst"):
        who = office.members[role, "first"]
        _, clear = people.make_key(who, "x", {Permission.PAIR_JUDGE}, 3)
        answer = post(Client(headers={"authorization": f"Bearer {clear}"}), "judgements", "shared", said(ring, role))
        assert answer.status_code == 201 and answer.json()["reason"] == role


def test_every_other_change_is_done_once_too(office, monkeypatch):
    monkeypatch.setattr(identify, "_asked", lambda what, run: {"tables": []})
    client, ring = machine(office), office.ring("first")
    made = post(client, "judgements", None, said(ring)).json()["code"]
    n_runs = Run.objects.count()

    def upload(content):
        files = {"files": [SimpleUploadedFile("a.csv", content)], "name": "夜间"}
        return client.post("/api/v1/runs", files, headers={"idempotency-key": "up"})

    first = upload(b"a,b\n1,2\n")
    assert first.status_code == 201 and upload(b"a,b\n1,2\n").content == first.content and Run.objects.count() == n_runs + 1
    assert upload(b"a,b\n1,3\n").json()["code"] == "E-API-07"
    for path in (f"judgements/{made}/take-back", f"rings/{ring.code}/share", f"runs/{office.runs['first'].code}/again"):
        told = [post(client, path, f"once-{path[:4]}", {}) for _ in range(2)]
        assert told[0].status_code in (200, 201) and told[0].content == told[1].content, path
    assert Run.objects.count() == n_runs + 2


def test_what_was_refused_may_be_put_right_under_its_key(office):
    client, ring = machine(office), office.ring("first")
    assert post(client, "judgements", "k", {**said(ring), "left": "complaint:nobody"}).status_code == 409
    assert post(client, "judgements", "k", said(ring)).status_code == 201


def test_a_checked_text_is_not_kept_and_its_key_binds_it(office, monkeypatch):
    client = machine(office)
    assert post(client, "check", "c", {"text": "停息挂账 13800138000"}).status_code == 200
    assert post(client, "check", "c", {"text": "停息挂账 13800138000"}).status_code == 200
    assert post(client, "check", "c", {"text": "另一段"}).json()["code"] == "E-API-07"
    kept = Answered.objects.get(key="c")
    assert kept.body == "" and "13800138000" not in kept.asked
    monkeypatch.setattr(checks, "text", lambda asked: {})
    assert post(client, "check", None, {"text": "无键"}).status_code == 200 and Answered.objects.count() == 1


def test_an_answer_is_forgotten_after_a_day(office, monkeypatch):
    client, ring = machine(office), office.ring("first")
    post(client, "judgements", "k", said(ring))
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(hours=25))
    assert post(client, "judgements", "k", said(ring, "明天")).status_code == 201
    assert Answered.objects.filter(key="k").count() == 1


def test_a_stopped_upload_says_so(office, monkeypatch):
    """A kill between the effect and the answer leaves a key without an answer: nothing is done twice."""
    monkeypatch.setattr(identify, "_asked", lambda what, run: {"tables": []})
    client = machine(office)

    def upload():
        return client.post("/api/v1/runs", {"files": [SimpleUploadedFile("a.csv", b"a\n1\n")]}, headers={"idempotency-key": "up"})

    assert upload().status_code == 201
    Answered.objects.filter(key="up").update(number=None, body="")
    told = upload()
    assert told.status_code == 409 and told.json()["code"] == "E-API-08"


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "键"])
def test_a_key_that_is_none_is_refused(office, key):
    answer = post(machine(office), "check", key or " ", {"text": "x"})
    assert answer.status_code == 422 and answer.json()["code"] == "E-API-01"


def test_many_at_once_have_one_effect(the_office):
    """Eight threads, eight connections, one key: the database decides, on SQLite and on PostgreSQL."""
    ring, reason = the_office.ring("first"), uuid.uuid4().hex
    client_of = machine(the_office).defaults
    told, start = [], threading.Barrier(8)

    def ask():
        try:
            start.wait(10)
            told.append(post(Client(**client_of), "judgements", reason, said(ring, reason)))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    try:
        assert [one.status_code for one in told] == [201] * 8
        assert len({one.content for one in told}) == 1 and Judgement.objects.filter(reason=reason).count() == 1
    finally:
        Judgement.objects.filter(reason=reason).delete()
        Answered.objects.filter(key=reason).delete()
