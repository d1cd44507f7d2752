"""A library of arrays that knows DLPack: what others export, made by hand."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from trtx._core.dlpack import _Tensor, _Versioned


class _Old(ctypes.Structure):
    _fields_ = (("tensor", _Tensor), ("manager", ctypes.c_void_p), ("deleter", ctypes.c_void_p))


_DESTRUCTOR = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_new = ctypes.pythonapi.PyCapsule_New
_new.argtypes, _new.restype = [ctypes.c_void_p, ctypes.c_char_p, _DESTRUCTOR], ctypes.py_object
_name = ctypes.pythonapi.PyCapsule_GetName
_NAMES = (b"dltensor", b"dltensor_versioned")


class Producer:
    """An array with ``__dlpack__`` alone.

    Parameters
    ----------
    raw
        The memory: an array of any type, of which the bytes count.
    kind
        DLPack's number of the type, its bits and its lanes.
    shape, strides, offset
        As DLPack says them: strides in elements, None for the usual ones; offset in bytes.
    """

    def __init__(
        self,
        raw: np.ndarray,
        kind: tuple[int, int, int],
        shape: tuple[int, ...],
        strides: tuple[int, ...] | None = None,
        *,
        offset: int = 0,
        version: int | None = 1,
        flags: int = 0,
        device: tuple[int, int] = (1, 0),
    ) -> None:
        self.raw = raw
        self.device = device
        self.version = version
        #: How many capsules are out.
        self.out = 0
        self._sizes = (ctypes.c_int64 * max(1, len(shape)))(*shape)
        steps = None if strides is None else (ctypes.c_int64 * max(1, len(strides)))(*strides)
        self._steps = steps
        tensor = _Tensor(raw.ctypes.data, *device, len(shape), *kind, self._sizes, steps or None, offset)
        self._struct: Any = _Old(tensor) if version is None else _Versioned(version, 0, None, None, flags, tensor)
        self._end = _DESTRUCTOR(self._ended)

    def _ended(self, _: int) -> None:
        self.out -= 1

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(self, **options: Any) -> Any:
        if options and self.version is None:
            raise TypeError("unexpected keyword argument")
        self.out += 1
        return _new(ctypes.addressof(self._struct), _NAMES[self.version is not None], self._end)
