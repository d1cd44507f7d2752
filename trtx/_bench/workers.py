"""Host threads that launch runs, one for each stream, until enough of them are measured."""

from __future__ import annotations

import itertools
import threading
import time
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._session.device import Device
    from .slot import Slot

#: Numbers that a worker notes of each run: those of `Times`, and which of its slots ran.
FIELDS = 8


class Workers:
    """Runs slots: those of one stream by one thread, each of them as often as the others.

    Parameters
    ----------
    groups
        The slots of each stream.
    warm_up, duration
        Seconds; runs that start in the first are not counted.
    iterations
        Runs of all threads together that are measured at least, also when the duration is over.
    """

    def __init__(
        self, groups: list[list[Slot]], device: Device, origin: Any, warm_up: float, duration: float, iterations: int
    ) -> None:
        self._groups, self._device, self._origin = groups, device, origin
        self._warm_up, self._duration, self._iterations = warm_up, duration, iterations
        self._barrier = threading.Barrier(len(groups))
        self._tickets: Iterator[int] = itertools.count()
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        # Not Thread.join: after an interrupt in it, CPython 3.11 takes threads that still run for ended.
        self._started = 0
        self._ended: list[int] = []
        self._has_ended = threading.Event()
        #: `FIELDS` numbers for each run, by thread.
        self.records = [array("d") for _ in groups]
        self._threads = [
            threading.Thread(target=self._work, args=(number,), name=f"trtx-bench-{number}", daemon=True)
            for number in range(len(groups))
        ]

    @property
    def done(self) -> int:
        """Runs that were measured so far."""
        return sum(len(record) for record in self.records) // FIELDS

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()
            self._started += 1

    def wait(self, seconds: float) -> bool:
        """Wait until they are done, but not longer; gives whether they are.

        Raises
        ------
        BaseException
            What the first thread that failed raised.
        """
        self._has_ended.wait(seconds)
        if len(self._ended) < len(self._threads):
            return False
        if self._errors:
            raise self._errors[0]
        return True

    def stop(self) -> None:
        """End the threads after the runs that are under way, and wait for them."""
        self._stop.set()
        self._barrier.abort()
        while len(self._ended) < self._started:
            time.sleep(0.001)

    def _work(self, number: int) -> None:
        try:
            before = self._device.enter()
            try:
                self._measure(self._groups[number], self.records[number])
            finally:
                self._device.leave(before)
        except threading.BrokenBarrierError:
            pass  # another thread failed, or the user stopped it
        except BaseException as error:
            self._errors.append(error)
            self._stop.set()
            self._barrier.abort()
        finally:
            self._ended.append(number)
            if len(self._ended) == len(self._threads):
                self._has_ended.set()

    def _measure(self, slots: list[Slot], record: array[float]) -> None:
        self._barrier.wait()
        self._loop(slots, None, time.perf_counter_ns() + int(self._warm_up * 1e9), 0)
        self._barrier.wait()
        self._loop(slots, record, time.perf_counter_ns() + int(self._duration * 1e9), self._iterations)

    def _loop(self, slots: list[Slot], record: array[float] | None, deadline: int, iterations: int) -> None:
        """Launch runs until the deadline, and until enough tickets are gone."""
        clock, tickets, origin, stop = time.perf_counter_ns, self._tickets, self._origin, self._stop
        is_over = False
        while not is_over:
            for number, slot in enumerate(slots):
                marks = slot.wait()
                is_over = is_over or stop.is_set()
                if not is_over and clock() >= deadline:
                    is_over = record is None or next(tickets) >= iterations
                elif not is_over and record is not None:
                    next(tickets)
                if not is_over:
                    slot.launch()
                # While the GPU is at the next run.
                if marks is not None and record is not None:
                    record.extend(slot.times(marks, origin))
                    record.append(number)
        for number, slot in enumerate(slots):  # what is still under way
            marks = slot.wait()
            if marks is not None and record is not None:
                record.extend(slot.times(marks, origin))
                record.append(number)
