"""The course of a run spread over many machines: one plan of steps, run by DuckDB or by Spark.

What is done record by record is done where the records lie: folding, finding identifiers, keys of
wordings, comparison of pairs, the guides' signs. What must see everything is linear and done in one
place, over numbers: union of pairs, sharing of identifiers, counts, people alike, rings. The tables
that come out are those of `course.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.linkage.make import USUAL, LinkOptions
from lianfang.engine.identify.rings.find import Sources
from lianfang.engine.identify.run import course as one_machine
from lianfang.engine.identify.run.course import Course, Outcome, gathered
from lianfang.engine.tables.step import Plan, Tables
from lianfang.engine.terms.codes import Kind


def plan(schemas: Mapping[str, pa.Schema], book: GuideBook, options: LinkOptions = USUAL) -> Plan:
    """Give the steps of a run, for any machine of tables.

    Args:
        schemas: shape of every kind's record table, which stands under the kind's name.
        book: the guides in force.
        options: how linkage is done.

    Shape:
        reads  <kind>(record_no, ...)
        makes  family, near, shared_keys, shared_values, signal, verdict
    """
    from lianfang.engine.identify.run import spread_links, spread_signs
    from lianfang.engine.identify.signals import batch

    columns = {kind: tuple(schema.names) for kind, schema in schemas.items()}
    counted = frozenset[str]().union(*(batch.fields_counted(kind, book) for kind in schemas))
    return Plan((*spread_links.steps(columns, counted, options), *spread_signs.steps(schemas, book)))


def run(
    tables: Mapping[Kind, pa.Table],
    course: Course,
    machine: Tables,
    told: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Find signs, links and rings in tables of records, most of it on another machine.

    Args:
        tables: record tables by kind, with record_no.
        course: guides, judgements, earlier rings.
        machine: takes the record tables and runs the plan.
        told: hears each part's name as it begins, as in `course.run`.

    Returns:
        What `course.run` gives; verdicts of records nobody spoke of are left out.

    Raises:
        DefinitionError: judgements that cannot be understood.
        EngineError: the machine refused a step.
    """
    held = {kind: table for kind, table in tables.items() if table.num_rows}
    if not held:
        return one_machine.run(tables, course, told)
    told("fold")
    options = LinkOptions(lanes=course.threads)
    schemas = {str(kind): table.schema for kind, table in held.items()}
    for kind, table in held.items():
        machine.put(str(kind), table)
    plan(schemas, course.book, options).on(machine, _parts(told))
    return _ended(tables, course, machine, options, told)


# The first step of each part, as a person who waits is told of it.
_FIRST = {"copy_keys": "links", "counted": "signs"}


def _parts(told: Callable[[str], None]) -> Callable[[str], None]:
    def heard(step: str) -> None:
        if step in _FIRST:
            told(_FIRST[step])

    return heard


def _ended(
    tables: Mapping[Kind, pa.Table],
    course: Course,
    machine: Tables,
    options: LinkOptions,
    told: Callable[[str], None],
) -> Outcome:
    """Do in one place what is left: links of shared identifiers, people alike, rings."""
    from lianfang.engine.identify.linkage import fuzzy
    from lianfang.engine.identify.rings import find
    from lianfang.engine.identify.run import spread_signs

    signals = spread_signs.signals(machine.arrow("signal"))
    verdicts = spread_signs.verdicts(machine.arrow("verdict"))
    family = machine.arrow("family").sort_by("record_no").combine_chunks()
    link, hub = _linked(list(tables.values()), family, machine, options)
    told("fuzzy")
    others = fuzzy.links(tables)
    told("rings")
    judged = judge.resolve(course.judgements, tables)
    sources = Sources(gathered(link, others), tables, verdicts, family, judged)
    found = find.find(sources, course.previous)
    return Outcome(signals, verdicts, hub, found, sources, link, others)


def _linked(
    held: list[pa.Table], family: pa.Table, machine: Tables, options: LinkOptions
) -> tuple[pa.Table, pa.Table]:
    from lianfang.engine.identify.linkage import cores, drafts, fields, links, make, people, sharing
    from lianfang.engine.identify.run import spread_links

    rules = options.rules or fields.load()
    who = people.people(held, spread_links.n_records(held), options.key)
    listed = spread_links.shared_entries(
        machine.arrow("shared_keys"), machine.arrow("shared_values"), options
    )
    shared = sharing.share(listed, who, make.tie_families(family, who.n_records), rules, options.lanes)
    near = machine.arrow("near")
    pairs = drafts.once(*(near[name].to_numpy() for name in near.column_names))
    tied = links.identifier_links(shared, who, rules)
    draft = drafts.grouped(pairs, family, cores.cores(tied, who, rules), rules.drafts)
    link = links.assemble(
        [tied, links.wording_links(family, who, rules), drafts.draft_links(draft, family, who, rules)]
    )
    return link, links.hub_table(shared, rules)
