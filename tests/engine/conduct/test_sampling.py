"""Who is drawn for an inspection: the same by the same seed, the pressing first, nobody left out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.bench.conduct import synthetic
from lianfang.cli import main, verbs
from lianfang.engine.conduct import audit, load, sampling
from lianfang.engine.conduct.sampling import SampleWish
from lianfang.engine.tables.duck import DuckTables
from lianfang.engine.terms.errors import InputError

RULES = load.rules(default_zone="Asia/Shanghai")


def judged(table: pa.Table) -> audit.Audit:
    return audit.audit([table], DuckTables(threads=1), RULES)


@lru_cache(maxsize=1)
def log() -> pa.Table:
    table = next(synthetic(6_000))
    few = pa.array([f"K{number % 7}" for number in range(table.num_rows)]).dictionary_encode()
    return table.set_column(table.schema.get_field_index("collector_id"), "collector_id", few)


@lru_cache(maxsize=1)
def made() -> audit.Audit:
    return judged(log())


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from((1.0, 2.0, 4.0, 8.0))), max_size=8), st.integers(0, 600))
@settings(max_examples=300, deadline=None)
def test_a_number_is_spread_wholly_and_never_beyond_what_there_is(strata: list[tuple[int, float]], n: int) -> None:
    sizes, weights = [size for size, _ in strata], [weight for _, weight in strata]
    given_to = sampling.spread(sizes, weights, n)
    assert sum(given_to) == min(n, sum(sizes))
    assert all(0 <= have <= size for have, size in zip(given_to, sizes, strict=True))
    if n >= sum(size > 0 for size in sizes):
        assert all(have > 0 for have, size in zip(given_to, sizes, strict=True) if size)


def test_samples_of_the_file_hold() -> None:
    risks = sampling.knowledge()["risks"]
    for one in sampling.knowledge()["samples"]:
        names = [name for name in risks if name in one["of"]]
        drawn = dict(zip(names, sampling.spread([one["of"][name] for name in names], [risks[name]["weight"] for name in names], one["drawn"]), strict=True))
        assert {name: drawn[name] for name in names if name in one} == {name: one[name] for name in names if name in one}


@pytest.mark.parametrize("per_collector", [True, False])
def test_every_group_gets_its_number_and_the_pressing_are_drawn_first(per_collector: bool) -> None:
    drawn = sampling.draw(made(), SampleWish(number=4, per_collector=per_collector))
    groups = drawn.strata.group_by(["agency", "collector_id"]).aggregate([("n_contacts", "sum"), ("n_drawn", "sum")]).to_pylist()
    assert len(groups) == (140 if per_collector else 20)
    assert all(one["n_drawn_sum"] == min(4, one["n_contacts_sum"]) for one in groups)
    severe = [one for one in drawn.strata.to_pylist() if one["risk"] == "severe"]
    full = {(one["agency"], one["collector_id"]) for one in severe if not one["n_drawn"]}
    # Where a group has more severe strata than contacts to draw, nothing less pressing is drawn.
    assert severe and all(one["n_drawn"] == 0 for one in drawn.strata.to_pylist() if one["risk"] != "severe" and (one["agency"], one["collector_id"]) in full)
    assert drawn.contacts.num_rows == sum(one["n_drawn_sum"] for one in groups) == len(set(drawn.contacts["record_no"].to_pylist()))
    weighed = sum(drawn.contacts["stands_for"].to_pylist())
    reached = sum(one["n_contacts"] for one in drawn.strata.to_pylist() if one["n_drawn"])
    assert weighed == pytest.approx(reached, rel=1e-3)


def test_the_same_seed_draws_the_same_whatever_the_order_and_another_draws_others() -> None:
    ids = [set(sampling.draw(made(), SampleWish(share=0.05, seed=seed)).contacts["record_id"].to_pylist()) for seed in (1, 1, 2)]
    assert ids[0] == ids[1] and len(ids[0]) == len(ids[2]) and len(ids[0] - ids[2]) > 50
    shuffled = log().take(np.random.default_rng(5).permutation(log().num_rows))
    shuffled = shuffled.set_column(0, "record_no", pa.array(np.arange(shuffled.num_rows)))
    again = sampling.draw(judged(shuffled), SampleWish(share=0.05)).contacts
    assert set(again["record_id"].to_pylist()) == ids[0]


def test_findings_are_named_and_a_contact_told_twice_is_drawn_once() -> None:
    drawn = sampling.draw(judged(pa.concat_tables([log(), log()])), SampleWish(number=10_000)).contacts
    assert drawn.num_rows == log().num_rows
    for one in drawn.to_pylist():
        assert bool(one["rules"]) or one["risk"] == "none"


@pytest.mark.parametrize("wish", [SampleWish(share=0.0), SampleWish(share=1.1), SampleWish(number=0), SampleWish(share=0.1, number=3), SampleWish(share=float("nan"))])
def test_a_wish_without_sense_is_refused(wish: SampleWish) -> None:
    with pytest.raises(InputError) as told:
        sampling.checked(wish)
    assert told.value.code == "E-SAMPLE-01"


def test_the_command_writes_a_list_for_a_spreadsheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(log().slice(0, 500), tmp_path / "log.parquet")
    words = ["conduct", "sample", str(tmp_path / "log.parquet"), "--out", str(tmp_path / "out"), "--number", "2", "--per", "agency", "--lang", "en"]
    assert main._guarded(verbs.parser().parse_args(words)) == 0
    told = capsys.readouterr().out
    assert "contacts drawn" in told or "抽中" in told
    listed = pa_csv.read_csv(tmp_path / "out" / "sample.csv")
    assert listed.num_rows == sum(pq.read_table(tmp_path / "out" / "strata.parquet")["n_drawn"].to_pylist()) == 40
    asked = verbs.parser().parse_args([*words[:3], "--out", str(tmp_path / "no"), "--share", "2"])
    assert main._guarded(asked) != 0 and not (tmp_path / "no").exists()
