"""An office with more results than anybody reads, planted: to see whether its pages stay quick.

`python -m lianfang.web.site.planted --records 1000000 --rings 10000` plants them in a home of its own, asks
each page many times in process, and prints the figures as JSON. `lianfang bench screens` does that.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

LARGEST, EACH, LETTERS = 5_000, 14, 320
TEXT = "本人与贵行存在信用卡合同关系,因贵行未尽审慎义务,特此投诉。请贵行停息挂账、退还全部息费并停止一切催收,联系 a*****5。"
AGENT = {"zh": "人共用代理人手机号 138****0000", "en": "people share the agent's mobile 138****0000"}


def main() -> None:
    """Plant, ask, print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--records", type=int, default=1_000_000)
    asked.add_argument("--rings", type=int, default=10_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="lianfang-planted-") as home:
        os.environ |= {"LIANFANG_HOME": home, "LIANFANG_TOTP": "0", "DJANGO_SETTINGS_MODULE": "lianfang.web.site.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from lianfang.web.site import measured

        json.dump(measured.figures(Plan(given.records, given.rings)), sys.stdout)


class Plan:
    """How much is planted: the first ring has thousands of members, the others a dozen."""

    def __init__(self, n_records: int, n_rings: int) -> None:
        self.n_records, self.n_rings = n_records, n_rings
        self.largest = min(LARGEST, n_records // 4)
        self.dice = random.Random(20260101)

    def size(self, n: int) -> int:
        """Count the members of a ring."""
        return self.largest if n == 0 else EACH

    def first(self, n: int) -> int:
        """Give the number of a ring's first record; rings share records where there are too few."""
        return 0 if n == 0 else (self.largest + (n - 1) * EACH) % max(1, self.n_records - EACH)

    def keys(self, n: int) -> list[str]:
        """Name the member records of a ring."""
        return [f"C{one:08d}" for one in range(self.first(n), self.first(n) + self.size(n))]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give the rings as a run tells them."""
        begun = date(2026, 1, 1)
        for n in range(self.n_rings):
            day = begun + timedelta(days=self.dice.randrange(90))
            n_people = self.size(n)
            yield {
                "ring_id": f"R-{n:010d}", "level": "review" if n % 3 == 0 else "look", "n_records": n_people, "n_people": n_people,
                "n_institutions": 1 + n % 4, "first_on": day, "last_on": day + timedelta(days=20), "activities": f"BG0{1 + n % 8}",
                "score": 100.0 - n / self.n_rings, "why_zh": f"{n_people} {AGENT['zh']}", "why_en": f"{n_people} {AGENT['en']}",
            }  # fmt: skip


def plant(results: Path, plan: Plan) -> None:
    """Write what a run of so many records leaves in its folder."""
    from lianfang.web.identify import lookup, tallies

    home = results / lookup.FOLDER
    home.mkdir(parents=True)
    _tables(home, plan)
    for part in ("rings", "raw"):
        (results / part).mkdir()
    small = _picture(plan, 1)
    for n in range(plan.n_rings):
        place = results / "rings" / f"R-{n:010d}.json"
        if n < 3 or plan.n_rings < 50:
            place.write_text(json.dumps(_picture(plan, n) if n < 3 else small, ensure_ascii=False), "utf-8")
        else:  # one file under many names: what is read is as large, what is written is not
            os.link(results / "rings" / "R-0000000001.json", place)
    weeks = [[(date(2026, 1, 5) + timedelta(weeks=week)).isoformat(), f"BG0{code}", 40 + week * code] for week in range(26) for code in range(1, 9)]
    (results / tallies.NAME).write_text(json.dumps({"weeks": weeks, "guides": {}}), "utf-8")
    (results / "rejects.csv").write_text("file,row\n", "utf-8")


def _tables(home: Path, plan: Plan) -> None:
    import numpy as np
    import pyarrow as pa

    from lianfang.web.identify import lookup

    n = plan.n_records
    ids = pa.array(np.char.add("C", np.char.zfill(np.arange(n).astype(str), 8)))
    mobile = pa.array(np.char.add("138", np.char.zfill((np.arange(n) % 10**8).astype(str), 8)))
    level = pa.array(np.where(np.arange(n) % 3 == 0, "review", "none"))
    lookup.keep(home, "record_complaint", pa.table({
        "record_no": np.arange(n), "record_id": ids, "source_file": pa.repeat("complaints.csv", n), "source_row": np.arange(n) + 2,
        "institution": pa.repeat("甲银行", n), "person_name": pa.repeat("赵甲乙", n), "person_mobile": mobile, "agent_mobile": mobile,
        "text": pa.array(np.char.add((TEXT * 3)[:LETTERS], np.arange(n).astype(str))), "disputed_fen": np.arange(n) * 100,
        "said_activity": pa.repeat("BG01", n), "said_level": level, "said_score": np.ones(n), "said_guards": pa.repeat("", n),
        "said_evasion": pa.array(np.zeros(n, bool)),
    }), ("record_id",))  # fmt: skip
    half = ids.take(pa.array(np.arange(n) // 2))
    at = TEXT.index("停息挂账")
    kinds, words = pa.repeat("complaint", n), {"guide": "LF-G-0201", "clause": "offer", "strength": "medium", "why_zh": "写了停息挂账",
                                               "why_en": "says stop interest"}  # fmt: skip
    signs = {"kind": kinds, "record_id": half, "span_start": np.full(n, at), "span_end": np.full(n, at + 4)}
    lookup.keep(home, "signals", pa.table(signs | {name: pa.repeat(word, n) for name, word in words.items()}), ("kind", "record_id"))
    link = {"left_kind": kinds, "left_id": half, "right_kind": kinds, "right_id": ids, "weight_bits": np.full(n, 9.0)}
    said = {"by": "agent_mobile", "why_zh": "共用代理人手机号", "why_en": "one agent's mobile"}
    lookup.keep(home, "links", lookup.both_ways(pa.table(link | {name: pa.repeat(word, n) for name, word in said.items()})), ("kind", "record_id"))
    ring = [f"R-{one:010d}" for one in range(plan.n_rings) for _ in range(plan.size(one))]
    seats = pa.table({"ring_id": ring, "kind": pa.repeat("complaint", len(ring)), "record_id": [key for one in range(plan.n_rings) for key in plan.keys(one)],
                      "role": pa.repeat("complainant", len(ring))})  # fmt: skip
    lookup.keep(home, "seats", seats, ("kind", "record_id"))
    lookup.keep(home, "members", seats, ("ring_id",))


def _picture(plan: Plan, n: int) -> dict[str, Any]:
    """Make the picture of a ring, as large as the engine draws one at most."""
    from lianfang.web.identify import gather

    keys = plan.keys(n)
    people = keys[: gather.MOST_NODES - 2]
    at, dice = TEXT.index("停息挂账"), plan.dice
    mark = {"guide": "LF-G-0201", "clause": "offer", "strength": "medium", "start": at, "end": at + 4, "zh": "停息挂账", "en": "stop interest",
            "why_zh": "写了停息挂账", "why_en": "says stop interest"}  # fmt: skip
    nodes = [{"id": f"p{m}", "sort": "person", "role": "person", "zh": "赵**", "en": "Zhao", "n": 1, "records": [f"complaint:{key}"],
              "x": round(dice.random(), 2), "y": round(dice.random(), 2)} for m, key in enumerate(people)]  # fmt: skip
    nodes += [{"id": f"k{m}", "sort": "key", "role": "agent", "zh": AGENT["zh"], "en": AGENT["en"], "n": len(keys), "records": [], "x": 0.5, "y": 0.1 + m * 0.8}
              for m in range(2)]  # fmt: skip
    edges = [{"left": f"p{m}", "right": f"k{k}", "by": "agent_mobile", "bits": 9.0, "zh": f"{len(keys)} {AGENT['zh']}", "en": f"{len(keys)} {AGENT['en']}"}
             for m in range(len(people)) for k in range(2)]  # fmt: skip
    members = [{
        "key": f"complaint:{key}", "kind": "complaint", "record_id": key, "role": "complainant", "name": "赵**", "institution": "甲银行",
        "on": "2026-01-05", "text": (TEXT * 3)[:LETTERS] + key, "level": "review", "score": 9.0, "evasion": False, "family": 1,
        "marks": [mark], "guards": [],
    } for key in keys[: gather.MOST_MEMBERS]]  # fmt: skip
    days = [[(date(2026, 1, 1) + timedelta(days=m)).isoformat(), 1 + m % 7] for m in range(90)]
    reason = {"key": "k0", "by": "agent_mobile", "n_people": len(keys), "zh": f"{len(keys)} {AGENT['zh']}", "en": f"{len(keys)} {AGENT['en']}"}
    return {"graph": {"nodes": nodes, "edges": edges}, "members": members, "grouped": len(keys) > len(people), "reasons": [reason], "timeline": days}


if __name__ == "__main__":
    main()
