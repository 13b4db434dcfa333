"""Schemathesis over the whole API: whatever is sent, no fault of ours, and answers as the description says.

It speaks to the WSGI application in this process. Half of the codes are rows that are there, so that it gets behind the door.
"""

import hashlib
import uuid
from datetime import timedelta

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from lianfang.engine.terms import clock
from lianfang.web.accounts.models import ApiKey
from lianfang.web.accounts.permissions import Permission
from lianfang.web.api.rest import api
from lianfang.web.evidence.models import Entry
from lianfang.web.identify import actions as identify
from lianfang.web.site.wsgi import application

EXAMPLES = 25
CHECKS = [
    not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance,
    checks.unsupported_method,
]  # fmt: skip
# A deadline would fail a slow machine, not a slow program; the phases are fixed so that a run is the same run again.
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
NEEDS = {place: need for place, (need, _) in api.doors()}
# What says that an operation did its work, or came so far as to find a reason of its own not to.
REACHED = {200, 201, 204, 409}
OPERATIONS = sorted(f"{method} {path}" for (method, path), _ in api.doors())


def served(environ, start):
    """Close every answer, as a server does: uploads are let go then."""
    answer = application(environ, start)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


@pytest.fixture(scope="module")
def schema():
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=served)


@pytest.fixture(autouse=True)
def one_connection():
    """As Django's own test client does: a request does not close the connection the test's transaction is on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def key(office, need):
    """Make a key of somebody who may do it, so that no door ends the conversation early."""
    clear, at = uuid.uuid4().hex, clock.now()
    who = office.members["compliance" if need == Permission.ENTRY_READ else "supervisor", "first"]
    ApiKey.objects.create(
        member=who, name="x", prefix="lf_", sha256=hashlib.sha256(clear.encode()).hexdigest(), scopes=sorted(Permission),
        made_at=at, expires_at=at + timedelta(days=1),
    )  # fmt: skip
    return clear


def rows(office):
    """Give for each kind of address a row that is there."""
    ring, who = office.ring("first"), office.members["supervisor", "first"]
    judged = identify.judge(who, ring, ("complaint:C0", "complaint:C1"), "same", "同一人")
    entry = Entry.objects.create(
        made_at=clock.now(), tag="a:b:c", actor="x", institution=str(office.houses["first"].code), target="y", leaf=b"{}"
    )
    who = office.members["analyst", "first"]
    return {"cases": office.case(who).code, "exhibits": office.exhibit(who).code, "rings": ring.code, "runs": office.runs["first"].code, "judgements": judged.code, "entries": entry.code}


def met(case, held, n):
    """Put a row that is there into every second case."""
    if n % 2 and "code" in (case.path_parameters or {}):
        room = case.path.split("/")[3]
        case.path_parameters["code"] = str(held.get(room, uuid.uuid4()))
    if n % 2 and isinstance(case.body, dict) and "ring" in case.body:
        case.body |= {"ring": str(held["rings"]), "left": "complaint:C0", "right": "complaint:C1"}
    if n % 4 == 1 and case.method != "GET":
        case.headers["If-Match"] = "*"
    return case


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_is_sent_there_is_no_fault_of_ours(office, schema, operation, monkeypatch):
    monkeypatch.setattr(identify, "_asked", lambda what, run: {"tables": []})
    method, path = operation.split(" ")
    held, count, clear = rows(office), iter(range(10**6)), key(office, NEEDS[method, path])
    codes = set()

    @SETTINGS
    @given(case=schema[path][method].as_strategy())
    def ask(case):
        answer = met(case, held, next(count)).call(headers={"Authorization": f"Bearer {clear}"})
        codes.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()
    # No checkpoint covers an entry of a transaction that is not over: its proof is not there yet.
    assert next(count) == EXAMPLES and (codes & REACHED or path.endswith("/proof")), f"it never got behind the door: {codes}"
