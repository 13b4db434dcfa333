from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.tables import duck, expression, step
from lianfang.engine.terms.errors import DefinitionError

FIELDS = {
    "a": "int",
    "b": "money",
    "s": "string",
    "f": "bool",
    "t": "time",
    "u": "time",
    "d": "date",
    "g": "date",
    "l": "list",
}
SCHEMA = pa.schema(
    [("a", pa.int64()), ("b", pa.int64()), ("s", pa.string()), ("f", pa.bool_()), ("t", pa.timestamp("us", "UTC")),
     ("u", pa.timestamp("us", "UTC")), ("d", pa.date32()), ("g", pa.date32()), ("l", pa.string())]
)  # fmt: skip

numbers = st.one_of(st.none(), st.integers(-50, 50))
texts = st.one_of(st.none(), st.sampled_from(["", "x", "xy", "电话", "它's", "A|x"]))
moments = st.one_of(
    st.none(), st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)).map(lambda x: x.replace(tzinfo=UTC))
)
days = st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2027, 1, 1)))
rows = st.fixed_dictionaries(
    {"a": numbers, "b": numbers, "s": texts, "f": st.one_of(st.none(), st.booleans()), "t": moments, "u": moments,
     "d": days, "g": days, "l": texts}
)  # fmt: skip


def numeric(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(
        [
            "a",
            "b",
            "3",
            "1.5",
            "0",
            "-2",
            "length(s)",
            "days_between(d, g)",
            "seconds_between(t, u)",
            "abs(a)",
        ]
    )
    if not depth:
        return leaf
    inner = numeric(depth - 1)
    pair = st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda x: f"({x[0]} {x[1]} {x[2]})")
    return st.one_of(leaf, pair, st.tuples(inner, inner).map(lambda x: f"coalesce({x[0]}, {x[1]})"))


def truths(depth: int) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    leaf = st.one_of(
        st.tuples(numeric(1), signs, numeric(1)).map(" ".join),
        st.sampled_from(
            ["f", "s is null", "s is not null", "contains(s, 'x')", "has(l, 'x')", "s in ('x', '电话')", "a in (1, 2, b)",
             "s = '它''s'", "a between -3 and b", "f is null", "t > u", "d <= g", "a not in (1, 2)"]
        ),
    )  # fmt: skip
    if not depth:
        return leaf
    inner = truths(depth - 1)
    return st.one_of(
        leaf,
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda x: f"({x[0]} {x[1]} {x[2]})"),
        inner.map(lambda x: f"(not {x})"),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, min_size=1, max_size=8), st.lists(truths(2), min_size=1, max_size=6))
def test_sql_and_closure_give_the_same_answer(many, sources):
    parsed = [expression.parse(source, FIELDS) for source in sources]
    machine = duck.DuckTables(threads=1)
    machine.put("rows", pa.Table.from_pylist(many, SCHEMA))
    columns = ", ".join(f"({one.sql()}) as c{n}" for n, one in enumerate(parsed))
    machine.run(step.Sql("answer", f"select {columns} from rows", ("rows",)))
    answers = machine.arrow("answer").to_pylist()
    for row, answer in zip(many, answers, strict=True):
        for n, one in enumerate(parsed):
            assert (answer[f"c{n}"] is True) == one.check(row), (one.source, row)
    machine.close()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("(select 1)", "E-EXPR-02"), ("foo(a)", "E-EXPR-02"), ("zz > 1", "E-EXPR-03"), ("a = 'x'", "E-EXPR-04"), ("a > ", "E-EXPR-01"),
        ("cast(a as text) = 'x'", "E-EXPR-02"), ("a.b.c", "E-EXPR-03"), ("1; drop table x", "E-EXPR-02"), ("s like '%x'", "E-EXPR-02"),
        ("a in (select 1)", "E-EXPR-02"), ("not a", "E-EXPR-04"), (" or ".join(["f"] * 300), "E-EXPR-05"), ("seconds_between(t)", "E-EXPR-04"),
        ("pg_sleep(10)", "E-EXPR-02"), ("read_csv('x')", "E-EXPR-02"), ("x -> 1", "E-EXPR-02"), ("f is true", "E-EXPR-02"),
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused_with_its_code_and_a_fix(source, code):
    with pytest.raises(DefinitionError) as refused:
        expression.parse(source, FIELDS, "guide.yaml:7")
    assert refused.value.code == code
    assert refused.value.where == "guide.yaml:7"
    assert refused.value.fix and refused.value.faults


def test_fields_read_are_known_before_any_row_is_seen():
    assert expression.parse("a > 1 and contains(s, 'b')", FIELDS).reads == {"a", "s"}
