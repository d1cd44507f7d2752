"""Settings of an `ExecutionContext` that change how it runs, not what: names, streams, events, caches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from trtx_sys._ffi import ffi, lib

from .._core.error_recorder import RecordsErrors
from .._core.errors import ExecutionError, InvalidArgumentError
from .._core.values import check_sequence
from ..cuda import event_handle, stream_handle
from .accessors_gen import ExecutionContextAccessors
from .engine_tensors import WithShapes


class ContextSettings(ExecutionContextAccessors, RecordsErrors, WithShapes):
    """A base of `ExecutionContext`."""

    __slots__ = ()

    _error = ExecutionError

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
        status = self._long("report_to_profiler", lib.trtx_execution_context_report_to_profiler)
        self._check(status, "report_to_profiler()")
        return True

    def set_aux_streams(self, aux_streams: Iterable[Any]) -> None:
        """Provide the auxiliary streams of the runs (``IExecutionContext::setAuxStreams``).

        Parameters
        ----------
        aux_streams : sequence
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
        kept = list(check_sequence(aux_streams, "aux_streams", "a sequence of streams"))
        handles = [stream_handle(stream, f"aux_streams[{i}]") for i, stream in enumerate(kept)]
        if 0 in handles or len(set(handles)) != len(handles):
            raise InvalidArgumentError(f"aux_streams is {handles}; allowed are different streams, none the default one")
        native = ffi.new("trtx_stream[]", handles)
        what, function = "set_aux_streams", lib.trtx_execution_context_set_aux_streams
        self._refuse_change(what)
        status = self._hand_over(("aux streams",), kept, self._changed, what, function, native, len(handles))
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
        what, function = "is_stream_capturable", lib.trtx_execution_context_is_stream_capturable
        self._check(self._changed(what, function, handle, result), "is_stream_capturable()")
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
        what, function = "set_input_consumed_event", lib.trtx_execution_context_set_input_consumed_event
        self._refuse_change(what)
        # It is among the long calls, for it may wait for the GPU.
        status = self._hand_over(("input consumed event",), event, self._long, what, function, handle)
        self._check(status, "set_input_consumed_event()")
        return True
