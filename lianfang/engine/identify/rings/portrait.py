"""Draw a ring: people and what they share as nodes and edges, reasons, a timeline; labels masked.

Above the bound people who share exactly the same things become one node with their number, so that a
ring of fifty thousand still fits a screen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.rings import members, rules
from lianfang.engine.identify.rings.find import Found, Sources
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import NotFound, Say
from lianfang.engine.terms.glossary import label

MOST_NODES = 2_000
_MOST_WHYS = 200
_NAMED = frozenset(("a", "an", "another", "nearly", "one", "the"))  # words that need no article before them


@dataclass(frozen=True)
class Node:
    """One person (or several alike), or one thing they share."""

    id: str
    sort: str  # person | people | key
    label: Say
    n_people: int
    n_records: int
    records: tuple[str, ...]  # `kind:record_id`, the first few
    by: str | None = None


@dataclass(frozen=True)
class Edge:
    """A person holds a shared thing."""

    left: str
    right: str
    by: str
    weight_bits: float
    n_people: int


@dataclass(frozen=True)
class Reason:
    """Why people of the ring belong together: one shared thing, with its numbers."""

    key: str
    by: str
    n_people: int
    n_records: int
    say: Say


@dataclass(frozen=True)
class Day:
    """One day of the ring."""

    on: date
    n_records: int
    n_people: int
    kinds: tuple[tuple[str, int], ...]
    institutions: tuple[str, ...]


@dataclass(frozen=True)
class Portrait:
    """A ring as a picture with reasons."""

    ring_id: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    reasons: tuple[Reason, ...]
    timeline: tuple[Day, ...]
    is_grouped: bool


@dataclass(frozen=True)
class _Seat:
    key: str
    number: int
    person: int
    kind: str
    at: int
    name: str
    institution: str


def portraits(found: Found, sources: Sources, ring_ids: Sequence[str], most_nodes: int = MOST_NODES) -> dict[str, Portrait]:
    """Draw some rings.

    Args:
        found: the rings of a run.
        sources: what they were made from.
        ring_ids: the rings to draw.
        most_nodes: above this people are grouped.

    Returns:
        One portrait a ring, by id.

    Raises:
        NotFound: a ring the run does not have.
    """
    wanted = pa.array(ring_ids, pa.string())
    mine = found.member.filter(pc.is_in(found.member["ring_id"], wanted))
    missing = sorted(set(ring_ids) - set(mine["ring_id"].to_pylist()))
    if missing:
        raise NotFound(Say(f"没有这个团伙:{missing[0]}", f"no such ring: {missing[0]}"), code="E-RING-01")
    seats = _seats(mine, sources.tables)
    links = _near(sources.links, mine["record_no"].to_numpy())
    return {one: _draw(one, seats[one], links, most_nodes) for one in ring_ids}


def portrait(found: Found, sources: Sources, ring_id: str, most_nodes: int = MOST_NODES) -> Portrait:
    """Draw one ring; see `portraits`.

    Raises:
        NotFound: a ring the run does not have.
    """
    return portraits(found, sources, [ring_id], most_nodes)[ring_id]


def masked(name: str) -> str:
    """Show a person's name by its first character only."""
    return name[:1] + "*" * min(len(name) - 1, 3) if name else ""


def _near(links: pa.Table, numbers: np.ndarray) -> dict[int, list[tuple[str, int, float, Say]]]:
    """List for every member record the keys it holds: key, first record, bits, sentence."""
    inside = pa.array(numbers)
    use = links.filter(pc.or_(pc.is_in(links["left"], inside), pc.is_in(links["right"], inside)))
    held: dict[int, list[tuple[str, int, float, Say]]] = defaultdict(list)
    columns = (use[name].to_pylist() for name in ("left", "right", "by", "key_masked", "weight_bits", "why_zh", "why_en"))
    for left, right, by, key, bits, zh, en in zip(*columns, strict=True):
        if rules.join().by(by).joins not in ("person", "same", "never"):
            word = f"{by}|{left}|{key or ''}"
            held[right].append((word, left, bits or 0.0, Say(zh or "", en or "")))
            held[left].append((word, left, bits or 0.0, Say(zh or "", en or "")))
    return held


def _seats(mine: pa.Table, tables: Mapping[Kind, pa.Table]) -> dict[str, list[_Seat]]:
    """Read the few fields a picture shows, for members only."""
    shown: dict[int, tuple[int, str, str]] = {}
    for kind, table in tables.items():
        numbers = mine.filter(pc.equal(mine["kind"], str(kind)))["record_no"].combine_chunks()
        if not len(numbers):
            continue
        rows = table.take(pc.index_in(numbers, table["record_no"].combine_chunks()))
        blank = pa.nulls(rows.num_rows, pa.string())
        names = rows["person_name"] if "person_name" in rows.column_names else blank
        firms = rows["institution"] if "institution" in rows.column_names else blank
        at = rows[members.TIME_FIELD[kind]].cast(pa.int64()).to_pylist()
        for number, when, who, firm in zip(numbers.to_pylist(), at, names.to_pylist(), firms.to_pylist(), strict=True):
            shown[number] = (when if when is not None else members.NO_TIME, who or "", firm or "")
    out: dict[str, list[_Seat]] = defaultdict(list)
    for row in mine.to_pylist():
        when, who, firm = shown.get(row["record_no"], (members.NO_TIME, "", ""))
        key = f"{row['kind']}:{row['record_id']}"
        out[row["ring_id"]].append(_Seat(key, row["record_no"], row["person_no"], row["kind"], when, who, firm))
    return out


def _draw(ring_id: str, seats: list[_Seat], links: Mapping[int, list[tuple[str, int, float, Say]]], most: int) -> Portrait:
    bits: dict[tuple[int, str], float] = {}
    records: Counter[str] = Counter()
    said: dict[str, Say] = {}
    for seat in seats:
        for word, _, weight, say in links.get(seat.number, ()):
            bits[seat.person, word] = max(weight, bits.get((seat.person, word), 0.0))
            said.setdefault(word, say)
        records.update({word for word, *_ in links.get(seat.number, ())})
    people = Counter(word for _, word in bits)
    shared = {word for word, n in people.items() if n > 1}
    holds: dict[int, frozenset[str]] = {seat.person: frozenset() for seat in seats}
    for person, word in bits:
        if word in shared:
            holds[person] |= {word}
    names = {word: f"k{n}" for n, word in enumerate(sorted(shared, key=lambda one: (-people[one], one)))}
    grouped = len(holds) + len(names) > most
    parties = _parties(holds, bits, grouped)
    if grouped:
        parties, names = _bounded(parties, names, most)
    nodes = [*_key_nodes(names, people, records), *_party_nodes(parties, seats)]
    edges = [
        Edge(f"p{min(who)}", names[word], word.split("|", 1)[0], round(weight, 2), len(who))
        for who, words in parties
        for word, weight in sorted(words.items())
        if word in names
    ]
    reasons = [
        Reason(name, word.split("|", 1)[0], people[word], records[word], _reason(word, people[word], said[word]))
        for word, name in names.items()
    ]
    return Portrait(ring_id, tuple(nodes), tuple(edges), tuple(reasons[:_MOST_WHYS]), _timeline(seats), grouped)


Party = tuple[tuple[int, ...], dict[str, float]]


def _parties(holds: Mapping[int, frozenset[str]], bits: Mapping[tuple[int, str], float], grouped: bool) -> list[Party]:
    """Make one party of each person, or of all people who hold exactly the same."""
    same: dict[object, list[int]] = defaultdict(list)
    for person in sorted(holds):
        same[holds[person] if grouped else person].append(person)
    return [
        (tuple(who), {word: max(bits[one, word] for one in who) for word in sorted(holds[who[0]])})
        for who in same.values()
    ]


def _bounded(parties: list[Party], names: Mapping[str, str], most: int) -> tuple[list[Party], dict[str, str]]:
    """Keep the widest keys and the largest parties; the rest become one party that keeps its edges."""
    words = dict(list(names.items())[: most // 2])
    parties = sorted(parties, key=lambda one: (-len(one[0]), one[0]))
    keep, rest = parties[: most - len(words) - 1], parties[most - len(words) - 1 :]
    if rest:
        who = tuple(sorted(person for people, _ in rest for person in people))
        held: dict[str, float] = {}
        for _, one in rest:
            for word, weight in one.items():
                held[word] = max(weight, held.get(word, 0.0))
        keep.append((who, held))
    return keep, words


def _key_nodes(names: Mapping[str, str], people: Counter[str], records: Counter[str]) -> Iterable[Node]:
    for word, name in names.items():
        by, _, shown = word.split("|", 2)
        called = rules.join().by(by).name
        label = Say(f"{called.zh} {shown}".strip(), f"{called.en} {shown}".strip())
        yield Node(name, "key", label, people[word], records[word], (), by)


def _party_nodes(parties: Iterable[Party], seats: Iterable[_Seat]) -> Iterable[Node]:
    mine: dict[int, list[_Seat]] = defaultdict(list)
    for seat in seats:
        mine[seat.person].append(seat)
    for who, _ in parties:
        held = [seat for person in who for seat in mine[person]]
        keys = tuple(seat.key for seat in held[:20])
        if len(who) > 1:
            yield Node(f"p{min(who)}", "people", Say(f"{len(who)} 人", f"{len(who)} people"), len(who), len(held), keys)
            continue
        shown = next((masked(seat.name) for seat in held if seat.name), "")
        yield Node(f"p{who[0]}", "person", Say(shown, shown) if shown else _record_name(held[0].key), 1, len(held), keys)


def _record_name(key: str) -> Say:
    """Name somebody without a name by a record of theirs, its kind in words."""
    kind, _, record_id = key.partition(":")
    called = label("kinds", kind)
    return Say(f"{called.zh} {record_id}", f"{called.en} {record_id}")


def _reason(word: str, n_people: int, said: Say) -> Say:
    by, _, shown = word.split("|", 2)
    called = rules.join().by(by).name
    pad = " " if called.zh[:1].isascii() else ""
    the = "" if called.en.split()[0] in _NAMED else "the "
    zh = f"{n_people} 人共用{pad}{called.zh} {shown}".strip()
    en = f"{n_people} people share {the}{called.en} {shown}".strip()
    if not (said.zh and said.en):
        return Say(zh, en)
    # The link's sentence counts over all records. What it shares is not named a second time.
    (zh_named, _, zh_count), (en_named, _, en_count) = (say.rstrip(")").rpartition("(") for say in (said.zh, said.en))
    if shown and shown in zh_named:
        return Say(f"{zh}(全部记录里 {zh_count})", f"{en} ({en_count} over all records)")
    flat = Say(f"{zh_named},{zh_count}".strip(","), f"{en_named.rstrip()}, {en_count}".strip(", "))
    return Say(f"{zh}({flat.zh})", f"{en} ({flat.en})")


def _timeline(seats: Sequence[_Seat]) -> tuple[Day, ...]:
    days: dict[date, list[_Seat]] = defaultdict(list)
    for seat in seats:
        if seat.at != members.NO_TIME:
            moment = datetime.fromtimestamp(seat.at / 1_000_000, UTC).astimezone(SHANGHAI)
            days[moment.date()].append(seat)
    return tuple(
        Day(
            on, len(held), len({seat.person for seat in held}),
            tuple(sorted(Counter(seat.kind for seat in held).items())),
            tuple(sorted({seat.institution for seat in held if seat.institution})),
        )
        for on, held in sorted(days.items())
    )  # fmt: skip
