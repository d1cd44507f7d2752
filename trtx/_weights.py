"""`Weights`: values of layers, on their way into a network and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import DataType
from trtx_sys._ffi import ffi

from ._errors import InvalidArgumentError
from ._interop import as_array, data_type, itemsize_bits, pack, unpack
from ._values import INT64_MAX, check_enum, check_int

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Weights"]


class Weights:
    """Values of a layer with their type (``Weights``).

    Wherever weights are asked for, an array can be given instead; this class is for what an array cannot say.

    Parameters
    ----------
    dtype : DataType
        Type of the elements.
    values : array-like, optional
        The values: anything with the buffer protocol or DLPack. Bytes are taken as they are, packed for types of four
        bits. They are not copied, and must not change before the engine is built.
    count : int, optional
        Number of elements; it follows from the values where there are any. Without values and with a count above zero
        this is a placeholder: the engine is built without the values, to be refitted later (since 1.7).

    Raises
    ------
    InvalidArgumentError
        If type, values and count contradict each other.
    """

    __slots__ = ("_values", "count", "dtype")

    def __init__(self, dtype: DataType = DataType.FLOAT, values: Any = None, count: int | None = None) -> None:
        self.dtype = check_enum(DataType, dtype, "dtype")
        self._values: npt.NDArray[Any] | None = None
        if values is None:
            self.count = 0 if count is None else check_int(count, "count", 0, INT64_MAX)
            return
        array = as_array(values, "values")
        bits = itemsize_bits(self.dtype)
        if array.dtype.name == "uint8" and self.dtype is not DataType.UINT8:
            held = array.nbytes * 8 // bits  # raw bytes
        else:
            actual = data_type(array.dtype, "values")
            if actual is not self.dtype:
                raise InvalidArgumentError(f"values have the type {actual.name}, but dtype is {self.dtype.name}")
            held, array = array.size, pack(array, self.dtype)
        self.count = held if count is None else check_int(count, "count", 0, INT64_MAX)
        if self.count > held:
            raise InvalidArgumentError(f"count is {self.count}, but values hold {held} elements")
        self._values = array

    @property
    def is_placeholder(self) -> bool:
        """Whether there is a count but are no values."""
        return self._values is None and self.count > 0

    @property
    def nbytes(self) -> int:
        """Size of the values in bytes."""
        return (self.count * itemsize_bits(self.dtype) + 7) // 8

    def numpy(self) -> npt.NDArray[Any]:
        """The values as a flat, read-only array that owns what it shows.

        Raises
        ------
        InvalidArgumentError
            If this is a placeholder.
        """
        if self.is_placeholder:
            raise InvalidArgumentError("these weights are a placeholder: they have a count and no values")
        raw = b"" if self._values is None else self._values.reshape(-1).view("uint8").data[: self.nbytes]
        array = unpack(raw, self.dtype, self.count)
        array.flags.writeable = False
        return array

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        kind = ", placeholder" if self.is_placeholder else ""
        return f"<trtx.Weights {self.dtype.name}, {self.count} elements{kind}>"


def as_weights(value: Any, name: str) -> Weights:
    """Weights of whatever stands for weights."""
    if isinstance(value, Weights):
        return value
    array = as_array(value, name)
    weights = Weights.__new__(Weights)
    weights.dtype = data_type(array.dtype, name)
    weights.count = array.size
    weights._values = pack(array, weights.dtype)
    return weights


def to_native(weights: Weights) -> Any:
    """The native struct; it points into the values, which must outlive every use."""
    pointer = ffi.NULL
    if weights._values is not None and weights.count:
        # A view of bytes, as buffers of ml_dtypes' types are unknown to the buffer protocol.
        pointer = ffi.from_buffer("uint8_t[]", weights._values.reshape(-1).view("uint8"))
    return ffi.new("trtx_weights *", {"type": int(weights.dtype), "values": pointer, "count": weights.count})


def from_native(native: Any) -> Weights:
    """Weights that the library holds, copied: its memory may go with the network."""
    weights = Weights(DataType(native.type), count=native.count)
    if native.values and native.count:
        import numpy as np

        weights._values = np.frombuffer(bytes(ffi.buffer(native.values, weights.nbytes)), np.uint8)
    return weights
