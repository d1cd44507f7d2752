"""Values of initializers that the application supplies to a model."""

from __future__ import annotations

from typing import Any

from trtx_sys._ffi import ffi

from .._core.arrays import as_array, data_type, pack
from .._core.errors import InvalidArgumentError
from .._core.values import check_int
from .check import Initializer


def initializer_bytes(name: str, data: Any, known: Initializer | None, size: Any = None) -> tuple[Any, int]:
    """A native view of the values, and their number of bytes; the view keeps them, and nothing is copied.

    Parameters
    ----------
    name
        The initializer.
    data
        An array of its type, or bytes.
    known
        What the model says of it.
    size
        The number of bytes, which an address does not tell.
    """
    array = as_array(_at(data, size) if isinstance(data, int) else data, "data")
    if size is not None and check_int(size, "size", 0) != array.nbytes:
        raise InvalidArgumentError(f"size is {size}, but data has {array.nbytes} bytes")
    given = array.dtype.name
    if known is not None and given not in ("uint8", known.dtype):
        raise InvalidArgumentError(
            f"data has the type {given}; allowed are {known.dtype}, the type of initializer {name!r}, and bytes"
        )
    if given in ("int4", "float4_e2m1fn"):
        array = pack(array, data_type(array.dtype, "data"))
    raw = array.reshape(-1).view("uint8")  # types of ml_dtypes have no buffers
    return ffi.from_buffer("char[]", raw) if array.nbytes else ffi.new("char[1]"), array.nbytes


def _at(address: int, size: Any) -> Any:
    """What lies at an address."""
    if size is None:
        raise InvalidArgumentError("size is missing: an address does not tell it")
    pointer = ffi.cast("char *", check_int(address, "data", 1))
    return ffi.buffer(pointer, check_int(size, "size", 1))
