"""Everything wrong with the guides, all at once: what cannot run, and what should not be shipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides import faults, fields, reading
from lianfang.engine.identify.guides.clauses import LITERAL, AnyOf, Clause, Count, Expr, Pattern, Sequence
from lianfang.engine.identify.guides.guide import Guard, Guide, GuideBook
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, Fault

#: So many samples a guide needs of each; a guarded one only where a guard may act on its text.
LEAST_SAMPLES = {"hit": 2, "miss": 2, "guarded": 1}


def lint(folder: str | Path | None = None, shipped: bool = True) -> tuple[Fault, ...]:
    """Find every fault of every guide, guard and phrase set.

    Args:
        folder: more YAML files beside the shipped ones.
        shipped: read the shipped ones; False reads the folder alone.

    Returns:
        Faults in order of file and line; none where all is well.

    Raises:
        InputError: the folder is not there.
    """
    shelf = reading.read(Path(folder) if folder is not None else None, shipped)
    found = [*shelf.faults]
    for guide in shelf.book.guides:
        found += _samples(guide, guide.where, shelf.book)
        for clause in guide.clauses:
            found += _clause(clause, shelf.book, guide.kinds)
    for guard in shelf.book.guards:
        found += _samples(guard, guard.where, shelf.book)
        for clause in guard.clauses:
            found += _clause(clause, shelf.book, tuple(kind.value for kind in Kind))
    return tuple(sorted(set(found), key=reading.place))


def _samples(holder: Guide | Guard, where: str, book: GuideBook) -> Iterator[Fault]:
    for wants, least in LEAST_SAMPLES.items():
        if wants == "guarded" and not _may_be_guarded(holder, book):
            continue
        least = 1 if isinstance(holder, Guard) else least
        count = sum(1 for sample in holder.samples if sample.wants == wants)
        if count < least:
            yield faults.fault("few_samples", where, name=wants, count=count, least=least)


def _may_be_guarded(holder: Guide | Guard, book: GuideBook) -> bool:
    return isinstance(holder, Guide) and holder.reads_text and bool(book.guards_of(holder))


def _clause(clause: Clause, book: GuideBook, kinds: tuple[str, ...]) -> Iterator[Fault]:
    test = clause.test
    if isinstance(test, Pattern) and test.pattern:
        try:
            ready.compiled_pattern(test.pattern)
        except DefinitionError as wrong:
            yield faults.fault("bad_pattern", clause.where, why=wrong.say.zh)
    elif isinstance(test, Expr) and test.source:
        yield from _expression(test.source, clause.where, kinds)
    elif isinstance(test, Count | Sequence):
        name = test.by if isinstance(test, Count) else test.distinct
        if name and kinds and not any(name in fields.types(kind) for kind in kinds):
            known = sorted({name for kind in kinds for name in fields.types(kind)})
            yield faults.fault(
                "unknown_field", clause.where, kind="/".join(kinds), name=name, **faults.nearest(name, known)
            )
    elif isinstance(test, AnyOf) and all(term.startswith(LITERAL) or term in book.sets for term in test.words):
        n_words = len({word for term in test.words for word in ready.term_words(book, term)})
        if n_words < test.at_least:
            yield faults.fault("never_met", clause.where, name=clause.id, gate=f"{test.at_least} / {n_words}")


def _expression(source: str, where: str, kinds: tuple[str, ...]) -> Iterator[Fault]:
    """An expression must hold for one of the guide's kinds; for the others it is simply unmet."""
    wrongs = []
    for kind in kinds:
        wrong = fields.wrong_expression(source, kind)
        if wrong is None:
            return
        wrongs.append(wrong)
    if wrongs:
        yield faults.fault("bad_expression", where, why_zh=wrongs[0].say.zh, why_en=wrongs[0].say.en)
