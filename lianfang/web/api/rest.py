"""REST under /api/v1: check a text, upload and run, read runs and rings. Everything is masked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, NinjaAPI, Schema, Status
from ninja.errors import AuthenticationError, ValidationError
from ninja.files import UploadedFile
from pydantic import Field

from lianfang.engine.terms.errors import LianfangError, Say
from lianfang.web.accounts.act import held, require
from lianfang.web.accounts.permissions import Permission
from lianfang.web.api.auth import NO_KEY, NO_KEY_FIX, Key
from lianfang.web.frame.page import part
from lianfang.web.identify import access, actions, guides

MOST_SIGNS = 20_000
# The pages that show the description would come from elsewhere; the description itself is at openapi.json.
api = NinjaAPI(title="Lianfang", version="1", auth=Key(), docs_url=None, urls_namespace="api")


class Problem(Schema):
    """What went wrong, as RFC 9457 says it; `code` is stable, words come in both languages."""

    type: str = "about:blank"
    title: str
    title_en: str
    status: int
    code: str
    fix: str = ""
    fix_en: str = ""


class Asked(Schema):
    """A text to be looked at."""

    text: str = Field(min_length=1, max_length=MOST_SIGNS)


class RunOut(Schema):
    """A run: where it stands and what it counted."""

    code: UUID
    name: str
    state: str
    percent: int
    step: dict[str, Any]
    told: dict[str, Any]


class RingOut(Schema):
    """A ring in the queue."""

    code: UUID
    ring_id: str
    level: str
    n_records: int
    n_people: int
    n_institutions: int
    activities: str
    score: float
    why_zh: str
    why_en: str


class RunPage(Schema):
    """Some runs, how many there are in all, and the number of the next page."""

    runs: list[RunOut]
    total: int
    after: int | None


class RingPage(Schema):
    """Some rings, how many there are in all, and the number of the next page."""

    rings: list[RingOut]
    total: int
    after: int | None


_WRONG: Any = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


@api.get("/me", response={200: dict[str, Any], **_WRONG}, url_name="me")
def me(request: Any) -> Any:
    """Say whom the key stands for and what it may do."""
    who = request.member
    return {"institution": str(who.institution.code), "role": who.role, "scopes": sorted(held(who))}


@api.post("/check", response={200: dict[str, Any], **_WRONG}, url_name="check")
def check(request: Any, asked: Asked) -> Any:
    """Say which signs a text shows, by which words, and which guards acted. The text is not kept."""
    require(request.member, Permission.TEXT_CHECK)
    return guides.checked(asked.text).plain()


@api.get("/runs", response={200: RunPage, **_WRONG}, url_name="runs")
def runs(request: Any, page: int = 1) -> Any:
    """List the runs of the key's institution, newest first."""
    require(request.member, Permission.RUN_READ)
    shown = part(access.find_runs(request.member), str(page))
    return {"runs": shown.rows, "total": shown.n_rows, "after": shown.after}


@api.post("/runs", response={201: RunOut, **_WRONG}, url_name="run-make")
def make_run(request: Any, files: File[list[UploadedFile]], name: Form[str] = "") -> Any:
    """Take tables and run them, columns as recognised."""
    require(request.member, Permission.RUN_MAKE)
    run = actions.recognise(actions.take_files(request.member, files, name[:120]), {})
    if "wrong" not in run.told:
        chosen = [{use["header"]: use["field"] or "" for use in table["columns"]} for table in run.columns]
        run = actions.start(request.member, run, chosen)
    return Status(201, run)


@api.get("/runs/{uuid:code}", response={200: RunOut, **_WRONG}, url_name="run")
def run(request: Any, code: UUID) -> Any:
    """Say where a run stands."""
    require(request.member, Permission.RUN_READ)
    return access.get_run(request.member, code)


@api.get("/rings", response={200: RingPage, **_WRONG}, url_name="rings")
def rings(request: Any, page: int = 1, level: str = "", run: str = "") -> Any:
    """List the rings of the latest run, or of a named one, in the order of the queue."""
    require(request.member, Permission.RING_READ)
    shown = part(access.queue(request.member, {"level": level, "run": run}), str(page))
    return {"rings": shown.rows, "total": shown.n_rows, "after": shown.after}


@api.get("/rings/{uuid:code}", response={200: dict[str, Any], **_WRONG}, url_name="ring")
def ring(request: Any, code: UUID) -> Any:
    """Give a ring with its graph, reasons, members and texts, masked."""
    require(request.member, Permission.RING_READ)
    found = access.get_ring(request.member, code)
    return {**RingOut.from_orm(found).model_dump(mode="json"), **access.picture(found)}


def _problem(request: HttpRequest, say: Say, fix: Say | None, code: str, status: int) -> HttpResponse:
    told = Problem(title=say.zh, title_en=say.en, status=status, code=code)
    if fix is not None:
        told.fix, told.fix_en = fix.zh, fix.en
    answer = api.create_response(request, told.model_dump(), status=status)
    answer["Content-Type"] = "application/problem+json"
    return answer


@api.exception_handler(LianfangError)
def _told(request: HttpRequest, wrong: LianfangError) -> HttpResponse:
    return _problem(request, wrong.say, wrong.fix, wrong.code, wrong.http_code)


@api.exception_handler(AuthenticationError)
def _no_key(request: HttpRequest, wrong: AuthenticationError) -> HttpResponse:
    answer = _problem(request, NO_KEY, NO_KEY_FIX, "E-KEY-10", 401)
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(ValidationError)
def _misfit(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    where = "; ".join(".".join(map(str, one.get("loc", ()))) for one in wrong.errors[:5])
    say = Say(f"请求不合格式:{where}", f"the request does not fit: {where}")
    return _problem(request, say, Say("对照 /api/v1/openapi.json", "see /api/v1/openapi.json"), "E-API-01", 422)
