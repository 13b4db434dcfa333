import pytest

from lianfang.engine.identify.rings import find, portrait
from lianfang.engine.terms.errors import NotFound


def test_a_portrait_names_people_keys_reasons_and_days(make_links, make_complaints):
    tables = make_complaints(10, person_name=["王小明"] * 10)
    groups = [("agent_mobile", "138****0000", range(6), 10.0), ("payee_account", "6222****1", [1, 2, 3], 9.0)]
    sources = find.Sources(make_links(groups), tables)
    found = find.find(sources)
    drawn = portrait.portrait(found, sources, found.ring["ring_id"][0].as_py())
    keys = [node for node in drawn.nodes if node.sort == "key"]
    assert [(node.by, node.n_people) for node in keys] == [("agent_mobile", 6), ("payee_account", 3)]
    assert {node.label.zh for node in drawn.nodes if node.sort == "person"} == {"王**"}
    assert len(drawn.edges) == 9
    assert "6 人共用代理人手机号 138****0000" in drawn.reasons[0].say.zh
    assert sum(day.n_records for day in drawn.timeline) == 6
    assert not drawn.is_grouped


def test_a_large_ring_is_grouped_and_bounded(make_links, make_complaints):
    n = 4_000
    groups = [("agent_mobile", "a", range(n), 10.0), *(("device_id", f"d{i}", [i, i + 1], 9.0) for i in range(0, n - 1, 3))]
    sources = find.Sources(make_links(groups), make_complaints(n))
    found = find.find(sources)
    drawn = portrait.portrait(found, sources, found.ring["ring_id"][0].as_py())
    assert drawn.is_grouped
    assert len(drawn.nodes) <= portrait.MOST_NODES
    assert sum(node.n_people for node in drawn.nodes if node.sort != "key") == n


def test_a_ring_that_is_not_there(make_links, make_complaints):
    sources = find.Sources(make_links([]), make_complaints(1))
    with pytest.raises(NotFound):
        portrait.portrait(find.find(sources), sources, "R-0000000000")
