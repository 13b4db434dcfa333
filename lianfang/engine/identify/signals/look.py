"""One text (or record) being looked at: every clause asked at most once, the dear ones only on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from lianfang.engine.identify.guides.clauses import AnyOf, Clause, Expr, Length, Near, Pattern, Reach
from lianfang.engine.identify.guides.compile import Asked, Compiled
from lianfang.engine.identify.signals import meet, why
from lianfang.engine.identify.signals.answer import Span
from lianfang.engine.terms.errors import Say
from lianfang.engine.text import plain

#: Marks that public corpora put in place of a way to reach somebody.
MASKS: Mapping[str, tuple[str, ...]] = {
    "CELLPHONE": ("mobile",),
    "HOTLINE": ("landline",),
    "PHONE": ("mobile", "landline"),
    "WECHAT": ("wechat_id",),
    "EMAIL": ("email",),
    "URL": ("url", "domain"),
    "BANK": ("bank_card", "bank_account"),
}
_MASK = re.compile("|".join(MASKS))


class Look:
    """What one text shows to the clauses of a book.

    Args:
        compiled: the book made ready.
        raw: the text as it came.
        fields: the record's own fields, for expressions; None for a loose text.
        given: ids of clauses about other records, taken as met.
        kind: the record's kind.
    """

    def __init__(
        self,
        compiled: Compiled,
        raw: str,
        fields: Mapping[str, Any] | None = None,
        given: Collection[str] = (),
        kind: str = "",
    ) -> None:
        self.compiled, self.raw, self.fields, self.given, self.kind = compiled, raw, fields, given, kind
        self._asked: dict[int, tuple[Span, ...] | None] = {}

    @cached_property
    def _words(self) -> dict[int, tuple[meet.Hit, ...]]:
        found = [
            meet.Hit(hit.fstart, hit.word_no, hit.fend, hit.start, hit.end, hit.evasion)
            for hit in self.compiled.phrases.find_plain(self.raw, self._folded)
        ]
        return meet.met(self.compiled, found)

    @cached_property
    def _folded(self) -> plain.Plain:
        return plain.plain(self.raw)

    @cached_property
    def _identifiers(self) -> tuple[tuple[str, str, Span], ...]:
        from lianfang.engine.identifiers import find, mask

        return tuple(
            (
                str(one.kind),
                one.value,
                Span(one.start, one.end, mask.mask(one.kind, one.value), evasion=one.hidden),
            )
            for one in find.find(self.raw)
        )

    @cached_property
    def worded(self) -> dict[str, int]:
        """Give the clauses whose words stand in the text, as bits, by guide."""
        bits: dict[str, int] = {}
        for no in self._words:
            owner = self.compiled.owners[no]
            bits[owner] = bits.get(owner, 0) | 1 << (no - self.compiled.first_clause[owner])
        return bits

    def may_reach(self, asked: Asked) -> bool:
        """Say whether a guide's gate may be met, by its words and cheap clauses alone."""
        words = self.worded.get(asked.guide.id, 0)
        met = words & ~asked.patterns
        if self.fields is not None or self.given:
            for no, clause, bit in asked.others:
                met |= bit if self.spans(no, clause) is not None else 0
        return asked.may_reach(met, met | words | asked.hoped)

    def spans(self, no: int, clause: Clause) -> tuple[Span, ...] | None:
        """Say where the text meets a clause; None where it does not.

        Args:
            no: the clause's number.
            clause: the clause.
        """
        if no not in self._asked:
            self._asked[no] = self._ask(no, clause)
        return self._asked[no]

    def _ask(self, no: int, clause: Clause) -> tuple[Span, ...] | None:
        if clause.id in self.given:
            return ()
        for kind, asked in _ASKED:
            if isinstance(clause.test, kind):
                return asked(self, no, clause)
        return None  # count, similar, sequence: one record alone cannot say

    def _by_words(self, no: int, clause: Clause) -> tuple[Span, ...] | None:
        hits = self._words.get(no)
        if hits is None:
            return None
        words = self.compiled.words
        return tuple(
            Span(hit.start, hit.end, self.raw[hit.start : hit.end], words[hit.word_no], hit.evasion) for hit in hits
        )

    def _by_pattern(self, no: int, clause: Clause) -> tuple[Span, ...] | None:
        if no not in self._words:
            return None
        folded = self._folded
        found = self.compiled.patterns[no].search(folded.text)
        if found is None or found.start() == found.end():
            return None
        first, last = found.start(), found.end()
        start, end = folded.span(first, last)
        evasion = any(one.start < last and one.end > first for one in folded.disguised)
        return (Span(start, end, why.covered(self.raw[start:end]), evasion=evasion),)

    def _by_reach(self, no: int, clause: Clause) -> tuple[Span, ...] | None:
        test = clause.test
        if not isinstance(test, Reach):
            return None
        spans = reach_spans(self._identifiers, test)
        if test.masked:
            spans += mask_spans(self.raw, test)
        if len(spans) < test.at_least:
            return None
        return tuple(sorted(spans)[: meet.MOST_SPANS])

    def _by_length(self, no: int, clause: Clause) -> tuple[Span, ...] | None:
        test = clause.test
        if not isinstance(test, Length):
            return None
        size = len(self._folded.text)
        return () if size >= test.at_least and (not test.at_most or size <= test.at_most) else None

    def _by_expression(self, no: int, clause: Clause) -> tuple[Span, ...] | None:
        if self.fields is None or not isinstance(clause.test, Expr):
            return None
        from lianfang.engine.identify.guides import fields

        parsed = fields.expression(clause.test.source, self.kind)
        return () if parsed is not None and parsed.check(self.fields) else None


def mask_spans(raw: str, test: Reach) -> list[Span]:
    """Give the masks that stand for a way to reach somebody.

    Args:
        raw: the text.
        test: the clause, with the kinds asked for.
    """
    return [
        Span(one.start(), one.end(), one[0])
        for one in _MASK.finditer(raw)
        if not set(MASKS[one[0]]).isdisjoint(test.kinds)
    ]


def reach_spans(found: Sequence[tuple[str, str, Span]], test: Reach) -> list[Span]:
    """Give the first place of each different identifier of the kinds asked for.

    Args:
        found: kind, normal form and place of each identifier, in order.
        test: the clause.
    """
    return list({(kind, value): span for kind, value, span in reversed(found) if kind in test.kinds}.values())


_ASKED: tuple[tuple[type, Callable[[Look, int, Clause], tuple[Span, ...] | None]], ...] = (
    (AnyOf, Look._by_words),
    (Near, Look._by_words),
    (Pattern, Look._by_pattern),
    (Reach, Look._by_reach),
    (Length, Look._by_length),
    (Expr, Look._by_expression),
)


def clause_why(clause: Clause, spans: tuple[Span, ...]) -> Say:
    """Say in words why a clause was met.

    Args:
        clause: the clause.
        spans: where.
    """
    if isinstance(clause.test, AnyOf | Near):
        return why.by_words(clause, tuple(why.Word(span.matched, span.word) for span in spans), any(span.evasion for span in spans))
    return why.by_reading(clause, tuple(span.matched for span in spans))
