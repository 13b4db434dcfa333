"""A whole log taken into the gate's ledger: counted by column, written in the order of its key."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from lianfang.engine.conduct import columns, shapes
from lianfang.engine.conduct.audit import judge_shapes
from lianfang.engine.conduct.columns import NO_MOMENT, Normal
from lianfang.engine.conduct.contact import KEYS, NO_AGENCY, SAME
from lianfang.engine.conduct.ledger import Ledger
from lianfang.engine.conduct.rules import Unit
from lianfang.engine.records import cells, digest
from lianfang.engine.tables.step import Tables

_SLICE = 200_000
_INSERT = "insert into conduct_tally values (?, ?, ?, ?, 0, null) on conflict do nothing"


def fill(book: Ledger, batches: Iterable[pa.Table], tables: Tables, told: Callable[[str], None] | None = None) -> int:
    """Take a whole log into a ledger: what the gate will count, and nothing else.

    Args:
        book: an empty, prepared ledger; a contact told twice in the log counts once.
        batches: the kind `contact`, each no larger than memory allows.
        tables: the machine that runs the rules' SQL.
        told: hears what is being done.

    Returns:
        Rows written.

    Shape:
        About 70 bytes a counted contact are held until the log is read.
    """
    say, seen = told or (lambda _: None), shapes.eyes(book.rules)
    parts: dict[str, list[pa.Table]] = {unit.name: [] for unit in book.rules.units}
    for batch in batches:
        plain = columns.normal(batch, book.rules.default_zone, book.standing)
        one_each, shape = shapes.distinct(plain.table, seen)
        judged = judge_shapes(one_each, tables, book.rules)
        if judged is None:
            continue
        plainly = _text(plain)
        for unit in book.rules.units:
            answers = np.asarray(judged.column(f"u{unit.name}").to_numpy(), dtype=np.bool_)
            parts[unit.name].append(_counted(plainly, answers[shape] & (plain.at_us != NO_MOMENT), unit))
        say(f"{batch.num_rows}")
    written = 0
    for unit in book.rules.units:
        written += _write(book, unit, parts.pop(unit.name))
        say(unit.name)
    return written


def _text(plain: Normal) -> pa.Table:
    """Give what names a contact as plain strings, and its name."""
    text = {field: plain.table[field].combine_chunks().cast(pa.string()) for field in SAME}
    joined, ends = cells.join_rows([plain.table["at_us"].combine_chunks().cast(pa.string()), *text.values()])
    offsets = np.arange(len(ends), dtype=np.int64) * 64
    hexes = cells.text_array(digest.sha256_hex(joined, ends), offsets)
    name = pc.binary_join_element_wise("c", pc.utf8_slice_codeunits(hexes, 0, 24), "")
    return pa.table({**text, "at_us": plain.table["at_us"], "contact": name})


def _counted(plainly: pa.Table, counts: Any, unit: Unit) -> pa.Table:
    """Give key, moment and name of the rows of a batch that count in a unit."""
    here = plainly.filter(pa.array(counts))
    fields = [here[field] for field in KEYS[unit.key]]
    if unit.key == "debtor_agency":
        fields[2] = pc.fill_null(fields[2], NO_AGENCY)
    key = pc.binary_join_element_wise(*fields, "\x1f")
    made = pa.table({"counted_over": key, "at_us": here["at_us"], "contact": here["contact"]})
    return made.filter(pc.is_valid(key))


def _write(book: Ledger, unit: Unit, parts: list[pa.Table]) -> int:
    """Write one unit's rows in the order of the table's key, each once."""
    whole = pa.concat_tables(parts) if parts else pa.table({})
    if not whole.num_rows:
        return 0
    order = [("counted_over", "ascending"), ("at_us", "ascending"), ("contact", "ascending")]
    whole = whole.sort_by(order).combine_chunks()
    again = np.zeros(whole.num_rows, dtype=np.bool_)
    if whole.num_rows > 1:
        alike = [pc.equal(whole[name].slice(1), whole[name].slice(0, whole.num_rows - 1)) for name in whole.column_names]
        again[1:] = pc.and_(pc.and_(alike[0], alike[1]), alike[2]).to_numpy()
    whole = whole.filter(pa.array(~again)) if again.any() else whole
    unit_name = pa.repeat(pa.scalar(unit.name), whole.num_rows)
    _into(book, whole.add_column(0, "unit", unit_name))
    return int(whole.num_rows)


def _into(book: Ledger, whole: pa.Table) -> None:
    slices = (whole.slice(start, _SLICE) for start in range(0, whole.num_rows, _SLICE))
    if book.is_sqlite:
        with book.transaction():
            for each in slices:
                book.connection.executemany(_INSERT, zip(*(column.to_pylist() for column in each.columns), strict=True))
        return
    with book.transaction(), book.connection.cursor() as cursor:
        with cursor.copy("copy conduct_tally (unit, counted_over, at_us, contact, answer) from stdin (format csv)") as stream:
            for block in _lines(slices):
                stream.write(block)


def _lines(slices: Iterator[pa.Table]) -> Iterator[bytes]:
    """Give a table as CSV, every word in quotes."""
    for each in slices:
        held = io.BytesIO()
        zero = pa.array(np.zeros(each.num_rows, np.int64))
        pa_csv.write_csv(each.append_column("answer", zero), held, pa_csv.WriteOptions(include_header=False, quoting_style="needed"))
        yield held.getvalue()
