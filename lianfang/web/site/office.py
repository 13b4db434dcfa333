"""What `lianfang serve|worker|migrate|createuser` do; Django is loaded here and nowhere in the CLI."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lianfang.engine.terms.errors import InputError, Say, SettingError

_SETTINGS = "lianfang.web.site.settings"
_DATABASE = ("数据库", "the database")
_MOST_SECONDS = 5.0


@dataclass(frozen=True)
class Serving:
    """How the office is served."""

    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 4
    pages: int = 2
    n_people: int | None = None
    with_worker: bool = True


def ready() -> None:
    """Load the web floor once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", _SETTINGS)
    try:
        import django
    except ImportError as wrong:
        raise SettingError(
            Say("没有装网页层", "the web floor is not installed"), code="E-OFFICE-01",
            fix=Say("pip install 'lianfang[web]',或 make run", "pip install 'lianfang[web]', or make run"),
        ) from wrong  # fmt: skip
    django.setup()


def migrate() -> None:
    """Bring the database to this version's shape; safe to run again."""
    ready()
    from django.core.management import call_command

    from lianfang.web.site import preparing

    preparing.tell(0, 4, *_DATABASE)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def first_administrator() -> tuple[str, str] | None:
    """In an empty office make one association and its administrator; give name and one-time password."""
    from lianfang.web.accounts import access, actions
    from lianfang.web.accounts.permissions import Sort

    if not access.nobody_yet():
        return None
    house = actions.found_office(Say("本协会", "This association"), Sort.ASSOCIATION)
    password = actions.one_time_password()
    actions.enrol("admin", password, house, "association_admin")
    return "admin", password


def create_user(username: str, role: str, institution: str | None) -> str:
    """Enter a person from the command line; give the one-time password."""
    ready()
    from lianfang.web.accounts import access, actions

    house = access.institution_named(institution)
    password = actions.one_time_password()
    actions.enrol(username, password, house, role)
    return password


def make_demo(n_people: int | None) -> None:
    """Fill an empty office with the demo."""
    ready()
    from lianfang.web.site import demo

    demo.make(n_people)


def back_up(target: Path, with_keys: bool) -> dict[str, Any]:
    """Write a backup; give its manifest."""
    ready()
    from lianfang.web.site import backup

    return backup.make(target.absolute(), with_keys)


def put_back(archive: Path, home: Path) -> tuple[dict[str, Any], Any]:
    """Restore a backup; give its manifest, and log and database side by side."""
    from lianfang.web.site import restore

    return restore.into(archive.absolute(), home, _whole)


def _whole(manifest: dict[str, Any], home: Path) -> Any:
    """Look at a restored office that has not got its place yet: its database, then its log beside it."""
    os.environ["LIANFANG_HOME"] = str(home)
    # A key left out of the backup is put back by hand; none is made here in its stead.
    os.environ.setdefault("LIANFANG_SECRET", "only while a backup is being looked at, nothing is signed")
    ready()
    from lianfang.web.site import restored

    return restored.look(manifest, home)


def look_over(deep: bool) -> list[Any]:
    """Look the office over; give what was found."""
    ready()
    from lianfang.web.site import doctor

    return list(doctor.look_over(deep))


def work() -> None:
    """Work in this process until stopped."""
    ready()
    from lianfang.web.site import work as loop

    if loop.forever():
        # What a run's results took is given back to the machine whole: a process rarely returns it otherwise.
        os.execv(sys.executable, [sys.executable, "-m", "lianfang.cli.main", "worker"])


def may_serve(how: Serving) -> None:
    """Refuse before anything is made ready where the pages' files or the port are not to be had."""
    _vendor_stands()
    _port_is_free(how)


def serve(how: Serving, prepare: Sequence[str], then: Callable[[], None]) -> int:
    """Serve the office in this process and its worker beside it, until stopped.

    Args:
        how: where, and by how many.
        prepare: the command that makes the office ready; visitors see how far it is meanwhile.
        then: done once it is ready.

    Returns:
        The exit code of making ready.
    """
    home = Path(os.environ.get("LIANFANG_HOME", "office")).absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(home / "gauges", ignore_errors=True)  # what was counted before this start
    mark = home / "preparing.json"
    mark.write_text(json.dumps({"n": 0, "of": 4, "zh": _DATABASE[0], "en": _DATABASE[1]}), "utf-8")
    preparing = subprocess.Popen(prepare)
    _loaded(mark, preparing)
    workers: list[subprocess.Popen[bytes]] = []
    failed: list[int] = []

    def wait() -> None:
        # The demo opens the door before its last tables are taken up; others are ready when making ready ends.
        while mark.exists() and preparing.poll() is None:
            time.sleep(0.1)
        if preparing.returncode:
            failed.append(preparing.returncode)
            os.kill(os.getpid(), signal.SIGINT)
            return
        mark.unlink(missing_ok=True)
        if how.with_worker:
            workers.append(subprocess.Popen([sys.executable, "-m", "lianfang.cli.main", "worker"]))
        then()
        preparing.wait()

    threading.Thread(target=wait, daemon=True).start()
    try:
        _granian(how)
    finally:
        if preparing.poll() is None:
            preparing.terminate()
            preparing.wait(15)
        for worker in workers:
            worker.terminate()
            worker.wait(15)
        mark.unlink(missing_ok=True)
    return failed[0] if failed else 0


def _loaded(mark: Path, preparing: subprocess.Popen[bytes]) -> None:
    """Wait until one process has read the framework: all at once on a new machine would each translate it for themselves."""
    began, at = mark.stat().st_mtime_ns, time.monotonic()
    while time.monotonic() < at + _MOST_SECONDS and preparing.poll() is None and mark.exists() and mark.stat().st_mtime_ns == began:
        time.sleep(0.05)


def _granian(how: Serving) -> None:
    """Serve with few processes of few threads: one process answers on one core however many threads it has."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", _SETTINGS)
    os.environ["LIANFANG_AT_ONCE"], os.environ["LIANFANG_PAGES"] = str(how.threads), str(how.pages)
    # Threads by the dozen would each keep memory of their own for later.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    # A thread for each at work, each in line, and some more that tell the rest to come back.
    threads = how.threads + int(os.environ.get("LIANFANG_IN_LINE", "32")) + 8
    Server(
        "lianfang.web.site.wsgi:application", address=how.host, port=how.port, interface=Interfaces.WSGI, workers=how.pages,
        blocking_threads=threads, websockets=False, log_level=LogLevels.error, workers_kill_timeout=10,
    ).serve()  # fmt: skip


def _vendor_stands() -> None:
    place = Path(__file__).parents[1] / "frame" / "static" / "vendor" / "tabler.min.css"
    if not place.exists():
        raise SettingError(
            Say("页面用的前端文件还没有取来", "the front-end files of the pages are not there yet"), code="E-OFFICE-02",
            where="lianfang/web/frame/static/vendor",
            fix=Say("运行 sh lianfang/web/frame/assets/fetch.sh(需要 npm 一次),或 make run",
                    "run sh lianfang/web/frame/assets/fetch.sh (needs npm once), or make run"),
        )  # fmt: skip


def _port_is_free(how: Serving) -> None:
    with socket.socket(socket.AF_INET6 if ":" in how.host else socket.AF_INET) as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((how.host, how.port))
        except OSError as wrong:
            raise InputError(
                Say(f"端口 {how.port} 用不了:{wrong.strerror}", f"port {how.port} cannot be used: {wrong.strerror}"),
                code="E-OFFICE-03", fix=Say("换一个 --port", "choose another --port"),
            ) from wrong  # fmt: skip
