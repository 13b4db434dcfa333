"""One text or one record, answered in milliseconds; the same answer as the table path."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides import condition
from lianfang.engine.identify.guides.guide import Guard, Guide, GuideBook
from lianfang.engine.identify.signals import why
from lianfang.engine.identify.signals.answer import Answer, ClauseHit, Finding, GuardHit, Span
from lianfang.engine.identify.signals.body import body
from lianfang.engine.identify.signals.look import Look, clause_why
from lianfang.engine.identify.signals.meet import MOST_SPANS
from lianfang.engine.terms.codes import Level


def check(text: str, book: GuideBook) -> Answer:
    """Say which activities a loose text shows signs of, and why.

    Every guide that has a clause about text is asked; clauses about fields or other records stay unmet.

    Args:
        text: as it came, with all its disguises.
        book: the guides in force.

    Shape:
        One text in, one answer out; findings ordered by level, then score, then guide.
    """
    compiled = ready.compiled(book)
    return _answer(Look(compiled, text), compiled.asked)


def check_record(
    kind: str, row: Mapping[str, Any], book: GuideBook, given: Collection[str] = ()
) -> Answer:
    """Say the same about one record with fields.

    Args:
        kind: complaint, contact, post, application, objection or tip.
        row: field name to value.
        book: the guides in force.
        given: ids of clauses about other records (count, similar, sequence) known to be met.
    """
    compiled = ready.compiled(book)
    look = Look(compiled, body(kind, row), row, given, kind)
    return _answer(look, [asked for asked in compiled.asked if kind in asked.guide.kinds])


def guard_holds(guard: Guard, text: str, book: GuideBook) -> bool:
    """Say whether a guard holds for a text, whatever the guides say: for its own samples.

    Args:
        guard: one guard of the book.
        text: the text.
        book: the guides in force.
    """
    look = Look(ready.compiled(book), text)
    return guard.acts(frozenset(_hits(look, guard)))


def _answer(look: Look, guides: Sequence[ready.Asked]) -> Answer:
    reachable = [asked.guide for asked in guides if look.may_reach(asked)]
    findings = [found for guide in reachable if (found := _finding(look, guide)) is not None]
    findings.sort(key=lambda found: (-found.level.rank, -found.score, found.guide))
    shown = [found for found in findings if found.level is not Level.NONE]
    return Answer(
        level=shown[0].level if shown else Level.NONE,
        activities=tuple(dict.fromkeys(found.activity for found in shown)),
        findings=tuple(findings),
        advice=next((found.advice for found in shown if found.advice), None),
    )


def _hits(look: Look, holder: Guide | Guard) -> dict[str, tuple[Span, ...]]:
    found = {}
    for no, clause in look.compiled.numbered(holder):
        spans = look.spans(no, clause)
        if spans is not None:
            found[clause.id] = spans
    return found


def _finding(look: Look, guide: Guide) -> Finding | None:
    hits = _hits(look, guide)
    before = level_of(guide, hits)
    if before is Level.NONE:
        return None
    guards = tuple(_guard_hits(look, guide, before))
    after = min([before, *(guard.lowers_to for guard in guards)], key=lambda level: level.rank)
    clauses = tuple(
        ClauseHit(clause.id, clause.name, clause.strength, hits[clause.id], clause_why(clause, hits[clause.id]))
        for clause in guide.clauses
        if clause.id in hits
    )
    return Finding(
        guide=guide.id,
        guide_version=guide.version,
        activity=guide.activity,
        title=guide.title,
        level=after,
        level_before_guards=before,
        score=guide.score(set(hits)),
        clauses=clauses,
        guards=guards,
        evasion=any(span.evasion for spans in hits.values() for span in spans),
        advice=guide.advice,
    )


def level_of(guide: Guide, hits: Collection[str]) -> Level:
    """Say the highest level whose gate the clauses met.

    Args:
        guide: the guide.
        hits: ids of its clauses that are met.
    """
    for level in (Level.REVIEW, Level.LOOK):
        if level in guide.gates and condition.holds(guide.gates[level], hits):
            return level
    return Level.NONE


def _guard_hits(look: Look, guide: Guide, before: Level) -> list[GuardHit]:
    found = []
    for guard in look.compiled.book.guards_of(guide):
        if guard.lowers_to.rank >= before.rank:
            continue
        hits = _hits(look, guard)
        if guard.acts(set(hits)):
            asked = condition.named(guard.when)
            spans = sorted({span for name, each in hits.items() if name in asked for span in each})[:MOST_SPANS]
            shown = tuple(why.Word(one.matched, one.word).say if one.word else why.quoted(why.covered(one.matched)) for one in spans)
            reason = why.by_guard(guard, shown, before, guard.lowers_to)
            found.append(GuardHit(guard.id, guard.name, tuple(spans), guard.lowers_to, reason))
    return found
