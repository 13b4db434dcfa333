"""From a run to the pictures its pages show: one file a ring, masked; the raw texts in another.

Runs beside the engine, in the run's own process; no framework is loaded.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from lianfang.engine.identify.guides.guide import GuideBook
    from lianfang.engine.identify.run.course import Outcome

MOST_NODES, MOST_MEMBERS, MOST_LETTERS, AT_ONCE = 2_000, 200, 3_000, 200
_NAMED = ("person_name", "agent_name", "subject_name", "referrer_name")
_PERSON = ("person_resident_id", "person_mobile", "party_mobile", "mobile", "person_name")
_ROLES = (
    ("agent", "agent"), ("callback", "agent"), ("referrer", "agent"), ("payee", "payee"), ("device", "device"), ("ip", "device"),
    ("author", "poster"), ("poster", "poster"), ("found", "poster"), ("wording", "wording"), ("draft", "wording"),
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One member record as a page needs it, raw."""

    number: int
    kind: str
    record_id: str
    role: str
    name: str
    institution: str
    on: str
    text: str
    person: str


def write(folder: Path, outcome: Outcome, book: GuideBook, graded: Any) -> None:
    """Write `rings/<id>.json` (masked) and `raw/<id>.json` (for stated purposes only).

    Args:
        folder: the run's folder.
        outcome: what the engine found.
        book: the guides in force, for the names of clauses.
        graded: the rings that are told.
    """
    (folder / "rings").mkdir()
    (folder / "raw").mkdir(mode=0o700)
    ids = graded.ring["ring_id"].to_pylist()
    for first in range(0, len(ids), AT_ONCE):
        for ring_id, (masked, raw) in _views(outcome, book, ids[first : first + AT_ONCE]).items():
            _write(folder / "rings" / f"{ring_id}.json", masked)
            _write(folder / "raw" / f"{ring_id}.json", raw)


def _write(place: Path, content: Mapping[str, Any]) -> None:
    place.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _views(outcome: Outcome, book: GuideBook, ids: list[str]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    from lianfang.engine.identify.rings import portrait

    drawn = portrait.portraits(outcome.found, outcome.sources, ids, MOST_NODES)
    mine = outcome.found.member.filter(pc.is_in(outcome.found.member["ring_id"], pa.array(ids, pa.string())))
    verdicts = _verdicts(outcome, mine)
    members: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in mine.to_pylist():
        members[row["ring_id"]].append(row)
    for rows in members.values():
        rows.sort(key=lambda row: (-(verdicts.get(row["record_no"], {}).get("score") or 0), row["record_no"]))
        del rows[MOST_MEMBERS:]
    shown = _shown(outcome, [row for rows in members.values() for row in rows])
    marks = _marks(outcome, book, shown)
    families = _families(outcome, shown)
    return {
        one: _ring(drawn[one], [shown[row["record_no"]] for row in members[one]], verdicts, marks, families, book)
        for one in ids
    }  # fmt: skip


def _verdicts(outcome: Outcome, mine: pa.Table) -> dict[int, dict[str, Any]]:
    import pyarrow.compute as pc

    near = outcome.verdicts.filter(pc.is_in(outcome.verdicts["record_no"], mine["record_no"].combine_chunks()))
    return {row["record_no"]: row for row in near.to_pylist()}


def _shown(outcome: Outcome, rows: list[dict[str, Any]]) -> dict[int, Shown]:
    """Read the few fields a page shows, for the members only."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from lianfang.engine.identify.rings import members
    from lianfang.engine.identify.signals import body

    out: dict[int, Shown] = {}
    for kind, table in outcome.sources.tables.items():
        mine = [row for row in rows if row["kind"] == str(kind)]
        if not mine:
            continue
        numbers = pa.array([row["record_no"] for row in mine], pa.int64())
        part = table.take(pc.index_in(numbers, table["record_no"].combine_chunks()))
        at = part[members.TIME_FIELD[kind]].cast(pa.timestamp("us", "Asia/Shanghai"))
        days = pc.strftime(at, "%Y-%m-%d").to_pylist()
        texts = body.bodies(str(kind), part).to_pylist()
        fields = {name: part[name].to_pylist() for name in (*_PERSON, "institution") if name in part.column_names}
        for n, row in enumerate(mine):
            held = {name: cells[n] for name, cells in fields.items()}
            person = next((f"{name}:{held[name]}" for name in _PERSON if held.get(name)), f"{kind}:{row['record_id']}")
            out[row["record_no"]] = Shown(
                row["record_no"], str(kind), str(row["record_id"]), row["role"] or "", held.get("person_name") or "",
                held.get("institution") or "", days[n] or "", texts[n][:MOST_LETTERS], person,
            )  # fmt: skip
    return out


def _marks(outcome: Outcome, book: GuideBook, shown: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """List the lit stretches of every text, each with its clause, strength and reason."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = {(holder.id, clause.id): clause.name for holder in book.holders for clause in holder.clauses}
    near = outcome.signals.filter(pc.is_in(outcome.signals["record_no"], pa.array(list(shown), pa.int64())))
    out: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in near.to_pylist():
        name = names.get((row["guide"], row["clause"]))
        out[row["record_no"]].append({
            "guide": row["guide"], "clause": row["clause"], "strength": row["strength"],
            "start": row["span_start"], "end": row["span_end"],
            "zh": name.zh if name else row["clause"], "en": name.en if name else row["clause"],
            "why_zh": row["why_zh"], "why_en": row["why_en"],
        })  # fmt: skip
    return out


def _families(outcome: Outcome, shown: Iterable[int]) -> dict[int, int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    family = outcome.sources.families
    if family is None:
        return {}
    near = family.filter(pc.is_in(family["record_no"], pa.array(list(shown), pa.int64())))
    return dict(zip(near["record_no"].to_pylist(), near["family_no"].to_pylist(), strict=True))


def _ring(
    drawn: Any, members: list[Shown], verdicts: Mapping[int, dict[str, Any]],
    marks: Mapping[int, list[dict[str, Any]]], families: Mapping[int, int], book: GuideBook,
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    from lianfang.engine.reports import veil

    known = veil.names([one.name for one in members])
    guards = {guard.id: guard for guard in book.guards}
    told, raw = [], {}
    for one in members:
        verdict = verdicts.get(one.number, {})
        said = verdict.get("guards") or ()
        acted = [guards[name] for name in (said.split("|") if isinstance(said, str) else said) if name in guards]
        key = f"{one.kind}:{one.record_id}"
        told.append({
            "key": key, "kind": one.kind, "record_id": one.record_id, "role": one.role, "name": _masked(one.name),
            "institution": one.institution, "on": one.on, "text": veil.veiled(one.text, known),
            "level": str(verdict.get("level") or "none"), "score": float(verdict.get("score") or 0),
            "evasion": bool(verdict.get("evasion")), "family": families.get(one.number),
            "marks": marks.get(one.number, []),
            "guards": [{"id": g.id, "zh": g.name.zh, "en": g.name.en, "why_zh": g.why.zh, "why_en": g.why.en} for g in acted],
        })  # fmt: skip
        raw[key] = {"text": one.text, "name": one.name, "person": one.person}
    return {"graph": _graph(drawn), "members": told, "grouped": drawn.is_grouped,
            "reasons": [{"key": r.key, "by": r.by, "n_people": r.n_people, "zh": r.say.zh, "en": r.say.en} for r in drawn.reasons],
            "timeline": [[day.on.isoformat(), day.n_records] for day in drawn.timeline]}, raw  # fmt: skip


def _masked(name: str) -> str:
    from lianfang.engine.identify.rings.portrait import masked

    return masked(name)


def _graph(drawn: Any) -> dict[str, Any]:
    from lianfang.engine.identify.rings import rules
    from lianfang.engine.reports import layout

    place = {node.id: n for n, node in enumerate(drawn.nodes)}
    at = layout.places(len(drawn.nodes), [(place[edge.left], place[edge.right]) for edge in drawn.edges])
    said = {reason.key: reason.say for reason in drawn.reasons}
    nodes = [
        {"id": node.id, "sort": node.sort, "role": _role(node), "zh": node.label.zh, "en": node.label.en,
         "n": node.n_people, "records": list(node.records), "x": float(x), "y": float(y)}
        for node, (x, y) in zip(drawn.nodes, at, strict=True)
    ]  # fmt: skip
    edges = []
    for edge in drawn.edges:
        why = said.get(edge.right, said.get(edge.left, rules.join().by(edge.by).name))
        edges.append({"left": edge.left, "right": edge.right, "by": edge.by, "bits": edge.weight_bits, "zh": why.zh, "en": why.en})
    return {"nodes": nodes, "edges": edges}


def _role(node: Any) -> str:
    if node.sort in ("person", "people"):
        return str(node.sort)
    return next((role for word, role in _ROLES if (node.by or "").startswith(word)), "thing")
