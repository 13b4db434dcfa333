"""Small seeded inputs for the linkage tests."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.linkage import wordings
from lianfang.engine.identify.linkage.make import LinkSource


def texts_of(bodies: list[str]) -> wordings.Texts:
    points = np.frombuffer("".join(bodies).encode("utf-32-le"), np.uint32)
    starts = np.concatenate([[0], np.cumsum([len(body) for body in bodies])]).astype(np.int64)
    return wordings.texts(points, starts)


def letters(draw: np.random.Generator, size: int) -> str:
    return "".join(chr(0x4E00 + int(k)) for k in draw.integers(0, 800, size))


def bodies(draw: np.random.Generator, n_texts: int, n_stock: int = 4) -> list[str]:
    """Families of edited letters, stock clauses, exact copies, short and empty texts."""
    stock = [letters(draw, 25) for _ in range(n_stock)]
    out: list[str] = []
    while len(out) < n_texts:
        turn = int(draw.integers(6))
        base = letters(draw, int(draw.integers(5, 90)))
        if turn == 0:
            out += ["", "投诉", "请退款", base[:11]]
        elif turn == 1:
            out += [base] * int(draw.integers(1, 4))
        elif turn == 2:
            out += [stock[int(draw.integers(n_stock))] + letters(draw, int(draw.integers(3, 40)))
                    for _ in range(4)]
        else:
            for _ in range(int(draw.integers(1, 6))):
                edited = list(base)
                for _ in range(int(draw.integers(0, 8))):
                    edited[int(draw.integers(len(edited)))] = letters(draw, 1)
                out.append("".join(edited) + "," + str(draw.integers(10**6)) + "元")
    draw.shuffle(out)
    return out[:n_texts]


def similarity(left: str, right: str) -> float:
    """Jaccard of three-letter shingles, spelled out."""
    one, two = kept(left), kept(right)
    a = {one[k : k + 3] for k in range(len(one) - 2)}
    b = {two[k : k + 3] for k in range(len(two) - 2)}
    return len(a & b) / len(a | b) if a | b else 1.0


def kept(body: str) -> str:
    table = wordings.letters_kept()
    out = ""
    for sign in body:
        letter = chr(table[ord(sign)]) if table[ord(sign)] else ""
        out += "" if letter == "0" and out.endswith("0") else letter
    return out


def complaints(draw: np.random.Generator, n: int, first_no: int = 0) -> tuple[pa.Table, list[str]]:
    """Complaints with shared agents, payees, devices and networks."""

    def some(share: float, pattern: str, kinds: int) -> list[str | None]:
        return [
            pattern.format(int(draw.integers(kinds))) if draw.random() < share else None
            for _ in range(n)
        ]

    table = pa.table(
        {
            "record_no": pa.array(np.arange(first_no, first_no + n)),
            "institution": pa.array(some(0.9, "机构{}", 5), pa.string()),
            "received_at": pa.array(
                1_700_000_000_000_000 + draw.integers(0, 30 * 86400, n) * 1_000_000
            ).cast(pa.timestamp("us", "UTC")),
            "person_name": pa.array(some(0.8, "某{}", 60), pa.string()),
            "person_mobile": pa.array(some(0.7, "1390000{:04d}", 150), pa.string()),
            "person_resident_id": pa.array(some(0.4, "11010119900101{:04d}", 120), pa.string()),
            "agent_mobile": pa.array(some(0.3, "1380000{:04d}", 30), pa.string()),
            "callback_mobile": pa.array(some(0.3, "1390000{:04d}", 40), pa.string()),
            "payee_account": pa.array(some(0.1, "622202000000{:04d}", 12), pa.string()),
            "device_id": pa.array(some(0.2, "device-{:04d}", 20), pa.string()),
            "ip": pa.array(some(0.5, "61.135.1.{}", 6), pa.string()),
        }
    )
    return table, bodies(draw, n)


def source(table: pa.Table, texts: list[str], found: pa.Table | None = None) -> LinkSource:
    record = np.asarray(table["record_no"], np.int64)
    return LinkSource([table], texts_of(texts), record, found, int(record.max(initial=-1)) + 1)
