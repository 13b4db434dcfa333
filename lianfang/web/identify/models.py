"""Runs, rings, judgements."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.db import models

from lianfang.engine.terms.errors import Say
from lianfang.web.identify.states import ANSWERS, DONE, DRAFT, RUNNING, STATES, WAITING, record_name


class Run(models.Model):
    """Some uploaded files, and what the engine found in them."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey("accounts.Institution", on_delete=models.PROTECT, related_name="runs")
    made_by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="runs")
    name = models.CharField(max_length=120, help_text="what the person called it")
    state = models.CharField(max_length=16, default=DRAFT, help_text="draft, waiting, running, done, failed")
    made_at = models.DateTimeField(help_text="when the files came")
    started_at = models.DateTimeField(null=True, help_text="when a worker took it")
    ended_at = models.DateTimeField(null=True, help_text="when it ended")
    beat_at = models.DateTimeField(null=True, help_text="last sign of life of its worker")
    n_tries = models.PositiveSmallIntegerField(default=0, help_text="how often a worker took it")
    step = models.JSONField(default=dict, help_text="the step under way: n, of, zh, en")
    told = models.JSONField(default=dict, help_text="counts and seconds when done, the error when failed")
    columns = models.JSONField(default=list, help_text="how every column of every file was taken")

    class Meta:
        indexes = (models.Index(fields=("institution", "-id"), name="run_by_institution"),)

    def __str__(self) -> str:
        return self.name

    @property
    def state_name(self) -> Say:
        """Give the words for the state."""
        return STATES[self.state]

    @property
    def stands_at(self) -> Any:
        """Give the moment every page names it by: when it ended, and until then when its files came."""
        return self.ended_at or self.made_at

    @property
    def is_open(self) -> bool:
        """Say whether it is still under way."""
        return self.state in (WAITING, RUNNING)

    @property
    def percent(self) -> int:
        """Give how far it is; the step under way counts half."""
        n, of = self.step.get("n", 0), self.step.get("of", 8)
        return 100 if self.state == DONE else int(100 * max(0, n - 0.5) / of)

    @property
    def n_rings(self) -> int:
        """Count the rings it found."""
        return int(self.told.get("counts", {}).get("rings", 0))

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        files = [[one.name, one.sha256] for one in self.files.all()]
        return {"state": self.state, "files": files, "told": self.told}


class RunFile(models.Model):
    """One uploaded file."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=160, help_text="the name it came with, made harmless")
    n_bytes = models.BigIntegerField(help_text="its size")
    sha256 = models.CharField(max_length=64, help_text="SHA-256 of its bytes at intake")

    def __str__(self) -> str:
        return self.name


class Ring(models.Model):
    """A ring a run found; its picture stands in the run's folder."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rings")
    institution = models.ForeignKey("accounts.Institution", on_delete=models.PROTECT, related_name="rings")
    ring_id = models.CharField(max_length=64, help_text="the engine's id, the same on the next run")
    place = models.PositiveIntegerField(help_text="place in the queue")
    level = models.CharField(max_length=8, help_text="look or review")
    n_records = models.PositiveIntegerField(help_text="records")
    n_people = models.PositiveIntegerField(help_text="people")
    n_institutions = models.PositiveIntegerField(help_text="institutions concerned")
    first_on = models.DateField(null=True, help_text="first day")
    last_on = models.DateField(null=True, help_text="last day")
    activities = models.CharField(max_length=80, help_text="BG codes joined by |")
    score = models.FloatField(help_text="orders the queue only")
    why_zh = models.TextField(help_text="reason in Chinese")
    why_en = models.TextField(help_text="reason in English")
    shared_at = models.DateTimeField(null=True, help_text="when it was shared with the association")

    class Meta:
        indexes = (
            models.Index(fields=("run", "place"), name="ring_by_run"),
            models.Index(fields=("run", "ring_id"), name="ring_by_id"),
            models.Index(fields=("institution", "shared_at"), name="ring_by_share"),
        )

    def __str__(self) -> str:
        return self.ring_id

    @property
    def why(self) -> Say:
        """Give the reason in both languages."""
        return Say(self.why_zh, self.why_en)

    @property
    def activity_codes(self) -> list[str]:
        """Give the activities one by one."""
        return [one for one in self.activities.split("|") if one]

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"ring_id": self.ring_id, "run": str(self.run.code), "level": self.level, "shared_at": self.shared_at}


class Judgement(models.Model):
    """What a person said of two records; it stands until it is taken back."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey("accounts.Institution", on_delete=models.PROTECT, related_name="judgements")
    left = models.CharField(max_length=200, help_text="kind:record_id")
    right = models.CharField(max_length=200, help_text="kind:record_id")
    answer = models.CharField(max_length=16, help_text="same, different, unsure")
    reason = models.CharField(max_length=300, help_text="why, in the person's words")
    ring_id = models.CharField(max_length=64, blank=True, help_text="the ring it was judged in")
    made_by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="judgements")
    made_at = models.DateTimeField(help_text="when")
    taken_back_by = models.ForeignKey(
        "accounts.Membership", null=True, on_delete=models.PROTECT, related_name="judgements_taken_back"
    )
    taken_back_at = models.DateTimeField(null=True, help_text="when it stopped standing")

    class Meta:
        indexes = (models.Index(fields=("institution", "-id"), name="judgement_by_institution"),)

    def __str__(self) -> str:
        return f"{self.left} {self.answer} {self.right}"

    @property
    def answer_name(self) -> Say:
        """Give the words for the answer."""
        return ANSWERS[self.answer]

    @property
    def names(self) -> tuple[Say, Say]:
        """Give the two records in words."""
        return record_name(self.left), record_name(self.right)

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {
            "left": self.left, "right": self.right, "answer": self.answer, "reason": self.reason,
            "taken_back_at": self.taken_back_at,
        }  # fmt: skip


class SavedView(models.Model):
    """A person's filters of the queue, under a name of their own."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="views")
    name = models.CharField(max_length=40, help_text="what the person calls it")
    filters = models.JSONField(help_text="the filters of the queue, by name")
    made_at = models.DateTimeField(help_text="when it was last saved")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "name"), name="view_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Give the filters as the tail of an address."""
        return urlencode(self.filters)

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"filters": self.filters}


class GuideEdition(models.Model):
    """A guide as runs of this office used it, kept to be compared with later ones."""

    guide = models.CharField(max_length=32, help_text="id of the guide")
    version = models.CharField(max_length=32, help_text="the version it says of itself")
    sha256 = models.CharField(max_length=64, help_text="SHA-256 of its file")
    text = models.TextField(help_text="its file")
    first_at = models.DateTimeField(help_text="when a run first used it")
    last_at = models.DateTimeField(help_text="when a run last used it")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("guide", "sha256"), name="edition_once"),)

    def __str__(self) -> str:
        return f"{self.guide} {self.version}"
