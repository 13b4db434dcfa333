"""`lianfang serve` and its sisters, typed on a command line of their own."""

import os
import re
import subprocess
import sys

import pytest


@pytest.fixture
def lianfang(tmp_path):
    def typed(*words, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIANFANG_", "DJANGO_", "DATABASE_"))}
        return subprocess.run(
            [sys.executable, "-m", "lianfang.cli.main", *words, "--home", str(tmp_path / "home")],
            env=kept | more, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return typed


def test_the_first_start_makes_one_administrator_once(lianfang, tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    first = lianfang("serve", "--prepare")
    assert first.returncode == 0 and re.search(r"用户名 admin 一次性密码 (\w{4}-){4}\w{4}", first.stdout)
    for file in (tmp_path / "home").iterdir():
        assert file.stat().st_mode & 0o077 == 0, f"{file.name} is for its owner only"
    assert "admin" not in lianfang("serve", "--prepare").stdout
    assert "一次性密码" in lianfang("createuser", "wang", "--role", "secretariat").stdout
    again = lianfang("createuser", "wang", "--role", "secretariat")
    assert again.returncode == 5 and "E-PERSON-07" in again.stderr and "下一步" in again.stderr


def test_a_database_nobody_knows_is_told(lianfang):
    told = lianfang("migrate", "--lang", "en", DATABASE_URL="mysql://x")
    assert told.returncode == 2 and "E-SETTING-01" in told.stderr and "next:" in told.stderr


def test_other_verbs_load_nothing_of_the_web_floor():
    asked = "import sys; from lianfang.cli import verbs; verbs.parser(); print([n for n in sys.modules if n.startswith(('django', 'lianfang.web', 'allauth'))])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
