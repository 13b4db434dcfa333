"""Every kernel of this room compiled once, at install."""

from __future__ import annotations

import numpy as np

from lianfang.engine.identify.rings import kernel, rules, split


def warm() -> None:
    """Compile the kernels on two dense parts that one person joins."""
    atom = np.array([*range(6), *range(6), *range(6, 12), *range(6, 12), 5, 6], np.int64)
    key = np.repeat(np.arange(5, dtype=np.int64), [6, 6, 6, 6, 2])
    n = atom.size
    split.split(atom, key, np.ones(n), np.zeros(n, bool), np.zeros(n, np.int64), rules.join().cut)
    kernel.union(12, atom, key)
    kernel.union_apart(12, atom, key, atom[:1], atom[:1])
