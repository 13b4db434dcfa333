"""Seeded inputs of the kernel measures, written once to Parquet files every engine reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

FIRST_LETTER, N_LETTERS = 0x4E00, 3000
MEAN_LETTERS = 123
MOST_A_GROUP = 100


def texts(n_texts: int, place: Path, seed: int = 7) -> Path:
    """Write letters: 40 % in template families with up to 14 edits, the rest with stock clauses.

    Args:
        n_texts: how many.
        place: file to write.
        seed: of the draw.

    Returns:
        The file.

    Source:
        Shape of the peer study: families of 2 to 200, about 123 Chinese letters a text.
    """
    draw = np.random.default_rng(seed)
    share = 1.0 / np.arange(1, N_LETTERS + 1) ** 0.8
    steps = np.cumsum(share / share.sum())

    def letters(size: int) -> npt.NDArray[np.uint32]:
        rank = np.minimum(np.searchsorted(steps, draw.random(size)), N_LETTERS - 1)
        return (FIRST_LETTER + rank).astype(np.uint32)

    stock = [letters(int(draw.integers(10, 30))) for _ in range(400)]
    bodies: list[npt.NDArray[np.uint32]] = []
    while len(bodies) < 0.4 * n_texts:
        base = letters(max(40, int(draw.normal(MEAN_LETTERS, 25))))
        for _ in range(int(min(200, 2 + draw.pareto(1.0) * 3))):
            body = base.copy()
            n_edits = int(draw.integers(0, 15))
            body[draw.integers(0, body.size, n_edits)] = letters(n_edits)
            bodies.append(body)
    while len(bodies) < n_texts:
        parts = [stock[int(draw.integers(400))] for _ in range(int(draw.integers(0, 4)))]
        rest = max(40, int(draw.normal(MEAN_LETTERS, 25))) - sum(part.size for part in parts)
        parts.insert(int(draw.integers(0, len(parts) + 1)), letters(max(10, rest)))
        bodies.append(np.concatenate(parts))
    order = draw.permutation(len(bodies))[:n_texts]
    words = [bodies[k].tobytes().decode("utf-32-le") for k in order]
    pq.write_table(pa.table({"record_no": np.arange(n_texts), "body": words}), place)
    return place


def edges(n_edges: int, place: Path, seed: int = 7) -> Path:
    """Write edges of rings, one giant component and chains of 2,000 nodes, shuffled.

    Args:
        n_edges: how many, about.
        place: file to write.
        seed: of the draw.

    Returns:
        The file.
    """
    draw = np.random.default_rng(seed)
    n_nodes = int(n_edges * 0.78)
    giant = int(n_nodes * 0.43)
    left, right = [draw.integers(0, giant, n_edges // 2)], [draw.integers(0, giant, n_edges // 2)]
    at = giant
    chained = at + np.arange(n_edges // 5)
    chained = chained[chained % 2000 != 1999]
    left.append(chained)
    right.append(chained + 1)
    at += n_edges // 5 + 1
    while sum(part.size for part in left) < n_edges:
        size = np.minimum(2 + draw.pareto(1.2, 200_000) * 3, 60).astype(np.int64)
        heads = at + np.concatenate([[0], np.cumsum(size)[:-1]])
        heads, size = heads[heads + size < n_nodes], size[heads + size < n_nodes]
        if not heads.size:
            break
        at = int(heads[-1] + size[-1])
        left.append(np.repeat(heads, size - 1))
        steps = np.arange(int((size - 1).sum())) - np.repeat(np.cumsum(size - 1) - (size - 1), size - 1)
        right.append(left[-1] + 1 + steps)
    ends = np.concatenate(left), np.concatenate(right)
    order = draw.permutation(ends[0].size)[:n_edges]
    name = draw.permutation(n_nodes + 1).astype(np.int32)
    pq.write_table(pa.table({"left": name[ends[0][order]], "right": name[ends[1][order]]}), place)
    return place


def identifiers(n_rows: int, place: Path, seed: int = 7) -> Path:
    """Write records with four identifier columns: telephone, identity, device, network.

    Args:
        n_rows: identifiers in all, a quarter as many records.
        place: file to write.
        seed: of the draw.

    Returns:
        The file.
    """
    draw = np.random.default_rng(seed)
    n = n_rows // 4
    mobile = 13_000_000_000 + draw.integers(0, int(n * 0.8), n) * 97
    identity = 110_101_199_001_010_000 + draw.integers(0, int(n * 0.9), n) * 3
    device = draw.integers(0, int(n * 0.6), n)
    network = np.where(
        draw.random(n) < 0.1, draw.integers(0, 200, n), 200 + draw.integers(0, int(n * 0.7), n)
    )
    table = pa.table(
        {
            "record_no": np.arange(n),
            "agent_mobile": pa.array(mobile).cast(pa.string()),
            "payee_account": pa.array(identity).cast(pa.string()),
            "device_id": pa.array([f"{int(k) * 2654435761 % 2**64:016x}" for k in device]),
            "ip": pa.array([f"{11 + k // 65025 % 80}.{k // 255 % 255}.{k % 255}.7" for k in network.tolist()]),
        }
    )
    pq.write_table(table, place)
    return place
