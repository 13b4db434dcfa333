"""The demo: invented institutions and accounts, simulated tables, and a run already done."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.web.accounts import access as accounts
from lianfang.web.accounts import actions as people
from lianfang.web.identify import actions as identify
from lianfang.web.identify import work
from lianfang.web.site.cast import HOUSES, PASSWORD

FIRST_ANALYST, FIRST_BOSS = "jia.analyst", "jia.boss"


def make(n_people: int | None = None) -> None:
    """Make the demo, once: institutions, accounts, one finished run of simulated tables."""
    if not accounts.nobody_yet():
        return
    made: dict[str, Any] = {}
    for name, house in HOUSES.items():
        made[name] = people.found_office(house.name, house.sort, made.get(house.below))
        for username, role in house.people.items():
            people.enrol(username, PASSWORD, made[name], role, once=False)
    _run(n_people)


def _run(n_people: int | None) -> None:
    from lianfang.simulate import demo, simulation

    (analyst,) = accounts.find_named([FIRST_ANALYST])
    knobs = demo.KNOBS if n_people is None else replace(demo.KNOBS, people=n_people)
    folder = Path(tempfile.mkdtemp(prefix="lianfang-demo-"))
    try:
        simulation.write(simulation.simulate(knobs), folder, "csv")
        tables = sorted((folder / "tables").glob("*.csv"))
        uploads = [SimpleUploadedFile(table.name, table.read_bytes()) for table in tables]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    run = identify.take_files(analyst, uploads, "演示数据 / demo tables")
    identify.recognise(run, {})
    fields = [{use["header"]: use["field"] or "" for use in table["columns"]} for table in run.columns]
    identify.start(analyst, run, fields)
    work.once()
