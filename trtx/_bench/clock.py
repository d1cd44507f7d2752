"""Marks in the work of a stream, and the time between two of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from .. import cuda
from .._session.device import Gpu

if TYPE_CHECKING:
    from .._session.device import Device


class Clock(Protocol):
    """Marks of a device."""

    def mark(self) -> Any:
        """A mark, not set yet."""

    def set(self, mark: Any, stream: int) -> None:
        """Set a mark behind what the stream has been given so far."""

    def wait(self, mark: Any) -> None:
        """Wait until the work before a mark is done."""

    def between(self, first: Any, then: Any) -> float:
        """Milliseconds between two marks that were reached."""
        ...

    def close(self) -> None:
        """Release the marks."""


def clock_of(device: Device) -> Clock:
    """The clock of a GPU; that of the host where the fake library computes."""
    return EventClock() if isinstance(device, Gpu) else HostClock()


class EventClock:
    """CUDA events: times of the GPU, to about half a microsecond."""

    def __init__(self) -> None:
        self._driver = cuda._import("cuda.bindings.driver")
        self._events: list[Any] = []

    def _check(self, what: str, result: tuple[Any, ...]) -> Any:
        if int(result[0]):
            cuda._cuda(self._driver, result, what)
        return result[1] if len(result) > 1 else None

    def mark(self) -> Any:
        event = self._check("making an event", self._driver.cuEventCreate(0))  # with time
        self._events.append(event)
        return event

    def set(self, mark: Any, stream: int) -> None:
        self._check("recording an event", self._driver.cuEventRecord(mark, stream))

    def wait(self, mark: Any) -> None:
        self._check("waiting for a run", self._driver.cuEventSynchronize(mark))

    def between(self, first: Any, then: Any) -> float:
        return float(self._check("reading a time", self._driver.cuEventElapsedTime(first, then)))

    def close(self) -> None:
        while self._events:
            self._driver.cuEventDestroy(self._events.pop())


class HostClock:
    """The clock of the host: with the fake library, work is done when its call returns."""

    def mark(self) -> Any:
        return [0]

    def set(self, mark: Any, stream: int) -> None:
        mark[0] = time.perf_counter_ns()

    def wait(self, mark: Any) -> None:
        pass

    def between(self, first: Any, then: Any) -> float:
        return float(then[0] - first[0]) / 1e6

    def close(self) -> None:
        pass
