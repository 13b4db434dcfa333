"""How pages of cases write what people wrote: identifiers covered, unless a purpose was stated elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template

from lianfang.engine.cases.clocks import Standing
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts.permissions import roles
from lianfang.web.cases.states import PARTIES, STANDINGS
from lianfang.web.frame.templatetags.say import said

register = template.Library()


@register.filter
def veiled(text: Any) -> str:
    """Write a text with every identifier in it covered."""
    from lianfang.engine.reports import veil

    return veil.veiled(str(text)) if text else ""


@register.filter
def role(name: str) -> str:
    """Write a role in words."""
    known = roles().get(name)
    return said(known.name) if known else name


@register.filter
def stands(standing: Standing) -> str:
    """Write how a clock stands, and by how many working days."""
    word = said(STANDINGS[standing.state])
    n = abs(standing.n_workdays_left)
    if standing.state == "late":
        return word + said(Say(f" {n} 个工作日", f" by {n} working days"))
    return word + (said(Say(f",还有 {n} 个工作日", f", {n} working days left")) if n else "")


@register.filter
def day(on: date | None) -> str:
    """Write a day."""
    return on.isoformat() if on else "—"


@register.filter
def found(word: str) -> str:
    """Write an outcome in words."""
    from lianfang.web.cases.sheet import outcome_name

    return said(outcome_name(word))


@register.filter
def party(word: str) -> str:
    """Write who appeals in words."""
    return said(PARTIES.get(word, word))
