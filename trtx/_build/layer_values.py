"""What generated properties of layers share: checks, and settings that are more than a number.

A setter checks its value, keeps off long calls that use the network, and reads back what it has set: the library
ignores some values without a word, and then the property raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from trtx_sys._enums_gen import LayerType
from trtx_sys._ffi import ffi, lib

from .._core.accessors import changed
from .._core.calls import new_place
from .._core.errors import InvalidArgumentError, NetworkError
from .._core.pending import pending
from .._core.values import INT64_MAX, MAX_DIMS, check_float32, check_int, check_shape, from_dims, reject, show, to_dims
from .tensor_checks import shape_of
from .weights import (
    Weights,
    as_weights,
    check_bias,
    check_coefficients,
    check_constant,
    check_kernel,
    check_type,
    from_native,
    to_native,
)

if TYPE_CHECKING:
    from .layer import Layer
    from .part import Part
    from .tensor import Tensor

_DIMS = ffi.typeof("trtx_dims *")
_PERMUTATION = ffi.typeof("trtx_permutation *")
_WEIGHTS = ffi.typeof("trtx_weights *")

Getter = Callable[..., Any]
Setter = Callable[..., int]


def input_shape(layer: Layer, index: int = 0) -> tuple[int, ...] | None:
    """Shape of an input; None where it is not known, or cannot be computed as the network is now."""
    tensor = layer.get_input(index)
    return None if tensor is None else shape_of(tensor)


# Checks


def check_kind(layer: Part, kind: type[Part], name: str) -> None:
    """Refuse a property that was taken from one kind of layer and called with another, for which the library has 0."""
    if not isinstance(layer, kind):
        raise TypeError(f"{kind.__name__}.{name} does not apply to {type(layer).__name__} objects")


def check_setting(layer: Layer, kind: type[Layer], name: str, status: int) -> None:
    """Raise for a call of a getter or setter that failed, or during which a callback raised."""
    check_kind(layer, kind, name)
    layer._network._check(status, f"{type(layer).__name__}.{name}")


def check_dimension(layer: Layer, value: object, name: str, beyond: int, low: int = 0) -> int:
    """The number of a dimension of the input, or of one that is so far beyond the last; from the end where negative."""
    shape = input_shape(layer)
    count = (MAX_DIMS if shape is None else len(shape)) + beyond
    if low > count - 1:
        reject(name, value, "nothing, as the input has no dimensions")
    return check_int(value, name, max(low, -count), count - 1)


def check_number(value: object, name: str, *, is_finite: bool = False) -> float:
    """A number, which the library holds in 32 bits."""
    number = check_float32(value, name)
    if math.isnan(number) or (math.isinf(number) and is_finite):
        reject(name, value, "a finite number")
    return number


def not_taken(layer: Layer, name: str, value: object, taken: object) -> NoReturn:
    """Raise for a value that TensorRT-RTX took without an error, and dropped."""
    raise InvalidArgumentError(
        f"{type(layer).__name__}.{name} is {show(value)}, which TensorRT-RTX does not take: it is still {taken!r}"
    )


# Dimensions


def _ask(layer: Layer, kind: type[Layer], name: str, getter: Getter, c_type: Any) -> Any:
    """What a getter writes."""
    result = ffi.new(c_type)
    _ = layer._network._ptr
    status = getter(layer._ptr, result)
    if status or pending:
        check_setting(layer, kind, name, status)
    return result


def _set(layer: Layer, kind: type[Layer], name: str, setter: Setter, native: Any) -> None:
    """Make the call of a setter that takes no tensor."""
    network = layer._network
    _ = network._ptr
    if not network._notes:
        status = setter(layer._ptr, native)
    else:
        status = changed(network, f"{kind.__name__}.{name}", layer, setter, native)
    if status or pending:
        check_setting(layer, kind, name, status)


def read_dims(layer: Layer, kind: type[Layer], name: str, getter: Getter) -> tuple[int, ...]:
    """Dimensions, or a number for each of them, that a layer has from the start."""
    dims = _ask(layer, kind, name, getter, _DIMS)
    return tuple(ffi.unpack(dims.d, dims.nb_dims))


def read_unset_dims(layer: Layer, kind: type[Layer], name: str, getter: Getter) -> tuple[int, ...] | None:
    """Those that need not be set, or that an input may give."""
    return from_dims(_ask(layer, kind, name, getter, _DIMS))


def write_dims(
    layer: Any,
    kind: type[Layer],
    name: str,
    getter: Getter,
    setter: Setter,
    value: Any,
    *,
    is_window: bool = False,
    is_spatial: bool = False,
) -> None:
    sizes = check_shape(value, name, low=-INT64_MAX - 1)
    if is_spatial:
        # Whatever the layer slides has a stride, from the start with a number for each dimension of its window.
        check_kind(layer, kind, name)
        count = len(layer.stride_nd)
        if len(sizes) != count:
            reject(
                name,
                tuple(sizes),
                f"{count} numbers, one for each dimension of the window that the layer was made with",
            )
    shape = input_shape(layer) if is_window else None
    if shape is not None and not min(len(shape), 1) <= len(sizes) <= len(shape):
        reject(name, tuple(sizes), f"{len(shape)} dimensions, the rank of the input, or as many as it has axes")
    _set(layer, kind, name, setter, to_dims(sizes))
    taken = read_unset_dims(layer, kind, name, getter)
    if taken != tuple(sizes):
        not_taken(layer, name, value, taken)


# Permutations. The library fills up to eight axes; those beyond the tensor's rank are left out.


def read_permutation(layer: Any, kind: type[Layer], name: str, getter: Getter) -> tuple[int, ...]:
    native = _ask(layer, kind, name, getter, _PERMUTATION)
    order = tuple(ffi.unpack(native.order, MAX_DIMS))
    rank = _rank(layer, name)
    if rank is None:
        shape = input_shape(layer)
        rank = MAX_DIMS if shape is None else len(shape)
    while order[rank:] != tuple(range(rank, MAX_DIMS)):  # it was set for another shape
        rank += 1
    return order[:rank]


def write_permutation(layer: Any, kind: type[Layer], name: str, getter: Getter, setter: Setter, value: Any) -> None:
    check_kind(layer, kind, name)
    order = check_shape(value, name, high=MAX_DIMS - 1)
    rank = _rank(layer, name)
    count = len(order) if rank is None else rank
    if sorted(order) != list(range(count)):
        reject(name, tuple(order), f"each axis from 0 to {count - 1} once" if count else "()")
    filled = [*order, *range(len(order), MAX_DIMS)]
    native = ffi.new(_PERMUTATION)
    native.order[0:MAX_DIMS] = filled
    _set(layer, kind, name, setter, native)
    taken = read_permutation(layer, kind, name, getter)
    if [*taken, *range(len(taken), MAX_DIMS)] != filled:
        not_taken(layer, name, value, taken)


def _rank(layer: Any, name: str) -> int | None:
    """Number of axes; None where it is not known, or may still change."""
    if name == "first_transpose":
        shape = input_shape(layer)
        return None if shape is None else len(shape)
    reshaped = layer.reshape_dims
    if reshaped is not None:
        return len(reshaped)
    shape = input_shape(layer, 1) if layer.num_inputs > 1 else None  # one element for each dimension
    return shape[0] if shape and 0 <= shape[0] <= MAX_DIMS else None


# Tensors


def read_tensor(part: Part, kind: type[Part], name: str, getter: Getter) -> Tensor | None:
    check_kind(part, kind, name)
    return part._network._tensor_of(part, getter)


def write_tensor(
    part: Part,
    kind: type[Part],
    name: str,
    getter: Getter,
    setter: Setter,
    value: Any,
    *,
    is_optional: bool = False,
) -> None:
    check_kind(part, kind, name)
    network, what = part._network, f"{type(part).__name__}.{name}"
    pointer = ffi.NULL if value is None and is_optional else network._own(value, name)
    network._change(what, setter, part, pointer)
    if read_tensor(part, kind, name, getter) is not value:
        raise NetworkError(f"{what}: TensorRT-RTX did not take the tensor")


# Weights. What was given from Python is kept and handed back; what the ONNX parser made is copied.


def read_weights(layer: Layer, kind: type[Layer], name: str, getter: Getter) -> Weights:
    check_kind(layer, kind, name)
    network = layer._network
    _ = network._ptr
    kept = network._keep.get((layer._ptr, name))
    if isinstance(kept, Weights):
        return kept
    # The memory belongs to the native network, which has another owner until it is copied.
    owner = new_place("trtx_network_definition")
    network._check(lib.trtx_retain(network._ptr, owner), f"{kind.__name__}.{name}")
    return from_native(_ask(layer, kind, name, getter, _WEIGHTS))


def write_weights(layer: Layer, kind: type[Layer], name: str, getter: Getter, setter: Setter, value: Any) -> None:
    check_kind(layer, kind, name)
    weights = Weights() if value is None else as_weights(value, name)
    check = _CHECKS.get(kind.__name__)
    if check is not None and not weights.count:
        if read_weights(layer, kind, name, getter).count:
            reject(name, value, "an array with elements or trtx.Weights (what is set cannot be unset)")
        return
    if kind.__name__ == "ConstantLayer":
        check_constant(weights, name)
    if check is not None:  # weights of a constant may be set before the shape that they are for
        check(layer, name, weights)
    network, what = layer._network, f"{kind.__name__}.{name}"
    _ = network._ptr
    network._refuse_change(what)
    key, native = (layer._ptr, name), to_native(weights)
    status = network._hand_over(key, weights, changed, network, what, layer, setter, native)
    if status or pending:
        network._check(status, what)


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


#: What weights of a layer must fit, as where it is added.
_CHECKS: dict[str, Callable[[Any, str, Weights], None]] = {
    "ConvolutionLayer": _check_convolution,
    "DeconvolutionLayer": _check_convolution,
    "ScaleLayer": _check_scale,
}
