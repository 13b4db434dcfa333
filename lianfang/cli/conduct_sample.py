"""`lianfang conduct sample`: which contacts a person should listen to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lianfang.cli import conduct, show
from lianfang.engine.records import rejects
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import Say

if TYPE_CHECKING:
    import pyarrow as pa

    from lianfang.engine.conduct.sampling import SampleWish

_READ = Say("读入并核对联系记录", "read and judge contacts")
_DRAW = Say("抽样", "draw")


def sample(paths: Sequence[Path], out: Path, wish: SampleWish, options: conduct.AuditOptions) -> int:
    """Draw contacts for inspection out of contact logs, into a folder that is whole or not there.

    Args:
        paths: files and folders of contacts, as for an audit.
        out: where `sample.csv`, `sample.parquet` and `strata.parquet` shall stand.
        wish: how many, of whom, by which seed.
        options: as for an audit.

    Returns:
        0; the exit code never says what was drawn.
    """
    import pyarrow.csv as pa_csv

    from lianfang.engine.conduct import audit as audits
    from lianfang.engine.conduct import sampling
    from lianfang.engine.conduct.intake import Intake
    from lianfang.engine.identify.run import folder
    from lianfang.engine.tables.duck import DuckTables

    wish = sampling.checked(wish)  # before an hour is spent on reading
    held, stands, progress = conduct._rules(options.rules), conduct._standing(options.standing), show.Progress(2)
    with folder.making(out, options.force) as beside:
        progress.step(_READ)
        taken = Intake(paths, options.mappings, beside / ".spill")
        made = audits.audit(taken.batches(), DuckTables(threads=options.threads), held, stands)
        progress.step(_DRAW)
        drawn = sampling.draw(made, wish)
        tables = {"sample": drawn.contacts, "strata": drawn.strata}
        for name, table in tables.items():
            folder.write(beside, name, table)
        with (beside / "sample.csv").open("wb") as stream:
            stream.write(b"\xef\xbb\xbf")  # spreadsheets take it for UTF-8 by this
            pa_csv.write_csv(_harmless(drawn.contacts), stream)
        taken.rejects.write_csv(beside / "rejects.csv")
        story = {
            "version": version("lianfang"), "rules_sha256": made.rules_sha256, "policy": held.policy,
            "wish": {"share": wish.share, "number": wish.number, "per": "collector" if wish.per_collector else "agency", "seed": wish.seed},
            "inputs": [{"file": one.file, "sha256": one.sha256, "rows_in": one.counts.n_in} for one in taken.files],
            "rows": {"in": taken.counts.n_in, "judged": made.n_kept, "told_twice": made.n_same, "rejected": taken.counts.n_rejected},
            "counts": {name: table.num_rows for name, table in tables.items()},
        }
        (beside / "run.json").write_text(json.dumps(story, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        progress.done()
    _tell(drawn.strata.to_pylist(), out)
    return Exit.OK


def _harmless(table: pa.Table) -> pa.Table:
    """Put `'` before any word of a log that a spreadsheet would take for a formula."""
    for place, column in enumerate(table.schema):
        if str(column.type) == "string":
            table = table.set_column(place, column.name, rejects.harmless(table.column(place)))
    return table


def _tell(strata: list[dict[str, object]], out: Path) -> None:
    """Print how many were drawn of each risk."""
    from lianfang.engine.conduct import sampling

    language = show.language()
    rows = []
    for name, told in sampling.knowledge()["risks"].items():
        of = [one for one in strata if one["risk"] == name]
        whole, drawn = (sum(int(str(one[part])) for one in of) for part in ("n_contacts", "n_drawn"))
        if whole:
            rows.append((told[language], whole, drawn))
    show.table([show.said(Say(*each)) for each in (("风险", "risk"), ("联系", "contacts"), ("抽中", "drawn"))], rows)
    n = sum(int(str(one["n_drawn"])) for one in strata)
    groups = len({(one["agency"], one["collector_id"]) for one in strata})
    show.line(f"{groups} 组，抽中 {n} 条；清单在 {out}/sample.csv", f"{groups} groups, {n} contacts drawn; the list is {out}/sample.csv")
