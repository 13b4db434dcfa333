"""Measure rings: size, spread, tempo, what is shared, what the records say, who is protected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.rings import rules, tally
from lianfang.engine.identify.rings.kernel import Bools, Floats, Ints
from lianfang.engine.identify.rings.members import KINDS, NO_TIME, Members, codes
from lianfang.engine.terms.codes import Activity, Kind

_DAY_US, _SHANGHAI_US = 86_400_000_000, 8 * 3_600_000_000
ROLES = (
    "agent", "callback", "payee", "device", "ip", "paper", "issuer", "poster", "site", "employer",
    "referrer", "dealer", "appraiser", "found", "home", "wording",
)  # fmt: skip
GUARD_SHARES = {
    "own_debt": ("own_debt", "hardship"), "public": ("public", "template", "self_help"),
    "lawyer": ("lawyer",), "family": ("family", "relative"), "news": ("news", "regulator", "warning", "court"),
}  # fmt: skip

_FILED = (Kind.COMPLAINT, Kind.OBJECTION, Kind.APPLICATION)


@dataclass(frozen=True)
class Measured:
    """Measures by name, one number a ring, and the keys each ring shares.

    Attributes:
        numbers: name to one number a ring.
        key_ring: ring of each shared key.
        key: the key (place in the graph's keys).
        key_people: people of the ring who hold it.
        key_homes: of these, how many live apart.
    """

    numbers: dict[str, Ints | Floats]
    key_ring: Ints
    key: Ints
    key_people: Ints
    key_homes: Ints


def measure(members: Members, verdicts: pa.Table | None = None, families: pa.Table | None = None) -> Measured:
    """Measure every ring.

    Records that only accompany a member (they hold no key of the ring) are not counted.

    Args:
        members: from `members.gather`.
        verdicts: record_no, activity, level, guards (list or joined by `|`); missing means no signs.
        families: table `family`; missing means no wording was compared.

    Returns:
        Every measure of `gates.MEASURES`.

    Units:
        `n_` and `top_` count; `_share` is 0 to 1; days are Shanghai days.
    """
    n = members.n_rings
    core = ~members.grown.own
    ring = members.ring[core]
    person = codes_of(members.grown.person)[core]
    homes = _homes(members)[core]
    out: dict[str, Ints | Floats] = {
        "n_records": tally.count(ring, n),
        "n_people": tally.distinct(ring, n, person),
        "n_homes": tally.distinct(ring, n, homes),
        "n_institutions": tally.distinct(ring, n, members.codes("institution")[core]),
        "n_own_records": tally.count(members.ring, n, ~core),
    }
    for code, kind in enumerate(KINDS):
        out[f"n_{kind}s"] = tally.count(ring, n, members.kind[core] == code)
    out |= _tempo(ring, n, members.moments()[core])
    shared = _shared(members, core, person, homes)
    out |= _roles(members, shared, out["n_people"])
    out["untied_share"] = _untied(members, core, person, shared)
    out |= _fields(members, core, ring, person)
    out |= _loans(members, core, ring)
    out |= _signs(members, core, person, verdicts)
    out |= _families(members, core, person, families)
    return Measured(out, *shared)


def codes_of(numbers: Ints) -> Ints:
    """Give dense codes of numbers, in their order."""
    if numbers.size and numbers.min() < 0:
        return np.unique(numbers, return_inverse=True)[1].reshape(-1)
    return tally.dense(numbers)[1][0]


def _homes(members: Members) -> Ints:
    """Give one code to people who live together: same address, else each person alone."""
    address = members.codes("person_address")
    person = codes_of(members.grown.person)
    # A person's home is the first address any record of his names.
    first = np.full(int(person.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    known = address >= 0
    np.minimum.at(first, person[known], address[known])
    lives = first[person]
    at_home: Bools = lives < np.iinfo(np.int64).max
    return np.where(at_home, lives, int(address.max(initial=-1)) + 1 + person)


def _tempo(ring: Ints, n: int, at: Ints) -> dict[str, Ints | Floats]:
    known = at != NO_TIME
    ring, at = ring[known], at[known]
    day = (at + _SHANGHAI_US) // _DAY_US
    first = np.full(n, np.iinfo(np.int64).max)
    last = np.full(n, NO_TIME)
    np.minimum.at(first, ring, at)
    np.maximum.at(last, ring, at)
    timed = tally.count(ring, n)
    origin = int(at.min(initial=0))
    active = tally.distinct(ring, n, day - int(day.min(initial=0)))
    busiest = tally.busiest(ring, n, (at - origin) // 1_000_000, 48 * 3600)
    none = timed == 0
    first, last = np.where(none, NO_TIME, first), np.where(none, NO_TIME, last)
    return {
        "first_at": first,
        "last_at": last,
        "span_days": np.where(none, 0, (last + _SHANGHAI_US) // _DAY_US - (first + _SHANGHAI_US) // _DAY_US + 1),
        "active_days": active,
        "per_day": tally.share(timed, active),
        "busiest_48h": busiest,
        "busiest_share": tally.share(busiest, timed),
    }


def _shared(members: Members, core: Bools, person: Ints, homes: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """List the keys at least two people of a ring hold: ring, key, people, homes."""
    net = members.grown.linked
    place = np.full(net.records.size, -1, np.int64)
    seats = np.flatnonzero(core)
    place[np.searchsorted(net.records, members.grown.record[seats])] = np.arange(seats.size)
    at = place[net.record_of]
    use = at >= 0
    ring, key, at = members.ring[seats][at[use]], net.record_key[use], at[use]
    rings, keys, n_people = tally.holders(ring, key, person[at])
    n_homes = tally.holders(ring, key, homes[at])[2]
    many = n_people > 1
    return rings[many], keys[many], n_people[many], n_homes[many]


def _roles(
    members: Members, shared: tuple[Ints, Ints, Ints, Ints], n_people: Ints | Floats
) -> dict[str, Ints | Floats]:
    """Count shared keys by role, and people who live apart at the most widely held one."""
    ring, key, _, homes = shared
    net, n = members.grown.linked, members.n_rings
    settings = [rules.join().by(name) for name in net.names]
    by = net.key_by[key]
    role = np.array([ROLES.index(one.role) if one.role in ROLES else -1 for one in settings], np.int64)[by]
    operator = np.array([one.is_operator for one in settings], np.bool_)[by]
    out: dict[str, Ints | Floats] = {}
    for code, name in enumerate(ROLES):
        mine = role == code
        out[f"n_{name}_keys"] = tally.count(ring, n, mine)
        out[f"top_{name}_people"] = tally.largest(ring[mine], n, homes[mine])
    out["n_operator_keys"] = tally.count(ring, n, operator)
    out["top_operator_people"] = tally.largest(ring[operator], n, homes[operator])
    out["top_operator_share"] = tally.share(out["top_operator_people"], n_people)
    out["n_operator_roles"] = tally.distinct(ring[operator], n, role[operator])
    return out


def _untied(members: Members, core: Bools, person: Ints, shared: tuple[Ints, Ints, Ints, Ints]) -> Floats:
    """Share of those who filed something whom nothing but wording ties to anybody in the ring."""
    net, n = members.grown.linked, members.n_rings
    wording = np.array([rules.join().by(name).role == "wording" for name in net.names], np.bool_)
    n_keys = max(net.key_by.size, 1)
    ties = np.sort((shared[0] * n_keys + shared[1])[~wording[net.key_by[shared[1]]]])
    label = np.full(net.records.size, -1, np.int64)
    label[np.searchsorted(net.records, members.grown.record)] = members.ring
    held = label[net.record_of] * n_keys + net.record_key
    tied = np.unique(net.record_of[np.isin(held, ties)])
    is_tied = np.isin(members.grown.record[core], net.records[tied])
    ring, span = members.ring[core], int(person.max(initial=0)) + 1
    filed = np.isin(members.kind[core], [KINDS.index(kind) for kind in _FILED])
    everybody = tally.different(ring[filed] * span + person[filed])
    with_tie = tally.different(ring[is_tied] * span + person[is_tied])
    lone = everybody[~np.isin(everybody, with_tie)]
    return tally.share(tally.count(lone // span, n), tally.count(everybody // span, n))


def _fields(members: Members, core: Bools, ring: Ints, person: Ints) -> dict[str, Ints | Floats]:
    n = members.n_rings
    total = tally.count(ring, n)
    relation = members.column("agent_relation")
    licence = members.codes("agent_licence")[core]
    out: dict[str, Ints | Floats] = {
        "n_licences": tally.distinct(ring, n, licence),
        "lawyer_share": tally.share(tally.count(ring, n, licence >= 0), total),
        "letter_share": tally.share(tally.count(ring, n, members.codes("authority_letter_on")[core] >= 0), total),
        "agent_share": tally.share(tally.count(ring, n, _has_agent(members)[core]), total),
    }
    for word, parts in rules.relations().items():
        said = pc.match_substring_regex(pc.fill_null(relation, ""), "|".join(parts)).to_numpy(zero_copy_only=False)[core]
        out[f"{word}_share"] = tally.share(tally.count(ring, n, said), total)
    for name in ("institution", "product", "cause"):
        code = members.codes(name)[core]
        out[f"one_{name}_share"] = tally.share(tally.top(ring, n, code, np.arange(ring.size)), total)
        out[f"n_{name}_words"] = tally.distinct(ring, n, code)
    out["licence_institution_share"] = _by_licence(licence, members.codes("institution")[core], ring, n)
    surname = codes(pc.utf8_slice_codeunits(members.column("person_name"), 0, 1))[core]
    out["one_surname_share"] = tally.share(tally.top(ring, n, surname, person), tally.distinct(ring, n, person))
    channels = tally.holders(ring * 1, codes_of(person), members.codes("channel")[core] + 1)
    out["many_channel_share"] = tally.share(
        tally.count(channels[0], n, channels[2] >= 3), tally.distinct(ring, n, person)
    )
    asked, disputed = members.numbers("demanded_fen")[core], members.numbers("disputed_fen")[core]
    out["over_demand_share"] = tally.share(tally.count(ring, n, (disputed > 0) & (asked > 3 * disputed)), total)
    return out


def _by_licence(licence: Ints, institution: Ints, ring: Ints, n: int) -> Floats:
    """Share of the records under a licence that go to the institution most of that licence's go to."""
    use = (licence >= 0) & (institution >= 0)
    width = int(licence.max(initial=0)) + 1
    whose, _, n_records = tally.holders((ring * width + licence)[use], institution[use], np.flatnonzero(use))
    most = tally.largest(whose, n * width, n_records)
    return tally.share(np.bincount(np.arange(most.size) // width, most, minlength=n), tally.count(ring, n, use))


def _has_agent(members: Members) -> Bools:
    named = np.zeros(members.ring.size, np.bool_)
    for name in ("agent_mobile", "agent_wechat", "agent_name", "agent_firm", "agent_uscc"):
        named |= members.codes(name) >= 0
    return named


def _loans(members: Members, core: Bools, ring: Ints) -> dict[str, Ints | Floats]:
    n = members.n_rings
    missed = members.truths("first_payment_missed")[core]
    appraised, price = members.numbers("appraised_fen")[core], members.numbers("price_fen")[core]
    months = members.numbers("social_security_months")[core]
    loans = tally.count(ring, n, members.kind[core] == KINDS.index("application"))
    return {
        "missed_share": tally.share(tally.count(ring, n, missed == 1), tally.count(ring, n, missed >= 0)),
        "n_missed": tally.count(ring, n, missed == 1),
        "overvalued_share": tally.share(tally.count(ring, n, appraised > 1.3 * price), loans),
        "new_job_share": tally.share(tally.count(ring, n, months <= 3), loans),
    }


def _signs(members: Members, core: Bools, person: Ints, verdicts: pa.Table | None) -> dict[str, Ints | Floats]:
    """Count records with signs, by activity, and records under guards."""
    n, ring = members.n_rings, members.ring[core]
    level, activity, guards = _verdicts(members, verdicts)
    level, activity = level[core], activity[core]
    total = tally.count(ring, n)
    signed = (level >= 1) & (activity >= 0)
    out: dict[str, Ints | Floats] = {
        "n_signed": tally.count(ring, n, signed),
        "signed_share": tally.share(tally.count(ring, n, signed), total),
        "n_review_signed": tally.count(ring, n, signed & (level == 2)),
        "review_signed_share": tally.share(tally.count(ring, n, signed & (level == 2)), total),
        "n_signed_people": tally.distinct(ring[signed], n, person[signed]),
        "guarded_share": tally.share(tally.count(ring, n, (guards != "")[core]), total),
    }
    for code, name in enumerate(Activity):
        out[f"n_{name.value.lower()}"] = tally.count(ring, n, signed & (activity == code))
    words = pa.array(guards, pa.string())
    for guard, parts in GUARD_SHARES.items():
        met = pc.match_substring_regex(words, "|".join(parts)).to_numpy(zero_copy_only=False)[core]
        out[f"{guard}_guard_share"] = tally.share(tally.count(ring, n, met), total)
    return out


def _verdicts(members: Members, verdicts: pa.Table | None) -> tuple[Ints, Ints, np.ndarray]:
    size = members.ring.size
    level, activity = np.zeros(size, np.int64), np.full(size, -1, np.int64)
    guards = np.full(size, "", dtype=object)
    if verdicts is None or not verdicts.num_rows:
        return level, activity, guards
    number = verdicts["record_no"].to_numpy().astype(np.int64, copy=False)
    order = np.argsort(number, kind="stable")
    place = order[np.minimum(np.searchsorted(number[order], members.grown.record), number.size - 1)]
    met = np.flatnonzero(number[place] == members.grown.record)
    mine = verdicts.select(["activity", "level", "guards"]).take(pa.array(place[met]))
    level[met] = _places(mine["level"], ("none", "look", "review"), 0)
    activity[met] = _places(mine["activity"], tuple(one.value for one in Activity), -1)
    told = mine["guards"]
    if pa.types.is_list(told.type) or pa.types.is_large_list(told.type):
        told = pc.binary_join(told.cast(pa.list_(pa.string())), "|")
    guards[met] = np.array(pc.fill_null(told.cast(pa.string()), "").to_pylist(), dtype=object)
    return level, activity, guards


def _places(column: pa.ChunkedArray, words: tuple[str, ...], missing: int) -> Ints:
    found = pc.index_in(column.cast(pa.string()), pa.array(words))
    return pc.fill_null(found, missing).combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64)


def _families(members: Members, core: Bools, person: Ints, families: pa.Table | None) -> dict[str, Ints | Floats]:
    """Count template families: the widest, its institutions, the share that is public."""
    n, ring = members.n_rings, members.ring[core]
    number = np.full(members.ring.size, -1, np.int64)
    public = np.zeros(members.ring.size, np.bool_)
    if families is not None and families.num_rows:
        record = families["record_no"].to_numpy().astype(np.int64, copy=False)
        order = np.argsort(record, kind="stable")
        place = order[np.minimum(np.searchsorted(record[order], members.grown.record), record.size - 1)]
        met = record[place] == members.grown.record
        number[met] = families["family_no"].to_numpy()[place[met]]
        public[met] = pc.fill_null(families["public"], False).to_numpy()[place[met]]
    # A collector's script is the lender's own wording.
    number[members.kind == KINDS.index("contact")] = -1
    number, public = number[core], public[core]
    own = np.where(public, -1, codes_of(number) * (number >= 0) - (number < 0))
    where, code, people = tally.holders(ring, own, person)
    at = members.codes("institution")[core]
    # A post that names no institution is at none.
    nowhere, unnamed, _ = tally.holders(ring, np.where(at < 0, own, -1), at + 1)
    width = int(own.max(initial=0)) + 1
    institutions = tally.holders(ring, own, at + 1)[2] - np.isin(where * width + code, nowhere * width + unnamed)
    return {
        "n_families": tally.count(where, n, people > 1),
        "top_family_people": tally.largest(where, n, people),
        "top_family_institutions": tally.largest(where, n, institutions * (people > 1)),
        "wording_share": tally.share(tally.count(ring, n, own >= 0), tally.count(ring, n)),
        "public_share": tally.share(tally.count(ring, n, public), tally.count(ring, n)),
    }
