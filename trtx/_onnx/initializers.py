"""Values of initializers that the application supplies to a model."""

from __future__ import annotations

from typing import Any

from trtx_sys._ffi import ffi

from .._core.arrays import as_array, data_type, pack
from .._core.errors import InvalidArgumentError
from .check import Initializer


def initializer_bytes(name: str, data: Any, known: Initializer | None) -> tuple[Any, int]:
    """A native view of the values, and their number of bytes; the view keeps them, and nothing is copied.

    Parameters
    ----------
    name
        The initializer.
    data
        An array of its type, or bytes.
    known
        What the model says of it.
    """
    array = as_array(data, "data")
    given = array.dtype.name
    if known is not None and given not in ("uint8", known.dtype):
        raise InvalidArgumentError(
            f"data has the type {given}; allowed are {known.dtype}, the type of initializer {name!r}, and bytes"
        )
    if given in ("int4", "float4_e2m1fn"):
        array = pack(array, data_type(array.dtype, "data"))
    raw = array.reshape(-1).view("uint8")  # types of ml_dtypes have no buffers
    return ffi.from_buffer("char[]", raw) if array.nbytes else ffi.new("char[1]"), array.nbytes
