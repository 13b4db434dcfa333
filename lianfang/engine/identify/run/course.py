"""The course of one run: links, signs, rings, in that order; each step named, timed and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings.find import Found, Sources
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import Say

STEPS = {
    "fold": Say("折叠文字、找出其中的标识", "fold texts, find identifiers in them"),
    "links": Say("比对措辞、连接共用标识", "compare wording, link shared identifiers"),
    "fuzzy": Say("比对相近的人和机构", "compare similar people and firms"),
    "signs": Say("按特征指南找特征", "look for signs by the guides"),
    "rings": Say("成团、度量、定级", "grow, measure and grade rings"),
}


@dataclass(frozen=True)
class Course:
    """What a run needs besides its records.

    Args:
        book: the guides in force.
        judgements: people's answers, which overrule the machine.
        previous: ring members of an earlier run, so that rings keep their ids.
        threads: how many; never changes an answer.
    """

    book: GuideBook
    judgements: Sequence[judge.Judgement] = ()
    previous: pa.Table | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run found, by record number.

    Args:
        signals: every clause met.
        verdicts: level, activity, score, guards of every record somebody spoke of.
        hubs: identifiers that joined nothing.
        found: the rings.
        sources: what rings were made from: links, families, tables.
        linked: links of identifiers and wording alone.
        others: links of people and firms alike.
        sounds: how every compared name sounds, kept for a later run; only where an index is kept.
    """

    signals: pa.Table
    verdicts: pa.Table
    hubs: pa.Table
    found: Found
    sources: Sources
    linked: pa.Table
    others: pa.Table
    sounds: pa.Table | None = None

    @property
    def links(self) -> pa.Table:
        """Give every link as it is written down: those of judgements too, which rings read by themselves."""
        return gathered(self.sources.links, judge.links(self.sources.judged))


def run(
    tables: Mapping[Kind, pa.Table],
    course: Course,
    told: Callable[[str], None] = lambda _: None,
    index: Path | None = None,
) -> Outcome:
    """Find signs, links and rings in tables of records.

    Args:
        tables: record tables by kind, with record_no.
        course: guides, judgements, earlier rings.
        told: hears each step's name as it begins.
        index: a folder to keep the index of links in, so that a later run can go on from this one.

    Returns:
        Everything found; the same for any number of threads.

    Raises:
        DefinitionError: judgements that cannot be understood.
    """
    from lianfang.engine.identify.linkage import fuzzy, make, renew_fuzzy
    from lianfang.engine.identify.linkage import index as indexes
    from lianfang.engine.identify.rings import find
    from lianfang.engine.identify.run import folding
    from lianfang.engine.identify.signals import run as signs

    told("fold")
    source = folding.source(tables, course.threads)
    told("links")
    options = make.LinkOptions(lanes=course.threads)
    linked = indexes.start(index, source, options) if index else make.make(source, options)
    told("fuzzy")
    others = fuzzy.links(tables)
    sounds = renew_fuzzy.sounds(tables) if index else None
    told("signs")
    signals, verdicts = signs.signals(
        {str(kind): table for kind, table in tables.items()},
        course.book,
        families=linked.family,
        found=source.found,
        threads=course.threads,
    )
    told("rings")
    judged = judge.resolve(course.judgements, tables)
    sources = Sources(gathered(linked.link, others), tables, verdicts, linked.family, judged)
    found = find.find(sources, course.previous)
    return Outcome(signals, verdicts, linked.hub, found, sources, linked.link, others, sounds)


def gathered(*links: pa.Table) -> pa.Table:
    """Put links of every origin into one table, in the order they are written."""
    whole = pa.concat_tables(
        [_coded(one) for one in links if one.num_rows] or [_coded(links[0])]
    ).unify_dictionaries()
    codes = np.array(
        np.argsort(np.argsort(whole["by"].chunk(0).dictionary.to_pylist())) if whole.num_rows else [],
        np.int64,
    )
    by = (
        codes[np.concatenate([one.indices.to_numpy() for one in whole["by"].chunks])]
        if whole.num_rows
        else codes
    )
    order = np.lexsort((by, whole["right"].to_numpy(), whole["left"].to_numpy()))
    return whole.take(pa.array(order))


def _coded(links: pa.Table) -> pa.Table:
    """Hold repeated words once: whatever made the links, one shape comes out."""
    from lianfang.engine.identify.linkage.links import LINK

    columns = []
    for at in LINK:
        column = links[at.name]
        if pa.types.is_dictionary(at.type) and not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        columns.append(column.cast(at.type))
    return pa.table(columns, schema=LINK)
