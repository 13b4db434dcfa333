"""All of linkage in one call: record tables and folded texts in; links, families and hubs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.linkage import (
    cores,
    drafts,
    families,
    family_table,
    links,
    people,
    sharing,
    wordings,
)
from lianfang.engine.identify.linkage import entries as entry
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import templates as public
from lianfang.engine.identify.linkage.families import FamilyOptions
from lianfang.engine.identify.linkage.family_table import Worded
from lianfang.engine.identify.linkage.fields import LinkRules
from lianfang.engine.identify.linkage.templates import Templates
from lianfang.engine.identify.linkage.wordings import Int64, Texts


@dataclass(frozen=True)
class LinkSource:
    """What linkage reads.

    Args:
        tables: record tables of all kinds.
        texts: folded bodies.
        text_records: record_no of each body, ascending.
        found: identifiers found in bodies: `record_no`, `kind`, `value`; or None.
        n_records: one more than the largest record_no.
    """

    tables: Sequence[pa.Table]
    texts: Texts
    text_records: Int64
    found: pa.Table | None
    n_records: int


@dataclass(frozen=True)
class LinkOptions:
    """How linkage is done.

    Args:
        families: what makes a template family.
        rules: link fields; None for the packaged ones.
        templates: public templates; None for the packaged ones.
        key: 16 bytes under which identifiers are numbered.
        lanes: threads; None for one a core. Never changes the answer.
    """

    families: FamilyOptions = families.USUAL
    rules: LinkRules | None = None
    templates: Templates | None = None
    key: bytes = entry.DEFAULT_KEY
    lanes: int | None = None


USUAL = LinkOptions()


@dataclass(frozen=True)
class Linked:
    """Tables `link`, `family` and `hub`, and how many wordings met a crowded bucket."""

    link: pa.Table
    family: pa.Table
    hub: pa.Table
    n_capped: int


def make(source: LinkSource, options: LinkOptions = USUAL) -> Linked:
    """Link records by wording and by shared identifiers.

    Args:
        source: records, texts and what was found in them.
        options: how.

    Returns:
        Three tables.

    Shape:
        reads  <kind>(record_no, ...), folded bodies, found(record_no, kind, value)
        makes  link, family, hub; see `links` and `family_table`
    """
    rules = options.rules or link_fields.load()
    registry = options.templates or public.load()
    who = people.people(source.tables, source.n_records, options.key)
    slot, first, lengths = families.distinct(source.texts, options.families)
    read = wordings.read(source.texts, first, lengths, options.lanes)
    packed = wordings.banded(read.keys, 0, options.lanes)
    over = np.zeros(read.n_slots, np.uint32)
    label = np.arange(read.n_slots, dtype=np.int32)
    families.grow(packed, read, label, over, options.families)
    template, _ = public.match(read, registry, options.lanes)
    worded = Worded(source.text_records, slot, first, label, template)
    is_large = drafts.large(label, slot, rules.drafts)
    near = drafts.near(packed, read, (label, is_large), over, options.families, rules.drafts)
    family = family_table.family_table(worded, read, who, registry.ids, options.lanes)
    listed = entry.entries(source.tables, source.found, rules, options.key, options.lanes)
    shared = sharing.share(listed, who, tie_families(family, who.n_records), rules, options.lanes)
    tied = links.identifier_links(shared, who, rules)
    draft = drafts.grouped(
        drafts.of_records(near, source.text_records[first]), family, cores.cores(tied, who, rules),
        rules.drafts,
    )
    link = links.assemble(
        [tied, links.wording_links(family, who, rules), drafts.draft_links(draft, family, who, rules)]
    )
    return Linked(link, family, links.hub_table(shared, rules), int(np.count_nonzero(over)))


def tie_families(family: pa.Table, n_records: int) -> Int64:
    """Give each record its family where the family ties people: not public, not one person's.

    Args:
        family: table `family`.
        n_records: one more than the largest record_no.

    Returns:
        family_no a record, -1 for none.
    """
    out = np.full(n_records, -1, np.int64)
    ties = ~np.asarray(family["public"]) & (np.asarray(family["n_people"]) >= 2)
    out[np.asarray(family["record_no"])[ties]] = np.asarray(family["family_no"])[ties]
    return out
