"""Grade rings by gates: none, look or review, with reasons. The score only orders the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

import numpy as np
import sqlglot
from sqlglot import exp

from lianfang.engine.identify.rings import measure
from lianfang.engine.identify.rings.kernel import Bools, Floats, Ints
from lianfang.engine.tables import expression
from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import Activity, Kind, Level
from lianfang.engine.terms.errors import DefinitionError, Fault, LianfangError, Say

Numbers = Mapping[str, Ints | Floats]

MEASURES: Mapping[str, str] = {
    **dict.fromkeys(
        ("n_records", "n_people", "n_homes", "n_institutions", "n_own_records", "span_days", "active_days",
         "busiest_48h", "n_operator_keys", "top_operator_people", "n_operator_roles", "n_licences",
         "n_institution_words", "n_product_words", "n_cause_words", "n_missed", "n_signed", "n_review_signed",
         "n_signed_people", "n_families", "top_family_people", "top_family_institutions",
         *(f"n_{kind}s" for kind in Kind), *(f"n_{role}_keys" for role in measure.ROLES),
         *(f"top_{role}_people" for role in measure.ROLES), *(f"n_{one.value.lower()}" for one in Activity)),
        "int",
    ),
    **dict.fromkeys(
        ("per_day", "busiest_share", "top_operator_share", "lawyer_share", "letter_share", "agent_share",
         "family_share", "paid_share", "one_institution_share", "one_product_share", "one_cause_share",
         "one_surname_share", "many_channel_share", "over_demand_share", "missed_share", "overvalued_share",
         "new_job_share", "signed_share", "review_signed_share", "guarded_share", "wording_share",
         "public_share", "untied_share", "licence_institution_share", *(f"{name}_guard_share" for name in measure.GUARD_SHARES)),
        "float",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Gate:
    """One way to a grade, or (with `lowers_to`) one way down from it."""

    id: str
    name: Say
    why: Say
    level: Level
    when: expression.Expression
    unless: expression.Expression | None
    source: str
    samples: tuple[tuple[Mapping[str, float], bool], ...]


@dataclass(frozen=True)
class Book:
    """All of `gates.yaml`: gates that raise, guards that lower, the queue's weights."""

    gates: tuple[Gate, ...]
    guards: tuple[Gate, ...]
    least_records: int
    least_share: float
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Graded:
    """One grade a ring, with the gates and guards that made it.

    Attributes:
        level: rank of the grade: 0 none, 1 look, 2 review.
        level_before_guards: the same before guards.
        met: gate by ring, whether it holds.
        lowered: guard by ring, whether it lowered the grade.
        score: for the order of the queue only.
    """

    level: Ints
    level_before_guards: Ints
    met: Bools
    lowered: Bools
    score: Floats


@cache
def book() -> Book:
    """Load `data/rings/gates.yaml` once.

    Raises:
        DefinitionError: with every fault of the file.
    """
    return parse(shelf.yaml(shelf.path("rings", "gates.yaml")), "data/rings/gates.yaml")


def parse(read: Mapping[str, Any], name: str) -> Book:
    """Make the gates of a file already read, or name every fault in it.

    Args:
        read: the file's mapping, with lines (`shelf.yaml`).
        name: how the file is called in messages.

    Raises:
        DefinitionError: unknown measures, a missing reason, source or sample, a sample that fails.
    """
    faults: list[Fault] = []
    gates = _gates(read.get("gates") or [], "level", name, faults)
    guards = _gates(read.get("guards") or [], "lowers_to", name, faults)
    for measured in read.get("score") or {}:
        if measured not in MEASURES:
            faults.append(_fault(f"{name}:score", f"没有这个度量:{measured}", f"no such measure: {measured}"))
    if faults:
        say = Say(f"团伙分级规则有 {len(faults)} 处错误", f"{len(faults)} faults in the gates of rings")
        raise DefinitionError(say, code="E-RING-03", where=faults[0].where, fix=faults[0].fix, faults=faults)
    named = read["activities"]
    return Book(gates, guards, named["least_records"], named["least_share"], dict(read["score"]))


def _gates(lines: Sequence[Any], level: str, name: str, faults: list[Fault]) -> tuple[Gate, ...]:
    made = []
    for line in lines:
        where = f"{name}:{getattr(line, 'line', 0)}"
        before = len(faults)
        faults += [
            _fault(where, f"{line.get('id')} 缺少 {word}", f"{line.get('id')} lacks {word}")
            for word in ("id", "name", level, "when", "why", "source", "samples")
            if not line.get(word)
        ]
        if len(faults) == before:
            gate = _gate(line, level, where, faults)
            made += [gate] if gate else []
    return tuple(made)


def _gate(line: Mapping[str, Any], level: str, where: str, faults: list[Fault]) -> Gate | None:
    try:
        when = expression.parse(line["when"], MEASURES, where)
        unless = expression.parse(line["unless"], MEASURES, where) if line.get("unless") else None
    except DefinitionError as wrong:
        faults += wrong.faults
        return None
    for text in line["why"].values():
        for _, field, _, _ in Formatter().parse(text):
            if field is not None and field not in MEASURES:
                faults.append(_fault(where, f"理由里没有这个度量:{field}", f"no such measure in the reason: {field}"))
    samples = tuple((dict(one["measures"]), bool(one["holds"])) for one in line["samples"])
    gate = Gate(
        line["id"], Say(**line["name"]), Say(**line["why"]), Level(str(line[level])), when, unless, line["source"], samples
    )
    for measures, wanted in samples:
        if holds_for(gate, measures) is not wanted:
            faults.append(_fault(where, f"{gate.id} 的样例不符:{measures}", f"a sample of {gate.id} fails: {measures}"))
    return gate


def _fault(where: str, zh: str, en: str) -> Fault:
    return Fault(where, Say(zh, en), Say("改正后重试", "mend it and try again"), "E-RING-03")


def holds_for(gate: Gate, measures: Mapping[str, float]) -> bool:
    """Say whether a gate holds for one ring's measures; a measure not given is 0."""
    row = {**dict.fromkeys(MEASURES, 0), **measures}
    return gate.when.check(row) and not (gate.unless is not None and gate.unless.check(row))


def grade(numbers: Numbers, gates: Book | None = None) -> Graded:
    """Grade every ring: the highest gate that holds, lowered by the guards that hold.

    Args:
        numbers: measures by name, one number a ring (`measure.measure`).
        gates: other gates than the packaged ones.

    Returns:
        Grades with the gates and guards behind them.

    Source:
        cases-peers.md §4.2: gates decide the highest state a machine may propose; two levels.
    """
    ruled = gates or book()
    n = len(numbers["n_records"])
    met = np.stack([_holds(gate, numbers, n) for gate in ruled.gates])
    ranks = np.array([gate.level.rank for gate in ruled.gates])
    before = (met * ranks[:, None]).max(axis=0, initial=0)
    level, lowered = before.copy(), np.zeros((len(ruled.guards), n), np.bool_)
    for place, guard in enumerate(ruled.guards):
        lowered[place] = _holds(guard, numbers, n) & (before > guard.level.rank)
        level = np.where(lowered[place], np.minimum(level, guard.level.rank), level)
    score = sum((weight * np.log2(1.0 + numbers[name]) for name, weight in ruled.weights.items()), np.zeros(n))
    return Graded(level, before, met, lowered, np.round(score, 2))


def _holds(gate: Gate, numbers: Numbers, n: int) -> Bools:
    met = _over(gate.when, numbers, n)
    return met if gate.unless is None else met & ~_over(gate.unless, numbers, n)


def _over(ruled: expression.Expression, numbers: Numbers, n: int) -> Bools:
    """Check an expression for all rings at once; measures are never null, so logic is two-valued."""
    tree = sqlglot.parse_one(f"select {ruled.source}", read="duckdb").expressions[0]
    try:
        return np.broadcast_to(_whole(tree, numbers), (n,)).astype(np.bool_)
    except KeyError:  # a kind of node without a whole-column form: one row at a time
        columns = {name: np.asarray(numbers[name]).tolist() for name in ruled.reads}
        rows = ({name: values[ring] for name, values in columns.items()} for ring in range(n))
        return np.fromiter((ruled.check(row) for row in rows), np.bool_, n)


_WHOLE: Mapping[type, Callable[..., Any]] = {
    exp.And: np.logical_and, exp.Or: np.logical_or, exp.EQ: np.equal, exp.NEQ: np.not_equal,
    exp.LT: np.less, exp.LTE: np.less_equal, exp.GT: np.greater, exp.GTE: np.greater_equal,
    exp.Add: np.add, exp.Sub: np.subtract, exp.Mul: np.multiply,
}  # fmt: skip


def _whole(node: Any, numbers: Numbers) -> Any:
    if isinstance(node, exp.Column):
        return np.asarray(numbers[node.name], np.float64)
    if isinstance(node, exp.Literal):
        return float(node.this)
    if isinstance(node, exp.Paren):
        return _whole(node.this, numbers)
    if isinstance(node, exp.Not):
        return np.logical_not(_whole(node.this, numbers))
    return _WHOLE[type(node)](_whole(node.left, numbers), _whole(node.right, numbers))


def whys(graded: Graded, numbers: Numbers, gates: Book | None = None) -> list[Say]:
    """Say for every ring which gates and guards made its grade, with the numbers.

    Returns:
        One sentence a ring; the gates of its own grade first, guards last.
    """
    ruled = gates or book()
    needs = {gate.id: _needs(gate.why) for gate in (*ruled.gates, *ruled.guards)}
    columns: dict[str, list[str]] = {}
    out = []
    for ring in range(graded.level.size):
        top = graded.level_before_guards[ring]
        made = [
            gate for place, gate in enumerate(ruled.gates) if top and graded.met[place, ring] and gate.level.rank == top
        ]
        made += [guard for place, guard in enumerate(ruled.guards) if graded.lowered[place, ring]]
        parts = [(gate.why, needs[gate.id]) for gate in made] or [(_PLAIN, ("n_people", "n_records"))]
        said = []
        for why, names in parts:
            for name in names:
                if name not in columns:
                    columns[name] = [_shown(name, value) for value in np.asarray(numbers[name]).tolist()]
            said.append(why.fill(**{name: columns[name][ring] for name in names}))
        out.append(Say(";".join(one.zh for one in said) + "。", "; ".join(one.en for one in said) + "."))
    return out


_PLAIN = Say(
    "{n_people} 人的 {n_records} 条记录互有关联,未达到需要查看的条件",
    "{n_records} records of {n_people} people are linked; no gate is met",
)


def _needs(why: Say) -> tuple[str, ...]:
    fields = (field for text in (why.zh, why.en) for _, field, _, _ in Formatter().parse(text))
    return tuple(sorted({field for field in fields if field}))


def _shown(name: str, value: float) -> str:
    return f"{round(100 * value)}%" if name.endswith("_share") else f"{value:g}"


def check_samples(gates: Book | None = None) -> int:
    """Run every gate's samples again; give how many there are.

    Raises:
        LianfangError: a sample that does not hold as written.
    """
    ruled = gates or book()
    n = 0
    for gate in (*ruled.gates, *ruled.guards):
        for measures, wanted in gate.samples:
            n += 1
            if holds_for(gate, measures) is not wanted:
                raise LianfangError(Say(f"{gate.id} 的样例不符", f"a sample of {gate.id} fails"), code="E-RING-04")
    return n
