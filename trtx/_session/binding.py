"""`Binding`: arrays that are bound once, for runs that are one native call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import cuda
from .._core.errors import ClosedError, InvalidArgumentError
from .._core.public import public
from .._core.shut import Uncopied
from .lane import Lane
from .ports import Given, take, take_result

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Binding"]


@public
class Binding(Uncopied):
    """Runs a model on the same arrays again and again; made by `Session.bind`.

    Notes
    -----
    It keeps its arrays, and has an execution context, staging memory and a stream of its own, until it is closed, by
    `close`, the end of ``with``, or the collector. Threads that use it at the same time wait for each other. When the
    session is closed, it is too; when the engine is, it cannot run any more.
    """

    def __init__(self, lane: Lane, inputs: list[Any], out: Mapping[str, Any]) -> None:
        self._lane = lane
        try:
            with lane.busy:  # its scratch memory may be shared
                self._open(inputs, out)
        except BaseException:
            self.close()
            raise

    def _open(self, inputs: list[Any], out: Mapping[str, Any]) -> None:
        lane = self._lane
        device = lane.device.ordinal
        given = [take(port, value, device, lane.handle) for port, value in zip(lane.inputs, inputs, strict=True)]
        shapes = tuple(one.shape for one in given)
        values = tuple(one.array.tobytes() for one, port in zip(given, lane.inputs, strict=True) if port.on_host)
        names = [port.name for port in lane.outputs]
        for name in out:
            if name not in names:
                raise InvalidArgumentError(f"out names {name!r}; the outputs are {', '.join(map(repr, names))}")
        results = [
            take_result(port, out[port.name], device, lane.handle, shape) if port.name in out else Given(None, shape)
            for port, shape in zip(lane.outputs, lane.output_shapes(shapes, values), strict=True)
        ]
        key = shapes, tuple(one.address for one in given), tuple(one.address for one in results), values
        self._program = lane.program(key)
        # Values that decide shapes are bound as they are.
        self._hosts = [
            None if one.address or port.on_host else one.array for port, one in zip(lane.inputs, given, strict=True)
        ]
        self._has_hosts = any(array is not None for array in self._hosts)
        self._outputs: dict[str, Any] = {}
        self._copies_out: list[tuple[Any, Any]] = []
        for name, target, one in zip(names, self._program.targets, results, strict=True):
            if target is None:
                self._outputs[name] = out.get(name, one.array)
            else:
                array = target.copy() if one.array is None else one.array
                self._copies_out.append((array, target))
                self._outputs[name] = out.get(name, array)
        self._kept = given, results
        # The first run compiles what is missing, the second captures: so every later one is a single call.
        for _ in range(2):
            lane.feed(self._program, self._hosts)
            lane.launch(self._program)
            lane.wait()
        self._copy_out()

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The arrays that results are written into, by name; the same ones in each run."""
        return dict(self._outputs)

    def run(self) -> Mapping[str, Any]:
        """Run the model on what the arrays hold now, and wait.

        Returns
        -------
        mapping of str to array
            Those of `outputs`, which the next run overwrites.

        Raises
        ------
        ExecutionError, CudaError
            If the run fails.
        ClosedError
            If the binding, its session or its engine is closed.
        """
        lane = self._lane
        with lane.busy:
            self._refuse_closed()
            before = lane.device.enter()
            try:
                if lane.in_flight:
                    lane.wait()
                if self._has_hosts:
                    lane.feed(self._program, self._hosts)
                lane.launch(self._program)
                lane.wait()
                if self._copies_out:
                    self._copy_out()
            finally:
                lane.device.leave(before)
        return self._outputs

    def launch(self, stream: Any) -> None:
        """Start a run in the order of a stream, without waiting for it.

        All arrays must be on the GPU. The stream may be capturing: the run then becomes a part of the graph, which
        must not outlive the binding.

        Parameters
        ----------
        stream
            What `trtx.cuda.stream_handle` takes.

        Raises
        ------
        InvalidArgumentError
            If an array is on the host, if ``stream`` is none, or if the session has a `SharedScratch`.
        ExecutionError
            If TensorRT-RTX refuses the run.
        ClosedError
            If the binding, its session or its engine is closed.
        """
        lane = self._lane
        if lane.scratch is not None:
            raise InvalidArgumentError(
                "launch cannot be used where the session shares scratch memory, as nothing would keep the run apart "
                "from those of other sessions; run() can"
            )
        if self._has_hosts or self._copies_out:
            raise InvalidArgumentError("launch needs all arrays on the GPU; run() copies those of the host")
        handle = cuda.stream_handle(stream)
        with lane.busy:
            self._refuse_closed()
            lane.set_up(self._program)
            lane.context.enqueue_v3(handle)

    def _copy_out(self) -> None:
        for array, target in self._copies_out:
            np.copyto(array, target)

    def _refuse_closed(self) -> None:
        if self._lane.is_closed:
            raise ClosedError("this Binding was closed")
        _ = self._lane.context._ptr

    def close(self) -> None:
        """Release the context and the staging memory, after a run that is under way. Closing again does nothing."""
        with self._lane.busy, self._lane.device.current():
            if not self._lane.is_closed:
                self._lane.close()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._lane.is_closed

    def __enter__(self) -> Self:
        self._refuse_closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        names = ", ".join(self._outputs)
        return f"<trtx.Binding{' (closed)' if self.is_closed else ''} to {names}>"
