"""The same linkage cut into steps a cluster can take: batch in, batch out, nothing kept between.

The order of the steps, the SQL between them in words:

1. `copy_keys` over all bodies; per key the smallest record_no is the wording's first record.
2. `band_keys` over the first records; per (band, key) number the records in ascending order.
3. A record of rank r meets those of rank below `window`, and those from r - `window` on.
4. `verified` over the bodies of the distinct pairs so found.
5. Copies (record, first) and verified pairs are edges; their components are the families.
6. Pairs of two families that are alike, though less, make drafts; see `drafts`.
7. `identifier_keys` over the record tables; groups of a key are those of `sharing`.
8. `template_rows` over the first records says which wordings are public.

One machine takes short cuts (it skips pairs known to be connected); the tables are the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.identify.linkage import entries as entry
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import lanes as lane
from lianfang.engine.identify.linkage import strings, wordings
from lianfang.engine.identify.linkage import templates as public
from lianfang.engine.identify.linkage.families import USUAL, FamilyOptions
from lianfang.engine.identify.linkage.fields import LinkRules
from lianfang.engine.identify.linkage.templates import Templates
from lianfang.engine.identify.linkage.wordings import Int32, Texts

COPY_KEYS = pa.schema([("record_no", pa.int64()), ("key", pa.int64())])
BAND_KEYS = pa.schema([("record_no", pa.int64()), ("band", pa.int16()), ("key", pa.int64())])
VERIFIED = pa.schema(
    [
        ("left", pa.int64()), ("right", pa.int64()), ("similarity", pa.float32()),
        ("n_shingles", pa.int32()),
    ]
)
IDENTIFIER_KEYS = pa.schema(
    [
        ("record_no", pa.int64()), ("field", pa.string()), ("key", pa.int64()),
        ("value", pa.string()),
    ]
)
TEMPLATE_ROWS = pa.schema([("record_no", pa.int64()), ("template_id", pa.string())])


def texts_of(bodies: pa.Array | pa.ChunkedArray, lanes: int | None = None) -> Texts:
    """Read a column of folded strings as code points; null is empty.

    Args:
        bodies: folded texts.
        lanes: threads; None for one a core.

    Returns:
        The texts.
    """
    from lianfang.engine.identify.linkage.kernels import letters

    chunks = bodies.chunks if isinstance(bodies, pa.ChunkedArray) else [bodies]
    threads = lane.count(lanes)
    counts = np.zeros(sum(len(chunk) for chunk in chunks), np.int64)
    buffers, row = [], 0
    for chunk in chunks:
        buffers.append((strings.buffers(chunk), row, len(chunk)))
        text, starts = buffers[-1][0]
        mine = counts[row : row + len(chunk)]
        lane.run(letters.count_points, lane.ranges(len(chunk), threads), text, starts, mine)
        row += len(chunk)
    places = np.zeros(row + 1, np.int64)
    np.cumsum(counts, out=places[1:])
    points = np.empty(int(places[-1]), np.uint32)
    for (text, starts), first, size in buffers:
        lane.run(letters.decode_points, lane.ranges(size, threads), text, starts, places[first : first + size + 1], points)
    return wordings.texts(points, places)


def copy_keys(batch: pa.RecordBatch, options: FamilyOptions = USUAL) -> pa.RecordBatch:
    """Give each body the key it shares with its exact copies.

    Args:
        batch: `record_no`, `body` (folded).
        options: bodies of fewer letters give no row.

    Returns:
        A batch like `COPY_KEYS`.
    """
    numbers, lengths = wordings.number(texts_of(batch["body"], 1), 1)
    kept = lengths >= options.least_letters
    record = np.asarray(batch["record_no"], np.int64)[kept]
    return _batch(COPY_KEYS, record, numbers[kept].view(np.int64))


def band_keys(batch: pa.RecordBatch, options: FamilyOptions = USUAL) -> pa.RecordBatch:
    """Give each body its 25 band keys.

    Args:
        batch: `record_no`, `body` (folded); first records of distinct wordings.
        options: bodies of fewer letters give no row.

    Returns:
        A batch like `BAND_KEYS`, 25 rows a body.
    """
    source = texts_of(batch["body"], 1)
    _, lengths = wordings.number(source, 1)
    chosen = np.flatnonzero(lengths >= options.least_letters)
    keys = wordings.read(source, chosen, lengths, 1).keys
    record = np.asarray(batch["record_no"], np.int64)[chosen]
    n_bands = keys.shape[1]
    bands = np.tile(np.arange(n_bands, dtype=np.int16), chosen.size)
    return _batch(BAND_KEYS, np.repeat(record, n_bands), bands, keys.reshape(-1).astype(np.int64))


def verified(batch: pa.RecordBatch, options: FamilyOptions = USUAL) -> pa.RecordBatch:
    """Keep the pairs that are similar enough, with their exact similarity.

    Args:
        batch: `left`, `right`, `left_body`, `right_body`.
        options: `least_similarity`; 0.0 keeps all and only measures.

    Returns:
        A batch like `VERIFIED`; `n_shingles` of the text that has fewer.
    """
    from lianfang.engine.identify.linkage.kernels import buckets

    n_pairs = batch.num_rows
    both = pa.chunked_array([batch["left_body"], batch["right_body"]])
    source = texts_of(both, 1)
    _, lengths = wordings.number(source, 1)
    read = wordings.read(source, np.arange(source.n_texts), lengths, 1)
    share = np.empty(n_pairs, np.float32)
    here = np.arange(n_pairs, dtype=np.uint32)
    buckets.similarity_of(
        0, n_pairs, here, here + np.uint32(n_pairs), read.shingles, read.places, read.counts,
        read.most, share,
    )
    kept = _enough(share, read.counts[:n_pairs], read.counts[n_pairs:], options.least_similarity)
    ends = [np.asarray(batch[name], np.int64)[kept] for name in ("left", "right")]
    fewest = np.minimum(read.counts[:n_pairs], read.counts[n_pairs:])[kept]
    return _batch(VERIFIED, *ends, share[kept], fewest)


def _enough(
    share: npt.NDArray[np.float32], left: Int32, right: Int32, least: float
) -> npt.NDArray[np.bool_]:
    """Say which pairs are similar enough, as the kernels say it: by whole numbers of shingles."""
    total = left.astype(np.int64) + right
    alike = share.astype(np.float64)
    shared = np.rint(total * alike / (1.0 + alike))
    return shared >= least * (total - shared)


def identifier_keys(
    batch: pa.RecordBatch, rules: LinkRules | None = None, key: bytes = entry.DEFAULT_KEY
) -> pa.RecordBatch:
    """Give each identifier of each record the key it shares with its equals, and its normal form.

    Args:
        batch: `record_no` and link fields of one kind of record; or `record_no`, `kind`, `value`
            of identifiers found in texts.
        rules: the link fields; None for the packaged ones.
        key: 16 bytes, the same for all batches.

    Returns:
        A batch like `IDENTIFIER_KEYS`; empty cells give no row.
    """
    rules = rules or link_fields.load()
    table = pa.Table.from_batches([batch])
    found = {"kind", "value"} <= set(table.column_names)
    listed = entry.entries(() if found else (table,), table if found else None, rules, key, 1)
    kept = listed.number != 0
    names = pa.array([field.name for field in rules.fields], pa.string())
    return pa.record_batch(
        [
            pa.array(listed.record[kept].astype(np.int64)),
            names.take(pa.array(listed.field[kept].astype(np.int64))),
            pa.array(listed.number[kept].view(np.int64)),
            listed.values(np.flatnonzero(kept)),
        ],
        schema=IDENTIFIER_KEYS,
    )


def template_rows(
    batch: pa.RecordBatch, templates: Templates | None = None,
    options: FamilyOptions = USUAL,
) -> pa.RecordBatch:
    """Say which bodies are a registered public template.

    Args:
        batch: `record_no`, `body` (folded).
        templates: the registry; None for the packaged one.
        options: shorter bodies are none.

    Returns:
        A batch like `TEMPLATE_ROWS`; bodies that are no template give no row.
    """
    templates = public.load() if templates is None else templates
    source = texts_of(batch["body"], 1)
    _, lengths = wordings.number(source, 1)
    chosen = np.flatnonzero(lengths >= options.least_letters)
    which, _ = public.match(wordings.read(source, chosen, lengths, 1), templates, 1)
    kept = which >= 0
    names = pa.array(templates.ids, pa.string())
    record = np.asarray(batch["record_no"], np.int64)[chosen[kept]]
    columns = [pa.array(record), names.take(pa.array(which[kept].astype(np.int64)))]
    return pa.record_batch(columns, schema=TEMPLATE_ROWS)


def _batch(schema: pa.Schema, *columns: np.ndarray) -> pa.RecordBatch:
    return pa.record_batch([pa.array(column) for column in columns], schema=schema)
