"""The table of links: who is tied to whom, by what, how heavily, and why in two languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identifiers import hubs
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import sharing
from lianfang.engine.identify.linkage.fields import LinkRules
from lianfang.engine.identify.linkage.people import NO_TIME, People
from lianfang.engine.identify.linkage.sharing import Shared
from lianfang.engine.terms.errors import Say

_TEXT = pa.dictionary(pa.int32(), pa.string())
LINK = pa.schema(
    [
        ("left", pa.int64()), ("right", pa.int64()), ("by", _TEXT), ("key_masked", _TEXT),
        ("n_sharing", pa.int32()), ("weight_bits", pa.float64()),
        ("left_at", pa.timestamp("us", "UTC")), ("right_at", pa.timestamp("us", "UTC")),
        ("why_zh", _TEXT), ("why_en", _TEXT),
    ]
)
"""Columns of table `link`; repeated texts are dictionaries."""

_CROWD = Say("{0} 人、{1} 家机构共用,此外没有别的联系", "shared by {0} people at {1} institutions without any other tie")
_TOO_MANY = Say("{0} 人、{1} 家机构共用,过多", "shared by {0} people at {1} institutions: too many")
_REGISTERED = Say("登记的公用号码:", "registered as public: ")


def identifier_links(shared: Shared, people: People, rules: LinkRules | None = None) -> pa.Table:
    """Make the links of shared identifiers.

    Args:
        shared: groups and stars, from `sharing.share`.
        people: who stands behind each record, for times.
        rules: the link fields; None for the packaged ones.

    Returns:
        Table `link` with one more column `number`, the keyed number of the identifier.

    Shape:
        makes  link(left, right, by, key_masked, n_sharing, weight_bits, left_at, right_at, why_zh,
               why_en, number), no order

    Units:
        weight in bits, see `fields.weight_bits`; a burst adds `burst_bits`.
    """
    rules = rules or link_fields.load()
    pair, place = np.unique(
        shared.group.astype(np.int64) * 256 + shared.by, return_inverse=True
    )
    group, code = pair >> 8, (pair & 255)
    is_own = shared.verdict[group] == sharing.OWN
    n_people = np.where(is_own, shared.n_records[group], shared.n_people[group])
    burst = _is_burst(shared, rules)[group] & ~is_own
    bits = link_fields.weight_bits(rules.numbers_of("weight_bits")[code], n_people)
    bits = np.where(is_own, rules.same_person_bits, bits + np.where(burst, rules.burst_bits, 0.0))
    names = [*(field.by for field in rules.fields), "same_person"]
    by_code = np.where(is_own, len(rules.fields), code)
    why_zh, why_en = _why(shared, group, code, is_own, burst, rules)
    return pointed(
        shared.left, shared.right, people,
        {
            "by": pa.array(names, pa.string()).take(pa.array(by_code)),
            "key_masked": shared.value_masked.take(pa.array(group)),
            "n_sharing": n_people.astype(np.int32), "weight_bits": bits,
            "why_zh": why_zh, "why_en": why_en, "number": shared.number[group],
        },
        place,
    )


def wording_links(family: pa.Table, people: People, rules: LinkRules | None = None) -> pa.Table:
    """Make the links of template families: every record to the first of its family.

    Args:
        family: table `family`.
        people: who stands behind each record, for times.
        rules: for the weight of wording.

    Returns:
        As `identifier_links`; public families and one person's own letters make no link.

    Units:
        Bits: `wording_bits` for two people, less a bit for every doubling, less up to three for
        wording that is only just similar.
    """
    rules = rules or link_fields.load()
    column = {name: np.asarray(family[name]) for name in family.column_names if name != "template_id"}
    kept = ~column["public"] & (column["n_people"] >= 2) & (
        column["record_no"] != column["family_no"]
    )
    column = {name: values[kept] for name, values in column.items()}
    percent = np.floor(column["similarity"].astype(np.float64) * 100 + 1e-6).astype(np.int64)
    pair, place = np.unique(
        column["family_no"] * 128 + percent, return_inverse=True
    )
    first = np.empty(pair.size, np.int64)
    first[place[::-1]] = np.arange(place.size)[::-1]
    head, share = pair >> 7, pair & 127
    n_people, n_places = column["n_people"][first], column["n_institutions"][first]
    least_so = np.clip((100 - share) / 30.0, 0.0, 1.0) * 3.0
    bits = np.maximum(
        np.round(link_fields.weight_bits(rules.wording_bits, n_people) - least_so, 3),
        rules.least_bits,
    )
    share_text, people_text = text(share), text(n_people)
    in_places, at_places = places(n_places)
    return pointed(
        column["family_no"], column["record_no"], people,
        {
            "by": pa.array(["wording"], pa.string()).take(pa.array(np.zeros(pair.size, np.int64))),
            "key_masked": beside("T", text(head)),
            "n_sharing": n_people.astype(np.int32), "weight_bits": bits,
            "why_zh": beside("文字雷同 ", share_text, "%(同一模板 ", people_text, " 人", in_places, ")"),
            "why_en": beside("Same wording, ", share_text, "% (one template, ", people_text,
                              " people", at_places, ")"),
            "number": head.astype(np.uint64),
        },
        place,
    )


def assemble(parts: Sequence[pa.Table]) -> pa.Table:
    """Put links of all sorts together.

    Args:
        parts: from `identifier_links`, `wording_links`, or any table like `LINK`.

    Returns:
        Table `link`, sorted by (left, right, by, key); `number` is left out.

    Shape:
        makes  link(left int64, right int64, by, key_masked, n_sharing int32, weight_bits float64,
               left_at, right_at, why_zh, why_en)
    """
    return ordered(parts).select(LINK.names)


def ordered(parts: Sequence[pa.Table]) -> pa.Table:
    """Put links together, sorted, with their numbers."""
    schema = LINK.append(pa.field("number", pa.uint64()))
    whole = [
        part if "number" in part.column_names
        else part.append_column("number", pa.array(np.zeros(part.num_rows, np.uint64)))
        for part in parts
    ]
    table = pa.concat_tables([part.cast(schema) for part in whole] or [schema.empty_table()])
    table = table.unify_dictionaries().combine_chunks()
    if not table.num_rows:
        return table
    order = np.lexsort(
        (
            np.asarray(table["number"]), _rank_of_by(table),
            np.asarray(table["right"]), np.asarray(table["left"]),
        )
    )
    return table.take(pa.array(order)).combine_chunks()


def merged(before: pa.Table, new: pa.Table) -> pa.Table:
    """Merge two sorted link tables into one.

    Args:
        before: from `ordered`.
        new: from `ordered`.

    Returns:
        What `ordered([before, new])` gives, sooner: runs are merged, only ties are sorted.
    """
    table = pa.concat_tables([before, new]).unify_dictionaries().combine_chunks()
    ends = (np.asarray(table["left"], np.uint64) << np.uint64(32)) | np.asarray(
        table["right"], np.uint64
    )
    order = np.argsort(ends, kind="stable")
    ends = ends[order]
    tie = np.zeros(ends.size, bool)
    if ends.size:
        tie[1:] = ends[1:] == ends[:-1]
        tie[:-1] |= tie[1:]
    rows = np.flatnonzero(tie)
    rank = _rank_of_by(table)
    mine = order[rows]
    inner = np.lexsort((np.asarray(table["number"])[mine], rank[mine], ends[rows]))
    order[rows] = mine[inner]
    return table.take(pa.array(order)).combine_chunks()


def _rank_of_by(table: pa.Table) -> npt.NDArray[np.integer]:
    """Give each row the alphabetical rank of its `by`."""
    by = table["by"].combine_chunks()
    rank = np.asarray(pc.array_sort_indices(pc.array_sort_indices(by.dictionary)))
    return rank[np.asarray(by.indices)] if len(by) else np.empty(0, np.int64)


def hub_table(shared: Shared, rules: LinkRules | None = None) -> pa.Table:
    """List the identifiers that joined nothing though they were shared, and why.

    Args:
        shared: groups, from `sharing.share`.
        rules: the link fields; None for the packaged ones.

    Returns:
        One row a hub, the most shared first.

    Shape:
        makes  hub(field, key_masked, n_records int32, n_people int32, n_institutions int32,
               reason [registered | crowd | too_many], reason_zh, reason_en)
    """
    return order_hubs(hub_rows(shared, rules)).drop_columns(["number"])


def no_hubs() -> pa.Table:
    """Give a hub table without rows, with `number`."""
    words, count = pa.string(), pa.int32()
    return pa.schema(
        [
            ("field", words), ("key_masked", words), ("n_records", count), ("n_people", count),
            ("n_institutions", count), ("reason", words), ("reason_zh", words),
            ("reason_en", words), ("number", pa.uint64()),
        ]
    ).empty_table()


def order_hubs(table: pa.Table) -> pa.Table:
    """Sort hubs: the most shared first."""
    keys = [("n_records", "descending"), ("field", "ascending"), ("number", "ascending")]
    return table.sort_by(keys).combine_chunks()


def hub_rows(shared: Shared, rules: LinkRules | None = None) -> pa.Table:
    """Give the rows of table `hub`, unsorted, with the keyed number of each identifier."""
    rules = rules or link_fields.load()
    rows = np.flatnonzero(shared.hub != sharing.NO_HUB)
    zh, en = _hub_reasons(shared, rows)
    names = pa.array([field.by for field in rules.fields], pa.string())
    codes = pa.array(["", "registered", "crowd", "too_many"], pa.string())
    return pa.table(
        {
            "field": names.take(pa.array(shared.field[rows].astype(np.int64))),
            "key_masked": shared.value_masked.take(pa.array(rows)),
            "n_records": shared.n_records[rows], "n_people": shared.n_people[rows],
            "n_institutions": shared.n_institutions[rows],
            "reason": codes.take(pa.array(shared.hub[rows].astype(np.int64))),
            "reason_zh": zh, "reason_en": en, "number": shared.number[rows],
        }
    )


def _hub_reasons(shared: Shared, rows: npt.NDArray[np.integer]) -> tuple[pa.Array, pa.Array]:
    """Say for each hub why it joins nothing; hubs are few."""
    registry = hubs.registry()
    says = []
    for row in rows.tolist():
        if shared.hub[row] == sharing.REGISTERED:
            why = registry[shared.rule[row]].why
            says.append(Say(_REGISTERED.zh + why.zh, _REGISTERED.en + why.en))
            continue
        pattern = _CROWD if shared.hub[row] == sharing.CROWD else _TOO_MANY
        counts = (int(shared.n_people[row]), int(shared.n_institutions[row]))
        says.append(Say(pattern.zh.format(*counts), pattern.en.format(*counts)))
    return pa.array([s.zh for s in says], pa.string()), pa.array([s.en for s in says], pa.string())


def _is_burst(shared: Shared, rules: LinkRules) -> npt.NDArray[np.bool_]:
    """Say which groups came mostly within one short window."""
    half = np.ceil(shared.n_records / 2)
    return shared.n_burst >= np.maximum(rules.burst_least, half)


def _why(
    shared: Shared, group: npt.NDArray[np.int64], code: npt.NDArray[np.int64],
    is_own: npt.NDArray[np.bool_], burst: npt.NDArray[np.bool_], rules: LinkRules,
) -> tuple[pa.Array, pa.Array]:
    """Put each (group, field) in words."""
    key = shared.value_masked.take(pa.array(group))
    people, (in_places, at_places) = text(shared.n_people[group]), places(shared.n_institutions[group])
    records, rush = text(shared.n_records[group]), text(shared.n_burst[group])
    said = [pa.array([getattr(f.say, tongue) for f in rules.fields]) for tongue in ("zh", "en")]
    zh, en = (one.take(pa.array(code)) for one in said)
    hours = str(rules.burst_hours)
    rush_zh = pc.if_else(pa.array(burst), beside(",其中 ", rush, " 条在 " + hours + " 小时内"), "")
    rush_en = pc.if_else(pa.array(burst), beside(", ", rush, " of them within " + hours + " hours"), "")
    own_zh = beside("同一人:", zh, " ", key, "(", records, " 条记录)")
    own_en = beside("The same person: ", en, " ", key, " (", records, " records)")
    # A word in Latin letters keeps a space from the Chinese before it.
    pad = pa.array([f"共用{' ' if f.say.zh[:1].isascii() else ''}" for f in rules.fields]).take(pa.array(code))
    share_zh = beside(pad, zh, " ", key, "(", people, " 人", in_places, rush_zh, ")")
    share_en = beside("Share ", en, " ", key, " (", people, " people", at_places, rush_en, ")")
    return pc.if_else(pa.array(is_own), own_zh, share_zh), pc.if_else(pa.array(is_own), own_en, share_en)


def pointed(
    left: npt.NDArray[np.integer], right: npt.NDArray[np.integer], people: People,
    repeated: dict[str, pa.Array | npt.NDArray[np.generic]], place: npt.NDArray[np.integer],
) -> pa.Table:
    """Make a link table whose texts are written once and pointed at.

    Args:
        left, right: ends of each link.
        people: who stands behind each record, for times.
        repeated: columns told once a group.
        place: group of each link.

    Returns:
        Table `link` with `number`, no order.
    """
    left, right = left.astype(np.int64), right.astype(np.int64)
    columns: dict[str, pa.Array] = {"left": pa.array(left), "right": pa.array(right)}
    index = pa.array(place.astype(np.int32))
    for name, values in repeated.items():
        if isinstance(values, np.ndarray):
            columns[name] = pa.array(values[place])
        else:
            distinct = pc.dictionary_encode(values)
            columns[name] = pa.DictionaryArray.from_arrays(
                distinct.indices.take(index), distinct.dictionary
            )
    columns["left_at"], columns["right_at"] = _moments(people.at[left]), _moments(people.at[right])
    return pa.table(columns).select([*LINK.names, "number"])


def _moments(at: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(at, pa.int64(), mask=at == NO_TIME).cast(pa.timestamp("us", "UTC"))


def text(numbers: npt.NDArray[np.integer]) -> pa.Array:
    """Write numbers out."""
    return pa.array(numbers).cast(pa.string())


def places(numbers: npt.NDArray[np.integer]) -> tuple[pa.Array, pa.Array]:
    """Say at how many institutions, in both languages; nothing where none is named."""
    zh = beside("、", text(numbers), " 家机构")
    en = beside(" at ", text(numbers), pc.if_else(pa.array(numbers == 1), " institution", " institutions"))
    none = pa.array(numbers == 0)
    return pc.if_else(none, "", zh), pc.if_else(none, "", en)


def beside(*parts: str | pa.Array) -> pa.Array:
    """Join texts and columns of texts side by side."""
    return pc.binary_join_element_wise(*(pa.scalar(p) if isinstance(p, str) else p for p in parts), "")
