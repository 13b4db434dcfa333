from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from lianfang.engine.identify.linkage import components, families, wordings
from lianfang.engine.identify.linkage.families import FamilyOptions

_spec = importlib.util.spec_from_file_location("linkage_made", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

LETTER = "平台把债务交给第三方机构催收期间多次联系我的家人和同事严重影响正常生活要求立即停止并给出书面答复"


def brute(bodies, least=0.7, letters=12):
    """All similar pairs, by the definition."""
    kept = [made.kept(body) for body in bodies]
    cut = [{one[k : k + 3] for k in range(len(one) - 2)} for one in kept]
    long_enough = [k for k, one in enumerate(kept) if len(one) >= letters]
    return [
        (i, j)
        for j in long_enough
        for i in long_enough
        if i < j and len(cut[i] & cut[j]) >= least * len(cut[i] | cut[j])
    ]


def test_names_amounts_and_punctuation_do_not_part_a_family():
    other = LETTER.replace("立即", "马上") + "!!!"
    texts = [LETTER + "还款3000元", "无关的另一段文字说的是别的事情没有任何相同", other + "还款 12,500.00 元"]
    got = families.families(made.texts_of(texts))
    assert got.family.tolist() == [0, 1, 0]


def test_swapped_sentences_stay_one_family():
    parts = [LETTER[:16], LETTER[16:32], LETTER[32:]]
    texts = ["。".join(parts), "。".join([parts[2], parts[0], parts[1]])]
    assert families.families(made.texts_of(texts)).family.tolist() == [0, 0]


def test_short_and_empty_texts_make_no_family():
    got = families.families(made.texts_of(["", "", "退款", "退款", "请退款谢谢", "请退款谢谢"]))
    assert got.family.tolist() == [0, 1, 2, 3, 4, 5]
    assert (got.slot == -1).all()


def test_texts_too_short_for_a_shingle_meet_only_their_copies():
    source = made.texts_of(["退", "退款", "退", "款退", "退款"])
    got = families.families(source, FamilyOptions(least_letters=1))
    assert got.family.tolist() == [0, 1, 0, 3, 1]


def test_pairs_are_verified_and_nearly_all_found():
    n_true = n_found = 0
    for seed in range(14):
        bodies = made.bodies(np.random.default_rng(seed), 300)
        got = families.pairs(made.texts_of(bodies))
        for left, right, share in zip(got.left, got.right, got.similarity, strict=True):
            assert left < right
            assert share == pytest.approx(made.similarity(bodies[left], bodies[right]), abs=1e-6)
            assert share >= 0.7 - 1e-6
        listed = set(zip(got.left.tolist(), got.right.tolist(), strict=True))
        first = {}
        for place, body in enumerate(bodies):
            first.setdefault(made.kept(body), place)
        is_first = [first[made.kept(body)] == place for place, body in enumerate(bodies)]
        true = {(i, j) for i, j in brute(bodies) if is_first[i] and is_first[j]}
        assert listed <= true
        n_true, n_found = n_true + len(true), n_found + len(listed)
    assert n_found >= 0.99 * n_true > 300


@pytest.mark.parametrize("seed", range(8))
def test_families_are_the_components_of_the_verified_pairs(seed):
    bodies = made.bodies(np.random.default_rng(100 + seed), 300)
    source = made.texts_of(bodies)
    pairs = families.pairs(source)
    got = families.families(source)
    label = components.components(pairs.left, pairs.right, len(bodies))
    first = got.first[got.slot]
    expected = np.where(got.slot < 0, np.arange(len(bodies)), label[first])
    assert (got.family == expected).all()


def test_the_number_of_threads_changes_nothing():
    bodies = made.bodies(np.random.default_rng(7), 9000)
    source = made.texts_of(bodies)
    one = families.families(source, FamilyOptions(lanes=1))
    for lanes in (2, 3):
        other = families.families(source, FamilyOptions(lanes=lanes))
        assert (one.family == other.family).all()
        assert (one.over == other.over).all()
        assert one.n_checks == other.n_checks


def test_a_popular_sentence_does_not_blow_up():
    draw = np.random.default_rng(5)
    stock = made.letters(draw, 60)
    bodies = [stock + made.letters(draw, 40) for _ in range(3000)]
    got = families.families(made.texts_of(bodies), FamilyOptions(window=16))
    assert got.n_capped > 0
    assert got.n_checks < 25 * 3000 * 32
    assert np.unique(got.family).size > 2900


def test_a_family_larger_than_the_window_stays_whole():
    draw = np.random.default_rng(6)
    base = made.letters(draw, 100)
    bodies = [base[:k % 97] + made.letters(draw, 1) + base[k % 97 + 1 :] for k in range(800)]
    got = families.families(made.texts_of(bodies), FamilyOptions(window=8))
    assert not got.family.any()


def test_letters_kept_are_lower_case_letters_and_one_digit():
    table = wordings.letters_kept()
    assert table[ord("A")] == ord("a") and table[ord("债")] == ord("债")
    assert table[ord("7")] == table[ord("①")] == ord("0")
    assert not table[ord(",")] and not table[ord(" ")]
