"""Cases through their acts: moved by the table, seen by whom they concern, decided by people who may."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import criteria, moves, self_check, tables
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, InputError, NotAllowed, NotEnough, NotFound
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.models import Membership
from lianfang.web.cases import access, actions, dossier, waiting_list
from lianfang.web.cases import review_actions as review
from lianfang.web.cases.actions import Asked
from lianfang.web.cases.models import Case, Claim, Lease, Opinion, Step, Task, Vote
from lianfang.web.evidence.models import Entry
from lianfang.web.site import demo_cases as cases
from lianfang.web.site import demo_story
from lianfang.web.site.demo_cases import Way

PASSWORD = "a-long-enough-one-26"
WHY = "核对了在案证据与当事人陈述,结论与证据一致"


def more(office, name, role, house="association"):
    return people.enrol(name, PASSWORD, office.houses[house], role, once=False)


@pytest.fixture
def company(office):
    """Everybody a case needs: one more of the working group, and experts for two panels."""
    members = office.members
    group = [members["working_group", "association"], more(office, "group.two", "working_group")]
    experts = [members["expert", "association"], *(more(office, f"expert.{n}", "expert") for n in range(5))]
    return cases.Company(
        members["analyst", "first"], members["compliance", "first"], members["secretariat", "association"], group, experts[:3],
        experts[3:], members["dispute_officer", "association"],
    )


@pytest.fixture
def lead(office, company):
    """Lead a case somewhere: `lead("committee")`."""

    def go(to, **way):
        return cases.lead(company, office.ring("first"), "BG01", Way(to, **way))

    return go


def engine(case):
    case.refresh_from_db()
    return access.engine_case(case)


# The table is the law.


def test_a_case_walks_from_draft_to_the_end_of_its_appeal(office, company, lead):
    case = lead("corrected")
    assert (case.state, case.outcome, case.appeal_outcome) == ("corrected", "abnormal", "corrected")
    assert [one.to for one in access.steps_of(case)] == [
        "self_check", "submitted", "working_group", "committee", "abnormal", "published", "disputed", "corrected"]  # fmt: skip
    first, second = access.decisions_of(case)
    assert (first.stage, second.stage) == ("first", "appeal") and first.n_by_choice == {"abnormal": 2, "not_abnormal": 1, "insufficient": 0}
    assert [Vote.objects.get(code=code).choice for code in first.dissents] == ["not_abnormal"], "dissent is kept"
    (appeal,) = access.appeals_of(case)
    assert appeal.outcome == "corrected" and appeal.ended_at
    told = [one.receiver for one in access.notices_of(case)]
    assert told == ["applicant", "applicant"]


def test_every_move_has_its_entry_and_its_entry_its_facts(office, company, lead):
    case = lead("submitted")
    steps = access.steps_of(case)
    entries = access.entries_of(steps)
    assert len(steps) == len(entries) == 2
    assert {one.tag for one in entries.values()} == {"cases:case:moved"}
    assert b"submitted" in bytes(entries[str(steps[-1].code)].opening.content)
    tags = set(Entry.objects.filter(target__in=(str(case.code), str(case.self_check.code))).values_list("tag", flat=True))
    assert {"cases:case:opened", "cases:check:written", "cases:check:signed", "cases:claim:written", "cases:guard:answered"} <= tags


APPLICATION = tables.get("application")
ROLES = sorted({role for move in APPLICATION.moves for role in move.who} - {"system"})


@pytest.mark.parametrize("state", APPLICATION.states)
def test_buttons_and_refusals_come_from_the_table(office, state):
    """Every role at its institution: the buttons are the table's, and what is no button is refused and names those."""
    made = office.case(office.members["analyst", "first"])
    Case.objects.filter(pk=made.pk).update(state=state)
    found = engine(made)
    for n, role in enumerate(ROLES):
        who = office.members.get((role, "first")) or office.members[role, "association"]
        shown = {offer.move.act for offer in moves.offers(APPLICATION, found, dossier.actor(who), clock.now())}
        opened = {move.act for move in moves.open_moves(APPLICATION, state, (role,))}
        assert shown == opened
        # One act a role; which one goes round with the roles, and the engine's own tests try them all.
        closed = [move.act for move in APPLICATION.moves if move.act not in opened]
        with pytest.raises(moves.Refused) as wrong:
            actions.move(who, made, closed[n % len(closed)], Asked())
        assert wrong.value.code in ("E-CASE-01", "E-CASE-02"), role
        assert {one.act for one in wrong.value.open} == opened
    assert not Step.objects.filter(case=made).exists()


def test_an_illegal_move_answers_409_and_names_what_is_open(office, company, lead):
    case = lead("draft")
    answer = office.client("analyst").post(reverse("cases-case-move", args=[case.code]), {"act": "submit"})
    told = answer.content.decode()
    assert answer.status_code == 409 and "E-CASE-01" in told and "您现在可以:开始自查".replace(":", "：") in told
    answer = office.client("analyst").post(reverse("cases-case-move", args=[case.code]), {"act": "begin_self_check", "typology": "BG01"})
    told = answer.content.decode()
    assert answer.status_code == 409 and "投诉编号" in told and "事实经过" in told, "all that is lacking is told at once"
    assert office.client("supervisor").post(reverse("cases-case-move", args=[case.code]), {"act": "no such"}).status_code == 409


def test_another_roles_move_answers_403(office, company, lead):
    case = lead("submitted")
    answer = office.client("compliance").post(reverse("cases-case-move", args=[case.code]), {"act": "accept"})
    assert answer.status_code == 403 and "E-CASE-02" in answer.content.decode()


# The lender looks at itself first.


def test_nothing_is_submitted_without_a_signed_self_check(office, company, lead):
    case = lead("unsigned")
    with pytest.raises(moves.Refused) as wrong:
        actions.move(company.analyst, case, "submit", Asked())
    assert [one.code for one in wrong.value.missing] == ["M-SIGN"]
    page = office.client("analyst").get(reverse("cases-case", args=[case.code])).content.decode()
    assert "未签字,不能提交" in page and 'value="submit"' not in page
    assert page.index('id="check"') < page.index('id="criteria"'), "the self-check stands first"


def test_the_author_does_not_sign_and_whoever_signed_does_not_submit(office, company, lead):
    case = lead("unsigned")
    author = more(office, "first.rule.two", "compliance", "first")
    case.self_check.written_by = author
    case.self_check.save()
    with pytest.raises(NotAllowed) as wrong:
        actions.sign_check(author, case)
    assert wrong.value.code == "E-SELF-02"
    actions.sign_check(company.compliance, case)
    twice = Membership.objects.create(user=company.compliance.user, institution=company.compliance.institution, role="analyst", made_at=clock.now())
    with pytest.raises(moves.Refused) as refused:
        actions.move(twice, case, "submit", Asked())
    assert [one.code for one in refused.value.missing] == ["M-APART"], "one person in two roles stays one person"


def test_a_change_takes_the_signature_off(office, company, lead):
    case = lead("signed")
    assert engine(case).self_check.signed_by == company.compliance.user.username
    actions.write_check(company.analyst, case, engine(case).self_check)
    assert engine(case).self_check.signed_by is None


def test_conduct_findings_are_spoken_to(office, company, lead):
    case = lead("signed")
    actions.take_findings(case, ["F-1"])
    assert {one.code for one in self_check.missing(engine(case))} == {"M-FINDING", "M-SIGN"}
    told = replace(engine(case).self_check, findings={"F-1": "已向当事人致歉并停用该批短信"})
    actions.write_check(company.analyst, case, told)
    actions.sign_check(company.compliance, case)
    assert self_check.missing(engine(case)) == ()


def test_nothing_is_written_once_it_is_submitted(office, company, lead):
    case = lead("submitted")
    for write in (lambda: actions.write_claims(company.analyst, case, []), lambda: actions.answer_guards(company.analyst, case, {}),
                  lambda: actions.write_check(company.analyst, case, engine(case).self_check)):  # fmt: skip
        with pytest.raises(moves.Refused) as wrong:
            write()
        assert wrong.value.code == "E-CASE-07"


# Criteria and guards.


def test_a_criterion_counts_with_an_exhibit_of_this_case_alone(office, company, lead):
    case, other = lead("signed"), office.exhibit(company.analyst)
    actions.write_claims(company.analyst, case, [kinds.Claim("A1", (str(other.code),)), kinds.Claim("A3", ())])
    missing = [(one.code, one.about) for one in criteria.missing_criteria(engine(case))]
    assert ("M-EXHIBIT", "A1") in missing and ("M-EXHIBIT", "A3") in missing and ("M-ENOUGH", "criteria") in missing


def test_a_damaged_exhibit_carries_nothing(office, company, lead):
    case = lead("signed")
    assert criteria.missing_criteria(engine(case)) == ()
    exhibit = access.exhibits_of(case)[0]
    exhibit.state = "damaged"
    exhibit.save()
    assert {one.code for one in criteria.missing_criteria(engine(case))} == {"M-EXHIBIT", "M-ENOUGH"}


def test_an_open_guard_keeps_an_application_back(office, company, lead):
    case = lead("signed")
    case.guards.filter(guard="G8").delete()
    with pytest.raises(moves.Refused) as wrong:
        actions.move(company.analyst, case, "submit", Asked())
    assert [(one.code, one.about) for one in wrong.value.missing] == [("M-GUARD", "G8")]
    actions.answer_guards(company.analyst, case, {"G5": kinds.Answer(True, "代理人是持证律师,有律所函在案")})
    assert {one.code for one in criteria.missing_criteria(engine(case))} == {"M-ENOUGH"}, "a lawyer takes A3 and A5 away"


# One open case for one matter.


def test_one_open_case_for_one_ring_and_typology(office, company, lead):
    case, ring = lead("draft"), office.ring("first")
    with pytest.raises(Conflict) as wrong:
        actions.open_case(company.analyst, ring, "application", "BG01")
    assert wrong.value.code == "E-CASE-15"
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(table="application", institution=case.institution, typology="BG01", key=ring.ring_id, state="draft",
                            made_by=company.analyst, made_at=clock.now(), moved_at=clock.now())  # fmt: skip
    assert actions.open_case(company.analyst, ring, "application", "BG02").pk != case.pk
    assert actions.open_case(company.analyst, ring, "suspicion", "BG01").pk != case.pk


def test_the_ring_page_opens_the_one_that_is_open_already(office, company, lead):
    case, ring, client = lead("draft"), office.ring("first"), office.client("analyst")
    assert reverse("cases-ring-open", args=[ring.code]) in client.get(reverse("identify-ring", args=[ring.code])).content.decode()
    assert case.number in client.get(reverse("cases-ring-open", args=[ring.code])).content.decode()
    answer = client.post(reverse("cases-ring-open", args=[ring.code]), {"table": "application", "typology": "BG01"}, follow=True)
    assert "已有未结的案件" in answer.content.decode() and answer.redirect_chain[-1][0] == reverse("cases-case", args=[case.code])
    assert Case.objects.count() == 1
    actions.move(office.members["supervisor", "first"], case, "withdraw", Asked("重复立案,撤回这一件留待以后"))
    client.post(reverse("cases-ring-open", args=[ring.code]), {"table": "application", "typology": "BG01"})
    assert Case.objects.count() == 2, "one that is closed stands in nobody's way"


def test_an_activity_the_ring_does_not_show_needs_grounds(office, company):
    ring, client = office.ring("first"), office.client("analyst")
    assert ring.activity_codes == ["BG01", "BG02"]
    with pytest.raises(NotEnough) as wrong:
        actions.open_case(company.analyst, ring, "application", "BG07", "太短")
    assert (wrong.value.code, wrong.value.where) == ("E-CASE-24", "grounds") and "BG01" in wrong.value.say.en and wrong.value.fix.zh
    with pytest.raises(InputError) as wrong:
        actions.open_case(company.analyst, ring, "application", "BG99", WHY)
    assert wrong.value.code == "E-CASE-23"
    asked = {"table": "application", "typology": "BG07"}
    told = client.post(reverse("cases-ring-open", args=[ring.code]), asked).content.decode()
    assert "E-CASE-24" in told and "BG01、BG02" in told and not Case.objects.exists()
    client.post(reverse("cases-ring-open", args=[ring.code]), asked | {"grounds": WHY})
    made = Case.objects.get()
    assert made.grounds == WHY and WHY in client.get(reverse("cases-case", args=[made.code])).content.decode()
    assert actions.open_case(company.analyst, ring, "suspicion", "BG01", WHY).grounds == "", "none are kept where the ring shows it"


def test_a_suspicion_case_nobody_is_given_has_its_clock(office, company):
    ring, client = office.ring("first"), office.client("supervisor")
    case = actions.open_case(company.analyst, ring, "suspicion", "BG01")
    told = client.get(reverse("cases-case", args=[case.code])).content.decode()
    assert "首次查看" in told and "没有时限在走" not in told
    line = waiting_list.line(case, clock.now())
    assert line.first.clock.id == "suspicion.first_look" and case.due_on == line.first.due.on
    actions.move(office.members["supervisor", "first"], case, "assign", Asked(fields={"assignee": company.analyst.user.username}))
    assert waiting_list.line(Case.objects.get(pk=case.pk), clock.now()).first == line.first, "giving it away gains no time"


# Who sees what.


def test_reviewers_see_what_was_submitted_and_is_theirs(office, company, lead):
    case = lead("draft")
    seen = {}

    def look():
        people_asked = {"office": company.office, "group": company.group[0], "expert": company.committee[0], "later": company.appeal[0],
                        "dispute": company.dispute, "neighbour": office.members["analyst", "second"],
                        "regulator": office.members["regulator_reader", "regulator"]}  # fmt: skip
        seen.update({name: access.visible_cases(who).filter(pk=case.pk).exists() for name, who in people_asked.items()})
        return {name for name, is_seen in seen.items() if is_seen}

    for to, expected in (("draft", set()), ("submitted", {"office"}), ("working_group", {"office", "group"}),
                         ("committee", {"office", "group", "expert"}), ("published", {"office", "group", "expert", "dispute"}),
                         ("disputed", {"office", "group", "expert", "dispute", "later"})):  # fmt: skip
        cases.lead_on(company, case, Way(to))
        assert look() == expected, to
    review.share(company.office, case)
    assert "regulator" not in look()
    office.door(office.members["regulator_reader", "regulator"])
    assert "regulator" in look()


def test_a_case_sent_back_is_out_of_the_associations_sight(office, company, lead):
    case = lead("submitted")
    actions.move(company.office, case, "return_incomplete", Asked(fields={"lacking": "缺少客户本人的陈述记录"}))
    with pytest.raises(NotFound):
        access.get_case(company.office, case.code)
    assert engine(case).self_check.signed_by is None


def test_the_regulator_reads_the_decision_and_nothing_else(office, company, lead):
    case = lead("published")
    office.door(office.members["regulator_reader", "regulator"])
    client = office.client("regulator_reader", "regulator")
    assert client.get(reverse("cases-case", args=[case.code])).status_code == 404
    office.client("secretariat", "association").post(reverse("cases-case-share", args=[case.code]))
    told = client.get(reverse("cases-case", args=[case.code]), follow=True).content.decode()
    assert "异常" in told and demo_story.REASONS["abnormal"][:9] in told
    assert not any(str(one.user) in told for one in (*company.committee, *company.group, company.analyst))
    assert client.get(reverse("cases-case-vote", args=[case.code])).status_code == 403


def test_what_people_wrote_is_shown_with_its_numbers_covered(office, company, lead):
    case = lead("draft")
    facts = "客户手机 13800138000 与代理电话 13911110000 均在投诉信里,身份证 11010119900307123X"
    actions.move(company.analyst, case, "begin_self_check", Asked(fields={"complaint": "TS-1", "typology": "BG01", "facts": facts}))
    told = office.client("compliance").get(reverse("cases-case", args=[case.code])).content.decode()
    assert "均在投诉信里" in told and "13800138000" not in told and "11010119900307123X" not in told


# Recusal, groups, panels.


def test_the_working_group_is_two_and_nobody_tied(office, company, lead):
    case = lead("submitted")
    with pytest.raises(NotEnough):
        review.seat_group(company.office, case, company.group[:1])
    review.enter_tie(company.office, case, company.group[1], "relative", "当事人的表亲,本人申报")
    with pytest.raises(NotEnough) as wrong:
        review.seat_group(company.office, case, company.group)
    assert "亲属" in wrong.value.say.zh


def test_whoever_works_or_worked_for_the_applicant_is_barred_without_saying_so(office, company, lead):
    case = lead("working_group")
    expert = company.committee[0]
    old = Membership.objects.create(user=expert.user, institution=case.institution, role="analyst", made_at=clock.now(), ended_at=clock.now())
    with pytest.raises(NotEnough) as wrong:
        review.seat_panel(company.office, case, company.committee)
    assert "曾任职机构" in wrong.value.say.zh
    page = office.client("secretariat", "association").get(reverse("cases-case-vote", args=[case.code])).content.decode()
    assert f'name="seats" value="{expert.code}"' not in page and "不能请的" in page
    assert f'name="seats" value="{company.committee[1].code}"' in page
    assert old.ended_at


def test_one_enters_ones_own_ties_alone(office, company, lead):
    case = lead("committee")
    review.enter_tie(company.committee[0], case, company.committee[0], "adviser", "去年为申请机构作过培训")
    with pytest.raises(NotAllowed) as wrong:
        review.enter_tie(company.committee[1], case, company.committee[2], "adviser", "听说作过培训")
    assert wrong.value.code == "E-CASE-20"
    with pytest.raises(NotAllowed) as barred:
        review.cast(company.committee[0], case, "abnormal", WHY)
    assert barred.value.code == "E-CASE-05"
    with pytest.raises(Conflict):
        review.enter_tie(company.office, case, company.committee[1], "friend", "没有这种关系")


def test_opinions_are_of_those_who_sit_once_each(office, company, lead):
    case = lead("working_group")
    review.write_opinion(company.group[0], case, "abnormal", WHY)
    with pytest.raises(Conflict):
        review.write_opinion(company.group[0], case, "unclear", WHY)
    stranger = more(office, "group.three", "working_group")
    with pytest.raises(NotAllowed):
        review.write_opinion(stranger, case, "abnormal", WHY)
    review.write_opinion(company.group[1], case, "not_abnormal", WHY)
    assert [one.code for one in _refused(company.group[0], case, "find_not_abnormal", reasons=WHY).missing] == ["M-AGREED"]


def _refused(who, case, act, **fields):
    with pytest.raises(moves.Refused) as wrong:
        actions.move(who, case, act, Asked(fields=fields))
    return wrong.value


def test_opinions_lapse_when_more_is_asked_and_stay_on_record(office, company, lead):
    case = lead("working_group")
    review.write_opinion(company.group[0], case, "unclear", WHY)
    actions.move(company.group[0], case, "ask_more", Asked(fields={"lacking": "缺少客户本人的陈述记录"}))
    assert Opinion.objects.get(case=case).lapsed_at and engine(case).opinions == ()
    assert engine(case).state == "returned"


def test_a_group_that_agrees_ends_it_without_a_committee(office, company, lead):
    case = lead("working_group")
    for one in company.group:
        review.write_opinion(one, case, "not_abnormal", WHY)
    actions.move(company.group[0], case, "find_not_abnormal", Asked(fields={"reasons": WHY}))
    case.refresh_from_db()
    (made,) = access.decisions_of(case)
    assert (case.state, made.outcome, made.stage, made.n_by_choice) == ("not_abnormal", "not_abnormal", "working_group", {})


# Votes are secret until closed.


def test_a_vote_is_read_by_its_owner_alone_until_the_ballot_closes(office, company, lead):
    case = lead("committee")
    secret = "这一票的理由只有本人看得到,直到封票为止"
    review.cast(company.committee[0], case, "not_abnormal", secret)
    readers = [company.office, *company.group, *company.committee[1:]]
    address = reverse("cases-case-vote", args=[case.code])
    for who in readers:
        told = as_member(office, who).get(address).content.decode()
        assert secret not in told and "已投 1 / 3" in told
    assert secret in as_member(office, company.committee[0]).get(address).content.decode()
    assert secret not in office.client("analyst").get(reverse("cases-case", args=[case.code])).content.decode()
    for one in company.committee[1:]:
        review.cast(one, case, "abnormal", WHY)
    assert secret not in as_member(office, company.office).get(address).content.decode(), "all have voted; it is not closed yet"
    review.close_ballot(company.office, case)
    assert all(secret in as_member(office, who).get(address).content.decode() for who in readers)


def as_member(office, who):
    from django.test import Client

    client = Client(raise_request_exception=True)
    client.force_login(who.user)
    return client


def test_a_vote_is_one_a_person_written_and_final(office, company, lead):
    case = lead("committee")
    with pytest.raises(NotEnough):
        review.cast(company.committee[0], case, "abnormal", "短")
    review.cast(company.committee[0], case, "abnormal", WHY)
    with pytest.raises(Conflict):
        review.cast(company.committee[0], case, "not_abnormal", WHY)
    with pytest.raises(NotAllowed):
        review.cast(company.appeal[0], case, "abnormal", WHY)
    with pytest.raises(IntegrityError), transaction.atomic():
        one = company.committee[0]
        Vote.objects.create(case=case, stage="first", made_by=one, person=one.user, choice="abnormal", reason=WHY, at=clock.now())


def test_a_ballot_closes_when_all_have_voted_and_its_panel_stays(office, company, lead):
    case = lead("committee")
    review.cast(company.committee[0], case, "abnormal", WHY)
    with pytest.raises(NotEnough) as wrong:
        review.close_ballot(company.office, case)
    assert wrong.value.code == "E-QUORUM-09"
    with pytest.raises(Conflict) as kept:
        review.seat_panel(company.office, case, [*company.committee[1:], company.appeal[0]])
    assert kept.value.code == "E-QUORUM-06"
    for one in company.committee[1:]:
        review.cast(one, case, "abnormal", WHY)
    review.close_ballot(company.office, case)
    with pytest.raises(Conflict):
        review.close_ballot(company.office, case)
    with pytest.raises(Conflict) as closed:
        review.seat_panel(company.office, case, company.committee)
    assert closed.value.code == "E-QUORUM-05"


def test_the_decision_is_the_majoritys(office, company, lead):
    case = lead("voted", votes=("abnormal", "not_abnormal", "insufficient"))
    review.close_ballot(company.office, case)
    assert [one.code for one in _refused(company.committee[0], case, "decide_abnormal", reasons=WHY, handling=WHY).missing] == ["M-MAJORITY"]
    actions.move(company.committee[0], case, "decide_split", Asked(fields={"reasons": WHY}))
    case.refresh_from_db()
    assert case.outcome == "split"


def test_an_even_panel_and_one_with_a_member_of_the_group_do_not_sit(office, company, lead):
    case = lead("working_group")
    with pytest.raises(NotEnough):
        review.seat_panel(company.office, case, company.committee[:2])
    both = Membership.objects.create(user=company.group[0].user, institution=company.office.institution, role="expert", made_at=clock.now())
    with pytest.raises(NotEnough) as wrong:
        review.seat_panel(company.office, case, [both, *company.committee[1:]])
    assert "不能再审自己的意见" in wrong.value.say.zh


def test_an_appeal_panel_shares_nobody(office, company, lead):
    case = lead("published")
    with pytest.raises(NotEnough) as wrong:
        review.seat_panel(company.dispute, case, [company.committee[0], *company.appeal[1:]])
    assert "审过初评" in wrong.value.say.zh
    assert _refused(company.dispute, case, "dispute", disputed_by="agent", dispute_grounds=WHY).missing[0].code == "M-PANEL"


def test_no_panel_is_asked_for_outside_its_states(office, company, lead):
    case = lead("submitted")
    with pytest.raises(moves.Refused):
        review.seat_panel(company.office, case, company.committee)
    with pytest.raises(Conflict) as wrong:
        review.stage_of(case)
    assert wrong.value.code == "E-CASE-18"


# What follows.


def test_a_notice_is_confirmed_once_and_its_task_is_done(office, company, lead):
    case = lead("published")
    (notice,) = access.notices_of(case)
    assert notice.appeal_until > clock.today() + timedelta(days=29)
    client = office.client("analyst")
    client.post(reverse("cases-notice-receive", args=[notice.code]))
    assert client.post(reverse("cases-notice-receive", args=[notice.code])).status_code == 409
    open_tasks = [one.rule for one in access.tasks_of(case) if one.done_at is None]
    assert open_tasks == ["tell_person"]
    (task,) = [one for one in access.tasks_of(case) if one.done_at is None]
    assert office.client("supervisor").post(reverse("cases-task-done", args=[task.code]), {"note": "已电话告知"}).status_code == 404
    office.client("secretariat", "association").post(reverse("cases-task-done", args=[task.code]), {"note": "挂号信寄出"})
    assert [one.receiver for one in access.notices_of(case)] == ["applicant", "person"]
    with pytest.raises(Conflict):
        actions.finish_task(company.office, Task.objects.get(pk=task.pk), "再寄一次")


def test_a_decision_is_shared_once_it_was_told(office, company, lead):
    case = lead("abnormal")
    with pytest.raises(Conflict) as wrong:
        review.share(company.office, case)
    assert wrong.value.code == "E-CASE-21"
    cases._publish(company, case, Way(""))
    review.share(company.office, case)
    with pytest.raises(Conflict):
        review.share(company.office, case)


def test_a_decision_expires_by_the_house_on_its_day_and_not_before(office, company, lead, monkeypatch):
    from lianfang.web.cases import work

    case = lead("published")
    assert work.once() == 0
    later = clock.now() + timedelta(days=366)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert work.once() == 1 and work.once() == 0
    case.refresh_from_db()
    assert case.state == "expired" and case.ended_at == later
    assert access.steps_of(case)[-1].made_by is None
    assert case.number in office.client("analyst").get("/cases?ended=1").content.decode()
    assert case.number not in office.client("analyst").get("/cases").content.decode()


def test_a_suspicion_case_is_checked_by_a_second_person(office, company):
    boss, ring = office.members["supervisor", "first"], office.ring("first")
    case = cases.look_into(boss, boss, ring, "BG02")
    fields = {"finding": "refuted", "grounds": "核对了通话、账单和代理人身份,未见异常之处,文字相同系网上模板"}
    actions.move(boss, case, "propose", Asked(fields=fields))
    assert _refused(boss, case, "take_check").code == "E-CASE-03", "nobody checks their own work"
    actions.move(company.compliance, case, "take_check", Asked())
    page = office.client("compliance").get(reverse("cases-case", args=[case.code])).content.decode()
    assert 'value="refute"' in page and 'id="check"' not in page
    actions.move(company.compliance, case, "refute", Asked("同意,文字相同系网上公开模板,无组织者,亦无收费"))
    actions.move(company.compliance, case, "close", Asked("没有未完成的任务,按规定结案归档,三年后再看"))
    case.refresh_from_db()
    assert case.state == "closed" and case.outcome == "refuted" and case.ended_at
    assert access.visible_cases(company.office).filter(pk=case.pk).count() == 0, "it never leaves the lender"


# Work: leases, the queue, many at once.


def test_claimed_work_is_left_alone_until_it_is_given_back(office, company, lead):
    case = lead("draft")
    boss = office.members["supervisor", "first"]
    actions.claim(boss, case)
    with pytest.raises(Conflict) as wrong:
        actions.answer_guards(company.analyst, case, {})
    assert wrong.value.code == "E-LEASE-01"
    with pytest.raises(Conflict):
        actions.release(company.analyst, case)
    assert str(boss.user) in office.client("analyst").get(reverse("cases-case", args=[case.code])).content.decode()
    before = Lease.objects.get(case=case).until
    actions.answer_guards(boss, case, {})
    assert Lease.objects.get(case=case).until >= before
    actions.release(boss, case)
    actions.answer_guards(company.analyst, case, {})


def test_an_old_lease_gives_the_work_back(office, company, lead, monkeypatch):
    case = lead("draft")
    actions.claim(office.members["supervisor", "first"], case)
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    actions.answer_guards(company.analyst, case, {})
    actions.claim(company.analyst, case)
    assert Lease.objects.get(case=case).member_id == company.analyst.pk


def test_the_queue_is_ordered_by_the_earliest_day_and_filtered(office, company, lead):
    unsigned = lead("unsigned")
    submitted = cases.lead(company, office.ring("first"), "BG02", Way("submitted"))
    draft = cases.lead(company, office.ring("first"), "BG03", Way("draft"))
    shown = waiting_list.asked(company.analyst, {}, clock.now())
    assert [one.case.pk for one in shown[:9]] == [submitted.pk, unsigned.pk, draft.pk], "five days, ten days, none"
    assert shown.count() == 3 and shown[:1][0].standing.state in ("running", "soon")
    count = {asked: waiting_list.asked(company.analyst, dict([asked]), clock.now()).count() for asked in (
        ("whose", "me"), ("state", "draft"), ("table", "suspicion"), ("typology", "BG02"), ("late", "1"), ("find", draft.number),
        ("find", "nothing so called"), ("find", office.ring("first").ring_id))}  # fmt: skip
    assert list(count.values()) == [2, 1, 0, 1, 0, 1, 0, 3]
    client = office.client("analyst")
    assert "共 3 件" in client.get("/cases", headers={"HX-Request": "true"}).content.decode()


def test_late_is_told_by_the_clock_of_the_day(office, company, lead, monkeypatch):
    case = lead("submitted")
    later = clock.now() + timedelta(days=40)
    monkeypatch.setattr(clock, "now", lambda: later)
    shown = waiting_list.asked(company.office, {"late": "1"}, later)
    assert [one.case.pk for one in shown[:5]] == [case.pk] and shown[:5][0].standing.state == "late"


def test_the_next_case_passes_over_what_one_may_not_have(office, company, lead):
    tied = lead("submitted")
    free = cases.lead(company, office.ring("first"), "BG02", Way("submitted"))
    assert waiting_list.next_case(company.office, clock.now()) == tied.code
    review.enter_tie(company.office, tied, company.office, "relative", "当事人的表亲,本人申报")
    assert waiting_list.next_case(company.office, clock.now()) == free.code
    colleague = more(office, "office.two", "secretariat")
    actions.claim(colleague, free)
    assert waiting_list.next_case(company.office, clock.now()) is None
    assert as_member(office, colleague).post("/cases/next").url == reverse("cases-case", args=[tied.code]), "the tie bars one person"


def test_a_bulk_act_has_a_result_for_each(office, company, lead):
    draft, submitted = lead("draft"), cases.lead(company, office.ring("first"), "BG02", Way("submitted"))
    foreign = office.case(office.members["analyst", "second"])
    chosen = [str(one.code) for one in (draft, submitted, foreign)]
    client = office.client("supervisor")
    asked = client.post("/cases/bulk", {"act": "withdraw", "codes": chosen}).content.decode()
    assert "至少 10 字" in asked and draft.number not in asked, "a note is asked for first"
    told = client.post("/cases/bulk", {"act": "withdraw", "codes": chosen, "go": "1", "note": "同一事项已另案处理,撤回"}).content.decode()
    assert told.count("未办") == 1 and told.count(">已办<") == 2 and "没有这个案件" in told
    assert foreign.number not in told
    again = client.post("/cases/bulk", {"act": "withdraw", "codes": chosen, "go": "1", "note": "同一事项已另案处理,撤回"}).content.decode()
    assert again.count("未办") == 3 and "E-CASE-01" in again
    assert "先选" in client.post("/cases/bulk", {"act": "withdraw"}, follow=True).content.decode()


def test_a_bulk_claim_is_for_each_its_own(office, company, lead):
    mine, taken = lead("draft"), cases.lead(company, office.ring("first"), "BG02", Way("draft"))
    actions.claim(office.members["supervisor", "first"], taken)
    told = office.client("analyst").post("/cases/bulk", {"act": "claim", "codes": [str(mine.code), str(taken.code)]}).content.decode()
    assert told.count(">已办<") == 1 and "E-LEASE-01" in told


# Precedents and proofs.


def test_precedents_name_nobody_and_give_both_outcomes(office, company, lead):
    lead("published")
    told = office.client("analyst", "second").get("/cases/precedents?typology=BG01&criteria=A5&guards=G1&criteria=A99").content.decode()
    assert "异常" in told and "A5" in told and str(company.analyst.user) not in told and "共有" in told
    assert "没有共有之处" in office.client("expert", "association").get("/cases/precedents?criteria=A12").content.decode()


def test_a_move_is_proved_without_us(office, company, lead, tmp_path):
    from django.test import override_settings

    from lianfang.engine.evidence import note, policy, proof
    from lianfang.web.evidence import access as log
    from lianfang.web.evidence import actions as entries
    from lianfang.web.evidence.models import Entry, Opening

    with override_settings(HOME=tmp_path):
        Opening.objects.all().delete()
        Entry.objects.all().delete()
        case = lead("draft")
        cases._begin(company, case, Way(""))
        entries.sequence()
        (step,) = access.steps_of(case)
        client = office.client("analyst")
        raw = client.get(reverse("cases-step-leaf", args=[step.code])).content
        proved = client.get(reverse("cases-step-proof", args=[step.code])).content
        assert proof.verify(proved, raw, policy.Policy(note.read_key(log.key_line())))
        assert office.client("analyst", "second").get(reverse("cases-step-proof", args=[step.code])).status_code == 404


# Forms.


def test_the_forms_of_a_case_keep_what_was_typed(office, company, lead):
    case, client = lead("unsigned"), office.client("analyst")
    client.post(reverse("cases-case-check", args=[case.code]), {"S1": "no", "S1_note": "逐笔核对录音,没有违规", "S2": "yes", "remedy": ""})
    kept = engine(case).self_check
    assert kept.answers == {"S1": kinds.Answer(False, "逐笔核对录音,没有违规"), "S2": kinds.Answer(True, "")}, "no answer is not a no"
    client.post(reverse("cases-case-guards", args=[case.code]), {"G1": "yes", "G1_note": "客户失业,有社保停缴记录"})
    assert engine(case).guards["G1"].yes
    exhibit = access.exhibits_of(case)[0]
    client.post(reverse("cases-case-claims", args=[case.code]), {"A1": "on", "A1_note": "出具方已否认", "A1_exhibits": [str(exhibit.code)]})
    assert engine(case).claims == (kinds.Claim("A1", (str(exhibit.code),), "出具方已否认"),)
    client.post(reverse("cases-case-claims", args=[case.code]), {"A2": "on", "A2_exhibits": [str(uuid.uuid4())]})
    assert Claim.objects.filter(case=case).count() == 1, "an exhibit of elsewhere is refused"


def test_the_review_is_done_on_its_pages(office, company, lead):
    case, secretary = lead("submitted"), office.client("secretariat", "association")
    at = {name: reverse(f"cases-case-{name}", args=[case.code]) for name in
          ("group", "group-seat", "opinion", "vote", "panel-seat", "cast", "close", "move", "decision", "tie", "appeal")}  # fmt: skip
    secretary.post(at["group-seat"], {"seats": [str(one.code) for one in company.group]})
    assert secretary.post(at["move"], {"act": "accept"}).status_code == 302
    for one in company.group:
        assert "我的意见" in as_member(office, one).get(at["group"]).content.decode()
        as_member(office, one).post(at["opinion"], {"finding": "abnormal", "reason": WHY})
    assert secretary.post(at["panel-seat"], {"seats": [str(company.committee[0].code)]}).status_code == 409
    secretary.post(at["panel-seat"], {"seats": [str(one.code) for one in company.committee]})
    as_member(office, company.group[0]).post(at["move"], {"act": "refer", "handling": WHY + WHY})
    as_member(office, company.committee[0]).post(at["cast"], {"choice": "abnormal", "reason": "短"})
    assert not Vote.objects.exists()
    for one in company.committee:
        as_member(office, one).post(at["cast"], {"choice": "not_abnormal", "reason": WHY})
    secretary.post(at["close"])
    as_member(office, company.committee[0]).post(at["move"], {"act": "decide_not_abnormal", "reasons": WHY})
    secretary.post(at["move"], {"act": "publish", "told_how": "书面", "expires_on": "2030-01-01"})
    told = office.client("analyst").get(at["decision"]).content.decode()
    assert "不异常" in told and "可申诉至" in told and str(company.committee[0].user) not in told
    assert "还没有组成" in as_member(office, company.dispute).get(at["appeal"]).content.decode()
    as_member(office, company.dispute).post(at["tie"], {"person": str(company.appeal[0].code), "kind": "adviser", "note": "培训过该机构"})
    assert "顾问" in as_member(office, company.dispute).get(at["appeal"]).content.decode()


def test_the_demo_leaves_cases_everywhere_on_their_way(office, company):
    rings = []
    for n in range(9):
        ring = office.ring("first")
        ring.pk, ring.code, ring.ring_id = None, uuid.uuid4(), f"R-DEMO{n}"
        ring.save(force_insert=True)
        rings.append(ring)
    made = cases.fill(company, rings, office.members["supervisor", "first"])
    assert [one.state for one in made] == ["self_check", "submitted", "working_group", "committee", "published", "disputed", "corrected", "investigating", "new"]
    assert Vote.objects.filter(case=made[3]).count() == 2 and made[0].self_check.signed_by is None


def test_the_demos_story_does_not_contradict_itself(office, company, lead):
    """A breach found by the self-check is a breach among the innocent reasons, and no claim rests on what it takes away."""
    case = engine(lead("signed"))
    told = case.self_check.answers
    assert case.guards["G3"].yes == any(told[one["id"]].yes for one in self_check.knowledge()["questions"] if one["fault"])
    assert set(told) == set(demo_story.ANSWERS) and set(case.guards) == set(demo_story.GUARDS)
    notes = [one.note for one in (*told.values(), *case.guards.values())]
    assert len(set(notes)) == len(notes), "every question has its own answer"
    weighed = criteria.weigh(case.claims, case.guards)
    assert not weighed.taken_away and weighed.is_enough
    assert told["S6"].yes and office.ring("first").why_zh in case.fields["facts"] and case.fields["complaint"] == "C0"


def test_a_lender_of_the_demo_uploads_what_it_holds_itself():
    from lianfang.web.site import cast, demo

    world = demo._world(300)
    uploads = {username: demo._files(world, username) for username in cast.LENDERS}
    houses = [house.name.zh for house in cast.HOUSES.values()]
    assert set(uploads) == set(cast.LENDERS) and all(any(one.startswith(name) for one in houses) for name in cast.LENDERS.values())
    for username, name in cast.LENDERS.items():
        others = [one for one in cast.LENDERS.values() if one != name]
        for file in uploads[username]:
            rows = file.read().decode("utf-8-sig").splitlines()
            assert len(rows) > 1, (username, file.name)
            assert {row.split(",")[1] for row in rows if row.split(",")[1:2] and row.split(",")[1] in cast.LENDERS.values()} <= {name}, others
