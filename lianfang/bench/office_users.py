"""People at work in the office, for locust: `python -m locust -f office_users.py`, started by `lianfang.bench.office`.

Each user holds a session made before the clock starts, reads more than they write, and thinks between two pages.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

from locust import HttpUser, between, constant, events, task

PLAN: dict[str, Any] = json.loads(Path(os.environ["LIANFANG_OFFICE_PLAN"]).read_text("utf-8"))
IS_FLOOD = bool(PLAN["flood"])
_next = itertools.count()
_texts = random.Random(7)
_CODES: Counter[int] = Counter()
_BACK: Counter[bool] = Counter()


def _text() -> str:
    """Make a text like those that come in: some show signs, most do not."""
    lines = ("客服态度很好,问题已解决,谢谢。", "专业停息挂账,不成功不收费,加薇信联系", "我的利率和合同写的不一样,请核实后退还多收的利息。",
             "代办征信修复,逾期铲单,先办后付", "今天还款没有到账,请帮我查一下流水。")  # fmt: skip
    return "".join(_texts.choice(lines) for _ in range(_texts.randint(1, 6)))


class Person(HttpUser):  # type: ignore[misc]
    """Somebody who works in the office."""

    wait_time = constant(0) if IS_FLOOD else between(1, 3)

    def on_start(self) -> None:
        """Take one of the sessions that were made before."""
        number = next(_next)
        self.client.headers["Cookie"] = PLAN["cookies"][number % len(PLAN["cookies"])]
        self.random = random.Random(number)

    def page(self, path: str, name: str) -> None:
        """Read a page; while flooding, being told to come back is an answer, not an error."""
        with self.client.get(path, name=f"page {name}", catch_response=True, allow_redirects=False) as answer:
            self._weighed(answer, {200})

    def _weighed(self, answer: Any, good: set[int]) -> None:
        _CODES[answer.status_code] += 1
        if IS_FLOOD and answer.status_code == 503:
            _BACK["Retry-After" in answer.headers] += 1
            answer.success()
        elif answer.status_code not in good:
            answer.failure(f"HTTP {answer.status_code}")
        else:
            answer.success()

    def _one(self, of: str) -> str:
        return str(self.random.choice(PLAN[of]))

    @task(6)
    def desk(self) -> None:
        """Look at what waits."""
        self.page("/", "desk")

    @task(8)
    def rings(self) -> None:
        """Look through the queue."""
        self.page(self.random.choice(("/rings", "/rings?level=review", "/rings?order=people")), "rings")

    @task(8)
    def ring(self) -> None:
        """Open a ring and its graph."""
        code = self._one("rings")
        self.page(f"/rings/{code}", "ring")
        self.page(f"/rings/{code}/graph", "graph")

    @task(3)
    def runs(self) -> None:
        """Look at the runs and one of them."""
        self.page("/runs", "runs")
        self.page(f"/runs/{self._one('runs')}", "run")

    @task(2)
    def guides(self) -> None:
        """Look a guide up."""
        self.page("/guides", "guides")

    @task(2)
    def judgements(self) -> None:
        """Look at what was judged."""
        self.page("/judgements", "judgements")

    @task(2)
    def cases(self) -> None:
        """Look at the cases, where the office has the room."""
        for path in PLAN["more"]:
            self.page(path, path.strip("/"))

    @task(10)
    def check(self) -> None:
        """Let a program ask about one text."""
        self._api("POST", "/api/v1/check", "POST /check", {200}, {"text": _text()})

    @task(3)
    def listed(self) -> None:
        """Let a program read the queue."""
        self._api("GET", "/api/v1/rings?limit=50", "GET /rings", {200})

    @task(1)
    def judge(self) -> None:
        """Judge two records of a ring: the write of the path."""
        said = self.random.choice(PLAN["pairs"])
        self._api("POST", "/api/v1/judgements", "POST /judgements", {201}, said)

    def _api(self, method: str, path: str, name: str, good: set[int], body: Any = None) -> None:
        headers = {"Authorization": f"Bearer {PLAN['key']}", "Cookie": ""}
        with self.client.request(method, path, name=f"api {name}", json=body, headers=headers, catch_response=True) as answer:
            self._weighed(answer, good)


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _told(environment: Any, **_: Any) -> None:
    """Write the figures where the bench reads them."""
    rows, pages = [], Counter[int]()
    for (name, _method), one in sorted(environment.stats.entries.items()):
        if name.startswith("page "):
            pages.update(one.response_times)
        rows.append({
            "name": name, "n": one.num_requests, "errors": one.num_failures, "p50_ms": one.get_response_time_percentile(0.5),
            "p95_ms": one.get_response_time_percentile(0.95), "p99_ms": one.get_response_time_percentile(0.99),
        })  # fmt: skip
    every = environment.stats.total
    told = {
        "rows": rows, "n": every.num_requests, "errors": every.num_failures, "a_second": round(every.total_rps, 1),
        "pages_p95_ms": _percentile(pages, 0.95), "codes": {str(code): n for code, n in sorted(_CODES.items())},
        "told_when_to_come_back": _BACK[True], "wrong": [f"{one.name}: {one.error} x{one.occurrences}" for one in environment.stats.errors.values()],
    }  # fmt: skip
    Path(PLAN["told"]).write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def _percentile(times: Counter[int], share: float) -> int:
    left = sum(times.values()) * share
    for ms in sorted(times):
        left -= times[ms]
        if left <= 0:
            return int(ms)
    return 0
