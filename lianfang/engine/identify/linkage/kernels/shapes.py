"""Types and small functions the kernels share.

Every kernel states its signature, so it is compiled once, when its file is first imported after
installation, and never again in front of a user. Inputs are read-only arrays: Arrow buffers and
memory-mapped files may be passed as they are.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types


def _array(dtype: types.Type, dims: int = 1, *, written: bool = False) -> types.Array:
    return types.Array(dtype, dims, "C", readonly=not written)


U8, U16 = _array(types.uint8), _array(types.uint16)
U32, U64 = _array(types.uint32), _array(types.uint64)
I32, I64, F32 = _array(types.int32), _array(types.int64), _array(types.float32)
BITS = _array(types.boolean)
U32_2D = _array(types.uint32, 2)
W_U8, W_U32, W_U64 = (
    _array(types.uint8, written=True),
    _array(types.uint32, written=True),
    _array(types.uint64, written=True),
)
W_I32, W_I64, W_F32 = (
    _array(types.int32, written=True),
    _array(types.int64, written=True),
    _array(types.float32, written=True),
)
W_U32_2D, W_U64_2D = (
    _array(types.uint32, 2, written=True),
    _array(types.uint64, 2, written=True),
)
N = types.int64
REAL = types.float64
YES = types.boolean

# Multipliers of splitmix64 and murmur3: odd, dense in bits, well tried.
MIX_A = np.uint64(0xBF58476D1CE4E5B9)
MIX_B = np.uint64(0x94D049BB133111EB)
STEP = np.uint64(0x9E3779B97F4A7C15)
S30, S27, S31, S32, S33 = (np.uint64(n) for n in (30, 27, 31, 32, 33))
S21, S42 = np.uint64(21), np.uint64(42)
LOW32 = np.uint64(0xFFFFFFFF)


@njit
def mix(value):  # type: ignore[no-untyped-def]
    """Stir 64 bits so that every input bit moves every output bit."""
    value = (value ^ (value >> S30)) * MIX_A
    value = (value ^ (value >> S27)) * MIX_B
    return value ^ (value >> S31)


@njit
def shingle_number(first, second, third):  # type: ignore[no-untyped-def]
    """Give three characters one number of 32 bits."""
    packed = (np.uint64(first) << S42) | (np.uint64(second) << S21) | np.uint64(third)
    packed = (packed + STEP) * MIX_A
    packed = (packed ^ (packed >> S32)) * MIX_B
    return np.uint32(packed >> S32)


@njit
def longer(values, used, room):  # type: ignore[no-untyped-def]
    """Give the first values in a longer array.

    A plain loop compiles in a tenth of the time of `concatenate`.
    """
    made = np.empty(room, values.dtype)
    for place in range(used):
        made[place] = values[place]
    return made
