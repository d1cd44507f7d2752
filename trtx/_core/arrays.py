"""numpy and its relatives: types, arrays, packing. numpy is imported on first use, not with `trtx`."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import DataType

from . import dlpack
from .errors import InvalidArgumentError, UnsupportedError
from .values import reject

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: numpy's name of each type; those with a dot are in ml_dtypes.
_NAMES = {
    DataType.FLOAT: "float32",
    DataType.HALF: "float16",
    DataType.INT8: "int8",
    DataType.INT32: "int32",
    DataType.BOOL: "bool",
    DataType.UINT8: "uint8",
    DataType.FP8: "ml_dtypes.float8_e4m3fn",
    DataType.BF16: "ml_dtypes.bfloat16",
    DataType.INT64: "int64",
    DataType.INT4: "ml_dtypes.int4",
    DataType.FP4: "ml_dtypes.float4_e2m1fn",
    DataType.E8M0: "ml_dtypes.float8_e8m0fnu",
}
_BITS = {
    DataType.FLOAT: 32,
    DataType.HALF: 16,
    DataType.INT8: 8,
    DataType.INT32: 32,
    DataType.BOOL: 8,
    DataType.UINT8: 8,
    DataType.FP8: 8,
    DataType.BF16: 16,
    DataType.INT64: 64,
    DataType.INT4: 4,
    DataType.FP4: 4,
    DataType.E8M0: 8,
}
_TYPES = {name.rsplit(".", 1)[-1]: data_type for data_type, name in _NAMES.items()}


def itemsize_bits(data_type: DataType) -> int:
    """Bits that an element takes; types of four bits are packed, two to a byte."""
    return _BITS[data_type]


def numpy_dtype(data_type: DataType) -> np.dtype[Any]:
    """The numpy dtype of a TensorRT-RTX type.

    Raises
    ------
    UnsupportedError
        If the type is one of ml_dtypes, and that package is not installed.
    """
    import numpy as np

    name = _NAMES[data_type]
    if not name.startswith("ml_dtypes."):
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        raise UnsupportedError(
            f"numpy has no {data_type.name} of its own; install ml_dtypes (pip install ml_dtypes)"
        ) from None
    dtype: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name.split(".")[1]))
    return dtype


def as_dtype(value: Any, name: str) -> np.dtype[Any]:
    """The numpy dtype of a `DataType`, or of what numpy takes for a dtype."""
    import numpy as np

    if isinstance(value, DataType):
        return numpy_dtype(value)
    try:
        found: np.dtype[Any] | None = None if value is None else np.dtype(value)  # numpy takes None for float64
    except (TypeError, ValueError):
        found = None
    if found is None:
        reject(name, value, "a trtx.DataType or a numpy dtype")
    return found


def as_data_type(value: Any, name: str) -> DataType:
    """The TensorRT-RTX type that a `DataType` is, or a dtype of numpy, ml_dtypes or torch."""
    if isinstance(value, DataType):
        return value
    found: DataType | None
    if type(value).__name__ == "dtype" and type(value).__module__ == "torch":
        found = _TYPES.get(str(value).rpartition(".")[2])
    else:
        found = None if isinstance(value, Enum) else _TYPES.get(as_dtype(value, name).name)
    if found is None:
        reject(name, value, f"a trtx.DataType, or a dtype of numpy, ml_dtypes or torch: {', '.join(sorted(_TYPES))}")
    return found


def data_type(dtype: np.dtype[Any], name: str = "dtype") -> DataType:
    """The TensorRT-RTX type of a numpy dtype, or `InvalidArgumentError`."""
    found = _TYPES.get(dtype.name)
    if found is None:
        known = ", ".join(sorted(_TYPES))
        raise InvalidArgumentError._of_type(
            f"{name} has the type {dtype.name}, which TensorRT-RTX does not know; allowed are {known} "
            "(convert with .astype())"
        )
    return found


def as_array(value: Any, name: str) -> npt.NDArray[Any]:
    """A contiguous array of what numpy reads without guessing a type: arrays, buffers, DLPack tensors on the host."""
    import numpy as np

    if type(value) is not np.ndarray:
        if isinstance(value, np.ma.MaskedArray):
            raise InvalidArgumentError(
                f"{name} is a masked array; allowed is an array without a mask, such as .filled(value) makes"
            )
        value = np.asarray(value) if isinstance(value, np.ndarray | np.generic) else _foreign_array(value, name)
    if not value.dtype.isnative:
        value = value.astype(value.dtype.newbyteorder("="))
    # ascontiguousarray makes one dimension of none.
    return value if value.flags.c_contiguous else np.ascontiguousarray(value)


def is_array(value: Any) -> bool:
    """Whether `as_array` would try to read it."""
    import numpy as np

    return isinstance(value, np.ndarray | np.generic) or _reader(value) is not None


def _foreign_array(value: Any, name: str) -> npt.NDArray[Any]:
    reader = _reader(value)
    if reader is None:
        raise InvalidArgumentError(
            f"{name} is {type(value).__name__}; allowed is a numpy array, or anything with the buffer protocol or "
            "DLPack (a list has no element type: use numpy.array(values, dtype=...))"
        )
    way, read = reader
    try:
        return read(value)
    except UnsupportedError:
        raise
    except Exception as error:  # whatever the object's own code raises
        raise InvalidArgumentError(f"{name} cannot be read through {way}: {error}") from None


def _reader(value: Any) -> tuple[str, Callable[[Any], npt.NDArray[Any]]] | None:
    """How an object that is no array shows its memory, and what reads that."""
    import numpy as np

    if isinstance(value, type):
        return None  # its objects may show memory, it has none
    if hasattr(value, "__dlpack__"):
        return "DLPack", dlpack.read
    if hasattr(value, "__array_interface__"):
        return "__array_interface__", np.asarray
    try:
        memoryview(value)
    except TypeError:
        return None
    except Exception:  # there is a buffer, but a released one
        pass
    return "the buffer protocol", lambda buffer: np.asarray(memoryview(buffer))


def pack(array: npt.NDArray[Any], data_type: DataType) -> npt.NDArray[Any]:
    """Values as the library reads them: two to a byte, the first in the low half, where a value has four bits."""
    import numpy as np

    if _BITS[data_type] != 4:
        return array
    nibbles = array.reshape(-1).view(np.uint8) & 0x0F
    if nibbles.size % 2:
        nibbles = np.append(nibbles, np.uint8(0))
    return nibbles[0::2] | (nibbles[1::2] << 4)


def unpack(raw: bytes | memoryview, data_type: DataType, count: int) -> npt.NDArray[Any]:
    """Values from the library's memory; the inverse of `pack`."""
    import numpy as np

    dtype = numpy_dtype(data_type)
    if _BITS[data_type] != 4:
        return np.frombuffer(raw, dtype, count)
    nibbles = dlpack.unpacked(np.frombuffer(raw, np.uint8), count, signed=data_type is DataType.INT4)
    return nibbles.view(dtype)
