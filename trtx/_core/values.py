"""Checks of arguments, and their native forms. A mistake is an `InvalidArgumentError` before any native call."""

from __future__ import annotations

import io
import itertools
import math
import operator
import os
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from enum import Enum, IntEnum
from typing import Any, NoReturn, SupportsIndex, TypeVar

from trtx_sys._ffi import ffi

from .errors import InvalidArgumentError

#: What is taken for a shape, and for other integers in their order: a list, a tuple, an array...
Shape = Iterable[SupportsIndex]

E = TypeVar("E", bound=IntEnum)

MAX_DIMS = 8
INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
ADDRESS_MAX = 2 * sys.maxsize + 1
#: The library truncates or refuses longer names; its own limit is 4096 bytes with the terminating NUL.
MAX_TEXT = 4095


def reject(name: str, value: object, allowed: str) -> NoReturn:
    """Raise the error for an argument: its name, what was given, what is allowed."""
    if allowed.startswith("a trtx."):
        reject_type(name, value, allowed)
    raise InvalidArgumentError(f"{name} is {show(value)}; allowed is {allowed}")


def reject_type(name: str, value: object, allowed: str) -> NoReturn:
    """The same where no value of this type would be right."""
    raise InvalidArgumentError._of_type(f"{name} is {show(value)}; allowed is {allowed}")


def show(value: object) -> str:
    """A value as messages show it: not too long, and without its own errors in place of the one to be told."""
    try:
        shown = repr(value)
    except Exception:
        shown = f"<{type(value).__name__} whose repr fails>"
    return shown if len(shown) <= 120 else f"{shown[:117]}..."


def lies_between(shape: Sequence[int], least: Sequence[int], most: Sequence[int]) -> bool:
    """Whether a shape is of the rank of two others, and each of its sizes between theirs, ends included."""
    return len(least) == len(shape) == len(most) and all(
        low <= size <= high for low, size, high in zip(least, shape, most, strict=True)
    )


def check_enum(kind: type[E], value: object, name: str) -> E:
    """A member of an enum. Plain integers are refused: they are how wrong values get in."""
    if isinstance(value, kind):
        return value
    reject_type(name, value, f"a member of trtx.{kind.__name__}")


def check_int(value: object, name: str, low: int = -INT64_MAX - 1, high: int = INT64_MAX) -> int:
    """An integer in a range, ends included. Anything with ``__index__`` will do, but a bool or a member of an enum."""
    if type(value) is int and low <= value <= high:  # the usual case, without a call more
        return value
    number = _as_int(value)
    if number is None and low == -INT64_MAX - 1 and high == INT64_MAX:
        reject_type(name, value, "an integer")
    if number is None:
        reject_type(name, value, f"an integer from {low} to {high}")
    if not low <= number <= high:
        reject(name, value, f"an integer from {low} to {high}")
    return number


def _as_int(value: object) -> int | None:
    """The integer that a value is; None for what is none, and for what only happens to be one."""
    if isinstance(value, (bool, Enum)):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except Exception:
        return None


def check_index(value: object, name: str, count: int, what: str) -> int:
    """An index below a count. Negative ones are refused, as the library counts from 0 only."""
    number = _as_int(value)
    if number is None or not 0 <= number < count:
        allowed = f"0 to {count - 1}" if count else "nothing, as there are none"
        reject(name, value, f"{allowed} ({count} {what})")
    return number


def check_float(value: object, name: str) -> float:
    """A real number; no bool, no member of an enum, and no text."""
    if type(value) is float:
        return value
    is_number = hasattr(value, "__float__") or hasattr(value, "__index__")
    if isinstance(value, (bool, Enum, str, bytes)) or not is_number:
        reject_type(name, value, "a number")
    # Arrays without dimensions are numbers, but float() would make one of text, of a bool or of half a complex as well.
    if getattr(getattr(value, "dtype", None), "kind", "f") in ("b", "c", "S", "U", "O", "M", "m"):
        reject(name, value, "a number")
    try:
        number = float(value)  # type: ignore[arg-type]
        fits = not math.isinf(number) or bool(value == number)
    except Exception:
        reject(name, value, "a number that a float can hold")
    if not fits:
        reject(name, value, "a number that a float can hold")
    return number


def check_float32(value: object, name: str) -> float:
    """A number that is infinite only if it was given so, once the library has it in 32 bits."""
    number = check_float(value, name)
    if math.isfinite(number) and math.isinf(to_float32(number)):
        reject(name, value, "a number that a float of 32 bits can hold")
    return number


def to_float32(number: float) -> float:
    """A number as the library holds it in 32 bits."""
    try:
        rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return rounded


def check_bool(value: object, name: str) -> bool:
    """A bool, or a numpy bool."""
    if isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool_", "bool") and type(value).__module__ == "numpy":
        return bool(value)
    reject_type(name, value, "True or False")


def check_text(value: object, name: str, *, empty: bool = True, limit: int | None = None) -> bytes:
    """A string as the UTF-8 that the library gets: no NUL, which would cut it.

    Bytes that are not UTF-8, as `text` reads them from the library, go back as they came.
    """
    if not isinstance(value, str):
        reject_type(name, value, "a str")
    if "\0" in value:
        reject(name, value, "a str without NUL characters")
    if not value and not empty:
        reject(name, value, "a str that is not empty")
    try:
        encoded = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        reject(name, value, "a str that can be encoded as UTF-8")
    if limit is not None and len(encoded) > limit:
        raise InvalidArgumentError(f"{name} has {len(encoded)} bytes of UTF-8; allowed are {limit}")
    return encoded


def check_path(path: object, name: str = "path") -> str:
    """A path as a str that the system's calls take."""
    if not isinstance(path, (str, os.PathLike)):
        reject_type(name, path, "a str or an os.PathLike")
    text = os.fspath(path)
    if not isinstance(text, str) or not text or "\0" in text:
        reject(name, path, "a path as a str, not empty and without NUL characters")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        reject(name, path, "a path that the file system can encode")
    return text


def check_sequence(value: object, name: str, allowed: str, limit: int | None = None) -> Sequence[Any]:
    """The items of whatever has an order: a list, a tuple, an array, a generator...

    Sets and mappings have none that was meant, and files and text have other items than what is asked for. What cannot
    tell its length is read up to one item beyond the limit, as it may have no end.
    """
    if type(value) is tuple or type(value) is list:
        return value
    if isinstance(value, (str, bytes, bytearray, Set, Mapping, io.IOBase)):
        reject_type(name, value, allowed)
    try:
        items = iter(value)  # type: ignore[call-overload]
    except TypeError:  # arrays without dimensions have the method, and raise only now
        reject_type(name, value, allowed)
    return list(items if limit is None or hasattr(value, "__len__") else itertools.islice(items, limit + 1))


def check_shape(
    shape: object, name: str, *, low: int = 0, high: int = INT64_MAX, rank: int | None = None, least_rank: int = 0
) -> list[int]:
    """A sequence of at most eight integers in a range."""
    items = check_sequence(shape, name, f"a sequence of up to {MAX_DIMS} integers", MAX_DIMS)
    sizes = [
        size if type(size) is int and low <= size <= high else check_int(size, f"{name}[{i}]", low, high)
        for i, size in enumerate(items)
    ]
    if len(sizes) > MAX_DIMS:
        reject_type(name, tuple(sizes), f"at most {MAX_DIMS} dimensions, not {len(sizes)}")
    if rank is not None and len(sizes) != rank:
        reject(name, tuple(sizes), f"{rank} dimensions, not {len(sizes)}")
    if len(sizes) < least_rank:
        reject(name, tuple(sizes), f"at least {least_rank} dimensions, not {len(sizes)}")
    return sizes


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
    """Axes as a bit mask: given as one, or as axis numbers. Their order means nothing, so that a set will do."""
    if not isinstance(value, Set):
        mask = _as_int(value)
        if mask is not None:
            return check_int(value, name, 0, (1 << MAX_DIMS) - 1)
        value = check_sequence(value, name, "a bit mask of axes or a sequence of their numbers", MAX_DIMS)
    if len(value) > MAX_DIMS:
        reject(name, value, f"at most {MAX_DIMS} axes")
    mask = 0
    for i, axis in enumerate(value):
        mask |= 1 << check_int(axis, f"{name}[{i}]", 0, MAX_DIMS - 1)
    return mask


def check_axes_of(value: object, name: str, shape: Sequence[int] | None) -> int:
    """Axes as a bit mask, at least one, and all of them dimensions of the input, where its shape is known."""
    mask = check_axes(value, name)
    if not mask or (shape is not None and mask >= 1 << len(shape)):
        rank = "" if shape is None else f" below {len(shape)}, the rank of the input"
        reject(name, value, f"a bit mask or a sequence of at least one dimension{rank}")
    return mask


def check_mask(kind: type[IntEnum], value: object, name: str) -> int:
    """A bit mask of members of an enum. A member itself is its bit's number, which is easily taken for the mask."""
    known = sum(1 << member for member in kind)
    if isinstance(value, kind):
        reject(name, value, f"a bit mask, such as 1 << {kind.__name__}.{value.name}")
    mask = check_int(value, name, 0, 2**32 - 1)
    if mask & ~known:
        raise InvalidArgumentError(
            f"{name} is {mask:#x}; allowed are bits of members of trtx.{kind.__name__}, {known:#x} in all"
        )
    return mask
