from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.identify.signals import folded
from lianfang.engine.text import cells, plain

PIECES = ["停·息·挂·账", "婷熄挂帐", "彳正亻言", "一八零", "①③⑧", "tx挂账", "網貸", "贷 款", "😀", "退💰", "ABC", ",。", "\n", "", "é", "𠮷"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=10).map("".join) | st.text(max_size=30)


@settings(max_examples=80, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=8), st.data())
def test_rows_are_folded_as_one_text_is_and_lead_back(texts: list[str], chosen: st.DataObject) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    bodies = pa.array(["before", *texts], pa.large_string())[1:]
    rows = np.array(sorted(chosen.draw(st.sets(st.sampled_from(range(len(texts)))))), np.int64)
    column = next(cells.columns(bodies))
    made = folded.folded(column, rows, threads=2)
    assert made.texts.to_pylist() == [plain.plain(texts[row]).text for row in rows.tolist()]
    for place, row in enumerate(rows.tolist()):
        one = plain.plain(texts[row])
        assert made.sizes[place] == len(one.text)
        assert bool(made.opened[place]) == bool(one.disguised)
        if not one.text:
            continue
        first = chosen.draw(st.integers(0, len(one.text) - 1))
        last = chosen.draw(st.integers(first + 1, len(one.text)))
        begin, size = len(one.text[:first].encode()), len(one.text[first:last].encode())
        start, end = folded.raw_spans(made, column, np.array([place]), np.array([begin]), np.array([size]))
        assert (int(start[0]), int(end[0])) == one.span(first, last)
