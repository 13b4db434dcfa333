import base64
import hashlib
import re
from datetime import date

from lianfang.engine.reports.charts import across, upright
from lianfang.engine.reports.facts import Bar, Edge, Figure, Mark, Node, Overview, Passage, RingView
from lianfang.engine.reports.page import page
from lianfang.engine.terms.errors import Say

HOSTILE = "</script><script>alert(1)</script>&<img src=x onerror=alert(2)>"


def ring(text: str = "要求退还利息") -> RingView:
    return RingView(
        "R-1", "review", 12.0, (Say("非法代理维权", "agent complaints"),), 2, 2, 1, date(2026, 1, 1), date(2026, 1, 2),
        (Say("共用电话", "one number"),), (Node("a", Say(text, text), "agent", 0.5, 0.5), Node("b", Say("C1", "C1"), "person", 0.1, 0.2)),
        (Edge("a", "b", "agent_mobile", Say(text, text)),), ((date(2026, 1, 1), 2),),
        (Passage("complaint:C1", Say("投诉", "complaint"), date(2026, 1, 1), text, (Mark(0, 2, Say("要求", "asks"), "strong"),)),),
    )  # fmt: skip


def overview(*rings: RingView) -> Overview:
    bars = (Bar(Say("代理", "agents"), (1, 2)),)
    return Overview(
        Say("结果", "results"),
        "0.1.0",
        (Figure(Say("记录", "records"), "3"),),
        bars,
        bars,
        (Bar(Say("措辞", "wording"), (1,)),),
        rings,
        len(rings),
    )


def test_page_is_complete_in_itself_and_runs_only_what_it_names():
    text = page(overview(ring()))
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text).group(1)
    assert "unsafe" not in policy and "default-src 'none'" in policy
    for tag in ("style", "script"):
        body = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)[-1]
        assert base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() in policy


def test_a_hostile_text_stays_text():
    text = page(overview(ring(HOSTILE)))
    assert "<img src=x" not in text
    assert "alert(1)</script>" not in text


def test_same_facts_same_bytes():
    assert page(overview(ring())) == page(overview(ring()))


def test_empty_run_has_a_page_that_says_so():
    assert "没有发现团伙" in page(overview())


def test_charts_carry_their_numbers_as_a_table():
    bars = (Bar(Say("一月", "January"), (3, 4)), Bar(Say("二月", "February"), (0, 0)))
    series = (Say("看", "look"), Say("审", "review"))
    for draw in (across, upright):
        drawing = draw(Say("图", "chart"), series, bars)
        assert "<td>3</td><td>4</td>" in drawing and "一月" in drawing
