"""Signs by the guides as steps any machine of tables can take.

Clauses about other records are counted first, over the few columns they read; what they found stands
beside each record when its batch is asked, so no batch looks outside itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa

from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.identify.run.spread_links import chosen, together
from lianfang.engine.identify.signals import batch, tabled
from lianfang.engine.identify.signals.batch import OTHERS, TOLD
from lianfang.engine.tables.step import Rows, Sql, Step, Whole

# Where a record came from is no sign of anything.
_UNASKED = ("source_file", "source_row", "row_sha256")
_SIGNAL = [name for name in TOLD.names if name in (*tabled.SIGNAL.names, "place")]
_VERDICT = [name for name in TOLD.names if name in tabled.VERDICT.names]


def steps(schemas: Mapping[str, pa.Schema], book: GuideBook) -> tuple[Step, ...]:
    """Give the steps from record tables and families to signals and verdicts.

    Args:
        schemas: shape of every kind's record table, which stands under the kind's name.
        book: the guides in force.

    Shape:
        reads  <kind>(record_no, ...), known_<kind>, family
        makes  signal(see `signals.run`, with `place`), verdict(only records somebody spoke of)
    """
    kinds = sorted(kind for kind in schemas if any(kind in guide.kinds for guide in book.guides))
    if not kinds:
        nobody = (min(schemas),)
        return tuple(Whole(name, _nothing, nobody, TOLD) for name in ("signal", "verdict"))
    known = tuple(f"known_{kind}" for kind in kinds)
    made: list[Step] = [
        Whole("counted", partial(_counted, kinds=kinds, book=book), ("family", *known), OTHERS)
    ]
    for kind in kinds:
        asked = pa.schema([at for at in schemas[kind] if at.name not in _UNASKED])
        sql = (
            f"select {', '.join(f'r.{chosen([name])}' for name in asked.names)}, c.others "
            f"from {kind} as r left join counted as c on r.record_no = c.record_no"
        )
        work = partial(batch.told, kind=kind, book=book, schema=asked)
        made += [
            Sql(f"asked_{kind}", sql, (kind, "counted")),
            Rows(f"told_{kind}", work, (f"asked_{kind}",), TOLD),
        ]
    parts = tuple(f"told_{kind}" for kind in kinds)
    both = together(TOLD.names, parts)
    return (
        *made,
        Sql("signal", f"select {chosen(_SIGNAL)} from ({both}) as told where place >= 0", parts),
        Sql("verdict", f"select {chosen(_VERDICT)} from ({both}) as told where place < 0", parts),
    )


def _nothing(tables: Mapping[str, pa.Table]) -> pa.Table:
    return TOLD.empty_table()


def _counted(tables: Mapping[str, pa.Table], kinds: Sequence[str], book: GuideBook) -> pa.Table:
    """Count over records of each kind, in the order of records."""
    family = tables["family"].sort_by("record_no")
    held = {kind: tables[f"known_{kind}"].sort_by("record_no") for kind in kinds}
    return pa.concat_tables([batch.counted(kind, held[kind], book, family) for kind in kinds])


def signals(made: pa.Table) -> pa.Table:
    """Put table `signal` in the order and the types of one machine's.

    Args:
        made: step `signal`, in any order.
    """
    ordered = made.sort_by([("kind", "ascending"), ("record_no", "ascending"), ("place", "ascending")])
    return _typed(ordered, tabled.SIGNAL)


def verdicts(made: pa.Table) -> pa.Table:
    """Put the verdicts in the order and the types of one machine's.

    Args:
        made: step `verdict`, in any order.
    """
    return _typed(made.sort_by("record_no"), tabled.VERDICT)


def _typed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table[at.name].dictionary_encode().cast(at.type)
        if pa.types.is_dictionary(at.type)
        else table[at.name].cast(at.type)
        for at in schema
    ]
    return pa.table(columns, schema=schema).unify_dictionaries()
