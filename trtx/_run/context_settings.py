"""Settings of an `ExecutionContext` that change how it runs, not what: names, streams, events, caches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from trtx_sys._enums_gen import ProfilingVerbosity
from trtx_sys._ffi import ffi, lib

from .._core.errors import ExecutionError, InvalidArgumentError
from .._core.values import check_bool, check_enum, check_int, check_sequence, check_text
from ..cuda import event_handle, stream_handle
from .engine_tensors import WithShapes

if TYPE_CHECKING:
    from .._core.types import Bool


class ContextSettings(WithShapes):
    """A base of `ExecutionContext`. Whoever has the turn of a context gets its pointer with it."""

    __slots__ = ("_name",)

    _error = ExecutionError

    #: Kept here, as another thread may set it while one reads.
    _name: str

    @property
    def name(self) -> str:
        """Name of the context, for messages and profiles (``IExecutionContext::setName``)."""
        _ = self._ptr
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        encoded = check_text(value, "name")
        with self._exclusive("name") as pointer:
            status = lib.trtx_execution_context_set_name(pointer, encoded)
        self._check(status, f"name = {value!r}")
        self._name = value

    @property
    def debug_sync(self) -> bool:
        """Whether `execute_v2` logs every kernel that succeeds; False by default (``IExecutionContext::setDebugSync``).

        `enqueue_v3` takes no notice of it.
        """
        return lib.trtx_execution_context_get_debug_sync(self._ptr)

    @debug_sync.setter
    def debug_sync(self, value: Bool) -> None:
        sync = check_bool(value, "debug_sync")
        with self._exclusive("debug_sync") as pointer:
            status = lib.trtx_execution_context_set_debug_sync(pointer, sync)
        self._check(status, f"debug_sync = {sync}")

    @property
    def enqueue_emits_profile(self) -> bool:
        """Whether `enqueue_v3` reports to the profiler by itself; True by default.

        (``IExecutionContext::setEnqueueEmitsProfile``) With a profiler, it then waits for the run.
        """
        return lib.trtx_execution_context_get_enqueue_emits_profile(self._ptr)

    @enqueue_emits_profile.setter
    def enqueue_emits_profile(self, value: Bool) -> None:
        emits = check_bool(value, "enqueue_emits_profile")
        with self._exclusive("enqueue_emits_profile") as pointer:
            status = lib.trtx_execution_context_set_enqueue_emits_profile(pointer, emits)
        self._check(status, f"enqueue_emits_profile = {emits}")

    def report_to_profiler(self) -> Literal[True]:
        """Report the last run to the profiler (``IExecutionContext::reportToProfiler``).

        Needed where `enqueue_emits_profile` is off.

        Raises
        ------
        ExecutionError
            If there is no profiler, or no run to report.
        BusyError
            If another thread uses the context.
        """
        with self._exclusive("report_to_profiler") as pointer:
            status = lib.trtx_execution_context_report_to_profiler(pointer)
        self._check(status, "report_to_profiler()")
        return True

    @property
    def nvtx_verbosity(self) -> ProfilingVerbosity:
        """How much is marked for NVIDIA's profilers (``IExecutionContext::setNvtxVerbosity``).

        By default, and at most, what the engine was built with: `CudaEngine.profiling_verbosity`.
        """
        return ProfilingVerbosity(lib.trtx_execution_context_get_nvtx_verbosity(self._ptr))

    @nvtx_verbosity.setter
    def nvtx_verbosity(self, value: ProfilingVerbosity) -> None:
        verbosity = check_enum(ProfilingVerbosity, value, "nvtx_verbosity")
        with self._exclusive("nvtx_verbosity") as pointer:
            status = lib.trtx_execution_context_set_nvtx_verbosity(pointer, verbosity)
        self._check(status, f"nvtx_verbosity = {verbosity.name}")

    @property
    def persistent_cache_limit(self) -> int:
        """Most bytes of the GPU's L2 cache that the context may reserve; 0 by default.

        (``IExecutionContext::setPersistentCacheLimit``)
        """
        return lib.trtx_execution_context_get_persistent_cache_limit(self._ptr)

    @persistent_cache_limit.setter
    def persistent_cache_limit(self, value: SupportsIndex) -> None:
        size = check_int(value, "persistent_cache_limit", 0)
        with self._exclusive("persistent_cache_limit") as pointer:
            status = lib.trtx_execution_context_set_persistent_cache_limit(pointer, size)
        self._check(status, f"persistent_cache_limit = {size}")

    def set_aux_streams(self, streams: Iterable[Any]) -> None:
        """Provide the auxiliary streams of the runs (``IExecutionContext::setAuxStreams``).

        Parameters
        ----------
        streams : sequence
            What `trtx.cuda.stream_handle` takes; all different, none the default stream. Those beyond
            `CudaEngine.num_aux_streams` are not used; for those that lack, TensorRT-RTX makes its own. Streams given as
            objects are kept alive until others are set or the context is closed.

        Raises
        ------
        InvalidArgumentError
            If one is no stream or the default one, or if two are the same.
        ExecutionError
            If TensorRT-RTX refuses them.
        BusyError
            If another thread uses the context.
        """
        kept = list(check_sequence(streams, "streams", "a sequence of streams"))
        handles = [stream_handle(stream, f"streams[{i}]") for i, stream in enumerate(kept)]
        if 0 in handles or len(set(handles)) != len(handles):
            raise InvalidArgumentError(f"streams is {handles}; allowed are different streams, none the default one")
        native = ffi.new("trtx_stream[]", handles)
        with self._exclusive("set_aux_streams") as pointer:
            function = lib.trtx_execution_context_set_aux_streams
            status = self._hand_over(("aux streams",), kept, function, pointer, native, len(handles))
        self._check(status, "set_aux_streams()")

    def is_stream_capturable(self, stream: Any) -> bool:
        """Whether a run on this stream can be captured into a CUDA graph (``IExecutionContext::isStreamCapturable``).

        Parameters
        ----------
        stream
            What `trtx.cuda.stream_handle` takes.

        Raises
        ------
        InvalidArgumentError
            If ``stream`` is none.
        ExecutionError
            If TensorRT-RTX reports an error.
        BusyError
            If another thread uses the context.
        """
        handle = stream_handle(stream)
        result = ffi.new("bool *")
        with self._exclusive("is_stream_capturable") as pointer:
            status = lib.trtx_execution_context_is_stream_capturable(pointer, handle, result)
        self._check(status, "is_stream_capturable()")
        return bool(result[0])

    def set_input_consumed_event(self, event: Any) -> Literal[True]:
        """Have an event recorded when a run has read all inputs, so that they may be filled again.

        (``IExecutionContext::setInputConsumedEvent``)

        Parameters
        ----------
        event
            An event of `cuda.core`, torch, CuPy or cuda.bindings, which is kept alive until another one is set, or an
            integer; 0 for none.

        Raises
        ------
        InvalidArgumentError
            If ``event`` is none of these; None is refused too.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If another thread uses the context.
        """
        handle = event_handle(event)
        with self._exclusive("set_input_consumed_event") as pointer:
            function = lib.trtx_execution_context_set_input_consumed_event
            status = self._hand_over(("input consumed event",), event, function, pointer, handle)
        self._check(status, "set_input_consumed_event()")
        return True

    def get_input_consumed_event(self) -> int:
        """Integer of the event that is set; 0 for none (``IExecutionContext::getInputConsumedEvent``)."""
        return lib.trtx_execution_context_get_input_consumed_event(self._ptr)
