"""From a run's tables to the facts of its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.identify.rings import members, portrait
from lianfang.engine.identify.rings.find import Found, Sources
from lianfang.engine.identify.signals import body
from lianfang.engine.reports import layout, veil
from lianfang.engine.reports.facts import Bar, Edge, Figure, Mark, Node, Overview, Passage, RingView
from lianfang.engine.terms.codes import Kind, Level
from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import label, labels
from lianfang.engine.terms.words import LEVELS

MOST_RINGS, MOST_NODES, MOST_PASSAGES, MOST_LETTERS = 60, 90, 6, 900

_NAMED = ("person_name", "agent_name", "subject_name", "referrer_name")
_ROLES = (
    ("agent", "agent"), ("callback", "agent"), ("referrer", "agent"), ("payee", "payee"), ("device", "device"), ("ip", "device"),
    ("author", "poster"), ("poster", "poster"), ("found", "poster"), ("wording", "wording"), ("draft", "wording"),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What the page is made from.

    Args:
        records: the result table `records`.
        signals: the engine's table of clauses met, with record_no.
        links: the engine's table `link`.
        hubs: table `hub`: identifiers that joined nothing.
        found: the rings.
        sources: what rings were made from.
        book: the guides in force.
        version: of the program.
    """

    records: pa.Table
    signals: pa.Table
    links: pa.Table
    hubs: pa.Table
    found: Found
    sources: Sources
    book: GuideBook
    version: str


def overview(told: Told) -> Overview:
    """Gather the facts of a run's page; everything in them is masked."""
    graded = told.found.ring.filter(pc.not_equal(told.found.ring["level"], "none"))
    shown = graded.slice(0, MOST_RINGS)
    return Overview(
        title=Say("联防 · 运行结果", "Lianfang · results of a run"),
        version=told.version,
        figures=_figures(told, graded),
        by_activity=_by_activity(told.records),
        by_month=_by_month(told),
        by_link=_by_link(told.links),
        rings=tuple(_views(told, shown)),
        n_rings=graded.num_rows,
    )


def _count(column: pa.ChunkedArray, value: str) -> int:
    return int(pc.sum(pc.equal(column, value)).as_py() or 0)


def _figures(told: Told, rings: pa.Table) -> tuple[Figure, ...]:
    n = told.records.num_rows
    look, review = _count(told.records["level"], "look"), _count(told.records["level"], "review")

    to_look, to_review = LEVELS[Level.LOOK], LEVELS[Level.REVIEW]

    def share(part: int) -> Say:
        return Say(f"占 {part / n:.2%}", f"{part / n:.2%} of all") if n else Say("", "")

    guarded = int(pc.sum(pc.not_equal(told.records["guards"], "")).as_py() or 0)
    return (
        Figure(Say("条记录", "records"), f"{n:,}"),
        Figure(Say(f"条{to_look.zh}", to_look.en), f"{look:,}", share(look)),
        Figure(Say(f"条{to_review.zh}", to_review.en), f"{review:,}", share(review)),
        Figure(Say("条因护栏降级", "lowered by a guard"), f"{guarded:,}"),
        Figure(
            Say("个团伙", "rings"),
            f"{rings.num_rows:,}",
            Say(
                f"其中 {_count(rings['level'], 'review')} 个{to_review.zh}",
                f"{_count(rings['level'], 'review')} {to_review.en}",
            ),
        ),
        Figure(Say("个公共号码没有并人", "hubs that joined nobody"), f"{told.hubs.num_rows:,}"),
    )


def _levels(rows: Iterable[dict[str, Any]], key: str) -> dict[str, list[float]]:
    out: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        if row[key] is not None and row["level"] in ("look", "review"):
            out[row[key]][row["level"] == "review"] += row["n"]
    return out


def _by_activity(records: pa.Table) -> tuple[Bar, ...]:
    counted = (
        records.group_by(["activity", "level"])
        .aggregate([([], "count_all")])
        .rename_columns(["activity", "level", "n"])
    )
    found = _levels(counted.to_pylist(), "activity")
    return tuple(
        Bar(Say(f"{code} {say.zh}", f"{code} {say.en}"), tuple(found.get(code, (0.0, 0.0))))
        for code, say in labels("activities").items()
    )


def _by_month(told: Told) -> tuple[Bar, ...]:
    """Count records by Shanghai month; at most the last 24 that have any."""
    verdicts = told.sources.verdicts
    if verdicts is None:
        return ()
    spoken = verdicts.filter(pc.not_equal(verdicts["level"].cast(pa.string()), "none")).select(
        ["record_no", "level"]
    )
    out: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for kind, table in told.sources.tables.items():
        if not table.num_rows:
            continue
        at = pc.index_in(spoken["record_no"].combine_chunks(), table["record_no"].combine_chunks())
        mine = pc.is_valid(at)
        when = (
            table[members.TIME_FIELD[kind]]
            .combine_chunks()
            .take(at.filter(mine))
            .cast(pa.timestamp("us", "Asia/Shanghai"))
        )
        months = pc.strftime(when, "%Y-%m").to_pylist()
        for month, level in zip(
            months, spoken["level"].cast(pa.string()).filter(mine).to_pylist(), strict=True
        ):
            if month:
                out[month][level == "review"] += 1
    return tuple(Bar(Say(month, month), tuple(out[month])) for month in sorted(out)[-24:])


def _by_link(links: pa.Table) -> tuple[Bar, ...]:
    counted = links.group_by("by").aggregate([([], "count_all")]).to_pylist()
    rows = sorted(counted, key=lambda row: (-row["count_all"], row["by"]))[:12]
    return tuple(Bar(_by_name(row["by"]), (float(row["count_all"]),)) for row in rows)


def _by_name(by: str) -> Say:
    from lianfang.engine.identify.rings import rules

    return rules.join().by(by).name


def _views(told: Told, rings: pa.Table) -> Iterable[RingView]:
    ids = rings["ring_id"].to_pylist()
    drawn = portrait.portraits(told.found, told.sources, ids, MOST_NODES) if ids else {}
    passages = _passages(told, ids)
    for row in rings.to_pylist():
        one = drawn[row["ring_id"]]
        nodes, edges = _graph(one)
        texts = passages.get(row["ring_id"], ())
        yield RingView(
            ring_id=row["ring_id"],
            level=row["level"],
            score=row["score"],
            activities=tuple(_activity(code) for code in row["activities"]),
            n_records=row["n_records"],
            n_people=row["n_people"],
            n_institutions=row["n_institutions"],
            first_on=row["first_on"],
            last_on=row["last_on"],
            why=_sentences(row, one),
            nodes=nodes,
            edges=edges,
            timeline=tuple((day.on, day.n_records) for day in one.timeline),
            passages=texts,
            n_hidden=max(row["n_records"] - len(texts), 0),
        )


def _activity(code: str) -> Say:
    say = label("activities", code)
    return Say(f"{code} {say.zh}", f"{code} {say.en}")


def _sentences(row: Mapping[str, Any], one: portrait.Portrait) -> tuple[Say, ...]:
    said = [Say(row["why_zh"] or "", row["why_en"] or "")]
    said += [reason.say for reason in one.reasons[:5]]
    return tuple(say for say in said if say.zh)


def _role(node: portrait.Node) -> str:
    if node.sort == "people":
        return "group"
    if node.sort == "person":
        return "person"
    return next((role for word, role in _ROLES if (node.by or "").startswith(word)), "thing")


def _graph(one: portrait.Portrait) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    place = {node.id: n for n, node in enumerate(one.nodes)}
    said = {reason.key: reason.say for reason in one.reasons}
    at = layout.places(len(one.nodes), [(place[edge.left], place[edge.right]) for edge in one.edges])
    nodes = tuple(
        Node(
            node.id,
            node.label,
            _role(node),
            float(x),
            float(y),
            node.n_people if node.sort == "people" else 1,
        )
        for node, (x, y) in zip(one.nodes, at, strict=True)
    )
    edges = tuple(
        Edge(
            edge.left,
            edge.right,
            edge.by,
            said.get(edge.right, said.get(edge.left, _by_name(edge.by))),
            edge.weight_bits,
        )
        for edge in one.edges
    )
    return nodes, edges


def _passages(told: Told, ids: list[str]) -> dict[str, tuple[Passage, ...]]:
    """Choose a few texts a ring: those that say most first."""
    mine = told.found.member.filter(pc.is_in(told.found.member["ring_id"], pa.array(ids, pa.string())))
    verdicts = told.sources.verdicts
    score: dict[int, dict[str, Any]] = {}
    if verdicts is not None and mine.num_rows:
        near = verdicts.filter(pc.is_in(verdicts["record_no"], mine["record_no"].combine_chunks()))
        score = {row["record_no"]: row for row in near.to_pylist()}
    chosen: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in mine.to_pylist():
        chosen[row["ring_id"]].append(row)
    for rows in chosen.values():
        rows.sort(key=lambda row: (-(score.get(row["record_no"], {}).get("score") or 0), row["record_no"]))
        del rows[MOST_PASSAGES:]
    texts = _texts(told, [row for rows in chosen.values() for row in rows], _known(told, mine))
    marks = _marks(told, [row["record_no"] for rows in chosen.values() for row in rows])
    return {
        ring: tuple(
            _passage(
                row,
                texts[row["record_no"]],
                marks.get(row["record_no"], ()),
                score.get(row["record_no"], {}),
                told.book,
            )
            for row in rows
            if texts.get(row["record_no"], ("", None))[0]
        )
        for ring, rows in chosen.items()
    }


def _texts(
    told: Told, rows: list[dict[str, Any]], known: Mapping[str, frozenset[str]]
) -> dict[int, tuple[str, date | None]]:
    out: dict[int, tuple[str, date | None]] = {}
    for kind, table in told.sources.tables.items():
        mine = [row for row in rows if row["kind"] == str(kind)]
        if not mine:
            continue
        numbers = pa.array([row["record_no"] for row in mine], pa.int64())
        part = table.take(pc.index_in(numbers, table["record_no"].combine_chunks()))
        when = (
            part[members.TIME_FIELD[Kind(kind)]]
            .cast(pa.timestamp("us", "Asia/Shanghai"))
            .cast(pa.date32())
            .to_pylist()
        )
        texts = body.bodies(str(kind), part).to_pylist()
        for row, text, on in zip(mine, texts, when, strict=True):
            out[row["record_no"]] = (veil.veiled(text[:MOST_LETTERS], known[row["ring_id"]]), on)
    return out


def _known(told: Told, mine: pa.Table) -> dict[str, frozenset[str]]:
    """Gather for every ring the names of its people: one may stand in the text of another."""
    out: dict[str, set[str | None]] = {ring: set() for ring in pc.unique(mine["ring_id"]).to_pylist()}
    for kind, table in told.sources.tables.items():
        part = mine.filter(pc.equal(mine["kind"], str(kind)))
        named = [name for name in _NAMED if name in table.column_names]
        if not part.num_rows or not named:
            continue
        rows = table.select(named).take(
            pc.index_in(part["record_no"].combine_chunks(), table["record_no"].combine_chunks())
        )
        for ring, *names in zip(part["ring_id"].to_pylist(), *(rows[name].to_pylist() for name in named), strict=True):
            out[ring].update(names)
    return {ring: veil.names(names) for ring, names in out.items()}


def _marks(told: Told, numbers: list[int]) -> dict[int, tuple[Mark, ...]]:
    names = {(holder.id, clause.id): clause.name for holder in told.book.holders for clause in holder.clauses}
    near = told.signals.filter(pc.is_in(told.signals["record_no"], pa.array(numbers, pa.int64())))
    out: dict[int, list[Mark]] = defaultdict(list)
    for row in near.to_pylist():
        if row["span_start"] is not None and row["span_end"] <= MOST_LETTERS:
            say = names.get((row["guide"], row["clause"]), Say(row["clause"], row["clause"]))
            out[row["record_no"]].append(Mark(row["span_start"], row["span_end"], say, row["strength"]))
    return {
        number: tuple(sorted(marks, key=lambda m: (m.strength == "guard", m.start, -m.end, m.name.zh)))
        for number, marks in out.items()
    }


def _passage(
    row: Mapping[str, Any],
    text: tuple[str, date | None],
    marks: tuple[Mark, ...],
    said: Mapping[str, Any],
    book: GuideBook,
) -> Passage:
    guards = said.get("guards") or ()
    ids = guards.split("|") if isinstance(guards, str) else list(guards)
    why = {guard.id: guard.why for guard in book.guards}
    return Passage(
        record=str(row["record_id"]),
        title=label("kinds", row["kind"]),
        on=text[1],
        text=text[0],
        marks=marks,
        guards=tuple(why[one] for one in ids if one in why),
        evasion=bool(said.get("evasion")),
    )


def n_flagged(records: pa.Table) -> dict[str, int]:
    """Count records by level, for the summary line of a run."""
    levels = np.array(records["level"].to_pylist()) if records.num_rows else np.array([])
    return {level: int((levels == level).sum()) for level in ("none", "look", "review")}
