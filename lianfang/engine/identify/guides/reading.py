"""From YAML files to a book: what stands where, read leniently so that all faults are told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lianfang.engine.identify.guides import entries, faults, lined
from lianfang.engine.identify.guides.clauses import LITERAL, Clause
from lianfang.engine.identify.guides.guide import Guard, Guide, GuideBook, PhraseSet
from lianfang.engine.identify.guides.lined import Page
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Fault, InputError, Say

_Named = TypeVar("_Named", Guide, Guard, PhraseSet)


@dataclass(frozen=True)
class Shelf:
    """What was read: the book, every fault, and whether the book may be used."""

    book: GuideBook
    faults: tuple[Fault, ...]
    is_broken: bool


@dataclass(frozen=True)
class _Layer:
    """The files of one folder tree, read."""

    pages: tuple[Page, ...]
    guides: tuple[tuple[Page, Guide], ...]
    guards: tuple[tuple[Page, Guard], ...]
    sets: tuple[tuple[Page, PhraseSet], ...]


def read(folder: Path | None, shipped: bool = True) -> Shelf:
    """Read all YAML files of the shipped guides and of a folder.

    Args:
        folder: more files, or one file; their ids replace the shipped ones.
        shipped: begin with the shipped ones.

    Raises:
        InputError: the folder is not there.
    """
    layers = []
    if shipped:
        root = shelf.path()
        layers.append(_layer([*_yaml(root / "guides"), *_yaml(root / "lexicon" / "sets")], root.parent))
    if folder is not None:
        if not folder.exists():
            raise InputError(
                Say(f"没有这个文件夹:{folder}", f"there is no such folder: {folder}"),
                code="E-GUIDE-31",
                fix=Say("检查 --guides 的路径", "check the path given to --guides"),
            )
        layers.append(_layer(_yaml(folder), None))
    pages = [page for layer in layers for page in layer.pages]
    sets = _merge([layer.sets for layer in layers])
    guards = _merge([layer.guards for layer in layers])
    guides = _merge([layer.guides for layer in layers])
    for page, guide in guides.values():
        _check_terms(page, guide.clauses, sets)
        _check_guards(page, guide, guards)
    for page, guard in guards.values():
        _check_terms(page, guard.clauses, sets)
    book = GuideBook(
        guides=tuple(guide for _, guide in sorted(guides.values(), key=lambda pair: pair[1].id)),
        guards=tuple(guard for _, guard in sorted(guards.values(), key=lambda pair: pair[1].id)),
        sets={name: sets[name][1] for name in sorted(sets)},
        digest=_digest(guides, guards, sets),
    )
    found = sorted((fault for page in pages for fault in page.faults), key=place)
    return Shelf(book, tuple(found), any(page.fatal for page in pages))


def place(fault: Fault) -> tuple[str, int, str, str]:
    """Give the order in which faults are told: file, line, code."""
    file, _, line = fault.where.rpartition(":")
    return file, int(line), fault.code, fault.say.zh


def _yaml(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*.y*ml") if found.suffix in (".yaml", ".yml"))


def _digest(*kept: Mapping[str, tuple[Page, Any]]) -> str:
    """Digest what the book says, not where its files lie."""
    said = hashlib.sha256()
    for holders in kept:
        for name in sorted(holders):
            said.update(repr(_placeless(holders[name][1])).encode())
    return said.hexdigest()


def _placeless(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        parts = {key: _placeless(getattr(value, key)) for key in value.__dataclass_fields__ if key != "where"}
        return type(value).__name__, parts
    if isinstance(value, tuple):
        return tuple(_placeless(each) for each in value)
    if isinstance(value, Mapping):
        return {str(key): _placeless(each) for key, each in value.items()}
    return str(value)


def _merge(layers: Iterable[tuple[tuple[Page, _Named], ...]]) -> dict[str, tuple[Page, _Named]]:
    """Join layers: a later layer replaces, one layer may not name a thing twice."""
    merged: dict[str, tuple[Page, _Named]] = {}
    for layer in layers:
        own: dict[str, tuple[Page, _Named]] = {}
        for page, holder in layer:
            if holder.id in own:
                other = own[holder.id][1].where
                page.faults.append(faults.fault("duplicate_id", holder.where, name=holder.id, other=other))
                page.fatal = True
            own[holder.id] = (page, holder)
        merged |= own
    return merged


def _layer(files: list[Path], root: Path | None) -> _Layer:
    pages, guides, guards, sets = [], [], [], []
    for file in files:
        name = str(file.relative_to(root)) if root else str(file)
        page = lined.page(name, file.read_bytes())
        pages.append(page)
        tree = page.tree
        if isinstance(tree, dict) and "sets" in tree:
            sets += [(page, each) for each in _sets(page, tree)]
        elif isinstance(tree, list) or (isinstance(tree, dict) and "guards" in tree and "clauses" not in tree):
            guards += [(page, each) for each in entries.guards(page, tree)]
        elif isinstance(tree, dict):
            guides.append((page, entries.guide(page, tree)))
        elif not page.faults:
            page.fault("unreadable", (), why="empty")
    return _Layer(tuple(pages), tuple(guides), tuple(guards), tuple(sets))


def _sets(page: Page, tree: Mapping[str, Any]) -> list[PhraseSet]:
    page.keys(tree, (), ("source", "sets", "note"))
    if not tree.get("source"):
        page.fault("no_source", ())
    made = []
    for name, raw in tree["sets"].items() if isinstance(tree["sets"], dict) else ():
        path = ("sets", name)
        if not isinstance(raw, dict):
            page.fault("wrong_value", path, name=name, value=raw, hint="{name: {zh, en}, words: […]}")
            continue
        page.keys(raw, path, ("name", "words", "source", "note"))
        if "name" not in raw:
            page.fault("missing", path, name="name", hint="{zh: …, en: …}")
        title = page.say(raw["name"], (*path, "name"), "name") if "name" in raw else Say(name, name)
        words = page.words(raw, path, "words", needed=False)
        if not words:
            page.fault("unused_set", path, name=name)
        for no, word in enumerate(words):
            if word in words[:no]:
                page.fault("duplicate_word", (*path, "words", no), name=name, word=word)
        made.append(PhraseSet(name, title, tuple(dict.fromkeys(words)), page.where(path)))
    return made


def _check_terms(page: Page, clauses: tuple[Clause, ...], sets: Mapping[str, Any]) -> None:
    for each in clauses:
        for term in each.terms:
            if not term.startswith(LITERAL) and term not in sets:
                page.fatal = True
                near = faults.nearest(term, list(sets))
                page.faults.append(faults.fault("unknown_set", each.where, name=term, **near))


def _check_guards(page: Page, guide: Guide, guards: Mapping[str, Any]) -> None:
    for no, name in enumerate(guide.guards or ()):
        if name not in guards:
            page.fault("unknown_guard", ("guards", no), name=name, **faults.nearest(name, list(guards)))
    for sample in guide.samples:
        if sample.wants == "guarded" and sample.guard and sample.guard not in guards:
            page.faults.append(faults.fault("unknown_guard", sample.where, name=sample.guard))
            page.fatal = True


