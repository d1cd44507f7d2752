"""Calls under way that hold no lock: found in the frames of the threads that make them.

A trivial getter is ``return lib.trtx_x_get_y(self._ptr)``. Noting that the object is in use would cost more than the
call itself, so nothing is noted, and another thread could destroy the object while the native getter reads it. Whoever
destroys pays instead:

1. It empties the objects: a call that begins later raises `ClosedError`.
2. It looks through the stacks of the other threads for functions of this package that hold one of the objects: no
   others can still have its pointer. Only frames of that moment count, as later ones find the object empty.
3. It waits until those have returned.

On its own stack it cannot wait for them: user code that such a function called (a callback, a conversion) wants to
close the object under it, and is refused.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from types import CodeType, FrameType
from typing import TypeVar

#: Seconds that calls under way get to return; a getter takes microseconds.
LIMIT = 10.0

_LONGEST_NAP = 0.005

_PACKAGE = "trtx."
#: User code that this module calls may be a function of the package again, such as ``close`` itself.
_TRAMPOLINES = "trtx._core.callbacks"
#: Between functions of the package that use context managers.
_BETWEEN = "contextlib"
_PASSAGES: set[CodeType] = set()

_look = threading.RLock()
#: Whether collections are to be enabled again after a look.
_collects = False
#: Flag of the code of functions, ``inspect.CO_OPTIMIZED``.
_IS_FUNCTION = 1

T = TypeVar("T")


def call_beneath(objects: Collection[object], having: str | None = None) -> str | None:
    """Name of a function of this package that uses one of the objects and led to the user code that runs now.

    With ``having``, only a function in which a local variable of that name has a value.
    """
    wanted = {id(thing) for thing in objects}
    for frame in _frames_beneath(sys._getframe(1)):
        if (
            frame.f_code not in _PASSAGES
            and (having is None or (having in frame.f_code.co_varnames and frame.f_locals.get(having) is not None))
            and _is_any_of(_values(frame), wanted)
        ):
            return _name(frame)
    return None


def is_idle(thread: int) -> bool:
    """Whether a thread is in no call of this package; the thread that asks, in none beneath the call that asks."""
    if thread == threading.get_ident():
        return all(_module(frame) == _BETWEEN for frame in _frames_beneath(sys._getframe(1)))
    idle = True

    def look(stacks: dict[int, FrameType]) -> None:
        nonlocal idle
        idle = not any(_module(frame).startswith(_PACKAGE) for frame in _outwards(stacks.get(thread)))

    _look_at_stacks(look)
    return idle


def _frames_beneath(innermost: FrameType) -> Iterator[FrameType]:
    """Frames of this package, and between them, that led to the user code which made the call that asks."""
    outside = False
    for frame in _outwards(innermost):
        module = _module(frame)
        if module == _TRAMPOLINES or not (module.startswith(_PACKAGE) or module == _BETWEEN):
            outside = True
        elif outside:
            yield frame


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, the one that called it, and so on."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__") or ""


def is_within_call() -> bool:
    """Whether a function of this package led to the callback that runs now; else a thread of the library did."""
    in_callback = False
    for frame in _outwards(sys._getframe(1)):
        module = _module(frame)
        if module == _TRAMPOLINES:
            in_callback = True
        elif in_callback and module.startswith(_PACKAGE):
            return True
    return False


def call_of_another(objects: Collection[object]) -> str | None:
    """Name of a function of this package in which another thread uses one of the objects."""
    calls = _calls_of_others({id(thing) for thing in objects})
    return _name(calls[-1][1]) if calls else None


def wait_for_calls(objects: Collection[object]) -> str | None:
    """Wait until the calls of other threads that use one of these emptied objects have returned.

    Returns
    -------
    str or None
        Name of a function that has not within `LIMIT`; None where all have.
    """
    calls = _calls_of_others({id(thing) for thing in objects})
    deadline = time.monotonic() + LIMIT
    nap = 0.0
    while calls:
        if time.monotonic() > deadline:
            return _name(calls[0][1])
        time.sleep(nap)
        nap = min(nap + 0.0002, _LONGEST_NAP)
        calls = _still_running(calls)
    return None


def _calls_of_others(wanted: set[int]) -> list[tuple[int, FrameType]]:
    found: list[tuple[int, FrameType]] = []
    kept: list[object] = []

    def look(stacks: dict[int, FrameType]) -> None:
        for thread, top in stacks.items():
            for frame in _outwards(top):
                if _module(frame).startswith(_PACKAGE):
                    values = _values(frame)
                    kept.append(values)
                    if _is_any_of(values, wanted):
                        found.append((thread, frame))

    _look_at_stacks(look)
    # What the other threads have dropped meanwhile ends here, with whatever finalizers do, and not above.
    kept.clear()
    return found


def _still_running(calls: list[tuple[int, FrameType]]) -> list[tuple[int, FrameType]]:
    running: set[FrameType] = set()

    def look(stacks: dict[int, FrameType]) -> None:
        for thread in {thread for thread, _ in calls}:
            running.update(_outwards(stacks.get(thread)))

    _look_at_stacks(look)
    return [call for call in calls if call[1] in running]


def _look_at_stacks(look: Callable[[dict[int, FrameType]], None]) -> None:
    """Show a function the innermost frame of each other thread.

    Until Python 3.12, the interpreter does not expect other code to run while it makes frames and dictionaries of their
    variables. So there is one look at a time, and no collection meanwhile. This is no generator: one that an interrupt
    left in the middle would keep the lock for as long as the exception is alive.
    """
    if not hasattr(sys, "_current_frames"):
        return
    global _collects
    with _look:
        collects = gc.isenabled()
        try:
            _collects = collects
            gc.disable()
            frames = sys._current_frames()
            frames.pop(threading.get_ident(), None)  # this very frame: the two would refer to each other
            look(frames)
        finally:
            if collects:
                gc.enable()
            _collects = False


def renew() -> None:
    """Forget a look that another thread was taking when this process was forked."""
    global _look
    _look = threading.RLock()
    if _collects:
        gc.enable()


def _values(frame: FrameType) -> list[object]:
    """Values of a function's local variables."""
    if not frame.f_code.co_flags & _IS_FUNCTION:  # the variables of a module are not this thread's alone
        return []
    variables = frame.f_locals
    values = list(variables.values())
    if type(variables) is dict and frame.f_trace is None:  # a debugger writes them back
        # Before Python 3.13 it stays with the frame: it would keep the values alive, and the next look would end them.
        variables.clear()
    return values


def _is_any_of(values: list[object], wanted: set[int]) -> bool:
    for value in values:
        if id(value) in wanted:
            return True
        if type(value) in (list, tuple) and any(id(item) in wanted for item in list(value)):  # type: ignore[call-overload]
            return True
    return False


def passage(function: Callable[..., T]) -> Callable[..., T]:
    """Mark a function that uses its object only through others, so that user code between them may do as it likes."""
    _PASSAGES.add(function.__code__)
    return function


def _name(frame: FrameType) -> str:
    return str(getattr(frame.f_code, "co_qualname", frame.f_code.co_name))
