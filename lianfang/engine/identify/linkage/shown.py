"""How shared identifiers look masked, a column at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identifiers import mask as masks
from lianfang.engine.terms.codes import IdentifierKind

LEAST_PROBED = 6
# Kinds whose mask depends on nothing but the length.
_BY_LENGTH = frozenset(
    IdentifierKind(kind)
    for kind in (
        "mobile", "landline", "resident_id", "uscc", "bank_card", "bank_account", "wechat_id", "qq",
        "alipay", "douyin", "kuaishou", "xiaohongshu", "device_id", "sha256", "plate",
    )
)


def masked(kind: str, values: pa.Array) -> pa.Array:
    """Mask a column of identifiers of one kind, as `identifiers.mask` does one by one.

    Args:
        kind: kind of identifier; `handle` is shown like a chat id.
        values: normal forms.

    Returns:
        Masked strings.

    Shape:
        n values in, n strings out. No Python string a row where the mask depends on length alone.
    """
    known = IdentifierKind(kind) if kind in set(IdentifierKind) else IdentifierKind.WECHAT_ID
    values = values.cast(pa.string())
    if known not in _BY_LENGTH:
        return pa.array([None if v is None else masks.mask(known, v) for v in values.to_pylist()],
                        pa.string())
    lengths = np.asarray(pc.fill_null(pc.utf8_length(values), 0))
    has_at = np.asarray(pc.fill_null(pc.match_substring(values, "@"), False))
    parts, rows = [], []
    for length in np.unique(lengths).tolist():
        chosen = np.flatnonzero((lengths == length) & ~has_at)
        parts.append(_masked_alike(known, values.take(pa.array(chosen)), length))
        rows.append(chosen)
    odd = np.flatnonzero(has_at)
    parts.append(pa.array([masks.mask(known, v) for v in values.take(pa.array(odd)).to_pylist()],
                          pa.string()))
    rows.append(odd)
    back = np.argsort(np.concatenate(rows), kind="stable")
    return pa.concat_arrays(parts).take(pa.array(back))


def _masked_alike(kind: IdentifierKind, values: pa.Array, length: int) -> pa.Array:
    """Mask values of one length: a probe of distinct letters shows what stays."""
    if length < LEAST_PROBED:  # front and back may overlap
        return pa.array(
            [None if v is None else masks.mask(kind, v) for v in values.to_pylist()], pa.string()
        )
    probe = "".join(chr(0x4E00 + place) for place in range(length))
    shown = masks.mask(kind, probe)
    front = next((k for k in range(length) if shown[k : k + 1] != probe[k]), length)
    back = next((k for k in range(length - front) if shown[-k - 1] != probe[-k - 1]), 0)
    middle = shown[front : len(shown) - back]
    head = pc.utf8_slice_codeunits(values, 0, front)
    tail = pc.utf8_slice_codeunits(values, length - back, length) if back else pa.scalar("")
    return pc.binary_join_element_wise(head, pa.scalar(middle), tail, pa.scalar(""))
