"""How long the pages of a planted office take at the server, and whether not yours takes as long as not there."""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.permissions import Sort
from lianfang.web.identify import access, actions, shelves
from lianfang.web.site import office, planted

ROUNDS, PAIRS = 20, 150
_TOLD = {"rows": {"in": 1, "kept": 1, "rejected": 0}, "counts": {"records_look": 0, "records_review": 0, "rings": 1}, "seconds": 1.0}


def figures(plan: planted.Plan) -> dict[str, Any]:
    """Plant an office, ask its pages, and give the milliseconds of each."""
    office.migrate()
    association = people.found_office(Say("协会", "Association"), Sort.ASSOCIATION, None)
    houses = [people.found_office(Say(name, name), Sort.MEMBER, association) for name in ("甲", "乙")]
    who, other = (people.enrol(name, uuid.uuid4().hex, house, "supervisor", once=False) for name, house in zip(("jia", "yi"), houses, strict=True))
    began = time.perf_counter()
    run, foreign = _run(who, plan), _run(other, planted.Plan(200, 20))
    planted_in = time.perf_counter() - began
    client = Client(headers={"accept-language": "zh"})
    client.force_login(who.user)
    asked = {name: _asked(client, address) for name, address in _addresses(who, run).items()}
    return {"n_records": plan.n_records, "n_rings": plan.n_rings, "largest_ring": plan.largest, "planted_seconds": round(planted_in, 1),
            "pages": asked, "not_yours": _not_yours(client, access.queue(other, {"run": str(foreign.code)})[0], foreign)}  # fmt: skip


def _run(who: Any, plan: planted.Plan) -> Any:
    run = actions.take_files(who, [SimpleUploadedFile("c.csv", "投诉编号,内容\nC0,x\n".encode())], "planted")
    planted.plant(shelves.folder_of(run.code) / "results", plan)
    told = _TOLD | {"counts": {"records_look": 0, "records_review": plan.n_records // 3, "rings": plan.n_rings}}
    actions.finish(run, told, list(plan.rows()))
    one, another = (f"complaint:{key}" for key in plan.keys(1)[:2])  # the picture small rings share
    for ring in access.queue(who, {"run": str(run.code)})[1:60:3]:
        actions.judge(who, ring, (one, another), "same", "同一中介代写")
    return run


def _addresses(who: Any, run: Any) -> dict[str, str]:
    rings = access.queue(who, {"run": str(run.code)})
    large, small, last = rings[0], rings[1], rings.count() // 50
    record = reverse("identify-run-record", args=[run.code]) + "?kind=complaint&id="
    return {
        "desk": "/", "rings": "/rings", "rings, last page": f"/rings?page={last}", "rings, filtered": "/rings?level=look&activity=BG03&order=new",
        "rings, searched": "/rings?find=R-00000099", "rings, a word of the reason": "/rings?find=手机号&order=people",
        "ring, the largest": reverse("identify-ring", args=[large.code]), "ring": reverse("identify-ring", args=[small.code]),
        "graph, the largest": reverse("identify-ring-graph", args=[large.code]), "all members, last page": reverse("identify-ring-members", args=[large.code]) + "?page=999",
        "record, first": record + "C00000000", "record, last": record + f"C{int(run_size(run)) - 1:08d}", "runs": "/runs", "run": reverse("identify-run", args=[run.code]),
        "judgements": "/judgements", "looks": "/visits", "guides": "/guides", "guide's history": "/guides/LF-G-0102/history",
    }  # fmt: skip


def run_size(run: Any) -> int:
    """Count the records of a planted run."""
    return int(run.told["counts"]["records_review"]) * 3


def _asked(client: Client, address: str) -> dict[str, float]:
    from django.db import connection

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    n_queries = len(queries)
    if answer.status_code != 200:
        raise AssertionError(f"{address}: {answer.status_code}")
    wall, cpu = zip(*(_timed(client, address) for _ in range(ROUNDS)), strict=True)
    return {"p50_ms": _share(wall, 0.5), "p95_ms": _share(wall, 0.95), "cpu_ms": _share(cpu, 0.5), "queries": n_queries, "kb": round(len(answer.content) / 1024)}


def _timed(client: Client, address: str) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    client.get(address)
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def _share(times: Any, share: float) -> float:
    held = sorted(times)
    return round(held[min(len(held) - 1, int(share * len(held)))], 1)


def _not_yours(client: Client, ring: Any, run: Any) -> dict[str, Any]:
    """Ask by turns for another house's row and for one nobody has; give both medians of the CPU time."""
    found = {}
    for name, code in (("identify-ring", ring.code), ("identify-ring-graph", ring.code), ("identify-run", run.code), ("identify-run-record", run.code)):
        times: dict[str, list[float]] = {"theirs": [], "missing": []}
        for _ in range(PAIRS):
            for whose, asked in (("theirs", code), ("missing", uuid.uuid4())):
                times[whose].append(_timed(client, reverse(name, args=[asked]))[1])
        found[name] = {whose: _share(held, 0.5) for whose, held in times.items()} | {"greater_share": _greater(times["theirs"], times["missing"])}
    return found


def _greater(left: list[float], right: list[float]) -> float:
    """Give how often a time of the left is above one of the right: a half where nobody can tell them apart."""
    above = sum((one > other) + 0.5 * (one == other) for one in left for other in right)
    return round(above / (len(left) * len(right)), 3)
