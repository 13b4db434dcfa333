"""Both languages in a template: `{% t "中文" "English" %}` and `{{ sentence|say }}`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import label

register = template.Library()


def is_english() -> bool:
    """Say whether the reader chose English."""
    return (translation.get_language() or "").startswith("en")


def said(sentence: Any) -> str:
    """Give a sentence of two languages in the reader's own; anything else as it is."""
    if isinstance(sentence, dict) and "zh" in sentence:
        sentence = Say(sentence["zh"], sentence.get("en") or sentence["zh"])
    if isinstance(sentence, Say):
        return sentence.en if is_english() else sentence.zh
    return "" if sentence is None else str(sentence)


@register.simple_tag
def t(zh: str, en: str, **values: Any) -> str:
    """Write one of two sentences; `{name}` places are filled."""
    text = en if is_english() else zh
    return text.format(**{name: said(value) for name, value in values.items()}) if values else text


@register.filter(name="say")
def say(sentence: Any) -> str:
    """Write a sentence in the reader's language."""
    return said(sentence)


@register.filter
def named(word: Any, shelf: str) -> str:
    """Write the glossary's label of a code: `{{ ring.level|named:"levels" }}`."""
    return said(label(shelf, str(word)))


@register.filter
def activity(code: str) -> str:
    """Write an activity with its code: `BG01 非法代理维权`."""
    return f"{code} {said(label('activities', code))}"


@register.filter
def moment(at: datetime | None, form: str = "%Y-%m-%d %H:%M") -> SafeString | str:
    """Write a moment in Shanghai time, with the exact one for machines."""
    if at is None:
        return "—"
    here = at.astimezone(SHANGHAI)
    return format_html('<time datetime="{}">{}</time>', here.isoformat(), here.strftime(form))


@register.simple_tag(takes_context=True)
def asked(context: dict[str, Any], **changes: Any) -> str:
    """Write the address of the same list with some filters changed."""
    wanted = context["request"].GET.copy()
    for name, value in changes.items():
        wanted.pop(name, None)
        if value not in (None, ""):
            wanted[name] = str(value)
    return "?" + wanted.urlencode()
