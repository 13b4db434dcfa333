"""Both languages in a template: `{% t "中文" "English" %}` and `{{ sentence|say }}`."""

from __future__ import annotations

import functools
import re
from datetime import datetime
from typing import Any

from django import template
from django.template.base import FilterExpression, Parser, Token
from django.urls import reverse
from django.utils import translation
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import label

register = template.Library()

_VALUE = re.compile(r"(\w+)=(.+)", re.S)


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


class Sentence(template.Node):
    """One of two sentences, chosen when the page is written; nearly every one is told whole by the template."""

    def __init__(self, zh: FilterExpression, en: FilterExpression, values: dict[str, FilterExpression], name: str = "") -> None:
        self.zh, self.en, self.values, self.name = zh, en, values, name
        fixed = not values and all(isinstance(one.var, str) and not one.filters for one in (zh, en))
        # A page writes two hundred of these: what never changes is made ready once.
        self.ready = (SafeString(zh.var), SafeString(en.var)) if fixed else None

    def render(self, context: template.Context) -> SafeString:
        """Write it, or keep it under a name for later."""
        if not self.name:
            return self._sentence(context)
        context[self.name] = self._sentence(context)
        return SafeString("")

    def _sentence(self, context: template.Context) -> SafeString:
        if self.ready is not None:
            return self.ready[is_english()]
        text = str((self.en if is_english() else self.zh).resolve(context))
        if self.values:
            text = text.format(**{name: said(value.resolve(context)) for name, value in self.values.items()})
        return conditional_escape(text)


@register.tag
def t(parser: Parser, token: Token) -> Sentence:
    """Write one of two sentences; `{name}` places are filled, `as name` keeps it for later."""
    name, *bits = token.split_contents()
    given, values = [], {}
    kept = bits.pop() if bits[-2:-1] == ["as"] else ""
    bits = bits[:-1] if kept else bits
    for bit in bits:
        found = _VALUE.fullmatch(bit)
        if found:
            values[found[1]] = parser.compile_filter(found[2])
        else:
            given.append(parser.compile_filter(bit))
    if len(given) != 2:
        raise template.TemplateSyntaxError(f"{name} takes two sentences, not {len(given)}: {token.contents}")
    return Sentence(given[0], given[1], values, kept)


@functools.cache
def way(name: str) -> str:
    """Give the address of a page that needs nothing more; looked up once."""
    return reverse(name)


register.simple_tag(way)


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
