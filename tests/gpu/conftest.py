"""Fixtures of the tests on a GPU: the reason to skip them all, a stream, a runtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import trtx
from tests.helpers.gpu import build, relu
from trtx import cuda


@pytest.fixture(scope="session", autouse=True)
def gpu() -> None:
    """Skip where something is missing, and say what."""
    problem = cuda.why_unavailable()
    if problem is not None:
        pytest.skip(problem)
    quiet = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
    memory = build(quiet, relu((1,)))
    runtime = trtx.Runtime(quiet)
    try:
        runtime.deserialize_cuda_engine(memory)
    except trtx.EngineError as error:
        if trtx.EngineInvalidityDiagnostics.UNSUPPORTED_CC not in runtime.get_engine_validity(memory).diagnostics:
            raise
        pytest.skip(f"a GPU that TensorRT-RTX supports is missing: {error}")


@pytest.fixture
def stream(gpu: None) -> Iterator[Any]:
    device = cuda.Device(0)
    device.set_current()
    stream = device.create_stream()
    yield stream
    stream.sync()


@pytest.fixture
def runtime(gpu: None, logger: trtx.Logger) -> trtx.Runtime:
    return trtx.Runtime(logger)
