"""`Weights`: values of layers, on their way into a network and out of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

from trtx_sys._enums_gen import DataType, ScaleMode
from trtx_sys._ffi import ffi

from .._core.arrays import as_array, data_type, is_array, itemsize_bits, pack, unpack
from .._core.errors import InvalidArgumentError
from .._core.public import public
from .._core.values import ADDRESS_MAX, INT64_MAX, check_enum, check_int, reject

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Self

    from .._core.types import Array
    from .tensor import Tensor

__all__ = ["Weights"]


class _Unsaid:
    def __repr__(self) -> str:
        return "..."


#: Stands for a type that was not given.
_UNSAID: Any = _Unsaid()


@public
class Weights:
    """Values of a layer with their type (``Weights``).

    Wherever weights are asked for, an array can be given instead; this class is for what an array cannot say. To numpy,
    it is an array: ``numpy.asarray(weights)`` works. It cannot be changed.

    Parameters
    ----------
    dtype : DataType or array-like, optional
        Type of the elements, without which it is that of the values, and FLOAT where there are none; or, alone, the
        values.
    values : array-like or int, optional
        The values: anything with the buffer protocol or DLPack. Bytes are taken as they are, packed for types of four
        bits; so are elements of as many bits as a floating type has, in a type that TensorRT-RTX does not know (uint16
        or int16 for BF16, uint32 for FLOAT). They are not copied where they lie in order, and must not change before
        the engine is built. An integer is the address of such bytes on the host, which the caller keeps; then dtype and
        count are needed.
    count : int, optional
        Number of elements; it follows from the values where there are any. Without values and with a count above zero
        this is a placeholder: the engine is built without the values, to be refitted later (since 1.7).
    type, ptr, a : optional
        What NVIDIA's package calls ``dtype``, ``values``, and an array alone.

    Raises
    ------
    InvalidArgumentError
        If type, values and count contradict each other, or if the values are of a kind that cannot be read.
    UnsupportedError
        If the values need ml_dtypes to be read, and that package is not installed.
    """

    __slots__ = ("_count", "_dtype", "_shape", "_values")

    _dtype: DataType
    _count: int
    #: The values as bytes, in a view of our own: whoever has the array cannot give that another shape, type or size.
    _values: npt.NDArray[np.uint8] | None
    #: Shape of the array whose elements they all are; None if there is none.
    _shape: tuple[int, ...] | None

    # Not __init__, which could be called again, and change what the library has been pointed at.
    def __new__(
        cls,
        dtype: DataType | Array = _UNSAID,
        values: Array | int | None = None,
        count: SupportsIndex | None = None,
        *,
        type: DataType = _UNSAID,
        ptr: Array | int | None = None,
        a: Array = _UNSAID,
    ) -> Self:
        if type is not _UNSAID or ptr is not None or a is not _UNSAID:
            if dtype is not _UNSAID or (type is not _UNSAID and a is not _UNSAID):
                raise TypeError("Weights() got two of 'dtype', 'type' and 'a', which mean the same")
            dtype, values = type if a is _UNSAID else a, ptr if values is None else values
        if values is None and dtype is not _UNSAID and not isinstance(dtype, DataType):
            if not is_array(dtype):
                reject("dtype", dtype, "a member of trtx.DataType, or an array alone")
            values = dtype
            dtype = _UNSAID
        if values.__class__ is int:
            if dtype is _UNSAID or count is None:
                reject("values", values, "an array; with an address, dtype and count are needed too")
            return cls._at(check_int(values, "values", 0, ADDRESS_MAX), check_enum(DataType, dtype, "dtype"), count)
        if dtype is _UNSAID:
            dtype = DataType.FLOAT if values is None else data_type(as_array(values, "values").dtype, "values")
        kind = check_enum(DataType, dtype, "dtype")
        if values is None:
            return cls._make(kind, None, 0 if count is None else check_int(count, "count", 0, INT64_MAX), None)
        array = as_array(values, "values")
        shape: tuple[int, ...] | None = array.shape
        if array.dtype.name == "uint8" and kind is not DataType.UINT8:
            held, shape = _elements_in_bytes(array.nbytes, kind), None
        elif _are_bits(array.dtype, kind):
            held = array.size
        else:
            actual = data_type(array.dtype, "values")
            if actual is not kind:
                raise InvalidArgumentError(f"values have the type {actual.name}, but dtype is {kind.name}")
            held, array = array.size, pack(array, kind)
        number = held if count is None else check_int(count, "count", 0, INT64_MAX)
        if number > held:
            raise InvalidArgumentError(f"count is {number}, but values hold {held} elements")
        return cls._make(kind, array, number, shape if number == held else None)

    @classmethod
    def _at(cls, address: int, dtype: DataType, count: SupportsIndex) -> Self:
        """Weights in memory that nobody here knows more about."""
        import ctypes

        import numpy as np

        number = check_int(count, "count", 0, INT64_MAX)
        if not address:
            if number:
                reject("values", address, "the address of the values; without it, None makes a placeholder")
            return cls._make(dtype, None, 0, None)
        size = (number * itemsize_bits(dtype) + 7) // 8
        if address + size > ADDRESS_MAX:
            reject("count", number, f"as many elements as there is memory behind {address:#x}")
        return cls._make(dtype, np.asarray((ctypes.c_uint8 * size).from_address(address)), number, None)

    @classmethod
    def _make(cls, dtype: DataType, values: npt.NDArray[Any] | None, count: int, shape: tuple[int, ...] | None) -> Self:
        weights = object.__new__(cls)
        weights._dtype, weights._count, weights._shape = dtype, count, shape
        # Bytes, as buffers of ml_dtypes' types are unknown to the buffer protocol.
        weights._values = None if values is None else values.reshape(-1).view("uint8")
        return weights

    @property
    def dtype(self) -> DataType:
        """Type of the elements."""
        return self._dtype

    @property
    def count(self) -> int:
        """Number of elements."""
        return self._count

    @property
    def is_placeholder(self) -> bool:
        """Whether there is a count but are no values."""
        return self._values is None and self.count > 0

    #: The spelling of NVIDIA's package.
    size = count

    @property
    def nbytes(self) -> int:
        """Size of the values in bytes."""
        return (self.count * itemsize_bits(self.dtype) + 7) // 8

    def numpy(self) -> npt.NDArray[Any]:
        """The values as a flat, read-only array; of these very values, where their type has whole bytes.

        Raises
        ------
        InvalidArgumentError
            If this is a placeholder.
        """
        if self.is_placeholder:
            raise InvalidArgumentError("these weights are a placeholder: they have a count and no values")
        raw = b"" if self._values is None else self._values.data[: self.nbytes]
        array = unpack(raw, self.dtype, self.count)
        array.flags.writeable = False
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        array = self.numpy()
        fits = dtype is None or array.dtype == dtype
        if copy is False and (not fits or itemsize_bits(self.dtype) < 8):
            raise InvalidArgumentError(
                f"copy is False, but {self.dtype.name} weights cannot be shown as {dtype or array.dtype} without a copy"
            )
        if fits and not copy:
            return array
        return array.astype(array.dtype if dtype is None else dtype)

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
    kind = data_type(array.dtype, name)
    return Weights._make(kind, pack(array, kind), array.size, array.shape)


def to_native(weights: Weights) -> Any:
    """The native struct; it points into the values, which must outlive every use."""
    pointer = ffi.NULL
    if weights._values is not None and weights.count:
        pointer = ffi.from_buffer("uint8_t[]", weights._values)
    return ffi.new("trtx_weights *", {"type": int(weights.dtype), "values": pointer, "count": weights.count})


def from_native(native: Any) -> Weights:
    """Weights that the library holds, copied: its memory may go with the network."""
    kind, count, values = DataType(native.type), native.count, None
    if native.values and count:
        import numpy as np

        values = np.frombuffer(bytes(ffi.buffer(native.values, (count * itemsize_bits(kind) + 7) // 8)), np.uint8)
    return Weights._make(kind, values, count, None)


def check_type(weights: Weights, name: str, input: Tensor) -> None:
    """Weights of a layer have the type of its input, unless there are none."""
    kind = input.dtype
    if weights.count and weights.dtype is not kind:
        raise InvalidArgumentError(
            f"{name} has the type {weights.dtype.name}; allowed is {kind.name}, the type of the input {input.name!r} "
            "(networks are strongly typed: cast one of them)"
        )


def check_constant(weights: Weights, name: str) -> None:
    if weights.dtype is DataType.UINT8:
        raise InvalidArgumentError(
            f"{name} are UINT8, which TensorRT-RTX takes as the type of network inputs only; allowed are other types, "
            "and bytes of one of them as trtx.Weights(dtype, bytes)"
        )


def check_kernel(
    weights: Weights, shape: Sequence[int] | None, maps: int, window: Sequence[int], *, transposed: bool
) -> None:
    """Kernel elements must make whole filters; groups are set later, so any divisor of the channels will do."""
    if weights.count == 0:
        return
    area = math.prod(window)
    channels = shape[1] if shape is not None and len(shape) > 1 else -1
    if channels > 0:
        counts = [maps * channels // groups * area for groups in range(1, channels + 1) if channels % groups == 0]
        fits = weights.count in counts
        wanted = f"{counts[0]} ({maps} output maps, {channels} input channels, window {tuple(window)})"
    else:
        fits = weights.count % (maps * area) == 0
        wanted = f"a multiple of {maps * area} ({maps} output maps, window {tuple(window)})"
    if not fits:
        raise InvalidArgumentError(
            f"kernel has {weights.count} elements; allowed is {wanted}, or that divided by groups"
        )
    given = weights._shape
    if given is None or len(given) <= 1:
        return
    first = channels if transposed else maps
    if len(given) != len(window) + 2 or given[2:] != tuple(window) or (first > 0 and given[0] != first):
        order = "input channels, output maps / groups" if transposed else "output maps, input channels / groups"
        sizes = f"({first if first > 0 else '...'}, ..., {', '.join(map(str, window))})"
        raise InvalidArgumentError(
            f"kernel has the shape {given}; allowed is {sizes} ({order}, window), or an array of one dimension"
        )


def check_bias(weights: Weights, maps: int) -> None:
    if weights.count not in (0, maps):
        raise InvalidArgumentError(f"bias has {weights.count} elements; allowed are {maps}, one for each output map")


def check_coefficients(weights: Weights, name: str, shape: Sequence[int] | None, mode: ScaleMode, axis: int) -> None:
    """Coefficients of a scale are as many as its mode and the input's shape say, where that tells it."""
    expected = 1
    if mode is not ScaleMode.UNIFORM:
        if shape is None:
            return
        sizes = shape[axis : axis + 1] if mode is ScaleMode.CHANNEL else shape[axis:]
        if not sizes or min(sizes) < 0:
            return
        expected = math.prod(sizes)
    if weights.count not in (0, expected):
        raise InvalidArgumentError(f"{name} has {weights.count} elements; allowed are {expected} for {mode.name}")


def _are_bits(given: np.dtype[Any], kind: DataType) -> bool:
    """Whether elements can only be the bits of a floating type: as wide, and of a type that the library lacks."""
    is_raw = given.kind == "V" and given.name.startswith("void") and not given.fields
    return (
        kind in (DataType.FLOAT, DataType.HALF, DataType.BF16, DataType.FP8, DataType.E8M0)
        and given.itemsize * 8 == itemsize_bits(kind)
        and (is_raw or given.name in ("uint16", "int16", "uint32"))
    )


def _elements_in_bytes(size: int, dtype: DataType) -> int:
    bits = itemsize_bits(dtype)
    if size * 8 % bits:
        raise InvalidArgumentError(
            f"values have {size} bytes; allowed is a multiple of {bits // 8}, the size of an element of {dtype.name}"
        )
    return size * 8 // bits
