"""What has a native pointer, and how it is emptied of it.

A closed object changes its class to one whose ``_ptr`` raises `ClosedError`, so the usual path needs no test. In a
process forked from one that has used the library, no native object may be touched any more.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from . import readers as _readers
from .errors import BusyError, ClosedError, UnsupportedError

if TYPE_CHECKING:
    from typing_extensions import Never, Self

#: Whether this process was forked from one that had used the library.
_forked = False
_FORK = (
    "this process was forked from one that used TensorRT-RTX, which does not survive fork(); start it with the 'spawn' "
    "method instead (multiprocessing.get_context('spawn'))"
)


def was_forked() -> bool:
    """Whether this process was forked from one that had used the native library."""
    return _forked


def mark_forked() -> None:
    """Note that it was."""
    global _forked
    _forked = True


def refuse_after_fork() -> None:
    """Raise in a process that was forked after the native library had been used."""
    if _forked:
        raise UnsupportedError(_FORK)


def only_refuses(init: Callable[..., None]) -> Callable[[Any, Never], None]:
    """Mark the ``__init__`` of what users cannot make: to type checkers, it needs an argument that there is not."""
    return init


class Native:
    """What has a native pointer: owned handles, and the tensors and layers that a network owns."""

    __slots__ = ("__weakref__", "_ptr")

    #: Attributes that only an open object has.
    _guarded: ClassVar[tuple[str, ...]] = ("_ptr",)

    _ptr: Any

    #: The class that an object has while it is open; only empty ones have the attribute.
    _filled_class: ClassVar[type[Any]]

    def __new__(cls, *_: object, **__: object) -> Self:
        # Only natives that trtx fills have a pointer: this one is like a closed one.
        made: Self = object.__new__(empty_class(cls))
        return made

    def _closed_text(self) -> str:
        return f"this {type(self).__name__} is closed, or was never made"

    @property
    def is_closed(self) -> bool:
        """Whether the native object is gone."""
        return not has_pointer(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} objects stand for native ones and cannot be copied or pickled")

    def __copy__(self) -> NoReturn:
        self.__reduce_ex__(2)

    def __deepcopy__(self, memo: object) -> NoReturn:
        self.__reduce_ex__(2)


_pointer_slot: Any = Native.__dict__["_ptr"]
#: Sets the class also of a layer, which forbids it to everyone else.
_set_class: Callable[[Native, type[Any]], None] = object.__dict__["__class__"].__set__
_empty_classes: dict[type[Any], type[Any]] = {}


def has_pointer(native: Native) -> bool:
    """Whether the object is open, without raising."""
    try:
        _pointer_slot.__get__(native)
    except AttributeError:
        return False
    return True


def take_pointer(native: Native) -> Any:
    """Take the pointer out of an object, which closes it; None where another thread was faster."""
    try:
        pointer = _pointer_slot.__get__(native)
        # The class first: another thread must never find an open object without a pointer.
        _set_class(native, empty_class(type(native)))
        _pointer_slot.__delete__(native)
    except AttributeError:
        return None
    return pointer


def closed_error(native: Native) -> ClosedError:
    """The error for a use of an object without its native one."""
    fork = f"; {_FORK}" if _forked else ""
    return ClosedError(native._closed_text() + fork)


def give_back(native: Native, pointer: Any) -> None:
    """Undo `take_pointer`, or as much of it as was done."""
    _pointer_slot.__set__(native, pointer)
    filled = getattr(type(native), "_filled_class", None)
    if filled is not None:
        _set_class(native, filled)


def interrupt_again() -> None:
    """Let an interrupt that came in a finalizer, which no exception leaves, come once more when that is over."""
    # From another thread, which runs later: by this one, it would come out of the finalizer again.
    with suppress(RuntimeError):  # none can be started when the process ends
        _thread.start_new_thread(_thread.interrupt_main, ())


class Ending:
    """An object whose native one is being destroyed."""

    __slots__ = ("has_begun", "pointer")

    def __init__(self, pointer: Any) -> None:
        self.pointer = pointer
        #: Whether it may be gone.
        self.has_begun = False


@contextmanager
def destroying(native: Native, what: str) -> Iterator[Ending]:
    """Take an object's pointer while the native object is destroyed; an exception before that brings it back.

    Calls of other threads that may still use the pointer are waited for.
    """
    pointer = take_pointer(native)
    if pointer is None:
        raise closed_error(native)
    ending = Ending(pointer)
    try:
        user = _readers.call_beneath([native]) or _readers.wait_for_calls([native])
        if user is not None:
            raise BusyError(f"{what}: the object is in use by {user}; wait until that has returned")
        yield ending
    except BaseException:
        if not ending.has_begun:
            give_back(native, pointer)
        raise


def empty_class(kind: type[Any]) -> type[Any]:
    """The class of closed objects: like ``kind``, but reading a guarded attribute raises `ClosedError`.

    A test in every method, or ``__getattr__``, would say the same, but would cost every call of an open object.
    """
    known = _empty_classes.get(kind)
    if known is not None:
        return known

    def closed(self: Native) -> NoReturn:
        raise closed_error(self)

    if kind in _empty_classes.values():
        return kind
    body: dict[str, Any] = {name: property(closed) for name in kind._guarded}
    body |= {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    body["_filled_class"] = kind
    make: Any = type(kind)
    return _empty_classes.setdefault(kind, make(kind.__name__, (kind,), body))
