"""The office seen by whoever looks after the machine: probes, numbers, log lines without people, the door when full."""

import io
import json
import logging
import os
import re
import threading

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from lianfang.engine.terms import clock
from lianfang.web.frame import gate, gauges, lines
from lianfang.web.identify import access
from lianfang.web.site import probes

MOBILE, NAME = "13800138000", "赵甲乙"


@pytest.fixture
def written():
    """Log lines as they leave the office."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(lines.Line())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def test_live_asks_nothing_and_ready_asks_the_database(office, monkeypatch):
    assert Client().get("/health/live").json() == {"ok": True}
    assert Client().get("/health/ready").json() == {"ok": True, "lacking": []}

    def away(*_):
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", away)
    told = Client().get("/health/ready")
    assert told.status_code == 503 and told.json()["lacking"] == ["database"] and told.headers["Retry-After"]
    assert Client().get("/health/live").status_code == 200


def test_an_old_database_is_not_ready(office, monkeypatch):
    monkeypatch.setattr(probes, "unapplied", lambda: ["identify.0009_later"])
    probes._is_migrated.cache_clear()
    told = Client().get("/health/ready")
    assert told.status_code == 503 and told.json()["lacking"] == ["migrations"]
    monkeypatch.undo()
    assert Client().get("/health/ready").status_code == 200, "a no is not remembered"


def test_the_numbers_are_told_in_the_form_prometheus_reads(office):
    office.client("analyst").get(reverse("identify-ring", args=[office.ring("first").code]))
    probes.beat()
    told = Client().get("/metrics")
    assert told.status_code == 200 and told.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = told.content.decode()
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) lianfang_\w+ .+|lianfang_\w+(\{(\w+=\"[^\"]*\",?)*\})? [-+.e\d]+", line), line
    assert re.search(r'lianfang_requests_total\{route="identify-ring",method="GET",code="200"\} \d', text)
    assert re.search(r'lianfang_request_seconds_bucket\{route="identify-ring",le="\+Inf"\} \d', text)
    assert 'lianfang_runs{state="done"} 2' in text and "lianfang_worker_silent_seconds" in text
    assert str(office.ring("first").code) not in text


@pytest.mark.parametrize(("settings", "headers", "address", "is_open"), [
    ({}, {}, "127.0.0.1", True), ({}, {}, "10.0.0.9", False), ({}, {"x-forwarded-for": "10.0.0.9"}, "127.0.0.1", False),
    ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}, {}, "127.0.0.1", False),
    ({"LIANFANG_METRICS_TOKEN": "t0k"}, {"authorization": "Bearer t0k"}, "10.0.0.9", True),
    ({"LIANFANG_METRICS_TOKEN": "t0k"}, {"authorization": "Bearer other"}, "127.0.0.1", False),
])  # fmt: skip
def test_the_numbers_are_for_this_machine_or_a_token(office, settings, headers, address, is_open):
    with override_settings(**settings):
        answer = Client(headers=headers, REMOTE_ADDR=address).get("/metrics")
    assert answer.status_code == (200 if is_open else 404)


def test_a_buckets_edge_counts_below(office):
    counts = gauges.Counts()
    for seconds in (0.01, 0.02, 99):
        counts.began()
        counts.ended("r", "BREW", 200, seconds)
    text = "\n".join(counts.lines())
    assert 'le="0.01"} 1\n' in text and 'le="0.025"} 2\n' in text and 'le="10.0"} 2\n' in text and 'le="+Inf"} 3' in text
    assert 'method="OTHER"' in text and "lianfang_requests_under_way 0" in text


def test_the_worker_is_heard_by_its_beat_or_by_its_run(office):
    cache.delete(probes._BEAT)
    assert probes.last_beat() is None
    at = clock.now()
    access.Run.objects.filter(pk=office.runs["first"].pk).update(beat_at=at)
    assert probes.last_beat() == at


def test_log_lines_hold_no_person_and_no_address(office, written, monkeypatch):
    client = office.client("analyst")
    ring = office.ring("first")
    client.get(f"/rings?find={MOBILE}", headers={"user-agent": f"{NAME} {MOBILE}", "referer": f"http://x/?q={MOBILE}"})
    client.post(reverse("identify-check"), {"text": f"{NAME} {MOBILE} 停息挂账"})
    client.get(reverse("identify-ring", args=[ring.code]))
    client.get(f"/nobody/{MOBILE}")
    Client().post("/account/login/", {"login": NAME, "password": MOBILE})
    logging.getLogger("lianfang.worker").warning(f"number {MOBILE}")
    logging.getLogger("elsewhere").warning(f"{NAME} {MOBILE}")
    logging.getLogger("elsewhere").error("failed for %s", NAME)

    def broken(*_):
        try:
            raise KeyError(MOBILE)
        except KeyError as inner:
            raise ValueError(f"no such person: {NAME} {MOBILE}") from inner

    monkeypatch.setattr(access, "get_ring", broken)
    client.raise_request_exception = False
    assert client.get(reverse("identify-ring", args=[ring.code])).status_code == 500
    text = written.getvalue()
    told = [json.loads(line) for line in text.splitlines()]
    for planted in (MOBILE, NAME, str(ring.code), "停息", "first.analyst"):
        assert planted not in text and json.dumps(planted)[1:-1] not in text, planted
    assert {"identify-rings", "identify-check", "identify-ring", "none", "account_login"} <= {one.get("route") for one in told}
    faults = [one["fault"] for one in told if "fault" in one]
    assert faults and faults[0]["type"] == "builtins.ValueError" and faults[0]["because"]["type"] == "builtins.KeyError"
    assert any("test_probes.py" in frame for frame in faults[0]["through"])


def test_a_request_has_a_number_that_its_line_has_too(office, written):
    answer = office.client("analyst").get("/rings")
    (told,) = [json.loads(line) for line in written.getvalue().splitlines()]
    assert told["request"] == answer.headers["X-Request-Id"] and told["code"] == 200 and told["ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", told["at"])
    assert Client(headers={"x-request-id": MOBILE}).get("/health/live").headers["X-Request-Id"] != MOBILE


@override_settings(LIANFANG_AT_ONCE=2, LIANFANG_IN_LINE=1, LIANFANG_WAIT_SECONDS=20)
def test_a_full_office_says_when_to_come_back_and_recovers():
    """Two at work, one in line: the fourth is turned away at once, the rest are served when a slot is free."""
    go, inside, told = threading.Event(), threading.Semaphore(0), {}

    def work(request):
        inside.release()
        assert go.wait(20)
        return HttpResponse("done")

    door = gate.Gate(work)

    def ask(name, path="/rings"):
        told[name] = door(RequestFactory().get(path))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(3)]
    threads[0].start(), threads[1].start()
    assert inside.acquire(timeout=20) and inside.acquire(timeout=20)
    threads[2].start()
    while door._n_waiting < 1:
        threads[2].join(0.001)
    before = gauges.COUNTS._turned_away
    ask("page")
    ask("program", "/api/v1/rings")
    assert told["page"].status_code == 503 and told["page"].headers["Retry-After"] == "2"
    assert "太忙" in told["page"].content.decode() and "Too busy" in told["page"].content.decode()
    assert told["program"].headers["Content-Type"] == "application/problem+json"
    assert json.loads(told["program"].content)["code"] == "E-API-98" and gauges.COUNTS._turned_away == before + 2
    go.set()
    for one in threads:
        one.join(20)
    assert [told[n].status_code for n in range(3)] == [200, 200, 200]
    ask("later")
    assert told["later"].status_code == 200


@override_settings(LIANFANG_AT_ONCE=0, LIANFANG_IN_LINE=1, LIANFANG_WAIT_SECONDS=0.01)
def test_nobody_waits_for_ever_and_probes_pass_a_full_door(office):
    client = Client()
    told = client.get("/rings")
    assert told.status_code == 503 and told.headers["Content-Security-Policy"] and told.headers["X-Request-Id"]
    assert client.get("/health/live").status_code == client.get("/metrics").status_code == 200
    file = client.get("/static/frame/office.css")
    file.close()
    assert file.status_code == 200


@override_settings(LIANFANG_AT_ONCE=1, LIANFANG_IN_LINE=0, LIANFANG_WAIT_SECONDS=0.01)
def test_a_fault_gives_its_slot_back():
    def broken(request):
        raise ZeroDivisionError

    door = gate.Gate(broken)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            door(RequestFactory().get("/rings"))


def test_processes_add_up_what_each_counted(tmp_path):
    mine, other = gauges.Counts(), gauges.Counts()
    for counts, n in ((mine, 2), (other, 3)):
        for _ in range(n):
            counts.began()
            counts.ended("desk-home", "GET", 200, 0.02)
    other.began()
    other.turned_away()
    (tmp_path / f"{os.getppid()}.json").write_text(json.dumps(other.told()))
    (tmp_path / "999999999.json").write_text(json.dumps(other.told()))  # it has ended: nothing of it is under way
    told = "\n".join(gauges.Shared(tmp_path, mine).all().lines())
    assert 'lianfang_requests_total{route="desk-home",method="GET",code="200"} 8' in told
    assert 'lianfang_request_seconds_count{route="desk-home"} 8' in told
    assert "lianfang_requests_under_way 1" in told and "lianfang_turned_away_total 2" in told


def test_a_process_leaves_its_counts_whole(tmp_path):
    mine = gauges.Counts()
    mine.ended("desk-home", "GET", 200, 0.02)
    gauges.Shared(tmp_path, mine).write()
    read = gauges.Counts()
    read.add(json.loads((tmp_path / f"{os.getpid()}.json").read_text()))
    assert read.told() == mine.told()


@override_settings(LIANFANG_AT_ONCE=1, LIANFANG_IN_LINE=0, LIANFANG_WAIT_SECONDS=0.01)
def test_a_live_check_does_not_stand_in_line_behind_pages(office):
    inside, go_on = threading.Event(), threading.Event()

    def slow(request):
        if request.path == "/rings":
            inside.set()
            go_on.wait(20)
        return HttpResponse("done")

    door, told = gate.Gate(slow), {}
    page = threading.Thread(target=lambda: told.update(page=door(RequestFactory().get("/rings"))))
    page.start()
    assert inside.wait(20)
    assert door(RequestFactory().get("/desk")).status_code == 503, "the only slot is taken"
    assert door(RequestFactory().post("/api/v1/check")).status_code == 200
    go_on.set()
    page.join(20)
    assert told["page"].status_code == 200
