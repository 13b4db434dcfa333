"""Agencies and collectors by their findings: rates with intervals, small numbers marked.

Rates are told with their uncertainty: an agency of forty contacts and one breach is not worse than one
of forty thousand and nine hundred; it is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.conduct.audit import Audit
from lianfang.engine.conduct.rules import Effect

SMALL = 50  # contacts; below it a rate is shown in gray
_Z = 1.959963984540054  # 95 %
Longs = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

SCHEMA = pa.schema([
    pa.field("agency", pa.string()),
    pa.field("collector_id", pa.string()),  # only in collectors
    pa.field("n_contacts", pa.int64()),
    pa.field("n_breached", pa.int64()),  # contacts with a breach that blocks or is severe
    pa.field("per_thousand", pa.float64()),
    pa.field("per_thousand_low", pa.float64()),  # Wilson, 95 %
    pa.field("per_thousand_high", pa.float64()),
    pa.field("n_findings", pa.int64()),  # decided breaches of every effect
    pa.field("findings_per_thousand", pa.float64()),
    pa.field("findings_low", pa.float64()),  # Poisson (Byar), 95 %
    pa.field("findings_high", pa.float64()),
    pa.field("n_severe", pa.int64()),
    pa.field("n_warned", pa.int64()),
    pa.field("n_unclear", pa.int64()),  # findings that a fact not told would settle
    pa.field("n_tried", pa.int64()),  # the gate would have refused, nothing came of it
    pa.field("n_calls_unrecorded", pa.int64()),
    pa.field("n_facts_missing", pa.int64()),  # rows the rules could not fully judge
    pa.field("small", pa.bool_()),
])


def wilson(hits: Longs, n: Longs) -> tuple[Reals, Reals]:
    """Give the 95 % interval of a share.

    Shape:
        Arrays in, arrays out; 0 to 1 where n is 0.

    Units:
        Shares, 0 to 1.

    Source:
        Wilson 1927.
    """
    size = np.maximum(n, 1).astype(np.float64)
    share = hits / size
    middle = (share + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
    half = _Z / (1 + _Z**2 / size) * np.sqrt(share * (1 - share) / size + _Z**2 / (4 * size**2))
    low = np.where(hits == 0, 0.0, np.maximum(0.0, middle - half))
    high = np.where(hits >= n, 1.0, np.minimum(1.0, middle + half))
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


def poisson(hits: Longs) -> tuple[Reals, Reals]:
    """Give the 95 % interval of a count that may pass the number of contacts.

    Source:
        Byar's approximation of the exact Poisson interval (Breslow and Day 1987).
    """
    count = hits.astype(np.float64)
    safe = np.maximum(count, 1.0)
    low = np.where(count > 0, safe * (1 - 1 / (9 * safe) - _Z / (3 * np.sqrt(safe))) ** 3, 0.0)
    more = count + 1
    return low, more * (1 - 1 / (9 * more) + _Z / (3 * np.sqrt(more))) ** 3


def agencies(made: Audit) -> pa.Table:
    """Grade agencies; a lender's own collectors stand under no name.

    Shape:
        makes  agencies: `SCHEMA` without collector_id, one row per agency, by name
    """
    group, listed = made.log.names["agency"].number.astype(np.int64) + 1, made.log.names["agency"].listed
    names = pa.concat_arrays([pa.array([None], pa.string()), listed.cast(pa.string())])
    return _graded(made, group, {"agency": names}).sort_by("agency")


def collectors(made: Audit) -> pa.Table:
    """Grade collectors; the same code at two agencies is two people.

    Shape:
        makes  collectors: `SCHEMA`, one row per agency and collector
    """
    agency, who = made.log.names["agency"], made.log.names["collector_id"]
    width = len(who.listed) + 1
    pair = (agency.number.astype(np.int64) + 1) * width + who.number + 1
    held = pa.array(pair).dictionary_encode()
    listed, group = held.dictionary.to_numpy(), held.indices.to_numpy()
    names = {
        "agency": _at(agency.listed, listed // width - 1),
        "collector_id": _at(who.listed, listed % width - 1),
    }
    return _graded(made, group.astype(np.int64), names).sort_by([("agency", "ascending"), ("collector_id", "ascending")])


def _at(listed: pa.Array, place: Longs) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32), mask=place < 0), listed.cast(pa.string())).cast(pa.string())


def _tally(group: Longs, width: int) -> Longs:
    return np.bincount(group, minlength=width).astype(np.int64)


def once(rows: Longs, n_rows: int) -> Longs:
    """Give every row once, ascending."""
    marked = np.zeros(n_rows, dtype=np.bool_)
    marked[rows] = True
    return np.flatnonzero(marked)


def _graded(made: Audit, group: Longs, names: dict[str, pa.Array]) -> pa.Table:
    width = len(next(iter(names.values())))
    rows = place_of(made)
    found = made.findings
    breach, unclear, decided = (found[name].to_numpy().astype(bool) for name in ("breach", "unclear", "decided"))
    real = breach & decided
    hard = real & among(found["effect"], lambda effect: Effect(effect).refuses)
    n = _tally(group[made.kept], width)
    breached = _tally(group[once(rows[hard], len(group))], width)
    count = _tally(group[rows[real]], width)
    (low, high), (least, most) = wilson(breached, n), poisson(count)
    per = 1000 / np.maximum(n, 1)
    table = pa.table({
        **names,
        "n_contacts": n, "n_breached": breached, "per_thousand": breached * per,
        "per_thousand_low": low * 1000, "per_thousand_high": high * 1000,
        "n_findings": count, "findings_per_thousand": count * per, "findings_low": least * per, "findings_high": most * per,
        "n_severe": _tally(group[rows[real & among(found["effect"], Effect.SEVERE.value.__eq__)]], width),
        "n_warned": _tally(group[rows[real & among(found["effect"], Effect.WARN.value.__eq__)]], width),
        "n_unclear": _tally(group[rows[decided & unclear]], width),
        "n_tried": _tally(group[rows[decided & ~breach & ~unclear]], width),
        "n_calls_unrecorded": _tally(group[rows[real & among(found["code"], "NO_RECORDING".__eq__)]], width),
        "n_facts_missing": _tally(group[once(rows[unclear], len(group))], width),
        "small": n < SMALL,
    })
    return table.filter(pa.array(n > 0))


@dataclass(frozen=True)
class Tally:
    """All findings of an audit, counted once for every screen, file and page.

    Args:
        rows: of `findings.parquet`.
        twice: of them, rows of a code that a stricter instrument's finding stands for; not counted below.
        breaches: proved by what the records tell.
        severe: of the breaches.
        unclear: a fact is not told; neither a breach nor none.
        tried: the gate would have refused, nothing came of it.
        contacts: contacts with a breach that blocks or is severe.
    """

    rows: int
    twice: int
    breaches: int
    severe: int
    unclear: int
    tried: int
    contacts: int


def tally(made: Audit) -> Tally:
    """Count the findings; `rows` is `twice`, `breaches`, `unclear` and `tried` together."""
    found = made.findings
    breach, unclear, decided = (found[name].to_numpy().astype(bool) for name in ("breach", "unclear", "decided"))
    real = breach & decided
    hard = real & among(found["effect"], lambda effect: Effect(effect).refuses)
    n_hard = len(once(place_of(made)[hard], made.log.n_rows))
    severe = real & among(found["effect"], Effect.SEVERE.value.__eq__)
    return Tally(found.num_rows, int((~decided).sum()), int(real.sum()), int(severe.sum()), int((decided & unclear).sum()),
                 int((decided & ~breach & ~unclear).sum()), n_hard)


def among(column: pa.ChunkedArray, wanted: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """Say which rows of a column of names are wanted, asking once per distinct name."""
    held = column.combine_chunks()
    held = held.chunk(0) if isinstance(held, pa.ChunkedArray) and held.num_chunks else held
    if not len(held):
        return np.zeros(0, dtype=np.bool_)
    answers = np.array([bool(wanted(name)) for name in held.dictionary.to_pylist()] + [False])
    return np.asarray(answers[held.indices.fill_null(len(answers) - 1).to_numpy(zero_copy_only=False)])


def place_of(made: Audit) -> Longs:
    """Give the place in the log of every finding's record."""
    numbers, wanted = made.log.record_no, made.findings["record_no"].to_numpy()
    if len(numbers) and numbers[0] == 0 and numbers[-1] == len(numbers) - 1:
        return np.asarray(wanted, dtype=np.int64)
    order = np.argsort(numbers, kind="stable")
    return np.asarray(order[np.searchsorted(numbers[order], wanted)], dtype=np.int64)

