"""Forks and the end of the process: neither does the native library survive under a running call."""

from __future__ import annotations

import atexit
import sys
import time
from typing import Any

from .errors import UnsupportedError
from .shut import explain_all

#: Native calls under way that nobody waits for at the end: see `interruptible`.
running: set[object] = set()

#: How often the end of the process looks whether they are over, where it cannot leave them.
_POLL = 0.1

_was_forked = False
_FORK = (
    "this process was forked from one that used TensorRT-RTX, which does not survive fork(); start it with the 'spawn' "
    "method instead (multiprocessing.get_context('spawn'))"
)


def was_forked() -> bool:
    """Whether this process was forked from one that had used the native library."""
    return _was_forked


def mark_forked() -> None:
    """Note that it was; closed objects, and all are closed then, say so."""
    global _was_forked
    _was_forked = True
    explain_all(f"; {_FORK}")


def refuse_after_fork() -> None:
    """Raise in a process that was forked after the native library had been used."""
    if _was_forked:
        raise UnsupportedError(_FORK)


def _leave_running_calls() -> None:
    """Let the process end while native calls run: destructors of the library's globals would crash them.

    In a forked process these destructors would wait for threads that only the parent has.
    """
    if not (running or _was_forked) or sys.platform == "win32":  # Windows ends the other threads first
        return
    import ctypes

    libc: Any = ctypes.CDLL(None)
    libc.fflush(None)
    if hasattr(libc, "on_exit"):
        # What was registered last runs first, with the exit status in front: _exit() gets it, and skips the rest.
        libc.on_exit(ctypes.cast(libc._exit, ctypes.c_void_p), None)
        return
    while running and not _was_forked:
        time.sleep(_POLL)


atexit.register(_leave_running_calls)
