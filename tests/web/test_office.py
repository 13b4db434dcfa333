"""`lianfang serve` and its sisters, typed on a command line of their own."""

import os
import re
import subprocess
import sys

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from lianfang.web.site import preparing


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


def test_whoever_comes_early_is_told_how_far_it_is(tmp_path):
    mark, asked = tmp_path / preparing.MARK, RequestFactory()
    mark.write_text('{"n": 0, "of": 4, "zh": "数据库", "en": "the database"}', "utf-8")
    with override_settings(HOME=tmp_path):
        door = preparing.waits(lambda request: HttpResponse("page"))
        first = door(asked.get("/"))
        assert first.status_code == 503 and first["Retry-After"] and first["Refresh"] and "数据库(0/4)" in first.content.decode()
        preparing.tell(2, 4, "找<团伙>", "rings")
        assert "找&lt;团伙&gt;(2/4)" in door(asked.get("/rings")).content.decode()
        assert door(asked.get("/health")).status_code == 503 and door(asked.get("/health/live")).content == b"page"
        mark.unlink()
        preparing.tell(3, 4, "案件", "cases")
        assert not mark.exists() and door(asked.get("/")).content == b"page"


def test_an_office_that_cannot_be_made_ready_is_not_served(lianfang, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "office.sqlite3").write_bytes(b"not a database at all, but long enough to look like one" * 40)
    told = lianfang("serve", "--port", "0")
    assert told.returncode not in (0, None) and "http://" not in told.stdout
    assert not (tmp_path / "home" / preparing.MARK).exists()


def test_a_database_nobody_knows_is_told(lianfang):
    told = lianfang("migrate", "--lang", "en", DATABASE_URL="mysql://x")
    assert told.returncode == 2 and "E-SETTING-01" in told.stderr and "next:" in told.stderr


def test_other_verbs_load_nothing_of_the_web_floor():
    asked = "import sys; from lianfang.cli import verbs; verbs.parser(); print([n for n in sys.modules if n.startswith(('django', 'lianfang.web', 'allauth'))])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
