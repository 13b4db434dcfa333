"""Folded texts of a whole column as flat code points, and how alike two texts are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def fold_table(
    bodies: pa.Array | pa.ChunkedArray, threads: int | None = None
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Fold every text of a column as `plain.plain` folds one.

    Args:
        bodies: strings; a null row is an empty text.
        threads: how many work at once; never changes the answer.

    Returns:
        Code points of all texts one after the other, and where each text starts.

    Shape:
        n texts in; points of any length, n + 1 starts out.
    """
    import numpy as np

    from lianfang.engine.text import cells, folding, layout

    chart = layout.chart()
    jobs = [(column, first, last) for column in cells.columns(bodies) for first, last in column.chunks()]

    def one(job: tuple[Any, int, int]) -> tuple[Any, Any]:
        column, first, last = job
        return folding.fold_chunk(chart, column.bytes, column.offsets, column.valid, first, last)

    parts = cells.each(one, jobs, threads)
    counts = np.concatenate([count for _, count in parts]) if parts else np.zeros(0, np.int64)
    points = np.concatenate([point for point, _ in parts]) if parts else np.zeros(0, np.uint32)
    starts = np.zeros(counts.size + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return points, starts


def shingles(text: str, k: int = 3) -> frozenset[str]:
    """Cut a text into all its pieces of k characters."""
    return frozenset(text[at : at + k] for at in range(len(text) - k + 1))


def similarity(left: str, right: str, k: int = 3) -> float:
    """Say how much of two texts is the same wording.

    Args:
        left: folded text, from `plain.plain`.
        right: the same.
        k: characters of a shingle.

    Returns:
        Shared shingles over all shingles; 0.0 where either text has none.

    Units:
        Share, 0.0 to 1.0.

    Source:
        Jaccard similarity.
    """
    one, other = shingles(left, k), shingles(right, k)
    return len(one & other) / len(one | other) if one and other else 0.0
