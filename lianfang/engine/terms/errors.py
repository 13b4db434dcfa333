"""The one error tree: what is wrong, where, and what to do next.

Three kinds of wrong have three answers: a bad value is no exception (it becomes a reject), a bad
definition collects all its faults, a wrong act raises at once with nothing changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Say:
    """One sentence for a person, in Chinese with its English twin."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh

    def fill(self, **values: object) -> Say:
        """Put values into both sentences at their `{name}` places."""
        return Say(self.zh.format(**values), self.en.format(**values))


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a definition: the place, the sentence, the mend."""

    where: str
    say: Say
    fix: Say
    code: str


class LianfangError(Exception):
    """Anything a person must be told.

    Args:
        say: the sentence, both languages.
        code: stable, for programs: `E-ROOM-NN`.
        where: `path:line` or `room:code`.
        fix: the next thing to do, both languages.
    """

    exit_code = 1
    http_code = 500

    def __init__(
        self, say: Say | str, *, code: str, where: str | None = None, fix: Say | str | None = None
    ) -> None:
        self.say = say if isinstance(say, Say) else Say(say, say)
        self.code = code
        self.where = where
        self.fix = fix if fix is None or isinstance(fix, Say) else Say(fix, fix)
        super().__init__(f"{self.say.zh} [{code}]" + (f" ({where})" if where else ""))


class DefinitionError(LianfangError):
    """Guides, rules, mappings or schema are wrong; `.faults` has all of them."""

    exit_code, http_code = 2, 422

    def __init__(
        self,
        say: Say | str,
        *,
        code: str,
        where: str | None = None,
        fix: Say | str | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(say, code=code, where=where, fix=fix)
        self.faults = tuple(faults)


class SettingError(LianfangError):
    """A setting is missing or makes no sense."""

    exit_code, http_code = 2, 500


class InputError(LianfangError):
    """A file or body cannot be read at all."""

    exit_code, http_code = 2, 400


class NotAllowed(LianfangError):
    """The role lacks the permission."""

    exit_code, http_code = 3, 403


class NotFound(LianfangError):
    """Not there, or not yours: the same words for both."""

    exit_code, http_code = 4, 404


class Conflict(LianfangError):
    """The state table says no."""

    exit_code, http_code = 5, 409


class NotEnough(LianfangError):
    """Grounds, quorum or proof are missing."""

    exit_code, http_code = 5, 409


class ProofError(LianfangError):
    """A digest, proof or signature fails."""

    exit_code, http_code = 6, 422


class PartnerError(LianfangError):
    """Another institution's answer is wrong or missing."""

    exit_code, http_code = 7, 502


class EngineError(LianfangError):
    """DuckDB or Spark refused a step; carries the step and its SQL."""

    exit_code, http_code = 8, 500

    def __init__(
        self,
        say: Say | str,
        *,
        code: str,
        where: str | None = None,
        fix: Say | str | None = None,
        step: str = "",
        sql: str = "",
    ) -> None:
        super().__init__(say, code=code, where=where, fix=fix)
        self.step, self.sql = step, sql
