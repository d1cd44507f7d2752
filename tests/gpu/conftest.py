"""Fixtures of the tests on a GPU: the reason to skip them all, a stream, a runtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import trtx
from trtx import cuda


@pytest.fixture(scope="session", autouse=True)
def gpu() -> None:
    """Skip where something is missing, and say what."""
    problem = cuda.why_unavailable()
    if problem is not None:
        pytest.skip(problem)


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
