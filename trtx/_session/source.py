"""From what a user has, a model or an engine, to an engine that runs."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import (
    DynamicShapesKernelSpecializationStrategy,
    ExecutionContextAllocationStrategy,
    Severity,
)

from .._core.errors import EngineError, InvalidArgumentError
from .._core.host_memory import HostMemory
from .._core.logger import Logger
from .._core.values import check_path
from .._onnx.source import is_engine, map_file
from .._run.engine import CudaEngine
from .._run.runtime import Runtime
from .options import BuildOptions
from .store import Entry, SessionCache

if TYPE_CHECKING:
    from .._run.context import ExecutionContext
    from .._run.runtime_config import RuntimeCache, RuntimeConfig
    from .device import Device


class Loaded:
    """An engine with what it was loaded by.

    Parameters
    ----------
    entry : Entry, optional
        Where the kernels that are compiled for it are kept.
    owns : bool
        Whether the engine is closed with it.
    """

    def __init__(self, engine: CudaEngine, entry: Entry | None = None, *, owns: bool = True) -> None:
        self.engine, self._entry, self._owns = engine, entry, owns
        self._config = engine.create_runtime_config()
        # Kernels for a shape are compiled before its first run: a graph that was captured before would never use them.
        self._config.dynamic_shapes_kernel_specialization_strategy = DynamicShapesKernelSpecializationStrategy.EAGER
        self._cache: RuntimeCache | None = None
        if entry is not None:
            self._cache = entry.open_kernels(self._config)

    @property
    def config(self) -> RuntimeConfig:
        """How its contexts are made."""
        return self._config

    @property
    def no_graphs(self) -> str:
        """Why runs of the engine cannot be captured; empty where they can."""
        engine = self.engine
        total = engine.streamable_weights_size
        if total and engine.weight_streaming_budget_v2 < total:
            return "weights are streamed"
        return ""

    def new_context(self, *, with_memory: bool = True) -> ExecutionContext:
        """Make an execution context, with scratch memory of its own or without any."""
        strategies = ExecutionContextAllocationStrategy
        wanted = strategies.STATIC if with_memory else strategies.USER_MANAGED
        if self._config.execution_context_allocation_strategy is not wanted:
            self._config.execution_context_allocation_strategy = wanted
        return self.engine.create_execution_context(self._config)

    def save_kernels(self) -> None:
        """Keep the kernels that were compiled so far for the next process."""
        if self._entry is not None and self._cache is not None and not self._cache.is_closed:
            self._entry.save_kernels(self._cache)

    def close(self) -> None:
        """End what was made here."""
        try:
            self.save_kernels()
        finally:
            self._config.close()
            if self._owns:
                self.engine.close()


def load(
    source: Any, *, cache: Any, build: BuildOptions | None, device: Device, logger: Logger | None, progress: bool | None
) -> Loaded:
    """Make an engine of a source of any kind that `Session` takes."""
    if build is not None and not isinstance(build, BuildOptions):
        raise InvalidArgumentError(f"build is {type(build).__name__}; allowed is trtx.BuildOptions")
    if isinstance(source, CudaEngine):
        _refuse_options("an engine", cache, build)
        return Loaded(source, owns=False)
    used = logger if logger is not None else _usual_logger()
    data = _read(source)
    runtime = Runtime(used)
    if is_engine(data):
        _refuse_options("an engine", None, build)
        if cache is None:
            return Loaded(runtime.deserialize_cuda_engine(data))
        entry = SessionCache.at(cache).entry_for_engine(data, device)
        return Loaded(runtime.deserialize_cuda_engine(data), entry)
    options = build if build is not None else BuildOptions()
    path = None if isinstance(source, (bytes, bytearray, memoryview)) else check_path(source)

    def make() -> HostMemory:
        from .build import build_engine  # which a process that finds the engine in a cache need not load

        return build_engine(data, path, options, used, progress)

    if cache is None:
        return Loaded(runtime.deserialize_cuda_engine(make()))
    entry = SessionCache.at(cache).entry_for_model(data, path, options, device)
    return Loaded(entry.engine(runtime, make), entry)


@functools.cache
def _usual_logger() -> Logger:
    """The logger of all sessions that are given none: TensorRT-RTX warns of a second one."""
    return Logger(Severity.WARNING)


def _read(source: Any) -> Any:
    """The bytes of a source; of a file, mapped into memory."""
    if isinstance(source, HostMemory):
        return source.view()
    if isinstance(source, (bytes, bytearray, memoryview)):
        if not memoryview(source).nbytes:
            raise EngineError("source is empty; allowed is an ONNX model or an engine")
        return source
    if isinstance(source, (str, os.PathLike)):
        with map_file("Session", source, EngineError) as view:
            return view
    raise InvalidArgumentError(
        f"source is {type(source).__name__}; allowed is a path or bytes of an ONNX model or engine, a trtx.HostMemory "
        "or a trtx.CudaEngine"
    )


def _refuse_options(what: str, cache: Any, build: Any) -> None:
    for name, value in (("cache", cache), ("build", build)):
        if value is not None:
            raise InvalidArgumentError(f"{name} is for ONNX models; the source is {what}")
