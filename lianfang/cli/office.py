"""`lianfang serve | worker | migrate | createuser`: the office from a terminal; the web floor does the work."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from lianfang.cli import show, warm


def office(asked: argparse.Namespace) -> int:
    """Do one of the office's verbs; nothing of the web floor is loaded before."""
    os.umask(0o077)  # whatever is written from here on is for its owner's eyes only
    if asked.home is not None:
        os.environ["LIANFANG_HOME"] = str(asked.home.absolute())
    if getattr(asked, "demo", False):
        os.environ["LIANFANG_DEMO"] = "1"
    from lianfang.web.site import office as web

    if asked.verb == "migrate":
        web.migrate()
        show.line("数据库已是这个版本的样子", "the database has this version's shape")
        return 0
    if asked.verb == "worker":
        web.work()
        return 0
    if asked.verb == "createuser":
        password = web.create_user(asked.username, asked.role, asked.institution)
        _told(asked.username, password)
        return 0
    return _serve(asked, web)


def _serve(asked: argparse.Namespace, web: Any) -> int:
    if asked.prepare:
        _prepare(asked, web)
        return 0
    how = web.Serving(asked.host, asked.port, asked.threads, asked.pages, asked.people, asked.worker)
    web.may_serve(how)
    # In a process of its own: what only making ready needs is out of memory before the first page.
    people = ["--people", str(asked.people)] if asked.people is not None else []
    again = [sys.executable, "-m", "lianfang.cli.main", "serve", "--prepare", *(["--demo"] if asked.demo else []), *people]

    def then() -> None:
        warm.beside()
        show.line(f"打开 http://{asked.host}:{asked.port}/ ,Ctrl-C 结束", f"open http://{asked.host}:{asked.port}/; Ctrl-C ends it")
        sys.stdout.flush()

    warm.without()
    code: int = web.serve(how, again, then)
    return code


def _prepare(asked: argparse.Namespace, web: Any) -> None:
    # Kernels are compiled beside everything else that has to be made ready; pages do without them until they are.
    warm.early()
    warm.without()
    web.migrate()
    if asked.demo:
        show.line("准备演示机构和数据 …", "making the demo's institutions and tables …")
        web.make_demo(asked.people)
        return
    first = web.first_administrator()
    if first is not None:
        show.line("这是新的办公室,已开立管理员:", "a new office; its administrator is:")
        _told(*first)


def _told(username: str, password: str) -> None:
    show.line(
        f"用户名 {username} 一次性密码 {password} (只显示这一次,首次登录须改)",
        f"user {username}, one-time password {password} (shown once, to be changed at first sign-in)",
    )


def add(verbs: Any, verb: Any) -> None:
    """Add the office's verbs to the command line.

    Args:
        verbs: the subparsers.
        verb: makes one verb's parser: verbs, name, function, Chinese, English.
    """
    made = {
        "serve": verb(verbs, "serve", office, "开办公室网页和后台工作", "serve the office, with its worker"),
        "worker": verb(verbs, "worker", office, "只做后台工作", "only work in the background"),
        "migrate": verb(verbs, "migrate", office, "把数据库升到这个版本", "bring the database to this version"),
        "createuser": verb(verbs, "createuser", office, "开立一个人员账户", "enter a person"),
    }
    for one in made.values():
        one.add_argument("--home", type=Path, help="数据库、上传和结果放在哪里,缺省 office/ / where it all stands, else office/")
    serve = made["serve"].add_argument
    serve("--host", default="127.0.0.1", help="只听本机,除非另说 / this machine only, unless told")
    serve("--port", type=int, default=8000)
    serve("--threads", type=int, default=4, help="每个进程同时答几个请求 / requests a process answers at once")
    serve("--pages", type=int, default=min(2, os.cpu_count() or 1), help="几个进程答网页,缺省两个 / processes that answer pages, else two")
    serve("--demo", action="store_true", help="演示机构、账户和数据 / demo institutions, accounts and tables")
    serve("--people", type=int, help="演示里有多少人 / people in the demo")
    serve("--no-worker", dest="worker", action="store_false", help="后台工作另开 / the worker runs elsewhere")
    serve("--prepare", action="store_true", help="准备好就结束,不开网页 / make ready and stop")
    user = made["createuser"].add_argument
    user("username")
    user("--role", default="association_admin", help="角色,见 roles.yaml / a role of roles.yaml")
    user("--institution", help="机构名称,缺省最上面那个 / name of the institution, else the topmost")
