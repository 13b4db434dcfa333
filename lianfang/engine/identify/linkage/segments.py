"""What an index keeps of one delivery of records: flat files that are mapped, not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lianfang.engine.identify.linkage.wordings import Int32, Int64, Uint32, Uint64

Uint8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Segment:
    """Wordings and identifiers that came in one delivery.

    Args:
        first_slot: number of the first wording, one element.
        copy_numbers: wording numbers, sorted.
        copy_slots: their slots.
        shingles, places, counts, keys: as in `wordings.Wordings`.
        packed: 25 rows of sorted (key, slot).
        number, record, field: entries that are not empty, sorted by number.
        record_order: the same entries' places, sorted by record.
        record_sorted: their records in that order.
    """

    first_slot: Int64
    copy_numbers: Uint64
    copy_slots: Int64
    shingles: Uint32
    places: Int64
    counts: Int32
    keys: Uint32
    packed: Uint64
    number: Uint64
    record: Int32
    field: Uint8
    record_order: Uint32
    record_sorted: Int32

    @property
    def n_slots(self) -> int:
        """Say how many wordings came."""
        return int(self.counts.size)

    @property
    def base(self) -> int:
        """Give the number of the first wording."""
        return int(self.first_slot[0])


def save(kept: Any, folder: Path) -> None:
    """Write a dataclass of arrays, one file an array.

    Args:
        kept: the arrays.
        folder: made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for one in fields(kept):
        np.save(folder / f"{one.name}.npy", getattr(kept, one.name), allow_pickle=False)


def load(shape: type[Any], folder: Path, *, mapped: bool = True) -> Any:
    """Open a dataclass of arrays.

    Args:
        shape: the dataclass.
        folder: where `save` wrote it.
        mapped: map the files; what is not touched is not read.

    Returns:
        The dataclass.
    """
    mode: Literal["r"] | None = "r" if mapped else None
    return shape(
        **{
            one.name: np.load(folder / f"{one.name}.npy", mode, allow_pickle=False).view(np.ndarray)
            for one in fields(shape)
        }
    )


def entry_columns(
    number: Uint64, record: Int32, field: Uint8
) -> tuple[Uint64, Int32, Uint8, Uint32, Int32]:
    """Sort entries by number, and remember their order by record.

    Args:
        number, record, field: entries; empty ones are dropped.

    Returns:
        number, record, field, record_order, record_sorted.
    """
    kept = np.flatnonzero(number)
    order = kept[np.argsort(number[kept])]
    number, record, field = number[order], record[order], field[order]
    by_record = np.argsort(record, kind="stable").astype(np.uint32)
    return number, record, field, by_record, record[by_record]


def ranges_of(sorted_values: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> Int64:
    """Give the places of all values that equal a wanted one.

    Args:
        sorted_values: ascending.
        wanted: ascending, each once.

    Returns:
        Places in `sorted_values`, ascending.
    """
    starts = np.searchsorted(sorted_values, wanted, "left")
    return spread(starts, np.searchsorted(sorted_values, wanted, "right") - starts)


def spread(starts: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]) -> Int64:
    """Write out many ranges as one list of places.

    Args:
        starts: where each range starts.
        sizes: how long it is.

    Returns:
        All places, range after range.
    """
    sizes = sizes.astype(np.int64)
    ahead = np.concatenate([[0], np.cumsum(sizes)])
    return np.repeat(starts.astype(np.int64) - ahead[:-1], sizes) + np.arange(int(ahead[-1]))


def melt(parts: Sequence[Segment]) -> Segment:
    """Make one segment of several, as if all had come in one delivery.

    Args:
        parts: segments in order.

    Returns:
        One segment.
    """
    numbers = np.concatenate([part.copy_numbers for part in parts])
    by_number = np.argsort(numbers)
    ahead = np.concatenate([[0], np.cumsum([part.shingles.size for part in parts])])
    return Segment(
        parts[0].first_slot,
        numbers[by_number],
        np.concatenate([part.copy_slots for part in parts])[by_number],
        np.concatenate([part.shingles for part in parts]),
        np.concatenate([part.places + start for part, start in zip(parts, ahead, strict=False)]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.keys for part in parts]),
        np.sort(np.concatenate([part.packed for part in parts], axis=1), axis=1),
        *entry_columns(
            np.concatenate([part.number for part in parts]),
            np.concatenate([part.record for part in parts]),
            np.concatenate([part.field for part in parts]),
        ),
    )
