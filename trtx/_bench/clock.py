"""Marks in the work of a stream, and the time between two of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

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
    return EventClock(device) if isinstance(device, Gpu) else HostClock()


class EventClock:
    """CUDA events: times of the GPU, to about half a microsecond."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu, self._driver = gpu, gpu._driver
        self._events: list[Any] = []

    def mark(self) -> Any:
        event = self._gpu._call("making an event", self._driver.cuEventCreate(0))  # with time
        self._events.append(event)
        return event

    def set(self, mark: Any, stream: int) -> None:
        self._gpu.record(mark, stream)

    def wait(self, mark: Any) -> None:
        self._gpu.wait_for(mark)

    def between(self, first: Any, then: Any) -> float:
        return float(self._gpu._call("reading a time", self._driver.cuEventElapsedTime(first, then)))

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
