from __future__ import annotations

import importlib.util
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lianfang.engine.identifiers import hubs
from lianfang.engine.identify.linkage import fields, shown, templates
from lianfang.engine.identify.linkage.families import FamilyOptions
from lianfang.engine.identify.linkage.make import LinkOptions, make
from lianfang.engine.identify.linkage.templates import Templates
from lianfang.engine.terms.errors import DefinitionError

_spec = importlib.util.spec_from_file_location("linkage_made", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

NO_TEMPLATES = Templates((), *(np.empty(0, t) for t in ("u4", "i8", "i4", "i4")))
PLAIN = LinkOptions(templates=NO_TEMPLATES)


def table(rows, **more):
    names = sorted({name for row in rows for name in row})
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    return pa.table({"record_no": pa.array(range(len(rows)), pa.int64()), **columns, **more})


def linked(rows, texts=None, options=PLAIN, found=None):
    return make(made.source(table(rows), texts or [""] * len(rows), found), options)


def links_of(got):
    return [(r["left"], r["right"], r["by"]) for r in got.link.to_pylist()]


def person(no, **more):
    return {"person_resident_id": f"1101011990010100{no:02d}", "institution": f"银行{no % 3}", **more}


def test_an_agent_joins_strangers_in_a_star():
    rows = [person(k, agent_mobile="13911112222") for k in range(4)] + [person(9)]
    got = linked(rows)
    assert links_of(got) == [(0, k, "agent_mobile") for k in (1, 2, 3)]
    first = got.link.to_pylist()[0]
    assert first["key_masked"] == "139****2222"
    assert first["n_sharing"] == 4
    assert first["weight_bits"] == 13.0
    assert first["why_zh"] == "共用代理人电话 139****2222(4 人、3 家机构)"
    assert first["why_en"] == "Share agent's mobile 139****2222 (4 people at 3 institutions)"


def test_rarer_is_heavier():
    assert fields.weight_bits(14, [2, 4, 8]).tolist() == [14.0, 13.0, 12.0]
    assert fields.weight_bits(1, [1000]).tolist() == [0.5]


def test_a_persons_own_number_joins_only_own_records():
    same = {"person_mobile": "13900000001", "person_name": "甲"}
    got = linked([same, same, {"person_mobile": "13900000001", "person_name": "乙"}])
    assert links_of(got) == []  # two names on one telephone: a family, not one person
    got = linked([same, same])
    assert links_of(got) == [(0, 1, "same_person")]
    assert "同一人" in got.link["why_zh"][0].as_py()


def test_a_persons_own_call_back_number_ties_nobody():
    rows = [{"person_mobile": "13900000001", "callback_mobile": "13900000001"}, person(2)]
    assert links_of(linked(rows)) == []


def test_numbers_found_in_text_join_more_weakly():
    rows = [person(1, agent_mobile="13911112222"), person(2), person(3, agent_mobile="13911112222")]
    found = pa.table({"record_no": pa.array([1], pa.int64()), "kind": ["mobile"],
                      "value": ["13911112222"]})
    got = linked(rows, found=found)
    assert links_of(got) == [(0, 1, "found_mobile"), (0, 2, "agent_mobile")]
    bits = got.link["weight_bits"].to_pylist()
    assert bits[0] < bits[1]


def test_registered_hubs_join_nothing_and_are_shown():
    rows = [person(k, agent_mobile="95588", ip="192.168.1.4") for k in range(3)]
    got = linked(rows)
    assert links_of(got) == []
    assert got.hub["reason"].to_pylist() == ["registered", "registered"]
    assert set(got.hub["field"].to_pylist()) == {"agent_mobile", "ip"}
    assert "内网地址" in "".join(got.hub["reason_zh"].to_pylist())


def test_a_public_network_joins_nothing_unless_its_users_have_other_ties():
    crowd = [person(k, ip="61.135.1.9") for k in range(20)]
    got = linked(crowd)
    assert links_of(got) == [] and got.hub["reason"].to_pylist() == ["crowd"]
    ring = [person(k, ip="61.135.1.9", payee_account="6222020000001111") for k in range(20)]
    got = linked(ring)
    assert got.hub.num_rows == 0
    assert {by for _, _, by in links_of(got)} == {"ip", "payee_account"}


def test_one_crowd_does_not_vouch_for_another():
    rows = [person(k, callback_mobile="13911112222", ip="61.135.1.9") for k in range(12)]
    rows += [person(k, ip="61.135.1.9") for k in range(20, 99)]
    got = linked(rows)
    assert set(got.hub["field"].to_pylist()) == {"callback_mobile", "ip"}


def test_a_burst_adds_weight_and_makes_no_link():
    day = 86_400_000_000
    rows = [person(k, agent_mobile="13911112222") for k in range(4)]
    quick = made.source(table(rows, received_at=pa.array([0, 1, 2, 3]).cast(pa.timestamp("us", "UTC"))), [""] * 4)
    slow = made.source(
        table(rows, received_at=pa.array([k * 40 * day for k in range(4)]).cast(pa.timestamp("us", "UTC"))),
        [""] * 4,
    )
    heavy, light = (make(one, PLAIN).link for one in (quick, slow))
    assert heavy["weight_bits"][0].as_py() == light["weight_bits"][0].as_py() + 1
    assert "其中 4 条在 72 小时内" in heavy["why_zh"][0].as_py()
    alone = [person(k) for k in range(4)]
    same_time = pa.array([0] * 4).cast(pa.timestamp("us", "UTC"))
    assert make(made.source(table(alone, received_at=same_time), [""] * 4), PLAIN).link.num_rows == 0


LETTER = "平台把债务交给第三方机构催收期间多次联系我的家人和同事严重影响正常生活要求立即停止并给出书面答复"


def test_wording_joins_people_and_a_public_template_does_not():
    rows = [person(k) for k in range(3)]
    texts = [LETTER, LETTER + "金额3000元", "别的事情" * 5]
    got = linked(rows, texts)
    assert links_of(got) == [(0, 1, "wording")]
    assert got.link["why_zh"][0].as_py().startswith("文字雷同 ")
    registry = templates.of_texts(("T1",), made.texts_of([LETTER]))
    got = linked(rows, texts, LinkOptions(templates=registry))
    assert links_of(got) == []
    assert got.family["public"].to_pylist() == [True, True]
    assert got.family["template_id"].to_pylist() == ["T1", "T1"]


def test_one_persons_own_letters_make_no_wording_link():
    got = linked([person(1), person(1)], [LETTER, LETTER])
    assert links_of(got) == [(0, 1, "same_person")]
    assert got.family["size"].to_pylist() == [2, 2]


@pytest.mark.parametrize("seed", range(6))
def test_links_are_those_of_the_definition(seed):
    draw = np.random.default_rng(seed)
    rows, texts = made.complaints(draw, 260)
    got = make(made.source(rows, texts), PLAIN)
    assert components(got.link) == components_by_hand(rows, got)


def components(link, by=("agent_mobile", "payee_account", "device_id")):
    above: dict = {}

    def top(x):
        while above.setdefault(x, x) != x:
            x = above[x]
        return x

    for row in link.to_pylist():
        if row["by"] in by:
            above[top(row["right"])] = top(row["left"])
    whole = defaultdict(set)
    for node in list(above):
        whole[top(node)].add(node)
    return sorted(map(sorted, whole.values()))


def components_by_hand(rows, got):
    """Star or not, the components by strong fields are those of equal values shared by people."""
    hubs_shown = set(zip(got.hub["field"].to_pylist(), got.hub["key_masked"].to_pylist(), strict=True))
    lists = rows.to_pydict()
    groups = defaultdict(list)
    for field in ("agent_mobile", "payee_account", "device_id"):
        for record, value in enumerate(lists[field]):
            if value:
                groups[field, value].append(record)

    def who(k):
        mobile, name = lists["person_mobile"][k], lists["person_name"][k]
        return lists["person_resident_id"][k] or mobile or (
            (name, lists["institution"][k]) if name else k
        )

    pairs = []
    for (field, value), members in groups.items():
        kind = {"agent_mobile": "mobile", "payee_account": "bank_account"}.get(field, field)
        veiled = shown.masked(kind, pa.array([value]))[0].as_py()
        if len({who(k) for k in members}) > 1 and (field, veiled) not in hubs_shown:
            pairs += [{"left": members[0], "right": k, "by": field} for k in members[1:]]
    return components(pa.Table.from_pylist(pairs))


def test_byte_identical_on_any_number_of_threads():
    rows, texts = made.complaints(np.random.default_rng(3), 12_000)
    source = made.source(rows, texts)
    one, two, three = (
        make(source, replace(PLAIN, lanes=n, families=FamilyOptions(lanes=n))) for n in (1, 2, 3)
    )
    for other in (two, three):
        assert one.link.equals(other.link) and one.family.equals(other.family)
        assert one.hub.equals(other.hub)


def test_links_are_star_shaped_sorted_and_masked():
    rows, texts = made.complaints(np.random.default_rng(4), 3000)
    link = make(made.source(rows, texts), PLAIN).link
    ends = [(r["left"], r["right"], r["by"]) for r in link.select(["left", "right", "by"]).to_pylist()]
    assert ends == sorted(ends) and all(left < right for left, right, _ in ends)
    values = {v for name in ("agent_mobile", "payee_account", "device_id") for v in rows[name].to_pylist() if v}
    assert not values & set(link["key_masked"].to_pylist())


def test_nothing_in_gives_empty_tables():
    got = linked([])
    assert got.link.num_rows == got.family.num_rows == got.hub.num_rows == 0
    assert "why_zh" in got.link.column_names


def test_the_packaged_rules_load_and_faults_are_all_told(tmp_path):
    assert fields.load().codes["agent_mobile"] == 0
    assert len(hubs.registry()) > 20
    bad = tmp_path / "fields.yaml"
    bad.write_text("fields:\n  - {name: a, identifier: b, joins: everybody}\n  - {name: c, identifier: d, joins: strangers}\n", "utf-8")
    with pytest.raises(DefinitionError) as told:
        fields.load(bad)
    assert [f.where.rsplit(":", 1)[1] for f in told.value.faults] == ["2", "3"]


def test_masks_of_columns_are_those_of_single_values():
    from lianfang.engine.identifiers.mask import mask
    from lianfang.engine.terms.codes import IdentifierKind

    values = ["13911112222", "a@b.cn", "京A12345", "x", "61.135.1.9", "622202000000111122", "微信名字", None]
    for kind in IdentifierKind:
        got = shown.masked(kind.value, pa.array(values)).to_pylist()
        assert got[:-1] == [mask(kind, value) for value in values[:-1]]


def test_what_names_no_institution_is_at_none() -> None:
    import numpy as np

    from lianfang.engine.identify.linkage import links

    zh, en = links.places(np.array([0, 1, 3]))
    assert zh.to_pylist() == ["", "、1 家机构", "、3 家机构"] and en.to_pylist() == ["", " at 1 institution", " at 3 institutions"]
