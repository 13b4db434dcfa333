"""People and firms alike, when a day's records come to a finished run.

Everything fuzzy is compared only within one sound, so the sounds of the new names say which old
records can be met: those are compared again as a whole, all others stay as they were.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import fuzzy, likeness
from lianfang.engine.terms.codes import Kind

SOUNDS = pa.schema([("record_no", pa.int64()), ("by", pa.int8()), ("sound", pa.int64())])
"""Sound of the name each record gives for each thing compared; records without one have no row."""

# Link name, the column compared, and what else the comparison reads.
_COMPARED = (
    ("fuzzy_person", "person_name", ("person_mobile", "person_address", "person_resident_id")),
    ("fuzzy_agent", "agent_name", ("agent_mobile", "agent_wechat", "agent_firm")),
    ("fuzzy_firm", "agent_firm", ("agent_uscc",)),
    ("fuzzy_employer", "employer", ("employer_uscc",)),
    ("fuzzy_dealer", "dealer", ()),
)
_TIMES = ("received_at", "at", "posted_at", "applied_at")


def sounds(tables: Mapping[Kind, pa.Table]) -> pa.Table:
    """List the sound of every name that is compared.

    Args:
        tables: record tables by kind.

    Returns:
        A table like `SOUNDS`.
    """
    parts = []
    for kind in sorted(tables):
        table = tables[kind]
        for code, (_, name, _) in enumerate(_COMPARED):
            if table.num_rows and name in table.column_names:
                parts.append(_sounds_of(table, code, name))
    return pa.concat_tables(parts) if parts else SOUNDS.empty_table()


def _sounds_of(table: pa.Table, code: int, name: str) -> pa.Table:
    column = table[name].combine_chunks()
    plain = likeness.plain_names(column) if code < 2 else likeness.cores(column)[0]
    there = pc.is_valid(plain).to_numpy(zero_copy_only=False)
    sound = likeness.sound_keys(plain.filter(pa.array(there)))
    number = table["record_no"].to_numpy()[there]
    return pa.table({"record_no": number, "by": np.full(number.size, code, np.int8), "sound": sound}, schema=SOUNDS)


def renew(
    tables: Mapping[Kind, pa.Table], old: pa.Table, known: pa.Table, n_before: int
) -> tuple[pa.Table, pa.Table]:
    """Compare new names with each other and with the old ones of their sound.

    Args:
        tables: all record tables, old rows first.
        old: the fuzzy links of the finished run.
        known: `sounds` of the finished run.
        n_before: records numbered from here on are new.

    Returns:
        All fuzzy links, as one run over everything gives them, and the sounds of all names.
    """
    fresh = {kind: table.filter(pc.greater_equal(table["record_no"], n_before)) for kind, table in tables.items()}
    come = sounds(fresh)
    links = [old.slice(0, 0)]
    for code, (by, name, others) in enumerate(_COMPARED):
        mine = old.filter(pc.equal(old["by"].cast(pa.string()), by))
        new = come.filter(pc.equal(come["by"], code))
        met = _met(known, code, new["sound"].to_numpy())
        again = np.union1d(met, new["record_no"].to_numpy())
        links.append(mine.filter(pa.array(~np.isin(mine["left"].to_numpy(), met))))
        if again.size:
            part = {kind: _columns(table, (name, *others), again) for kind, table in tables.items()}
            links.append(fuzzy.links(part, only=(by,)).cast(old.schema))
    whole = pa.concat_tables(links)
    ordered = whole.sort_by([("left", "ascending"), ("right", "ascending"), ("by", "ascending")])
    return ordered, pa.concat_tables([known, come])


def _met(known: pa.Table, code: int, sound: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    mine = (known["by"].to_numpy() == code) & np.isin(known["sound"].to_numpy(), sound)
    return known["record_no"].to_numpy()[mine]


def _columns(table: pa.Table, names: tuple[str, ...], numbers: npt.NDArray[np.int64]) -> pa.Table:
    held = [name for name in ("record_no", *_TIMES, *names) if name in table.column_names]
    return table.select(held).filter(pa.array(np.isin(table["record_no"].to_numpy(), numbers)))
