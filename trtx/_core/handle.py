"""Handles: the Python side of native objects, and the rules of their lives.

- A handle owns its native object until it is closed: by ``close()``, at the end of ``with``, or when it is collected.
- A child holds its parents, so Python cannot collect a parent first. In a reference cycle the collector may run the
  finalizers in any order; then the parent waits as an orphan, and its last child releases it.
- Closing a parent closes its open children first.
- A handle that a native call is using cannot be closed: `BusyError`. Getters, which take no time, are waited for: see
  `_readers`; so is the end of a child in another thread.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from trtx_sys._ffi import ffi

from . import native as _native
from . import pending as _pending
from . import readers as _readers
from .errors import BusyError, ClosedError, Error, failure
from .native import (
    Native,
    empty_class,
    give_back,
    has_pointer,
    interrupt_again,
    only_refuses,
    take_pointer,
    was_forked,
)
from .turns import NO_TURN, Token, Turns, Use

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

H = TypeVar("H", bound="Handle")

#: Handles without parents, by identity: from them all others can be reached.
_roots: dict[int, weakref.ref[Handle]] = {}

#: Whether anything of the native library was ever made: its threads and locks may stay when all of that has gone.
_used = False

#: Seconds between two looks at what another thread is about to end.
_NAP = 0.0001

#: What a handle had not kept before.
_NOTHING = object()


class Doomed:
    """A native object that is to be destroyed, in a box from which one call takes it; an interrupt brings it back."""

    __slots__ = ("box", "pointer")

    def __init__(self, pointer: Any, box: list[Doomed] | None) -> None:
        self.pointer = pointer
        self.box = box

    def __del__(self) -> None:
        box = getattr(self, "box", None)
        # The cycle collector calls this while it is in its box.
        if box is not None and self not in box:
            box.append(Doomed(self.pointer, box))


class Handle(Turns):
    """A native object that Python owns.

    Parameters
    ----------
    pointer
        The native object. Whoever makes the handle gives it away.
    *parents
        Handles that must outlive this one; they are kept alive.
    """

    __slots__ = ("_children", "_is_gone", "_keep", "_orphan", "_parents", "_source", "_targets")

    #: C function that destroys the native object; None where a parent does.
    _destroy: ClassVar[Any] = None
    #: Exception for failures that the status does not explain.
    _error: ClassVar[type[Error]] = Error

    _parents: tuple[Handle, ...]
    _children: dict[int, weakref.ref[Handle]]
    _keep: dict[Any, Any]
    #: The native object, while it is to be destroyed as soon as the last child has gone.
    _orphan: list[Doomed]
    #: Whether it has been destroyed.
    _is_gone: bool
    #: Where the pointer was before.
    _source: Any
    #: Callback targets whose exceptions the calls of this handle raise: its own, and those of its parents.
    _targets: tuple[object, ...]

    def __new__(cls, *_: object, **__: object) -> Self:
        # Empty until _setup: an object whose __init__ did not get that far is like a closed one.
        handle: Self = object.__new__(empty_class(cls))
        handle._users, handle._turn, handle._children = [], [], {}
        handle._source = None
        return handle

    @only_refuses
    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError(f"{type(self).__name__} objects cannot be made directly. {self._how_to_make()}")

    def _how_to_make(self) -> str:
        return "Use the method of the object that they belong to."

    def _setup(self, pointer: Any, *parents: Handle) -> None:
        global _used
        source, null = self._source, ffi.NULL
        self._orphan = []
        self._is_gone = False
        self._children = {}
        self._keep = {}
        self._users = []
        reference = weakref.ref(self)
        self._turn = [Token(reference, self._token_value(pointer))]
        self._parents = parents
        self._targets = tuple(dict.fromkeys(target for parent in parents for target in parent._targets))
        if not parents:
            _roots[id(self)] = reference
        try:
            for parent in parents:
                _used = True
                parent._children[id(self)] = reference
            self.__class__ = self._filled_class
            # Python lets no interrupt in between these, as there is no call among them: the pointer has one owner.
            self._ptr = pointer
            if source is not None:
                source[0] = null
        except BaseException:
            for parent in parents:
                parent._children.pop(id(self), None)
            raise

    def _token_value(self, pointer: Any) -> Any:
        """What a call that has the turn needs."""
        return None

    @classmethod
    def _adopt(cls, source: Any, *parents: Handle) -> Self:
        """Make a handle for a native object that has just been created, and take it out of where the call put it."""
        handle = cls.__new__(cls)
        handle._source = source
        handle._setup(source[0], *parents)
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

    def _made(
        self,
        adopt: Callable[[Any], H],
        what: str,
        c_type: str,
        function: Callable[..., int],
        *arguments: Any,
        refuse: Callable[[], NoReturn] | None = None,
    ) -> H:
        """Call a C function that makes an object, and adopt that. An exception of any kind leaves nothing behind.

        Ctrl-C during a native call comes out when that returns, so it may come with an object that nobody has yet.
        """
        result = ffi.new(f"{c_type} **")
        made = None
        try:
            status = function(*arguments, result)
            if result[0]:
                made = adopt(result)
            if status and refuse is not None:
                refuse()
            self._check(status, what)
        except BaseException as error:
            try:
                if result[0]:  # an interrupt came before it was adopted
                    made = adopt(result)
                if made is not None:
                    made.close()
            except Exception as other:
                _pending.add_note(error, f"trtx: what had been made could not be closed in an orderly way: {other!r}")
            raise
        assert made is not None
        return made

    def _hand_over(self, key: Any, value: Any, function: Callable[..., int], *arguments: Any) -> int:
        """Call a setter of something that the native object holds on to, and keep it alive.

        An interrupt may come out of the call, done or not: it leaves both the former value and the new one alive.
        """
        former = self._keep.get(key, _NOTHING)
        self._keep[key] = (former, value)
        status = function(*arguments)
        if not status:
            self._keep[key] = value
        elif former is _NOTHING:
            del self._keep[key]
        else:
            self._keep[key] = former
        return status

    def _made_child(self, kind: type[H], what: str, c_type: str, function: Callable[..., int], *arguments: Any) -> H:
        """`_made`, for an object that depends on this one."""
        return self._made(lambda source: kind._adopt(source, self), what, c_type, function, *arguments)

    def _change_parent(
        self, former: Handle | None, new: Handle | None, function: Callable[..., int], *arguments: Any
    ) -> int:
        """Call a setter of something that this object depends on from then on: it is closed before that.

        An interrupt may come out of the call, done or not: it leaves the object depending on both.
        """
        if new is not None and new is not former:
            self._parents = (*self._parents, new)
            new._children[id(self)] = weakref.ref(self)
        status = function(*arguments)
        dropped = new if status else former
        if dropped is not None and new is not former:
            self._parents = tuple(parent for parent in self._parents if parent is not dropped)
            dropped._children.pop(id(self), None)
        return status

    # Life

    @_readers.passage
    def close(self) -> None:
        """Release the native object, after those that depend on it. Closing again does nothing.

        Raises
        ------
        BusyError
            If a native call that takes long, such as a build, is using the object or one that depends on it, or a call
            that led to this one. Everything stays open then. Other calls of other threads are waited for.
        """
        deadline = time.monotonic() + _readers.LIMIT
        while has_pointer(self):
            try:
                return self._close()
            except ClosedError:  # another thread was faster
                if has_pointer(self):
                    raise
            except BusyError as busy:
                if not busy._is_brief or time.monotonic() > deadline or _readers.call_beneath(self._tree({}).values()):
                    raise
                time.sleep(_NAP)
        return None

    def _close(self) -> None:
        with self._exclusive_tree("close") as turns:
            emptied: dict[int, tuple[Native, list[Doomed]]] = {}
            found: list[Native] = []
            try:
                found = self._empty_tree(turns, emptied)
            finally:
                # A second time what an interrupt left.
                try:
                    _settle(found, emptied)
                finally:
                    _settle(found, emptied)
        if _pending.pending:  # a destructor logged, and the sink raised
            _pending.raise_pending(None, *self._targets)

    def _empty_tree(self, turns: _Taken, emptied: dict[int, tuple[Native, list[Doomed]]]) -> list[Native]:
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
                # Noted first: an interrupt must not find it empty and forgotten.
                box: list[Doomed] = []
                try:
                    box.append(Doomed(native._ptr, box if isinstance(native, Handle) else None))
                except ClosedError:  # its finalizer runs on another thread, and is waited for below
                    continue
                emptied[id(native)] = native, box
                take_pointer(native)
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
    def _exclusive_tree(self, what: str) -> Iterator[_Taken]:
        """Keep every other call out of this object and of all that depend on it; give their turns."""
        taken: _Taken = {}
        try:
            self._take_all_turns(what, taken)
            yield taken
        finally:
            while taken:
                taken.popitem()[1].end()

    def _take_all_turns(self, what: str, taken: _Taken) -> None:
        if id(self) not in taken:  # it may depend on several of the others
            taken[id(self)] = self._use_alone(what)[0]
        ending = self._take_turns_of_children(what, taken)
        while ending is not None:
            self._await_end(what, *ending)
            ending = self._take_turns_of_children(what, taken)

    def _take_turns_of_children(self, what: str, taken: _Taken) -> tuple[str, weakref.ref[Handle]] | None:
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

    def _release(self, box: list[Doomed]) -> None:
        """Destroy the native object once, then let go of what it needed. Doing it again ends what was interrupted."""
        if has_pointer(self):
            box[:] = [Doomed(self._ptr, box)]
            take_pointer(self)
        self._end(box)

    def _end(self, box: list[Doomed]) -> None:
        """Destroy a native object whose pointer was taken, now or when the last child has gone.

        Children that are open were closed before. What is left is being collected: its finalizer is running on another
        thread, or comes next on this one, as the cycle collector calls finalizers in any order.
        """
        self._orphan = box
        self._turn.clear()
        self._turn = NO_TURN
        self._end_if_childless()

    def _end_if_childless(self) -> None:
        if self._children or was_forked():
            return
        try:
            doomed = self._orphan.pop()
        except IndexError:  # not to be destroyed, or another thread was faster, or an interrupt came before _leave()
            if self._is_gone:
                self._leave()
            return
        try:
            self._before_destroy()
            destroy, pointer = type(self)._destroy, doomed.pointer
        except BaseException:
            self._orphan.append(doomed)
            raise
        try:
            if destroy is not None:
                destroy(pointer)  # the one step here in which an interrupt can come: when it returns
        finally:
            doomed.box = None
            self._is_gone = True
            self._leave()

    def _leave(self) -> None:
        """Let go of everything, the native object being gone."""
        self._let_go()
        _roots.pop(id(self), None)
        for parent in self._parents:
            parent._children.pop(id(self), None)
            parent._end_if_childless()
        self._parents = ()

    def _before_destroy(self) -> None:
        """Whatever must end before the native object does."""

    def _let_go(self) -> None:
        """Drop what was kept for the native object, which is gone."""
        self._keep.clear()

    def _disown(self) -> None:
        """Forget the native object without touching it: for a forked child."""
        take_pointer(self)
        self._turn.clear()
        self._turn = NO_TURN

    def __enter__(self) -> Self:
        _ = self._ptr  # raises where it is closed
        return self

    @_readers.passage
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
            box: list[Doomed] = []
            try:
                self._release(box)
            finally:
                self._release(box)
            if _pending.pending:  # what its destructor's callbacks raised has no other place to go
                _pending.report_since(before, f"the finalizer of {type(self).__name__}")
        except KeyboardInterrupt:
            interrupt_again()
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


#: What a call has the turns of several handles by, by the identity of these.
_Taken = dict[int, Use]


def _settle(found: list[Native], emptied: dict[int, tuple[Native, list[Doomed]]]) -> None:
    """End the emptied objects in the order in which they were found; give them back if they were not all found."""
    for native in found:
        if id(native) in emptied:
            if isinstance(native, Handle):  # others go with their owner
                native._end(emptied[id(native)][1])
            emptied.pop(id(native), None)
    for key, (native, box) in list(emptied.items()):
        box[0].box = None
        give_back(native, box[0].pointer)
        emptied.pop(key, None)


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


def _after_fork_in_child() -> None:
    """Empty every handle without touching its native object: that one's threads and locks exist in the parent alone."""
    _readers.renew()
    if not _used:  # loggers by themselves survive
        return
    _native.mark_forked()
    from . import interruptible as _interruptible  # noqa: F401  its exit hook is needed now, also where nothing was ever built

    for handle in live_handles():
        handle._disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
