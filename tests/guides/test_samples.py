from __future__ import annotations

import pytest

from lianfang.engine.identify.guides import guide, lint
from lianfang.engine.identify.signals import trial

BOOK = guide.load()
HOLDERS = [holder.id for holder in (*BOOK.guides, *BOOK.guards)]


@pytest.mark.parametrize("name", HOLDERS)
def test_every_sample_gets_the_answer_it_was_written_for(name: str) -> None:
    n_tried, failures = trial.trial(BOOK, name)
    assert n_tried > 0
    assert [f"{one.sample.where}: {one.say.en}" for one in failures] == []


def test_the_shipped_guides_have_no_fault() -> None:
    assert [f"{fault.where}: {fault.code} {fault.say.en}" for fault in lint.lint()] == []
