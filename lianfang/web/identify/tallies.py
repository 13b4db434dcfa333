"""What a run leaves for the desk and the guides' history: signs by week, and each guide as it was used.

Runs beside the engine, in the run's own process; no framework is loaded.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from lianfang.engine.identify.guides.guide import GuideBook
    from lianfang.engine.identify.run.course import Outcome

NAME = "tallies.json"


def write(folder: Path, outcome: Outcome, book: GuideBook) -> None:
    """Write `tallies.json` into the results."""
    told = {"weeks": weeks(outcome), "guides": used(book)}
    (folder / NAME).write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")), "utf-8")


def weeks(outcome: Outcome) -> list[list[Any]]:
    """Count the records with signs: Monday of their week, activity, number; records without a time are left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from lianfang.engine.identify.rings import members

    spoken = outcome.verdicts.filter(pc.not_equal(outcome.verdicts["level"].cast("string"), "none"))
    parts = []
    for kind, table in outcome.sources.tables.items():
        if not (table.num_rows and spoken.num_rows):
            continue
        at = pc.index_in(spoken["record_no"].combine_chunks(), table["record_no"].combine_chunks())
        moments = table[members.TIME_FIELD[kind]].combine_chunks().take(pc.drop_null(at))
        activity = spoken["activity"].cast("string").filter(pc.is_valid(at))
        parts.append(pa.table({"monday": _mondays(moments), "activity": activity}))
    if not parts:
        return []
    counted = pa.concat_tables(parts).drop_null().group_by(["monday", "activity"]).aggregate([([], "count_all")])
    return [[row["monday"], row["activity"], row["count_all"]]
            for row in counted.sort_by([("monday", "ascending"), ("activity", "ascending")]).to_pylist()]  # fmt: skip


def _mondays(moments: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    here = moments.cast(pa.timestamp("us", "Asia/Shanghai"))
    return pc.strftime(pc.floor_temporal(here, unit="week"), "%Y-%m-%d")


def used(book: GuideBook) -> dict[str, dict[str, str]]:
    """Give each guide of a book as its file stands: version, digest, text."""
    from lianfang.engine.terms import shelf

    found = {}
    for one in book.guides:
        place = shelf.path(*Path(one.where.rpartition(":")[0]).parts[1:])
        text = place.read_text("utf-8")
        found[one.id] = {"version": one.version, "sha256": hashlib.sha256(text.encode()).hexdigest(), "text": text}
    return found
