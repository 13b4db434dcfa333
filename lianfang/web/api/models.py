"""Answers kept for a day, so that a request sent twice is done once."""

from __future__ import annotations

from django.db import models


class Answered(models.Model):
    """One POST with an Idempotency-Key: a keyed digest of what was asked, and what was answered."""

    member = models.ForeignKey("accounts.Membership", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255, help_text="the Idempotency-Key, as the program chose it")
    asked = models.CharField(max_length=64, help_text="keyed digest of method, address and body")
    made_at = models.DateTimeField(help_text="when it came first")
    expires_at = models.DateTimeField(db_index=True, help_text="when it is forgotten")
    number = models.PositiveSmallIntegerField(null=True, help_text="HTTP code of the answer; none while under way")
    body = models.TextField(blank=True, help_text="the answer; empty where texts must not be kept")
    headers = models.JSONField(default=dict, help_text="ETag, Location, Content-Type")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "key"), name="answered_once"),)

    def __str__(self) -> str:
        return f"{self.member_id} {self.number}"
