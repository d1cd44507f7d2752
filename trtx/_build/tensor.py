"""`Tensor`: a value of the network under construction."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import SupportsIndex

from trtx_sys._enums_gen import DataType, TensorFormat
from trtx_sys._ffi import ffi, lib

from .._core.accessors import changed
from .._core.errors import BusyError, NetworkError, UnsupportedError, text
from .._core.pending import pending
from .._core.public import public
from .._core.shut import only_refuses
from .._core.values import (
    MAX_DIMS,
    MAX_TEXT,
    Shape,
    check_enum,
    check_index,
    check_int,
    check_sequence,
    check_shape,
    check_text,
    from_dims,
    to_dims,
)
from .accessors_gen import TensorAccessors

__all__ = ["Tensor"]

_DATA_TYPES = {int(kind): kind for kind in DataType}
# Looked up once: these are called in loops.
_get_name = lib.trtx_tensor_get_name
_get_type = lib.trtx_tensor_get_type
_get_dimensions = lib.trtx_tensor_get_dimensions


@public
class Tensor(TensorAccessors):
    """A value of a network (``ITensor``): an input, or what a layer computes.

    Tensors come from `NetworkDefinition.add_input` and `Layer.get_output`. The network owns them: a tensor keeps its
    network alive, and raises `ClosedError` once the network is closed. The same value is always the same object.
    """

    __slots__ = ()

    @only_refuses
    def __init__(self) -> None:
        raise TypeError("Tensor objects cannot be made directly. Use NetworkDefinition.add_input or Layer.get_output.")

    def _closed_text(self) -> str:
        return "this Tensor is not part of a network: its network was closed, or it was removed, or was never made"

    @property
    def name(self) -> str:
        """Name; that of an input or output is its name in the engine (``ITensor::getName``)."""
        _ = self._network._ptr
        return _get_name(self._ptr) or ""

    @name.setter
    def name(self, value: str) -> None:
        encoded = check_text(value, "name", empty=False, limit=MAX_TEXT)
        self._network._change("Tensor.name", lib.trtx_tensor_set_name, self, encoded)
        if self.name != value:
            raise NetworkError(
                f"TensorRT-RTX did not take the name {value!r}: the tensor is still called {self.name!r}"
            )

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Sizes of the dimensions: -1 where one is known at run time only, None where not even their number is known.

        May be set on inputs of the network (``ITensor::getDimensions``).

        Raises
        ------
        NetworkError
            If the shape cannot be computed, say because the inputs of its layer do not fit each other.
        """
        dims = ffi.new("trtx_dims *")
        network = self._network
        _ = network._ptr
        if not network._notes:
            status = _get_dimensions(self._ptr, dims)
        else:
            status = changed(network, "Tensor.shape", self, _get_dimensions, dims)
        if status or pending:
            network._check(status, "Tensor.shape")
        return from_dims(dims)

    @shape.setter
    def shape(self, value: Shape) -> None:
        sizes = check_shape(value, "shape", low=-1)
        if not self.is_network_input:
            raise NetworkError(f"tensor {self.name!r} is not an input of the network: its layer determines its shape")
        self._network._change("Tensor.shape", lib.trtx_tensor_set_dimensions, self, to_dims(sizes))

    @property
    def dtype(self) -> DataType:
        """Type of the elements (``ITensor::getType``).

        Raises
        ------
        NetworkError
            If TensorRT-RTX cannot tell, as in a network whose layers form a circle.
        """
        network = self._network
        _ = network._ptr
        number = _get_type(self._ptr) if not network._notes else changed(network, "Tensor.dtype", self, _get_type)
        try:
            return _DATA_TYPES[number]
        except KeyError:
            raise NetworkError(f"Tensor.dtype: TensorRT-RTX cannot tell the type of tensor {self.name!r}") from None

    @property
    def allowed_formats(self) -> int:
        """Bit mask of memory layouts, ``1 << TensorFormat.LINEAR`` and so on; set as a mask or as `TensorFormat` items.

        Only inputs and outputs have a choice (``ITensor::getAllowedFormats``).
        """
        _ = self._network._ptr
        return lib.trtx_tensor_get_allowed_formats(self._ptr)

    @allowed_formats.setter
    def allowed_formats(self, value: SupportsIndex | TensorFormat | Iterable[TensorFormat]) -> None:
        mask = _format_mask(value)
        self._network._change("Tensor.allowed_formats", lib.trtx_tensor_set_allowed_formats, self, mask)
        taken = self.allowed_formats
        if taken != mask:
            raise UnsupportedError(
                f"Tensor.allowed_formats = {mask:#x} had no effect: tensor {self.name!r} has {taken:#x} in TensorRT-RTX"
            )

    def set_dimension_name(self, index: SupportsIndex, name: str) -> None:
        """Name a dimension of an input (``ITensor::setDimensionName``): those of one name must be equal at run time.

        Parameters
        ----------
        index : int
            Dimension, counted from 0.
        name : str
            Without NUL; empty for no name.

        Raises
        ------
        InvalidArgumentError
            If there is no such dimension, or the name cannot be one.
        """
        number = self._dimension(index)
        encoded = check_text(name, "name", limit=MAX_TEXT)
        self._network._change("Tensor.set_dimension_name", lib.trtx_tensor_set_dimension_name, self, number, encoded)

    def get_dimension_name(self, index: SupportsIndex) -> str:
        """Name of a dimension; empty where it has none (``ITensor::getDimensionName``).

        Parameters
        ----------
        index : int
            Dimension, counted from 0.
        """
        result = ffi.new("const char **")
        number, network = self._dimension(index), self._network
        _ = network._ptr
        network._check(lib.trtx_tensor_get_dimension_name(self._ptr, number, result), "Tensor.get_dimension_name")
        return text(result[0])

    def _dimension(self, index: SupportsIndex) -> int:
        shape = self.shape
        if shape is None:
            return check_int(index, "index", 0, MAX_DIMS - 1)
        return check_index(index, "index", len(shape), f"dimensions of {self.name!r}")

    def _shown(self) -> str:
        """Type and shape, as far as they can be told now."""
        try:
            return f"{self.dtype.name} {self.shape}"
        except (BusyError, NetworkError):  # a build has the network, or there is a mistake in it
            return "of a type and shape that cannot be told now"

    def _details(self) -> str:
        return f"{self.name!r} {self._shown()}"


def _format_mask(value: object) -> int:
    if isinstance(value, TensorFormat):
        return 1 << value
    if not isinstance(value, SupportsIndex):
        allowed = "a bit mask, a trtx.TensorFormat or some of these"
        items = (
            value if isinstance(value, Set) else check_sequence(value, "allowed_formats", allowed, len(TensorFormat))
        )
        mask = 0
        for item in items:
            mask |= 1 << check_enum(TensorFormat, item, "allowed_formats")
        return mask
    return check_int(value, "allowed_formats", 0, (1 << len(TensorFormat)) - 1)
