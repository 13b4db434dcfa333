"""The demo: invented institutions and accounts; each lender uploads what it holds itself, and sees nothing else."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from lianfang.web.accounts import access as accounts
from lianfang.web.accounts import actions as people
from lianfang.web.identify import access as rings
from lianfang.web.identify import actions as identify
from lianfang.web.identify import work
from lianfang.web.site import demo_cases, preparing
from lianfang.web.site.cast import APPEAL, COMMITTEE, GROUP, HOUSES, LENDERS, PASSWORD

FIRST_ANALYST, FIRST_BOSS, SHARED = "jia.analyst", "jia.boss", 4


def make(n_people: int | None = None) -> None:
    """Make the demo, once: institutions, accounts, the first lender's run and cases; the others' runs wait for a worker."""
    if not accounts.nobody_yet():
        return
    preparing.tell(1, 4, "演示机构和人员", "the demo's institutions and people")
    made: dict[str, Any] = {}
    first: Any = None
    for name, house in HOUSES.items():
        made[name] = people.found_office(house.name, house.sort, made.get(house.below))
        for username, role in house.people.items():
            first = people.enrol(username, PASSWORD, made[name], role, once=False, like=first)
    preparing.tell(2, 4, "在演示数据里找团伙", "rings in the demo's tables")
    uploads = _uploads(n_people)
    _ask(FIRST_ANALYST, uploads.pop(FIRST_ANALYST))
    work.once()
    preparing.tell(3, 4, "演示案件", "the demo's cases")
    _cases()
    for username, files in uploads.items():
        _ask(username, files)


def _cases() -> None:
    """Open cases on the rings of the run and leave each somewhere else on its way."""
    analyst, boss, rule, office, dispute = _named(FIRST_ANALYST, FIRST_BOSS, "jia.rule", "xie.office", "xie.dispute")
    company = demo_cases.Company(analyst, rule, office, _named(*GROUP), _named(*COMMITTEE), _named(*APPEAL), dispute)
    with transaction.atomic():  # one promise to the disk for all of it, not one for each of a hundred acts
        queue = list(rings.queue(analyst, {}))
        demo_cases.fill(company, queue, boss)
        for ring in queue[:SHARED]:
            identify.share(boss, ring)


def _named(*usernames: str) -> list[Any]:
    found = {one.user.username: one for one in accounts.find_named(usernames)}
    return [found[name] for name in usernames]


def _uploads(n_people: int | None) -> dict[str, list[SimpleUploadedFile]]:
    """Give the tables each lender holds, by who uploads them: nobody's upload has another's customers."""
    from lianfang.simulate import demo, simulation

    knobs = replace(demo.KNOBS, people=n_people or demo.KNOBS.people, institutions=len(LENDERS), names=tuple(LENDERS.values()))
    world = simulation.simulate(knobs)
    folder = Path(tempfile.mkdtemp(prefix="lianfang-demo-"))
    made = {}
    try:
        for username, name in LENDERS.items():
            simulation.write(simulation.own(world, name), folder / username, "csv")
            tables = sorted((folder / username / "tables").glob("*.csv"))
            made[username] = [SimpleUploadedFile(table.name, table.read_bytes()) for table in tables]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return made


def _ask(username: str, files: list[SimpleUploadedFile]) -> None:
    """Upload a lender's tables and let the run wait for a worker."""
    (analyst,) = accounts.find_named([username])
    run = identify.take_files(analyst, files, "演示数据 / demo tables")
    identify.recognise(run, {})
    fields = [{use["header"]: use["field"] or "" for use in table["columns"]} for table in run.columns]
    identify.start(analyst, run, fields)
