"""Folded columns as flat arrays, and how alike two folded texts are."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lianfang.engine.terms import compiled

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SIZE = 3  # characters in a shingle


@dataclass(frozen=True)
class Folds:
    """A column made plain, without a Python object a row.

    Attributes:
        points: folded code points, row after row.
        offsets: row `n` is points[offsets[n]:offsets[n + 1]].
        spans: for each folded character its first raw byte and one past its last, counted from the
            start of its row; empty where not asked for.
    """

    points: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    spans: NDArray[np.int32]

    def text(self, row: int) -> str:
        """Give one folded row as a string."""
        cells = self.points[self.offsets[row] : self.offsets[row + 1]]
        return cells.tobytes().decode("utf-32-le", "surrogatepass")


def prepare() -> None:
    """Begin to lay out what folding reads, beside other work.

    It takes seconds of Python, in which a large table is being read by compiled code.
    """
    if compiled.used():
        from lianfang.engine.text import layout

        threading.Thread(target=layout.chart, daemon=True).start()


def fold_column(
    bodies: pa.Array | pa.ChunkedArray, threads: int | None = None, *, with_spans: bool = False
) -> Folds:
    """Make a whole column plain, as `plain.plain` makes one text plain.

    Args:
        bodies: strings; null rows come out empty. Invalid UTF-8 reads as U+FFFD.
        threads: how many work at once; None: as many as the machine has. Never changes the answer.
        with_spans: also give the way back to the raw bytes.

    Returns:
        The folded rows.

    Shape:
        As many rows as `bodies`, in their order.

    Raises:
        Nothing.
    """
    import numpy as np

    from lianfang.engine.text import cells

    if not compiled.used():
        from lianfang.engine.text import one_by_one

        parts: list[tuple[Any, ...]] = [one_by_one.fold(column, with_spans) for column in cells.columns(bodies)]
    else:
        parts = _folded(bodies, threads, with_spans)
    if not parts:
        return Folds(np.empty(0, np.uint32), np.zeros(1, np.int64), np.empty((0, 2), np.int32))
    points, spans, sizes = (np.concatenate(column) for column in zip(*parts, strict=True))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Folds(points, offsets, spans)


def _folded(
    bodies: pa.Array | pa.ChunkedArray, threads: int | None, with_spans: bool
) -> list[tuple[Any, ...]]:
    from lianfang.engine.text import cells, folding, layout

    chart = layout.chart()
    work = [(column, *chunk) for column in cells.columns(bodies) for chunk in column.chunks()]

    def one(job: tuple[cells.Cells, int, int]) -> tuple[NDArray[np.generic], ...]:
        column, first, last = job
        made: tuple[NDArray[np.generic], ...] = folding.fold_chunk(
            chart, column.bytes, column.offsets, column.valid, (first, last), with_spans
        )
        return made

    return cells.each(one, work, threads)


def fold_table(
    bodies: pa.Array | pa.ChunkedArray, threads: int | None = None
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Make a whole column plain, for linkage.

    Returns:
        (folded code points, offsets): row `n` is points[offsets[n]:offsets[n + 1]].

    Shape:
        As `fold_column`.
    """
    folds = fold_column(bodies, threads)
    return folds.points, folds.offsets


def similarity(left: str, right: str) -> float:
    """Say how much of two texts is the same wording.

    Template letters have many senders and one author; this finds the author.

    Args:
        left: folded text, `plain.plain(raw).text`, never raw input.
        right: the same.

    Returns:
        Shared 3-character shingles over all shingles; texts under three characters are alike only
        when equal.

    Shape:
        Symmetric; similarity(x, x) == 1.0.

    Units:
        Share, 0.0 (nothing common) to 1.0 (same wording).

    Raises:
        Nothing. An empty text is like nothing: 0.0.

    Source:
        Jaccard similarity.
    """
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    ours = {left[at : at + SIZE] for at in range(len(left) - SIZE + 1)}
    theirs = {right[at : at + SIZE] for at in range(len(right) - SIZE + 1)}
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0
