"""New values of weights, as a refitter takes them: from the host or from the GPU."""

from __future__ import annotations

from typing import Any

from trtx_sys._enums_gen import DataType, TensorLocation
from trtx_sys._ffi import ffi

from .. import cuda
from .._build.weights import Weights, as_weights, to_native
from .._core.arrays import as_array, itemsize_bits
from .._core.errors import Error, InvalidArgumentError
from .._core.values import reject


def refuse_placeholder(weights: Weights) -> None:
    if weights.is_placeholder:
        reject("weights", weights, "weights with values")


def native_weights(
    weights: Any, prototype: Weights, location: TensorLocation | None
) -> tuple[TensorLocation, Any, object]:
    """Where values are, their native form, and what must be kept for them."""
    if not isinstance(weights, Weights):
        found = _find(weights)
        on_device = found is not None and found.on_device and not found.on_host
        if found is not None and (on_device or location is TensorLocation.DEVICE):
            return TensorLocation.DEVICE, *_on_device(found, prototype, location)
    if location is TensorLocation.DEVICE:
        raise InvalidArgumentError(
            f"location is DEVICE, but weights are {type(weights).__name__}, which is on the host"
        )
    if isinstance(weights, int) and location is None:
        raise InvalidArgumentError("weights are an address; allowed is one on the GPU, with TensorLocation.DEVICE")
    values = _on_host(weights, prototype)
    return TensorLocation.HOST, to_native(values), values


def _find(weights: Any) -> cuda.Memory | None:
    """What CUDA's libraries know of an object; None for one of another kind."""
    try:
        return cuda.find_memory(weights, "weights")
    except Error:  # arrays of the host that are not contiguous, for instance, which are copied
        if hasattr(weights, "__cuda_array_interface__") or isinstance(weights, int):
            raise
        return None


def _on_host(weights: Any, prototype: Weights) -> Weights:
    if not isinstance(weights, Weights):
        array = as_array(weights, "weights")
        is_raw = array.dtype.name == "uint8" and prototype.dtype is not DataType.UINT8
        weights = Weights(prototype.dtype, array) if is_raw else as_weights(array, "weights")
    refuse_placeholder(weights)
    _check_type(weights.dtype, prototype)
    if weights.count != prototype.count:
        raise InvalidArgumentError(f"weights have {weights.count} elements; allowed are {prototype.count}")
    return weights  # type: ignore[no-any-return]


def _on_device(found: cuda.Memory, prototype: Weights, location: TensorLocation | None) -> tuple[Any, object]:
    if location is TensorLocation.HOST:
        raise InvalidArgumentError("location is HOST, but weights are on the GPU")
    if not found.on_device:
        raise InvalidArgumentError("location is DEVICE, but weights are on the host")
    if not found.address:
        reject("weights", 0, "device memory; this has no address")
    # Bytes are taken as they are, and what has no type is bytes.
    if found.dtype is not None and (found.dtype is not DataType.UINT8 or prototype.dtype is DataType.UINT8):
        _check_type(found.dtype, prototype)
    need = -(-prototype.count * itemsize_bits(prototype.dtype) // 8)
    if found.nbytes is not None and found.nbytes != need:
        raise InvalidArgumentError(
            f"weights have {found.nbytes} bytes; allowed are {need} ({prototype.count} elements of "
            f"{prototype.dtype.name})"
        )
    pointer = ffi.cast("void *", found.address)
    fields = {"type": int(prototype.dtype), "values": pointer, "count": prototype.count}
    return ffi.new("trtx_weights *", fields), found.owner


def _check_type(given: DataType | str, prototype: Weights) -> None:
    if given is not prototype.dtype:
        shown = given.name if isinstance(given, DataType) else given
        raise InvalidArgumentError(
            f"weights have the type {shown}; allowed are {prototype.dtype.name}, the type in the engine, and bytes"
        )
