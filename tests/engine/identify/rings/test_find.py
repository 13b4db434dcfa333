import numpy as np
import pyarrow as pa
import pytest

from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings import find, name
from lianfang.engine.terms.codes import Kind


def same(one: find.Found, two: find.Found) -> None:
    for part in ("ring", "member", "measured", "changed"):
        assert getattr(one, part).equals(getattr(two, part)), part


def test_a_ring_says_its_numbers(make_links, make_complaints):
    found = find.find(find.Sources(make_links([("agent_mobile", "a", range(6), 10.0)]), make_complaints(10)))
    ring = found.ring.to_pylist()[0]
    assert ring["level"] == "review"
    assert "6 名互不相识的人使用同一代理人" in ring["why_zh"]
    assert "6 people" in ring["why_en"]
    assert (ring["n_records"], ring["n_people"], ring["n_institutions"]) == (6, 6, 4)
    assert found.member["role"].to_pylist() == ["complainant"] * 6


def test_no_links_give_empty_tables_of_the_same_shape(make_links, make_complaints):
    found = find.find(find.Sources(make_links([]), make_complaints(3)))
    assert found.ring.schema.equals(find.RING)
    assert found.member.schema.equals(find.MEMBER)
    assert found.ring.num_rows == found.member.num_rows == 0


def test_family_and_lawyer_are_guarded(make_links, make_complaints):
    family = make_complaints(3, agent_relation=["family"] * 3)
    links = make_links([("agent_mobile", "a", range(3), 10.0)])
    ring = find.find(find.Sources(links, family)).ring.to_pylist()[0]
    assert (ring["level"], ring["level_before_guards"], ring["guards"]) == ("none", "look", ["family"])
    lawyer = make_complaints(40, agent_licence=["11101201010123456"] * 40, institution=["甲"] * 40, cause=["收费"] * 40)
    links = make_links([("agent_mobile", "a", range(40), 10.0), ("wording", "w", range(40), 6.0)])
    ring = find.find(find.Sources(links, lawyer)).ring.to_pylist()[0]
    assert ring["level"] != "review"


def test_people_who_live_together_count_once(make_links, make_complaints):
    tables = make_complaints(6, person_address=["幸福路 1 号"] * 6)
    ring = find.find(find.Sources(make_links([("agent_mobile", "a", range(6), 10.0)]), tables)).ring.to_pylist()[0]
    assert ring["level"] == "none"


def test_signs_name_the_activities(make_links, make_complaints):
    verdicts = pa.table({
        "record_no": pa.array(range(10), pa.int64()), "activity": ["BG01"] * 4 + ["BG05"] * 2 + [None] * 4,
        "level": ["review"] * 4 + ["look"] * 2 + ["none"] * 4, "guards": [[]] * 10,
    })  # fmt: skip
    links = make_links([("agent_mobile", "a", range(6), 10.0)])
    ring = find.find(find.Sources(links, make_complaints(10), verdicts)).ring.to_pylist()[0]
    assert ring["activities"] == ["BG01", "BG05"]


@pytest.mark.parametrize("seed", range(5))
def test_update_gives_what_a_full_run_gives(make_links, make_complaints, random_groups, seed):
    tables = make_complaints(400)
    groups = random_groups(seed, 400, 150)
    before = find.find(find.Sources(make_links(groups[:120]), tables))
    now = find.Sources(make_links(groups), tables)
    touched = np.unique(np.concatenate([np.array(one[2], np.int64) for one in groups[120:]]))
    whole = find.find(now, before.member)
    part = find.update(before, now, touched)
    same(whole, part)


@pytest.mark.parametrize("seed", range(4))
def test_a_ring_keeps_its_id_when_later_records_come(make_links, make_complaints, seed):
    rng = np.random.default_rng(seed)
    tables = make_complaints(600)
    first = [("agent_mobile", f"a{i}", range(i * 10, i * 10 + 6), 10.0) for i in range(20)]
    more = [("agent_mobile", f"a{i}", [*range(i * 10, i * 10 + 6), *(300 + rng.choice(40, 3, replace=False) + i * 0 + 10 * i).tolist()][:9], 10.0) for i in range(20)]
    more = [(by, key, [m for m in members if m < 300 or m // 10 - 30 == int(key[1:])], bits) for by, key, members, bits in more]
    one = find.find(find.Sources(make_links(first), tables))
    two = find.find(find.Sources(make_links(more), tables))
    assert set(one.ring["ring_id"].to_pylist()) == set(two.ring["ring_id"].to_pylist())


def test_merged_rings_keep_the_older_id_and_a_split_keeps_the_larger(make_links, make_complaints):
    tables = make_complaints(100)
    apart = [("agent_mobile", "a", range(20, 40), 10.0), ("agent_mobile", "b", range(8), 10.0)]
    joined = [*apart, ("payee_account", "p", range(40), 12.0)]
    one = find.find(find.Sources(make_links(apart), tables))
    ids = {row["record_no"]: row["ring_id"] for row in one.member.to_pylist()}
    two = find.find(find.Sources(make_links(joined), tables), one.member)
    assert two.ring["ring_id"].to_pylist() == [ids[0]]
    assert {row["how"] for row in two.changed.to_pylist()} == {"kept", "merged"}
    three = find.find(find.Sources(make_links(apart), tables), two.member)
    now = {row["record_no"]: row["ring_id"] for row in three.member.to_pylist()}
    assert now[20] == ids[0]
    assert now[0] != ids[0]
    assert three.changed.to_pylist() == [{"ring_id": ids[0], "now": ids[0], "how": "split"}]


def test_ids_do_not_depend_on_record_numbers(make_links, make_complaints):
    tables = make_complaints(50)
    one = find.find(find.Sources(make_links([("agent_mobile", "a", range(5, 15), 10.0)]), tables))
    shifted = {Kind.COMPLAINT: tables[Kind.COMPLAINT].set_column(0, "record_no", pa.array(range(100, 150), pa.int64()))}
    two = find.find(find.Sources(make_links([("agent_mobile", "a", range(105, 115), 10.0)]), shifted))
    assert one.ring["ring_id"].to_pylist() == two.ring["ring_id"].to_pylist()
    moved, touched = find.renumber(one, shifted)
    assert moved.member["record_no"].to_pylist() == two.member["record_no"].to_pylist()
    assert touched.size == 0


def test_judgements_are_obeyed_in_every_later_run(make_links, make_complaints):
    tables = make_complaints(40)
    links = make_links([("agent_mobile", "a", range(20), 10.0)])
    told = judge.resolve(
        judge.read("left,right,answer,by,at,reason\nc00003,complaint:c00004,different,李,2026-03-02,家人\nc00001,c00030,same,李,2026-03-02,同一人带来\n".encode()),
        tables,
    )
    before = None
    for _ in range(3):
        found = find.find(find.Sources(links, tables, judged=told), before)
        seat = {row["record_no"]: row["ring_id"] for row in found.member.to_pylist()}
        assert seat.get(3) != seat.get(4)
        assert seat[1] == seat[30]
        before = found.member


def test_the_draw_is_fixed():
    assert name.draw("complaint:c00001") == name.draw("complaint:c00001")
    assert len(name.draw("x")) == 12


def measured(make_links, make_complaints, groups, n, **columns):
    sources = find.Sources(make_links(groups), make_complaints(n, **columns))
    return find.find(sources).measured.to_pylist()


def test_people_whom_only_wording_ties_are_counted(make_links, make_complaints):
    groups = [("wording", "w", range(10), 9.0), ("device_id", "d", [0, 1, 2], 10.0), ("ip", "x", [2, 3], 6.0)]
    (ring,) = measured(make_links, make_complaints, groups, 10)
    assert ring["untied_share"] == 0.6


def test_every_lawyers_own_institution_is_looked_at(make_links, make_complaints):
    groups = [("agent_licence", "1", range(6), 10.0), ("agent_licence", "2", range(6, 10), 10.0),
              ("wording", "w", range(10), 9.0)]  # fmt: skip
    licences = [*["113302010110000001"] * 6, *["113302010110000002"] * 4]
    (ring,) = measured(make_links, make_complaints, groups, 10, agent_licence=licences,
                       institution=[*["甲行"] * 5, "乙行", *["丙行"] * 4])  # fmt: skip
    assert ring["one_institution_share"] == 0.5 and ring["licence_institution_share"] == 0.9


def test_a_post_that_names_no_institution_is_at_none():
    """Two complaints to one lender and two posts, all of one wording: one institution is concerned."""
    from types import SimpleNamespace

    from lianfang.engine.identify.rings import measure

    record = np.arange(4)
    members = SimpleNamespace(
        n_rings=1, ring=np.zeros(4, np.int64), kind=np.zeros(4, np.int8), grown=SimpleNamespace(record=record),
        codes=lambda name: np.array([0, 0, -1, -1]),
    )
    families = pa.table({"record_no": pa.array(record), "family_no": pa.array([0] * 4), "public": pa.array([False] * 4)})
    told = measure._families(members, np.ones(4, np.bool_), np.arange(4), families)
    assert (told["top_family_people"][0], told["top_family_institutions"][0]) == (4, 1)
