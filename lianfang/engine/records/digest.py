"""Compiled SHA-256 of many short rows at once; the library's own costs more in calls than in work."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit

from lianfang.engine.terms import compiled

_K = np.array([
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
], np.uint32)  # fmt: skip
_H = np.array([
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
], np.uint32)  # fmt: skip
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@njit(cache=True, nogil=True)
def _right(x, n):  # type: ignore[no-untyped-def]
    return np.uint32((x >> np.uint32(n)) | (x << np.uint32(32 - n)))


@njit(cache=True, nogil=True)
def _fill(b, start, n, at, w):  # type: ignore[no-untyped-def]
    # the block of a message that starts at `at`, padded as FIPS 180-4 says
    if at + 64 <= n:
        k = start + at
        for t in range(16):
            w[t] = (
                (np.uint32(b[k]) << np.uint32(24)) | (np.uint32(b[k + 1]) << np.uint32(16))
                | (np.uint32(b[k + 2]) << np.uint32(8)) | np.uint32(b[k + 3])
            )  # fmt: skip
            k += 4
        return
    for t in range(16):
        word = np.uint32(0)
        for place in range(at + 4 * t, at + 4 * t + 4):
            byte = np.uint32(0)
            if place < n:
                byte = np.uint32(b[start + place])
            elif place == n:
                byte = np.uint32(0x80)
            word = (word << np.uint32(8)) | byte
        w[t] = word
    if at + 64 >= n + 9:
        w[14] = np.uint32((n * 8) >> 32)
        w[15] = np.uint32((n * 8) & 0xFFFFFFFF)


@njit(cache=True, nogil=True)
def _block(w, state, K):  # type: ignore[no-untyped-def]
    for t in range(16, 64):
        x, y = w[t - 15], w[t - 2]
        low = _right(x, 7) ^ _right(x, 18) ^ (x >> np.uint32(3))
        high = _right(y, 17) ^ _right(y, 19) ^ (y >> np.uint32(10))
        w[t] = w[t - 16] + low + w[t - 7] + high
    a, b, c, d = state[0], state[1], state[2], state[3]
    e, f, g, h = state[4], state[5], state[6], state[7]
    for t in range(0, 64, 8):  # eight rounds a turn: the words change names, not places
        h = np.uint32(
            h + (_right(e, 6) ^ _right(e, 11) ^ _right(e, 25)) + (g ^ (e & (f ^ g))) + K[t + 0] + w[t + 0]
        )
        d = np.uint32(d + h)
        h = np.uint32(h + (_right(a, 2) ^ _right(a, 13) ^ _right(a, 22)) + ((a & b) | (c & (a | b))))
        g = np.uint32(
            g + (_right(d, 6) ^ _right(d, 11) ^ _right(d, 25)) + (f ^ (d & (e ^ f))) + K[t + 1] + w[t + 1]
        )
        c = np.uint32(c + g)
        g = np.uint32(g + (_right(h, 2) ^ _right(h, 13) ^ _right(h, 22)) + ((h & a) | (b & (h | a))))
        f = np.uint32(
            f + (_right(c, 6) ^ _right(c, 11) ^ _right(c, 25)) + (e ^ (c & (d ^ e))) + K[t + 2] + w[t + 2]
        )
        b = np.uint32(b + f)
        f = np.uint32(f + (_right(g, 2) ^ _right(g, 13) ^ _right(g, 22)) + ((g & h) | (a & (g | h))))
        e = np.uint32(
            e + (_right(b, 6) ^ _right(b, 11) ^ _right(b, 25)) + (d ^ (b & (c ^ d))) + K[t + 3] + w[t + 3]
        )
        a = np.uint32(a + e)
        e = np.uint32(e + (_right(f, 2) ^ _right(f, 13) ^ _right(f, 22)) + ((f & g) | (h & (f | g))))
        d = np.uint32(
            d + (_right(a, 6) ^ _right(a, 11) ^ _right(a, 25)) + (c ^ (a & (b ^ c))) + K[t + 4] + w[t + 4]
        )
        h = np.uint32(h + d)
        d = np.uint32(d + (_right(e, 2) ^ _right(e, 13) ^ _right(e, 22)) + ((e & f) | (g & (e | f))))
        c = np.uint32(
            c + (_right(h, 6) ^ _right(h, 11) ^ _right(h, 25)) + (b ^ (h & (a ^ b))) + K[t + 5] + w[t + 5]
        )
        g = np.uint32(g + c)
        c = np.uint32(c + (_right(d, 2) ^ _right(d, 13) ^ _right(d, 22)) + ((d & e) | (f & (d | e))))
        b = np.uint32(
            b + (_right(g, 6) ^ _right(g, 11) ^ _right(g, 25)) + (a ^ (g & (h ^ a))) + K[t + 6] + w[t + 6]
        )
        f = np.uint32(f + b)
        b = np.uint32(b + (_right(c, 2) ^ _right(c, 13) ^ _right(c, 22)) + ((c & d) | (e & (c | d))))
        a = np.uint32(
            a + (_right(f, 6) ^ _right(f, 11) ^ _right(f, 25)) + (h ^ (f & (g ^ h))) + K[t + 7] + w[t + 7]
        )
        e = np.uint32(e + a)
        a = np.uint32(a + (_right(b, 2) ^ _right(b, 13) ^ _right(b, 22)) + ((b & c) | (d & (b | c))))
    state[0] += a
    state[1] += b
    state[2] += c
    state[3] += d
    state[4] += e
    state[5] += f
    state[6] += g
    state[7] += h


@njit(cache=True, nogil=True)
def _many(b, ends, K, H, HEX, out):  # type: ignore[no-untyped-def]
    w, state = np.zeros(64, np.uint32), np.zeros(8, np.uint32)
    for row in range(len(ends) - 1):
        start, n = ends[row], ends[row + 1] - ends[row]
        for r in range(8):
            state[r] = H[r]
        for at in range(0, n + 9, 64):
            _fill(b, start, n, at, w)
            _block(w, state, K)
        place = row * 64
        for r in range(8):
            for k in range(8):
                out[place] = HEX[(state[r] >> np.uint32(28 - 4 * k)) & np.uint32(15)]
                place += 1


def sha256_hex(joined: Any, ends: Any) -> Any:
    """Give the SHA-256 of every row in hexadecimal, side by side.

    Args:
        joined: uint8, the rows one after another.
        ends: int64 [n + 1], where each row starts, and the end of the last.

    Returns:
        uint8 [64 n].

    Source:
        FIPS 180-4.
    """
    if not compiled.used():
        whole = memoryview(joined)
        digests = (hashlib.sha256(whole[start:end]).hexdigest() for start, end in pairwise(ends.tolist()))
        return np.frombuffer("".join(digests).encode(), np.uint8)
    out = np.empty(64 * (len(ends) - 1), np.uint8)
    _many(joined, ends, _K, _H, _HEX, out)
    return out


def warm() -> None:
    """Compile every kernel of this file now, so that no user waits for it."""
    sha256_hex(np.zeros(3, np.uint8), np.array([0, 3], np.int64))
