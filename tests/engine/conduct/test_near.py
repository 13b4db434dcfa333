"""The gate's answer out of a whole log and out of the part of it that concerns the debtor is one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lianfang.bench.conduct import synthetic
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import gate, load, near
from lianfang.engine.conduct.history import History

RULES = load.rules(default_zone="Asia/Shanghai")


@pytest.mark.parametrize("changed", [{}, {"party_mobile": None}, {"debtor_id": None}, {"party_mobile": "13800000003", "debtor_id": "D00000001"}])
def test_only_rows_of_the_debtor_and_of_the_number_can_count(changed: dict[str, object]) -> None:
    table = next(synthetic(600))
    first = table.slice(0, 1).to_pylist()[0]
    asked = contacts.read({**first, "at": "2026-05-03T10:00:00+08:00", "institution": "甲银行", **changed})
    batches = [table.slice(0, 250), pa.table({}), table.slice(250)]
    held = list(near.about(batches, asked, RULES.default_zone))
    assert 0 < len(held) < 200
    whole = History(RULES, (contacts.read(row, RULES.default_zone) for row in table.to_pylist()))
    assert gate.check(asked, History(RULES, held), RULES).told() == gate.check(asked, whole, RULES).told()
