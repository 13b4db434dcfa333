"""How much of a text is a registered public template."""

from __future__ import annotations

import numpy as np
from numba import njit

from lianfang.engine.identify.linkage.kernels.shapes import F32, I32, I64, U32, W_F32, W_I32, N


@njit([N(N, N, U32, I64, I32, U32, I64, I32, I32, F32, W_I32, W_F32)], cache=True, nogil=True)
def match_templates(  # type: ignore[no-untyped-def]
    lo, hi, shingles, places, counts, known, known_starts, known_templates, sizes, rules,
    template, similarity,
):
    """Give each wording the template it is most like, or -1.

    `known`: shingles of all templates, sorted; `rules`: least similarity, least share of the
    template that stands in the text, least share of the text that is the template.
    """
    size = 16
    while size < 4 * known.size:
        size *= 2
    mask = size - 1
    table = np.full(size, -1, np.int32)
    for place in range(known.size):
        spot = np.int64(known[place]) & mask
        while table[spot] >= 0:
            spot = (spot + 1) & mask
        table[spot] = place
    shared = np.zeros(sizes.size, np.int32)
    n_matched = 0
    for slot in range(lo, hi):
        shared[:] = 0
        for at in range(places[slot], places[slot] + counts[slot]):
            spot = np.int64(shingles[at]) & mask
            while table[spot] >= 0 and known[table[spot]] != shingles[at]:
                spot = (spot + 1) & mask
            if table[spot] >= 0:
                for one in range(known_starts[table[spot]], known_starts[table[spot] + 1]):
                    shared[known_templates[one]] += 1
        template[slot], similarity[slot] = -1, np.float32(0.0)
        for one in range(sizes.size):
            both = shared[one]
            if both == 0:
                continue
            alike = np.float32(both / (sizes[one] + counts[slot] - both))
            copied = both >= rules[1] * sizes[one] and both >= rules[2] * counts[slot]
            if (alike >= rules[0] or copied) and alike > similarity[slot]:
                template[slot], similarity[slot] = one, alike
        n_matched += template[slot] >= 0
    return n_matched
