"""The review of a case: who sits, what they wrote, how they voted, what was decided, who must stand aside."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from lianfang.engine.cases.recusal import knowledge
from lianfang.engine.terms.errors import Say
from lianfang.web.cases.states import FINDINGS

MEMBER = "accounts.Membership"


def _words(shelf: str, word: str) -> Say:
    one = knowledge()[shelf].get(word, {"zh": word, "en": word})
    return Say(one["zh"], one["en"])


class GroupSeat(models.Model):
    """Somebody asked to sit in a case's working group; ended where another was asked instead."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="group_seats")
    member = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="group_seats")
    made_at = models.DateTimeField(help_text="since when")
    ended_at = models.DateTimeField(null=True, help_text="until when; none while it stands")

    def __str__(self) -> str:
        return f"{self.case_id} {self.member_id}"


class Opinion(models.Model):
    """One working-group member's written opinion; a case sent back lets it lapse, and it stays on record."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="opinions")
    made_by = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="opinions")
    finding = models.CharField(max_length=16, help_text="abnormal, not_abnormal, unclear")
    reason = models.TextField(help_text="why")
    at = models.DateTimeField(help_text="when")
    lapsed_at = models.DateTimeField(null=True, help_text="when it stopped counting")

    def __str__(self) -> str:
        return f"{self.case_id} {self.finding}"

    @property
    def finding_name(self) -> Say:
        """Give the words for the finding."""
        return FINDINGS[self.finding]

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"case": str(self.case.code), "finding": self.finding, "reason": self.reason}


class Panel(models.Model):
    """People who vote together on a stage of a case; replaced before anybody voted, or closed once all have."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="panels")
    stage = models.CharField(max_length=8, help_text="first or appeal")
    made_by = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="panels_made")
    made_at = models.DateTimeField(help_text="since when")
    closed_by = models.ForeignKey(MEMBER, null=True, on_delete=models.PROTECT, related_name="panels_closed")
    closed_at = models.DateTimeField(null=True, help_text="when its ballot was closed and the votes opened")
    ended_at = models.DateTimeField(null=True, help_text="when another panel took its place")

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage}"

    @property
    def name(self) -> Say:
        """Give the words for the panel."""
        return _words("panels", self.stage)

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        sat = sorted(str(one.member.code) for one in self.seats.all())
        return {"case": str(self.case.code), "stage": self.stage, "seats": sat, "closed_at": self.closed_at}


class PanelSeat(models.Model):
    """One seat of a panel."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="seats")
    member = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="panel_seats")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("panel", "member"), name="panel_seat_once"),)

    def __str__(self) -> str:
        return f"{self.panel_id} {self.member_id}"


class Vote(models.Model):
    """One vote with its written reason; nobody else reads it before the ballot is closed, nobody deletes it after."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="votes")
    stage = models.CharField(max_length=8, help_text="first or appeal")
    made_by = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="votes")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="votes")
    choice = models.CharField(max_length=16, help_text="a choice of review.yaml")
    reason = models.TextField(help_text="why")
    at = models.DateTimeField(help_text="when")

    class Meta:
        # By person, not by membership: two roles are one voice.
        constraints = (models.UniqueConstraint(fields=("case", "stage", "person"), name="vote_once"),)

    def __str__(self) -> str:
        return f"vote of {self.person_id} on {self.case_id}"

    @property
    def choice_name(self) -> Say:
        """Give the words for the choice."""
        return _words("choices", self.choice)

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to: salted, so that the log itself tells nobody how somebody voted."""
        return {"case": str(self.case.code), "stage": self.stage, "choice": self.choice, "reason": self.reason}


class Decision(models.Model):
    """What was decided, for whom it comes after: outcome, reasons, votes counted, proposal of handling."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="decisions")
    step = models.OneToOneField("cases.Step", on_delete=models.PROTECT, related_name="decision")
    stage = models.CharField(max_length=16, help_text="working_group, first or appeal")
    outcome = models.CharField(max_length=16, help_text="what it was found to be, or what the appeal made of it")
    reasons = models.TextField(help_text="why")
    handling = models.TextField(blank=True, help_text="how such complaints are to be handled, the same for all")
    correction = models.TextField(blank=True, help_text="what an appeal put right")
    n_by_choice = models.JSONField(default=dict, help_text="votes counted by choice; empty where the group agreed")
    dissents = models.JSONField(default=list, help_text="codes of the votes that went the other way")
    made_at = models.DateTimeField(help_text="when")

    def __str__(self) -> str:
        return f"{self.case_id} {self.outcome}"


class Appeal(models.Model):
    """An appeal taken: who appeals, why, what became of it."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="appeals")
    step = models.OneToOneField("cases.Step", on_delete=models.PROTECT, related_name="appeal")
    disputed_by = models.CharField(max_length=20, help_text="applicant, person_concerned, agent")
    grounds = models.TextField(help_text="why")
    made_at = models.DateTimeField(help_text="when it was taken")
    outcome = models.CharField(max_length=16, blank=True, help_text="upheld, corrected, removed; empty while under way")
    ended_at = models.DateTimeField(null=True, help_text="when it was decided")

    def __str__(self) -> str:
        return f"appeal of {self.case_id}"


class Tie(models.Model):
    """A tie of a reviewer on record: it bars, whatever anybody says, and is never deleted."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="ties")
    kind = models.CharField(max_length=20, help_text="a tie of review.yaml")
    to_institution = models.ForeignKey("accounts.Institution", null=True, on_delete=models.PROTECT, related_name="ties")
    to_case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="ties")
    note = models.CharField(max_length=300, help_text="how it is known")
    made_by = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="ties_made")
    made_at = models.DateTimeField(help_text="when it was entered")

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"

    @property
    def kind_name(self) -> Say:
        """Give the words for the tie."""
        return _words("ties", self.kind)

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"person": str(self.person.code), "kind": self.kind, "note": self.note,
                "to": str((self.to_institution or self.to_case).code)}  # fmt: skip
