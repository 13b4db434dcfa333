"""The law of one kind of case as values: states, fields, moves. Read by `tables`, obeyed by `moves`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lianfang.engine.terms.errors import Say


class Side(StrEnum):
    """For whom an act is made: the institution that opened the case, or those who review it."""

    APPLICANT = "applicant"
    REVIEW = "review"


class FieldKind(StrEnum):
    """What a field of a move holds."""

    TEXT = "text"
    DAY = "day"
    CHOICE = "choice"
    PERSON = "person"


@dataclass(frozen=True)
class State:
    """One state; a final one may rest for ever. `edits`: parts of the case that may be changed in it."""

    id: str
    name: Say
    is_final: bool
    edits: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Field:
    """One field a move may need: `least` characters of a text, `of` the words of a choice."""

    id: str
    name: Say
    kind: FieldKind
    least: int
    of: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class TaskRule:
    """A task a move may open."""

    id: str
    name: Say
    line: int


@dataclass(frozen=True)
class Move:
    """One row of the table.

    Attributes:
        act: its code; `sources` and `to`: from which states to which.
        who: role codes; `side`: for whom they act.
        needs: fields to be given; `note_least` characters; `n_exhibits` least; `holds`: conditions on the case.
        apart_from: acts whose latest maker may not make this one.
        starts, stops, pauses, resumes: clocks of this case, never of a complaint.
        tasks: tasks it opens; `clears`: what lapses (`self_check`, `opinions`).
        panel: whose votes are meant; `outcome`: what the case is found to be; `appeal`: what the appeal found.
    """

    act: str
    name: Say
    sources: tuple[str, ...]
    to: str
    who: tuple[str, ...]
    side: Side
    needs: tuple[str, ...]
    note_least: int
    n_exhibits: int
    holds: tuple[str, ...]
    apart_from: tuple[str, ...]
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    pauses: tuple[str, ...]
    resumes: tuple[str, ...]
    tasks: tuple[str, ...]
    clears: tuple[str, ...]
    panel: str | None
    outcome: str | None
    appeal: str | None
    line: int


@dataclass(frozen=True)
class Table:
    """All of one kind of case; `starts` are the clocks that run from its opening."""

    id: str
    name: Say
    first: str
    states: Mapping[str, State]
    fields: Mapping[str, Field]
    tasks: Mapping[str, TaskRule]
    moves: tuple[Move, ...]
    samples: tuple[Mapping[str, Any], ...]
    source: str
    where: str
    starts: tuple[str, ...] = ()

    def out_of(self, state: str) -> tuple[Move, ...]:
        """Give the moves that leave a state, in the table's order."""
        return tuple(move for move in self.moves if state in move.sources)

    def find(self, state: str, act: str) -> Move | None:
        """Give the move of an act from a state, or none."""
        return next((move for move in self.out_of(state) if move.act == act), None)
