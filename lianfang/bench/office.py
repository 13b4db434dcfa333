"""The office under load: fifty people and their programs for a minute, then a flood; memory, errors, waiting times."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lianfang.engine.terms.errors import InputError, Say

PASSWORD = "lianfang-demo-2026"
ACCOUNTS = ("jia.analyst", "jia.boss")
MORE = ("/cases", "/exhibits", "/review")
_READY_SECONDS = 600.0  # the demo is made first


class Browser:
    """A person's browser, as little of it as signing in takes."""

    def __init__(self, root: str) -> None:
        self.root, self.jar = root, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> str:
        """Read a page."""
        with self.opener.open(self.root + path, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, form: dict[str, Any]) -> str:
        """Send a form, with its token and where it came from."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        sent = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token[1] if token else ""}, doseq=True).encode()
        asked = urllib.request.Request(self.root + path, sent, {"Referer": self.root + path})
        with self.opener.open(asked, timeout=60) as answer:
            return str(answer.read().decode())

    def signed_in(self, username: str) -> str:
        """Sign in; give the cookies as one line."""
        self.post("/account/login/", {"login": username, "password": PASSWORD})
        return "; ".join(f"{one.name}={one.value}" for one in self.jar)


def office(n_users: int = 50, seconds: int = 60, n_people: int | None = None) -> dict[str, Any]:
    """Serve a demo on SQLite and let people and programs at it.

    Args:
        n_users: people at once; each thinks one to three seconds between two pages.
        seconds: how long.
        n_people: people in the demo's tables; the demo's own number without it.
    """
    with tempfile.TemporaryDirectory(prefix="lianfang-office-") as name, _served(Path(name), n_people) as (root, server):
        folder = Path(name)
        plan = _plan(root, n_users)
        told = _let_loose(folder, root, {**plan, "flood": False}, (n_users, seconds), server)
        told["flood"] = _let_loose(folder, root, {**plan, "flood": True}, (6 * n_users, max(10, seconds // 6)), server)
        told["flood"]["page_after_ms"] = _page_after(root, plan)
        return told


@contextmanager
def _served(folder: Path, n_people: int | None) -> Iterator[tuple[str, int]]:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    words = ["serve", "--demo", "--home", str(folder / "home"), "--port", str(port)]
    words += [] if n_people is None else ["--people", str(n_people)]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LIANFANG_", "DATABASE_"))}
    with (folder / "served.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "lianfang.cli.main", *words], stdout=log, stderr=log, env=env)
        try:
            _await(f"http://127.0.0.1:{port}/health/ready", server)
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()
            server.wait(30)


def _await(address: str, server: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise InputError(
        Say(f"办公室没有起来:{address}", f"the office did not become ready: {address}"), code="E-BENCH-02",
        fix=Say("先看 lianfang serve --demo 自己能否起来", "see whether lianfang serve --demo starts by itself"),
    )  # fmt: skip


def _plan(root: str, n_users: int) -> dict[str, Any]:
    """Sign everybody in and find what they will look at, before the clock starts."""
    browsers = [Browser(root) for _ in range(n_users)]
    cookies = [one.signed_in(ACCOUNTS[n % len(ACCOUNTS)]) for n, one in enumerate(browsers)]
    person = browsers[1]  # a supervisor: makes the key
    scopes = ["identify:text:check", "identify:ring:read", "identify:pair:judge"]
    key = re.search(r"lf_[\w-]+", person.post("/keys", {"name": "bench", "days": 1, "scopes": scopes}))
    rings = re.findall(r'href="/rings/([0-9a-f-]{36})"', person.get("/rings"))
    runs = re.findall(r'href="/runs/([0-9a-f-]{36})"', person.get("/runs"))
    if not (key and rings and runs):
        raise LookupError("the demo has no rings, no runs or gives no key")
    held = sorted(set(rings))
    pairs = [_pair(root, key[0], code) for code in held[:8]]
    return {"cookies": cookies, "key": key[0], "rings": held, "runs": sorted(set(runs)), "pairs": pairs, "more": _more(person)}


def _pair(root: str, key: str, ring: str) -> dict[str, str]:
    asked = urllib.request.Request(f"{root}/api/v1/rings/{ring}/members?limit=2", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        left, right = (one["key"] for one in json.load(answer)["rows"])
    return {"ring": ring, "left": left, "right": right, "answer": "unsure", "reason": "压力测试 / load"}


def _more(person: Browser) -> list[str]:
    found = []
    for path in MORE:
        try:
            person.get(path)
        except urllib.error.HTTPError:
            continue
        found.append(path)
    return found


def _let_loose(folder: Path, root: str, plan: dict[str, Any], size: tuple[int, int], server: int) -> dict[str, Any]:
    told = folder / "told.json"
    (folder / "plan.json").write_text(json.dumps({**plan, "told": str(told)}), "utf-8")
    words = ["-m", "locust", "-f", str(Path(__file__).with_name("office_users.py")), "--headless", "--only-summary"]
    words += ["-u", str(size[0]), "-r", str(size[0]), "-t", f"{size[1]}s", "--stop-timeout", "10", "--host", root]
    env = os.environ | {"LIANFANG_OFFICE_PLAN": str(folder / "plan.json")}
    watch = _Memory(server)
    load = os.getloadavg()[0]
    with watch:
        done = subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, check=False)
    if not told.exists():
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(told.read_text("utf-8"))
    told.unlink()
    return {"users": size[0], "seconds": size[1], **found, **watch.peaks, "load_before": round(load, 1), "load_after": round(os.getloadavg()[0], 1)}


class _Memory:
    """Looks twice a second how much memory the office's processes hold, and keeps the most."""

    def __init__(self, server: int) -> None:
        self._server, self._stopped = server, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.peaks = {"resident_mb": 0.0, "pages_resident_mb": 0.0, "cpu_seconds": 0.0}

    def __enter__(self) -> None:
        self._began = self._cpu()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self.peaks["cpu_seconds"] = round(self._cpu() - self._began, 1)

    def _all(self) -> list[Any]:
        import psutil

        top = psutil.Process(self._server)
        return [top, *top.children(recursive=True)]

    def _cpu(self) -> float:
        return float(sum(sum(one.cpu_times()[:2]) for one in self._all()))

    def _look(self) -> None:
        import psutil

        while not self._stopped.wait(0.5):
            sizes = []
            for one in self._all():
                try:
                    sizes.append(one.memory_info().rss / 2**20)
                except psutil.NoSuchProcess:
                    continue
            self.peaks["resident_mb"] = round(max(self.peaks["resident_mb"], sum(sizes)), 1)
            self.peaks["pages_resident_mb"] = round(max(self.peaks["pages_resident_mb"], max(sizes)), 1)


def _page_after(root: str, plan: dict[str, Any]) -> float:
    """Ask one page when the flood is over: how long until the office answers as before?"""
    asked = urllib.request.Request(f"{root}/rings", headers={"Cookie": plan["cookies"][0]})
    began = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=60) as answer:
        answer.read()
    return round((time.perf_counter() - began) * 1000, 1)


def page(told: dict[str, Any]) -> str:
    """Write the page docs/measures/office.md from what was measured."""
    now, flood, machine = told["figures"], told["figures"]["flood"], told["machine"]
    check = next(one for one in now["rows"] if one["name"] == "api POST /check")
    rows = "\n".join(f"| {one['name']} | {one['n']} | {one['errors']} | {one['p50_ms']:g} | {one['p95_ms']:g} | {one['p99_ms']:g} |" for one in now["rows"])
    return f"""# The office under load 办公室承压

Made by `lianfang bench office` on {machine['on']}: {machine['cores']} cores, {machine['processor']}, Python {machine['python']}; two processes of pages, SQLite,
the demo's tables. Load average {now['load_before']} before and {now['load_after']} after: what is above 2 belongs to neighbours and makes every figure worse.

{now['users']} people for {now['seconds']} s, each thinking one to three seconds between two pages; sessions are made before the clock starts.

| what | measured | wanted |
|---|---|---|
| errors, of {now['n']} requests ({now['a_second']} a second) | {now['errors']} | 0 |
| pages, 95th percentile | {now['pages_p95_ms']} ms | 500 ms |
| `POST /api/v1/check`, 95th percentile | {check['p95_ms']:g} ms | 100 ms |
| memory of all processes, most | {now['resident_mb']} MB | 512 MB |
| CPU of all processes | {now['cpu_seconds']} s | |

| asked | n | errors | p50 ms | p95 ms | p99 ms |
|---|---|---|---|---|---|
{rows}

## A flood

{flood['users']} askers without a pause for {flood['seconds']} s: {flood['n']} answers, by code {flood['codes']}; {flood['errors']} other than 200, 201 or 503;
{flood['told_when_to_come_back']} were told when to come back (`Retry-After`). The next page after it took {flood['page_after_ms']} ms.
"""
