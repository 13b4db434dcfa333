"""The pages of docs/ that come from code and data; `--check` says whether they are current."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from lianfang.cli import show
from lianfang.engine.terms import shelf

_MADE = "<!-- made by `lianfang pages` from code and data; do not edit -->\n\n"


def pages(check: bool) -> int:
    """Write every made page, or only compare; 1 when a page is out of date."""
    root = Path(__file__).parents[2] / "docs"
    stale = []
    for name, make in _PAGES.items():
        place, text = root / name, _MADE + make().rstrip() + "\n"
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
    if stale and check:
        show.line(
            f"这些页面不是最新:{'、'.join(stale)};运行 lianfang pages",
            f"out of date: {', '.join(stale)}; run lianfang pages",
        )
        return 1
    show.line(f"页面 {len(_PAGES)} 个,更新 {len(stale)} 个", f"{len(_PAGES)} pages, {len(stale)} written")
    return 0


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _rows(head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _outputs() -> str:
    from lianfang.engine.identify.run.shapes import shapes

    parts = [
        "# What a run writes 运行结果的各列\n\n"
        "`lianfang run … --out DIR` writes these Parquet tables, `rejects.csv`, `run.json` and `report.html`.\n"
        "The same input and version make the same bytes, on any number of threads.\n"
    ]
    for shape in shapes().values():
        parts.append(f"\n## {shape.name}.parquet\n\n{shape.meaning.zh}。 {shape.meaning.en}.\n")
        parts.append(
            _rows(
                ("column", "type", "含义", "meaning"),
                ((f"`{c.name}`", c.type, c.meaning.zh, c.meaning.en) for c in shape.columns),
            )
        )
    parts.append(
        "\n## rejects.csv\n\n每个坏单元格或坏行一行。 One row for every bad cell or row: file, row, column, the value masked, the reason.\n"
        "\n## run.json\n\n版本、特征指南摘要、输入摘要、行数、每步用时与内存峰值。 "
        "Versions, digest of the guides, digests of the inputs, counts, seconds and peak memory of each step.\n"
    )
    return "\n".join(parts)


def _commands() -> str:
    from lianfang.cli.verbs import parser

    parts = ["# The command line 命令行\n"]

    def tell(one: argparse.ArgumentParser, depth: int) -> None:
        parts.append(f"\n{'#' * min(depth, 4)} {one.prog}\n\n{one.description or ''}\n" + (f"\n{one.epilog}\n" if one.epilog else ""))
        options = []
        for action in one._actions:
            if isinstance(action, argparse._SubParsersAction):
                for child in action.choices.values():
                    tell(child, depth + 1)
            elif action.help is not argparse.SUPPRESS and action.dest not in ("help", "lang", "trace"):
                name = ", ".join(action.option_strings) or action.dest
                chosen = " (" + " or ".join(map(str, action.choices)) + ")" if action.choices else ""
                options.append((f"`{name}`", (action.help or "") + chosen))
        if options:
            parts.append(_rows(("option", "meaning"), iter(options)))

    tell(parser(), 2)
    return "\n".join(parts)


def _glossary() -> str:
    read = shelf.yaml(shelf.path("glossary.yaml"))
    rows = ((row["zh"], row["en"], f"`{row['word']}`", ", ".join(row["not"])) for row in read["terms"])
    return "# One word per thing 词汇表\n\n" + _rows(("中文", "English", "identifier", "not"), rows)


def _columns() -> str:
    parts = [
        "# Records and their columns 记录与列\n\n"
        "Every field has a meaning, a class (C1 to C3), a purpose and a retention. C3 is refused at the door.\n"
    ]
    for kind in ("complaint", "contact", "post", "application", "objection", "tip"):
        read = shelf.yaml(shelf.path("schema", f"{kind}.yaml"))
        parts.append(f"\n## {kind}\n")
        rows = (
            (
                f"`{f['name']}`",
                f["type"],
                f["meaning"]["zh"],
                f["meaning"]["en"],
                f["class"],
                f["retention"],
                "、".join(map(str, f["headers"][:6])),
            )
            for f in read["fields"]
        )
        parts.append(_rows(("field", "type", "含义", "meaning", "class", "retention", "headers met"), rows))
    return "\n".join(parts)


# The order in which a piece of intelligence travels; engine rooms below the first line serve all of them.
_TRAVEL = ("evidence", "identify", "conduct", "complaints", "cases", "sharing", "takedown", "reports")


def _map() -> str:
    root = Path(__file__).parents[1]
    parts = [
        "# The map 地图\n\nTo find a file, ask: *which capability?* (the room), and *decide or remember?* (the floor).\n"
        "The engine decides: pure functions, no framework. The web remembers and shows. Rooms stand in the order a piece\n"
        "of intelligence travels; each may look down, never up.\n\n"
        "找文件先问两句:哪项能力(房间)?判断还是留存(楼层)?engine 判断,web 留存并展示;只许往下看,不许往上看。\n",
        _rooms(root),
    ]
    for folder in sorted({file.parent for file in root.rglob("*.py") if not {"__pycache__", "migrations"} & set(file.parts)}):
        files = [file for file in sorted(folder.glob("*.py")) if file.read_text(encoding="utf-8").strip()]
        if not files:
            continue
        parts.append(f"\n## {folder.relative_to(root.parent).as_posix()}\n")
        parts.append(_rows(("file", "what it is"), ((f"`{file.name}`", _first(file)) for file in files)))
    return "\n".join(parts)


def _rooms(root: Path) -> str:
    """Give the rooms of both floors side by side; an empty place says that the room is not built."""
    floors = ("engine", "web")

    def named(floor: str, room: str) -> str:
        return f"[`{floor}/{room}`](#lianfang{floor}{room})" if (root / floor / room / "__init__.py").exists() else ""

    rooms = [room for room in _TRAVEL if any(named(floor, room) for floor in floors)]
    others = {floor: sorted(found.name for found in (root / floor).iterdir() if named(floor, found.name) and found.name not in _TRAVEL)
              for floor in floors}  # fmt: skip
    rows = [(room, *(named(floor, room) for floor in floors)) for room in rooms]
    rows.append(("serve them all", *(", ".join(named(floor, room) for room in others[floor]) for floor in floors)))
    return "\n" + _rows(("capability", "decides", "remembers and shows"), iter(rows))


def _first(file: Path) -> str:
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return said.split("\n\n")[0].replace("\n", " ")


def _guides() -> str:
    from lianfang.engine.identify.guides import guide

    book = guide.load()
    rows = (
        (
            f"`{one.id}`",
            one.activity,
            one.title.zh,
            one.title.en,
            len(one.clauses),
            ", ".join(str(kind) for kind in one.kinds),
            one.version,
        )
        for one in book.guides
    )
    guards = ((f"`{one.id}`", one.name.zh, one.name.en, one.lowers_to) for one in book.guards)
    return (
        "# The guides in force 现行特征指南\n\nEach is one YAML file with its samples; `lianfang guide show ID` prints one whole.\n\n"
        + _rows(("id", "activity", "名称", "title", "clauses", "kinds", "version"), rows)
        + "\n## Guards 护栏\n\nA guard lowers what a guide would say, and says why.\n\n"
        + _rows(("id", "名称", "name", "lowers to"), guards)
    )


def _conduct() -> str:
    from lianfang.engine.conduct import listing

    return listing.rules_page()


def _said() -> str:
    from lianfang.engine.conduct import said_page

    return said_page.said_page()


def _cases() -> str:
    from lianfang.engine.cases import page

    return page.page()


def _case_drawing(name: str) -> str:
    from lianfang.engine.cases import diagram, tables

    return diagram.svg(tables.get(name))


_PAGES: dict[str, Callable[[], str]] = {
    "outputs.md": _outputs,
    "commands.md": _commands,
    "glossary.md": _glossary,
    "columns.md": _columns,
    "map.md": _map,
    "guide-index.md": _guides,
    "conduct.md": _conduct,
    "conduct-said.md": _said,
    "cases.md": _cases,
    "cases-suspicion.svg": partial(_case_drawing, "suspicion"),
    "cases-application.svg": partial(_case_drawing, "application"),
}
