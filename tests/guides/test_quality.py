"""The guides on sets written for Lianfang: adverts found, plain and disguised; talk about them left alone."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import pytest
import yaml

from lianfang.engine.identify.guides import guide
from lianfang.engine.identify.signals import check
from lianfang.engine.terms.codes import Activity, Level

HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("guide_costumes", HERE / "costumes.py")
costumes = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(costumes)


def _written(name: str, key: str):
    return yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))[key]


ADVERTS = _written("adverts", "adverts")
PAIRS = [(activity, text) for activity, texts in ADVERTS.items() for text in texts]


@pytest.fixture(scope="module")
def book():
    return guide.load()


def _found(text: str, activity: str, book) -> bool:
    return activity in check.check(text, book).activities


def test_sets_are_as_large_as_promised():
    assert set(ADVERTS) == {each.value for each in Activity}
    assert all(len(texts) >= 12 for texts in ADVERTS.values())
    assert len(_written("notices", "notices")) >= 60
    assert len(_written("ordinary", "ordinary")) >= 100
    assert len(costumes.COSTUMES) >= 12


def test_plain_adverts_are_found(book):
    missed = [(activity, text) for activity, text in PAIRS if not _found(text, activity, book)]
    assert len(missed) <= 0.05 * len(PAIRS), missed
    assert all(count <= 1 for count in Counter(activity for activity, _ in missed).values()), missed


def test_disguised_adverts_are_found(book):
    missed, worn = Counter(), Counter()
    for name, costume in costumes.COSTUMES.items():
        for activity, text in PAIRS:
            dressed = costume(text)
            if dressed != text:
                worn[name] += 1
                missed[name] += not _found(dressed, activity, book)
    assert sum(missed.values()) <= 0.10 * sum(worn.values()), (missed, worn)
    poor = {name: (missed[name], worn[name]) for name in worn if missed[name] > 0.2 * worn[name]}
    assert not poor, poor


def test_a_disguise_is_reported_as_evasion(book):
    answer = check.check("征​信​修​复,不成功不收费,加威信咨询", book)
    assert any(finding.evasion for finding in answer.findings)
    assert not any(finding.evasion for finding in check.check("征信修复,不成功不收费,加微信咨询", book).findings)


@pytest.mark.parametrize("name", ["notices", "ordinary"])
def test_talk_about_it_is_left_alone(name, book):
    flagged = [text for text in _written(name, name) if check.check(text, book).level is not Level.NONE]
    assert not flagged
