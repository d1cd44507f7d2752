"""What is alive, and what was lost: for tests, and for finding out who keeps an object.

::

    >>> trtx.diagnostics.live_objects()
    {'Builder': 1, 'Logger': 1, 'NetworkDefinition': 2}
"""

from __future__ import annotations

from collections import Counter

from trtx_sys._ffi import lib

from ._core.handle import live_handles

__all__ = ["dropped_callbacks", "live_objects"]


def __dir__() -> list[str]:
    return sorted(__all__)


def live_objects() -> dict[str, int]:
    """Count the objects of this process that own something native and are open.

    Returns
    -------
    dict of str to int
        Number of objects by the name of their class, in alphabetical order; classes without any are left out. The
        tensors and layers of a network belong to it and are not counted.

    Notes
    -----
    Objects that other threads are making or closing at this moment may be counted or not. After a program has dropped
    its last reference and its reference cycles are collected (``gc.collect()``), the result is empty.
    """
    counts = Counter(type(handle).__name__ for handle in live_handles())
    return dict(sorted(counts.items()))


def dropped_callbacks() -> int:
    """Count the calls of loggers, monitors and other callback objects that came when those were closed already.

    Returns
    -------
    int
        Their number since the process started. TensorRT-RTX's threads may log a moment longer than the objects live
        that the log was for; such a call is answered natively, and reaches no Python code.
    """
    return int(lib.trtx_dropped_callback_count())
