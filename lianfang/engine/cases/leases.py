"""Claimed work: one person at a time, for some minutes, renewed by activity; an old lease gives the work back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lianfang.engine.cases.recusal import knowledge
from lianfang.engine.terms.errors import Conflict, Say


@dataclass(frozen=True)
class Lease:
    """Somebody works on it: who, since when, until when (both aware)."""

    by: str
    since: datetime
    until: datetime


def is_held(lease: Lease | None, at: datetime) -> bool:
    """Say whether somebody holds it at a moment; the last moment is no longer his."""
    return lease is not None and at < lease.until


def claim(lease: Lease | None, who: str, at: datetime) -> Lease:
    """Claim work, or renew what one holds.

    Args:
        lease: the lease on record, or none.
        who: the person's code.
        at: the moment, aware.

    Returns:
        A lease for the minutes `review.yaml` has; renewed, it keeps its beginning and never gets shorter.

    Raises:
        Conflict: somebody else holds it.
    """
    if lease is not None and is_held(lease, at) and lease.by != who:
        raise Conflict(Say("别人正在办理", "somebody else works on it"), code="E-LEASE-01", where=f"person:{lease.by}",
                       fix=Say("换一件，或请主管改派", "take another, or ask a supervisor to reassign"))
    until = at + timedelta(minutes=int(knowledge()["lease"]["minutes"]))
    if lease is not None and is_held(lease, at):
        return Lease(who, lease.since, max(until, lease.until))
    return Lease(who, at, until)


def release(lease: Lease | None, who: str, at: datetime) -> None:
    """Give work back before its time.

    Raises:
        Conflict: somebody else holds it.
    """
    if lease is not None and is_held(lease, at) and lease.by != who:
        claim(lease, who, at)
