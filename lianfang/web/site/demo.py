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
    world: list[Any] = []
    if accounts.nobody_yet():
        world.append(_first(n_people))
    preparing.done()
    # Nobody waits for the other lenders: their tables are taken up while the first visitor signs in.
    for username in LENDERS:
        (analyst,) = accounts.find_named([username])
        if not rings.find_runs(analyst).exists():
            world = world or [_world(n_people)]
            _ask(analyst, _files(world[0], username))


def _first(n_people: int | None) -> Any:
    """Make what the first visitor finds; give the invented world it was taken from."""
    preparing.tell(1, 4, "演示机构和人员", "the demo's institutions and people")
    made: dict[str, Any] = {}
    first: Any = None
    for name, house in HOUSES.items():
        made[name] = people.found_office(house.name, house.sort, made.get(house.below))
        for username, role in house.people.items():
            first = people.enrol(username, PASSWORD, made[name], role, once=False, like=first)
    preparing.tell(2, 4, "在演示数据里找团伙", "rings in the demo's tables")
    world = _world(n_people)
    _ask(_named(FIRST_ANALYST)[0], _files(world, FIRST_ANALYST))
    work.once()
    preparing.tell(3, 4, "演示案件", "the demo's cases")
    _cases()
    return world


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


def _world(n_people: int | None) -> Any:
    from lianfang.simulate import demo, simulation

    return simulation.simulate(replace(demo.KNOBS, people=n_people or demo.KNOBS.people, institutions=len(LENDERS), names=tuple(LENDERS.values())))


def _files(world: Any, username: str) -> list[SimpleUploadedFile]:
    """Give the tables the lender of an analyst holds: nobody's upload has another's customers."""
    from lianfang.simulate import simulation

    folder = Path(tempfile.mkdtemp(prefix="lianfang-demo-"))
    try:
        simulation.write(simulation.own(world, LENDERS[username]), folder, "csv")
        return [SimpleUploadedFile(table.name, table.read_bytes()) for table in sorted((folder / "tables").glob("*.csv"))]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ask(analyst: Any, files: list[SimpleUploadedFile]) -> None:
    """Upload a lender's tables and let the run wait for a worker."""
    run = identify.take_files(analyst, files, "演示数据 / demo tables")
    identify.recognise(run, {})
    fields = [{use["header"]: use["field"] or "" for use in table["columns"]} for table in run.columns]
    identify.start(analyst, run, fields)
