"""Institutions, people, memberships, keys, looks."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import permissions


class Institution(models.Model):
    """An association, a member, an agency of a member, or a regulator."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name_zh = models.CharField(max_length=120, help_text="name in Chinese")
    name_en = models.CharField(max_length=120, help_text="name in English")
    sort = models.CharField(max_length=16, help_text="association, member, agency, regulator")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="below")
    made_at = models.DateTimeField(help_text="when it was entered")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("parent", "name_zh"), name="institution_once"),)

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> Say:
        """Give the name in both languages."""
        return Say(self.name_zh, self.name_en or self.name_zh)

    @property
    def sort_name(self) -> Say:
        """Give the words for what it is."""
        return permissions.SORTS[permissions.Sort(self.sort)]


class User(AbstractUser):
    """Somebody who signs in."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    full_name = models.CharField(max_length=80, blank=True, help_text="how colleagues know the person")
    must_change_password = models.BooleanField(default=False, help_text="the password was given once by somebody else")
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.full_name or self.username


class Membership(models.Model):
    """A person in a role at an institution; ended, never deleted."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=32, help_text="a role of roles.yaml")
    made_at = models.DateTimeField(help_text="from when")
    ended_at = models.DateTimeField(null=True, help_text="until when; none while it stands")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "institution", "role"), condition=models.Q(ended_at=None), name="membership_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.role_name.zh} · {self.institution}"

    @property
    def role_name(self) -> Say:
        """Give the words for the role."""
        return permissions.roles()[self.role].name

    @property
    def permissions(self) -> frozenset[permissions.Permission]:
        """Give what the role may do."""
        held = permissions.roles().get(self.role)
        return held.may if held and self.ended_at is None else frozenset()


class ApiKey(models.Model):
    """A key for a program: hashed, scoped, expiring; it may never do more than its maker."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=80, help_text="what it is for")
    prefix = models.CharField(max_length=12, help_text="first letters, to know it by")
    sha256 = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key; the key itself is shown once")
    scopes = models.JSONField(help_text="permissions it may use")
    made_at = models.DateTimeField(help_text="when it was made")
    expires_at = models.DateTimeField(help_text="when it stops")
    revoked_at = models.DateTimeField(null=True, help_text="when somebody stopped it")
    used_at = models.DateTimeField(null=True, help_text="when it was last used, to the hour")

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class Visit(models.Model):
    """A look at personal fields, or a refused act: who, what, why."""

    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="visits")
    made_at = models.DateTimeField(help_text="when")
    purpose = models.CharField(max_length=32, help_text="a purpose of meter.yaml, or `refused`")
    reason = models.CharField(max_length=300, blank=True, help_text="in the visitor's words")
    target = models.CharField(max_length=160, help_text="what was looked at, or the permission refused")
    n_people = models.PositiveIntegerField(help_text="different people seen in the window, this one counted")

    class Meta:
        indexes = (models.Index(fields=("member", "-made_at"), name="visit_by_member"),)

    def __str__(self) -> str:
        return f"{self.member_id} {self.purpose} {self.target}"


class Sighting(models.Model):
    """A person somebody has seen, as a keyed digest: for counting different people only."""

    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="sightings")
    person = models.CharField(max_length=64, help_text="keyed digest of the person")
    seen_at = models.DateTimeField(help_text="when last")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "person"), name="sighting_once"),)

    def __str__(self) -> str:
        return f"{self.member_id} {self.person[:8]}"


class Release(models.Model):
    """A second person lets somebody see more people, for a while and a reason."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="releases")
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="releases_given")
    reason = models.CharField(max_length=300, help_text="why more is needed")
    n_people = models.PositiveIntegerField(help_text="how many more")
    made_at = models.DateTimeField(help_text="from when")
    expires_at = models.DateTimeField(help_text="until when")

    def __str__(self) -> str:
        return f"{self.member_id} +{self.n_people}"


class Door(models.Model):
    """A door an association opens for two named persons of a regulator: for a document, a purpose and some days."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="doors")
    first = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="doors_as_first")
    second = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="doors_as_second")
    document = models.CharField(max_length=120, help_text="number of the document that asks for it")
    purpose = models.CharField(max_length=300, help_text="what it is opened for")
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="doors_opened")
    made_at = models.DateTimeField(help_text="from when")
    expires_on = models.DateField(help_text="last day it stands open")
    closed_at = models.DateTimeField(null=True, help_text="when somebody closed it before its day")

    class Meta:
        constraints = (models.CheckConstraint(condition=~models.Q(first=models.F("second")), name="door_for_two"),)

    def __str__(self) -> str:
        return self.document

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"first": str(self.first.code), "second": str(self.second.code), "document": self.document,
                "purpose": self.purpose, "expires_on": self.expires_on, "closed_at": self.closed_at}  # fmt: skip


class DoorLook(models.Model):
    """One look through a door."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    door = models.ForeignKey(Door, on_delete=models.PROTECT, related_name="looks")
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="door_looks")
    target = models.CharField(max_length=160, help_text="what was looked at")
    made_at = models.DateTimeField(help_text="when")

    def __str__(self) -> str:
        return f"{self.member_id} {self.target}"

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return {"door": str(self.door.code), "target": self.target}
