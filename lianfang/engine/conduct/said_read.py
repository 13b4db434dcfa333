"""Files of utterances: JSON, NDJSON, CSV, XLSX and Parquet, with Chinese or English headers, one talk or many."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from lianfang.engine.conduct import said_talk
from lianfang.engine.conduct.said_talk import Context, Talk
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import InputError, Say

_FIX = Say("每行或每项要有 speaker 和 text；可有 utt_id、t0、t1、talk_id",
           "each row or entry has speaker and text; utt_id, t0, t1 and talk_id if known")

_NOTHING = Context()
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Named:
    """A talk and its id; none where the file holds one talk only."""

    talk_id: str | None
    talk: Talk


@lru_cache(maxsize=1)
def _headers() -> dict[str, str]:
    read = shelf.yaml(shelf.path("conduct", "said", "shared.yaml"))["headers"]
    return {str(alias).casefold(): str(name) for name, aliases in read.items() for alias in aliases}


def decoded(raw: bytes, where: str) -> str:
    """Read bytes as UTF-8, else as GB 18030.

    Raises:
        InputError: they are neither.
    """
    for coding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(coding)
        except UnicodeDecodeError:
            continue
    raise _wrong(where, "既不是 UTF-8 也不是 GB 18030", "neither UTF-8 nor GB 18030")


def parquet(place: Path, given: Context = _NOTHING) -> Iterator[Named]:
    """Read every talk of a Parquet file, batch by batch; a talk's rows stand together.

    Args:
        place: columns of text, speaker, talk_id and so on, Chinese or English headers.
        given: what is known about all of them.

    Returns:
        Talks in the file's order; every row without a `talk_id` is a message of its own.

    Raises:
        InputError: no Parquet, or no column of texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(place) as opened:
            names = {name: _headers().get(name.strip().casefold()) for name in opened.schema_arrow.names}
            if "text" not in names.values():
                raise _wrong(place.name, "没有 text（内容）一列", "no column `text`")
            chosen = [name for name, known in names.items() if known is not None]
            rows = (row for batch in opened.iter_batches(_BATCH_ROWS, columns=chosen) for row in batch.to_pylist())
            yield from _runs((_row(row) for row in rows), given)
    except (pa.ArrowException, OSError) as wrong:
        raise _wrong(place.name, f"不是合法的 Parquet:{wrong}", f"not valid Parquet: {wrong}") from wrong


def xlsx(place: Path, given: Context = _NOTHING) -> Iterator[Named]:
    """Read every talk of a workbook, sheet by sheet; sheets without a column of texts are left out.

    Args:
        place: columns of text, speaker, talk_id and so on, Chinese or English headers.
        given: what is known about all of them.

    Raises:
        InputError: no workbook, or no sheet with a column of texts.
    """
    from lianfang.engine.records import xlsx_file
    from lianfang.engine.records.rejects import RejectLog
    from lianfang.engine.records.source import ROW, Tally

    n_sheets = 0
    for sheet in xlsx_file.open_xlsx(place, place.name, lambda row: sum(one.strip().casefold() in _headers() for one in row)):
        if not any(known_header(name) for name in sheet.headers):
            continue
        n_sheets += 1
        rows = [{name: value for name, value in row.items() if name != ROW}
                for batch in sheet.batches(RejectLog(), Tally()) for row in batch.to_pylist()]
        yield from _gathered(rows, sheet.label, given)
    if not n_sheets:
        raise _wrong(place.name, "没有 text（内容）一列", "no column `text`")


def stream(place: Path, given: Context = _NOTHING) -> Iterator[Named] | None:
    """Read a large CSV or NDJSON file talk by talk; none where it has to be read whole.

    It has to be where it is not UTF-8, where rows of one talk do not stand together, or where rows name no talk.

    Args:
        place: the file.
        given: what is known about all talks.

    Raises:
        InputError: the file cannot be read; names the line.
    """
    if place.suffix.lower() in (".ndjson", ".jsonl"):
        return _runs((_row(entry) for entry in _entries(place)), given) if _stand_together(_entries(place)) else None
    if place.suffix.lower() == ".csv":
        return _runs((_row(row) for row in _csv_rows(place)), given) if _stand_together(_csv_rows(place)) else None
    return None


def _stand_together(rows: Iterator[Mapping[Any, Any]]) -> bool:
    """Say whether every row names its talk and the rows of a talk follow each other."""
    seen, last = set[str](), None
    try:
        for row in rows:
            name = None if "utterances" in row else _text(_row(row).get("talk_id"))
            if name is None or (name != last and name in seen):
                return False
            seen.add(name)
            last = name
    except (UnicodeDecodeError, csv.Error, InputError):
        return False  # read whole, it says what is wrong and where
    return bool(seen)


def _csv_rows(place: Path) -> Iterator[Mapping[Any, Any]]:
    with place.open(encoding="utf-8-sig", newline="") as lines:
        held = csv.DictReader((line.replace("\0", "") for line in lines), restkey="…")
        if not any(known_header(str(name)) for name in held.fieldnames or ()):
            raise _wrong(f"{place.name}:1", "没有 text（内容）一列", "no column `text`")
        yield from held


def _entries(place: Path) -> Iterator[Mapping[str, Any]]:
    with place.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                entry = _json(f"[{line}]", f"{place.name}:{number}")[0]
                if not isinstance(entry, Mapping):
                    raise _wrong(f"{place.name}:{number}", "有的项不是映射", "some entries are no mappings")
                yield entry


def known_header(name: str) -> bool:
    """Say whether a header names the column of texts."""
    return _headers().get(name.strip().casefold()) == "text"


def _runs(rows: Iterator[dict[str, Any]], given: Context) -> Iterator[Named]:
    """Gather rows that follow each other under one `talk_id`."""
    for name, run in groupby(enumerate(rows), key=lambda pair: _text(pair[1].get("talk_id")) or pair[0]):
        held = [row for _, row in run]
        if isinstance(name, int):
            yield Named(str(name + 1), said_talk.talk([{"speaker": "collector", **held[0]}], given))
        else:
            yield Named(name, said_talk.talk(held, given))


def talks(text: str, where: str, given: Context = _NOTHING) -> tuple[Named, ...]:
    """Read every talk of a file.

    Args:
        text: JSON (a list of utterances; or mappings of context with `utterances`), NDJSON, or CSV.
        where: the file's name, for messages.
        given: what is known about all of them; a talk's own context wins.

    Returns:
        Talks in order of first appearance; rows with a `talk_id` are gathered under it.

    Raises:
        InputError: the file cannot be read; names the line.
    """
    start = text.lstrip()[:1]
    if start == "[":
        held = _json(text, where)
    elif start == "{":
        held = _lines(text, where)
    else:
        held = _table(text, where)
    entries = [one for one in held if isinstance(one, Mapping)]
    if len(entries) < len(held):
        raise _wrong(where, "有的项不是映射", "some entries are no mappings")
    return tuple(_gathered(entries, where, given))


def _json(text: str, where: str) -> list[Any]:
    try:
        return list(json.loads(text))
    except (ValueError, RecursionError) as wrong:
        line = getattr(wrong, "lineno", 1)
        raise _wrong(f"{where}:{line}", f"不是合法的 JSON:{wrong}", f"not valid JSON: {wrong}") from wrong


def _lines(text: str, where: str) -> list[Any]:
    """Read one JSON mapping, or one a line."""
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    made = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            made += _json(f"[{line}]", f"{where}:{number}")
    return made


def _table(text: str, where: str) -> list[Any]:
    try:
        made = list(csv.DictReader(io.StringIO(text.replace("\0", "")), restkey="…"))
    except csv.Error as wrong:
        raise _wrong(where, f"不是合法的 CSV:{wrong}", f"not valid CSV: {wrong}") from wrong
    if made and not any(known_header(str(name)) for name in made[0]):
        raise _wrong(f"{where}:1", "没有 text（内容）一列", "no column `text`")
    return list(made)


def _gathered(entries: Iterable[Mapping[str, Any]], where: str, given: Context) -> Iterable[Named]:
    loose: dict[str | None, list[dict[str, Any]]] = {}
    whole = []
    for entry in entries:
        inner = entry.get("utterances")
        if inner is not None:
            if not isinstance(inner, list) or not all(isinstance(one, Mapping) for one in inner):
                raise _wrong(where, "utterances 要是映射的列表", "utterances is a list of mappings")
            known = _context(entry, given)
            whole.append(Named(_text(entry.get("talk_id")), said_talk.talk([_row(one) for one in inner], known)))
        else:
            row = _row(entry)
            loose.setdefault(_text(row.get("talk_id")), []).append(row)
    yield from whole
    for name, rows in loose.items():
        yield Named(name, said_talk.talk(rows, given))


def _context(entry: Mapping[str, Any], given: Context) -> Context:
    raw = entry.get("context")
    raw = raw if isinstance(raw, Mapping) else entry
    read = said_talk.context({**raw, "party_role": raw.get("party_role") or given.party_role})
    names = ("first", "institution", "agency", "consent_ref", "product")
    kept = {name: getattr(given, name) for name in names if getattr(read, name) is None}
    return replace(read, **kept, names=(*given.names, *read.names))


def _row(raw: Mapping[Any, Any]) -> dict[str, Any]:
    return {_headers().get(str(name).strip().casefold(), str(name)): value for name, value in raw.items()}


def _text(raw: object) -> str | None:
    return None if raw is None or str(raw).strip() == "" else str(raw)


def _wrong(where: str, zh: str, en: str) -> InputError:
    return InputError(Say(zh, en), code="E-SAID-03", where=where, fix=_FIX)
