"""Entries of the log, and what opens them."""

from __future__ import annotations

import uuid

from django.db import models


class Entry(models.Model):
    """One thing that was done; written with the change it tells of, never changed afterwards."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    made_at = models.DateTimeField(help_text="when the change was made")
    tag = models.CharField(max_length=80, help_text="room:thing:past")
    actor = models.CharField(max_length=64, help_text="code of the membership that acted, or `system`")
    institution = models.CharField(max_length=64, blank=True, help_text="code of the institution it was done for")
    target = models.CharField(max_length=128, help_text="code of the row that was changed")
    leaf = models.BinaryField(help_text="the bytes the log holds: codes and a salted commitment, no person")
    place = models.BigIntegerField(null=True, unique=True, help_text="its index in the log; none until the disk has it")

    class Meta:
        indexes = (models.Index(fields=("institution", "-id"), name="entry_by_institution"),)

    def __str__(self) -> str:
        return f"{self.pk} {self.tag}"


class Opening(models.Model):
    """What a commitment was made from; deleting it forgets the content and leaves the proof."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="opening")
    salt = models.BinaryField(help_text="32 random bytes")
    content = models.BinaryField(help_text="canonical JSON of what was done")

    def __str__(self) -> str:
        return f"opening of {self.entry_id}"
