from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lianfang.engine.identify.linkage import index
from lianfang.engine.identify.linkage.families import FamilyOptions
from lianfang.engine.identify.linkage.make import LinkOptions, LinkSource, make
from lianfang.engine.terms.errors import InputError

_spec = importlib.util.spec_from_file_location("linkage_made", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


def plain(table):
    """A table without its dictionaries, which may be in another order."""
    return table.cast(
        pa.schema(
            [f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in table.schema]
        )
    ).to_pylist()


def cut(table, texts, found, cuts):
    for lo, hi in itertools.pairwise(cuts):
        part = table.slice(lo, hi - lo)
        mine = None
        if found is not None:
            record = np.asarray(found["record_no"])
            mine = found.filter(pa.array((record >= lo) & (record < hi)))
        yield LinkSource([part], made.texts_of(texts[lo:hi]), np.arange(lo, hi), mine, hi)


def found_in(draw, n):
    record = np.sort(draw.integers(0, n, n // 4))
    return pa.table(
        {
            "record_no": record,
            "kind": pa.array(["mobile"] * record.size),
            "value": pa.array([f"1380000{int(k):04d}" for k in draw.integers(0, 40, record.size)]),
        }
    )


@pytest.mark.parametrize("seed", range(12))
def test_adding_gives_what_one_run_gives(seed, tmp_path):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(60, 500))
    table, texts = made.complaints(draw, n)
    found = found_in(draw, n) if seed % 2 else None
    cuts = [0, *np.sort(draw.integers(1, n, int(draw.integers(1, 4)))).tolist(), n]
    options = LinkOptions(families=FamilyOptions(window=int(draw.choice([2, 64]))))
    whole = make(LinkSource([table], made.texts_of(texts), np.arange(n), found, n), options)
    first, *later = cut(table, texts, found, cuts)
    got = index.start(tmp_path, first, options)
    for part in later:
        got = index.add(tmp_path, part, options)
    assert plain(got.link) == plain(whole.link)
    assert plain(got.family) == plain(whole.family)
    assert plain(got.hub) == plain(whole.hub)
    assert got.n_capped == whole.n_capped


def test_many_deliveries_are_melted(tmp_path):
    draw = np.random.default_rng(77)
    table, texts = made.complaints(draw, 330)
    whole = make(LinkSource([table], made.texts_of(texts), np.arange(330), None, 330))
    parts = list(cut(table, texts, None, [*range(0, 330, 30), 330]))
    got = index.start(tmp_path, parts[0])
    for part in parts[1:]:
        got = index.add(tmp_path, part)
    assert plain(got.link) == plain(whole.link) and plain(got.family) == plain(whole.family)
    assert len(list(tmp_path.glob("segment-*"))) <= index.MOST_SEGMENTS


def test_an_empty_delivery_changes_nothing(tmp_path):
    table, texts = made.complaints(np.random.default_rng(5), 80)
    one = index.start(tmp_path, made.source(table, texts))
    none = LinkSource([table.slice(0, 0)], made.texts_of([]), np.empty(0, np.int64), None, 80)
    two = index.add(tmp_path, none)
    assert plain(one.link) == plain(two.link) and plain(one.family) == plain(two.family)


def test_no_raw_identifier_is_kept(tmp_path):
    table, texts = made.complaints(np.random.default_rng(6), 200)
    index.start(tmp_path, made.source(table, texts))
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for name in ("agent_mobile", "person_mobile", "person_resident_id", "payee_account"):
        for value in table[name].to_pylist():
            assert not value or value.encode() not in kept


def test_other_options_a_taken_number_and_a_broken_index_are_refused(tmp_path):
    table, texts = made.complaints(np.random.default_rng(8), 50)
    index.start(tmp_path, made.source(table, texts))
    with pytest.raises(InputError):
        index.add(tmp_path, made.source(table, texts))
    with pytest.raises(InputError):
        index.opened(tmp_path, LinkOptions(key=b"another key 1234"))
    (tmp_path / "index.json").write_text("{", "utf-8")
    with pytest.raises(InputError):
        index.opened(tmp_path)
