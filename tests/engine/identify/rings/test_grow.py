import numpy as np
import pyarrow as pa

from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings import graph, grow, rules
from lianfang.engine.terms.codes import Kind


def rings_of(grown: grow.Grown) -> list[set[int]]:
    return [set(grown.record[grown.ring == ring].tolist()) for ring in range(grown.n_rings)]


def test_a_shared_agent_joins_and_a_weak_sign_does_not(make_links):
    found = grow.grow(make_links([("agent_mobile", "a", range(5), 10.0), ("ip", "x", range(10, 14), 10.0)]))
    assert rings_of(found) == [{0, 1, 2, 3, 4}]


def test_a_light_link_does_not_join_alone(make_links):
    assert grow.grow(make_links([("agent_mobile", "a", range(5), 1.0)])).n_rings == 0


def test_two_weak_signs_join_those_who_hold_both(make_links):
    groups = [("ip", "x", [1, 2, 3], 4.0), ("agent_firm", "f", [2, 3, 4], 4.0)]
    assert rings_of(grow.grow(make_links(groups))) == [{2, 3}]


def test_one_weak_bridge_between_two_dense_parts_is_cut(make_links):
    groups = [("agent_mobile", "a", range(30), 10.0), ("agent_mobile", "b", range(29, 60), 10.0)]
    assert sorted(map(len, rings_of(grow.grow(make_links(groups))))) == [30, 30]


def test_a_few_people_in_both_do_not_merge_two_rings(make_links):
    groups = [
        (by, f"{by}{side}", members, 10.0)
        for by in ("agent_mobile", "payee_account")
        for side, members in enumerate((range(60), range(57, 120)))
    ]
    assert sorted(map(len, rings_of(grow.grow(make_links(groups))))) == [60, 60]


def test_an_agent_who_changed_phones_stays_one_ring(make_links):
    groups = [
        ("agent_mobile", "a", range(30), 10.0), ("agent_mobile", "b", range(30, 60), 10.0),
        ("payee_account", "p", range(5, 55), 10.0),
    ]  # fmt: skip
    assert [len(ring) for ring in rings_of(grow.grow(make_links(groups)))] == [60]


def test_a_person_with_two_agents_has_records_in_both_rings_and_an_own_complaint_in_one(make_links):
    groups = [
        ("agent_mobile", "a", [*range(30)], 10.0), ("agent_mobile", "b", [*range(40, 70)], 10.0),
        ("same_person", "p", [29, 40, 99], 30.0),
    ]  # fmt: skip
    found = grow.grow(make_links(groups))
    one, two = rings_of(found)
    assert 29 in one and 40 in two
    assert found.record[found.own].tolist() == [99]


def test_one_person_alone_is_no_ring(make_links):
    groups = [("same_person", "p", [1, 2, 3], 30.0), ("agent_mobile", "a", [1, 2, 3], 10.0)]
    assert grow.grow(make_links(groups)).n_rings == 0


def test_order_of_link_rows_makes_no_difference(make_links, random_groups):
    links = make_links(random_groups(3, 300, 160))
    one = grow.grow(links)
    mixed = links.take(pa.array(np.random.default_rng(1).permutation(links.num_rows)))
    two = grow.grow(mixed)
    assert np.array_equal(one.record, two.record)
    assert np.array_equal(one.ring, two.ring)


def test_no_links_no_rings(make_links):
    assert grow.grow(make_links([])).n_rings == 0


def test_told_different_means_different_rings(make_links, random_groups):
    for seed in range(6):
        links = make_links(random_groups(seed, 120, 90))
        plain = grow.grow(links)
        ring = max(rings_of(plain), key=len)
        one, other = sorted(ring)[0], sorted(ring)[-1]
        told = grow.grow(links, judge.Verdicts(different=((one, other),)))
        assert not any({one, other} <= each for each in rings_of(told))


def test_different_cuts_the_weakest_path(make_links):
    groups = [
        ("agent_mobile", "a", range(10), 12.0), ("payee_account", "p", range(9, 20), 12.0),
        ("device_id", "d", [0, 19], 5.0),
    ]  # fmt: skip
    told = rings_of(grow.grow(make_links(groups), judge.Verdicts(different=((1, 15),))))
    assert any({0, 1, 2, 3, 4, 5, 6, 7, 8} <= ring and not ring & set(range(10, 20)) for ring in told)


def test_different_undoes_the_same_person(make_links):
    groups = [("same_person", "p", [1, 2], 30.0), ("agent_mobile", "a", [1, 5, 6], 9.0), ("agent_mobile", "b", [2, 7, 8], 9.0)]
    assert len(rings_of(grow.grow(make_links(groups)))) == 1
    told = rings_of(grow.grow(make_links(groups), judge.Verdicts(different=((1, 2),))))
    assert {1, 5, 6} in told and {2, 7, 8} in told


def test_told_same_joins_strangers(make_links):
    assert rings_of(grow.grow(make_links([]), judge.Verdicts(same=((4, 9),)))) == [{4, 9}]


def test_a_giant_group_is_cut_in_bounded_work(make_links):
    rng = np.random.default_rng(5)
    groups = []
    for block in range(40):
        people = np.arange(block * 50, block * 50 + 50)
        groups.append(("agent_mobile", f"a{block}", people.tolist(), 10.0))
        groups.append(("device_id", f"d{block}", rng.choice(people, 30, replace=False).tolist(), 10.0))
        groups.append(("callback_mobile", f"x{block}", [int(people[0]), int((people[-1] + 7) % 2000)], 6.0))
    assert sorted(map(len, rings_of(grow.grow(make_links(groups))))) == [50] * 40


def sides(*more):
    """Two agents with ten customers each, 0 to 9 and 20 to 29, and what else there is."""
    one, other = ("agent_mobile", "a", range(10), 10.0), ("agent_mobile", "b", range(20, 30), 10.0)
    return [one, other, *more]


def test_customers_of_two_agents_stand_in_both_rings_and_tie_neither(make_links):
    met = [("same_person", f"p{k}", [k, 20 + k], 30.0) for k in range(2)]
    found = grow.grow(make_links(sides(*met)))
    assert rings_of(found) == [set(range(10)), set(range(20, 30))]
    assert found.person[found.record == 21].tolist() == [1]


def test_where_most_customers_are_of_both_or_they_share_more_the_two_are_one(make_links):
    met = [("same_person", f"p{k}", [k, 20 + k], 30.0) for k in range(4)]
    assert len(rings_of(grow.grow(make_links(sides(*met))))) == 1
    more = ("payee_account", "p", [5, 6, 25, 26], 10.0)
    assert len(rings_of(grow.grow(make_links(sides(*met[:2], more))))) == 1


def test_one_fact_told_twice_is_not_two_signs(make_links):
    groups = [("employer_uscc", "u", [1, 2, 3], 4.0), ("employer", "e", [1, 2, 3], 4.0)]
    assert grow.grow(make_links(groups)).n_rings == 0


def test_a_handful_goes_where_its_name_is_mostly_found(make_links):
    few = ("poster_handle", "h", [40, 41], 10.0)
    name = ("trade_name", "n", [0, 1, 2, 3, 40], 8.0)
    assert rings_of(grow.grow(make_links(sides(few, name)))) == [{*range(10), 40, 41}, set(range(20, 30))]
    crowd = ("trade_name", "n", [0, 1, 2, 40, *range(60, 70)], 8.0)
    assert {40, 41} in rings_of(grow.grow(make_links(sides(few, crowd))))


def test_what_is_only_alike_brings_nobody(make_links):
    like = ("fuzzy_dealer", "d", [0, 1, 2, 3, 40], 8.0)
    assert rings_of(grow.grow(make_links(sides(like)))) == [set(range(10)), set(range(20, 30))]


def test_two_rings_that_share_one_address_widely_are_one(make_links):
    address = ("ip", "x", [0, 1, 2, 20, 21, 22], 8.0)
    assert len(rings_of(grow.grow(make_links(sides(address))))) == 1
    wording = ("wording", "w", [0, 1, 20, 21], 8.0)
    assert len(rings_of(grow.grow(make_links(sides(wording))))) == 2


def test_the_middle_of_a_star_need_not_be_its_first_record(make_links):
    table = make_links([("callback_mobile", "c", range(5), 10.0)])
    middle = table.set_column(0, "left", pa.array([4] * 4, pa.int64()))
    turned = middle.set_column(1, "right", pa.array(range(4), pa.int64()))
    assert rings_of(grow.grow(turned)) == [{0, 1, 2, 3, 4}]


def test_posts_of_one_author_are_one_person_where_rings_are_cut(make_links):
    posts = [("poster_handle", "h", range(30, 40), 10.0), ("mobile", "m", [0, 30], 10.0)]
    assert set(range(10)) | set(range(30, 40)) in rings_of(grow.grow(make_links(sides(*posts))))


def test_who_was_told_the_same_stay_together_across_two_rings(make_links):
    same = judge.Verdicts(same=((0, 20),))
    found = grow.grow(make_links(sides(("ip", "x", [0, 40], 6.0))), same)
    (home,) = {found.ring[found.record == one][0] for one in (0, 20)}
    assert home >= 0


def test_what_is_said_in_calls_alone_makes_no_ring_but_brings_the_last_of_one(make_links):
    kind = np.full(60, rules.KINDS.index(Kind.CONTACT))
    said = graph.Said(kind, np.ones(60, np.bool_))
    script = ("wording", "w", range(40, 50), 9.0)
    assert grow.grow(make_links([script]), said=said).n_rings == 0
    known = [("agent_mobile", "a", range(40, 49), 10.0), script]
    assert rings_of(grow.grow(make_links(known), said=said)) == [set(range(40, 50))]


def test_one_letter_of_two_agents_ties_a_lone_sender_and_not_the_two(make_links):
    agents = [("agent_mobile", "a", range(14), 10.0), ("agent_mobile", "b", range(20, 33), 10.0)]
    letter = ("wording", "w", [*range(12), *range(20, 29), 50], 9.0)
    assert rings_of(grow.grow(make_links([*agents, letter]))) == [{*range(14), 50}, set(range(20, 33))]
    few = [("agent_mobile", "a", range(8), 10.0), ("agent_mobile", "b", range(20, 28), 10.0)]
    letter = ("wording", "w", [*range(8), *range(20, 28)], 9.0)
    assert len(rings_of(grow.grow(make_links([*few, letter])))) == 1


def test_an_agent_who_wrote_on_under_new_numbers_is_one(make_links):
    agents = [("agent_mobile", "a", range(14), 10.0), ("agent_mobile", "b", range(20, 34), 10.0)]
    table = make_links([*agents, ("wording", "w", [*range(12), *range(20, 32)], 9.0)])

    def dated(day_of):
        for place, side in enumerate(("left", "right")):
            days = pa.array([86_400_000_000 * day_of(one) for one in table[side].to_pylist()])
            yield 6 + place, f"{side}_at", days.cast(pa.timestamp("us", tz="UTC"))

    after, at_once = table, table
    for place, name, days in dated(lambda one: one):
        after = after.set_column(place, name, days)
    for place, name, days in dated(lambda one: one % 20):
        at_once = at_once.set_column(place, name, days)
    assert len(rings_of(grow.grow(after))) == 1
    assert len(rings_of(grow.grow(at_once))) == 2
