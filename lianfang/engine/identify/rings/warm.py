"""Every kernel of this room compiled once, at install."""

from __future__ import annotations

import numpy as np

from lianfang.engine.identify.rings import kernel, rules, split


def warm() -> None:
    """Compile the kernels on two dense parts that one person joins."""
    atom = np.array([*range(6), *range(6), *range(6, 12), *range(6, 12), 5, 6], np.int64)
    key = np.repeat(np.arange(5, dtype=np.int64), [6, 6, 6, 6, 2])
    n = atom.size
    held = split.Held(atom, key, np.ones(n), np.zeros(n, bool))
    split.split(held, np.zeros(n, np.int64), np.ones(n, bool), rules.join().cut)
    start, near, edge = kernel.adjacency(12, atom, key)
    heft = np.ones(n)[edge]
    kernel.weak_bridges(kernel.bridges(start, near, edge), np.ones(12, np.int64), np.ones(12), np.ones(n), 1, 0.5)
    _, side = kernel.sweep(start, near, heft, np.ones(12, np.int64), 2, 9)
    kernel.settle(start, near, heft, side, 3)
    kernel.union(12, atom, key)
    kernel.union_apart(12, atom, key, atom[:1], atom[:1])
