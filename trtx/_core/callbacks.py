"""The trip of a callback from native code to Python and back.

1. What the user sets is made a native bridge (`Bridge`; the `Logger` has its own): a table of ``extern "Python"``
   functions, and a cffi handle on its *target*, which holds what to call.
2. TensorRT-RTX calls the bridge, on any thread; cffi takes the GIL and calls the function here.
3. The function finds the target by the handle and calls the user's code with Python values.
4. What the user's code raises cannot cross native frames: it is noted in `pending`, and the bridge answers failure
   (a progress monitor answers "stop").
5. The call that led here raises that very exception when it comes back.

The target never refers to the handle that uses the bridge, so no reference cycle arises. A bridge lasts as long as one
of the handles that use it is open: the library may call it until then.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from trtx_sys._enums_gen import Severity
from trtx_sys._ffi import ffi, lib

from . import pending as _pending
from .calls import new_place
from .errors import Error, InvalidArgumentError, failure, readable, text
from .process import was_forked
from .public import InitSignature
from .values import reject_type

if TYPE_CHECKING:
    from typing_extensions import Self


class Target:
    """What a bridge calls: the object with the user's methods."""

    __slots__ = ("__weakref__", "implementation")

    def __init__(self, implementation: Any) -> None:
        self.implementation = implementation


#: A trampoline, for the arguments that its function has: one for any number would take a third longer to cut them up.
_CALL = """
def call({arguments}, payload):
    target = from_handle(payload)
    try:
        return function(target.implementation, {arguments})
    except BaseException as raised:
        note(target, raised)
        return error
"""


def trampoline(name: str, error: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the Python side of a bridge function.

    The function gets the native arguments, with the target's user object in front instead of the payload behind.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        code: Any = function.__code__
        arguments = ", ".join(code.co_varnames[1 : code.co_argcount])
        known = {"from_handle": ffi.from_handle, "function": function, "note": _pending.note, "error": error}
        exec(compile(_CALL.format(arguments=arguments), f"<{name}>", "exec"), known)
        call = known["call"]

        def on_error(kind: type[BaseException], raised: BaseException, trace: TracebackType | None) -> None:
            # An interrupt can come before the function's own try: it belongs to the call on this thread.
            _pending.note(None, raised)

        ffi.def_extern(name=name, error=error, onerror=on_error)(call)
        return function

    return register


class Callback:
    """Base of the classes that users derive from for TensorRT-RTX to call.

    Derived classes need not call ``super().__init__()``: what a base needs, it sets in ``__new__``.
    """

    __slots__ = ("__dict__", "__weakref__")

    #: Its name in C.
    _native: ClassVar[str]
    #: The methods that TensorRT-RTX calls, which have the same names in C.
    _methods: ClassVar[tuple[str, ...]]
    #: Groups of methods, of which a derived class must define one.
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = ()
    #: The method in whose place a plain function is taken, if any.
    _function: ClassVar[str | None] = None

    __signature__: ClassVar[Any] = InitSignature()

    @classmethod
    def _implementation(cls, value: object, name: str) -> Any:
        """The object whose methods are to be called, for what a user gives; raises where that cannot be right."""
        if isinstance(value, cls):
            cls._check_methods(value, name)
            return value
        if cls._function is not None and callable(value) and not isinstance(value, type):
            made = cls.__new__(cls)
            made.__dict__[cls._function] = value
            return made
        return cls._reject(value, name)

    @classmethod
    def _reject(cls, value: object, name: str) -> NoReturn:
        function = f", a function that is called like its {cls._function}()" if cls._function else ""
        reject_type(name, value, f"an object of a class derived from trtx.{cls.__name__}{function}, or None")

    @classmethod
    def _check_methods(cls, value: Callback, name: str) -> None:
        """Refuse an object with a misspelt method, which nobody would call, or without one that is needed."""
        theirs = [kind for kind in type(value).__mro__ if kind.__module__.partition(".")[0] != "trtx"]
        defined = {attribute for kind in theirs if kind is not object for attribute in vars(kind)} | {*value.__dict__}
        left = [method for method in cls._methods if method not in defined]
        for attribute in sorted(defined):
            if not attribute.startswith("_") and not hasattr(cls, attribute) and left:
                meant = _spelt_like(attribute, left)
                if meant and callable(getattr(value, attribute)):
                    raise InvalidArgumentError(
                        f"{name} is a {type(value).__name__}, whose method {attribute!r} nobody would call: did you "
                        f"mean {meant!r}?"
                    )
        if cls._needed and not any(all(_is_defined(cls, value, one) for one in group) for group in cls._needed):
            needed = ", or ".join(" and ".join(f"{one}()" for one in group) for group in cls._needed)
            raise InvalidArgumentError(f"{name} is a {type(value).__name__}, which must define {needed}, and does not")


def _spelt_like(attribute: str, methods: list[str]) -> str | None:
    import difflib

    found = difflib.get_close_matches(attribute, methods, 1, 0.8)
    return found[0] if found else None


def _is_defined(kind: type[Callback], value: Callback, method: str) -> bool:
    return method in value.__dict__ or getattr(type(value), method) is not getattr(kind, method)


class Bridge:
    """The native side of something that TensorRT-RTX calls.

    Parameters
    ----------
    kind
        The class of callbacks.
    value
        What the user gave: an object of it, or a function.
    name
        What messages call it.

    Raises
    ------
    InvalidArgumentError
        If the value is none, or has a misspelt method.
    """

    __slots__ = ("_payload", "_place", "_users", "target", "value")

    #: Owner of the exceptions that it raises.
    target: Target
    #: What the user gave.
    value: Any

    def __init__(self, kind: type[Callback], value: object, name: str) -> None:
        self._users: list[Any] = []
        self.value = value
        self.target = Target(kind._implementation(value, name))
        table = ffi.new(f"trtx_{kind._native}_callbacks *")
        for method in kind._methods:
            setattr(table, method, getattr(lib, f"trtx_py_{kind._native}_{method}"))
        self._payload = ffi.new_handle(self.target)  # goes after the bridge, whose finalizer comes first
        place = new_place(f"trtx_{kind._native}")
        if getattr(lib, f"trtx_{kind._native}_create")(table, self._payload, place):
            raise failure(Error, f"making the native side of {name}")
        self._place = place
        ffi.gc(place, None)

    @property
    def pointer(self) -> Any:
        """The native object."""
        return self._place[0]

    def join(self, place: Any) -> None:
        """Note that the library refers to it as long as there is an object in a handle's place."""
        self._users.append(place)

    def leave(self, place: Any) -> None:
        """Note that the object there does not refer to it any more, or has gone."""
        if place in self._users:
            self._users.remove(place)
        self.__del__()

    def __del__(self) -> None:
        # In a garbage cycle this may come before the finalizer of a handle whose native object calls back once more.
        # Such a handle has the bridge among its own, and lets it go when its native object has ended.
        if not any(place[0] for place in self._users) and hasattr(self, "_place"):
            lib.trtx_release(self._place)  # waits for calls of other threads that are under way

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.__del__()


_SEVERITIES = tuple(Severity)


@trampoline("trtx_py_logger_log")
def _log(sink: Callable[[Severity, str], object], severity: int, message: Any) -> None:
    sink(_SEVERITIES[severity] if 0 <= severity < len(_SEVERITIES) else Severity.ERROR, readable(text(message)))


def disable_at_exit() -> None:
    """Let no callback into an interpreter that is going away; calls under way get a second to return."""
    lib.trtx_disable_callbacks(0 if was_forked() else 1000)  # what a forked process inherits never returns
    _pending.report_left()


atexit.register(disable_at_exit)
