"""Exceptions that Python callbacks raised, on their way to the call that triggered the callback.

Native code cannot carry an exception. A trampoline notes it here and answers with failure; the call that led to it
looks here when it comes back, and raises the very same exception. That is a call of the callback's own thread, or,
where the library called back on a thread of its own, one that has to do with the callback's owner. An exception that no
call can claim is reported as unraisable, so none is ever lost.
"""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import NamedTuple

#: Exceptions on their way, oldest first. Calls test its truth only, which costs next to nothing.
pending: list[_Entry] = []

#: More than these cannot wait: the oldest is reported.
_MAX = 64


class _Entry(NamedTuple):
    #: None for a thread of the library.
    thread: int | None
    owner: object
    error: BaseException


def note(owner: object, error: BaseException) -> None:
    """Keep an exception that a callback of ``owner`` raised on the current thread."""
    if len(pending) >= _MAX:
        report(pending.pop(0).error, "a callback whose call never came back")
    # A thread of the library runs no Python code but the callback itself.
    is_within_call = sys._getframe(1).f_back is not None
    pending.append(_Entry(threading.get_ident() if is_within_call else None, owner, error))


def is_cancelled(owner: object) -> bool:
    """Whether the call that triggered the current callback is going to raise anyway."""
    if not pending:
        return False
    thread = threading.get_ident()
    return any(entry.thread == thread or (entry.thread is None and entry.owner is owner) for entry in list(pending))


def claim(*owners: object) -> BaseException | None:
    """Take the first exception of this thread, or of one of these callback objects on threads of the library.

    Later ones of the same call become notes of the first.
    """
    if not pending:
        return None
    thread = threading.get_ident()
    first: BaseException | None = None
    for entry in list(pending):
        if entry.thread != thread and (entry.thread is not None or not any(entry.owner is owner for owner in owners)):
            continue
        try:
            pending.remove(entry)
        except ValueError:  # another thread was faster
            continue
        if first is None or (isinstance(entry.error, KeyboardInterrupt) and not isinstance(first, KeyboardInterrupt)):
            first, other = entry.error, first
        else:
            other = entry.error
        if other is not None:
            add_note(first, f"another callback of the same call raised {other!r}")
    return first


def raise_pending(native: BaseException | None, *owners: object) -> None:
    """Raise what a callback raised, with the native failure as its context; else the native failure, if any."""
    error = claim(*owners)
    try:
        if error is not None:
            if native is not None and error.__context__ is None:
                error.__context__ = native
            raise error
        if native is not None:
            raise native
    finally:
        # Their tracebacks hold this frame: without this, every exception would be a cycle that keeps handles alive.
        del native, error


def report_left() -> None:
    """Report what no call has claimed: at the end of the process none will come."""
    while pending:
        try:
            report(pending.pop(0).error, "a callback whose call never came back")
        except IndexError:  # another thread was faster
            return


def report_since(before: list[_Entry], where: str) -> None:
    """Report what callbacks of this thread have raised since the list was copied."""
    thread = threading.get_ident()
    for entry in list(pending):
        if entry.thread == thread and not any(entry is other for other in before):
            pending.remove(entry)
            report(entry.error, where)


def report(error: BaseException, where: str) -> None:
    """Hand an exception that cannot be raised to `sys.unraisablehook`."""
    hook = sys.unraisablehook
    if hook is sys.__unraisablehook__:  # takes a type that the interpreter alone can make
        if sys.stderr is not None:
            import traceback

            sys.stderr.write(f"Exception ignored in {where}:\n")
            traceback.print_exception(type(error), error, error.__traceback__)
        return
    hook(_Unraisable(type(error), error, error.__traceback__, f"Exception ignored in {where}", None))  # type: ignore[arg-type]


def add_note(error: BaseException, line: str) -> None:
    add = getattr(error, "add_note", None)
    if add is not None:  # since Python 3.11
        add(line)


class _Unraisable(NamedTuple):
    exc_type: type[BaseException]
    exc_value: BaseException | None
    exc_traceback: TracebackType | None
    err_msg: str | None
    object: object
