import numpy as np
import pytest

from lianfang.engine.identify.rings import gates, rules
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError


def numbers(n, **given):
    return {name: np.asarray(given.get(name, [0] * n), np.float64) for name in gates.MEASURES}


def test_every_sample_of_every_gate_holds():
    assert gates.check_samples() >= 2 * (len(gates.book().gates) + len(gates.book().guards))


def test_whole_columns_say_what_one_row_says():
    rng = np.random.default_rng(2)
    n = 300
    drawn = {name: np.round(rng.random(n), 2) if name.endswith("_share") else rng.integers(0, 8, n) for name in gates.MEASURES}
    graded = gates.grade(drawn)
    for place, gate in enumerate(gates.book().gates):
        rows = [gates.holds_for(gate, {name: values[i].item() for name, values in drawn.items()}) for i in range(n)]
        assert graded.met[place].tolist() == rows, gate.id


def test_a_guard_lowers_and_the_score_never_decides():
    met = numbers(2, top_agent_people=[9, 0], n_institutions=[1, 90], n_people=[9, 9000], signed_share=[1, 0],
                  lawyer_share=[1, 0], n_licences=[1, 0], one_institution_share=[1, 0], one_cause_share=[1, 0],
                  top_operator_people=[9, 0], n_homes=[9, 9000], n_agent_keys=[1, 0])  # fmt: skip
    graded = gates.grade(met)
    assert graded.level_before_guards.tolist() == [2, 0]
    assert graded.level.tolist() == [1, 0]
    assert graded.score[1] > graded.score[0]


def test_reasons_fill_in_the_numbers():
    met = numbers(1, top_agent_people=[9], n_institutions=[3], top_operator_people=[9])
    said = gates.whys(gates.grade(met), met)[0]
    assert said.zh.startswith("9 名互不相识的人使用同一代理人的联系方式,涉及 3 家机构")
    assert "9 people" in said.en


def test_all_faults_of_gates_at_once():
    text = """
gates:
  - {id: a, level: review, name: {zh: 甲, en: a}, when: "n_nothing > 1", why: {zh: x, en: x}, source: s, samples: [{measures: {}, holds: false}]}
  - {id: b, level: look, when: "n_people > 1", why: {zh: x, en: x}, source: s}
  - {id: c, level: look, name: {zh: 丙, en: c}, when: "n_people > 1", why: {zh: "{n_bad}", en: x}, source: s, samples: [{measures: {n_people: 5}, holds: false}]}
score: {n_bad: 1}
"""
    with pytest.raises(DefinitionError) as caught:
        gates.parse(shelf.yaml_text(text, "g.yaml"), "g.yaml")
    said = " ".join(fault.say.en for fault in caught.value.faults)
    for part in ("n_nothing", "b lacks name", "b lacks samples", "n_bad", "sample of c fails"):
        assert part in said
    assert all(fault.where.startswith("g.yaml:") for fault in caught.value.faults)


def test_faults_of_join_rules():
    with pytest.raises(DefinitionError) as caught:
        rules.parse({"by": {"x": {"joins": "maybe", "name": {"zh": "甲", "en": "x"}}}})
    assert len(caught.value.faults) == 3
