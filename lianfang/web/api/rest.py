"""REST under /api/v1: one text or record, runs, rings, judgements, cases, exhibits, the log. Everything is masked."""

from __future__ import annotations

from typing import Any

from ninja import Router

from lianfang.web.accounts.act import held
from lianfang.web.accounts.permissions import Permission
from lianfang.web.api import checks, once, problems
from lianfang.web.api.auth import Key
from lianfang.web.api.case_rest import cases
from lianfang.web.api.description import Described
from lianfang.web.api.judgement_rest import judgements
from lianfang.web.api.log_rest import log
from lianfang.web.api.ring_rest import rings
from lianfang.web.api.run_rest import runs
from lianfang.web.api.shapes import OneText, RecordIn, Whom

# The pages that show the description would come from elsewhere; the description itself is at openapi.json.
api = Described(title="Lianfang", version="1", auth=Key(), docs_url=None, urls_namespace="api")
problems.tell(api)
first = Router()


@first.get("/me", response={200: Whom, **problems.WRONG}, url_name="me", auth=Key())
def me(request: Any) -> Any:
    """Say whom the key stands for and what it may do."""
    who = request.member
    return {"institution": who.institution.code, "role": who.role, "scopes": sorted(held(who))}


@first.post("/check", response={200: dict[str, Any], **problems.WRONG}, url_name="check", auth=Key(Permission.TEXT_CHECK))
def check(request: Any, asked: OneText | RecordIn, idempotency_key: once.Once = None) -> Any:
    """Say which signs one text or one record shows, by which words, and which guards acted. Nothing is kept."""

    def answer() -> Any:
        if isinstance(asked, RecordIn):
            return checks.record(asked.record.kind, asked.record.fields)
        return checks.text(asked.text)

    return once.unkept(request, asked.model_dump_json(), answer)


for room in (first, runs, rings, judgements, cases, log):
    api.add_router("", room)
