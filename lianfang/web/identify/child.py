"""The run's own process: `python -m lianfang.web.identify.child columns|run FOLDER`.

Files come from strangers. They are opened here and nowhere else in the office, so that one that takes
all memory or never ends takes this process with it and not the pages. No framework is loaded.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lianfang.engine.terms.errors import DefinitionError, LianfangError, Say

MOST_PREVIEW = 8


def main() -> int:
    """Do what the folder's request says; leave `told.json`: the answer, or the error in both languages."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    try:
        answer = columns(folder) if what == "columns" else run(folder)
    except LianfangError as wrong:
        answer = {"wrong": _wrong(wrong)}
    except MemoryError:
        answer = {"wrong": {"code": "E-RUN-02", "zh": "内存不够", "en": "out of memory",
                            "fix_zh": "把文件拆小再上传", "fix_en": "split the files", "where": ""}}  # fmt: skip
    _leave(folder / "told.json", answer)
    return 1 if "wrong" in answer else 0


def _wrong(wrong: LianfangError) -> dict[str, Any]:
    fix = wrong.fix or Say("", "")
    faults = [
        {"where": Path(one.where).name, "zh": f"{one.say.zh} → {one.fix.zh}", "en": f"{one.say.en} → {one.fix.en}"}
        for one in (wrong.faults if isinstance(wrong, DefinitionError) else ())[:20]
    ]
    # Only a file's name is told: where it stands on the server is nobody's business.
    where = Path(wrong.where).name if wrong.where else ""
    return {"code": wrong.code, "zh": wrong.say.zh, "en": wrong.say.en, "fix_zh": fix.zh, "fix_en": fix.en,
            "where": where, "faults": faults}  # fmt: skip


def _leave(place: Path, content: dict[str, Any]) -> None:
    beside = place.with_suffix(".part")
    beside.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    beside.replace(place)


def columns(folder: Path) -> dict[str, Any]:
    """Say how every column of every file would be taken, and show a few rows, masked."""
    from lianfang.engine.records import load, mapping, read, values
    from lianfang.engine.records.rejects import RejectLog
    from lianfang.engine.terms.codes import Kind

    request = json.loads((folder / "request.json").read_text("utf-8"))
    log, told, units = RejectLog(), [], {*values.HUNDREDTHS, *values.SECONDS}
    sources = read.open_all([folder / "files"], log, mapping.known_headers)
    for source in sources:
        wanted = request.get("kinds", {}).get(source.label)
        found = load.mapping_of(source, load.LoadOptions(Kind(wanted) if wanted else None), ())
        told.append({
            "label": source.label, "kind": str(found.kind), "n_fields": found.n_fields,
            "columns": [{**asdict(use), "unit": use.unit if use.unit in units else None} for use in found.columns],
            "rows": [_preview(row, found) for row in source.sample[:MOST_PREVIEW]],
        })  # fmt: skip
    refused = [
        {"file": row["file"], "zh": row["reason_zh"], "en": row["reason_en"]} for row in log.table().to_pylist()[:50]
    ]
    return {"tables": told, "refused": refused}


def _preview(row: tuple[str, ...], found: Any) -> list[str]:
    """Mask a row's cells for a screen: what counts and when is shown, what names somebody is covered."""
    from lianfang.engine.identifiers import mask
    from lianfang.engine.records import headers, mapping, schema
    from lianfang.engine.reports import veil

    cells = []
    for use in found.columns:
        cell = " ".join((row[use.place] if use.place < len(row) else "").split())
        field = schema.of(found.kind).field(use.field or "")
        if use.how == mapping.SECRET:
            cells.append("***" if cell else "")
        elif use.field == headers.RECORD_ID or (field and field.identifier is None and field.type in ("time", "date", "money", "int", "bool")):
            cells.append(cell[:24])
        elif field and field.type == "text":
            cells.append(veil.veiled(cell[:40]))
        else:
            cells.append(mask.mask_any(cell[:24]) if cell else "")
    return cells


@dataclass
class Watch:
    """What `lianfang run` tells a terminal, told to the office instead: a file with the step under way."""

    folder: Path
    n_steps: int = 8

    def __post_init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.progress = self
        self._began = self._first = time.perf_counter()
        self._name = ""

    def step(self, name: str, say: Say) -> None:
        """Begin a step; the one before it is over."""
        self.close()
        self._name, self._began = name, time.perf_counter()
        _leave(self.folder / "step.json", {"n": len(self.steps) + 1, "of": self.n_steps, "zh": say.zh, "en": say.en})

    def close(self) -> None:
        """End the step under way."""
        from lianfang.cli.run import peak_mb

        if self._name:
            seconds = round(time.perf_counter() - self._began, 3)
            self.steps.append({"step": self._name, "seconds": seconds, "peak_mb": peak_mb()})
            self._name = ""

    @property
    def seconds(self) -> float:
        """Give the seconds since the first step."""
        return time.perf_counter() - self._first


def run(folder: Path) -> dict[str, Any]:
    """Run the engine over the folder's files; leave `results/`, whole or not there."""
    from lianfang.cli import run as course_of_cli
    from lianfang.cli import warm

    ready = warm.prepared([folder / "files"])
    from lianfang.engine.identify.run import course, results
    from lianfang.engine.identify.run import folder as folders
    from lianfang.engine.records import load
    from lianfang.web.identify import gather, lookup, tallies

    judged = folder / "judgements.csv"
    asked = course_of_cli.asked([folder / "files"], folder / "results", judgements=judged if judged.exists() else None)
    watch: Any = Watch(folder)
    with folders.making(folder / "results", force=True) as beside:
        todo = course_of_cli.settings(asked)
        watch.step("read", Say("读入记录", "read records"))
        mappings = tuple(sorted((folder / "mappings").glob("*.yaml")))
        loaded = load.load([folder / "files"], load.LoadOptions(None, mappings, beside / ".spill"))
        tables = {kind: loaded.table(kind) for kind in loaded.tables}
        outcome = course.run(tables, todo, lambda name: course_of_cli.step(watch, name, ready))
        course_of_cli.write(asked, beside, watch, loaded, outcome, todo)
        told = results.graded(outcome.found)
        gather.write(beside, outcome, todo.book, told)
        lookup.write(beside, outcome, told)
        tallies.write(beside, outcome, todo.book)
        beside.chmod(0o700)
    story = json.loads((folder / "results" / "run.json").read_text("utf-8"))
    story["unmet_judgements"] = len(outcome.sources.judged.unmet)
    return {name: story[name] for name in ("rows", "counts", "rejects_by_reason", "seconds", "peak_mb", "inputs",
                                           "steps", "versions", "guides_sha256", "unmet_judgements")}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
