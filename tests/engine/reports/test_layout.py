import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.reports.layout import places


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.randoms())
def test_every_dot_has_a_place_inside_the_square(n, chance):
    edges = [(chance.randrange(n), chance.randrange(n)) for _ in range(n)] if n else []
    at = places(n, edges)
    assert at.shape == (n, 2)
    assert np.isfinite(at).all() and (at >= 0).all() and (at <= 1).all()
    assert np.array_equal(at, places(n, edges))


def test_joined_dots_stand_nearer_than_strangers():
    at = places(8, [(0, 1), (0, 2), (0, 3), (4, 5), (4, 6), (4, 7)])
    inside = np.linalg.norm(at[1:4] - at[0], axis=1).mean()
    across = np.linalg.norm(at[5:8] - at[0], axis=1).mean()
    assert inside < across
