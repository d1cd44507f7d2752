"""What generated accessors share."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NoReturn, TypeVar

from .errors import Error, UnsupportedError
from .handle import Handle
from .shut import Native

E = TypeVar("E", bound=IntEnum)
R = TypeVar("R")


class Members(dict[int, E]):
    """The members of an enum by their numbers."""

    def __init__(self, kind: type[E]) -> None:
        super().__init__((int(member), member) for member in kind)
        self._kind = kind

    def __missing__(self, number: int) -> NoReturn:
        raise Error(
            f"TensorRT-RTX answered with {number}, which is no member of trtx.{self._kind.__name__}; this version of "
            "trtx does not know it"
        )


def changed(handle: Handle, what: str, native: Native, function: Callable[..., R], *arguments: Any) -> R:
    """Make a short call that must not meet a long one, for an object that has notes of long calls.

    Parameters
    ----------
    handle
        What has the notes.
    what
        Name of the call for people.
    native
        The object, or a part of it, whose pointer is the first argument.

    Raises
    ------
    BusyError
        If one of the notes counts.
    """
    while True:
        handle._refuse_change(what)
        if not handle._notes:
            _ = handle._ptr  # a part has its pointer still when the network is closed
            return function(native._ptr, *arguments)


def no_effect(handle: Handle, name: str, value: object, reason: str) -> NoReturn:
    """Raise for a value that TensorRT-RTX took without an error, and dropped."""
    shown = repr(value) if isinstance(value, str) else value
    raise UnsupportedError(f"{handle._label()}.{name} = {shown} had no effect: {reason}")
