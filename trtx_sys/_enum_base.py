"""What the enums of TensorRT-RTX have in common; the members stand in ``_enums_gen``."""

from __future__ import annotations

import sys
from enum import Enum, EnumMeta, Flag, IntEnum, IntFlag
from typing import TYPE_CHECKING, Any, NoReturn

#: Line in a class's docstring below which its members follow, each with what it means in the next line.
MEMBERS = "----------\n"


class Missing:
    """A name that is not there: asking for it raises `AttributeError`, with a hint at what to use instead.

    Unlike ``__getattr__``, which slows every access to a class down, it costs the names that are there nothing.
    """

    def __init__(self, hint: str) -> None:
        self.hint = hint
        self.__doc__ = f"Not here; {hint}."  # what `help` shows

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> NoReturn:
        found = owner if instance is None else instance
        raise AttributeError(f"{owner.__name__} has no {self.name}; {self.hint}", name=self.name, obj=found)

    def __set__(self, instance: object, value: object) -> NoReturn:
        self.__get__(instance, type(instance))

    def __repr__(self) -> str:
        return f"(not here; {self.hint})"


def leave_out(kind: type, name: str, hint: str) -> None:
    """Give a class a hint in place of a name that it does not have."""
    missing = Missing(hint)
    missing.__set_name__(kind, name)
    setattr(kind, name, missing)


class Kind(EnumMeta):
    """The class of the enums."""

    if not TYPE_CHECKING and sys.version_info < (3, 12):

        def __getattr__(cls, name: str) -> Any:
            # The one of these versions, which is asked when a descriptor raises, would forget the hint.
            missing = cls.__dict__.get(name)
            if isinstance(missing, Missing):
                missing.__get__(None, cls)
            inherited = getattr(super(), "__getattr__", None)
            if inherited is None:
                raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
            return inherited(name)


#: A layer whose ``type`` is a member of the first is of the type that is the second.
KINDS: dict[type[Enum], Enum] = {}


class Named(IntEnum, metaclass=Kind):
    """Equals its integer, and no member of another enum but that in `KINDS`. Its text is its name, on every Python."""

    __str__ = Enum.__str__
    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is type(self) or not isinstance(other, Enum):
            return int.__eq__(self, other)
        return KINDS.get(type(self)) is other or KINDS.get(type(other)) is self

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)


class NamedBits(IntFlag, metaclass=Kind):
    """Equals its integer, and no member of another enum. Its text is its name, on every Python."""

    __str__ = Flag.__str__
    __hash__ = int.__hash__
    __eq__ = Named.__eq__
    __ne__ = Named.__ne__
    __format__ = Named.__format__


class Sized(Named):
    """The types of elements, which have a size."""

    @property
    def itemsize(self) -> float:
        """Bytes that an element takes: 0.5 for types of four bits, which are packed two to a byte, else an `int`."""
        return _ITEM_SIZES[self.name]


_ITEM_SIZES: dict[str, float]
_ITEM_SIZES = {"FLOAT": 4, "HALF": 2, "INT8": 1, "INT32": 4, "BOOL": 1, "UINT8": 1, "FP8": 1, "BF16": 2, "INT64": 8}
_ITEM_SIZES |= {"INT4": 0.5, "FP4": 0.5, "E8M0": 1}


def document(kinds: tuple[type[Enum], ...]) -> None:
    """Give every member the line that the docstring of its class has for it."""
    for kind in kinds:
        _, _, below = (kind.__doc__ or "").partition(MEMBERS)  # there is none under -OO
        lines = [line.strip() for line in below.splitlines() if line.strip()]
        for name, doc in zip(lines[::2], lines[1::2], strict=True):
            kind.__members__[name].__doc__ = doc
