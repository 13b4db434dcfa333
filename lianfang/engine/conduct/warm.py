"""Every kernel of this room compiled once, at install."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa


def warm() -> None:
    """Compile the kernels by auditing a few made-up calls."""
    from lianfang.engine.conduct import audit, load, standing
    from lianfang.engine.records import schema
    from lianfang.engine.tables.duck import DuckTables
    from lianfang.engine.terms.codes import Kind

    began = datetime(2026, 3, 2, 1, tzinfo=UTC)
    rows = [
        {
            "record_no": n, "record_id": str(n), "source_file": "", "source_row": n + 1, "row_sha256": "",
            "at": began + timedelta(minutes=n), "tz": "Asia/Shanghai", "channel": "voice_human", "direction": "out",
            "party_role": "debtor", "debtor_id": "1", "creditor": "1", "answered": True, "effective": True,
        }
        for n in range(6)
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=schema.of(Kind.CONTACT).arrow)
    audit.audit([table], DuckTables(threads=1), load.rules(), standing.Standing())
