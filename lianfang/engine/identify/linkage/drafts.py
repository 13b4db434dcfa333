"""Drafts: template families, and single letters, that were reworked from one text.

A letter passed on in a chat is reworded until it is no copy any more. Two wordings that share less
than a family asks for are still tied, but only so: a small family goes to the one family it is most
like, and a large family never goes to another, nor does one whose senders hang together by something
else (`cores`). So the letters of two authors who wrote from one script stay two drafts, however many
letters lie between them. Public templates tie nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.identify.linkage import families, links
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import lanes as lane
from lianfang.engine.identify.linkage.families import FamilyOptions
from lianfang.engine.identify.linkage.fields import DraftRules, LinkRules
from lianfang.engine.identify.linkage.people import People
from lianfang.engine.identify.linkage.wordings import Int32, Int64, Uint32, Uint64, Wordings

Uint8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Near:
    """Pairs of wordings of two families that are alike; each pair once, sorted.

    Args:
        left: slot, or first record, of one; smaller than `right`.
        right: slot, or first record, of the other.
        similarity: shared shingles over all shingles.
    """

    left: Int64
    right: Int64
    similarity: Reals


def no_pairs() -> Near:
    """Give a list of no pairs."""
    return Near(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


def near(
    packed: Uint64, read: Wordings, labels: tuple[Int32, Uint8], over: Uint32,
    options: FamilyOptions, rules: DraftRules, first_new: int = 0,
) -> Near:
    """List alike wordings of different families, of which at least one is small.

    Args:
        packed: rows of sorted (key, slot), as families were grown from.
        read: all wordings.
        labels: family of each wording, and whether it is large (from `large`).
        over: crowded-bucket bits, from `families.grow`.
        options: window and threads.
        rules: what makes wordings alike.
        first_new: only pairs with a slot from here on are compared.

    Returns:
        Pairs of slots; the same for every number of threads.

    Units:
        Similarity is a share, at least `rules.least_similarity`.

    Source:
        Candidates are those of the families: 25 bands of 5. A pair of 0.5 meets with probability
        0.55, one of 0.4 with 0.23; a letter with many kin needs only one of them.
    """
    from lianfang.engine.identify.linkage.kernels import near as kernel

    numbers = np.array([options.window, first_new, rules.least_shingles, read.most], np.int64)
    threads = lane.count(options.lanes)
    parts = [
        part
        for band in range(len(packed))
        for part in lane.run(
            kernel.near_band, families.bucket_ranges(packed[band], threads), packed[band], band,
            read.keys, over, labels[0], labels[1], read.shingles, read.places, read.counts,
            read.sketch, numbers, rules.least_similarity,
        )
    ]
    return once(*(np.concatenate([part[k] for part in parts]) if parts else np.empty(0) for k in range(3)))


def once(left: npt.ArrayLike, right: npt.ArrayLike, similarity: npt.ArrayLike) -> Near:
    """Sort pairs and keep each once: a crowded bucket lets a pair meet twice."""
    ends = (np.asarray(left, np.uint64) << np.uint64(32)) | np.asarray(right, np.uint64)
    ends, rows = np.unique(ends, return_index=True)
    low = (ends & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return Near((ends >> np.uint64(32)).astype(np.int64), low, np.asarray(similarity, np.float32)[rows])


def joined(before: Near, new: Near) -> Near:
    """Put later pairs behind earlier ones."""
    both = [
        np.concatenate([getattr(before, name), getattr(new, name)])
        for name in ("left", "right", "similarity")
    ]
    return once(*both)


def large(label: Int32, slot: Int64, rules: DraftRules) -> Uint8:
    """Say of each wording whether its family has so many texts that it goes to no other.

    Args:
        label: family of each wording.
        slot: wording of each text, -1 for none.
        rules: how many are many.

    Returns:
        1 or 0 a wording.
    """
    n_texts = np.bincount(label[slot[slot >= 0]], minlength=label.size)
    return (n_texts[label] >= rules.large).astype(np.uint8)


def still_open(pairs: Near, label: Int32, is_large: Uint8) -> Near:
    """Leave out pairs that have become one family, or lie between two large ones."""
    left, right = pairs.left, pairs.right
    kept = (label[left] != label[right]) & ~((is_large[left] & is_large[right]).astype(bool))
    return Near(left[kept], right[kept], pairs.similarity[kept])


def of_records(pairs: Near, first_record: Int64) -> Near:
    """Name pairs by the first record of each wording instead of its slot."""
    return Near(first_record[pairs.left], first_record[pairs.right], pairs.similarity)


def grouped(
    pairs: Near, family: pa.Table, core: Int64, rules: DraftRules
) -> Int64:
    """Say which records were reworked from one draft.

    Args:
        pairs: alike wordings, by first record (`of_records`).
        family: table `family`; a record that has no row is a family of its own.
        core: for every record what it hangs together with by identifiers (`cores`), or -1.
        rules: from how many records on a family is large.

    Returns:
        For every record the smallest record of its draft; -1 where it has none.

    Shape:
        Rounds: every small family without a core goes to the family it is most like (of equals the
        first), what has come together counts as one, until no small one has anywhere to go.
        Families of one core come together first, those of two never.
    """
    of = np.arange(core.size, dtype=np.int64)
    number = np.asarray(family["record_no"], np.int64)
    of[number] = np.asarray(family["family_no"], np.int64)
    nodes, ends = np.unique(np.concatenate([of[pairs.left], of[pairs.right]]), return_inverse=True)
    one, two = np.split(ends.astype(np.int64).reshape(-1), 2)
    n_texts, is_public = np.ones(core.size, np.int64), np.zeros(core.size, bool)
    n_texts[of[number]] = np.asarray(family["size"], np.int64)
    is_public[of[number]] = np.asarray(family["public"])
    about = _About(n_texts[nodes], is_public[nodes], _core_of(nodes, of, core))
    label = _gone(one, two, pairs.similarity, about, rules.large)
    n_families = np.bincount(label, minlength=nodes.size)
    public = np.bincount(label, about.is_public, minlength=nodes.size) > 0
    whole = (n_families[label] >= 2) & ~public[label]
    draft = np.full(core.size, -1, np.int64)
    draft[nodes[whole]] = nodes[label[whole]]
    return draft[of]


@dataclass(frozen=True)
class _About:
    """What is known of each family: its texts, whether it is public, its core (-1: none)."""

    n_texts: Int64
    is_public: Bools
    core: Int64


def _core_of(nodes: Int64, of: Int64, core: Int64) -> Int64:
    """Give each family the core most of its records have; of equals the smallest."""
    record = np.flatnonzero((core >= 0) & np.isin(of, nodes))
    pair, n_held = np.unique(
        np.searchsorted(nodes, of[record]) * (core.size + 1) + core[record], return_counts=True
    )
    place, held = pair // (core.size + 1), pair % (core.size + 1)
    order = np.lexsort((held, -n_held, place))
    first = order[np.flatnonzero(np.diff(place[order], prepend=-1))]
    found = np.full(nodes.size, -1, np.int64)
    found[place[first]] = held[first]
    return found


def _gone(one: Int64, two: Int64, share: Reals, about: _About, many: int) -> Int32:
    """Let small families go to their nearest, round after round; gives the smallest of each draft."""
    label = np.arange(about.n_texts.size, dtype=np.int32)
    same = (about.core[one] >= 0) & (about.core[one] == about.core[two])
    same &= ~about.is_public[one] & ~about.is_public[two]
    families.join(label, one[same].astype(np.uint32), two[same].astype(np.uint32))
    start, end = np.concatenate([one, two]), np.concatenate([two, one])
    alike = np.concatenate([share, share])
    while True:
        size = np.bincount(label, about.n_texts, minlength=label.size)
        stays = np.bincount(label, about.is_public | (about.core >= 0), minlength=label.size) > 0
        goes = (size < many) & ~stays
        here, there = label[start], label[end]
        open_ = goes[here] & (here != there)
        if not open_.any():
            return label
        here, there, near_by = here[open_], there[open_], alike[open_]
        order = np.lexsort((there, -near_by, here))
        here, there = here[order], there[order]
        first = np.concatenate([[True], here[1:] != here[:-1]])
        families.join(label, here[first].astype(np.uint32), there[first].astype(np.uint32))


def draft_links(draft: Int64, family: pa.Table, people: People, rules: LinkRules | None = None) -> pa.Table:
    """Make the links of drafts: every record to the first of its draft.

    Args:
        draft: from `grouped`.
        family: table `family`.
        people: who stands behind each record.
        rules: for the weight.

    Returns:
        As `links.identifier_links`; what one person wrote alone makes no link.

    Units:
        Bits: less than those of a family, and a bit less for every doubling of the people.
    """
    rules = rules or link_fields.load()
    record = np.flatnonzero(draft >= 0)
    heads, place = np.unique(draft[record], return_inverse=True)
    place = place.reshape(-1)
    of = record.copy()
    number = np.asarray(family["record_no"], np.int64)
    at = np.searchsorted(number, record)
    met = np.flatnonzero(number[np.minimum(at, number.size - 1)] == record) if number.size else at[:0]
    of[met] = np.asarray(family["family_no"], np.int64)[at[met]]
    n_people = _different(place, people.person[record], heads.size)
    known = people.institution[record] >= 0
    n_places = _different(place[known], people.institution[record][known], heads.size)
    n_wordings = _different(place, of, heads.size)
    kept = (n_people[place] >= 2) & (record != draft[record])
    base = rules.drafts.weight_bits
    bits = np.maximum(link_fields.weight_bits(base, n_people), rules.drafts.least_bits)
    people_text, how_many = links.text(n_people), links.text(n_wordings)
    in_places, at_places = links.places(n_places)
    return links.pointed(
        draft[record][kept], record[kept], people,
        {
            "by": pa.array(["draft"] * heads.size, pa.string()),
            "key_masked": links.beside("D", links.text(heads)),
            "n_sharing": n_people.astype(np.int32), "weight_bits": bits,
            "why_zh": links.beside("像是同一底稿改写(", how_many, " 种写法,", people_text, " 人", in_places, ")"),
            "why_en": links.beside("Reworked from one draft (", how_many, " wordings, ", people_text,
                                   " people", at_places, ")"),
            "number": heads.astype(np.uint64),
        },
        place[kept],
    )


def _different(place: Int64, values: npt.NDArray[np.generic], n_places: int) -> Int64:
    """Count distinct values at each place."""
    order = np.lexsort((values, place))
    place, values = place[order], values[order]
    fresh = np.ones(place.size, bool)
    fresh[1:] = (place[1:] != place[:-1]) | (values[1:] != values[:-1])
    return np.bincount(place[fresh], minlength=n_places)
