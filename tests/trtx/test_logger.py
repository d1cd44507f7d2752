"""`Logger`: where messages go, and what is no sink."""

from __future__ import annotations

import logging

import pytest

import trtx

np = pytest.importorskip("numpy")


def test_a_sink_gets_severity_and_text(native_library: str) -> None:
    seen: list[tuple[trtx.Severity, str]] = []
    logger = trtx.Logger(trtx.Logger.VERBOSE, sink=lambda severity, message: seen.append((severity, message)))
    logger.log(trtx.Severity.WARNING, "grün")
    logger.severity = trtx.Severity.ERROR
    logger.log(trtx.Severity.WARNING, "dropped")
    assert seen == [(trtx.Severity.WARNING, "grün")]
    assert [getattr(trtx.Logger, level.name) for level in trtx.Severity] == list(trtx.Severity)


def test_a_logger_of_the_logging_module(native_library: str, caplog: pytest.LogCaptureFixture) -> None:
    logger = trtx.Logger.to_logging(trtx.Severity.INFO, "trtx.test")
    with caplog.at_level(logging.INFO, "trtx.test"):
        logger.log(trtx.Severity.ERROR, "100% of it")
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(logging.ERROR, "100% of it")]


def test_a_method_that_nobody_would_call_is_refused() -> None:
    with pytest.raises(TypeError, match=r"class Mine defines log\(\).*sink"):

        class Mine(trtx.Logger):
            def log(self, severity: trtx.Severity, message: str) -> None: ...

    class Fine(trtx.Logger):
        pass

    assert not Fine(trtx.Severity.ERROR).is_closed


def test_libraries_are_named_by_paths(native_library: str) -> None:
    for wrong in (5, "a\0b", "", b"lib"):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^path is "):
            trtx.load_library(wrong)  # type: ignore[arg-type]


def test_memory_is_numbers(native_library: str) -> None:
    from trtx import cuda

    for wrong in (np.zeros(3, object), np.zeros(3, "M8[s]"), trtx.Severity.ERROR, True):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^memory is "):
            cuda.device_address(wrong)
    for kind in (5, None, "nothing"):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^dtype is "):
            cuda.empty((2,), kind, stream=0)


def test_severities_are_found_at_the_logger() -> None:
    assert trtx.Logger.Severity is trtx.Severity
    assert trtx.Logger.WARNING is trtx.Logger.Severity.WARNING
