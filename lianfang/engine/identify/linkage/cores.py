"""Cores: records that one identifier of an operator ties, whatever they say.

A letter that is like the letters of two authors says nothing of who sent it; the telephone, machine or
account it came with does. So drafts never tie the records of two cores.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import components, families
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage.fields import LinkRules
from lianfang.engine.identify.linkage.people import People
from lianfang.engine.identify.linkage.wordings import Int32, Int64

NO_CORE = -1


def cores(link: pa.Table, people: People, rules: LinkRules | None = None) -> Int64:
    """Say which records hang together by identifiers alone.

    Args:
        link: table `link`, or the links of identifiers only.
        people: who stands behind each record.
        rules: which identifiers count, and how many people make a core.

    Returns:
        For every record the smallest record of its core, or `NO_CORE`. A record that shares nothing
        itself has the core of its person's other records, where they are all of one.

    Shape:
        reads  link(left, right, by, key_masked)
        makes  one number a record; the order of link rows makes no difference
    """
    rules = rules or link_fields.load()
    strong = pc.is_in(link["by"].cast(pa.string()), pa.array(_names(rules)))
    share = link.select(["left", "right", "by", "key_masked"]).filter(strong)
    left, right = (np.asarray(share[side], np.int64) for side in ("left", "right"))
    apart = _apart(left, right, people)
    several = _n_names(share, left, right, people) > 2
    tied = np.unique(np.concatenate([left, right]))
    label = components.components(left[apart & several], right[apart & several], people.n_records)
    pairs = apart & ~several
    _taken_in(label, left[pairs], right[pairs], tied, people, rules.drafts.core_people)
    n_people = _people_of(label, tied, people)
    core = np.where(n_people[label] >= rules.drafts.core_people, label.astype(np.int64), NO_CORE)
    return np.where(core == NO_CORE, _of_person(core, people.person), core)


def _apart(left: Int64, right: Int64, people: People) -> npt.NDArray[np.bool_]:
    """Leave out what may be one customer's own: two records of one name, at whatever institutions."""
    same = people.person[left] == people.person[right]
    return ~(same | ((people.name[left] == people.name[right]) & (people.name[left] != 0)))


def _n_names(tied: pa.Table, left: Int64, right: Int64, people: People) -> Int64:
    """Count the different names behind each link's identifier.

    One customer's records are often not known to be one's: this one gives a name, that one a number.
    """
    by, key = (_codes(tied[name]) for name in ("by", "key_masked"))
    star = (left * (int(by.max(initial=0)) + 1) + by) * (int(key.max(initial=0)) + 1) + key
    _, star = np.unique(star, return_inverse=True)
    star = star.reshape(-1)
    of, name = np.concatenate([star, star]), people.name[np.concatenate([left, right])]
    order = np.lexsort((name, of))
    of, name = of[order], name[order]
    fresh = np.ones(of.size, bool)
    fresh[1:] = (of[1:] != of[:-1]) | (name[1:] != name[:-1])
    fresh &= name != 0
    return np.bincount(of[fresh], minlength=int(star.max(initial=-1)) + 1)[star]


def _codes(column: pa.ChunkedArray) -> Int64:
    coded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
    return np.asarray(coded.indices, np.int64)


def _names(rules: LinkRules) -> list[str]:
    """Name the links heavy enough; what stands in free text may be the other side's."""
    return sorted({
        field.by for field in rules.fields
        if field.joins == "strangers" and field.weight_bits >= rules.drafts.core_bits
        and not field.name.startswith("found_")
    })  # fmt: skip


def _taken_in(
    label: Int32, left: Int64, right: Int64, tied: Int64, people: People, enough: int
) -> None:
    """Let what is no core yet go where two people share something; two cores never come together so.

    Two people of one household share a telephone too, and they may be the customers of two agents.
    """
    start, end = np.concatenate([left, right]), np.concatenate([right, left])
    while True:
        goes = _people_of(label, tied, people) < enough
        here, there = label[start], label[end]
        open_ = goes[here] & (here != there)
        if not open_.any():
            return
        here, there = here[open_], there[open_]
        order = np.lexsort((there, here))
        here, there = here[order], there[order]
        first = np.concatenate([[True], here[1:] != here[:-1]])
        families.join(label, here[first].astype(np.uint32), there[first].astype(np.uint32))


def _people_of(label: Int32, tied: Int64, people: People) -> Int64:
    """Count the different people of each label among records that share something."""
    of, person = label[tied], people.person[tied]
    order = np.lexsort((person, of))
    of, person = of[order], person[order]
    fresh = np.ones(of.size, bool)
    fresh[1:] = (of[1:] != of[:-1]) | (person[1:] != person[:-1])
    return np.bincount(of[fresh], minlength=label.size)


def _of_person(core: Int64, person: npt.NDArray[np.uint64]) -> Int64:
    """Give every record the one core its person's records have; none where they have two."""
    known = np.flatnonzero(core != NO_CORE)
    if not known.size:
        return core
    order = known[np.lexsort((core[known], person[known]))]
    who = person[order]
    begun = np.flatnonzero(np.concatenate([[True], who[1:] != who[:-1]]))
    last = np.append(begun[1:], who.size) - 1
    theirs = np.where(core[order[begun]] == core[order[last]], core[order[begun]], NO_CORE)
    place = np.minimum(np.searchsorted(who[begun], person), begun.size - 1)
    return np.where(who[begun][place] == person, theirs[place], NO_CORE)
