"""Arrays of other libraries through DLPack, also of the types that numpy's own reader does not know.

The capsule that a library hands out frees its memory when it goes, unless its reader takes that over. This one does
not: it keeps the capsule as long as the array, and changes nothing in it.
"""

from __future__ import annotations

import ctypes
import math
import re
import sys
from typing import TYPE_CHECKING, Any

from .errors import InvalidArgumentError, UnsupportedError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Devices whose memory the processor reads: the host, pinned for CUDA or ROCm, and managed by CUDA.
_READABLE = (1, 3, 11, 13)
_ELSEWHERE = "it does not lie on the host; copy it there first (.cpu() of torch, .get() of CuPy)"

#: DLPack's numbers of types: kinds whose name gets the width behind it, and all others.
_WITH_WIDTH = {0: "int", 1: "uint", 2: "float", 5: "complex"}
_OTHERS = {
    (4, 16): "bfloat16",
    (6, 8): "bool",
    (7, 8): "float8_e3m4",
    (8, 8): "float8_e4m3",
    (9, 8): "float8_e4m3b11fnuz",
    (10, 8): "float8_e4m3fn",
    (11, 8): "float8_e4m3fnuz",
    (12, 8): "float8_e5m2",
    (13, 8): "float8_e5m2fnuz",
    (14, 8): "float8_e8m0fnu",
    (17, 4): "float4_e2m1fn",
}
#: numpy's own types; those of ml_dtypes are all the others.
_NUMPY = {
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"),
    *("float16", "float32", "float64", "complex64", "complex128"),
}

#: Values of four bits have a byte each.
_PADDED = 4


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Versioned(ctypes.Structure):
    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _Tensor),
    )


def read(value: Any) -> npt.NDArray[Any]:
    """A read-only array in the memory of an object with ``__dlpack__``; raises whatever the object raises."""
    if hasattr(value, "__dlpack_device__") and int(value.__dlpack_device__()[0]) not in _READABLE:
        raise InvalidArgumentError(_ELSEWHERE)
    if getattr(value, "requires_grad", False) is True and hasattr(value, "detach"):
        value = value.detach()  # torch's: whoever reads has nothing to do with gradients
    name = str(getattr(value, "dtype", "")).rpartition(".")[2]
    if re.fullmatch(r"u?int[1-7]", name):  # torch has these, exports their bytes as int8, and has no values for them
        raise BufferError(f"its type {name} has no values in torch; give their bits as bytes, with a dtype")
    try:
        return _view(_capsule(value))
    except BufferError:
        # torch before 2.10 does not export its types of eight bits, but shows their bits as those of another type.
        if not name.startswith("float8_") or "torch" not in sys.modules:
            raise
    return _view(_capsule(value.view(sys.modules["torch"].uint8))).view(_dtype(name))


def _capsule(value: Any) -> Any:
    try:
        return value.__dlpack__(max_version=(1, 1))
    except TypeError:  # from before there were versions
        return value.__dlpack__()


def _view(capsule: Any) -> npt.NDArray[Any]:
    import numpy as np

    tensor, flags = _open(capsule)
    if tensor.device_type not in _READABLE:
        raise InvalidArgumentError(_ELSEWHERE)
    shape = [tensor.shape[i] for i in range(tensor.ndim)]
    strides = [tensor.strides[i] for i in range(tensor.ndim)] if tensor.strides else None
    code, bits, lanes = tensor.code, tensor.bits, tensor.lanes
    name = f"{_WITH_WIDTH[code]}{bits}" if code in _WITH_WIDTH else _OTHERS.get((code, bits))
    if name is None:
        raise BufferError(f"its type has the number {code} and {bits} bits, which nobody knows here")
    dtype = _dtype(name)
    is_packed = bits == 4 and not flags & _PADDED
    if lanes != 1 and not (is_packed and lanes == 2 and shape):
        raise BufferError(f"its elements are vectors of {lanes} values")
    count = math.prod(shape) * lanes
    if is_packed and strides is not None and not _is_dense(shape, strides):
        raise BufferError("its values have four bits each and do not lie one after the other; make it contiguous first")
    if lanes == 2:  # torch's pairs
        shape[-1] *= 2
    if not count:
        return np.empty(shape, dtype)
    address = tensor.data + tensor.byte_offset
    if is_packed:
        packed = np.frombuffer(_memory(capsule, address, (count + 1) // 2), np.uint8)
        return unpacked(packed, count, signed=name == "int4").view(dtype).reshape(shape)
    if strides is None:
        memory, below, steps = _memory(capsule, address, count * dtype.itemsize), 0, None
    else:
        steps = [stride * dtype.itemsize for stride in strides]
        reach = [(size - 1) * step for size, step in zip(shape, steps, strict=True)]
        below = -sum(min(way, 0) for way in reach)  # strides may be negative
        above = sum(max(way, 0) for way in reach) + dtype.itemsize
        memory = _memory(capsule, address - below, below + above)
    array: npt.NDArray[Any] = np.ndarray(shape, dtype, memory, below, steps)
    array.flags.writeable = False
    return array


def unpacked(packed: npt.NDArray[np.uint8], count: int, *, signed: bool) -> npt.NDArray[np.uint8]:
    """Values of four bits, two to a byte and the first in the low half, in bytes of their own."""
    import numpy as np

    nibbles = np.empty(packed.size * 2, np.uint8)
    nibbles[0::2], nibbles[1::2] = packed & 0x0F, packed >> 4
    if signed:  # ml_dtypes keeps the sign in all eight bits
        nibbles = np.where(nibbles & 0x08, nibbles | 0xF0, nibbles).astype(np.uint8)
    return nibbles[:count]


def _is_dense(shape: list[int], strides: list[int]) -> bool:
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True


def _open(capsule: Any) -> tuple[_Tensor, int]:
    """The description inside a capsule, and its flags."""
    name = _name_of(capsule)
    if name == b"dltensor":
        return _Tensor.from_address(_pointer_of(capsule, name)), 0
    if name != b"dltensor_versioned":
        raise BufferError(f"its __dlpack__() gave {name!r}, which is no tensor")
    versioned = _Versioned.from_address(_pointer_of(capsule, name))
    if versioned.major != 1:
        raise BufferError(f"it speaks version {versioned.major} of DLPack; known are 0 and 1")
    return versioned.tensor, versioned.flags


def _name_of(capsule: Any) -> bytes | None:
    function = ctypes.pythonapi.PyCapsule_GetName
    function.argtypes, function.restype = [ctypes.py_object], ctypes.c_char_p
    name: bytes | None = function(capsule)
    return name


def _pointer_of(capsule: Any, name: bytes) -> int:
    function = ctypes.pythonapi.PyCapsule_GetPointer
    function.argtypes, function.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_void_p
    pointer: int = function(capsule, name)
    return pointer


def _dtype(name: str) -> np.dtype[Any]:
    """numpy's dtype, or that of ml_dtypes."""
    import numpy as np

    if name in _NUMPY:
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        raise UnsupportedError(f"numpy has no {name} of its own; install ml_dtypes (pip install ml_dtypes)") from None
    found = getattr(ml_dtypes, name, None)
    if found is None:
        raise BufferError(f"its type is {name}, which neither numpy nor ml_dtypes has")
    dtype: np.dtype[Any] = np.dtype(found)
    return dtype


def _memory(capsule: Any, address: int, nbytes: int) -> Any:
    """Bytes at an address, which keep the capsule alive."""
    memory = (ctypes.c_uint8 * nbytes).from_address(address)
    memory.capsule = capsule  # type: ignore[attr-defined]
    return memory
