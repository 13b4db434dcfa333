"""What a log does not tell proves no breach: the tests by which a field counts as not told.

A finding that rests on such a field is unclear; the gate, asked beforehand, refuses all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from lianfang.engine.conduct.contact import FIELDS
from lianfang.engine.records import schema
from lianfang.engine.tables import expression
from lianfang.engine.tables.expression import Expression
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import Say

# Field -> when a contact does not tell it. A reference (`told_...`) is told by a column that is there, even empty.
TESTS: Mapping[str, str] = {
    "at": "not has_moment",
    "tz": "not has_zone",
    "channel": "channel is null",
    "creditor": "creditor is null",
    "debtor_id": "debtor_id is null",
    "party_role": "party_role = 'unknown'",
    "party_mobile": "not has_number",
    "purpose": "not told_purpose",
    "product": "product is null",
    "disclosed": "disclosed is null",
    "recording_id": "not told_recording_id",
    "consent_ref": "not told_consent_ref",
    "unreachable_basis": "not told_unreachable_basis",
    **{name: f"{name} is null" for name in ("n_persons", "id_shown", "av_recorded", "entry_consent", "notice_given")},
}
OUTCOME = "answered"
"""Stands for how a call ended: answered, effective, its length."""

FIELDS_TOLD = (*TESTS, OUTCOME)


@lru_cache(maxsize=1)
def tests() -> Mapping[str, Expression]:
    """Give the tests, ready as closures and as SQL."""
    return {name: expression.parse(source, FIELDS, f"silence:{name}") for name, source in TESTS.items()}


def lacking(fields: Sequence[str], row: Mapping[str, Any], no_outcome: bool) -> tuple[str, ...]:
    """Name those of some fields that a contact does not tell, the outcome of a call last."""
    held = tests() if fields else {}
    return tuple(name for name in TESTS if name in fields and held[name].check(row)) + ((OUTCOME,) if no_outcome else ())


def said(fields: Sequence[str], name: Say) -> Say:
    """Say that a rule cannot be judged, and which columns would tell.

    Args:
        fields: as `lacking` gives them.
        name: the rule's.
    """
    listed = {one.name: one.headers[0] for one in schema.of(Kind.CONTACT).fields}
    zh, en = "、".join(listed[one] for one in fields), ", ".join(fields)
    return Say(f"不明：记录没有写明{zh}，判断不了“{name.zh}”", f"unclear: the record does not tell {en}, so it cannot be said whether this was kept: {name.en}")
