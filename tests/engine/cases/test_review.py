"""Self-check, criteria, innocent reasons, recusal, panels and votes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.engine.cases import criteria, precedents, quorum, recusal, samples, self_check
from lianfang.engine.cases.case import (
    Actor,
    Answer,
    Case,
    Claim,
    Opinion,
    Panel,
    Seat,
    SelfCheck,
    Step,
    Tie,
    Vote,
)
from lianfang.engine.terms.errors import Conflict, NotAllowed, NotEnough

AT, WHY, LENDER, HOUSE = samples.AT, samples.WHY, "lender-a", "association"
BASE = Case("C-1", "committee", LENDER, agencies=frozenset(("agency-x",)), concerned=frozenset(("customer-1",)))


def told(missing):
    return [one.code for one in missing]


def with_panel(members, choices=(), stage="first", closed=AT):
    votes = tuple(Vote(stage, who, choice, WHY, AT) for who, choice in zip(members, choices, strict=False))
    return replace(BASE, panels=(Panel(stage, tuple(Seat(who, HOUSE) for who in members), closed),), votes=votes)


@pytest.mark.parametrize("sample", recusal.knowledge()["samples"], ids=str)
def test_samples_of_the_review(sample):
    outcome, dissents, missing = samples.panel_sample(sample)
    assert (outcome, dissents, missing) == (sample.get("outcome"), sample.get("dissents", []), sample.get("missing", []))


@pytest.mark.parametrize("sample", criteria.knowledge()["samples"], ids=str)
def test_samples_of_the_criteria(sample):
    assert samples.criteria_sample(sample) is sample["enough"]


@pytest.mark.parametrize("sample", self_check.knowledge()["samples"], ids=str)
def test_samples_of_the_self_check(sample):
    assert samples.self_check_sample(sample) == sample["missing"]


def complete(case=BASE):
    return replace(case, self_check=SelfCheck("author", {one["id"]: Answer(not one["fault"], WHY) for one in self_check.knowledge()["questions"]}))


def test_no_self_check_is_one_clear_sentence():
    assert told(self_check.missing(BASE)) == ["M-SELF-CHECK"]
    with pytest.raises(NotEnough):
        self_check.sign(BASE, Actor("com", frozenset(("compliance",)), LENDER), AT)


@pytest.mark.parametrize("who", [
    Actor("author", frozenset(("compliance",)), LENDER), Actor("com", frozenset(("supervisor",)), LENDER), Actor("com", frozenset(("compliance",)), "lender-b")])
def test_only_compliance_of_the_applicant_signs_and_never_the_author(who):
    with pytest.raises(NotAllowed) as wrong:
        self_check.sign(complete(), who, AT)
    assert wrong.value.http_code == 403


def test_a_signature_holds_until_the_self_check_changes():
    case = complete()
    signed = self_check.sign(case, Actor("com", frozenset(("compliance",)), LENDER), AT)
    assert self_check.missing(replace(case, self_check=signed)) == ()
    assert told(self_check.missing(replace(case, self_check=self_check.unsigned(signed)))) == ["M-SIGN"]


@pytest.mark.parametrize("signature", [
    {"signed_by": None}, {"signed_role": "supervisor"}, {"signed_role": None}, {"signed_by": "author"}, {"signed_at": None}])
def test_a_signature_that_lacks_any_part_is_none(signature):
    good = {"signed_by": "com", "signed_role": "compliance", "signed_at": AT}
    case = complete()
    assert self_check.missing(replace(case, self_check=replace(case.self_check, **good))) == ()
    assert told(self_check.missing(replace(case, self_check=replace(case.self_check, **(good | signature))))) == ["M-SIGN"]


def test_an_incomplete_self_check_cannot_be_signed_and_all_that_lacks_is_told():
    case = replace(complete(), conduct_findings=frozenset(("F1", "F2")))
    with pytest.raises(NotEnough) as wrong:
        self_check.sign(case, Actor("com", frozenset(("compliance",)), LENDER), AT)
    assert "F1" in wrong.value.say.zh and "F2" in wrong.value.say.zh


def test_a_criterion_needs_an_exhibit_on_file():
    case = replace(BASE, claims=(Claim("A1", ("E1",)), Claim("A3", ("E9",)), Claim("A99", ("E1",))), exhibits=frozenset(("E1",)))
    missing = criteria.missing_criteria(case)
    assert [(one.code, one.about) for one in missing] == [("M-EXHIBIT", "A3"), ("M-CRITERION", "A99"), ("M-ENOUGH", "criteria")]
    assert criteria.missing_criteria(replace(case, claims=(Claim("A1", ("E1",)), Claim("A3", ("E1",))))) == ()


def test_an_exhibit_outside_the_file_never_makes_a_criterion_count():
    case = replace(BASE, claims=(Claim("A1", ("E1",)), Claim("A3", ("E9",))), exhibits=frozenset(("E1",)))
    assert "M-ENOUGH" in told(criteria.missing_criteria(case))


def test_every_innocent_reason_is_answered_with_words():
    assert told(criteria.missing_guards(BASE)) == ["M-GUARD"] * 8
    answers = {one: Answer(False, WHY) for one in criteria.guards()} | {"G3": Answer(False, "否")}
    assert [one.about for one in criteria.missing_guards(replace(BASE, guards=answers))] == ["G3"]


@given(st.sets(st.sampled_from(sorted(criteria.criteria()))), st.sets(st.sampled_from(sorted(criteria.guards()))), st.sampled_from(sorted(criteria.guards())))
def test_one_more_innocent_reason_never_makes_a_claim_stronger(claimed, applying, more):
    claims = [Claim(one, ("E1",)) for one in claimed]
    before = criteria.weigh(claims, {one: Answer(True, WHY) for one in applying})
    after = criteria.weigh(claims, {one: Answer(True, WHY) for one in applying | {more}})
    assert set(after.counted) <= set(before.counted) and after.is_enough <= before.is_enough
    assert set(before.counted) | set(before.taken_away) == claimed


@given(st.sets(st.sampled_from(sorted(criteria.criteria()))), st.sampled_from(sorted(criteria.criteria())))
def test_one_more_criterion_never_makes_a_claim_weaker(claimed, more):
    before = criteria.weigh([Claim(one, ("E1",)) for one in claimed], {})
    assert before.is_enough <= criteria.weigh([Claim(one, ("E1",)) for one in claimed | {more}], {}).is_enough


@pytest.mark.parametrize(("case", "seat", "is_barred"), [
    (BASE, Seat("x", HOUSE), False),
    (BASE, Seat("x", LENDER), True),
    (BASE, Seat("x", "agency-x"), True),
    (BASE, Seat("customer-1", HOUSE), True),
    (replace(BASE, ties=(Tie("x", "former_employer", LENDER),)), Seat("x", HOUSE), True),
    (replace(BASE, ties=(Tie("x", "relative", "customer-1"),)), Seat("x", HOUSE), True),
    (replace(BASE, ties=(Tie("x", "agency", "agency-x"),)), Seat("x", HOUSE), True),
    (replace(BASE, ties=(Tie("x", "unheard_of", LENDER),)), Seat("x", HOUSE), True),
    (replace(BASE, ties=(Tie("x", "relative", "somebody"),)), Seat("x", HOUSE), False),
    (replace(BASE, ties=(Tie("y", "relative", "customer-1"),)), Seat("x", HOUSE), False),
    (replace(BASE, steps=(Step("submit", "x", LENDER, AT, "self_check", "submitted"),)), Seat("x", HOUSE), True),
    (replace(BASE, steps=(Step("accept", "x", HOUSE, AT, "submitted", "working_group"),)), Seat("x", HOUSE), False),
    (replace(BASE, self_check=SelfCheck("x", {})), Seat("x", HOUSE), True),
    (replace(BASE, self_check=SelfCheck("y", {}, signed_by="x")), Seat("x", HOUSE), True),
])
def test_who_must_stand_aside(case, seat, is_barred):
    assert bool(recusal.bars(case, seat)) is is_barred


def test_the_working_group_is_two_different_untied_people():
    two = (Seat("a", HOUSE), Seat("b", HOUSE))
    assert quorum.missing_group(replace(BASE, working_group=two)) == ()
    assert told(quorum.missing_group(replace(BASE, working_group=(two[0], two[0])))) == ["M-GROUP-SIZE"]
    assert told(quorum.missing_group(replace(BASE, working_group=(two[0], Seat("c", LENDER))))) == ["M-RECUSED"]
    assert told(quorum.missing_opinions(replace(BASE, working_group=two))) == ["M-OPINION"] * 2


def test_nobody_of_the_working_group_or_first_panel_sits_later():
    case = replace(with_panel("abc"), working_group=(Seat("a", HOUSE), Seat("g", HOUSE)))
    assert told(quorum.missing_panel(case, "first")) == ["M-PANEL-GROUP"]
    appeal = replace(case, panels=(*case.panels, Panel("appeal", tuple(Seat(who, HOUSE) for who in "bgz"))))
    assert [(one.code, one.about) for one in quorum.missing_panel(appeal, "appeal")] == [("M-PANEL-SAME", "b"), ("M-PANEL-SAME", "g")]
    assert [seat.person for seat in quorum.free(case, "appeal", [Seat(who, HOUSE) for who in "abcgxy"] + [Seat("m", LENDER)])] == ["x", "y"]


def test_somebody_replaced_on_the_first_panel_does_not_sit_on_appeal():
    case = replace(BASE, panels=tuple(Panel(stage, tuple(Seat(who, HOUSE) for who in people)) for stage, people in (("first", "abc"), ("first", "abd"), ("appeal", "cxy"))))
    assert [one.about for one in quorum.missing_panel(case, "appeal")] == ["c"]


def test_an_open_ballot_is_not_counted():
    with pytest.raises(NotEnough) as wrong:
        quorum.verdict(with_panel("abc", ["abnormal"] * 3, closed=None), "first")
    assert "封票" in wrong.value.say.zh and wrong.value.http_code == 409


def test_dissent_is_kept_with_its_reason():
    found = quorum.verdict(with_panel("abcde", ["abnormal", "not_abnormal", "abnormal", "abnormal", "insufficient"]), "first")
    assert found.outcome == "abnormal" and found.n_by_choice == {"abnormal": 3, "not_abnormal": 1, "insufficient": 1}
    assert [(vote.by, vote.reason) for vote in found.dissents] == [("b", WHY), ("e", WHY)]


def test_a_vote_without_reasons_is_no_vote_and_only_a_persons_first_counts():
    case = with_panel("abc", ["abnormal"] * 3)
    silent = replace(case, votes=(*case.votes[:2], replace(case.votes[2], reason="好")))
    assert [one.about for one in quorum.missing_votes(silent, "first")] == ["c"]
    twice = replace(case, votes=(*case.votes, Vote("first", "a", "not_abnormal", WHY, AT), Vote("first", "z", "not_abnormal", WHY, AT)))
    assert quorum.verdict(twice, "first").n_by_choice["not_abnormal"] == 0


def test_votes_are_secret_until_closed():
    case = with_panel("abc", ["abnormal", "not_abnormal"], closed=None)
    assert [vote.by for vote in quorum.seen(case, "first", Seat("a", HOUSE)).votes] == ["a"]
    watching = quorum.seen(case, "first", Seat("sec", HOUSE))
    assert (watching.n_cast, watching.n_seats, watching.votes) == (2, 3, ())
    shut = replace(case, panels=(replace(case.panels[0], closed_at=AT),))
    assert len(quorum.seen(shut, "first", Seat("sec", HOUSE)).votes) == 2
    assert quorum.seen(BASE, "first", Seat("sec", HOUSE)).n_seats == 0
    for open_or_shut in (case, shut):
        with pytest.raises(NotAllowed) as wrong:
            quorum.seen(open_or_shut, "first", Seat("x", LENDER))
        assert wrong.value.code == "E-CASE-05"


@pytest.mark.parametrize(("case", "who", "choice", "reason", "error"), [
    (with_panel("abc", closed=None), "z", "abnormal", WHY, NotAllowed),
    (BASE, "a", "abnormal", WHY, NotAllowed),
    (replace(with_panel("abc", closed=None), ties=(Tie("a", "adviser", LENDER),)), "a", "abnormal", WHY, NotAllowed),
    (with_panel("abc", ["abnormal"], closed=None), "a", "abnormal", WHY, Conflict),
    (with_panel("abc"), "a", "abnormal", WHY, Conflict),
    (with_panel("abc", closed=None), "a", "upheld", WHY, Conflict),
    (with_panel("abc", closed=None), "a", "abnormal", "好", NotEnough),
])
def test_a_vote_that_may_not_be_cast(case, who, choice, reason, error):
    with pytest.raises(error):
        quorum.cast(case, Seat(who, HOUSE), Vote("first", who, choice, reason, AT))


def test_nobody_votes_for_another():
    with pytest.raises(NotAllowed):
        quorum.cast(with_panel("abc", closed=None), Seat("b", HOUSE), Vote("first", "a", "abnormal", WHY, AT))
    vote = Vote("first", "a", "abnormal", WHY, AT)
    assert quorum.cast(with_panel("abc", closed=None), Seat("a", HOUSE), vote) is vote


def test_a_ballot_may_be_closed_when_all_have_voted():
    assert not quorum.may_close(with_panel("abc", ["abnormal"] * 2, closed=None), "first")
    assert quorum.may_close(with_panel("abc", ["abnormal"] * 3, closed=None), "first")


@given(st.lists(st.sampled_from(["abnormal", "not_abnormal", "insufficient"]), min_size=3, max_size=9).filter(lambda one: len(one) % 2 == 1), st.randoms())
def test_abnormal_takes_more_than_half_of_all_who_sit_in_any_order(choices, dice):
    people = [f"p{n}" for n in range(len(choices))]
    case = with_panel(people, choices)
    found = quorum.verdict(case, "first")
    assert (found.outcome == "abnormal") == (choices.count("abnormal") * 2 > len(choices))
    votes = list(case.votes)
    dice.shuffle(votes)
    assert quorum.verdict(replace(case, votes=tuple(votes)), "first").outcome == found.outcome
    if found.dissents:
        assert len(found.dissents) * 2 < len(choices)


def precedent(code, typology="BG01", names=("A1",), guards=(), outcome="abnormal", on="2026-01-01"):
    return precedents.Precedent(code, typology, frozenset(names), frozenset(guards), outcome, samples.date.fromisoformat(on))


def test_precedents_nearest_first_with_what_they_share():
    known = [precedent("far", names=("A9",)), precedent("near", names=("A1", "A3")), precedent("other", "BG02", ("A1", "A3")),
             precedent("none", "BG05", ("A12",)), precedent("young", names=("A9",), on="2026-02-01")]
    found = precedents.search("BG01", ["A1", "A3"], ["G5"], known)
    assert [one.precedent.code for one in found] == ["near", "young", "far", "other"]
    assert found[0].criteria == ("A1", "A3") and 0 < found[0].share < 1
    assert [one.precedent.code for one in precedents.search("BG01", ["A1"], [], known, most=1)] == ["near"]


@given(st.lists(st.tuples(st.sampled_from(["BG01", "BG02"]), st.sets(st.sampled_from(sorted(criteria.criteria()))), st.sets(st.sampled_from(sorted(criteria.guards())))), max_size=6))
def test_the_outcome_never_moves_a_precedent(rows):
    def order(outcome):
        known = [precedent(str(n), *row, outcome=outcome) for n, row in enumerate(rows)]
        return [(one.precedent.code, one.share) for one in precedents.search("BG01", ["A1", "A8"], ["G8"], known)]

    assert order("abnormal") == order("not_abnormal") and all(0 <= share <= 1 for _, share in order("abnormal"))


def test_a_panel_is_composed_whole_or_not_at_all():
    seats = [Seat(who, HOUSE) for who in "abc"]
    assert quorum.compose(BASE, "first", seats) == Panel("first", tuple(seats))
    with pytest.raises(NotEnough) as wrong:
        quorum.compose(BASE, "first", seats[:2])
    assert "3 人" in wrong.value.say.zh
    with pytest.raises(NotEnough):
        quorum.compose(replace(BASE, ties=(Tie("a", "adviser", LENDER),)), "first", seats)


def test_nobody_who_voted_is_replaced_unless_he_must_stand_aside():
    voted = with_panel("abc", ["abnormal"], closed=None)
    others = [Seat(who, HOUSE) for who in "bcd"]
    with pytest.raises(Conflict) as wrong:
        quorum.compose(voted, "first", others)
    assert wrong.value.code == "E-QUORUM-06"
    tied = replace(voted, ties=(Tie("a", "relative", "customer-1"),))
    assert quorum.compose(tied, "first", others).people == {"b", "c", "d"}


def test_a_closed_ballot_keeps_its_panel():
    with pytest.raises(Conflict) as wrong:
        quorum.compose(with_panel("abc", ["abnormal"] * 3), "first", [Seat(who, HOUSE) for who in "abc"])
    assert wrong.value.code == "E-QUORUM-05"


def test_who_sat_in_an_earlier_group_judges_no_more():
    case = replace(with_panel("abc"), earlier_group=frozenset("c"))
    assert told(quorum.missing_panel(case, "first")) == ["M-PANEL-GROUP"]
    assert [seat.person for seat in quorum.free(case, "first", [Seat("c", HOUSE), Seat("d", HOUSE)])] == ["d"]
    assert "c" in quorum.first_reviewers(case)


@pytest.mark.parametrize(("by", "finding", "reason", "ties", "code"), [
    ("a", "abnormal", WHY, (), None), ("z", "abnormal", WHY, (), "E-QUORUM-02"), ("b", "abnormal", WHY, (), "E-QUORUM-03"),
    ("a", "certain", WHY, (), "E-QUORUM-03"), ("a", "unclear", "短", (), "E-QUORUM-04"),
    ("a", "abnormal", WHY, (Tie("a", "employer", LENDER),), "E-CASE-05")])
def test_an_opinion_is_its_members_own_once_and_written(by, finding, reason, ties, code):
    case = replace(BASE, working_group=(Seat("a", HOUSE), Seat("b", HOUSE)), opinions=(Opinion("b", "unclear", WHY, AT),), ties=ties)
    opinion = Opinion(by, finding, reason, AT)
    if code is None:
        assert quorum.hear(case, Seat(by, HOUSE), opinion) == opinion
        return
    with pytest.raises((Conflict, NotAllowed, NotEnough)) as wrong:
        quorum.hear(case, Seat(by, HOUSE), opinion)
    assert wrong.value.code == code
