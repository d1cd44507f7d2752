"""What the GPU may still be reading when a call has returned: kept alive until it is through."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

from .._core.driver import problem
from .._core.library import is_fake

#: Those whose object is gone.
_left: list[Flight] = []

#: ``CU_EVENT_DISABLE_TIMING``.
_UNTIMED = 2
#: ``CUDA_SUCCESS``.
_DONE = 0


class Flight:
    """Work on a stream, and what it reads.

    Parameters
    ----------
    stream : int
    values
        What must stay until the stream has come so far.
    """

    __slots__ = ("_driver", "_event", "_is_recorded", "_stream", "_values")

    def __init__(self, stream: int, values: Iterable[object]) -> None:
        self._stream = stream
        self._values = list(values)
        self._driver: Any = None
        self._event: Any = None
        self._is_recorded = False

    def begin(self) -> None:
        """Note that the work is on the stream; after the call that puts it there."""
        if problem() is not None or is_fake():
            self._values.clear()  # without a GPU nothing is left to be done
            return
        try:
            self._driver = driver = importlib.import_module("cuda.bindings.driver")
            status, self._event = driver.cuEventCreate(_UNTIMED)
            if int(status) == _DONE:
                self._is_recorded = int(driver.cuEventRecord(self._event, self._stream)[0]) == _DONE
        except Exception:  # without the package, or while the stream is captured: then it is kept to the end
            self._is_recorded = False

    def keep(self, value: object) -> None:
        """Keep something for as long as the rest."""
        self._values.append(value)

    def is_over(self) -> bool:
        """Whether nothing is being read any more, as far as that can be known."""
        if self._is_recorded and int(self._driver.cuEventQuery(self._event)[0]) == _DONE:
            self._is_recorded = False
            self._driver.cuEventDestroy(self._event)
            self._values.clear()
        return not self._values

    def leave(self) -> None:
        """Keep the values when the object that they belong to is gone."""
        _left[:] = [flight for flight in _left if not flight.is_over()]
        if not self.is_over():
            _left.append(self)
