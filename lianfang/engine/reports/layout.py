"""Where the dots of a graph stand: people around the things they share, the same every time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ROUNDS, _ROUNDS_LARGE, _LARGE = 80, 30, 500
"""A large picture has settled sooner than anybody can read it, and each of its rounds costs n by n."""


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
    rounds = _ROUNDS if n_nodes <= _LARGE else _ROUNDS_LARGE
    for step in range(rounds if n_nodes > 2 else 0):
        push = at[:, None] - at[None, :]
        move = (push / np.maximum(push.real**2 + push.imag**2, 1e-6)).sum(1) * apart**2 * 1.4
        if left.size:
            pull = (at[left] - at[right]) * np.abs(at[left] - at[right]) / apart
            # Weighing by bin is the fast way to add at repeated places.
            for ends, sign in ((left, -1.0), (right, 1.0)):
                move += sign * (np.bincount(ends, pull.real, n_nodes) + 1j * np.bincount(ends, pull.imag, n_nodes))
        size = np.maximum(np.abs(move), 1e-9)
        at = at + move / size * np.minimum(size, 0.12 * (1 - step / rounds) + 0.002)
    return _fitted(at)


def _fitted(at: np.ndarray) -> np.ndarray:
    """Stretch positions over the whole square; crowded middles are drawn apart by rank."""
    out = np.stack([at.real, at.imag], 1)
    if len(out) == 1:
        return np.full((1, 2), 0.5)
    low, high = out.min(0), out.max(0)
    even = (out - low) / np.maximum(high - low, 1e-9)
    rank = np.argsort(np.argsort(out, axis=0, kind="stable"), axis=0, kind="stable") / max(len(out) - 1, 1)
    # Rounded so that the last bits of a processor's arithmetic never change the page.
    return np.round(0.5 * even + 0.5 * rank, 2)


def _sunflower(n_nodes: int, edges: Sequence[tuple[int, int]]) -> np.ndarray:
    """Start with the most joined nodes in the middle."""
    degree = np.zeros(n_nodes, np.int64)
    for one, other in edges:
        degree[one] += 1
        degree[other] += 1
    rank = np.empty(n_nodes, np.int64)
    rank[np.lexsort((np.arange(n_nodes), -degree))] = np.arange(n_nodes)
    turn, reach = rank * 2.399963, np.sqrt((rank + 0.5) / n_nodes)
    return reach * np.exp(1j * turn)
