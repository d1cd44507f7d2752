"""Long native calls that Ctrl-C can end.

Python runs signal handlers on the main thread, between two steps of Python code; a native call has none, and
TensorRT-RTX offers to stop far too seldom (one step of a build can take many seconds). So the main thread lets another
thread make the call, and waits where a signal can reach it:

1. An exception of a signal handler, such as `KeyboardInterrupt`, first asks the call to stop.
2. A call that stops within a moment is over when the exception comes out.
3. One that does not is left alone: the exception comes out now, the objects of the call stay in use until it returns,
   and its result is dropped.
4. If the process ends before that, it ends without taking the library apart under the running call.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from . import pending as _pending
from .errors import Error
from .process import running

T = TypeVar("T")

#: Seconds that a call gets to stop after an interrupt, before the interrupt goes on without it.
_GRACE = 0.5

#: How often the waiting thread looks for signals where a wait cannot be interrupted (Windows).
_POLL = 0.1


def run(work: Callable[[], T], stop: Callable[[], None], what: str) -> T:
    """Do long native work so that signal handlers of Python run meanwhile.

    Parameters
    ----------
    work
        Makes the native call and checks its outcome. It takes the locks of its objects by itself, as it may outlive
        this function, and it finds the caller's context variables.
    stop
        Asks the native call to end soon; called when a signal handler raised.
    what
        Name of the work for people.
    """
    job = _Job(work)
    if threading.current_thread() is not threading.main_thread():
        return job.here()  # signal handlers run on the main thread, which is free
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(job,), name=f"trtx {what}", daemon=True)
    try:
        try:
            thread.start()
        except RuntimeError as error:
            if isinstance(error.__context__, KeyboardInterrupt):  # which came inside start()
                raise error.__context__ from None
            # No more threads: at interpreter exit, or at the system's limit.
            return job.here()
        while not job.done.acquire(timeout=_POLL):
            pass
        return job.outcome()
    except BaseException as raised:
        if not job.is_outcome(raised):
            if not job.is_finished:
                stop()
            job.part_from(raised, what)
        raise


class _Job(Generic[T]):
    """One native call on its way between two threads."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = [work]
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._forsaken = False
        #: Whether the work is over, whoever has the lock.
        self.is_finished = False
        #: Free once the work is over.
        self.done = threading.Lock()
        self.done.acquire()

    def here(self) -> T:
        """Do the work on this very thread."""
        work = self._work.pop()
        running.add(self)
        try:
            return work()
        finally:
            running.discard(self)

    def __call__(self) -> None:
        try:
            self._result.append(self.here())
        except BaseException as error:
            self._error = error
        self.is_finished = True
        self.done.release()
        # Whoever gets the lock of a forsaken job clears up: this thread, or the one that is just leaving.
        if self._forsaken and self.done.acquire(blocking=False):
            lost = self._clear()
            if lost is not None:
                _pending.report(lost, "a callback of an interrupted call")

    def part_from(self, interrupt: BaseException, what: str) -> None:
        """Give the work a moment to end, then leave it alone."""
        if self._work:  # the interrupt came before the thread began: it never will
            self._work.clear()
            return
        # An interrupt may come right after the lock was taken: then the work is over.
        if not self.is_finished and not self.done.acquire(timeout=_GRACE):
            self._forsaken = True
            if not self.done.acquire(blocking=False):
                line = f"trtx: {what} ends in the background; its objects stay in use until then: see wait()"
                _pending.add_note(interrupt, line)
                return
        error = self._clear()
        if error is not None:
            _pending.add_note(interrupt, f"trtx: a callback of the interrupted call raised {error!r}")

    def _clear(self) -> BaseException | None:
        """Drop the outcome, but for an error of the user's code: one of the native call was to be expected."""
        self._result.clear()
        error, self._error = self._error, None
        if not isinstance(error, Error):
            return error
        error.__traceback__ = None  # its frames refer to the error and to the objects of the call
        return None

    def outcome(self) -> T:
        error = self._error
        if error is not None:
            try:
                raise error
            finally:
                del error  # the traceback would refer to this frame
        return self._result.pop()

    def is_outcome(self, raised: BaseException) -> bool:
        """Whether an exception is that of the work itself."""
        if raised is not self._error:
            return False
        self._error = None  # its traceback refers to this job
        return True
