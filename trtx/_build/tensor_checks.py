"""Checks of tensors that layers are added to: their types, and their shapes where these are known.

TensorRT-RTX tells of most mistakes when the engine is built, and then often without the name of the tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trtx_sys._enums_gen import DataType, MatrixOperation

from .._core.errors import InvalidArgumentError, NetworkError

if TYPE_CHECKING:
    from .tensor import Tensor

FLOATS = (DataType.FLOAT, DataType.HALF, DataType.BF16)
INDICES = (DataType.INT32, DataType.INT64)

Known = tuple[int, ...] | None


def shape_of(tensor: Tensor) -> Known:
    """Shape of a tensor; None where it is not known, or cannot be computed as the network is now."""
    try:
        return tensor.shape
    except NetworkError:
        return None


def check_rank(tensor: Tensor, name: str, low: int, high: int | None = None, what: str = "") -> Known:
    """A tensor with a number of dimensions in a range, ends included; gives its shape."""
    shape = shape_of(tensor)
    if shape is not None and not low <= len(shape) <= (len(shape) if high is None else high):
        if high is None:
            allowed = f"at least {_dimensions(low)}"
        else:
            allowed = _dimensions(low) if low == high else f"{low} to {high} dimensions"
        raise InvalidArgumentError(
            f"{name} ({tensor.name!r}) has the shape {shape}; allowed: {allowed}{f' {what}' if what else ''}"
        )
    return shape


def _dimensions(count: int) -> str:
    return "no dimensions" if count == 0 else f"{count} dimension{'s' if count > 1 else ''}"


def check_type(tensor: Tensor, name: str, allowed: Sequence[DataType], what: str = "") -> None:
    """A tensor of one of several types."""
    if tensor.dtype not in allowed:
        kinds = [kind.name for kind in allowed]
        text = kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"
        raise InvalidArgumentError(
            f"{name} ({tensor.name!r}) is {tensor.dtype.name}; allowed {'is' if len(kinds) == 1 else 'are'} {text}"
            f"{f' {what}' if what else ''}"
        )


def check_same_type(name: str, tensor: Tensor, other_name: str, other: Tensor) -> None:
    """Two tensors of one type."""
    if tensor.dtype is not other.dtype:
        raise InvalidArgumentError(
            f"{other_name} ({other.name!r}) is {other.dtype.name}; allowed is {tensor.dtype.name}, the type of {name} "
            f"({tensor.name!r}); add_cast converts"
        )


def check_same_rank(name: str, tensor: Tensor, other_name: str, other: Tensor) -> tuple[Known, Known]:
    """Two tensors with equal numbers of dimensions; gives their shapes."""
    first, second = shape_of(tensor), shape_of(other)
    if first is not None and second is not None and len(first) != len(second):
        raise InvalidArgumentError(
            f"{other_name} ({other.name!r}) has the shape {second}; allowed are {len(first)} dimensions, as many as "
            f"{name} ({tensor.name!r}) with the shape {first} has; add_shuffle reshapes"
        )
    return first, second


def check_broadcast(name: str, tensor: Tensor, other_name: str, other: Tensor) -> None:
    """Two tensors with equal numbers of dimensions, and in each of them equal sizes, or one of 1."""
    first, second = check_same_rank(name, tensor, other_name, other)
    if first is not None and second is not None and first != second and not _broadcast(first, second):
        raise InvalidArgumentError(
            f"{other_name} ({other.name!r}) has the shape {second}; allowed are the sizes of {name} ({tensor.name!r}), "
            f"whose shape is {first}, or 1 in one of the two"
        )


def _broadcast(first: Sequence[int], second: Sequence[int]) -> bool:
    return all(a == b or 1 in (a, b) or -1 in (a, b) for a, b in zip(first, second, strict=True))


def check_product(input0: Tensor, op0: MatrixOperation, input1: Tensor, op1: MatrixOperation) -> None:
    """Two tensors that can be multiplied as matrices, or as vectors."""
    vector0, vector1 = op0 is MatrixOperation.VECTOR, op1 is MatrixOperation.VECTOR
    first = check_rank(input0, "input0", 1 if vector0 else 2, what=f"for MatrixOperation.{op0.name}")
    second = check_rank(input1, "input1", 1 if vector1 else 2, what=f"for MatrixOperation.{op1.name}")
    if first is None or second is None:
        return
    before0, before1 = first[: -1 if vector0 else -2], second[: -1 if vector1 else -2]
    shapes = f"input0 ({input0.name!r}) has the shape {first} and input1 ({input1.name!r}) the shape {second}"
    if len(before0) != len(before1) or not _broadcast(before0, before1):
        raise InvalidArgumentError(
            f"{shapes}; allowed are as many dimensions before matrices and vectors, {before0} and {before1} here, of "
            "equal sizes or 1"
        )
    inner0 = first[-2] if op0 is MatrixOperation.TRANSPOSE else first[-1]
    inner1 = second[-2] if op1 is MatrixOperation.NONE else second[-1]
    if inner0 != inner1 and -1 not in (inner0, inner1):
        raise InvalidArgumentError(f"{shapes}; allowed are equal numbers to sum over, {inner0} and {inner1} here")
