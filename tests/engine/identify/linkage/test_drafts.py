"""Letters reworked from one draft: tied to their nearest family, and two authors stay two."""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lianfang.engine.identify.linkage import drafts, families, family_table, fields, index, make, wordings

_spec = importlib.util.spec_from_file_location("linkage_made_for_drafts", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)
RULES = fields.load().drafts


def families_of(*groups: tuple[list[int], bool]) -> pa.Table:
    rows = [
        (one, min(group), len(group), 2, 1, public, None, 1.0) for group, public in groups for one in group
    ]
    return pa.Table.from_pylist(
        [dict(zip(family_table.FAMILY.names, row, strict=True)) for row in sorted(rows)],
        schema=family_table.FAMILY,
    )


def grouped(
    pairs: list[tuple[int, int, float]], family: pa.Table, n: int, **core: list[int]
) -> list[int]:
    """Group drafts; `core_3=[1, 2]` says that records 1 and 2 are of core 3."""
    near = drafts.once(*(np.array(column) for column in zip(*pairs, strict=True)))
    of = np.full(n, -1, np.int64)
    for name, records in core.items():
        of[records] = int(name.removeprefix("core_"))
    return drafts.grouped(near, family, of, RULES).tolist()


def test_a_letter_goes_to_its_nearest_family_and_large_families_stay_apart():
    family = families_of((list(range(8)), False), (list(range(10, 18)), False))
    pairs = [(0, 10, 0.6), (0, 20, 0.5), (10, 20, 0.55), (3, 21, 0.41)]
    draft = grouped(pairs, family, 23)
    assert draft[20] == draft[10] == 10 and draft[21] == draft[0] == 0
    assert draft[22] == -1


def test_small_ones_come_together_before_they_go_on():
    family = families_of((list(range(8)), False))
    pairs = [(9, 10, 0.65), (10, 11, 0.6), (0, 11, 0.45)]
    assert grouped(pairs, family, 12) == [0] * 8 + [-1] + [0] * 3


def test_letters_of_two_cores_are_two_drafts_however_alike():
    family = families_of(([0, 1], False), ([5, 6], False))
    pairs = [(0, 5, 0.69), (0, 8, 0.5), (5, 8, 0.6), (1, 9, 0.45)]
    assert grouped(pairs, family, 10) == [0, 0, -1, -1, -1, 0, 0, -1, 0, 0]
    draft = grouped(pairs, family, 10, core_0=[0, 1], core_5=[5])
    assert draft == [0, 0, -1, -1, -1, 5, 5, -1, 5, 0]


def test_letters_of_one_core_are_one_draft_however_many():
    family = families_of((list(range(8)), False), (list(range(10, 18)), False))
    assert grouped([(0, 10, 0.5)], family, 18) == [-1] * 18
    draft = grouped([(0, 10, 0.5)], family, 18, core_3=[3, 4, 12])
    assert draft == [0] * 8 + [-1] * 2 + [0] * 8


def test_a_public_template_ties_nobody_and_takes_no_campaign_with_it():
    family = families_of((list(range(8)), False), ([9, 10], True))
    assert grouped([(9, 11, 0.6), (0, 9, 0.5)], family, 12) == [-1] * 12


def test_pairs_are_those_that_are_alike_enough_and_long_enough():
    draw = np.random.default_rng(3)
    texts = []
    for _ in range(30):
        base = [made.letters(draw, 20) for _ in range(6)]
        for _ in range(4):
            texts.append("".join(base[k] if draw.random() < 0.8 else made.letters(draw, 20) for k in range(6)))
        texts.append(base[0] + base[1])  # too short to be tied by less than a family
    source = made.texts_of(texts)
    slot, first, lengths = families.distinct(source, families.USUAL)
    read = wordings.read(source, first, lengths)
    packed, over = wordings.banded(read.keys), np.zeros(read.n_slots, np.uint32)
    label = np.arange(read.n_slots, dtype=np.int32)
    families.grow(packed, read, label, over, families.USUAL)
    found = drafts.near(packed, read, (label, drafts.large(label, slot, RULES)), over, families.USUAL, RULES)
    assert found.left.size > 20
    for left, right, share in zip(found.left, found.right, found.similarity, strict=True):
        assert share == pytest.approx(made.similarity(texts[first[left]], texts[first[right]]))
        assert share >= RULES.least_similarity and label[left] != label[right]
        assert min(read.counts[left], read.counts[right]) >= RULES.least_shingles
    for lanes in (1, 3):
        again = drafts.near(
            packed, read, (label, drafts.large(label, slot, RULES)), over,
            families.with_lanes(families.USUAL, lanes), RULES,
        )
        assert again.left.tolist() == found.left.tolist() and again.right.tolist() == found.right.tolist()


@pytest.mark.parametrize("seed", range(8))
def test_adding_ties_what_one_run_ties(seed, tmp_path):
    """With rules under which many letters are tied."""
    draw = np.random.default_rng(100 + seed)
    n = int(draw.integers(150, 500))
    table, texts = made.complaints(draw, n)
    loose = replace(RULES, least_similarity=0.25, least_shingles=20, large=int(draw.integers(2, 6)))
    options = make.LinkOptions(
        families=families.FamilyOptions(window=int(draw.choice([2, 64]))),
        rules=replace(fields.load(), drafts=loose),
    )
    whole = make.make(made.source(table, texts), options)
    cuts = [0, *np.sort(draw.integers(1, n, 3)).tolist(), n]
    for place, (lo, hi) in enumerate(itertools.pairwise(cuts)):
        part = make.LinkSource([table.slice(lo, hi - lo)], made.texts_of(texts[lo:hi]), np.arange(lo, hi), None, hi)
        got = (index.add if place else index.start)(tmp_path, part, options)
    by = whole.link["by"].cast(pa.string()).to_pylist()
    assert by.count("draft") > 20
    shown = [name for name in whole.link.column_names if name != "key_masked"]
    assert got.link.select(shown).to_pylist() == whole.link.select(shown).to_pylist()
