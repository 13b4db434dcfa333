from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lianfang.engine.identify.linkage import fuzzy, likeness
from lianfang.engine.terms.codes import Kind


def complaints(rows):
    columns = ("person_name", "person_mobile", "person_address", "person_resident_id", "agent_name", "agent_mobile", "agent_wechat", "agent_firm", "agent_uscc")
    n = len(rows)
    at = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * n, pa.timestamp("us", tz="UTC"))
    table = {"record_no": pa.array(range(n), pa.int64()), "received_at": at}
    table |= {name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns}
    return {Kind.COMPLAINT: pa.table(table)}


def pairs(rows, *only):
    found = fuzzy.links(complaints(rows), only or None)
    return [(row["left"], row["right"], row["by"]) for row in found.to_pylist()]


HOME = "浙江省宁波市海曙区中山西路 18 号 3 单元 402"


def test_a_slip_in_the_mobile_and_the_name_is_still_the_same_person():
    rows = [
        {"person_name": "张伟明", "person_mobile": "16012345678", "person_address": HOME},
        {"person_name": "章伟明", "person_mobile": "16012345679", "person_address": HOME},
    ]
    assert pairs(rows) == [(0, 1, "fuzzy_person")]


def test_a_name_alone_and_an_address_alone_are_not_enough():
    assert pairs([{"person_name": "张伟"}, {"person_name": "张伟"}]) == []
    assert pairs([{"person_name": "张伟明", "person_address": HOME}, {"person_name": "李小红", "person_address": HOME}]) == []


def test_another_birthday_is_another_person():
    rows = [
        {"person_name": "张伟明", "person_address": HOME, "person_resident_id": "330203198001010018"},
        {"person_name": "张伟明", "person_address": HOME, "person_resident_id": "330203199512120037"},
    ]
    assert pairs(rows) == []


def test_an_agent_with_a_new_number_at_the_same_firm():
    rows = [
        {"agent_name": "王法务", "agent_mobile": "16012345678", "agent_firm": "宁波市正义法律咨询有限公司"},
        {"agent_name": "王法务", "agent_mobile": "16012345670", "agent_firm": "正义法务"},
        {"agent_name": "赵律", "agent_mobile": "16900000000", "agent_firm": "别家咨询有限公司"},
    ]
    assert (0, 1, "fuzzy_agent") in pairs(rows)
    assert (0, 1, "fuzzy_firm") in pairs(rows)


def test_nothing_to_compare_is_quick_and_empty():
    found = fuzzy.links({Kind.TIP: pa.table({"record_no": pa.array([0, 1], pa.int64())})})
    assert found.num_rows == 0
    assert found.schema.equals(fuzzy.LINK)


def test_a_link_says_why_and_is_masked():
    rows = [
        {"person_name": "张伟明", "person_mobile": "16012345678", "person_address": HOME},
        {"person_name": "章伟明", "person_mobile": "16012345679", "person_address": HOME},
    ]
    link = fuzzy.links(complaints(rows)).to_pylist()[0]
    assert link["why_zh"] == "像同一人:姓名相近、手机号差一位、地址相同"
    assert link["why_en"] == "like one person: name alike, mobile one off, address same"
    assert "伟明" not in link["key_masked"]


@pytest.mark.parametrize(
    ("firm", "core"),
    [
        ("宁波市正义法律咨询有限公司", "正义"),
        ("正义法务", "正义"),
        ("上海诚信(浦东)企业管理有限公司", "上海诚信"),
        ("有限公司", ""),
    ],
)
def test_the_core_of_a_firm(firm, core):
    assert likeness.core(firm)[0] == core


def test_like_sounds_and_like_shapes_share_a_key():
    keys = likeness.sound_keys(pa.array(["张晓晴", "章小情", "王强", "玉强", "李雷", None]))
    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    assert keys[4] not in keys[:4]
    assert keys[5] == -1
