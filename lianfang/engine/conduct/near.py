"""Out of a large log, the contacts that may count for one: those of its debtor and of its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.conduct import columns
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.contact import Contact

# Every counting key has one of them.
_FIELDS = ("debtor_id", "party_mobile")


def about(batches: Iterable[pa.Table], asked: Contact, default_zone: str | None = None) -> Iterator[Contact]:
    """Give the contacts of a log that share debtor or number with one.

    Args:
        batches: the kind `contact`, any number of rows.
        asked: the contact as planned.
        default_zone: the zone of contacts that name none.

    Returns:
        Contacts in the log's order; no rule counts any other for this one.
    """
    for batch in batches:
        near = np.zeros(batch.num_rows, dtype=np.bool_)
        for name in _FIELDS:
            wanted = asked.facts.get(name)
            if wanted is None or name not in batch.column_names or not batch.num_rows:
                continue
            held = columns.text(columns._column(batch, name, pa.string()), False)
            same = pc.fill_null(pc.equal(held.dictionary, wanted), False).to_numpy(zero_copy_only=False)
            near |= np.append(same, False)[columns.numbers(held, len(same))]
        if near.any():
            yield from (contacts.read(row, default_zone) for row in batch.filter(pa.array(near)).to_pylist())
