"""Cases through their acts: moved by the table, seen by whom they concern, decided by people who may."""

import pytest

from lianfang.web.accounts import actions as people
from lianfang.web.site import demo_cases as cases
from lianfang.web.site.demo_cases import Way

PASSWORD = "a-long-enough-one-26"


@pytest.fixture
def company(office):
    """Everybody a case needs: one more of the working group, and experts for two panels."""

    def more(name, role):
        return people.enrol(name, PASSWORD, office.houses["association"], role, once=False)

    members = office.members
    group = [members["working_group", "association"], more("group.two", "working_group")]
    experts = [members["expert", "association"], *(more(f"expert.{n}", "expert") for n in range(5))]
    return cases.Company(
        members["analyst", "first"], members["compliance", "first"], members["secretariat", "association"], group, experts[:3],
        experts[3:], members["dispute_officer", "association"],
    )


def test_a_case_walks_from_draft_to_the_end_of_its_appeal(office, company):
    case = cases.lead(company, office.ring("first"), "BG01", Way("corrected"))
    assert (case.state, case.outcome, case.appeal_outcome) == ("corrected", "abnormal", "corrected")
