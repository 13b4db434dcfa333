"""Cores: who hangs together by an operator's identifiers, whatever they say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.linkage import cores, people

NO = cores.NO_CORE


def links(*rows: tuple[int, int, str, str]) -> pa.Table:
    left, right, by, key = zip(*rows, strict=True)
    return pa.table({"left": pa.array(left, pa.int64()), "right": pa.array(right, pa.int64()),
                     "by": pa.array(by), "key_masked": pa.array(key)})


def folk(names: list[str | None], mobiles: list[str | None] | None = None) -> people.People:
    table = pa.table({
        "record_no": pa.array(range(len(names)), pa.int64()),
        "person_name": pa.array(names, pa.string()),
        "person_mobile": pa.array(mobiles or [None] * len(names), pa.string()),
    })
    return people.people([table], len(names))


def named(n: int) -> list[str | None]:
    return [chr(ord("赵") + k) + "某" for k in range(n)]


def test_five_people_behind_one_agent_are_a_core_and_four_are_none():
    made = cores.cores(links(*((0, k, "agent_mobile", "138") for k in range(1, 5))), folk(named(6)))
    assert made.tolist() == [0, 0, 0, 0, 0, NO]
    made = cores.cores(links(*((0, k, "agent_mobile", "138") for k in range(1, 4))), folk(named(6)))
    assert made.tolist() == [NO] * 6


def test_light_identifiers_and_those_in_free_text_make_no_core():
    for by in ("ip", "found_mobile", "wording", "same_person"):
        rows = [(0, k, by, "1") for k in range(1, 6)]
        assert cores.cores(links(*rows), folk(named(6))).tolist() == [NO] * 6


def two(*more: tuple[int, int, str, str]) -> pa.Table:
    """Two agents with five customers each, 0 to 4 and 5 to 9, and what else ties them."""
    one = [(0, k, "agent_mobile", "138") for k in range(1, 5)]
    other = [(5, k, "agent_mobile", "139") for k in range(6, 10)]
    return links(*one, *other, *more)


def test_a_household_at_two_agents_makes_one_core_of_neither():
    made = cores.cores(two((2, 7, "device_id", "d")), folk(named(10)))
    assert made.tolist() == [0] * 5 + [5] * 5


def test_what_is_in_no_core_yet_goes_to_whom_it_shares_with():
    made = cores.cores(two((3, 10, "device_id", "d"), (10, 11, "payee_account", "p")), folk(named(12)))
    assert made.tolist() == [0] * 5 + [5] * 5 + [0, 0]


def test_one_customer_told_by_name_here_and_by_number_there_is_not_three():
    names = named(13)
    names[10], names[11], names[12] = names[2], None, names[7]
    rows = [(2, 10, "device_id", "d"), (2, 11, "device_id", "d"), (2, 12, "device_id", "d")]
    made = cores.cores(two(*rows), folk(names))
    assert made[:10].tolist() == [0] * 5 + [5] * 5


def test_other_records_of_a_person_are_of_his_one_core():
    names, mobiles = named(12), [None] * 12
    mobiles[2] = mobiles[10] = "13800000001"
    assert cores.cores(two(), folk(names, mobiles)).tolist()[10:] == [0, NO]
    mobiles[7] = "13800000001"
    assert cores.cores(two(), folk(names, mobiles)).tolist()[10:] == [NO, NO]


def test_the_order_of_links_makes_no_difference():
    table = two((3, 10, "device_id", "d"), (10, 11, "payee_account", "p"), (2, 7, "device_id", "e"))
    want = cores.cores(table, folk(named(12))).tolist()
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(table.num_rows)
        assert cores.cores(table.take(pa.array(order)), folk(named(12))).tolist() == want
