"""The library keeps the first logger that it was given, and calls it after its builder has gone."""

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
