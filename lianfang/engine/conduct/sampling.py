"""Which contacts a person should listen to: drawn by agency and collector, channel and risk.

The same log, rules and seed draw the same contacts, whatever the order of the rows: every contact has a
number of its own by seed, and the smallest numbers of a stratum are drawn. A longer log keeps most of
what a shorter one drew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.conduct import grade
from lianfang.engine.conduct.audit import Audit
from lianfang.engine.conduct.rules import Effect
from lianfang.engine.records import cells, digest
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import InputError, Say

Longs = npt.NDArray[np.int64]
_ROWS = 524_288
_RISK_OF = {Effect.SEVERE.value: "severe", Effect.BLOCK.value: "block", Effect.WARN.value: "warn", Effect.AUDIT.value: "warn"}


@dataclass(frozen=True)
class SampleWish:
    """How many contacts are wanted.

    Args:
        share: of every group's contacts, 0 to 1; not looked at where `number` is given.
        number: of every group's contacts.
        per_collector: groups are an agency's collectors; else agencies.
        seed: another one draws others.
    """

    share: float | None = None
    number: int | None = None
    per_collector: bool = True
    seed: int = 1


@dataclass(frozen=True)
class Drawn:
    """What was drawn.

    Args:
        contacts: one row a contact drawn: who, when, what was found, how many it stands for.
        strata: one row a group, channel and risk: how many there are, how many were drawn.
    """

    contacts: pa.Table
    strata: pa.Table


@lru_cache(maxsize=1)
def knowledge() -> Any:
    """Read `data/conduct/sampling.yaml` once."""
    return shelf.yaml(shelf.path("conduct", "sampling.yaml"))


def risks() -> tuple[str, ...]:
    """Name the risks, most pressing first."""
    return tuple(knowledge()["risks"])


def checked(wish: SampleWish) -> SampleWish:
    """Give a wish with its default filled in.

    Raises:
        InputError: a share outside 0 to 1, a number below 1, or both.
    """
    share = wish.share
    if share is None and wish.number is None:
        share = float(knowledge()["defaults"]["share"])
    if (share is not None and wish.number is not None) or (share is not None and not 0 < share <= 1) or (wish.number is not None and wish.number < 1):
        raise InputError(
            Say("抽样比例要大于 0、至多 1；或给出每组条数（至少 1），两者选一", "a share is above 0 and at most 1; or give a number of at least 1, not both"),
            code="E-SAMPLE-01", fix=Say("例：--share 0.02 或 --number 5", "e.g. --share 0.02 or --number 5"))
    return SampleWish(share, wish.number, wish.per_collector, wish.seed)


def spread(sizes: Sequence[int], weights: Sequence[float], n: int) -> list[int]:
    """Spread a number over strata: one each as far as it goes, the rest by size and weight.

    Args:
        sizes: contacts in each stratum, the most pressing first.
        weights: how many times likelier a contact of it is drawn.
        n: how many are drawn in all.

    Returns:
        How many of each; never more than it has, in all `n` or everything there is.
    """
    given = [0] * len(sizes)
    left = min(n, sum(sizes))
    for place, size in enumerate(sizes):
        if left and size:
            given[place], left = 1, left - 1
    while left:
        room = [size - have for size, have in zip(sizes, given, strict=True)]
        asked = [(size * weight if free else 0.0) for size, weight, free in zip(sizes, weights, room, strict=True)]
        total = sum(asked)
        fair = [min(free, int(left * part / total)) for free, part in zip(room, asked, strict=True)]
        if not any(fair):  # less than one each: the largest claims first, the more pressing of equals
            for place in sorted(range(len(sizes)), key=lambda one: (-asked[one], one))[:left]:
                fair[place] = min(1, room[place])
        given = [have + more for have, more in zip(given, fair, strict=True)]
        left -= sum(fair)
    return given


def draw(made: Audit, wish: SampleWish) -> Drawn:
    """Draw contacts for inspection out of an audited log.

    Args:
        made: the audit.
        wish: how many.

    Returns:
        Contacts by agency, collector, risk and moment, and the strata they stand for.

    Raises:
        InputError: the wish makes no sense.

    Source:
        Stratified sampling, the smallest hashes of a stratum (bottom-k): reproducible, and free of row order.
    """
    wish = checked(wish)
    risk = _risk(made)
    parts = _parts(made, wish, risk)
    rows = np.flatnonzero(made.kept)
    held = pa.array(parts[rows]).dictionary_encode()
    listed, number = held.dictionary.to_numpy(), held.indices.to_numpy()
    sizes = np.bincount(number, minlength=len(listed))
    by_stratum = np.argsort(listed, kind="stable")  # groups together, channels and risks within
    quota = _quota(made, wish, listed[by_stratum], sizes[by_stratum])
    want = np.empty(len(listed), dtype=np.int64)
    want[by_stratum] = quota
    order = np.lexsort((rows, _numbers(made, wish.seed)[rows], number))
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = order[place < want[number[order]]]
    return Drawn(_contacts(made, risk, rows[chosen], (sizes / np.maximum(want, 1))[number[chosen]]),
                 _strata(made, wish, listed[by_stratum], sizes[by_stratum], quota))


def _risk(made: Audit) -> npt.NDArray[np.int8]:
    """Give every row the place of its most pressing finding in `risks()`."""
    listed = risks()
    found = made.findings
    decided = found["decided"].to_numpy().astype(bool)
    rows, risk = grade.place_of(made), np.full(made.log.n_rows, listed.index("none"), dtype=np.int8)
    breach, unclear = (found[name].to_numpy().astype(bool) for name in ("breach", "unclear"))
    for name in reversed(listed[:-1]):
        of = unclear if name == "unclear" else breach & grade.among(found["effect"], {one for one, risk_of in _RISK_OF.items() if risk_of == name}.__contains__)
        risk[rows[decided & of]] = listed.index(name)
    return risk


def _parts(made: Audit, wish: SampleWish, risk: npt.NDArray[np.int8]) -> Longs:
    """Number every row's stratum: agency, collector, risk, channel, in that order of weight."""
    names, width = made.log.names, len(made.log.names["channel"].listed) + 1
    group = names["agency"].number.astype(np.int64) + 1
    if wish.per_collector:
        group = group * (len(names["collector_id"].listed) + 1) + names["collector_id"].number + 1
    return (group * len(risks()) + risk) * width + names["channel"].number + 1


def _quota(made: Audit, wish: SampleWish, listed: Longs, sizes: Longs) -> Longs:
    """Say how many are drawn of every stratum; strata of one group stand together."""
    width, n_risks = len(made.log.names["channel"].listed) + 1, len(risks())
    weight = np.array([float(one["weight"]) for one in knowledge()["risks"].values()])[listed // width % n_risks]
    group = listed // (width * n_risks)
    heads = np.concatenate((np.flatnonzero(np.diff(group, prepend=-1)), [len(group)]))
    made_of = np.zeros(len(listed), dtype=np.int64)
    least = int(knowledge()["defaults"]["least"])
    for start, end in zip(heads[:-1].tolist(), heads[1:].tolist(), strict=True):
        whole = int(sizes[start:end].sum())
        n = wish.number if wish.number is not None else max(least, -int(-whole * (wish.share or 0.0) // 1))
        made_of[start:end] = spread(sizes[start:end].tolist(), weight[start:end].tolist(), n)
    return made_of


def _numbers(made: Audit, seed: int) -> npt.NDArray[np.uint64]:
    """Give every row its number by seed, file and id: the first 64 bits of their digest."""
    log, done = made.log, []
    files = log.names["source_file"]
    for start in range(0, log.n_rows, _ROWS):
        ids = log.record_id.slice(start, _ROWS).combine_chunks()
        number = files.number[start : start + _ROWS]
        file = files.listed.cast(pa.string()).take(pa.array(number, mask=number < 0))
        joined, ends = cells.join_rows([pa.array([str(seed)] * len(ids)), _one(file), _one(ids)])
        hexes = np.asarray(digest.sha256_hex(joined, ends)).reshape(-1, 64)[:, :16].astype(np.int64)
        bits = np.where(hexes >= 97, hexes - 87, hexes - 48).astype(np.uint64)
        done.append((bits << (np.arange(60, -1, -4, dtype=np.uint64))).sum(axis=1, dtype=np.uint64))
    return np.concatenate(done) if done else np.zeros(0, dtype=np.uint64)


def _one(column: Any) -> pa.Array:
    """Give one piece of a column without a gap."""
    held = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return held.fill_null("") if held.null_count else held


def _contacts(made: Audit, risk: npt.NDArray[np.int8], rows: Longs, stands_for: npt.NDArray[np.float64]) -> pa.Table:
    """Make the table of contacts drawn."""
    who, agency = (made.log.names[name].number[rows] for name in ("collector_id", "agency"))
    order = np.lexsort((rows, made.log.at_us[rows], risk[rows], who, agency))
    rows, stands_for = rows[order], stands_for[order]
    log, told = made.log, _told(made, set(rows.tolist()))
    table: dict[str, Any] = {
        "record_no": pa.array(log.record_no[rows]), "record_id": _one(log.record_id.take(pa.array(rows))),
        "at": pa.array(log.at_us[rows], mask=~log.has_moment[rows]).cast(pa.timestamp("us", "UTC")),
    }
    for name in ("source_file", "agency", "collector_id", "channel"):
        held = log.names[name]
        table[name] = held.listed.cast(pa.string()).take(pa.array(held.number[rows], mask=held.number[rows] < 0))
    table["seconds"] = pa.array(log.seconds[rows])
    table["risk"] = pa.array([risks()[one] for one in risk[rows].tolist()], pa.string())
    table["rules"] = pa.array(["|".join(told.get(row, ())) for row in rows.tolist()], pa.string())
    table["stands_for"] = pa.array(np.round(stands_for, 4))
    return pa.table(table)


def _told(made: Audit, wanted: set[int]) -> Mapping[int, list[str]]:
    """Name the rules broken by the rows wanted."""
    rows, told = grade.place_of(made), dict[int, list[str]]()
    here = np.flatnonzero(np.isin(rows, np.fromiter(wanted, dtype=np.int64, count=len(wanted))) & made.findings["decided"].to_numpy().astype(bool))
    for row, rule in zip(rows[here].tolist(), made.findings["rule"].take(pa.array(here)).to_pylist(), strict=True):
        told.setdefault(row, []).append(rule)
    return told


def _strata(made: Audit, wish: SampleWish, listed: Longs, sizes: Longs, quota: Longs) -> pa.Table:
    """Make the table of strata."""
    names, n_risks = made.log.names, len(risks())
    width = len(names["channel"].listed) + 1
    group, people = listed // (width * n_risks), len(names["collector_id"].listed) + 1
    agency, who = (group // people, group % people) if wish.per_collector else (group, np.zeros_like(group))

    def word(name: str, place: Longs) -> pa.Array:
        return names[name].listed.cast(pa.string()).take(pa.array(place - 1, mask=place < 1))

    return pa.table({
        "agency": word("agency", agency), "collector_id": word("collector_id", who), "channel": word("channel", listed % width),
        "risk": pa.array([risks()[one] for one in (listed // width % n_risks).tolist()], pa.string()), "n_contacts": sizes, "n_drawn": quota,
    })
