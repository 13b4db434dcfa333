"""The samples inside guides and guards, tried: does each text get the answer it was written for?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lianfang.engine.identify.guides.guide import Guard, Guide, GuideBook, Sample
from lianfang.engine.identify.signals import check
from lianfang.engine.identify.signals.answer import Answer, Finding
from lianfang.engine.terms.codes import Level
from lianfang.engine.terms.errors import Say


@dataclass(frozen=True)
class Failure:
    """One sample that did not get its answer: where it is written, and what came instead."""

    holder: str
    sample: Sample
    say: Say


def trial(book: GuideBook, name: str | None = None) -> tuple[int, tuple[Failure, ...]]:
    """Try all samples of all guides and guards, or of one.

    Args:
        book: the guides in force.
        name: id of one guide or guard.

    Returns:
        How many samples were tried, and those which failed.
    """
    n_tried, failures = 0, []
    for holder in book.holders:
        if name is not None and holder.id != name:
            continue
        for sample in holder.samples:
            n_tried += 1
            failures += [Failure(holder.id, sample, say) for say in _failed(holder, sample, book)]
    return n_tried, tuple(failures)


def answer(guide: Guide, sample: Sample, book: GuideBook) -> Answer:
    """Give the answer to a sample, as a loose text or as a record.

    Args:
        guide: the guide the sample belongs to.
        sample: the sample.
        book: the guides in force.
    """
    if sample.record is None and not sample.given and not sample.kind:
        return check.check(sample.text, book)
    row = dict(sample.record) if sample.record is not None else {"text": sample.text}
    return check.check_record(sample.kind or guide.kinds[0], row, book, sample.given)


def _failed(holder: Guide | Guard, sample: Sample, book: GuideBook) -> Iterator[Say]:
    if isinstance(holder, Guard):
        if check.guard_holds(holder, sample.text, book) != (sample.wants == "hit"):
            yield _GUARD_SILENT if sample.wants == "hit" else _GUARD_HELD
        return
    found = next((one for one in answer(holder, sample, book).findings if one.guide == holder.id), None)
    if sample.wants == "miss":
        if found is not None:
            yield _REACHED.fill(level=found.level_before_guards, by=_by(found))
    elif found is None:
        yield _UNREACHED
    elif sample.wants == "hit":
        if found.level.rank < sample.level.rank:
            yield _LOW.fill(level=found.level, wanted=sample.level, by=_by(found))
    elif found.level.rank > sample.level.rank or found.level is Level.REVIEW:
        yield _UNGUARDED.fill(level=found.level, wanted=sample.level, by=_by(found))
    elif sample.guard and sample.guard not in {guard.id for guard in found.guards}:
        yield _OTHER_GUARD.fill(wanted=sample.guard, by=_by(found))


_GUARD_SILENT = Say("应当成立,却没有成立", "should hold, and does not")
_GUARD_HELD = Say("不应成立,却成立了", "should not hold, and does")
_UNREACHED = Say("没有达到任何门槛", "no gate was reached")
_REACHED = Say("不应命中,却达到 {level}({by})", "should not hit, and reached {level} ({by})")
_LOW = Say("应达到 {wanted},只有 {level}({by})", "should reach {wanted}, got only {level} ({by})")
_UNGUARDED = Say("应被保护到 {wanted},仍是 {level}({by})", "should be guarded to {wanted}, stayed {level} ({by})")
_OTHER_GUARD = Say("应由 {wanted} 保护,却不是({by})", "should be guarded by {wanted}, was not ({by})")


def _by(found: Finding) -> str:
    clauses = ", ".join(f"{hit.id}:{'/'.join(span.matched for span in hit.spans)}" for hit in found.clauses)
    return clauses + "".join(f" -{guard.id}" for guard in found.guards)
