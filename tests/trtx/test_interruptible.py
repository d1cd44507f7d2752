"""Long work on another thread: results and errors come back, interrupts come out, and nothing is lost between."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

import trtx
from trtx._core import interruptible as _interruptible
from trtx._core import process


class Interrupt(Exception):
    """What the signal handler of these tests raises."""


@pytest.fixture
def interrupt_soon() -> Iterator[Callable[[], None]]:
    if not hasattr(signal, "setitimer"):
        pytest.skip("needs a timer that sends signals")

    def handler(*_: object) -> None:
        raise Interrupt("now")

    before = signal.signal(signal.SIGALRM, handler)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.05) and None
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    found: list[BaseException] = []
    monkeypatch.setattr("sys.unraisablehook", lambda report: found.append(report.exc_value))
    return found


def wait_for(condition: Callable[[], object]) -> None:
    while not condition():
        time.sleep(0.001)


def never() -> None:
    raise AssertionError("nobody asked to stop")


def test_a_result_comes_back() -> None:
    threads: list[threading.Thread] = []

    def work() -> int:
        threads.append(threading.current_thread())
        return 42

    assert _interruptible.run(work, never, "test") == 42
    assert threads[0] is not threading.main_thread()
    assert not process.running


def test_an_error_comes_back_as_itself() -> None:
    raised = ZeroDivisionError("of the work")

    def work() -> None:
        raise raised

    with pytest.raises(ZeroDivisionError) as caught:
        _interruptible.run(work, never, "test")
    assert caught.value is raised
    assert "work" in [entry.name for entry in caught.traceback]


def test_other_threads_work_by_themselves() -> None:
    results: list[bool] = []

    def outer() -> None:
        here = threading.current_thread()
        results.append(_interruptible.run(threading.current_thread, never, "test") is here)

    thread = threading.Thread(target=outer)
    thread.start()
    thread.join()
    assert results == [True]


def test_without_a_thread_to_spare_it_works_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert _interruptible.run(threading.current_thread, never, "test") is threading.main_thread()


def test_work_that_stops_is_over_when_the_interrupt_comes_out(interrupt_soon: Callable[[], None]) -> None:
    stop = threading.Event()
    over: list[bool] = []

    def work() -> None:
        over.append(stop.wait(60))
        raise trtx.BuilderError("cancelled")

    interrupt_soon()
    with pytest.raises(Interrupt, match="now") as caught:
        _interruptible.run(work, stop.set, "test")
    assert over == [True]
    assert not process.running
    assert not getattr(caught.value, "__notes__", [])  # that the call failed was to be expected


def test_an_error_of_user_code_becomes_a_note(
    interrupt_soon: Callable[[], None], unraisable: list[BaseException]
) -> None:
    stop = threading.Event()

    def work() -> None:
        stop.wait(60)
        raise ZeroDivisionError("of a callback")

    interrupt_soon()
    with pytest.raises(Interrupt) as caught:
        _interruptible.run(work, stop.set, "test")
    if hasattr(caught.value, "__notes__"):
        assert caught.value.__notes__ == [
            "trtx: a callback of the interrupted call raised ZeroDivisionError('of a callback')"
        ]
    assert unraisable == []


@pytest.mark.parametrize("error", [None, trtx.BuilderError("cancelled"), ZeroDivisionError("of a callback")])
def test_work_that_does_not_stop_is_left_alone(
    interrupt_soon: Callable[[], None], unraisable: list[BaseException], error: Exception | None
) -> None:
    let_go, stopped = threading.Event(), threading.Event()

    class Result:
        dropped = threading.Event()

        def __del__(self) -> None:
            self.dropped.set()

    def work() -> Result:
        let_go.wait(60)
        if error is not None:
            raise error
        return Result()

    interrupt_soon()
    with pytest.raises(Interrupt) as caught:
        _interruptible.run(work, stopped.set, "some work")
    assert stopped.is_set()
    assert len(process.running) == 1
    if hasattr(caught.value, "__notes__"):
        assert "some work ends in the background" in caught.value.__notes__[0]
    let_go.set()
    wait_for(lambda: not process.running)
    if error is None:
        assert Result.dropped.wait(60)
    elif isinstance(error, ZeroDivisionError):
        wait_for(lambda: unraisable)
        assert unraisable == [error]
    else:
        assert unraisable == []
