"""`Slot`: an execution context with its memory, made ready to run again and again, and its times."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.errors import Error, UnsupportedError
from .._core.values import show
from .._session.ports import Port, choose_profile

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._run.context import ExecutionContext
    from .._session.device import Block, Device, Graph
    from .clock import Clock


class Times(NamedTuple):
    """Times of one run: on the clock of the host where they are in nanoseconds, of the GPU in milliseconds."""

    start_ns: int
    enqueue_ns: int
    end_ns: int
    #: Since the clock's origin.
    gpu_start: float
    h2d: float
    compute: float
    d2h: float


class _Marks:
    """The marks of a run, in their order, and its times on the host."""

    __slots__ = ("begin", "computed", "copied", "end", "end_ns", "enqueue_ns", "start_ns")

    def __init__(self, clock: Clock) -> None:
        self.begin, self.copied, self.computed, self.end = (clock.mark() for _ in range(4))
        self.start_ns = self.enqueue_ns = self.end_ns = 0


class Slot:
    """A context that runs on the same arrays again and again.

    Parameters
    ----------
    arrays
        One of the right shape and type for each input.
    transfers
        Whether each run copies inputs from pinned memory of the host to the GPU, and outputs back.
    """

    def __init__(
        self, context: ExecutionContext, device: Device, clock: Clock, stream: Any,
        inputs: tuple[Port, ...], outputs: tuple[Port, ...], arrays: dict[str, npt.NDArray[Any]], transfers: bool,
    ) -> None:  # fmt: skip
        self.context, self.device, self.clock = context, device, clock
        self.stream, self.handle = stream, device.handle_of(stream)
        self.graph: Graph | None = None
        #: Two, so that those of a run can be read while the next one runs.
        self._marks = [_Marks(clock), _Marks(clock)]
        self._turn = 0
        self._in_flight: _Marks | None = None
        self._blocks: list[Block] = []
        #: Bytes on the GPU for inputs and outputs.
        self.nbytes = 0
        #: To, from, bytes.
        self._copies_in: list[tuple[int, int, int]] = []
        self._copies_out: list[tuple[int, int, int]] = []
        self._results: dict[str, tuple[Block, tuple[int, ...], Any]] = {}
        self.transfers = transfers
        self._bind(inputs, outputs, arrays)

    def _bind(self, inputs: tuple[Port, ...], outputs: tuple[Port, ...], arrays: dict[str, npt.NDArray[Any]]) -> None:
        context, copies = self.context, []
        profile = choose_profile(inputs, [arrays[port.name].shape for port in inputs])
        if profile:
            context.set_optimization_profile_async(profile, self.handle)
            self.device.wait(self.handle)
        for port in inputs:
            array = arrays[port.name]
            if not port.is_fixed:
                context.set_input_shape(port.name, array.shape)
            host, copy = self._place(port, array.shape, True)
            host.array(array.shape, port.np_dtype)[...] = array
            if copy is not None:
                copies.append(copy)
        context.infer_shapes()
        for port in outputs:
            shape = context.get_tensor_shape(port.name)
            if shape is None or -1 in shape:
                raise UnsupportedError(
                    f"the shape of output {port.name!r} depends on values, {show(shape)}: runs of such models cannot "
                    "be measured"
                )
            host, copy = self._place(port, shape, False)
            self._results[port.name] = (host, shape, port.np_dtype)
            if copy is not None:
                self._copies_out.append(copy)
        if self.transfers:
            self._copies_in = copies
        for target, source, nbytes in copies:
            self.device.copy(target, source, nbytes, self.handle)
        self.device.wait(self.handle)

    def _place(self, port: Port, shape: tuple[int, ...], is_input: bool) -> tuple[Block, tuple[int, int, int] | None]:
        """Memory of a tensor; what lies on the host by the engine's wish is copied by nobody."""
        nbytes = port.nbytes(shape)
        host = self.device.pinned(nbytes)
        self._blocks.append(host)
        if port.on_host:
            self.context.set_tensor_address(port.name, host.address)
            return host, None
        block = self.device.allocate(nbytes, self.stream)
        self._blocks.append(block)
        self.nbytes += nbytes
        self.context.set_tensor_address(port.name, block.address)
        pair = (block.address, host.address) if is_input else (host.address, block.address)
        return host, (*pair, nbytes)

    def first_run(self) -> float:
        """Run once and wait: TensorRT-RTX compiles what it needs. Gives seconds."""
        begin = time.perf_counter()
        self.context.enqueue_v3(self.handle)
        self.device.wait(self.handle)
        return time.perf_counter() - begin

    def capture(self) -> str:
        """Capture the run of the engine as a CUDA graph; gives the reason where that does not work."""
        try:
            self.graph = self.device.capture(self.stream, _nothing, self._enqueue)
        except (Error, RuntimeError) as error:
            self.device.wait(self.handle)
            return f"the run could not be captured: {error}"
        return ""

    def _enqueue(self, handle: int) -> None:
        self.context.enqueue_v3(handle)

    def launch(self) -> None:
        """Start a run."""
        clock, handle, copy = self.clock, self.handle, self.device.copy
        marks = self._marks[self._turn]
        self._turn ^= 1
        marks.start_ns = time.perf_counter_ns()
        clock.set(marks.begin, handle)
        for target, source, nbytes in self._copies_in:
            copy(target, source, nbytes, handle)
        clock.set(marks.copied, handle)
        before = time.perf_counter_ns()
        if self.graph is not None:
            self.graph.launch(handle)
        else:
            self.context.enqueue_v3(handle)
        marks.enqueue_ns = time.perf_counter_ns() - before
        clock.set(marks.computed, handle)
        if self.transfers:
            for target, source, nbytes in self._copies_out:
                copy(target, source, nbytes, handle)
        clock.set(marks.end, handle)
        self._in_flight = marks

    def wait(self) -> _Marks | None:
        """Wait for the run that was launched, if there is one; gives what `times` reads."""
        marks, self._in_flight = self._in_flight, None
        if marks is not None:
            self.clock.wait(marks.end)
            marks.end_ns = time.perf_counter_ns()
        return marks

    def times(self, marks: _Marks, origin: Any) -> Times:
        """The times of a run that was waited for, while not more than one was launched since."""
        between = self.clock.between
        return Times(
            marks.start_ns,
            marks.enqueue_ns,
            marks.end_ns,
            between(origin, marks.begin),
            between(marks.begin, marks.copied),
            between(marks.copied, marks.computed),
            between(marks.computed, marks.end),
        )

    def results(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of the outputs of the last run."""
        if not self.transfers:
            for target, source, nbytes in self._copies_out:
                self.device.copy(target, source, nbytes, self.handle)
            self.device.wait(self.handle)
        return {name: host.array(shape, dtype).copy() for name, (host, shape, dtype) in self._results.items()}

    def close(self) -> None:
        """Release the context and the memory."""
        try:
            self.device.wait(self.handle)
        finally:
            if self.graph is not None:
                self.graph.close()
            self.context.close()
            self._blocks.clear()
            self._results.clear()


def _nothing() -> None:
    """Nothing is to be set up: the context keeps its addresses."""
