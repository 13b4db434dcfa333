"""Where the dots of a graph stand: people around the things they share, the same every time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ROUNDS = 120


def places(n_nodes: int, edges: Sequence[tuple[int, int]]) -> np.ndarray:
    """Place nodes so that joined ones stand near and others apart.

    Args:
        n_nodes: how many nodes.
        edges: pairs of node numbers.

    Returns:
        Positions.

    Shape:
        n_nodes by 2; each coordinate in 0..1.

    Source:
        Spring layout after Fruchterman and Reingold, started on a sunflower instead of at random,
        so that the same ring is drawn the same way each time.
    """
    if n_nodes == 0:
        return np.zeros((0, 2))
    at = _sunflower(n_nodes, edges)
    left = np.array([one for one, _ in edges], np.int64)
    right = np.array([other for _, other in edges], np.int64)
    apart = 1.0 / np.sqrt(n_nodes)
    for step in range(_ROUNDS if n_nodes > 2 else 0):
        push = at[:, None, :] - at[None, :, :]
        far = np.maximum(np.sqrt((push**2).sum(2)), 1e-3)
        move = (push * (apart**2 / far**2)[:, :, None]).sum(1)
        if len(left):
            pull = at[left] - at[right]
            pull *= (np.sqrt((pull**2).sum(1)) / apart)[:, None]
            np.subtract.at(move, left, pull)
            np.add.at(move, right, pull)
        size = np.maximum(np.sqrt((move**2).sum(1)), 1e-9)
        heat = 0.12 * (1 - step / _ROUNDS) + 0.002
        at = at + move / size[:, None] * np.minimum(size, heat)[:, None]
    low, high = at.min(0), at.max(0)
    # Rounded so that the last bits of a processor's arithmetic never change the page.
    return np.round((at - low) / np.maximum(high - low, 1e-9), 3) if n_nodes > 1 else np.full((1, 2), 0.5)


def _sunflower(n_nodes: int, edges: Sequence[tuple[int, int]]) -> np.ndarray:
    """Start with the most joined nodes in the middle."""
    degree = np.zeros(n_nodes, np.int64)
    for one, other in edges:
        degree[one] += 1
        degree[other] += 1
    rank = np.empty(n_nodes, np.int64)
    rank[np.lexsort((np.arange(n_nodes), -degree))] = np.arange(n_nodes)
    turn, reach = rank * 2.399963, np.sqrt((rank + 0.5) / n_nodes)
    return np.stack([reach * np.cos(turn), reach * np.sin(turn)], 1)
