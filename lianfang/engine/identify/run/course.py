"""The course of one run: signs, links, rings, in that order; each step named, timed and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings.find import Found, Sources
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import Say

STEPS = {
    "wording": Say("比对措辞", "compare wording"),
    "signs": Say("按特征指南找特征", "look for signs by the guides"),
    "links": Say("连接共用标识", "link shared identifiers"),
    "fuzzy": Say("比对相近的人和机构", "compare similar people and firms"),
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
    """

    signals: pa.Table
    verdicts: pa.Table
    hubs: pa.Table
    found: Found
    sources: Sources


def run(
    tables: Mapping[Kind, pa.Table], course: Course, told: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Find signs, links and rings in tables of records.

    Args:
        tables: record tables by kind, with record_no.
        course: guides, judgements, earlier rings.
        told: hears each step's name as it begins.

    Returns:
        Everything found; the same for any number of threads.

    Raises:
        DefinitionError: judgements that name records this run does not have in a way that cannot be read.
    """
    from lianfang.engine.identify.linkage import fuzzy, links
    from lianfang.engine.identify.rings import find
    from lianfang.engine.identify.signals import run as signs

    told("wording")
    wording = links.wording(tables, course.threads)
    told("signs")
    signals, verdicts = signs.signals(tables, course.book, families=wording.family, threads=course.threads)
    told("links")
    linked = links.links(tables, wording, course.threads)
    told("fuzzy")
    judged = judge.resolve(course.judgements, tables)
    every = pa.concat_tables(
        [linked.link, fuzzy.links(tables), judge.links(judged)], promote_options="permissive"
    )
    every = every.sort_by([("left", "ascending"), ("right", "ascending"), ("by", "ascending")])
    told("rings")
    sources = Sources(every, tables, verdicts, wording.family, judged)
    return Outcome(signals, verdicts, linked.hub, find.find(sources, course.previous), sources)
