"""Descriptors for the settings of layers: a C getter, a C setter, and what lies between them and Python.

A setter checks its value, keeps other calls away from the network, and reads back what it has set: the library ignores
some values without a word, and then the property raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, NoReturn, SupportsIndex, TypeVar, overload

from trtx_sys._enums_gen import LayerType
from trtx_sys._ffi import ffi

from .._core.errors import InvalidArgumentError, NetworkError, text
from .._core.values import (
    INT32_MAX,
    INT64_MAX,
    MAX_DIMS,
    Shape,
    check_axes_of,
    check_bool,
    check_enum,
    check_float32,
    check_int,
    check_shape,
    check_text,
    from_dims,
    reject,
    show,
    to_dims,
    to_float32,
)
from .weights import (
    Weights,
    as_weights,
    check_bias,
    check_coefficients,
    check_kernel,
    check_type,
    from_native,
    to_native,
)

if TYPE_CHECKING:
    from typing_extensions import Self

    from .layer import Layer
    from .tensor import Tensor
    from .._core.types import Bool, Number, Values  # noqa: F401  they stand in strings below

#: Ranges, ends included, of settings whose wrong values the library takes without a word, then and in the build.
_RANGES: dict[str, tuple[int, int]] = {
    "TopKLayer.k": (1, INT32_MAX),
    "ConvolutionLayer.num_output_maps": (1, INT64_MAX),
    "DeconvolutionLayer.num_output_maps": (1, INT64_MAX),
}
#: Settings that count dimensions of the input from 0; by how many they may go beyond the last.
_DIMENSIONS = {"GatherLayer.axis": 0, "GatherLayer.num_elementwise_dims": 1}
#: Settings with a size for each dimension of the input, or for some where the layer has axes.
_WINDOWS = ("SliceLayer.start", "SliceLayer.shape", "SliceLayer.stride")
_FINITE = ("ResizeLayer.cubic_coeff",)

T = TypeVar("T")
S = TypeVar("S", contravariant=True)
E = TypeVar("E", bound=IntEnum)

Getter = Callable[..., Any]
Setter = Callable[..., int] | None


class LayerProperty(Generic[T, S]):
    """A setting of a layer, which is read as a T and set to an S."""

    def __init__(self, getter: Getter, setter: Setter, doc: str) -> None:
        self.getter = getter
        self.setter = setter
        self.__doc__ = doc
        self.name = ""
        self.key = ""
        self.owner: type[object] = object

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name
        self.key = f"{owner.__name__}.{name}"
        self.owner = owner

    @overload
    def __get__(self, layer: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, layer: Layer, owner: type[object]) -> T: ...
    def __get__(self, layer: Layer | None, owner: type[object]) -> Self | T:
        if layer is None:
            return self
        if not isinstance(layer, self.owner):
            self._refuse_kind(layer)
        return self.read(layer)

    def __set__(self, layer: Layer, value: S) -> None:
        if not isinstance(layer, self.owner):
            self._refuse_kind(layer)
        if self.setter is None:
            raise AttributeError(f"{type(layer).__name__}.{self.name} cannot be set")
        self.write(layer, value)

    def read(self, layer: Layer) -> T:
        return layer._network._read(self.name, self._read, layer)

    def _read(self, layer: Layer) -> T:
        return self.from_native(self.getter(layer._ptr))

    def write(self, layer: Layer, value: Any) -> None:
        native = self.to_native(layer, value)
        try:
            layer._network._change(self._label(layer), self.setter, layer._ptr, native)
        except OverflowError:
            reject(self.name, value, "an integer that the library's type can hold")
        taken = self.read(layer)
        if not self.same(taken, native):
            raise InvalidArgumentError(
                f"{self._label(layer)} is {show(value)}, which TensorRT-RTX does not take: it is still {taken!r}"
            )

    def _refuse_kind(self, layer: object) -> NoReturn:
        """Raise for a property that was taken from one kind of layer and called with another: its cast is unchecked."""
        raise TypeError(f"{self.owner.__name__}.{self.name} does not apply to {type(layer).__name__} objects")

    def _label(self, layer: Layer) -> str:
        return f"{type(layer).__name__}.{self.name}"

    def from_native(self, native: Any) -> T:
        return native  # type: ignore[no-any-return]

    def to_native(self, layer: Layer, value: Any) -> Any:
        raise NotImplementedError

    def same(self, taken: Any, native: Any) -> bool:
        return bool(taken == native)


#: A setting that cannot be set.
ReadOnly = LayerProperty[T, NoReturn]


class IntProperty(LayerProperty[int, SupportsIndex]):
    def to_native(self, layer: Layer, value: Any) -> int:
        beyond = _DIMENSIONS.get(self.key)
        if beyond is None:
            return check_int(value, self.name, *_RANGES.get(self.key, ()))
        shape = input_shape(layer)
        return check_int(value, self.name, 0, (MAX_DIMS if shape is None else len(shape)) - 1 + beyond)


class AxesProperty(LayerProperty[int, "SupportsIndex | Shape"]):
    """A bit mask of axes, which may be set as their numbers."""

    def to_native(self, layer: Layer, value: Any) -> int:
        return check_axes_of(value, self.name, input_shape(layer))


class BoolProperty(LayerProperty[bool, "Bool"]):
    def to_native(self, layer: Layer, value: Any) -> bool:
        return check_bool(value, self.name)


class FloatProperty(LayerProperty[float, "Number"]):
    """A number, which the library holds in 32 bits."""

    def to_native(self, layer: Layer, value: Any) -> float:
        number = check_float32(value, self.name)
        if math.isnan(number) or (math.isinf(number) and self.key in _FINITE):
            reject(self.name, value, "a finite number")
        return number

    def same(self, taken: Any, native: Any) -> bool:
        return taken in (native, to_float32(native))


class TextProperty(LayerProperty[str, str]):
    def from_native(self, native: Any) -> str:
        return text(native)

    def to_native(self, layer: Layer, value: Any) -> bytes:
        return check_text(value, self.name)

    def same(self, taken: Any, native: Any) -> bool:
        return bool(taken.encode() == native)


class EnumProperty(LayerProperty[E, E]):
    def __init__(self, getter: Getter, setter: Setter, kind: type[E], doc: str) -> None:
        super().__init__(getter, setter, doc)
        self.kind = kind

    def from_native(self, native: Any) -> E:
        return self.kind(native)

    def to_native(self, layer: Layer, value: Any) -> E:
        return check_enum(self.kind, value, self.name)


class OutProperty(LayerProperty[T, S]):
    """A setting that its getter writes through a pointer."""

    c_type = ""

    def _read(self, layer: Layer) -> T:
        result = ffi.new(f"{self.c_type} *")
        status = self.getter(layer._ptr, result)
        if status:
            layer._network._check(status, self._label(layer))
        return self.from_native(result)


class AnyDimsProperty(OutProperty[T, Shape]):
    """Dimensions, or a number for each of them."""

    c_type = "trtx_dims"

    def to_native(self, layer: Layer, value: Any) -> Any:
        sizes = check_shape(value, self.name, low=-INT64_MAX - 1)
        shape = input_shape(layer) if self.key in _WINDOWS else None
        if shape is not None and not min(len(shape), 1) <= len(sizes) <= len(shape):
            reject(
                self.name, tuple(sizes), f"{len(shape)} dimensions, the rank of the input, or as many as it has axes"
            )
        return to_dims(sizes)

    def same(self, taken: Any, native: Any) -> bool:
        return bool(taken == from_dims(native))


class DimsProperty(AnyDimsProperty["tuple[int, ...]"]):
    """Dimensions that a layer has from the start."""

    def from_native(self, native: Any) -> tuple[int, ...]:
        return tuple(ffi.unpack(native.d, native.nb_dims))


class OptionalDimsProperty(AnyDimsProperty["tuple[int, ...] | None"]):
    """Dimensions that need not be set, or that an input may give."""

    def from_native(self, native: Any) -> tuple[int, ...] | None:
        return from_dims(native)


class PermutationProperty(OutProperty["tuple[int, ...]", Shape]):
    """The axes in their new order. The library fills up to eight; those beyond the tensor's rank are left out."""

    c_type = "trtx_permutation"

    def read(self, layer: Layer) -> tuple[int, ...]:
        order = super().read(layer)
        rank = self._rank(layer)
        if rank is None:
            shape = input_shape(layer)
            rank = MAX_DIMS if shape is None else len(shape)
        while order[rank:] != tuple(range(rank, MAX_DIMS)):  # it was set for another shape
            rank += 1
        return order[:rank]

    def from_native(self, native: Any) -> tuple[int, ...]:
        return tuple(ffi.unpack(native.order, MAX_DIMS))

    def to_native(self, layer: Layer, value: Any) -> Any:
        order = check_shape(value, self.name, high=MAX_DIMS - 1)
        rank = self._rank(layer)
        if sorted(order) != list(range(len(order) if rank is None else rank)):
            count = len(order) if rank is None else rank
            reject(self.name, tuple(order), f"each axis from 0 to {count - 1} once" if count else "()")
        native = ffi.new("trtx_permutation *")
        native.order[0:MAX_DIMS] = [*order, *range(len(order), MAX_DIMS)]
        return native

    def same(self, taken: Any, native: Any) -> bool:
        return bool((*taken, *range(len(taken), MAX_DIMS)) == self.from_native(native))

    def _rank(self, layer: Any) -> int | None:
        """Number of axes; None where it is not known, or may still change."""
        if self.name == "first_transpose":
            shape = input_shape(layer)
            return None if shape is None else len(shape)
        reshaped = layer.reshape_dims
        if reshaped is not None:
            return len(reshaped)
        shape = input_shape(layer, 1) if layer.num_inputs > 1 else None  # one element for each dimension
        return shape[0] if shape and 0 <= shape[0] <= MAX_DIMS else None


class WeightsProperty(OutProperty[Weights, "Values"]):
    """Weights. What was given from Python is kept and handed back; what the ONNX parser made is copied."""

    c_type = "trtx_weights"

    def read(self, layer: Layer) -> Weights:
        kept = layer._network._keep.get((layer._ptr, self.name))
        return kept if isinstance(kept, Weights) else super().read(layer)

    def from_native(self, native: Any) -> Weights:
        return from_native(native)

    def write(self, layer: Layer, value: Any) -> None:
        weights = Weights() if value is None else as_weights(value, self.name)
        if not weights.count and self.owner.__name__ in _CHECKS:
            if self.read(layer).count:
                reject(self.name, value, "an array with elements or trtx.Weights (what is set cannot be unset)")
            return
        _CHECKS.get(self.owner.__name__, _take)(layer, self.name, weights)
        layer._network._hand_over_alone(
            self._label(layer),
            (layer._ptr, self.name),
            weights,
            self.setter,
            layer._ptr,
            to_native(weights),
        )


class TensorProperty(LayerProperty["Tensor | None", "Tensor"]):
    def _read(self, layer: Layer) -> Tensor | None:
        return layer._network._tensor_of(self.getter, layer._ptr)

    def write(self, layer: Layer, value: Any) -> None:
        network = layer._network
        network._change(self._label(layer), self.setter, layer._ptr, network._own(value, self.name))
        if self.read(layer) is not value:
            raise NetworkError(f"{self._label(layer)}: TensorRT-RTX did not take the tensor")


def input_shape(layer: Layer, index: int = 0) -> tuple[int, ...] | None:
    """Shape of an input; None where it is not known, or cannot be computed as the network is now."""
    tensor = layer.get_input(index)
    try:
        return None if tensor is None else tensor.shape
    except NetworkError:
        return None


def _check_convolution(layer: Any, name: str, weights: Weights) -> None:
    check_type(weights, name, layer.get_input(0))
    if name == "bias":
        check_bias(weights, layer.num_output_maps)
    else:
        transposed = layer.layer_type is LayerType.DECONVOLUTION
        window = layer.kernel_size_nd
        check_kernel(weights, input_shape(layer), layer.num_output_maps, window, transposed=transposed)


def _check_scale(layer: Any, name: str, weights: Weights) -> None:
    check_type(weights, name, layer.get_input(0))
    check_coefficients(weights, name, input_shape(layer), layer.mode, layer.channel_axis)


def _take(layer: Any, name: str, weights: Weights) -> None:
    """Check nothing: weights of a constant may be set before the shape that they are for."""


#: What weights of a layer must fit, as where it is added.
_CHECKS: dict[str, Callable[[Any, str, Weights], None]] = {
    "ConvolutionLayer": _check_convolution,
    "DeconvolutionLayer": _check_convolution,
    "ScaleLayer": _check_scale,
}
