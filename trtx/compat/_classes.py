"""One mechanism for all classes of NVIDIA's: derived from those of `trtx`, with its conventions around each method.

- ``IBuilderConfig`` is made from `trtx.BuilderConfig` when it is first asked for. Every public method and property is
  there again with two things around it: what it answers becomes what NVIDIA's answers (`adopt`), and a failure is told
  in NVIDIA's way (`answer_or_raise`). How, the annotations of `trtx` say: who returns an object returns None, who
  returns ``Literal[True]`` returns False.
- An object that `trtx` makes gets the derived class in place, as both are laid out alike. It stays the very same
  object, an instance of both classes, and programs that do not import this package never see any of it.
"""

from __future__ import annotations

import enum
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import trtx
from trtx import Error, HostMemory, ParserErrorInfo, Weights
from trtx._core.callbacks import Callback
from trtx._core.shut import Native, shut_class

from . import _names, _values
from ._extras import EXTRAS
from ._failures import RAISES, answer_or_raise

#: Derived classes by those of `trtx`.
_derived: dict[type[Any], type[Any]] = {}

_NVIDIA = {here: name for name, here in _names.DERIVED.items()}

#: Changes the class of any object: layers have a ``__class__`` of their own.
_set_class: Callable[[Any, type[Any]], None] = object.__dict__["__class__"].__set__

#: Types of which nothing must be changed.
_PLAIN: set[type[Any]] = {type(None), bool, int, float, str, bytes, memoryview}

#: Protocols that classes of `trtx` have, with answers of their own.
_PROTOCOLS = ("__getitem__", "__iter__")


def class_named(name: str) -> Any:
    """The class that NVIDIA's package has by a name."""
    return derived_class(getattr(trtx, _names.DERIVED[name]))


def derived_class(kind: type[Any]) -> type[Any]:
    """The class of NVIDIA's name that is derived from a public class of `trtx`; made once."""
    known = _derived.get(kind)
    if known is not None:
        return known
    name = _NVIDIA[kind.__name__]
    parent = next((base for base in kind.__mro__[1:] if base.__module__ == "trtx" and base.__name__ in _NVIDIA), None)
    bases = (kind,) if parent is None else (derived_class(parent), kind)
    body: dict[str, Any] = {"__slots__": (), "__module__": "trtx.compat", "__doc__": kind.__doc__}
    if not issubclass(kind, Callback):  # whose methods are the user's
        body |= _methods(kind, parent)
    body |= EXTRAS.get(name, {})
    make: Any = type(kind)
    made: type[Any] = _derived.setdefault(kind, make(name, bases, body))
    if issubclass(kind, Native):
        shut_class(made)  # a finalizer looks it up, and must not be the one who makes it
    return made


def adopt(value: Any) -> Any:
    """What NVIDIA's package answers with, for an answer of `trtx`."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, Native):
        if isinstance(value, HostMemory) and not _values.HAS_BUFFERS:
            return _values.memory_with_buffer(_retyped(value))
        return _retyped(value)
    if kind is tuple:
        if all(type(item) is int for item in value):
            return _values.Dims(value)
        if any(type(item) is list for item in value):  # names and roles
            return value
        return [adopt(item) for item in value]
    if kind is ParserErrorInfo:
        return _values.ParserError(*value)
    if issubclass(kind, enum.Enum):
        _PLAIN.add(kind)
    return value


def _retyped(value: Native) -> Any:
    kind = type(value)
    if kind.__module__ == "trtx" and kind.__name__ in _NVIDIA and not kind._is_shut and kind._open_class is kind:
        _set_class(value, derived_class(kind))
    return value


# What stands around methods and properties


def _methods(kind: type[Any], parent: type[Any] | None) -> dict[str, Any]:
    """Everything public of a class, but what its parent has been given already."""
    found: dict[str, Any] = {}
    for name in dir(kind):
        if name.startswith("_") and name not in _PROTOCOLS:
            continue
        static = inspect.getattr_static(kind, name)
        if parent is not None and static is inspect.getattr_static(parent, name, None):
            continue
        if isinstance(static, property):
            found[name] = _property(kind, name, static)
        elif inspect.isfunction(static):
            found[name] = _iterator(static) if name == "__iter__" else _method(static)
    if kind.__name__ in _names.PLAIN:
        found["__init__"] = _constructor(kind.__init__)
    if hasattr(kind, "__enter__"):
        found |= {"__enter__": _enter, "__exit__": _exit}
    return found


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    answer = _answer(function)
    plain = _PLAIN

    @functools.wraps(function)
    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        try:
            result = function(self, *arguments, **keywords)
        except Error as error:
            bound = _with_a_bool(error, function, self, *arguments, **keywords)
            return answer_or_raise(self, error, answer) if bound is None else call(*bound.args, **bound.kwargs)
        return result if type(result) in plain else adopt(result)

    return call


def _with_a_bool(
    error: Error, function: Callable[..., Any], *arguments: Any, **keywords: Any
) -> inspect.BoundArguments | None:
    """Arguments with True or False for the 1 or 0 that `trtx` has refused, and NVIDIA's package takes for a bool."""
    name, _, refused = str(error).partition(" is ")
    if refused not in ("0; allowed is True or False", "1; allowed is True or False"):
        return None
    bound = inspect.signature(function).bind(*arguments, **keywords)
    if type(bound.arguments.get(name)) is not int:
        return None
    bound.arguments[name] = bool(bound.arguments[name])
    return bound


def _constructor(init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def call(self: Any, *arguments: Any, **keywords: Any) -> None:
        try:
            init(self, *arguments, **keywords)
        except Error as error:
            answer_or_raise(self, error, RAISES)

    return call


def _answer(function: Callable[..., Any]) -> object:
    """What stands for a failure, by what a method of `trtx` says that it returns."""
    returns = str(function.__annotations__.get("return", ""))
    if returns == "None":
        return None
    if returns in ("Literal[True]", "bool"):
        return False
    last = returns.split(" | ")[0].rpartition(".")[2]
    return None if last in _NVIDIA or last == "ParserErrorInfo" else RAISES


def _iterator(function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    @functools.wraps(function)
    def call(self: Any) -> Iterator[Any]:
        return map(adopt, function(self))

    return call


def _property(kind: type[Any], name: str, known: property) -> property:
    read, write = known.fget, known.fset
    assert read is not None
    returns = str(read.__annotations__.get("return", ""))
    convert: Callable[[Any], Any] = adopt
    if returns == "tuple[float, ...]":
        convert = list
    elif name in _names.PERMUTATIONS:
        convert = _values.Permutation
    elif returns == "tuple[int, ...] | None":
        convert = _shape
    elif returns.rpartition(".")[2] == "Weights" and issubclass(kind, trtx.Layer):
        convert = _array
    plain = _PLAIN if convert is adopt else frozenset()

    @functools.wraps(read)
    def get(self: Any) -> Any:
        try:
            result = read(self)
        except Error as error:
            return answer_or_raise(self, error, RAISES)
        return result if type(result) in plain else convert(result)

    if write is None:
        return property(get, None, None, known.__doc__)
    writer: Callable[[Any, Any], None] = write

    @functools.wraps(writer)
    def set(self: Any, value: Any) -> None:
        try:
            writer(self, value)
        except Error as error:
            if type(value) is int and str(error).endswith("; allowed is True or False"):
                set(self, bool(value))  # as NVIDIA's package takes it
            else:
                answer_or_raise(self, error, None)

    return property(get, set, None, known.__doc__)


def _shape(value: tuple[int, ...] | None) -> _values.Dims:
    return _values.UnknownDims() if value is None else _values.Dims(value)


def _array(value: Weights) -> Any:
    """Weights of a layer are arrays, but for placeholders, which have no values that could be shown."""
    return value if value.is_placeholder else value.numpy()


def _enter(self: Any) -> Any:
    return self


def _exit(self: Any, *_: object) -> None:
    """Free nothing, as in NVIDIA's package."""
