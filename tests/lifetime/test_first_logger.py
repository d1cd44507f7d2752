"""The library keeps the first logger that it was given, calls it after its builder has gone, and warns of others."""

from __future__ import annotations

import pytest

from tests.helpers.process import run_python


@pytest.mark.usefixtures("native_library")
def test_a_closed_logger_that_the_library_still_calls_stays() -> None:
    result = run_python(
        """
        import trtx

        first = trtx.Logger()
        builder = trtx.Builder(first)
        second = trtx.Logger(trtx.Severity.VERBOSE, sink=lambda severity, message: None)
        other = trtx.Builder(second)
        builder.close()
        first.close()
        for _ in range(3000):  # more than the shim keeps of other loggers
            trtx.Logger().close()
        before = trtx.diagnostics.dropped_callbacks()
        config = other.create_config()
        for _ in range(10):
            config.hardware_compatibility_level  # the library notes something in the log of the first logger
        print(trtx.diagnostics.dropped_callbacks() >= before)
        """
    )
    assert result.stdout == "True\n"


@pytest.mark.usefixtures("native_library")
def test_a_warning_of_a_second_logger_may_end_and_make_callback_objects() -> None:
    """The library holds a lock of its own while it logs that; meanwhile another thread ends objects too."""
    result = run_python(
        """
        import faulthandler
        import gc
        import threading

        import trtx

        faulthandler.dump_traceback_later(60, exit=True)

        class Cycle:
            def __init__(self):
                self.itself, self.logger = self, trtx.Logger()

        def sink(severity, message):
            if "differs" in message:
                Cycle()
                started.wait()
                gc.collect()
                print("collected")

        first, started = trtx.Logger(), threading.Event()
        builder = trtx.Builder(first)
        for _ in range(1100):  # more than the shim keeps
            trtx.Logger().close()

        def end_others():
            while not stopped.is_set():
                for _ in range(100):
                    trtx.Logger().close()
                started.set()

        stopped, thread = threading.Event(), threading.Thread(target=end_others)
        thread.start()
        for _ in range(3):
            other = trtx.Builder(trtx.Logger(sink=sink))
        stopped.set()
        thread.join()
        """,
    )
    assert result.stdout == "collected\n" * 3
