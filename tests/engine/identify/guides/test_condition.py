from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.identify.guides import condition
from lianfang.engine.identify.guides.clauses import AnyOf, Clause
from lianfang.engine.terms.codes import Strength
from lianfang.engine.terms.errors import DefinitionError, Say

NAMES = {"s1": "strong", "s2": "strong", "m1": "medium", "m2": "medium", "w1": "weak", "w2": "weak", "w3": "weak"}
CLAUSES = [Clause(name, Say(name, name), Strength(s), AnyOf(("=x",)), "x:1") for name, s in NAMES.items()]

_ATOMS = st.one_of(
    st.sampled_from(sorted(NAMES)),
    st.tuples(st.integers(1, 4), st.sampled_from(["strong", "medium", "weak", "any", "w*", "s*"])).map(
        lambda pair: f"{pair[0]} of {pair[1]}"
    ),
)
GATES = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        inner.map(lambda gate: f"not ({gate})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"{t[0]} and {t[1]} or {t[2]}"),
    ),
    max_leaves=8,
)
ROWS = st.lists(st.sets(st.sampled_from(sorted(NAMES))), min_size=1, max_size=20)


def _met(rows: list[set[str]]) -> dict[str, np.ndarray]:
    return {name: np.array([name in row for row in rows]) for name in NAMES}


@settings(max_examples=200, deadline=None)
@given(GATES, ROWS, st.sets(st.sampled_from(sorted(NAMES))))
def test_many_rows_and_one_row_answer_alike(source: str, rows: list[set[str]], unknown: set[str]) -> None:
    gate = condition.parse(source, CLAUSES)
    met = _met(rows)
    assert condition.columns(gate, met, len(rows)).tolist() == [condition.holds(gate, row) for row in rows]
    bits = {name: 1 << place for place, name in enumerate(NAMES)}
    asked = condition.closure(gate, bits)
    for row in rows:
        met, most = sum(bits[name] for name in row - unknown), sum(bits[name] for name in row | unknown)
        assert asked(met, most) == condition.holds(gate, row - unknown, unknown)
    known = _met([row - unknown for row in rows])
    most = _met([row | unknown for row in rows])
    hoped = [condition.holds(gate, row - unknown, unknown) for row in rows]
    assert condition.columns(gate, known, len(rows), most).tolist() == hoped


@settings(max_examples=200, deadline=None)
@given(GATES, st.sets(st.sampled_from(sorted(NAMES))), st.sets(st.sampled_from(sorted(NAMES))))
def test_hope_is_never_below_the_truth(source: str, row: set[str], unknown: set[str]) -> None:
    gate = condition.parse(source, CLAUSES)
    truth = condition.holds(gate, row)
    assert condition.holds(gate, row - unknown, unknown, True) or not truth
    assert truth or not condition.holds(gate, row - unknown, unknown, False)


@settings(max_examples=100, deadline=None)
@given(GATES)
def test_can_hold_is_exact(source: str) -> None:
    gate = condition.parse(source, CLAUSES)
    names = sorted(NAMES)
    sets = [{name for bit, name in enumerate(names) if mask >> bit & 1} for mask in range(1 << len(names))]
    assert condition.can_hold(gate) == any(condition.holds(gate, each) for each in sets)


@pytest.mark.parametrize(
    ("source", "hits", "answer"),
    [
        ("1 of strong and 1 of medium", {"s1", "s2"}, False),
        ("1 of strong and 1 of medium", {"s1", "m2"}, True),
        ("s1 or s2 and m1", {"s1"}, True),
        ("(s1 or s2) and m1", {"s1"}, False),
        ("2 of w*", {"w1", "w3"}, True),
        ("3 of any", {"w1", "s1"}, False),
        ("not s1 and w1", {"w1"}, True),
    ],
)
def test_the_grammar(source: str, hits: set[str], answer: bool) -> None:
    assert condition.holds(condition.parse(source, CLAUSES), hits) is answer


@pytest.mark.parametrize(
    "source",
    ["", "s1 and", "s9", "2 strong", "2 of", "2 of z*", "0 of weak", "(s1", "s1)", "s1 s2", "and", "1 of s1", "s1 & s2",
     "not " * 30 + "s1"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(DefinitionError):
        condition.parse(source, CLAUSES)
