"""Fixtures of all tests: the objects of a build on the real library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import trtx
import trtx_sys


@pytest.fixture(scope="session")
def native_library() -> str:
    """Path of the real library; tests that need it are skipped where there is none."""
    try:
        return trtx_sys.find().path if trtx.library_path() else ""
    except trtx.LibraryError as error:
        pytest.skip(f"the TensorRT-RTX library is missing: {str(error).splitlines()[0]}")


@pytest.fixture
def logger(native_library: str) -> Iterator[trtx.Logger]:
    with trtx.Logger(trtx.Severity.WARNING, sink=lambda severity, message: None) as logger:
        yield logger


@pytest.fixture
def builder(logger: trtx.Logger) -> trtx.Builder:
    return trtx.Builder(logger)


@pytest.fixture
def network(builder: trtx.Builder) -> trtx.NetworkDefinition:
    return builder.create_network()


@pytest.fixture
def config(builder: trtx.Builder) -> trtx.BuilderConfig:
    return builder.create_config()
