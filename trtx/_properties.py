"""Descriptors for the settings of layers: a C getter, a C setter, and what lies between them and Python.

A setter checks its value, keeps other calls away from the network, and reads back what it has set: the library ignores
some values without a word, and then the property raises.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from trtx_sys._ffi import ffi

from ._errors import InvalidArgumentError, NetworkError, text
from ._values import (
    INT32_MAX,
    INT64_MAX,
    MAX_DIMS,
    check_bool,
    check_enum,
    check_float,
    check_int,
    check_shape,
    check_text,
    from_dims,
    reject,
    to_dims,
)
from ._weights import Weights, as_weights, from_native, to_native

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._layer import Layer
    from ._tensor import Tensor

#: Ranges, ends included, of settings whose wrong values the library takes without a word, then and in the build.
_RANGES: dict[str, tuple[int, int]] = {"TopKLayer.k": (1, INT32_MAX)}
_FINITE = ("ResizeLayer.cubic_coeff",)

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

Getter = Callable[..., Any]
Setter = Callable[..., int] | None


class LayerProperty(Generic[T]):
    """A setting of a layer."""

    def __init__(self, getter: Getter, setter: Setter, doc: str) -> None:
        self.getter = getter
        self.setter = setter
        self.__doc__ = doc
        self.name = ""
        self.owner: type[object] = object

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name
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

    def __set__(self, layer: Layer, value: Any) -> None:
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
        native = self.to_native(value)
        try:
            layer._network._change(self._label(layer), self.setter, layer._ptr, native)
        except OverflowError:
            reject(self.name, value, "an integer that the library's type can hold")
        taken = self.read(layer)
        if not self.same(taken, native):
            raise InvalidArgumentError(
                f"{self._label(layer)} is {value!r}, which TensorRT-RTX does not take: it is still {taken!r}"
            )

    def _refuse_kind(self, layer: object) -> NoReturn:
        """Raise for a property that was taken from one kind of layer and called with another: its cast is unchecked."""
        raise TypeError(f"{self.owner.__name__}.{self.name} does not apply to {type(layer).__name__} objects")

    def _label(self, layer: Layer) -> str:
        return f"{type(layer).__name__}.{self.name}"

    def from_native(self, native: Any) -> T:
        return native  # type: ignore[no-any-return]

    def to_native(self, value: Any) -> Any:
        raise NotImplementedError

    def same(self, taken: Any, native: Any) -> bool:
        return bool(taken == native)


class IntProperty(LayerProperty[int]):
    def to_native(self, value: Any) -> int:
        return check_int(value, self.name, *_RANGES.get(f"{self.owner.__name__}.{self.name}", ()))


class BoolProperty(LayerProperty[bool]):
    def to_native(self, value: Any) -> bool:
        return check_bool(value, self.name)


class FloatProperty(LayerProperty[float]):
    def to_native(self, value: Any) -> float:
        number = check_float(value, self.name)
        if math.isnan(number) or (math.isinf(number) and f"{self.owner.__name__}.{self.name}" in _FINITE):
            reject(self.name, value, "a finite number")
        return number

    def same(self, taken: Any, native: Any) -> bool:
        try:
            rounded = struct.unpack("f", struct.pack("f", native))[0]
        except OverflowError:
            return False
        return taken in (native, rounded)


class TextProperty(LayerProperty[str]):
    def from_native(self, native: Any) -> str:
        return text(native)

    def to_native(self, value: Any) -> bytes:
        return check_text(value, self.name)

    def same(self, taken: Any, native: Any) -> bool:
        return bool(taken.encode() == native)


class EnumProperty(LayerProperty[E]):
    def __init__(self, getter: Getter, setter: Setter, kind: type[E], doc: str) -> None:
        super().__init__(getter, setter, doc)
        self.kind = kind

    def from_native(self, native: Any) -> E:
        return self.kind(native)

    def to_native(self, value: Any) -> E:
        return check_enum(self.kind, value, self.name)


class OutProperty(LayerProperty[T]):
    """A setting that its getter writes through a pointer."""

    c_type = ""

    def _read(self, layer: Layer) -> T:
        result = ffi.new(f"{self.c_type} *")
        status = self.getter(layer._ptr, result)
        if status:
            layer._network._check(status, self._label(layer))
        return self.from_native(result)


class DimsProperty(OutProperty["tuple[int, ...] | None"]):
    c_type = "trtx_dims"

    def from_native(self, native: Any) -> tuple[int, ...] | None:
        return from_dims(native)

    def to_native(self, value: Any) -> Any:
        return to_dims(check_shape(value, self.name, low=-INT64_MAX - 1))

    def same(self, taken: Any, native: Any) -> bool:
        return bool(taken == from_dims(native))


class PermutationProperty(OutProperty["tuple[int, ...]"]):
    """The axes in their new order; those beyond the tensor's rank are the library's filling."""

    c_type = "trtx_permutation"

    def from_native(self, native: Any) -> tuple[int, ...]:
        return tuple(ffi.unpack(native.order, MAX_DIMS))

    def to_native(self, value: Any) -> Any:
        order = check_shape(value, self.name, high=MAX_DIMS - 1)
        if sorted(order) != list(range(len(order))):
            reject(self.name, tuple(order), f"each axis from 0 to {max(len(order) - 1, 0)} once")
        native = ffi.new("trtx_permutation *")
        native.order[0:MAX_DIMS] = [*order, *range(len(order), MAX_DIMS)]
        return native

    def same(self, taken: Any, native: Any) -> bool:
        return bool(taken == self.from_native(native))


class WeightsProperty(OutProperty[Weights]):
    """Weights. What was given from Python is kept and handed back; what the ONNX parser made is copied."""

    c_type = "trtx_weights"

    def read(self, layer: Layer) -> Weights:
        kept = layer._network._keep.get((layer._ptr, self.name))
        return kept if isinstance(kept, Weights) else super().read(layer)

    def from_native(self, native: Any) -> Weights:
        return from_native(native)

    def write(self, layer: Layer, value: Any) -> None:
        weights = as_weights(value, self.name)
        layer._network._change(self._label(layer), self.setter, layer._ptr, to_native(weights))
        layer._network._keep[(layer._ptr, self.name)] = weights


class TensorProperty(LayerProperty["Tensor | None"]):
    def _read(self, layer: Layer) -> Tensor | None:
        return layer._network._tensor_of(self.getter, layer._ptr)

    def write(self, layer: Layer, value: Any) -> None:
        network = layer._network
        network._change(self._label(layer), self.setter, layer._ptr, network._own(value, self.name))
        if self.read(layer) is not value:
            raise NetworkError(f"{self._label(layer)}: TensorRT-RTX did not take the tensor")
