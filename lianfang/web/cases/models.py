"""A case, the moves made with it, what its institution wrote, who works on it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from lianfang.engine.cases import tables
from lianfang.engine.terms.errors import Say
from lianfang.web.cases.review_models import (
    Appeal,
    Decision,
    GroupSeat,
    Opinion,
    Panel,
    PanelSeat,
    Tie,
    Vote,
)
from lianfang.web.cases.states import RECEIVERS

__all__ = [
    "Appeal", "Case", "Claim", "ClaimExhibit", "Decision", "GroupSeat", "GuardAnswer", "Lease", "Notice", "Opinion",
    "Panel", "PanelSeat", "SelfCheck", "Step", "Task", "Tie", "Vote",
]  # fmt: skip

MEMBER = "accounts.Membership"


class Case(models.Model):
    """One matter of one institution; where it stands is what its moves made of it."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    table = models.CharField(max_length=16, help_text="which table it moves by: application, suspicion")
    institution = models.ForeignKey("accounts.Institution", on_delete=models.PROTECT, related_name="cases")
    typology = models.CharField(max_length=8, help_text="activity it is about, a BG code")
    grounds = models.TextField(blank=True, help_text="why this activity, where the ring does not show it")
    key = models.CharField(max_length=64, help_text="the matter: the engine's id of the ring")
    ring = models.ForeignKey("identify.Ring", null=True, on_delete=models.SET_NULL, related_name="cases")
    state = models.CharField(max_length=24, help_text="a state of its table")
    outcome = models.CharField(max_length=16, blank=True, help_text="what it was found to be")
    appeal_outcome = models.CharField(max_length=16, blank=True, help_text="what the appeal made of that")
    priority = models.PositiveSmallIntegerField(default=0, help_text="first among those due on one day")
    due_on = models.DateField(null=True, help_text="earliest last day as of the last move; orders lists, decides nothing")
    expires_on = models.DateField(null=True, help_text="day on which the decision expires")
    findings = models.JSONField(default=list, help_text="codes of conduct findings the self-check must speak to")
    made_by = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="cases")
    made_at = models.DateTimeField(help_text="when it was opened")
    moved_at = models.DateTimeField(help_text="when it last moved")
    ended_at = models.DateTimeField(null=True, help_text="when it came to rest; none while it is open")
    shared_at = models.DateTimeField(null=True, help_text="when the decision was shared with the regulator")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("institution", "table", "typology", "key"), condition=models.Q(ended_at=None), name="case_open_once"
            ),
        )
        indexes = (models.Index(fields=("institution", "state", "due_on"), name="case_by_due"),)

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Give the short number people say aloud."""
        return f"{'Y' if self.table == 'application' else 'D'}-{self.code.hex[:8].upper()}"

    @property
    def table_name(self) -> Say:
        """Give the words for its kind."""
        return tables.get(self.table).name

    @property
    def state_name(self) -> Say:
        """Give the words for where it stands."""
        return tables.get(self.table).states[self.state].name

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"table": self.table, "typology": self.typology, "grounds": self.grounds, "key": self.key, "state": self.state,
                "findings": self.findings, "shared_at": self.shared_at}  # fmt: skip


class Step(models.Model):
    """One move made; kept for ever, in order."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=32, help_text="the act's code in its table")
    made_by = models.ForeignKey(MEMBER, null=True, on_delete=models.PROTECT, related_name="case_steps")
    institution = models.ForeignKey("accounts.Institution", on_delete=models.PROTECT, related_name="case_steps")
    at = models.DateTimeField(help_text="when")
    came_from = models.CharField(max_length=24, help_text="the state before")
    to = models.CharField(max_length=24, help_text="the state after")
    note = models.TextField(blank=True, help_text="what was said with it")
    given = models.JSONField(default=dict, help_text="fields that came with it; days as YYYY-MM-DD")
    exhibits = models.JSONField(default=list, help_text="codes of exhibits that came with it")

    class Meta:
        indexes = (models.Index(fields=("case", "id"), name="case_step_by_case"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.act}"

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"case": str(self.case.code), "act": self.act, "from": self.came_from, "to": self.to, "note": self.note,
                "given": self.given, "exhibits": self.exhibits}  # fmt: skip


class SelfCheck(models.Model):
    """What the institution found about itself; any change takes the signature off."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="self_check")
    written_by = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="self_checks")
    written_at = models.DateTimeField(help_text="when it was last changed")
    answers = models.JSONField(default=dict, help_text="question → {yes, note}")
    findings = models.JSONField(default=dict, help_text="conduct finding → what was done about it")
    remedy = models.TextField(blank=True, help_text="what was put right")
    signed_by = models.ForeignKey(MEMBER, null=True, on_delete=models.PROTECT, related_name="self_checks_signed")
    signed_at = models.DateTimeField(null=True, help_text="when compliance signed; none while unsigned")

    def __str__(self) -> str:
        return f"self-check of {self.case_id}"

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"case": str(self.case.code), "answers": self.answers, "findings": self.findings, "remedy": self.remedy,
                "signed_by": str(self.signed_by.code) if self.signed_by else None, "signed_at": self.signed_at}  # fmt: skip


class Claim(models.Model):
    """One criterion claimed, and why; the exhibits it rests on stand beside."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="claims")
    criterion = models.CharField(max_length=8, help_text="A1 to A12")
    reason = models.TextField(blank=True, help_text="how the exhibits show it")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("case", "criterion"), name="claim_once"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.criterion}"


class ClaimExhibit(models.Model):
    """An exhibit a claim rests on."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="rests_on")
    exhibit = models.ForeignKey("evidence.Exhibit", on_delete=models.PROTECT, related_name="claims")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("claim", "exhibit"), name="claim_exhibit_once"),)

    def __str__(self) -> str:
        return f"{self.claim_id} {self.exhibit_id}"


class GuardAnswer(models.Model):
    """One innocent reason, answered."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="guards")
    guard = models.CharField(max_length=8, help_text="G1 to G8")
    applies = models.BooleanField(help_text="whether it applies")
    note = models.TextField(help_text="why, or why not")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("case", "guard"), name="guard_answer_once"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.guard}"


class Lease(models.Model):
    """Somebody works on a case: nobody else of the same institution does meanwhile."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="lease")
    member = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="leases")
    since = models.DateTimeField(help_text="since when")
    until = models.DateTimeField(help_text="until when, unless renewed")

    def __str__(self) -> str:
        return f"{self.case_id} {self.member_id}"


class Task(models.Model):
    """Something a move asks for besides; an open one keeps a case open."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="tasks")
    rule = models.CharField(max_length=32, help_text="a task of its table")
    done_by = models.ForeignKey(MEMBER, null=True, on_delete=models.PROTECT, related_name="tasks")
    done_at = models.DateTimeField(null=True, help_text="when; none while open")
    note = models.CharField(max_length=300, blank=True, help_text="how it was done")

    def __str__(self) -> str:
        return f"{self.case_id} {self.rule}"

    @property
    def name(self) -> Say:
        """Give its words."""
        return tables.get(self.case.table).tasks[self.rule].name

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"case": str(self.case.code), "rule": self.rule, "note": self.note, "done_at": self.done_at}


class Notice(models.Model):
    """What a party was told of a decision: how, by whom, until when it may appeal, whether it has it."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notices")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="notices")
    receiver = models.CharField(max_length=16, help_text="applicant or person")
    told_how = models.CharField(max_length=300, help_text="how it was told")
    appeal_until = models.DateField(null=True, help_text="last day of an appeal")
    made_by = models.ForeignKey(MEMBER, on_delete=models.PROTECT, related_name="notices")
    made_at = models.DateTimeField(help_text="when")
    received_by = models.ForeignKey(MEMBER, null=True, on_delete=models.PROTECT, related_name="notices_received")
    received_at = models.DateTimeField(null=True, help_text="when the applicant confirmed it")

    def __str__(self) -> str:
        return f"{self.case_id} {self.receiver}"

    @property
    def receiver_name(self) -> Say:
        """Give the words for who was told."""
        return RECEIVERS[self.receiver]

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"case": str(self.case.code), "receiver": self.receiver, "told_how": self.told_how,
                "appeal_until": self.appeal_until, "received_at": self.received_at}  # fmt: skip
