"""Registered public templates: self-help letters anybody may copy. They make no link."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lianfang.engine.identify.linkage import lanes as lane
from lianfang.engine.identify.linkage import wordings
from lianfang.engine.identify.linkage.wordings import Int32, Int64, Texts, Uint32, Wordings
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

# Least similarity; or the template's share that stands in the text and the text's share that is it.
LIKENESS = (0.55, 0.75, 0.4)
# How a registered text shows that something is to be filled in.
_BLANK = re.compile("X+")


@dataclass(frozen=True)
class Templates:
    """Public templates as shingles.

    Args:
        ids: their names.
        known: all their shingles, sorted, each once.
        starts: where each shingle's templates start in `owners`.
        owners: templates of each shingle.
        sizes: shingles of each template.
    """

    ids: tuple[str, ...]
    known: Uint32
    starts: Int64
    owners: Int32
    sizes: Int32


@functools.cache
def load(folder: Path | None = None) -> Templates:
    """Read the registry of public templates.

    Args:
        folder: a folder of files like data/templates; None for the packaged one.

    Returns:
        The templates; none where the folder is empty.

    Raises:
        DefinitionError: an entry has no id or no text, or an id stands twice.
    """
    files = sorted(folder.rglob("*.yaml")) if folder else shelf.files("templates")
    ids: list[str] = []
    bodies: list[str] = []
    faults: list[Fault] = []
    for place in files:
        for one in shelf.yaml(place).get("templates", ()):
            if not one.get("id") or not one.get("text") or one["id"] in ids:
                say = Say("模板要有不重复的 id 和 text", "A template needs a text and an id of its own")
                where = f"{place}:{getattr(one, 'line', 1)}"
                faults.append(Fault(where, say, Say("补上或改名", "Add or rename"), "E-LINKAGE-05"))
                continue
            ids.append(str(one["id"]))
            bodies.append(str(one["text"]))
    if faults:
        raise DefinitionError(
            Say("公开模板登记表有错", "The registry of public templates is wrong"),
            code="E-LINKAGE-05", where=faults[0].where, faults=faults,
        )
    parts = [(owner, part) for owner, body in enumerate(bodies) for part in _BLANK.split(body) if part]
    owners = np.array([owner for owner, _ in parts], np.int32)
    return of_texts(tuple(ids), plain_texts([part for _, part in parts]), owners)


def plain_texts(bodies: list[str]) -> Texts:
    """Fold a few texts one by one.

    Args:
        bodies: raw texts.

    Returns:
        Folded code points.
    """
    from lianfang.engine.text import plain

    folded = [plain.plain(body).text for body in bodies]
    points = np.frombuffer("".join(folded).encode("utf-32-le"), np.uint32)
    starts = np.concatenate([[0], np.cumsum([len(body) for body in folded])]).astype(np.int64)
    return wordings.texts(points, starts)


def of_texts(ids: tuple[str, ...], source: Texts, owners: Int32 | None = None) -> Templates:
    """Make templates from folded texts.

    Args:
        ids: one a template.
        source: folded texts; a template with blanks is one text for every stretch between them.
        owners: template of each text; None where each text is one.

    Returns:
        The templates. What stands around a blank does not count: everybody fills it in differently.
    """
    if owners is None:
        owners = np.arange(source.n_texts, dtype=np.int32)
    _, lengths = wordings.number(source, 1)
    read = wordings.read(source, np.arange(source.n_texts), lengths, 1)
    held = np.unique(np.stack([_flat(read).astype(np.int64), np.repeat(owners, read.counts)]), axis=1)
    shingles, owner = held[0].astype(np.uint32), held[1].astype(np.int32)
    known, starts = np.unique(shingles, return_index=True)
    sizes = np.bincount(owner, minlength=len(ids)).astype(np.int32)
    return Templates(ids, known, np.append(starts, shingles.size).astype(np.int64), owner, sizes)


def _flat(read: Wordings) -> Uint32:
    parts = [
        read.shingles[place : place + count]
        for place, count in zip(read.places.tolist(), read.counts.tolist(), strict=True)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.uint32)


def match(
    read: Wordings, templates: Templates | None = None, lanes: int | None = None
) -> tuple[Int32, npt.NDArray[np.float32]]:
    """Say which public template each wording is.

    Args:
        read: wordings.
        templates: the registry; None for the packaged one.
        lanes: threads; None for one a core.

    Returns:
        Place of the template in `ids` (-1: none) and its similarity.

    Shape:
        n slots in, two arrays of n out.

    Units:
        Similarity is a share, 0.0 to 1.0.
    """
    from lianfang.engine.identify.linkage.kernels import known

    templates = load() if templates is None else templates
    which = np.full(read.n_slots, -1, np.int32)
    alike = np.zeros(read.n_slots, np.float32)
    if templates.ids:
        lane.run(
            known.match_templates, lane.ranges(read.n_slots, lane.count(lanes)), read.shingles,
            read.places, read.counts, templates.known, templates.starts, templates.owners,
            templates.sizes, np.array(LIKENESS, np.float32), which, alike,
        )
    return which, alike
