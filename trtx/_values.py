"""Checks of arguments, and their native forms. A mistake is an `InvalidArgumentError` before any native call."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NoReturn, TypeVar

from trtx_sys._ffi import ffi

from ._errors import InvalidArgumentError

E = TypeVar("E", bound=IntEnum)

MAX_DIMS = 8
INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
#: The library truncates or refuses longer names; its own limit is 4096 bytes with the terminating NUL.
MAX_TEXT = 4095


def reject(name: str, value: object, allowed: str) -> NoReturn:
    """Raise the error for an argument: its name, what was given, what is allowed."""
    shown = repr(value)
    if len(shown) > 120:
        shown = f"{shown[:117]}..."
    raise InvalidArgumentError(f"{name} is {shown}; allowed is {allowed}")


def check_enum(kind: type[E], value: object, name: str) -> E:
    """A member of an enum. Plain integers are refused: they are how wrong values get in."""
    if isinstance(value, kind):
        return value
    reject(name, value, f"a member of trtx.{kind.__name__}")


def check_int(value: object, name: str, low: int = -INT64_MAX - 1, high: int = INT64_MAX) -> int:
    """An integer in a range, ends included. Anything with ``__index__`` will do, but not a bool."""
    if isinstance(value, bool):
        reject(name, value, f"an integer from {low} to {high}")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        reject(name, value, f"an integer from {low} to {high}")
    if not low <= number <= high:
        reject(name, value, f"an integer from {low} to {high}")
    return number


def check_index(value: object, name: str, count: int, what: str) -> int:
    """An index below a count. Negative ones are refused, as the library counts from 0 only."""
    number = check_int(value, name)
    if not 0 <= number < count:
        allowed = f"0 to {count - 1}" if count else "nothing, as there are none"
        reject(name, value, f"{allowed} ({count} {what})")
    return number


def check_float(value: object, name: str) -> float:
    if isinstance(value, (str, bytes)) or (not hasattr(value, "__float__") and not hasattr(value, "__index__")):
        reject(name, value, "a number")
    return float(value)  # type: ignore[arg-type]


def check_bool(value: object, name: str) -> bool:
    """A bool, or a numpy bool."""
    if isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool_", "bool") and type(value).__module__ == "numpy":
        return bool(value)
    reject(name, value, "True or False")


def check_text(value: object, name: str, *, empty: bool = True, limit: int | None = None) -> bytes:
    """A string as the UTF-8 that the library gets: no NUL, which would cut it."""
    if not isinstance(value, str):
        reject(name, value, "a str")
    if "\0" in value:
        reject(name, value, "a str without NUL characters")
    if not value and not empty:
        reject(name, value, "a str that is not empty")
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        reject(name, value, "a str that can be encoded as UTF-8")
    if limit is not None and len(encoded) > limit:
        raise InvalidArgumentError(f"{name} has {len(encoded)} bytes of UTF-8; allowed are {limit}")
    return encoded


def check_shape(
    shape: object, name: str, *, low: int = 0, high: int = INT64_MAX, rank: int | None = None, least_rank: int = 0
) -> list[int]:
    """A sequence of at most eight integers in a range."""
    if isinstance(shape, (str, bytes)) or not isinstance(shape, Iterable):
        reject(name, shape, f"a sequence of up to {MAX_DIMS} integers")
    sizes = [_dimension(size, f"{name}[{i}]", low, high) for i, size in enumerate(shape)]
    if len(sizes) > MAX_DIMS:
        reject(name, tuple(sizes), f"at most {MAX_DIMS} dimensions, not {len(sizes)}")
    if rank is not None and len(sizes) != rank:
        reject(name, tuple(sizes), f"{rank} dimensions, not {len(sizes)}")
    if len(sizes) < least_rank:
        reject(name, tuple(sizes), f"at least {least_rank} dimensions, not {len(sizes)}")
    return sizes


def _dimension(size: object, name: str, low: int, high: int) -> int:
    if type(size) is int and low <= size <= high:  # the usual case, without a call more
        return size
    return check_int(size, name, low, high)


def to_dims(sizes: Sequence[int]) -> Any:
    """Native form of a checked shape."""
    dims = ffi.new("trtx_dims *")
    dims.nb_dims = len(sizes)
    dims.d[0 : len(sizes)] = sizes
    return dims


def from_dims(dims: Any) -> tuple[int, ...] | None:
    """Shape of native dimensions; None where not even their number is known."""
    rank = dims.nb_dims
    return tuple(ffi.unpack(dims.d, rank)) if rank >= 0 else None


def check_axes(value: object, name: str) -> int:
    """Axes as a bit mask: given as one, or as a sequence of axis numbers."""
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        mask = 0
        for i, axis in enumerate(value):
            mask |= 1 << check_int(axis, f"{name}[{i}]", 0, MAX_DIMS - 1)
        return mask
    return check_int(value, name, 0, (1 << MAX_DIMS) - 1)
