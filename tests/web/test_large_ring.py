"""A ring of five thousand people still fits a picture: nobody is left out, every line has its two ends and a reason."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.rings import portrait
from lianfang.engine.reports import layout
from lianfang.engine.terms.codes import Kind
from lianfang.web.identify import gather

N_PEOPLE = 5_000


def made():
    """Make people who share numbers six by six, and some of them accounts: more than a picture holds."""
    numbers = np.arange(N_PEOPLE)
    member = pa.table({"ring_id": ["R-1"] * N_PEOPLE, "record_no": numbers, "person_no": numbers, "kind": ["complaint"] * N_PEOPLE,
                       "record_id": [f"C{n}" for n in numbers], "role": ["complainant"] * N_PEOPLE})  # fmt: skip
    at = pa.array(np.full(N_PEOPLE, 1_767_225_600_000_000)).cast(pa.timestamp("us", tz="UTC"))
    table = pa.table({"record_no": numbers, "received_at": at, "person_name": ["赵甲乙"] * N_PEOPLE, "institution": ["甲银行"] * N_PEOPLE})
    pairs = [(n // 6 * 6 if n % 6 else 0, n, "agent_mobile") for n in range(1, N_PEOPLE)]
    pairs += [(n // 40 * 40, n, "payee_account") for n in range(1, N_PEOPLE, 2)]
    left, right, by = zip(*pairs, strict=True)
    links = pa.table({"left": left, "right": right, "by": by, "key_masked": [f"139****{n:04d}" for n in left], "weight_bits": [9.0] * len(left),
                      "why_zh": ["共用号码(6人、2家机构)"] * len(left), "why_en": ["one number (6 people)"] * len(left)})  # fmt: skip
    found, sources = SimpleNamespace(member=member), SimpleNamespace(links=links, tables={Kind.COMPLAINT: table})
    return portrait.portraits(found, sources, ["R-1"], gather.MOST_NODES)["R-1"]


def test_a_large_ring_is_grouped_and_keeps_everybody(monkeypatch):
    drawn = made()
    # Where the dots stand is told elsewhere; here they need not settle.
    monkeypatch.setattr(layout, "_ROUNDS_LARGE", 1)
    graph = gather._graph(drawn)
    names = {node["id"] for node in graph["nodes"]}
    assert drawn.is_grouped and len(graph["nodes"]) <= gather.MOST_NODES == 2_000
    assert sum(node["n"] for node in graph["nodes"] if node["sort"] != "key") == N_PEOPLE
    assert all({edge["left"], edge["right"]} <= names and edge["zh"] and edge["en"] for edge in graph["edges"])
    assert all(0 <= node["x"] <= 1 and 0 <= node["y"] <= 1 for node in graph["nodes"])
    assert any(node["sort"] == "people" and node["n"] > 1 for node in graph["nodes"])
