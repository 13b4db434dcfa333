"""Wording and shared identifiers as steps any machine of tables can take.

Texts are folded, cut into keys and compared where they lie; numbers alone come to one place, for the
union of pairs. Pairs are compared in two rounds: first every wording of a bucket with the bucket's first,
then, only in buckets that still hold strangers, with its neighbours. What hangs together already
is not compared again, so a letter of a million copies costs a million comparisons and not its square.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.guides import fields
from lianfang.engine.identify.linkage import batches, components, drafts, entries, family_table, people
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import templates as public
from lianfang.engine.identify.linkage.family_table import FAMILY, Worded
from lianfang.engine.identify.linkage.make import LinkOptions
from lianfang.engine.identify.linkage.wordings import Int32, Int64
from lianfang.engine.tables.step import Rows, Sql, Step, Whole

Columns = Mapping[str, Sequence[str]]
FOLDED = pa.schema([("record_no", pa.int64()), ("body", pa.string())])
FOUND = pa.schema([("record_no", pa.int64()), ("kind", pa.string()), ("value", pa.string())])
NEAR = pa.schema([("left", pa.int64()), ("right", pa.int64()), ("similarity", pa.float32())])
ROOT = pa.schema([("record_no", pa.int64()), ("root", pa.int64())])
_KNOWN = (
    "record_no", "institution", "person_name", "person_mobile", "party_mobile", "person_resident_id",
    "debtor_id", "author_handle", "facts_ref", "channel",
)  # fmt: skip


def steps(columns: Columns, counted: frozenset[str], options: LinkOptions) -> tuple[Step, ...]:
    """Give the steps from record tables to families and identifiers several records share.

    Args:
        columns: columns of every kind's record table, which stands under the kind's name.
        counted: further columns that clauses about other records count by.
        options: how linkage is done.

    Shape:
        reads  <kind>(record_no, ...)
        makes  family, near(left, right, similarity), shared_keys(record_no, field, key), shared_values(key, value), and on the
               way known_<kind>: the columns people are told apart by and counted by
    """
    return (*_texts(columns), *_known(columns, counted), *_wordings(options), *_compared(options),
            *_families(columns, options), *_identifiers(columns, options))  # fmt: skip


def chosen(names: Sequence[str]) -> str:
    """Write column names for a select."""
    return ", ".join(f'"{name}"' for name in names)


def together(columns: Sequence[str], tables: Sequence[str]) -> str:
    """Write the rows of several tables under one another."""
    return " union all ".join(f"select {chosen(columns)} from {name}" for name in tables)


def _texts(columns: Columns) -> list[Step]:
    made: list[Step] = []
    for kind, names in columns.items():
        texts = [name for name in fields.texts(kind) if name in names]
        made += [
            Sql(f"texts_{kind}", f"select {chosen(['record_no', *texts])} from {kind}", (kind,)),
            Rows(f"folded_{kind}", partial(folded, kind=kind), (f"texts_{kind}",), FOLDED),
            Rows(f"found_{kind}", partial(found, kind=kind), (f"texts_{kind}",), FOUND),
        ]
    for name, schema in (("folded", FOLDED), ("found", FOUND)):
        parts = tuple(f"{name}_{kind}" for kind in columns)
        made.append(Sql(name, together(schema.names, parts), parts))
    return made


def folded(batch: pa.RecordBatch, kind: str) -> pa.RecordBatch:
    """Make the texts of one kind of record plain.

    Args:
        batch: `record_no` and text fields.
        kind: the records' kind.

    Returns:
        A batch like `FOLDED`.
    """
    from lianfang.engine.identify.signals import body
    from lianfang.engine.text import shingles

    points, starts = shingles.fold_table(body.bodies(kind, pa.Table.from_batches([batch])), threads=1)
    sizes = 1 + (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)
    ends = np.concatenate([[0], np.cumsum(sizes)])[starts].astype(np.int64)
    letters = points.astype("<u4").tobytes().decode("utf-32-le").encode()
    bodies = pa.Array.from_buffers(
        pa.large_string(), batch.num_rows, [None, pa.py_buffer(ends), pa.py_buffer(letters)]
    )
    return pa.record_batch([batch["record_no"], bodies.cast(pa.string())], schema=FOLDED)


def found(batch: pa.RecordBatch, kind: str) -> pa.RecordBatch:
    """Find the identifiers in the texts of one kind of record.

    Args:
        batch: `record_no` and text fields.
        kind: the records' kind.

    Returns:
        A batch like `FOUND`.
    """
    from lianfang.engine.identifiers import find
    from lianfang.engine.identify.signals import body

    made = find.find_table(body.bodies(kind, pa.Table.from_batches([batch]))).combine_chunks()
    columns = [batch["record_no"].take(_one(made["row"])), _one(made["kind"]), _one(made["value"])]
    return pa.record_batch(columns, schema=FOUND)


def _known(columns: Columns, counted: frozenset[str]) -> list[Step]:
    """Cut record tables down to what people are told apart by and counted by: no texts."""
    made: list[Step] = []
    for kind, names in columns.items():
        wanted = {*_KNOWN, *counted, fields.time(kind)}
        kept = [name for name in names if name in wanted]
        made.append(Sql(f"known_{kind}", f"select {chosen(kept)} from {kind}", (kind,)))
    return made


def _wordings(options: LinkOptions) -> list[Step]:
    """Put exact copies together, then number the members of every bucket of every band."""
    usual = options.families
    return [
        Rows("copy_keys", partial(batches.copy_keys, options=usual), ("folded",), batches.COPY_KEYS),
        Sql(
            "copies",
            "select record_no, min(record_no) over (partition by key) as first_no from copy_keys",
            ("copy_keys",),
        ),
        Sql(
            "wordings",
            "select f.record_no, f.body from folded as f join copies as c on f.record_no = c.record_no "
            "where c.record_no = c.first_no",
            ("folded", "copies"),
        ),
        Rows("band_keys", partial(batches.band_keys, options=usual), ("wordings",), batches.BAND_KEYS),
        Sql(
            "ranked",
            "select record_no, band, key, place from (select record_no, band, key, "
            "row_number() over (partition by band, key order by record_no) - 1 as place, "
            "count(*) over (partition by band, key) as size from band_keys) as numbered where size >= 2",
            ("band_keys",),
        ),
    ]


_BODIES = (
    'select p.left_no as "left", p.right_no as "right", l.body as left_body, r.body as right_body '
    "from {pairs} as p join wordings as l on p.left_no = l.record_no join wordings as r on p.right_no = r.record_no"
)
_HEADS = (
    "select distinct h.record_no as left_no, r.record_no as right_no from ranked as r "
    "join ranked as h on r.band = h.band and r.key = h.key where h.place = 0 and r.place > 0"
)
# The place of a member inside its bucket is cut into blocks of one window, so that its last neighbours
# are met by an equal join: a range join would meet the whole bucket.
_MIXED = (
    "select record_no, band, key, place, root, cast(floor(place / $window) as bigint) as block from ("
    "select record_no, band, key, place, root, min(root) over (partition by band, key) as low, "
    "max(root) over (partition by band, key) as high from ("
    "select r.record_no, r.band, r.key, r.place, coalesce(h.root, r.record_no) as root "
    "from ranked as r left join headed as h on r.record_no = h.record_no) as rooted_once) as measured "
    "where low <> high"
)
_FAR = (
    "select distinct left_no, right_no from ("
    "select l.record_no as left_no, r.record_no as right_no from mixed as r "
    "join mixed as l on r.band = l.band and r.key = l.key "
    "where l.place >= 1 and l.place < $window and l.place < r.place and l.root <> r.root "
    "union all "
    "select l.record_no as left_no, r.record_no as right_no from mixed as r "
    "join (select record_no, band, key, place, root, block from mixed union all "
    "select record_no, band, key, place, root, block + 1 as block from mixed) as l "
    "on r.band = l.band and r.key = l.key and r.block = l.block "
    "where l.place >= 1 and l.place < r.place and l.place >= r.place - $window and l.root <> r.root) as met"
)


def _compared(options: LinkOptions) -> list[Step]:
    # Pairs too little alike for a family may still be two letters of one draft.
    rules = (options.rules or link_fields.load()).drafts
    least = min(options.families.least_similarity, rules.least_similarity)
    verified = partial(batches.verified, options=replace(options.families, least_similarity=least))
    rooted = partial(_rooted, least=options.families.least_similarity)
    window = {"window": options.families.window}
    return [
        Sql("head_pairs", _HEADS, ("ranked",)),
        Sql("head_bodies", _BODIES.format(pairs="head_pairs"), ("head_pairs", "wordings")),
        Rows("head_verified", verified, ("head_bodies",), batches.VERIFIED),
        Whole("headed", rooted, ("head_verified",), ROOT),
        Sql("mixed", _MIXED, ("ranked", "headed"), window),
        Sql("far_pairs", _FAR, ("mixed",), window),
        Sql("far_bodies", _BODIES.format(pairs="far_pairs"), ("far_pairs", "wordings")),
        Rows("far_verified", verified, ("far_bodies",), batches.VERIFIED),
        Whole("rooted", rooted, ("head_verified", "far_verified"), ROOT),
        Whole(
            "near",
            partial(_near, rules=rules),
            ("copies", "rooted", "head_verified", "far_verified"),
            NEAR,
        ),
    ]


def _rooted(tables: Mapping[str, pa.Table], least: float) -> pa.Table:
    """Give every record of a pair of one family the smallest record it hangs together with."""
    pairs = pa.concat_tables(tables.values())
    pairs = pairs.filter(pc.greater_equal(pairs["similarity"], pa.scalar(least, pa.float32())))
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    nodes, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    root = components.components(ends[: left.size], ends[left.size :], nodes.size)
    return pa.table([pa.array(nodes), pa.array(nodes[root])], schema=ROOT)


def _near(tables: Mapping[str, pa.Table], rules: link_fields.DraftRules) -> pa.Table:
    """Keep the pairs that may be of one draft: of two families, one of them small, long enough."""
    pairs = pa.concat_tables([tables["head_verified"], tables["far_verified"]])
    alike = pc.greater_equal(pairs["similarity"], pa.scalar(rules.least_similarity, pa.float32()))
    pairs = pairs.filter(pc.and_(alike, pc.greater_equal(pairs["n_shingles"], rules.least_shingles)))
    _, slot, label = _slots(tables)
    firsts = np.unique(tables["copies"]["first_no"].to_numpy())
    ends = (np.searchsorted(firsts, pairs[side].to_numpy()) for side in ("left", "right"))
    made = drafts.once(*ends, pairs["similarity"].to_numpy())
    made = drafts.of_records(drafts.still_open(made, label, drafts.large(label, slot, rules)), firsts)
    return pa.table([pa.array(column) for column in (made.left, made.right, made.similarity)], schema=NEAR)


def _families(columns: Columns, options: LinkOptions) -> list[Step]:
    measured = partial(batches.verified, options=replace(options.families, least_similarity=0.0))
    known = tuple(f"known_{kind}" for kind in columns)
    pairs = "select root as left_no, record_no as right_no from rooted where record_no <> root"
    return [
        Sql("root_pairs", pairs, ("rooted",)),
        Sql("root_bodies", _BODIES.format(pairs="root_pairs"), ("root_pairs", "wordings")),
        Rows("alike", measured, ("root_bodies",), batches.VERIFIED),
        Rows(
            "template_rows",
            partial(batches.template_rows, templates=options.templates, options=options.families),
            ("wordings",),
            batches.TEMPLATE_ROWS,
        ),
        Whole(
            "family",
            partial(_family, options=options, known=known),
            ("copies", "rooted", "alike", "template_rows", *known),
            FAMILY,
        ),
    ]


def _family(tables: Mapping[str, pa.Table], options: LinkOptions, known: Sequence[str]) -> pa.Table:
    """Make table `family` from numbers alone: copies, roots, likenesses, templates, people."""
    registry = options.templates or public.load()
    held = [tables[name] for name in known]
    worded = _worded(tables, registry.ids)
    rows = family_table.rows_of(worded)
    firsts = worded.record[worded.first]
    share = np.ones(firsts.size, np.float32)
    alike = tables["alike"]
    share[np.searchsorted(firsts, alike["right"].to_numpy())] = alike["similarity"].to_numpy()
    who = people.people(held, n_records(held), options.key)
    return family_table.tabled(worded, rows, share[rows.slot], who, registry.ids)


def _worded(tables: Mapping[str, pa.Table], ids: tuple[str, ...]) -> Worded:
    record, slot, label = _slots(tables)
    firsts = np.unique(tables["copies"]["first_no"].to_numpy())
    template = np.full(firsts.size, -1, np.int32)
    matched = tables["template_rows"]
    which = pc.index_in(matched["template_id"], pa.array(ids, pa.string())).to_numpy()
    template[np.searchsorted(firsts, matched["record_no"].to_numpy())] = which
    return Worded(record, slot, np.searchsorted(record, firsts), label, template)


def _slots(tables: Mapping[str, pa.Table]) -> tuple[Int64, Int64, Int32]:
    """Number wordings by their first records: records ascending, wording of each, family of each wording."""
    copies, rooted = tables["copies"].sort_by("record_no"), tables["rooted"]
    firsts, slot = np.unique(copies["first_no"].to_numpy(), return_inverse=True)
    label = np.arange(firsts.size, dtype=np.int32)
    member, root = (np.searchsorted(firsts, rooted[name].to_numpy()) for name in ROOT.names)
    label[member] = root
    return copies["record_no"].to_numpy(), slot.astype(np.int64), label


def n_records(tables: Sequence[pa.Table]) -> int:
    """Say one more than the largest record number."""
    return 1 + max((pc.max(table["record_no"]).as_py() for table in tables if table.num_rows), default=-1)


def _identifiers(columns: Columns, options: LinkOptions) -> list[Step]:
    """Number identifiers where they lie; keep those that stand more than once."""
    rules = options.rules or link_fields.load()
    work = partial(batches.identifier_keys, rules=options.rules, key=options.key)
    made: list[Step] = [Rows("keys_found", work, ("found",), batches.IDENTIFIER_KEYS)]
    parts = ["keys_found"]
    for kind, names in columns.items():
        held = link_fields.known(names, rules)
        if held:
            sql = f"select {chosen(['record_no', *held])} from {kind}"
            made += [
                Sql(f"identifiers_{kind}", sql, (kind,)),
                Rows(f"keys_{kind}", work, (f"identifiers_{kind}",), batches.IDENTIFIER_KEYS),
            ]
            parts.append(f"keys_{kind}")
    several = "select key, min(value) as value from identifier_keys group by key having count(*) >= 2"
    shared = "select k.record_no, k.field, k.key from identifier_keys as k join shared_values as s on k.key = s.key"
    return [
        *made,
        Sql("identifier_keys", together(batches.IDENTIFIER_KEYS.names, parts), tuple(parts)),
        Sql("shared_values", several, ("identifier_keys",)),
        Sql("shared_keys", shared, ("identifier_keys", "shared_values")),
    ]


def shared_entries(keys: pa.Table, values: pa.Table, options: LinkOptions) -> entries.Entries:
    """Make the list of identifiers linkage reads from those several records share.

    Args:
        keys: table `shared_keys`.
        values: table `shared_values`.
        options: how linkage is done.

    Returns:
        Entries in the order of records; identifiers that stand once are not among them.
    """
    rules = options.rules or link_fields.load()
    names = pa.array([field.name for field in rules.fields], pa.string())
    code = pc.index_in(keys["field"], names).to_numpy().astype(np.uint8)
    order = np.lexsort((code, keys["record_no"].to_numpy()))
    keys, code = keys.take(pa.array(order)), code[order]
    place = pc.index_in(keys["key"].combine_chunks(), values["key"].combine_chunks())
    shown = pa.DictionaryArray.from_arrays(place, _one(values["value"]))
    block = entries.Block(0, (shown,), (0,))
    number = keys["key"].to_numpy().view(np.uint64)
    return entries.Entries(number, keys["record_no"].to_numpy().astype(np.int32), code, (block,))


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
