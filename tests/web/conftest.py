# ruff: noqa: E402 (settings are named before Django is loaded)
"""An office for tests: a database of its own, people in every role, a run with two rings nobody had to compute.

The same tests run on SQLite, and on PostgreSQL where DATABASE_URL names one.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HOME = Path(tempfile.mkdtemp(prefix="lianfang-web-"))
os.environ |= {
    "LIANFANG_HOME": str(HOME), "LIANFANG_TOTP": "0", "LIANFANG_DEMO": "0",
    "DJANGO_SETTINGS_MODULE": "lianfang.web.site.settings",
}  # fmt: skip
# Every program a test starts would compile the framework anew: seconds each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import django

django.setup()

from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.models import Door, Institution, Membership
from lianfang.web.accounts.permissions import Sort, roles
from lianfang.web.cases.models import Case, GroupSeat, Panel, PanelSeat
from lianfang.web.evidence import exhibit_actions as exhibits
from lianfang.web.evidence import vault
from lianfang.web.evidence.models import Exhibit
from lianfang.web.identify import shelves
from lianfang.web.identify.models import Ring, Run, RunFile
from lianfang.web.site import office as offices

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PASSWORD = "a-long-enough-one-26"
HOUSES = {
    "association": (Sort.ASSOCIATION, None), "first": (Sort.MEMBER, "association"),
    "second": (Sort.MEMBER, "association"), "agency": (Sort.AGENCY, "first"), "regulator": (Sort.REGULATOR, None),
}  # fmt: skip
_MET = {"secretariat": ("submitted", ""), "working_group": ("working_group", ""), "expert": ("committee", ""),
        "dispute_officer": ("published", "abnormal"), "regulator_reader": ("published", "abnormal")}  # fmt: skip
PERSON = "赵甲乙"
TEXT = "本人赵甲乙被骗,专业停息挂账,加微信 abc12345 联系"


@dataclass
class Office:
    """Institutions by name, memberships by (role, institution), a finished run of every member."""

    houses: dict[str, Institution] = field(default_factory=dict)
    members: dict[tuple[str, str], Membership] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def ring(self, house: str, n: int = 0) -> Ring:
        return Ring.objects.filter(run=self.runs[house]).order_by("place")[n]

    def exhibit(self, by: Membership, content: bytes = b"a chat", **said: object) -> Exhibit:
        """Take an exhibit in for somebody's institution, whatever their role."""
        told = {"title": "聊天记录", "purpose": "证明收费", "source": "手机", "captured_at": clock.now(), "captured_by": "经办人甲", "name": "chat.txt"}
        code = uuid.uuid4()
        with transaction.atomic():
            given = exhibits.Intake(str(by.institution.code), str(by.code), **(told | said))
            return exhibits.take_in(code, given, vault.keep(code, [content]))

    def case(self, who: Membership) -> Case:
        """Keep a case where somebody's role meets it: one's own as a lender, one to review, one that was shared."""
        state, outcome = _MET.get(who.role, ("draft", ""))
        house = who.institution if who.institution.sort == "member" else self.houses["first"]
        opener, at = self.members["analyst", "first"], clock.now()
        if who.institution.sort == "regulator":
            self.door(who)
        case = Case.objects.create(
            table="application", institution=house, typology="BG01", key=uuid.uuid4().hex, state=state, outcome=outcome,
            made_by=opener, made_at=at, moved_at=at, shared_at=at if who.institution.sort == "regulator" else None,
        )  # fmt: skip
        if who.role == "working_group":
            GroupSeat.objects.create(case=case, member=who, made_at=at)
        if who.role == "expert":
            panel = Panel.objects.create(case=case, stage="first", made_by=opener, made_at=at)
            PanelSeat.objects.create(panel=panel, member=who)
        return case

    def door(self, who: Membership, house: str = "association") -> Door:
        """Keep a door as if the association had opened it today for somebody and a colleague."""
        office = self.members["secretariat", "association"]
        beside = "regulator_reader" if who.role == "auditor" else "auditor"
        return Door.objects.create(
            institution=self.houses[house], first=who, second=self.members[beside, "regulator"], document="监函1号",
            purpose="查阅", made_by=office, made_at=clock.now(), expires_on=clock.today(),
        )  # fmt: skip

    def client(self, role: str, house: str = "first") -> Client:
        client = Client(raise_request_exception=True)
        client.force_login(self.members[role, house].user)
        return client


def member_row(n: int, family: int | None = 1) -> dict[str, object]:
    text = f"本人赵**被骗,专业停息挂账,加微信 a******5 联系{'!' * n}"
    mark = {"guide": "LF-G-0201", "clause": "offer", "strength": "strong", "start": 7, "end": 13, "zh": "停息挂账",
            "en": "stop interest", "why_zh": "写了停息挂账", "why_en": "says stop interest"}  # fmt: skip
    return {
        "key": f"complaint:C{n}", "kind": "complaint", "record_id": f"C{n}", "role": "complainant", "name": "赵**",
        "institution": "甲银行", "on": f"2026-01-0{n + 1}", "text": text, "level": "review", "score": 10.0,
        "evasion": False, "family": family, "marks": [mark], "guards": [],
    }  # fmt: skip


def picture() -> dict[str, object]:
    nodes = [
        {"id": f"p{n}", "sort": "person", "role": "person", "zh": "赵**", "en": "Zhao", "n": 1, "records": [], "x": 0.2 * n, "y": 0.5}
        for n in range(3)
    ] + [{"id": "k0", "sort": "key", "role": "agent", "zh": "代理人手机号 138****0000", "en": "agent's mobile 138****0000", "n": 3, "records": [], "x": 0.5, "y": 0.1}]
    edges = [{"left": f"p{n}", "right": "k0", "by": "agent_mobile", "bits": 9.0, "zh": "3 人共用代理人手机号", "en": "3 people share the agent's mobile"} for n in range(3)]
    return {
        "graph": {"nodes": nodes, "edges": edges}, "members": [member_row(n) for n in range(3)], "grouped": False,
        "reasons": [{"key": "k0", "by": "agent_mobile", "n_people": 3, "zh": "3 人共用代理人手机号", "en": "3 people share the agent's mobile"}],
        "timeline": [["2026-01-01", 2], ["2026-01-05", 1]],
    }  # fmt: skip


def finished_run(by: Membership, n_rings: int = 2) -> Run:
    """Keep a run as if an engine had done it: rows in the database, pictures in its folder."""
    at = clock.now()
    told = {"rows": {"in": 3, "kept": 3, "rejected": 0}, "counts": {"records_look": 0, "records_review": 3, "rings": n_rings},
            "seconds": 1.5, "rejects_by_reason": {"bad_time": 1}, "unmet_judgements": 0}  # fmt: skip
    run = Run.objects.create(institution=by.institution, made_by=by, name="一月投诉", state="done", made_at=at, ended_at=at, told=told)
    RunFile.objects.create(run=run, name="c.csv", n_bytes=10, sha256="0" * 64)
    home = shelves.folder_of(run.code)
    for part in ("files", "results/rings", "results/raw"):
        (home / part).mkdir(parents=True)
    (home / "files" / "c.csv").write_text("投诉编号,内容\nC0,x\n", "utf-8")
    (home / "results" / "rejects.csv").write_text("file,row\n", "utf-8")
    for n in range(n_rings):
        ring_id = f"R-{uuid.uuid4().hex[:10].upper()}"
        Ring.objects.create(
            run=run, institution=by.institution, ring_id=ring_id, place=n, level="review" if n == 0 else "look", n_records=3,
            n_people=3 + n, n_institutions=1, first_on="2026-01-01", last_on="2026-01-05", activities="BG01|BG02", score=9.0,
            why_zh="3 人共用代理人手机号", why_en="3 people share the agent's mobile",
        )  # fmt: skip
        raw = {f"complaint:C{m}": {"text": TEXT + "!" * m, "name": PERSON, "person": f"person_name:{PERSON}{m}"} for m in range(3)}
        (home / "results" / "rings" / f"{ring_id}.json").write_text(json.dumps(picture()), "utf-8")
        (home / "results" / "raw" / f"{ring_id}.json").write_text(json.dumps(raw), "utf-8")
    return run


@pytest.fixture(autouse=True)
def nothing_kept():
    """Forget pieces of pages: a test's rows are taken back and come again under the same stamp."""
    caches["template_fragments"].clear()


@pytest.fixture(scope="session")
def the_office():
    setup_test_environment()
    offices.migrate()
    made = Office()
    for name, (sort, above) in HOUSES.items():
        made.houses[name] = people.found_office(Say(f"{name} 机构", name), sort, made.houses.get(above or ""))
    for house, institution in made.houses.items():
        for role in roles().values():
            if institution.sort in role.sorts:
                made.members[role.id, house] = people.enrol(f"{house}.{role.id}", PASSWORD, institution, role.id, once=False)
    for house in ("first", "second"):
        made.runs[house] = finished_run(made.members["analyst", house])
    yield made
    connection.close()
    teardown_test_environment()
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def office(the_office):
    """The office; whatever a test changes in it is undone."""
    with transaction.atomic():
        yield the_office
        transaction.set_rollback(True)
