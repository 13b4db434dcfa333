"""Field expressions of all guides over a table, in one SQL step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.guides import fields
from lianfang.engine.tables import step


def true_where(sources: Mapping[int, str], kind: str, table: pa.Table) -> dict[int, np.ndarray]:
    """Say where each expression is true; unknown is not true.

    Args:
        sources: expressions by clause number.
        kind: the records' kind; an expression over fields it lacks is true nowhere.
        table: the records.

    Shape:
        n records in; one column of n booleans an expression out.
    """
    nowhere = np.zeros(table.num_rows, bool)
    parsed = {no: fields.expression(source, kind) for no, source in sources.items()}
    usable = {
        no: one for no, one in parsed.items() if one is not None and one.reads <= set(table.column_names)
    }
    if not usable:
        return dict.fromkeys(sources, nowhere)
    from lianfang.engine.tables.duck import DuckTables

    reads = sorted(set().union(*(one.reads for one in usable.values())))
    places = pa.array(np.arange(table.num_rows))
    given = table.select(reads).append_column("place", places)
    chosen = ", ".join(f"coalesce({one.sql()}, false) as e{no}" for no, one in usable.items())
    tables = DuckTables()
    try:
        tables.put("records", given)
        tables.run(step.Sql("expressions", f"select place, {chosen} from records", ("records",)))
        made = tables.arrow("expressions")
    finally:
        tables.close()
    order = np.argsort(made["place"].to_numpy())
    answers = {no: made[f"e{no}"].to_numpy()[order].astype(bool) for no in usable}
    return {no: answers.get(no, nowhere) for no in sources}
