"""Every kernel of this room compiled once, and the book kept ready."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from lianfang.engine.identify.guides import kept
from lianfang.engine.identify.signals import run
from lianfang.engine.records import schema
from lianfang.engine.terms.codes import Kind


def warm() -> None:
    """Compile the kernels by asking the shipped guides of a few made-up complaints."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {
            "record_no": n,
            "record_id": str(n),
            "source_file": "",
            "source_row": n + 1,
            "row_sha256": "",
            "text": "专业停·息·挂·账,征信修复,无抵押贷款秒批,加微信 abc123456,先交保证金后解冻",
            "agent_mobile": "13800000000",
            "received_at": began + timedelta(hours=n),
            "facts_ref": "1",
            "channel": str(n),
        }
        for n in range(8)
    ]
    table = pa.Table.from_pylist(rows, schema=schema.of(Kind.COMPLAINT).arrow)
    run.signals({"complaint": table}, kept.book())
