"""The trip of a callback from native code to Python and back.

1. The Python object (`Logger`, `ProgressMonitor` ...) makes a native bridge: a table of the ``extern "Python"``
   functions below, and a cffi handle on its *target*, which holds what to call.
2. TensorRT-RTX calls the bridge, on any thread; cffi takes the GIL and calls the function here.
3. The function finds the target by the handle and calls the user's code with Python values.
4. What the user's code raises cannot cross native frames: it is noted in `pending`, and the bridge answers failure
   (a progress monitor answers "stop").
5. The call that led here raises that very exception when it comes back.

The target never refers to the Python object that owns the bridge, so no reference cycle arises.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from types import TracebackType
from typing import Any

from trtx_sys._enums_gen import Severity
from trtx_sys._ffi import ffi, lib

from . import pending as _pending
from .errors import readable, text
from .process import was_forked


class Target:
    """What a bridge calls: the object with the user's methods."""

    __slots__ = ("__weakref__", "implementation")

    def __init__(self, implementation: Any) -> None:
        self.implementation = implementation


def trampoline(name: str, error: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the Python side of a bridge function.

    The function gets the native arguments, with the target's user object in front instead of the payload behind.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            target = ffi.from_handle(arguments[-1])
            try:
                return function(target.implementation, *arguments[:-1])
            except BaseException as raised:
                _pending.note(target, raised)
                return error

        def on_error(kind: type[BaseException], raised: BaseException, trace: TracebackType | None) -> None:
            # An interrupt can come before the function's own try: it belongs to the call on this thread.
            _pending.note(None, raised)

        ffi.def_extern(name=name, error=error, onerror=on_error)(call)
        return function

    return register


_SEVERITIES = tuple(Severity)


@trampoline("trtx_py_logger_log")
def _log(sink: Callable[[Severity, str], object], severity: int, message: Any) -> None:
    sink(_SEVERITIES[severity] if 0 <= severity < len(_SEVERITIES) else Severity.ERROR, readable(text(message)))


def disable_at_exit() -> None:
    """Let no callback into an interpreter that is going away; calls under way get a second to return."""
    lib.trtx_disable_callbacks(0 if was_forked() else 1000)  # what a forked process inherits never returns
    _pending.report_left()


atexit.register(disable_at_exit)
