"""A million complaints in a minute, for the bench: columns are drawn, never rows.

Sentences come from the same grammars, drawn once into pools; texts are joined from pool entries by
Arrow, so no Python string is made a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as arrow_parquet

from lianfang.simulate import cast, columns, hours, numbering, wording
from lianfang.simulate.dice import Dice
from lianfang.simulate.wording import Grammar, shelf

RING_SHARE = 0.05
_CHUNK = 131_072
_POOL = (400, 4_000)  # sentences a slot; fewer where few rows are asked
_RING_SIZES = (4, 60)
_DAYS = 365
_FIRST_DAY = 20_094  # 2025-01-06, days since 1970
_AGAIN_SHARE = 0.08
_SLOTS = ("opening", "fact", "more", "tried", "effect", "ask", "proof", "close")
_SLOT_SHARES = (0.6, 1.0, 0.9, 0.8, 0.8, 0.95, 0.7, 0.5)
_RING_CHANGE = 0.1  # chance that a member's sentence differs from the ring's own


@dataclass(frozen=True)
class _Chunk:
    """Rows first to last-1: who files, in which ring, when."""

    dice: Dice
    rows: np.ndarray
    person: np.ndarray
    ring: np.ndarray  # -1 outside rings

    def some(self, share: float) -> np.ndarray:
        """Choose rows with this chance."""
        return self.dice.shares(len(self.rows)) < share


def bulk(n: int, path: Path, seed: int = 7) -> Path:
    """Write n complaints as one Parquet file: 120 characters and 12 identifier columns.

    5 % stand in rings of 4 to 60 that share agents' numbers and a letter.

    Args:
        n: rows, up to 5 million.
        path: the Parquet file; the rows' rings go beside it as `<stem>.rings.parquet`.
        seed: same seed, same bytes.

    Returns:
        The path.
    """
    ring = _rings(Dice(seed, "bulk", "rings"), n)
    size = min(_POOL[1], max(_POOL[0], n // 100))
    pools, letters = _pools(seed, size), _letters(seed, size)
    truth = path.with_name(f"{path.stem}.rings.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    with arrow_parquet.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for turn, first in enumerate(range(0, n, _CHUNK)):
            dice = Dice(seed, "bulk", turn)
            rows = np.arange(first, min(n, first + _CHUNK))
            inside = ring[rows]
            chunk = _Chunk(dice, rows, _people(dice, rows, inside), inside)
            writer.write_table(_table(chunk, pools, letters))
    known = pa.table({"record_no": columns.numbers(np.arange(n)), "ring": columns.numbers(ring)})
    arrow_parquet.write_table(known, truth, compression="zstd")
    return path


def _rings(dice: Dice, n: int) -> np.ndarray:
    """Choose which rows stand in which ring; members lie scattered over the whole file."""
    n_inside = int(n * RING_SHARE)
    sizes = dice.wholes(n_inside // _RING_SIZES[0] + 1, *_RING_SIZES)
    names = np.repeat(np.arange(len(sizes)), sizes)[:n_inside]
    ring = np.full(n, -1, dtype=np.int64)
    ring[np.argsort(dice.shares(n), kind="stable")[:n_inside]] = names
    return ring


def _people(dice: Dice, rows: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Let each row be filed by its own person, some by one who filed a little before."""
    before = np.maximum(0, rows - dice.wholes(len(rows), 1, 5_000))
    again = (dice.shares(len(rows)) < _AGAIN_SHARE) & (ring < 0)
    return np.where(again, before, rows)


def _pools(seed: int, size: int) -> list[pa.StringArray]:
    """Draw the sentences of honest people, a pool for each slot."""
    dice = Dice(seed, "bulk", "pools")
    honest = shelf("honest")
    grammar, topics = Grammar(honest["rules"]), list(honest["topics"].values())
    houses = cast.institutions(12)
    pools = []
    for slot in _SLOTS:
        said = []
        for _ in range(size):
            values = _values(dice, houses)
            if slot in ("fact", "more"):
                source = dice.pick(dice.pick(topics)["facts" if slot == "fact" else "more"])
                said.append(grammar.say(source, dice, values))
            else:
                said.append(grammar.rule(slot, dice, values))
        pools.append(columns.strings(said))
    return pools


def _letters(seed: int, size: int) -> list[pa.StringArray]:
    """Draw the sentences of campaign letters, a pool for each slot."""
    dice = Dice(seed, "bulk", "letters")
    letters = list(shelf("letters")["letters"].values())
    grammar, houses = Grammar({}), cast.institutions(12)
    pools = []
    for slot in range(len(_SLOTS)):
        said = []
        for _ in range(size):
            slots = dice.pick(letters)["slots"]
            said.append(grammar.say(dice.pick(slots[slot % len(slots)]), dice, _values(dice, houses)))
        pools.append(columns.strings(said))
    return pools


def _values(dice: Dice, houses: Sequence[cast.Institution]) -> wording.Values:
    house = dice.pick(houses)
    yuan, day = dice.between(1_000, 90_000), dice.between(1, 28)
    month = dice.between(1, 12)
    return {
        "inst": house.name, "product": dice.pick(house.products), "name": cast.person_name(dice),
        "city": dice.pick(shelf("cast")["cities"]), "employer": cast.firm_name(dice, "employers"),
        "issuer": cast.firm_name(dice, "issuers"), "yuan": yuan, "yuan2": dice.between(60, 9_000),
        "day": f"{month}月{day}日", "month": month, "year": dice.between(2018, 2025),
    }  # fmt: skip


def _texts(chunk: _Chunk, pools: Sequence[pa.StringArray], letters: Sequence[pa.StringArray]) -> pa.Array:
    parts = []
    inside, size = chunk.ring >= 0, len(pools[0])
    for slot, (pool, letter, share) in enumerate(zip(pools, letters, _SLOT_SHARES, strict=True)):
        own = chunk.dice.wholes(len(chunk.rows), 0, size - 1)
        # a ring's own sentence: a fixed one of the letter pool, now and then another
        fixed = (chunk.ring * 7919 + slot * 104_729) % size
        changed = chunk.some(_RING_CHANGE)
        places = np.where(inside, np.where(changed, own, fixed) + size, own)
        both = pa.concat_arrays([pool, letter, columns.strings([""])])
        places = np.where(inside | chunk.some(share), places, 2 * size)
        parts.append(both.take(columns.numbers(places)))
    return pc.binary_join_element_wise(*parts, _amounts(chunk), columns.one(""))


def _amounts(chunk: _Chunk) -> pa.Array:
    """Give most texts an amount of their own, so that copies of a letter are near, not equal."""
    yuan = columns.numbers(chunk.dice.wholes(len(chunk.rows), 100, 99_999)).cast(pa.string())
    said = pc.binary_join_element_wise(columns.one("涉及"), yuan, columns.one("元。"), columns.one(""))
    return pc.if_else(columns.decided(chunk.some(0.8)), said, columns.one(""))


def _moments(chunk: _Chunk) -> pa.Array:
    n = len(chunk.rows)
    hour = np.searchsorted(np.cumsum(hours.HOURS) / sum(hours.HOURS), chunk.dice.shares(n))
    day = _FIRST_DAY + chunk.dice.wholes(n, 0, _DAYS - 1)
    seconds = day * 86_400 + hour * 3600 + chunk.dice.wholes(n, 0, 3599) - 8 * 3600
    body = pa.py_buffer(np.ascontiguousarray(seconds * 1_000_000))
    return pa.Array.from_buffers(pa.timestamp("us", "UTC"), n, [None, body])


def _table(chunk: _Chunk, pools: Sequence[pa.StringArray], letters: Sequence[pa.StringArray]) -> pa.Table:
    made: dict[str, pa.Array] = {
        "record_id": _record_ids(chunk),
        "institution": _named([house.name for house in cast.institutions(12)], chunk),
        "received_at": _moments(chunk),
        "channel": _named(shelf("cast")["channels"], chunk),
        "product": _named(shelf("cast")["products"]["bank"], chunk),
        "text": _texts(chunk, pools, letters),
    }
    made |= _own_numbers(chunk)
    made |= _agents_numbers(chunk)
    return pa.table([made[name] for name in SCHEMA.names], SCHEMA)


def _own_numbers(chunk: _Chunk) -> dict[str, pa.Array]:
    """Make the columns that belong to the person."""
    person, some = chunk.person, chunk.some
    emails = (numbering.device_id(person + 7), columns.one("@example.com"), columns.one(""))
    return {
        "person_mobile": _shown(numbering.mobile(person), some(0.93)),
        "person_resident_id": _shown(numbering.resident_id(person // 2), (person % 2 == 0) & some(0.9)),
        "person_bank_card": _shown(numbering.bank_card(person), some(0.2)),
        "person_email": _shown(pc.binary_join_element_wise(*emails), some(0.2)),
    }


def _agents_numbers(chunk: _Chunk) -> dict[str, pa.Array]:
    """Make the columns in which a ring's rows share something, and devices and addresses."""
    person, some, inside, n = chunk.person, chunk.some, chunk.ring >= 0, len(chunk.rows)
    # an agent changes numbers: each ring has two of a kind, used in turns
    agent = 10_000_000 + chunk.ring * 2 + chunk.dice.wholes(n, 0, 1)
    theirs, network = inside & some(0.45), inside & some(0.45)
    public = 30_000_000 + person % max(2, n // 400)
    ip = np.where(network, agent, np.where(some(0.1), public, person))
    back = np.where(inside, agent, person)
    return {
        "device_id": _shown(numbering.device_id(np.where(theirs, agent, person)), theirs | some(0.45)),
        "ip": _shown(numbering.ip(ip), network | some(0.55)),
        "callback_mobile": _shown(numbering.mobile(back), np.where(inside, some(0.3), some(0.1))),
        "agent_mobile": _shown(numbering.mobile(agent), inside & some(0.5)),
        "agent_wechat": _shown(_wechat(agent), inside & some(0.3)),
        "agent_uscc": _shown(_uscc(chunk.ring), inside & some(0.2)),
        "payee_account": _shown(numbering.bank_card(agent), inside & some(0.4)),
        "proof_sha256": _shown(numbering.sha256(back), some(0.1)),
    }


def _record_ids(chunk: _Chunk) -> pa.Array:
    serials = columns.numbers(chunk.rows + 10_000_000).cast(pa.string())
    return pc.binary_join_element_wise(columns.one("TS"), serials, columns.one(""))


def _named(names: Sequence[str], chunk: _Chunk) -> pa.Array:
    places = chunk.dice.wholes(len(chunk.rows), 0, len(names) - 1)
    return columns.strings(names).take(columns.numbers(places))


def _wechat(serials: np.ndarray) -> pa.Array:
    tails = pc.utf8_slice_codeunits(numbering.device_id(serials), 0, 10)
    return pc.binary_join_element_wise(columns.one("wxk"), tails, columns.one(""))


def _uscc(ring: np.ndarray) -> pa.Array:
    known, places = np.unique(ring, return_inverse=True)
    return columns.strings(numbering.uscc([int(serial) + 1_000 for serial in known])).take(
        columns.numbers(places)
    )


def _shown(values: pa.Array, present: np.ndarray) -> pa.Array:
    return pc.if_else(columns.decided(present), values, columns.empty())


SCHEMA = pa.schema(
    [
        ("record_id", pa.string()), ("institution", pa.string()),
        ("received_at", pa.timestamp("us", "UTC")), ("channel", pa.string()),
        ("product", pa.string()), ("text", pa.string()), ("person_mobile", pa.string()),
        ("person_resident_id", pa.string()), ("person_bank_card", pa.string()),
        ("person_email", pa.string()), ("callback_mobile", pa.string()),
        ("agent_mobile", pa.string()), ("agent_wechat", pa.string()), ("agent_uscc", pa.string()),
        ("payee_account", pa.string()), ("device_id", pa.string()), ("ip", pa.string()),
        ("proof_sha256", pa.string()),
    ]
)  # fmt: skip
