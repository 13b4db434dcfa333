"""Judgements over REST: made, read, taken back; every later run obeys those that stand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from ninja import Router

from lianfang.web.accounts.permissions import Permission
from lianfang.web.api import cursors, once, stamps
from lianfang.web.api.actions import hold
from lianfang.web.api.auth import Key
from lianfang.web.api.problems import WRONG
from lianfang.web.api.run_rest import Cursor, Limit
from lianfang.web.api.shapes import JudgementIn, JudgementOut, JudgementPart, shown
from lianfang.web.identify import access, actions

judgements = Router(tags=["judgements"])
JUDGE = Key(Permission.PAIR_JUDGE)


@judgements.get("/judgements", response={200: JudgementPart, **WRONG}, url_name="judgements", auth=JUDGE)
def find(request: Any, cursor: Cursor = None, limit: Limit = cursors.LIMIT) -> Any:
    """List the judgements of the key's institution, newest first; those taken back say so."""
    asked = cursors.Asked("judgements", {}, cursor, limit)
    wanted, after = asked.opened
    return cursors.part(asked, wanted, after, access.find_judgements(request.member), ("-pk",))


@judgements.get("/judgements/{uuid:code}", response={200: JudgementOut, **WRONG}, url_name="judgement", auth=JUDGE)
def get(request: Any, code: UUID) -> Any:
    """Give one judgement."""
    return stamps.answer(request, shown(JudgementOut, access.get_judgement(request.member, code)))


@judgements.post("/judgements", response={201: JudgementOut, **WRONG}, url_name="judgement-make", auth=JUDGE)
def make(request: Any, said: JudgementIn, idempotency_key: once.Once = None) -> Any:
    """Say whether two records of a ring of the key's institution belong together."""

    def answer() -> HttpResponse:
        ring = access.get_own_ring(request.member, said.ring)
        made = actions.judge(request.member, ring, (said.left, said.right), said.answer, said.reason)
        return stamps.answer(request, shown(JudgementOut, made), 201, reverse("api:judgement", args=[made.code]))

    return once.at_once(request, said.model_dump_json(), answer)


@judgements.post(
    "/judgements/{uuid:code}/take-back", response={200: JudgementOut, **WRONG}, url_name="judgement-take-back", auth=JUDGE
)
def take_back(request: Any, code: UUID, if_match: stamps.IfMatch = None, idempotency_key: once.Once = None) -> Any:
    """Take a judgement back; it stays on record and no later run obeys it."""

    def answer() -> HttpResponse:
        hold(access.get_judgement(request.member, code))
        found = access.get_judgement(request.member, code)
        stamps.must_match(request, shown(JudgementOut, found))
        return stamps.answer(request, shown(JudgementOut, actions.take_back(request.member, found)))

    return once.at_once(request, request.headers.get("If-Match", ""), answer)
