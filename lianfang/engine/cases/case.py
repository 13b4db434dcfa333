"""A case as the rules see it: frozen values; the web floor fills them from its rows.

Nothing here holds a clock of a complaint: a case may be slow or wrong, the complainant's reply is due all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from lianfang.engine.terms.errors import Say

Value = str | date
"""What a field of a move may hold."""


@dataclass(frozen=True)
class Missing:
    """One thing lacking: a stable code `M-…`, what it is about, the sentence."""

    code: str
    about: str
    say: Say


@dataclass(frozen=True)
class Actor:
    """Who acts: the person's code, the roles held there, the institution's code."""

    code: str
    roles: frozenset[str]
    institution: str


@dataclass(frozen=True)
class Step:
    """One move made: kept for ever, in order."""

    act: str
    by: str
    institution: str
    at: datetime
    came_from: str
    to: str
    note: str = ""
    given: Mapping[str, Value] = field(default_factory=dict)
    exhibits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One question answered: yes or no, and why."""

    yes: bool
    note: str


@dataclass(frozen=True)
class SelfCheck:
    """What the lender found about itself.

    Attributes:
        written_by: the author's code.
        answers: question id → answer.
        findings: code of a conduct finding about the people concerned → what was done about it.
        remedy: what was put right, where a fault was found.
        signed_by, signed_role, signed_at: the signature; none while unsigned. A change takes it off.
    """

    written_by: str
    answers: Mapping[str, Answer]
    findings: Mapping[str, str] = field(default_factory=dict)
    remedy: str = ""
    signed_by: str | None = None
    signed_role: str | None = None
    signed_at: datetime | None = None


@dataclass(frozen=True)
class Claim:
    """One criterion claimed, with the exhibits it rests on."""

    criterion: str
    exhibits: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Opinion:
    """One working-group member's written opinion: `abnormal`, `not_abnormal` or `unclear`."""

    by: str
    finding: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Seat:
    """Somebody asked to review: the person's code and the institution he works for."""

    person: str
    institution: str


@dataclass(frozen=True)
class Panel:
    """People who vote together; `stage` is `first` or `appeal`."""

    stage: str
    seats: tuple[Seat, ...]
    closed_at: datetime | None = None

    @property
    def people(self) -> frozenset[str]:
        """Give the codes of all who sit."""
        return frozenset(seat.person for seat in self.seats)


@dataclass(frozen=True)
class Vote:
    """One vote with its written reason; the reason of a dissent is kept like any other."""

    stage: str
    by: str
    choice: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Tie:
    """A recorded tie of a reviewer: `kind` from `review.yaml`, `to` an institution or a person."""

    person: str
    kind: str
    to: str


@dataclass(frozen=True)
class Task:
    """A task on the case; an open one keeps the case open."""

    code: str
    name: str
    done: bool = False


@dataclass(frozen=True)
class Case:
    """A suspicion case or an application.

    Attributes:
        code: the case's code.
        state: a state of its table.
        applicant: code of the institution that opened it.
        steps: moves made, in order.
        fields: what was given with moves, latest value.
        exhibits: codes of exhibits on file whose digests hold.
        earlier_group: people of earlier working groups of the case; what they thought of it stays their own.
        concerned: codes of people it is about or who complained; reviewers' ties are looked up against it.
        agencies: codes of collection agencies involved.
        conduct_findings: codes of findings about the lender in the same matter; the self-check must speak to each.
        opened_at: when it was opened (aware); clocks of the table run from then.
        outcome: what it was found to be, apart from its state; `appeal`: what the appeal made of that.
        must_tell: the law wants the complainant told before it ends; `told` says that it was done.
    """

    code: str
    state: str
    applicant: str
    steps: tuple[Step, ...] = ()
    fields: Mapping[str, Value] = field(default_factory=dict)
    exhibits: frozenset[str] = frozenset()
    concerned: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()
    conduct_findings: frozenset[str] = frozenset()
    self_check: SelfCheck | None = None
    claims: tuple[Claim, ...] = ()
    guards: Mapping[str, Answer] = field(default_factory=dict)
    working_group: tuple[Seat, ...] = ()
    earlier_group: frozenset[str] = frozenset()
    opinions: tuple[Opinion, ...] = ()
    panels: tuple[Panel, ...] = ()
    votes: tuple[Vote, ...] = ()
    ties: tuple[Tie, ...] = ()
    tasks: tuple[Task, ...] = ()
    must_tell: bool = False
    told: bool = False
    outcome: str | None = None
    appeal: str | None = None
    opened_at: datetime | None = None

    def panel(self, stage: str) -> Panel | None:
        """Give the panel of a stage, the latest where one was replaced."""
        found = [panel for panel in self.panels if panel.stage == stage]
        return found[-1] if found else None


@dataclass(frozen=True)
class Given:
    """What comes with an act: the moment (aware), the note, fields, exhibits."""

    at: datetime
    note: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    exhibits: tuple[str, ...] = ()
