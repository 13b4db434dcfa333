"""The Merkle tree of RFC 6962: roots, inclusion and consistency proofs, and the two checks of them.

Hashes are raw bytes of 32. A tree is asked through `Node`, a function from (level, place) to the hash of a
complete subtree of 2**level leaves, so the same proofs come from memory and from tiles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from lianfang.engine.terms.errors import ProofError, Say

Node = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()
LARGEST_SIZE = 2**63 - 1


def hash_leaf(entry: bytes) -> bytes:
    """Hash an entry: SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Give the root over hashes of equal height, any number of them; none gives the empty root."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        # An odd one at the end is carried up as it is: that is the same tree as the standard's split.
        rest = row[-1:] if len(row) & 1 else []
        row = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)] + rest
    return row[0]


def subtrees(start: int, stop: int) -> list[tuple[int, int]]:
    """Cut leaves start..stop into the fewest complete subtrees, from left to right, as (level, place).

    Only for ranges that begin at a multiple of the largest power of two they need, as proofs do.
    """
    pieces = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        pieces.append((level, start >> level))
        start += 1 << level
    return pieces


def root(node: Node, n_leaves: int) -> bytes:
    """Give the root of the first `n_leaves` entries."""
    return joined([node(level, place) for level, place in subtrees(0, n_leaves)])


def joined(peaks: Sequence[bytes]) -> bytes:
    """Give the root over complete subtrees that stand side by side, the largest first."""
    if not peaks:
        return EMPTY_ROOT
    made = peaks[-1]
    for peak in reversed(peaks[:-1]):
        made = hash_node(peak, made)
    return made


def _split(n: int) -> int:
    return 1 << ((n - 1).bit_length() - 1)


def inclusion_proof(node: Node, index: int, n_leaves: int) -> list[bytes]:
    """Give the hashes that lead from entry `index` to the root of `n_leaves` entries, the lowest first.

    Raises:
        ProofError: E-PROOF-02, there is no such entry in a tree of that size.

    Source:
        RFC 6962, 2.1.1.
    """
    if not 0 <= index < n_leaves:
        raise ProofError(Say(f"大小为 {n_leaves} 的日志没有第 {index} 条", f"a log of {n_leaves} has no entry {index}"),
                         code="E-PROOF-02")
    start, stop, path = 0, n_leaves, []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start = middle
    return [_range(node, *piece) for piece in reversed(path)]


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """Give the hashes that show the first `old` entries are the same in a tree of `new`.

    Returns:
        Nothing when both are equal or `old` is 0: there is nothing to prove then.

    Raises:
        ProofError: E-PROOF-02, the old size is above the new.

    Source:
        RFC 6962, 2.1.2.
    """
    if not 0 <= old <= new:
        raise ProofError(Say(f"日志不会从 {old} 条变成 {new} 条", f"a log does not go from {old} entries to {new}"),
                         code="E-PROOF-02")
    if old in (0, new):
        return []
    start, stop, path, whole = 0, new, [], True
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, stop))
    return [_range(node, *piece) for piece in reversed(path)]


def _range(node: Node, start: int, stop: int) -> bytes:
    return joined([node(level, place) for level, place in subtrees(start, stop)])


def is_included(entry_hash: bytes, index: int, n_leaves: int, proof: Sequence[bytes], wanted: bytes) -> bool:
    """Say whether a proof shows the entry at that place under that root.

    Source:
        RFC 9162, 2.1.3.2 (the same tree as RFC 6962).
    """
    if not 0 <= index < n_leaves <= LARGEST_SIZE or any(len(one) != 32 for one in (entry_hash, *proof)):
        return False
    place, last, made = index, n_leaves - 1, entry_hash
    for one in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            made = hash_node(one, made)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            made = hash_node(made, one)
        place, last = place >> 1, last >> 1
    return last == 0 and made == wanted


def is_consistent(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Say whether a proof shows that the larger tree only added entries to the smaller.

    A proof from size 0 shows nothing, so it must be empty and the old root the empty one.

    Source:
        RFC 9162, 2.1.4.2.
    """
    if not 0 <= old <= new <= LARGEST_SIZE or any(len(one) != 32 for one in proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    from_old = from_new = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            from_old, from_new = hash_node(one, from_old), hash_node(one, from_new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            from_new = hash_node(from_new, one)
        place, last = place >> 1, last >> 1
    return last == 0 and from_old == old_root and from_new == new_root
