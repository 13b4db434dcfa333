"""The tables in force, read from `data/cases/tables`; a table with a fault is not obeyed at all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lianfang.engine.cases import lint, reading
from lianfang.engine.cases.table import Table
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, Fault, NotFound, Say


@cache
def load() -> dict[str, Table]:
    """Read every packaged table, by id.

    Raises:
        DefinitionError: any fault in any of them; `.faults` has all.
    """
    read = [check(place) for place in shelf.files("cases", "tables")]
    faults = [fault for _, found in read for fault in found]
    if faults:
        raise refused(faults)
    return {table.id: table for table, _ in read if table}


def check(place: Path) -> tuple[Table | None, list[Fault]]:
    """Read one file and tell every fault of it, of shape and of sense.

    Raises:
        DefinitionError: it cannot be read or is not YAML.
    """
    table, faults = reading.read(shelf.yaml(place), str(place))
    return table, faults + (lint.faults(table) if table else [])


def text(content: str, name: str) -> Table:
    """Read a table from a string.

    Raises:
        DefinitionError: any fault; `.faults` has all.
    """
    table, faults = reading.read(shelf.yaml_text(content, name), name)
    faults += lint.faults(table) if table else []
    if faults or table is None:
        raise refused(faults)
    return table


def get(name: str) -> Table:
    """Give one table in force.

    Raises:
        NotFound: there is none of that name.
    """
    if name not in load():
        raise NotFound(Say(f"没有这张状态表：{name}", f"no such table: {name}"), code="E-TABLE-09",
                       fix=Say(f"有：{'、'.join(load())}", f"there are: {', '.join(load())}"))
    return load()[name]


def refused(faults: list[Fault]) -> DefinitionError:
    """Make the error that carries all faults."""
    return DefinitionError(Say(f"状态表有 {len(faults)} 处毛病", f"{len(faults)} faults in the state tables"), code="E-TABLE-00",
                           where=faults[0].where, fix=Say("逐条改好：lianfang case lint", "mend each: lianfang case lint"), faults=faults)
