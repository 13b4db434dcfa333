"""Entries of the log and what opens them; exhibits, who had them, what keeps them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from lianfang.engine.terms.errors import Say
from lianfang.web.evidence.states import ACTS, DAMAGED, FORGOTTEN, HELD, STATES


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


class Exhibit(models.Model):
    """A piece of evidence: what it is, what its bytes were at intake, what it belongs to. The bytes stand in the vault.

    What is said of it is committed to by its own entry, whose target is the exhibit's code; see `vault.py`.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.CharField(max_length=64, help_text="code of the institution that owns it")
    about = models.CharField(max_length=64, blank=True, help_text="code of the row it belongs to; none while unfiled")
    title = models.CharField(max_length=120, help_text="what a list calls it")
    sort = models.CharField(max_length=16, help_text="web, message, record, file, other")
    purpose = models.CharField(max_length=300, help_text="what it is to prove")
    source = models.CharField(max_length=200, help_text="where it was taken from")
    captured_at = models.DateTimeField(help_text="when it was taken")
    captured_by = models.CharField(max_length=64, help_text="code of who took it")
    name = models.CharField(max_length=160, help_text="the file name it came with, made harmless")
    mime = models.CharField(max_length=100, help_text="the type its bytes were taken for")
    is_quarantined = models.BooleanField(default=False, help_text="its name was a trick or its type runs: handed out disarmed")
    n_people = models.PositiveIntegerField(default=1, help_text="how many people's personal fields it holds: reading counts them")
    n_bytes = models.BigIntegerField(help_text="its size")
    sha256 = models.CharField(max_length=64, help_text="SHA-256 at intake")
    sm3 = models.CharField(max_length=64, help_text="SM3 at intake")
    made_at = models.DateTimeField(help_text="when it came in")
    made_by = models.CharField(max_length=64, help_text="code of the membership that brought it, or `system`")
    expires_on = models.DateField(null=True, help_text="last day it is kept; none: it stays")
    state = models.CharField(max_length=16, default=HELD, help_text="held, damaged, forgotten")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="exhibit")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="copies")
    forget_asked_by = models.CharField(max_length=64, blank=True, help_text="code of who asked for its removal")
    forget_rule = models.CharField(max_length=200, blank=True, help_text="by which rule")

    class Meta:
        indexes = (
            models.Index(fields=("about", "id"), name="exhibit_by_about"),
            models.Index(fields=("institution", "-id"), name="exhibit_by_institution"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def state_name(self) -> Say:
        """Give the words for the state."""
        return STATES[self.state]

    @property
    def is_damaged(self) -> bool:
        """Say whether its bytes were found changed."""
        return self.state == DAMAGED

    @property
    def is_forgotten(self) -> bool:
        """Say whether its content was removed."""
        return self.state == FORGOTTEN

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to; they outlive the content, so that they name nobody."""
        return {"about": self.about, "state": self.state, "expires_on": self.expires_on, "entry": str(self.entry.code)}


class Custody(models.Model):
    """One act on one exhibit; each line is bound to the one before, see `engine.evidence.custody`."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="custody")
    at = models.DateTimeField(help_text="when")
    actor = models.CharField(max_length=64, help_text="code of the membership that acted, or `system`")
    act = models.CharField(max_length=16, help_text="capture, view, export, hold, release, verify, redact, destroy")
    purpose = models.CharField(max_length=200, help_text="what for")
    is_same = models.BooleanField(null=True, help_text="whether the bytes were those of the intake; none: not looked at")
    line = models.BinaryField(help_text="canonical JSON of the line, bound to the one before")

    class Meta:
        indexes = (models.Index(fields=("exhibit", "id"), name="custody_by_exhibit"),)

    def __str__(self) -> str:
        return f"{self.exhibit_id} {self.act}"

    @property
    def act_name(self) -> Say:
        """Give the words for the act."""
        return ACTS[self.act]


class Hold(models.Model):
    """A legal hold: while it stands nothing of its exhibit goes, whatever its day of expiry."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=200, help_text="why it must stay")
    made_by = models.CharField(max_length=64, help_text="code of who placed it")
    made_at = models.DateTimeField(help_text="from when")
    lifted_by = models.CharField(max_length=64, blank=True, help_text="code of who released it")
    lifted_at = models.DateTimeField(null=True, help_text="until when; none while it stands")
    lift_reason = models.CharField(max_length=200, blank=True, help_text="why it was released")

    def __str__(self) -> str:
        return self.reason


class Redaction(models.Model):
    """One place made unreadable in a copy, and what binds to what stood there; the original is untouched."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="redactions")
    place = models.CharField(max_length=40, help_text="characters `from-to` of a text, or a page")
    what = models.CharField(max_length=80, help_text="what sort of thing stood there")
    why = models.CharField(max_length=120, help_text="why it is covered")
    salt = models.BinaryField(null=True, help_text="opens the commitment to what stood there; none once forgotten")

    def __str__(self) -> str:
        return f"{self.exhibit_id} {self.place}"


class Stamp(models.Model):
    """A time stamp (RFC 3161) over an exhibit's bytes, as the authority gave it."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="stamps")
    at = models.DateTimeField(help_text="the moment the authority names")
    authority = models.CharField(max_length=200, help_text="where it was asked")
    serial = models.CharField(max_length=64, help_text="the authority's number of it")
    raw = models.BinaryField(help_text="the answer, to be checked with openssl ts")

    def __str__(self) -> str:
        return f"{self.exhibit_id} {self.serial}"


class Package(models.Model):
    """A court package somebody made: what it was for, which exhibits are in it, what its bytes are."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.CharField(max_length=64, help_text="code of the institution that made it")
    about = models.CharField(max_length=64, blank=True, help_text="code of the row it was made from")
    case_name = models.CharField(max_length=80, help_text="number of the case, as the reader knows it")
    purpose = models.CharField(max_length=200, help_text="what it is for")
    legal_basis = models.CharField(max_length=200, help_text="by which rule it is handed out")
    document = models.CharField(max_length=120, blank=True, help_text="number of the document that asks for it")
    exhibits = models.ManyToManyField(Exhibit, related_name="packages")
    n_people = models.PositiveIntegerField(help_text="people whose personal fields it holds, as the exhibits say")
    made_by = models.CharField(max_length=64, help_text="code of the membership that made it")
    made_at = models.DateTimeField(help_text="when")
    sha256 = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the zip; none while it is not done")
    n_bytes = models.BigIntegerField(default=0, help_text="its size")
    is_witnessed = models.BooleanField(default=False, help_text="its checkpoint carries the witness's signature")
    is_stamped = models.BooleanField(default=False, help_text="its checkpoint carries a time stamp")

    def __str__(self) -> str:
        return self.case_name

    @property
    def number(self) -> str:
        """Give the package's own number."""
        return f"P-{self.code.hex[:12].upper()}"

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"sha256": self.sha256, "exhibits": sorted(str(one.code) for one in self.exhibits.all()), "n_people": self.n_people}
