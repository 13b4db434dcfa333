"""Everything once more on PostgreSQL: a throw-away server, the same tests, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.skipif("DATABASE_URL" in os.environ, reason="this is that process")]
HERE = Path(__file__).parent
SAME = ("test_access.py", "test_people.py", "test_log.py", "test_rings.py", "test_runs.py", "test_api.py")


def test_the_same_on_postgres(postgres_address):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *(str(HERE / name) for name in SAME)],
        cwd=HERE.parents[1], env={**os.environ, "DATABASE_URL": postgres_address}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
