"""Handles: Python objects that own native ones.

- A handle owns its native object until it is closed: by ``close()``, at the end of ``with``, or when it is collected.
- Closing a parent closes its open children first. In which order native objects end, the shim sees to: it keeps what
  others still need, also where the collector runs finalizers in an order of its own.
- Nobody closes what a long call is using: `BusyError`.
- An object is shut before its pointer is dead: in a garbage cycle Python runs all finalizers, in any order, before it
  frees anything, and those of users may still use our objects.
"""

from __future__ import annotations

import _thread
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, TypeVar

from trtx_sys._ffi import ffi, lib

from . import pending as _pending
from .callbacks import Bridge, Callback
from .calls import Note, busy_error, new_place
from .errors import BusyError, Error, WaitTimeoutError, failure
from .process import mark_forked, was_forked
from .shut import SHUT, Native, only_refuses
from .values import check_float, reject

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .types import Number

R = TypeVar("R")

#: Every handle that owns something, by identity.
_live: dict[int, weakref.ref[Handle]] = {}

#: Held while a tree is shut, so that of two threads that close it one is told that it is in use.
_closing = threading.RLock()

#: The place of a handle that never got a native object.
_NOWHERE = ffi.new("void **")

#: What a handle had not kept before.
_NOTHING = object()


class Handle(Native):
    """A native object that Python owns."""

    __slots__ = ("_bridges", "_children", "_end", "_keep", "_notes", "_parents", "_place", "_targets")

    #: Exception for failures that the status does not explain.
    _error: ClassVar[type[Error]] = Error
    #: Whether long calls may use it side by side.
    _is_shared: ClassVar[bool] = False

    #: Where the shim finds the native object to end it; null there once that has been done.
    _place: Any
    #: Handles that this one depends on, which it keeps alive.
    _parents: tuple[Handle, ...]
    #: Those that depend on this one.
    _children: dict[int, weakref.ref[Handle]]
    #: What the native object refers to.
    _keep: dict[Any, Any]
    #: The callbacks among that, by what set them. One, but for the time in which it is being replaced.
    _bridges: dict[Any, tuple[Bridge, ...]]
    #: The long calls that may be using it.
    _notes: list[Note]
    #: How it was closed, for people; empty where it was not.
    _end: str
    #: Callback targets whose exceptions the calls of this handle raise: its own, and those of its parents.
    _targets: tuple[object, ...]

    def __new__(cls, *_: object, **__: object) -> Self:
        handle = super().__new__(cls)
        handle._place, handle._parents, handle._children = _NOWHERE, (), {}
        handle._keep, handle._bridges, handle._notes, handle._targets, handle._end = {}, {}, [], (), ""
        return handle

    @only_refuses
    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError(f"{type(self).__name__} objects cannot be made directly. {self._how_to_make()}")

    def _how_to_make(self) -> str:
        return "Use the method of the object that they belong to."

    def _closed_text(self) -> str:
        name = type(self).__name__
        if self._place is not _NOWHERE:
            return f"this {name} is closed" + (f"; it was closed {self._end}" if self._end else "")
        theirs = [kind for kind in type(self).__mro__ if not kind.__module__.startswith("trtx.")]
        if any("__init__" in vars(kind) for kind in theirs if kind is not object):
            return f"this {name} was never made; its __init__ must call super().__init__()"
        return f"this {name} is closed, or was never made"

    @classmethod
    def _share(cls, handle: Any, c_type: str, *parents: Handle) -> Self:
        """The object of a pointer that `trtx_sys` made: one more owner, or the one that has it already."""
        is_pointer = isinstance(handle, type(ffi.NULL)) and ffi.typeof(handle) is ffi.typeof(f"{c_type} *")
        if not is_pointer or not handle:
            reject("handle", handle, f"a {c_type} * of trtx_sys that is not null")
        for known in live_handles():
            if isinstance(known, cls) and known._ptr == handle:
                return known
        place = new_place(c_type)
        if lib.trtx_retain(handle, place):
            raise failure(cls._error, f"{cls.__name__}.from_handle()")
        return cls._adopt(place, *parents)

    @classmethod
    def _adopt(cls, place: Any, *parents: Handle) -> Self:
        """Make the handle of what a call has just put into a place."""
        handle = cls.__new__(cls)
        handle._take(place, *parents)
        return handle

    def _take(self, place: Any, *parents: Handle) -> None:
        """Become the owner of what is in a place. The parents must outlive this handle; they are kept alive."""
        global _was_used
        self._targets = tuple(dict.fromkeys([*self._targets, *(t for parent in parents for t in parent._targets)]))
        for parent in parents:
            self._depend_on(parent)
            if parent._bridges:
                self._inherit(place, parent)
            _was_used = True
        self._prepare(place[0])
        _live[id(self)] = weakref.ref(self)
        pointer = place[0]
        self.__class__ = self._open_class
        self._ptr = pointer
        self._place = place
        ffi.gc(place, None)  # it is the handle's finalizer that empties the place from now on
        for parent in parents:
            _ = parent._ptr  # one that was closed meanwhile did not find this handle open

    def _prepare(self, pointer: Any) -> None:
        """Set what else the open object needs. The native object goes if this raises."""

    def _depend_on(self, parent: Handle) -> None:
        self._parents = (*self._parents, parent)
        parent._children[id(self)] = weakref.ref(self)
        # Whoever shuts the parent looks for children afterwards, so one of the two finds out.
        _ = parent._ptr

    def _depend_no_more_on(self, parent: Handle) -> None:
        self._parents = tuple(other for other in self._parents if other is not parent)
        parent._children.pop(id(self), None)

    # Calls

    def _label(self) -> str:
        return type(self).__name__

    def _fail(self, what: str, *targets: object) -> NoReturn:
        """Raise for the native call that has just failed on this thread, or what a callback of it raised."""
        # A network's tensors and layers say their own class: "Tensor.name".
        subject = what if what[:1].isupper() else f"{self._label()}.{what}"
        _pending.raise_pending(failure(self._error, subject), *self._targets, *targets)
        raise AssertionError("unreachable")

    def _check(self, status: int, what: str, *targets: object) -> None:
        """Raise if a native call failed, or if a callback raised during it."""
        if status:
            self._fail(what, *targets)
        if _pending.pending:
            _pending.raise_pending(None, *self._targets, *targets)

    def _long(
        self,
        what: str,
        function: Callable[..., R],
        *arguments: Any,
        also: Iterable[Handle] = (),
        alone: Iterable[Handle] = (),
    ) -> R:
        """Make a native call that takes long; this handle, those among the arguments and others are noted meanwhile.

        Handles among the arguments stand for their pointers.
        """
        note = Note(what, (self, *(item for item in arguments if isinstance(item, Handle)), *also), alone)
        try:
            note.__enter__()
            return function(self._ptr, *[item._ptr if isinstance(item, Handle) else item for item in arguments])
        finally:
            note.is_over = True  # a store, before which no interrupt comes
            note.__exit__()

    def _using(self, what: str, *others: Handle) -> Note:
        """A context manager that notes a long call of several steps.

        An interrupt may come between its steps, so the work belongs on a thread of its own: see `interruptible`.
        """
        return Note(what, (self, *others))

    def _long_calls(self) -> list[Note]:
        """The long calls that are using the object."""
        found = []
        for note in list(self._notes):
            if not note.is_over:
                found.append(note)
            else:  # an interrupt left it here
                with suppress(ValueError):  # another thread was faster
                    self._notes.remove(note)
        return found

    def _refuse_change(self, what: str) -> None:
        """Raise if a long call is using the object, or if it is closed; for a change that found notes."""
        _ = self._ptr
        notes = self._long_calls()
        if notes:
            raise busy_error(self, what, notes)

    def _busy(self) -> NoReturn:
        raise busy_error(self, "", self._long_calls())

    def _hand_over(self, key: Any, value: Any, function: Callable[..., int], *arguments: Any) -> int:
        """Call a setter of something that the native object refers to, and keep it alive.

        An interrupt may come out of the call, done or not: it leaves both the former value and the new one alive.
        """
        former = self._keep.get(key, _NOTHING)
        self._keep[key] = (former, value)
        status = function(*arguments)
        if not status:
            self._keep[key] = value
        elif former is _NOTHING:
            self._keep.pop(key, None)
        else:
            self._keep[key] = former
        return status

    # Callbacks

    def _refer_to(
        self, what: str, kind: type[Callback], value: object, call: Callable[[Any], int], *, key: Any = None
    ) -> int:
        """Set a callback, by a call that gets its native side; gives the status of that call.

        An interrupt may come out of the call, done or not: it leaves both the former callback and the new one in use.

        Parameters
        ----------
        what
            Name of the argument or property for people.
        value
            What the user gave; None for none.
        key
            What tells it from others, where the name does not.
        """
        _ = self._ptr
        new = () if value is None else (Bridge(kind, value, what),)
        key = what if key is None else key
        former = self._bridges.get(key, ())
        self._bridges[key] = former + new
        for bridge in new:
            bridge.join(self._place)
        try:
            status = call(new[0].pointer if new else ffi.NULL)
        except Error:  # no call was made
            self._settle(key, former, new)
            raise
        if status:
            self._settle(key, former, new)
        else:
            self._settle(key, new, former)
        return status

    def _settle(self, key: Any, kept: tuple[Bridge, ...], dropped: tuple[Bridge, ...]) -> None:
        """Note which callbacks are in use."""
        for bridge in dropped:  # first, as a bridge must not say that it is in use when it is not kept
            bridge.leave(self._place)
        gone, new = [bridge.target for bridge in dropped], [bridge.target for bridge in kept]
        self._targets = (*(one for one in self._targets if one not in gone and one not in new), *new)
        if kept:
            self._bridges[key] = kept
        else:
            self._bridges.pop(key, None)

    def _inherit(self, place: Any, parent: Handle) -> None:
        """Keep the callbacks that the maker of an object had: the object may call them as well."""
        bridges = tuple(bridge for group in list(parent._bridges.values()) for bridge in group)
        self._bridges[id(parent), "of its maker"] = bridges
        for bridge in bridges:
            bridge.join(place)

    def _callback(self, key: Any) -> Any:
        """What the user set last; None for nothing."""
        _ = self._ptr
        group = self._bridges.get(key)
        return group[-1].value if group else None

    def _depend_instead(
        self, what: str, former: Handle | None, new: Handle | None, function: Callable[..., int]
    ) -> int:
        """Make a long call that sets what this object depends on from then on; gives its status.

        Both are kept alive until it is known which one is in use, so an interrupt may come at any moment.
        """
        if new is not None:
            self._depend_on(new)
        try:
            status = self._long(what, function, ffi.NULL if new is None else new)
        except Error:  # no call was made
            if new is not None:
                self._depend_no_more_on(new)
            raise
        unused = new if status else former
        if unused is not None:
            self._depend_no_more_on(unused)
        return status

    # Life

    def close(self) -> None:
        """Release the native object, after those that depend on it. Closing again does nothing.

        Raises
        ------
        BusyError
            If a native call that takes long, such as a build, is using the object or one that depends on it. Everything
            stays open then.
        """
        if not self._place[0] or was_forked():
            return
        tree: dict[int, tuple[Handle, type[Any]]] = {}
        end = self._end or "by close()"
        with _closing:
            try:
                self._shut_tree(tree)
                for handle, _ in tree.values():
                    notes = handle._long_calls()
                    if notes:
                        raise busy_error(self, "close", notes)
            except BaseException:
                for handle, kind in tree.values():
                    if handle._place[0]:
                        handle.__class__ = kind
                raise
        for handle, _ in tree.values():
            handle._end = end if handle is self else f"with its {self._label()} {end}"
        targets = self._targets
        for handle, _ in reversed(tree.values()):  # children first
            handle._release()
        if _pending.pending:  # a destructor logged or freed memory, and the callback raised
            _pending.raise_pending(None, *targets)

    def wait(self, timeout: Number | None = None) -> Literal[True]:
        """Wait until no call that takes long is using the object, or one that depends on it: then `close` works.

        Such calls go on by themselves where Ctrl-C has interrupted them, until TensorRT-RTX looks whether to stop: in a
        build that may take many seconds.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; 0 just looks. Without it there is no limit.

        Returns
        -------
        True
            It raises otherwise. Also for an object that is closed.

        Raises
        ------
        WaitTimeoutError
            If the object is in use when the time is over; it is a `BusyError` and a `TimeoutError`.
        InvalidArgumentError
            If the timeout is no such number.

        Notes
        -----
        Another thread may begin the next call at once, so this is for objects that only one thread uses. In a callback
        of the very call that it waits for, it would wait for ever.
        """
        limit = None
        if timeout is not None:
            limit = check_float(timeout, "timeout")
            if not 0 <= limit <= threading.TIMEOUT_MAX:
                reject("timeout", timeout, f"a number of seconds from 0 to {threading.TIMEOUT_MAX:.0f}")
            limit += time.monotonic()
        pause = 0.0005
        while True:
            users = [(handle, notes) for handle in self._tree() if (notes := handle._long_calls())]
            if not users:
                return True
            left = pause if limit is None else limit - time.monotonic()
            if left <= 0:
                handle, notes = users[0]
                raise WaitTimeoutError(f"{self._label()}.wait({timeout}): {busy_error(handle, '', notes)}")
            time.sleep(min(pause, left))
            pause = min(2 * pause, 0.02)

    def _shut_tree(self, tree: dict[int, tuple[Handle, type[Any]]]) -> None:
        """Shut this object and all that depend on it; notes their classes, every parent before its children."""
        tree[id(self)] = tree.pop(id(self), (self, type(self)))  # behind all its parents, if it has several
        self.__class__ = SHUT[self._open_class]
        for child in self._living_children():
            child._shut_tree(tree)

    def _tree(self) -> list[Handle]:
        """This object and all that depend on it."""
        return [self, *(one for child in self._living_children() for one in child._tree())]

    def _living_children(self) -> list[Handle]:
        """Children that are not collected yet, youngest last."""
        alive = (reference() for reference in list(self._children.values()))
        return [child for child in alive if child is not None]

    def _release(self) -> None:
        """End the native object, and let go of what was kept for it."""
        lib.trtx_release(self._place)
        self._let_go()

    def _let_go(self) -> None:
        """Drop what was kept for the native object, which is gone."""
        self._keep.clear()  # not a new one: contexts have it in a tuple too
        if self._bridges:
            bridges = [bridge for group in self._bridges.values() for bridge in group]
            self._bridges = {}
            gone = [bridge.target for bridge in bridges]
            self._targets = tuple(target for target in self._targets if target not in gone)
            for bridge in bridges:
                bridge.leave(self._place)
        _live.pop(id(self), None)
        for parent in self._parents:
            parent._children.pop(id(self), None)
        self._parents = ()

    def __enter__(self) -> Self:
        _ = self._ptr  # raises where it is closed
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if not self._is_shut:
                self._end = "at the end of a with block"
            self.close()
        except BusyError as busy:
            self._end = ""
            if exc_value is None:
                raise
            # An interrupted call may still be using the object, which goes when that has ended.
            _pending.add_note(exc_value, f"trtx: {busy}")

    def __del__(self) -> None:
        try:
            place = self._place
        except AttributeError:  # an interrupt came while it was being made
            return
        if SHUT is None:  # the end of a frozen program may clear modules first; the place releases the native object
            return
        # No call before that of C, so no interrupt either.
        self.__class__ = SHUT[self._open_class]
        before = [*_pending.pending]
        try:
            try:
                lib.trtx_release(place)
            finally:
                self._let_go()
            if _pending.pending:  # what its destructor's callbacks raised has no other place to go
                _pending.report_since(before, f"the finalizer of {type(self).__name__}")
        except KeyboardInterrupt:
            interrupt_again()
        except BaseException as error:
            _pending.report(error, f"the finalizer of {type(self).__name__}")

    def __repr__(self) -> str:
        if self._is_shut:
            return f"<trtx.{type(self).__name__} (closed)>"
        try:
            details = self._details()
        except Exception as error:  # a repr must not raise
            details = f"unreadable: {error}"
        return f"<trtx.{type(self).__name__}{' ' if details else ''}{details}>"

    def _details(self) -> str:
        return ""


def live_handles() -> list[Handle]:
    """Every open handle of this process."""
    alive = (reference() for reference in list(_live.values()))
    return [handle for handle in alive if handle is not None and not handle._is_shut]


def interrupt_again() -> None:
    """Let an interrupt that came in a finalizer, which no exception leaves, come once more when that is over."""
    # From another thread, which runs later: by this one, it would come out of the finalizer again.
    with suppress(RuntimeError):  # none can be started when the process ends
        _thread.start_new_thread(_thread.interrupt_main, ())


# Fork: TensorRT-RTX's threads and locks exist in the parent alone, so no native object may be touched in the child. The
# shim forgets them all there; what is left to do is to shut the handles.

#: Whether anything of the native library was ever made; loggers by themselves survive.
_was_used = False


def _after_fork_in_child() -> None:
    global _closing
    _closing = threading.RLock()  # another thread may have had it
    if _was_used:
        mark_forked()
        for handle in live_handles():
            handle.__class__ = SHUT[handle._open_class]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
