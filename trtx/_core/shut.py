"""What has a native pointer, and how it is shut.

Shut is a class: a closed object changes its class to one whose ``_ptr`` raises `ClosedError`, and a network in the
middle of its parse to one whose ``_ptr`` raises `BusyError`. A test in every method, or ``__getattr__``, would say the
same, but would cost every call of an open object. Nothing but this file knows of these classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from trtx_sys._enum_base import Missing

from .errors import ClosedError
from .public import InitSignature

if TYPE_CHECKING:
    from typing_extensions import Never, Self


class Uncopied:
    """What stands for something native, by itself or by way of others."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} objects stand for native ones and cannot be copied or pickled")


class Native(Uncopied):
    """What has a native pointer: owned handles, and the tensors and layers that a network owns."""

    __slots__ = ("__weakref__", "_ptr")

    #: Attributes that only an open object has.
    _guarded: ClassVar[tuple[str, ...]] = ("_ptr",)
    _is_shut: ClassVar[bool] = False
    #: The class that the object has while it is open.
    _open_class: ClassVar[type[Any]]

    #: The native object. Read in the very expression that makes a native call, when all arguments are ready: Python
    #: switches threads at calls and jumps only, so no other thread shuts the object in between.
    _ptr: Any

    __signature__: ClassVar[Any] = InitSignature()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "_open_class" not in cls.__dict__:
            cls._open_class = cls

    def __new__(cls, *_: object, **__: object) -> Self:
        # Only natives that trtx fills have a pointer: this one is like a closed one.
        made: Self = object.__new__(shut_class(cls))
        return made

    def __dir__(self) -> list[str]:
        # Names that are left out, and answer with a hint, are none that one could use.
        hints = {name for kind in type(self).__mro__ for name, one in vars(kind).items() if isinstance(one, Missing)}
        return [name for name in super().__dir__() if name not in hints]

    def _closed_text(self) -> str:
        return f"this {type(self).__name__} is closed, or was never made"

    def _busy(self) -> NoReturn:
        """Raise for a use of an object that a call has for itself."""
        raise NotImplementedError

    @property
    def is_closed(self) -> bool:
        """Whether the native object is gone."""
        return self._is_shut

    @property
    def handle(self) -> Any:
        """The native object for functions of `trtx_sys`: a typed cffi pointer, such as ``trtx_builder *``.

        Raises
        ------
        ClosedError
            If the object is closed.
        BusyError
            If a call has the object for itself.

        Notes
        -----
        The pointer is borrowed: it is valid while this object is open, and keeps nothing alive. So keep the object, and
        read this anew for every call: ``trtx_sys.lib.trtx_builder_get_max_threads(builder.handle)``. Never destroy it;
        ``trtx_sys.lib.trtx_retain`` makes one more owner that may. Of what is done to it this way nobody here hears:
        calls look neither whether another call is using the object, nor do they keep alive what they are given.
        """
        return self._ptr


#: The class of closed objects by that of open ones, for every class of which there was an object.
SHUT: dict[type[Any], type[Any]] = {}
_busy_classes: dict[type[Any], type[Any]] = {}
#: Added to the messages of closed objects in a forked process.
_reason = ""


def shut_class(kind: type[Any]) -> type[Any]:
    """The class of closed objects: like ``kind``, but reading a guarded attribute raises `ClosedError`."""
    kind = kind._open_class
    return SHUT.get(kind) or _variant(SHUT, kind, kind._guarded, _refuse, is_shut=True)


def busy_class(kind: type[Any]) -> type[Any]:
    """The class of objects that a call has for itself: reading the pointer raises `BusyError`."""
    kind = kind._open_class
    return _busy_classes.get(kind) or _variant(_busy_classes, kind, ("_ptr",), kind._busy, is_shut=False)


def _variant(
    known: dict[type[Any], type[Any]], kind: type[Any], guarded: tuple[str, ...], refuse: Any, *, is_shut: bool
) -> type[Any]:
    # They can be set: an object is filled before it is opened.
    body: dict[str, Any] = {name: property(refuse, getattr(kind, name).__set__) for name in guarded}
    body |= {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    body |= {"_open_class": kind, "_is_shut": is_shut}
    make: Any = type(kind)
    return known.setdefault(kind, make(kind.__name__, (kind,), body))


def _refuse(native: Native) -> NoReturn:
    raise ClosedError(native._closed_text() + _reason)


def explain_all(reason: str) -> None:
    """Say in the messages of all closed objects why they are."""
    global _reason
    _reason = reason


def only_refuses(init: Callable[..., None]) -> Callable[[Any, Never], None]:
    """Mark the ``__init__`` of what users cannot make: to type checkers, it needs an argument that there is not."""
    return init
