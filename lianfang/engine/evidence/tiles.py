"""The log as files anybody may copy: where each hash and each entry stands, and how both are read.

A tile holds 256 hashes of one level; the level above holds the roots of 256 of them. Bundles hold the entries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from lianfang.engine.evidence import tree
from lianfang.engine.terms.errors import ProofError, Say

WIDTH = 256
HASH_BYTES = 32
LARGEST_BYTES = 65_535  # of one entry: its length stands in two bytes
_LEVELS = 8  # levels of the tree in one level of tiles

Read = Callable[[str], bytes | None]
"""Gives a file of the log by its path in it, or None where there is none."""

_PATH = re.compile(r"tile/(?P<level>entries|0|[1-9]|[1-5][0-9]|6[0-3])/(?P<n>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")


def path(level: int | None, place: int, width: int | None = None) -> str:
    """Say where a tile stands: `tile/0/x001/x234/067.p/8`.

    Args:
        level: 0 for hashes of entries, 1 for roots of 256 of them and so on; None for the entries themselves.
        place: which one in its level, from 0.
        width: how many hashes it has; a full one, 256, is not written.

    Source:
        C2SP tlog-tiles.
    """
    digits = f"{place:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[n : n + 3] for n in range(0, len(digits), 3)]
    where = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
    return f"tile/{'entries' if level is None else level}/{where}" + ("" if width in (None, WIDTH) else f".p/{width}")


def read_path(text: str) -> tuple[int | None, int, int] | None:
    """Say which tile a path names, as (level, place, width), or that it names none."""
    found = _PATH.fullmatch(text)
    if not found:
        return None
    level = None if found["level"] == "entries" else int(found["level"])
    place, width = int(found["n"].replace("x", "").replace("/", "")), int(found["width"] or WIDTH)
    return (level, place, width) if width <= WIDTH and path(level, place, width) == text else None


def bundle(entries: Sequence[bytes]) -> bytes:
    """Put entries one after another, each behind its length in two bytes, the larger first."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(raw: bytes) -> list[bytes]:
    """Take the entries out again.

    Raises:
        ProofError: E-PROOF-03, the bytes end in the middle of an entry.
    """
    entries, at = [], 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 2], "big")
        entry = raw[at + 2 : at + 2 + size]
        at += 2 + size
        if at > len(raw):
            raise ProofError(Say("条目文件不完整", "a bundle of entries is cut off"), code="E-PROOF-03")
        entries.append(entry)
    return entries


def _misshapen(where: str) -> ProofError:
    return ProofError(Say("日志文件长度不对", "a file of the log has a wrong length"), code="E-PROOF-04", where=where)


def parts(n_leaves: int) -> Iterator[tuple[int | None, int, int]]:
    """Name every tile of a log of that size, bundles included, as (level, place, width)."""
    level, n = 0, n_leaves
    while n:
        for kind in (None, 0) if level == 0 else (level,):
            for place in range(-(-n // WIDTH)):
                yield kind, place, min(WIDTH, n - place * WIDTH)
        level, n = level + 1, n // WIDTH


class Reader:
    """The hashes and entries of a log of one size, from its files.

    Args:
        read: gives a file by its path; trusted with nothing, whoever asks checks the result against a root.
        n_leaves: the size the checkpoint names; a partial tile is looked for at the width of that size, and
            then as the full one, since logs may drop partial tiles once the full one stands.
    """

    def __init__(self, read: Read, n_leaves: int) -> None:
        self._read, self.n_leaves = read, n_leaves
        self._tile = lru_cache(maxsize=256)(self._load)

    def raw(self, level: int | None, place: int) -> bytes:
        """Give a tile as far as this size has it.

        Raises:
            ProofError: E-PROOF-04, the file is missing or has not the length it must have.
        """
        if level is None:
            return bundle(self.entries(place))
        width, content, n_there, where = self._file(level, place)
        if len(content) != n_there * HASH_BYTES:
            raise _misshapen(where)
        return content[: width * HASH_BYTES]

    def entries(self, place: int) -> list[bytes]:
        """Give the entries of one bundle; see `raw`."""
        width, content, n_there, where = self._file(None, place)
        try:
            found = unbundle(content)
        except ProofError as wrong:
            raise _misshapen(where) from wrong
        if len(found) != n_there:
            raise _misshapen(where)
        return found[:width]

    def _file(self, level: int | None, place: int) -> tuple[int, bytes, int, str]:
        """Give (how many are wanted, the file, how many it must hold, its path)."""
        width = min(WIDTH, (self.n_leaves >> (_LEVELS * (level or 0))) - place * WIDTH)
        for n_there in (width, WIDTH):
            where = path(level, place, n_there)
            content = self._read(where)
            if content is not None:
                return width, content, n_there, where
        raise ProofError(Say("日志缺文件", "a file of the log is missing"), code="E-PROOF-04", where=path(level, place, width))

    def _load(self, level: int, place: int) -> tuple[bytes, ...]:
        raw = self.raw(level, place)
        return tuple(raw[n : n + HASH_BYTES] for n in range(0, len(raw), HASH_BYTES))

    def node(self, level: int, place: int) -> bytes:
        """Give the hash of a complete subtree; see `tree.Node`."""
        above, below = divmod(level, _LEVELS)
        first, n = place << below, 1 << below
        hashes = self._tile(above, first // WIDTH)
        return tree.fold(hashes[first % WIDTH : first % WIDTH + n])

    def root(self) -> bytes:
        """Give the root over everything, as the tiles of hashes have it."""
        return tree.root(self.node, self.n_leaves)

    def entry(self, index: int) -> bytes:
        """Give one entry.

        Raises:
            ProofError: E-PROOF-02, there is no such entry.
        """
        if not 0 <= index < self.n_leaves:
            raise ProofError(Say(f"没有第 {index} 条", f"there is no entry {index}"), code="E-PROOF-02")
        return self.entries(index // WIDTH)[index % WIDTH]

    def inclusion(self, index: int) -> list[bytes]:
        """Prove that an entry is in this log."""
        return tree.inclusion_proof(self.node, index, self.n_leaves)

    def consistency(self, old: int) -> list[bytes]:
        """Prove that this log only added to the log of an older size."""
        return tree.consistency_proof(self.node, old, self.n_leaves)


class Edge:
    """The right edge of a growing log: tiles that are not full yet; small at any size.

    `add` gives every tile it fills as (level, place, content); `partial` gives the rest at the present size.
    """

    def __init__(self) -> None:
        self.n_leaves = 0
        self.entries: list[bytes] = []  # of the bundle under way
        self._rows: list[list[bytes]] = [[]]  # hashes of the tile under way, per level of tiles

    @staticmethod
    def of(reader: Reader) -> Edge:
        """Take up a log where its files end.

        Raises:
            ProofError: a file is missing or has a wrong length.
        """
        made, level, n = Edge(), 0, reader.n_leaves
        made.n_leaves, made._rows = n, []
        while n or not level:
            width = n % WIDTH
            raw = reader.raw(level, n // WIDTH) if width else b""
            made._rows.append([raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)])
            level, n = level + 1, n // WIDTH
        if reader.n_leaves % WIDTH:
            made.entries = reader.entries(reader.n_leaves // WIDTH)
        return made

    def entries_fit(self) -> bool:
        """Say whether the entries of the bundle under way are those its hashes were made of."""
        return [tree.hash_leaf(entry) for entry in self.entries] == self._rows[0]

    def add(self, entry: bytes) -> list[tuple[int | None, int, bytes]]:
        """Take one more entry; give the tiles that are full now."""
        full: list[tuple[int | None, int, bytes]] = []
        self.entries.append(entry)
        self.n_leaves += 1
        carried, level, n = tree.hash_leaf(entry), 0, self.n_leaves
        while True:
            if level == len(self._rows):
                self._rows.append([])
            row = self._rows[level]
            row.append(carried)
            if len(row) < WIDTH:
                return full
            n //= WIDTH
            if not level:
                full.append((None, n - 1, bundle(self.entries)))
                self.entries = []
            full.append((level, n - 1, b"".join(row)))
            carried, self._rows[level], level = tree.fold(row), [], level + 1

    def partial(self) -> list[tuple[int | None, int, int, bytes]]:
        """Give the tiles under way as (level, place, width, content)."""
        made: list[tuple[int | None, int, int, bytes]] = []
        n = self.n_leaves
        for level, row in enumerate(self._rows):
            if row and not level:
                made.append((None, n // WIDTH, len(row), bundle(self.entries)))
            if row:
                made.append((level, n // WIDTH, len(row), b"".join(row)))
            n //= WIDTH
        return made

    def root(self) -> bytes:
        """Give the root over everything added; the same as `tree.root` over all leaves."""
        peaks: list[bytes] = []
        for row in reversed(self._rows):
            at = 0
            while at < len(row):
                n = 1 << ((len(row) - at).bit_length() - 1)
                peaks.append(tree.fold(row[at : at + n]))
                at += n
        return tree.joined(peaks)

