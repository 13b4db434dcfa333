"""`lianfang run`: read, find, write, tell; a results folder is whole or not there."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianfang.cli import show, warm
from lianfang.engine.terms.codes import Level
from lianfang.engine.terms.errors import InputError, Say
from lianfang.engine.terms.words import LEVELS

if TYPE_CHECKING:
    from lianfang.engine.identify.run.course import Outcome
    from lianfang.engine.records.load import Loaded

_READ = Say("读入记录", "read records")
_WRITE = Say("写出结果", "write results")
_PAGE = Say("写出页面", "write the page")

_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="lianfang-write")


@dataclass
class Watch:
    """Seconds and peak memory of every step, and the progress line a person watches."""

    progress: show.Progress
    steps: list[dict[str, Any]] = field(default_factory=list)
    _name: str = ""
    _began: float = 0.0

    def step(self, name: str, say: Say) -> None:
        """Begin a step; the one before it is over."""
        self.close()
        self._name, self._began = name, time.perf_counter()
        self.progress.step(say)

    def close(self) -> None:
        """End the step under way."""
        if self._name:
            seconds = round(time.perf_counter() - self._began, 3)
            self.steps.append({"step": self._name, "seconds": seconds, "peak_mb": peak_mb()})
            self._name = ""
        self.progress.done()


def peak_mb() -> int:
    """Give the most memory this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def asked(paths: Sequence[Path], out: Path, **options: Any) -> argparse.Namespace:
    """Make the same request the command line makes, for callers inside the house."""
    unset = {
        "kind": None,
        "mapping": None,
        "on": "duckdb",
        "guides": None,
        "judgements": None,
        "since": None,
        "threads": None,
        "force": False,
        "keep": False,
    }
    return argparse.Namespace(paths=list(paths), out=out, **(unset | options))


def run(asked: argparse.Namespace) -> int:
    """Run the engine over files and folders; see `lianfang run --help`."""
    _must_exist(asked)
    ready = _kernels(asked)
    from lianfang.engine.identify.run import folder

    with folder.making(asked.out, asked.force) as beside:
        watch = Watch(show.Progress(8))
        if asked.since:
            from lianfang.cli import since

            told = since.run(asked, beside, watch)
        elif asked.on == "spark":
            from lianfang.cli import on_spark

            told = on_spark.run(asked, beside, watch)
        else:
            told = _whole(asked, beside, watch, ready)
    print(told)
    show.line(
        f"结果在 {asked.out}/,打开 {asked.out}/report.html 看",
        f"results stand in {asked.out}/; open {asked.out}/report.html",
    )
    return 0


def _kernels(asked: argparse.Namespace) -> Callable[[str], None]:
    """Choose kernels for this run; give what waits for those that links need."""
    if asked.since or asked.on == "spark":
        warm.needed()
        return lambda _: None
    return warm.prepared(asked.paths)


def _must_exist(asked: argparse.Namespace) -> None:
    for path in [*asked.paths, *filter(None, (asked.mapping, asked.guides, asked.judgements, asked.since))]:
        if not path.exists():
            raise InputError(
                Say("没有这个文件或文件夹", "there is no such file or folder"),
                code="E-INPUT-01",
                where=str(path),
                fix=Say("检查路径", "check the path"),
            )


def _whole(asked: argparse.Namespace, beside: Path, watch: Watch, ready: Callable[[str], None]) -> str:
    from lianfang.engine.identify.run import course

    # Faults of guides and judgements are told before anybody waits for a table.
    todo = settings(asked)
    loaded = read(asked, beside, watch)
    tables = {kind: loaded.table(kind) for kind in loaded.tables}
    state = beside / "state"
    if asked.keep:
        state.mkdir(mode=0o700)
    outcome = course.run(
        tables,
        todo,
        lambda name: step(watch, name, ready),
        state / "index" if asked.keep else None,
    )
    told = write(asked, beside, watch, loaded, outcome, todo)
    if asked.keep:
        from lianfang.cli import since
        from lianfang.engine.identify.run import memory

        memory.keep(state, outcome, since.marks(todo))
    return told


def step(watch: Watch, name: str, ready: Callable[[str], None]) -> None:
    """Tell a step, and wait for the kernels it needs."""
    from lianfang.engine.identify.run import course

    watch.step(name, course.STEPS[name])
    ready(name)


def read(asked: argparse.Namespace, beside: Path, watch: Watch) -> Loaded:
    """Load the asked files, with progress."""
    from lianfang.engine.records import load
    from lianfang.engine.terms.codes import Kind
    from lianfang.engine.text import shingles

    watch.step("read", _READ)
    shingles.prepare()
    mappings = (asked.mapping,) if asked.mapping else ()
    return load.load(
        asked.paths, load.LoadOptions(Kind(asked.kind) if asked.kind else None, mappings, beside / ".spill")
    )


def settings(asked: argparse.Namespace) -> Any:
    """Gather guides, judgements and thread count."""
    from lianfang.engine.identify.guides import compile as ready
    from lianfang.engine.identify.guides import kept
    from lianfang.engine.identify.linkage import judge
    from lianfang.engine.identify.run import course

    judged = judge.read(asked.judgements.read_bytes(), str(asked.judgements)) if asked.judgements else ()
    book = kept.book(asked.guides)
    # A pattern that cannot run is refused here, not after the tables were read.
    _ = ready.compiled(book).patterns
    return course.Course(book, judged, threads=asked.threads)


def _written(beside: Path, made: dict[str, Any]) -> None:
    from lianfang.engine.identify.run import folder

    for name, table in made.items():
        folder.write(beside, name, table)


def write(
    asked: argparse.Namespace, beside: Path, watch: Watch, loaded: Loaded, outcome: Outcome, todo: Any
) -> str:
    """Write tables, rejects, page and `run.json`; give the closing lines."""
    from lianfang.engine.identify.run import results
    from lianfang.engine.reports import page
    from lianfang.engine.reports import run as pages

    watch.step("write", _WRITE)
    tables = outcome.sources.tables
    named = results.names(tables)
    graded = results.graded(outcome.found)
    made = {
        "records": results.records(tables, outcome.verdicts),
        "signals": results.signals(outcome.signals, named),
        "links": results.links(outcome.links, named),
        "rings": results.rings(graded.ring),
        "ring_members": results.members(graded.member),
    }
    writing = _BESIDE.submit(_written, beside, made)  # mostly compiled code: the page is drawn meanwhile
    loaded.rejects.write_csv(beside / "rejects.csv")
    watch.step("page", _PAGE)
    told = pages.Told(
        made["records"],
        outcome.signals,
        outcome.sources.links,
        outcome.hubs,
        outcome.found,
        outcome.sources,
        todo.book,
        version("lianfang"),
    )
    (beside / "report.html").write_text(page.page(pages.overview(told)), encoding="utf-8")
    writing.result()
    watch.close()
    counted = {name: table.num_rows for name, table in made.items()} | {"hubs": outcome.hubs.num_rows}
    levels = pages.n_flagged(made["records"])
    (beside / "run.json").write_text(_story(asked, watch, loaded, counted, levels, todo), encoding="utf-8")
    return _closing(loaded, counted, levels, made["rings"]) + _left_out(loaded, outcome)


def _story(
    asked: argparse.Namespace,
    watch: Watch,
    loaded: Loaded,
    counted: dict[str, int],
    levels: dict[str, int],
    todo: Any,
) -> str:
    """Write down how the results came about: what ran, on what, how long, how much memory."""
    libraries = ("lianfang", "duckdb", "pyarrow", "numpy", "numba", "sqlglot", "splink")
    told = {
        "versions": {name: version(name) for name in libraries},
        "machine": asked.on,
        "guides_sha256": todo.book.digest,
        "n_guides": len(todo.book.guides),
        "inputs": [
            {"file": one.file, "kind": str(one.kind), "sha256": one.sha256, "n_bytes": one.n_bytes,
             "rows_in": one.counts.n_in, "rows_kept": one.counts.n_kept, "rows_rejected": one.counts.n_rejected}
            for one in loaded.files
        ],
        "rows": {"in": loaded.counts.n_in, "kept": loaded.counts.n_kept, "rejected": loaded.counts.n_rejected},
        "rejects_by_reason": dict(sorted(loaded.rejects.by_reason.items())),
        "counts": counted | {f"records_{level}": n for level, n in levels.items()},
        "steps": watch.steps,
        "seconds": round(watch.progress.seconds, 3),
        "peak_mb": peak_mb(),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _left_out(loaded: Loaded, outcome: Outcome) -> str:
    """Tell what was given and did not take part: files that cannot be read, judgements of no record here."""
    import pyarrow.compute as pc

    told = []
    refused = loaded.rejects.table()
    files = refused.filter(pc.equal(refused["reason"], "unreadable_file"))["file"].to_pylist()
    if files:
        some = ", ".join(files[:5]) + (" …" if len(files) > 5 else "")
        told.append(Say(f"{len(files)} 个文件没有读完:{some};原因见 rejects.csv",
                        f"{len(files)} files not read to the end: {some}; rejects.csv tells why"))  # fmt: skip
    unmet = len(outcome.sources.judged.unmet)
    if unmet:
        told.append(Say(f"{unmet} 条研判说的记录不在这次输入里,未用上",
                        f"{unmet} judgements speak of records this run does not have and were not used"))  # fmt: skip
    return "".join("\n" + show.said(one) for one in told)


def _closing(loaded: Loaded, counted: dict[str, int], levels: dict[str, int], rings: Any) -> str:
    import pyarrow.compute as pc

    c = loaded.counts
    to_look, to_review = LEVELS[Level.LOOK], LEVELS[Level.REVIEW]
    review = int(pc.sum(pc.equal(rings["level"], "review")).as_py() or 0)
    return show.said(
        Say(
            f"读入 {c.n_in} 行 = 留下 {c.n_kept} + 拒收 {c.n_rejected};拒收与坏单元格见 rejects.csv\n"
            f"{to_look.zh} {levels['look']} 条,{to_review.zh} {levels['review']} 条;团伙 {rings.num_rows} 个,其中{to_review.zh} {review} 个;关联 {counted['links']} 条",
            f"rows in {c.n_in} = kept {c.n_kept} + rejected {c.n_rejected}; rejects.csv tells which and why\n"
            f"{levels['look']} {to_look.en}, {levels['review']} {to_review.en}; {rings.num_rows} rings, {review} of them {to_review.en}; {counted['links']} links",
        )
    )
