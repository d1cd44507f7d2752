"""Handles: the Python side of native objects, and the rules of their lives.

- A handle owns its native object until it is closed: by ``close()``, at the end of ``with``, or when it is collected.
- A child holds its parents, so Python cannot collect a parent first. In a reference cycle the collector may run the
  finalizers in any order; then the parent waits as an orphan, and its last child releases it.
- Closing a parent closes its open children first.
- A closed handle changes its class to one whose ``_ptr`` raises `ClosedError`, so the usual path needs no test.
- A handle that a native call is using cannot be closed: `BusyError`. Getters, which take no time, are waited for: see
  `_readers`.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from . import _pending, _readers
from ._errors import BusyError, ClosedError, Error, UnsupportedError, failure

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

#: Handles without parents, by identity: from them all others can be reached.
_roots: dict[int, weakref.ref[Handle]] = {}

#: Seconds between two looks at what another thread is about to end.
_NAP = 0.0001


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
        made: Self = object.__new__(_empty_class(cls))
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
        _set_class(native, _empty_class(type(native)))
        _pointer_slot.__delete__(native)
    except AttributeError:
        return None
    return pointer


def closed_error(native: Native) -> ClosedError:
    """The error for a use of an object without its native one."""
    fork = f"; {_FORK}" if _forked else ""
    return ClosedError(native._closed_text() + fork)


def _give_back(native: Native, pointer: Any) -> None:
    """Undo `take_pointer`."""
    _pointer_slot.__set__(native, pointer)
    _set_class(native, type(native)._filled_class)


@contextmanager
def destroying(native: Native, what: str) -> Iterator[Any]:
    """Take an object's pointer while the native object is destroyed; an exception brings it back.

    Calls of other threads that may still use the pointer are waited for.
    """
    pointer = take_pointer(native)
    if pointer is None:
        raise closed_error(native)
    try:
        user = _readers.wait_for_calls([native])
        if user is not None:
            raise BusyError(f"{what}: the object is in use by {user}; wait until that has returned")
        yield pointer
    except BaseException:
        _give_back(native, pointer)
        raise


def _empty_class(kind: type[Any]) -> type[Any]:
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


class Handle(Native):
    """A native object that Python owns.

    Parameters
    ----------
    pointer
        The native object. Whoever makes the handle gives it away.
    *parents
        Handles that must outlive this one; they are kept alive.
    """

    __slots__ = ("_children", "_keep", "_orphan", "_parents", "_targets", "_turn", "_users")

    #: C function that destroys the native object; None where a parent does.
    _destroy: ClassVar[Any] = None
    #: Exception for failures that the status does not explain.
    _error: ClassVar[type[Error]] = Error

    _parents: tuple[Handle, ...]
    _children: dict[int, weakref.ref[Handle]]
    _keep: dict[Any, Any]
    #: Pointer of a native object that goes when the last child has gone.
    _orphan: list[Any]
    #: Callback targets whose exceptions the calls of this handle raise: its own, and those of its parents.
    _targets: tuple[object, ...]
    _turn: list[Any]
    _users: list[str]

    def __new__(cls, *_: object, **__: object) -> Self:
        # Empty until _setup: an object whose __init__ did not get that far is like a closed one.
        handle: Self = object.__new__(_empty_class(cls))
        handle._users, handle._turn, handle._children = [], [], {}
        return handle

    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError(f"{type(self).__name__} objects cannot be made directly. {self._how_to_make()}")

    def _how_to_make(self) -> str:
        return "Use the method of the object that they belong to."

    def _setup(self, pointer: Any, *parents: Handle) -> None:
        global _used
        self._orphan = []
        self._children = {}
        self._keep = {}
        self._users = []
        self._turn = [None]
        self._parents = parents
        self._targets = tuple(dict.fromkeys(target for parent in parents for target in parent._targets))
        reference = weakref.ref(self)
        if parents:
            _used = True
            for parent in parents:
                parent._children[id(self)] = reference
        else:
            _roots[id(self)] = reference
        self.__class__ = self._filled_class
        self._ptr = pointer

    @classmethod
    def _adopt(cls, pointer: Any, *parents: Handle) -> Self:
        """Make a handle for a native object that has just been created."""
        handle = cls.__new__(cls)
        handle._setup(pointer, *parents)
        return handle

    # Calls

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

    def _label(self) -> str:
        return type(self).__name__

    # Two lists that threads may touch at any time, by operations that the interpreter does not interrupt: a call that
    # changes the object takes the one token out of _turn, a call that reads it long puts its name into _users. Each
    # then looks at the other list, so that of two calls that do not go together at least one steps back.

    @contextmanager
    def _exclusive(self, what: str) -> Iterator[Any]:
        """Keep every other call that changes this object or reads it long out, and `close` too."""
        token = self._take_turn(what)
        self._users.append(what)
        try:
            yield token
        finally:
            self._users.remove(what)
            self._turn.append(token)

    @contextmanager
    def _shared(self, what: str) -> Iterator[None]:
        """Keep `close` and changes out while a native call reads this object; other readers may run beside it."""
        self._users.append(what)
        try:
            if not self._turn:
                raise self._busy_error(what, own=1)
            yield
        finally:
            self._users.remove(what)

    def _take_turn(self, what: str) -> Any:
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_turn(what)
        if self._users:
            error = self._busy_error(what)
            self._turn.append(token)
            raise error
        return token

    def _await_turn(self, what: str) -> Any:
        """Get the turn, which another call has, or raise `BusyError`; as a rule nobody waits."""
        raise self._busy_error(what) from None

    def _busy_error(self, what: str, own: int = 0) -> BusyError:
        if not has_pointer(self):
            raise closed_error(self) from None
        return self._in_use(what, " and ".join(self._users[: len(self._users) - own]) or "another call")

    def _in_use(self, what: str, users: str) -> BusyError:
        return BusyError(f"{self._label()}.{what}: the object is in use by {users}; wait until that has returned")

    # Life

    def close(self) -> None:
        """Release the native object, after those that depend on it. Closing again does nothing.

        Raises
        ------
        BusyError
            If a native call is using the object or one that depends on it. Everything stays open then.
        """
        if not has_pointer(self):
            return
        try:
            self._close()
        except ClosedError:  # another thread was faster
            if has_pointer(self):
                raise

    def _close(self) -> None:
        with self._exclusive_tree("close") as turns:
            emptied: dict[int, tuple[Native, Any]] = {}
            try:
                found = self._empty_tree(turns, emptied)
            except BaseException:
                for native, pointer in emptied.values():
                    _give_back(native, pointer)
                raise
            handles = [native for native in found if isinstance(native, Handle) and id(native) in emptied]
            rest = iter([(handle, emptied[id(handle)][1]) for handle in handles])
            try:
                _end_all(rest)
            finally:
                _end_all(rest)  # what an interrupt left
        if _pending.pending:  # a destructor logged, and the sink raised
            _pending.raise_pending(None, *self._targets)

    def _empty_tree(self, turns: dict[int, tuple[Handle, Any]], emptied: dict[int, tuple[Native, Any]]) -> list[Native]:
        """Take the pointers of this object and of all that depend on it, until no call can have one of them any more.

        Gives the objects in the order of their ends.
        """
        found = self._tree({})
        what = _readers.call_beneath(found.values())
        while what is None:
            fresh = [native for native in found.values() if has_pointer(native)]
            if not fresh:
                return list(found.values())
            for native in fresh:
                emptied[id(native)] = native, take_pointer(native)
            what = _readers.wait_for_calls(fresh)
            # A call that is over by now may have made another dependent object.
            self._take_all_turns("close", turns)
            found = self._tree({})
        raise self._in_use("close", what)

    def _tree(self, found: dict[int, Native]) -> dict[int, Native]:
        """This object and all that depend on it, in the order of their ends."""
        for child in self._living_children():
            if id(child) not in found:
                child._tree(found)
        for native in self._dependents():
            found[id(native)] = native
        found[id(self)] = self
        return found

    def _dependents(self) -> Iterable[Native]:
        """Living objects whose native ones this one owns."""
        return ()

    @contextmanager
    def _exclusive_tree(self, what: str) -> Iterator[dict[int, tuple[Handle, Any]]]:
        """Keep every other call out of this object and of all that depend on it; give their turns."""
        taken: dict[int, tuple[Handle, Any]] = {}
        try:
            self._take_all_turns(what, taken)
            yield taken
        finally:
            for handle, token in taken.values():
                if has_pointer(handle):
                    handle._turn.append(token)

    def _take_all_turns(self, what: str, taken: dict[int, tuple[Handle, Any]]) -> None:
        if id(self) not in taken:  # it may depend on several of the others
            taken[id(self)] = (self, self._take_turn(what))
        ending = self._take_turns_of_children(what, taken)
        while ending is not None:
            self._await_end(what, *ending)
            ending = self._take_turns_of_children(what, taken)

    def _take_turns_of_children(
        self, what: str, taken: dict[int, tuple[Handle, Any]]
    ) -> tuple[str, weakref.ref[Handle]] | None:
        """Take the turns of all that depend on this object; give a child that another call is about to destroy."""
        for child in self._living_children():
            try:
                child._take_all_turns(what, taken)
            except ClosedError:
                reference = self._children.get(id(child))
                # One that waits for its own last child ends this object too: see _end_if_childless.
                if reference is not None and not child._orphan:
                    if _readers.call_beneath([child]):
                        raise self._in_use(what, f"{child._label()}.close") from None
                    return child._label(), reference
        return None

    def _await_end(self, what: str, label: str, reference: weakref.ref[Handle]) -> None:
        """Wait until another thread has destroyed a child: its finalizer may run on any thread.

        No frame that stays may hold the child here, as who closes it waits for all that do.
        """
        deadline = time.monotonic() + _readers.LIMIT
        while self._is_ending(reference):
            if time.monotonic() > deadline:
                raise self._in_use(what, f"{label}.close")
            time.sleep(_NAP)

    def _is_ending(self, reference: weakref.ref[Handle]) -> bool:
        child = reference()
        return child is not None and self._children.get(id(child)) is reference and not has_pointer(child)

    def _living_children(self) -> list[Handle]:
        """Children that are not collected yet, youngest first: the last may depend on those before."""
        alive = (reference() for reference in reversed(list(self._children.values())))
        return [child for child in alive if child is not None]

    def _release(self) -> None:
        """Destroy the native object once, then let go of what it needed."""
        pointer = take_pointer(self)
        if pointer is not None:
            self._end(pointer)

    def _end(self, pointer: Any) -> None:
        """Destroy a native object whose pointer was taken, now or when the last child has gone.

        Children that are open were closed before. What is left is being collected: its finalizer is running on another
        thread, or comes next on this one, as the cycle collector calls finalizers in any order.
        """
        self._turn.clear()
        self._orphan.append(pointer)
        self._end_if_childless()

    def _end_if_childless(self) -> None:
        if self._children or _forked:
            return
        try:
            pointer = self._orphan.pop()
        except IndexError:  # not to be destroyed, or another thread was faster
            return
        try:
            self._before_destroy()
            if self._destroy is not None:
                type(self)._destroy(pointer)
        finally:
            self._let_go()
            parents, self._parents = self._parents, ()
            _roots.pop(id(self), None)
            for parent in parents:
                parent._children.pop(id(self), None)
                parent._end_if_childless()

    def _before_destroy(self) -> None:
        """Whatever must end before the native object does."""

    def _let_go(self) -> None:
        """Drop what was kept for the native object, which is gone."""
        self._keep.clear()

    def _disown(self) -> None:
        """Forget the native object without touching it: for a forked child."""
        take_pointer(self)
        self._turn.clear()

    def __enter__(self) -> Self:
        _ = self._ptr  # raises where it is closed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except BusyError as busy:
            if error is None:
                raise
            # An interrupted call may still be using the object, which goes when that has ended.
            _pending.add_note(error, f"trtx: {busy}")

    def __del__(self) -> None:
        try:
            if not has_pointer(self):
                return
            before = list(_pending.pending)
            self._release()
            if _pending.pending:  # what its destructor's callbacks raised has no other place to go
                _pending.report_since(before, f"the finalizer of {type(self).__name__}")
        except BaseException as error:
            _pending.report(error, f"the finalizer of {type(self).__name__}")

    def __repr__(self) -> str:
        if not has_pointer(self):
            return f"<trtx.{type(self).__name__} (closed)>"
        try:
            details = self._details()
        except Exception as error:  # a repr must not raise
            details = f"unreadable: {error}"
        return f"<trtx.{type(self).__name__}{' ' if details else ''}{details}>"

    def _details(self) -> str:
        return ""


def _end_all(rest: Iterator[tuple[Any, Any]]) -> None:
    for handle, pointer in rest:
        handle._end(pointer)


def live_handles() -> list[Handle]:
    """Every open handle of this process."""
    found: list[Handle] = []
    waiting = [reference() for reference in list(_roots.values())]
    seen: set[int] = set()
    while waiting:
        handle = waiting.pop()
        if handle is None or id(handle) in seen:
            continue
        seen.add(id(handle))
        if has_pointer(handle):
            found.append(handle)
        waiting += [reference() for reference in list(handle._children.values())]
    return found


#: Whether anything of the native library was ever made: its threads and locks may stay when all of that has gone.
_used = False
_forked = False
_FORK = (
    "this process was forked from one that used TensorRT-RTX, which does not survive fork(); start it with the 'spawn' "
    "method instead (multiprocessing.get_context('spawn'))"
)


def was_forked() -> bool:
    """Whether this process was forked from one that had used the native library."""
    return _forked


def refuse_after_fork() -> None:
    """Raise in a process that was forked after the native library had been used."""
    if _forked:
        raise UnsupportedError(_FORK)


def _after_fork_in_child() -> None:
    """Empty every handle without touching its native object: that one's threads and locks exist in the parent alone."""
    global _forked
    if not _used:  # loggers by themselves survive
        return
    _forked = True
    from . import _interruptible  # noqa: F401  its exit hook is needed now, also where nothing was ever built

    for handle in live_handles():
        handle._disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
