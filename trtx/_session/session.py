"""`Session`: run a model in three lines."""

from __future__ import annotations

import importlib
import itertools
import os
import sys
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .. import cuda
from .._core.errors import ClosedError, InvalidArgumentError, UnsupportedError
from .._core.host_memory import HostMemory
from .._core.logger import Logger
from .._core.public import public
from .._core.shut import Uncopied
from .._core.values import check_int, reject
from .._run.engine import CudaEngine
from .binding import Binding
from .device import Block, Device, open_device
from .lane import Lane, Program
from .options import BuildOptions
from .ports import Given, Port, SessionTensor, match, move, read_ports, take, take_result
from .scratch import SharedScratch
from .source import Loaded, load

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from types import TracebackType

    from typing_extensions import Self


__all__ = ["Session"]


@public
class Session(Uncopied):
    """Runs a model: arrays in, arrays out.

    >>> with trtx.Session("model.onnx", cache="engines") as session:  # doctest: +SKIP
    ...     result = session.run({"x": array})["y"]

    Parameters
    ----------
    source : path, bytes, HostMemory or CudaEngine
        An ONNX model or an engine. An ONNX model is built into an engine first, which takes seconds.
    cache : path or True, optional
        Folder that keeps engines and compiled kernels, so that the next process has its first result soon; True stands
        for the user's cache folder. See `SessionCache`.
    build : BuildOptions, optional
        How an ONNX model is built; the ranges of open sizes belong here.
    device : int, default 0
        Number of the GPU.
    contexts : int, default 1
        How many runs may be under way at the same time, each with an execution context and memory of its own.
    graphs : bool, default True
        Whether runs that come again are captured into CUDA graphs. `graph_state` says what became of it.
    scratch : SharedScratch, optional
        Scratch memory to share with other sessions, whose runs then never overlap with those of this one. `contexts`
        must be 1.
    logger : Logger, optional
        What is told what TensorRT-RTX logs. Without it all sessions share one, which writes warnings and worse to
        standard error.
    progress : bool, optional
        Whether a build shows a progress bar; without it, where standard error is a terminal. Needs ``rich``.

    Raises
    ------
    InvalidArgumentError
        If an argument is none of these.
    ParserError, BuilderError, EngineError
        If the model or engine cannot be used.
    OSError
        If the file cannot be read. A cache folder that cannot be written is a warning only.
    UnsupportedError
        If an input or output is of a type whose elements share bytes, or if ``filelock`` or ``platformdirs`` is missing
        for ``cache`` (``pip install filelock platformdirs``).
    CudaError
        If there is no GPU or driver.

    Notes
    -----
    Any number of threads may share a session; more than `contexts` runs wait for each other. A session keeps its
    engine, contexts and memory until it is closed, by `close`, the end of ``with``, or the collector; an engine that
    was given stays open then. In steady state a run allocates nothing but the arrays that it returns.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview | HostMemory | CudaEngine,
        *,
        cache: str | os.PathLike[str] | Literal[True] | None = None,
        build: BuildOptions | None = None,
        device: int = 0,
        contexts: int = 1,
        graphs: bool = True,
        scratch: SharedScratch | None = None,
        logger: Logger | None = None,
        progress: bool | None = None,
    ) -> None:
        count = check_int(contexts, "contexts", 1, 1024)
        if scratch is not None and not isinstance(scratch, SharedScratch):
            reject("scratch", scratch, "a trtx.SharedScratch, or None for memory of its own")
        if scratch is not None and count > 1:
            raise InvalidArgumentError(
                f"contexts is {count}; allowed is 1 with scratch, as runs that share it never overlap"
            )
        self._lanes: tuple[Lane, ...] = ()
        self._pool: ThreadPoolExecutor | None = None
        self._bindings: weakref.WeakSet[Binding] = weakref.WeakSet()
        self._is_closed = False
        self._are_kernels_saved = False
        self._turn = itertools.count()
        self._device: Device = open_device(device)
        self._scratch = scratch
        if scratch is not None:
            scratch._check_device(self._device)  # before an engine is built
        with self._device.current():
            self._loaded: Loaded = load(
                source, cache=cache, build=build, device=self._device, logger=logger, progress=progress
            )
            self._engine = self._loaded.engine
            self._inputs, self._outputs = read_ports(self._engine)
            #: Inputs that decide shapes.
            self._on_host = [port for port in self._inputs if port.on_host]
            self._names = tuple(port.name for port in self._outputs)
            no_graphs = "" if graphs else "graphs=False was given"
            self._no_graphs = no_graphs or self._loaded.no_graphs
            self._lanes = tuple(self._new_lane() for _ in range(count))

    def _new_lane(self) -> Lane:
        context = self._loaded.new_context(with_memory=self._scratch is None)
        return Lane(context, self._device, self._inputs, self._outputs, self._no_graphs, self._scratch)

    # What it is

    @property
    def inputs(self) -> tuple[SessionTensor, ...]:
        """The inputs: name, shape, dtype, and the ranges of open sizes."""
        return tuple(port.info for port in self._inputs)

    @property
    def outputs(self) -> tuple[SessionTensor, ...]:
        """The outputs: name, shape, dtype."""
        return tuple(port.info for port in self._outputs)

    @property
    def engine(self) -> CudaEngine:
        """The engine that it runs; the session keeps it, and closes it at its end unless it was given.

        Raises
        ------
        ClosedError
            If the session is closed.
        """
        self._refuse_closed()
        return self._engine

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

    @property
    def device(self) -> int:
        """Number of the GPU."""
        return self._device.ordinal

    @property
    def contexts(self) -> int:
        """How many runs may be under way at the same time."""
        return len(self._lanes)

    @property
    def graph_state(self) -> str:
        """Whether runs are launched as CUDA graphs.

        ``"captured"`` once a kind of run is one; ``"waiting for a run that comes again"`` before; else the reason why
        there are no graphs.
        """
        states = [lane.graph_state for lane in self._lanes]
        return next(
            (state for state in states if state == "captured"), states[0] if states else "the session is closed"
        )

    @property
    def memory(self) -> dict[str, int]:
        """Bytes by kind.

        ``pinned`` and ``device`` staging memory and ``scratch`` memory of all contexts, those of bindings too, and
        ``weights`` that may be streamed;
        ``shared_scratch`` is the block of a `SharedScratch`, which exists once for all sessions that have it
        (``scratch`` is 0 then). Bound arrays and what outputs are returned in are not counted.

        Raises
        ------
        ClosedError
            If the session is closed.
        """
        self._refuse_closed()
        total = {"pinned": 0, "device": 0}
        lanes = [*self._lanes, *(one._lane for one in list(self._bindings) if not one.is_closed)]
        for lane in lanes:
            for kind, nbytes in lane.staged.items():
                total[kind] += nbytes
        own = int(self._engine.device_memory_size_v2) * len(lanes) if self._scratch is None else 0
        shared = 0 if self._scratch is None else self._scratch.nbytes
        weights = int(self._engine.streamable_weights_size)
        return {**total, "scratch": own, "shared_scratch": shared, "weights": weights}

    # Running

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        out: Mapping[str, Any] | None = None,
        output: Literal["numpy", "device"] = "numpy",
        stream: Any = None,
        copy: bool = False,
    ) -> dict[str, Any]:
        """Run the model once.

        Parameters
        ----------
        inputs : mapping of str to array
            One array for each input: of numpy, torch, CuPy, JAX, or anything with DLPack or
            ``__cuda_array_interface__``, on the host or on the GPU, in any mix. Nothing is converted: the dtype must be
            that of the input. Arrays on the GPU are used where they are and must be contiguous.
        out : mapping of str to array, optional
            Arrays that results are written into, on the host or on the GPU; outputs that are not named are new.
        output : {"numpy", "device"}
            Where new outputs are: arrays of numpy; or memory on the GPU, as torch tensors where an input was one, and
            as objects of DLPack otherwise.
        stream : optional
            Stream of the caller, anything that `trtx.cuda.stream_handle` takes. The run waits for what the stream has
            been given so far, and what the stream is given later waits for results on the GPU. Without it, torch's
            current stream counts where an input is a torch tensor on the GPU.
        copy : bool, default False
            Whether tensors of torch and arrays of CuPy that are on another GPU, or not contiguous, are copied to this
            one by their library; without it they are refused.

        Returns
        -------
        dict of str to array
            The outputs by name. Arrays of the host are complete; those on the GPU are in the order of the stream, or
            complete where no stream is known.

        Raises
        ------
        InvalidArgumentError
            If a name, dtype, shape or place does not fit; the message says what does.
        UnsupportedError
            If the shape of an output depends on values, or if the stream is capturing: see `Binding.launch`.
        ExecutionError, CudaError
            If the run fails.
        ClosedError
            If the session is closed.

        Notes
        -----
        Arrays on the GPU, inputs and those of ``out``, are kept until the next run of the same context. They must not
        be written before the GPU has read them: in the order of the stream that is.
        """
        lane = self._pick()
        with lane.busy:
            if lane.is_closed:
                self._refuse_closed()
            values = match(self._inputs, inputs)
            if out is None and stream is None and output == "numpy":
                program = lane.latest
                if program is not None and self._is_usual(values, program):
                    before = self._device.enter()
                    try:
                        return self._run_staged(lane, program, values)
                    finally:
                        self._device.leave(before)
            if output not in ("numpy", "device"):
                reject("output", output, "'numpy' or 'device'")
            before = self._device.enter()
            try:
                return self._run(lane, values, out or {}, output == "device", stream, copy)
            finally:
                self._device.leave(before)

    def __call__(self, *arrays: Any, **options: Any) -> Any:
        """Run the model on arrays in the order of `inputs`.

        Parameters
        ----------
        *arrays : array
            One for each input.
        **options
            Those of `run`.

        Returns
        -------
        array or tuple of array
            The output; a tuple in the order of `outputs` where there are several.

        Raises
        ------
        InvalidArgumentError
            If there are more or fewer arrays than inputs.
        InvalidArgumentError, UnsupportedError, ExecutionError, CudaError, ClosedError
            As `run`.
        """
        if len(arrays) != len(self._inputs):
            raise InvalidArgumentError(
                f"{len(arrays)} arrays were given; the model has {len(self._inputs)} inputs: "
                f"{', '.join(port.name for port in self._inputs)}"
            )
        results = self.run(dict(zip([port.name for port in self._inputs], arrays, strict=True)), **options)
        found = tuple(results[name] for name in self._names)
        return found[0] if len(found) == 1 else found

    def submit(self, inputs: Mapping[str, Any], **options: Any) -> Future[dict[str, Any]]:
        """Run the model on a thread of the session's.

        Parameters
        ----------
        inputs : mapping of str to array
            As of `run`. The arrays must not change before the result is there.
        **options
            Those of `run`.

        Returns
        -------
        concurrent.futures.Future
            Its result, or its exception, is that of `run`.

        Raises
        ------
        ClosedError
            If the session is closed.
        """
        self._refuse_closed()
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(len(self._lanes), thread_name_prefix="trtx-session")
        return self._pool.submit(self.run, inputs, **options)

    async def arun(self, inputs: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Run the model without blocking the event loop.

        Parameters
        ----------
        inputs, **options
            As of `submit`.

        Returns
        -------
        dict of str to array
            As `run`.

        Raises
        ------
        InvalidArgumentError, UnsupportedError, ExecutionError, CudaError, ClosedError
            As `run`.
        """
        import asyncio  # there already, where there is a loop

        return await asyncio.wrap_future(self.submit(inputs, **options))

    def bind(self, inputs: Mapping[str, Any], *, out: Mapping[str, Any] | None = None) -> Binding:
        """Bind arrays once and run often: each run is one native call.

        Parameters
        ----------
        inputs, out : mapping of str to array
            As for `run`; arrays of the host are read and written anew in each run. Outputs that are not named are new
            arrays of numpy.

        Returns
        -------
        Binding
            With an execution context of its own, and the results in `Binding.outputs`. The model is run twice to make
            it, so arrays of ``out`` have results already.

        Raises
        ------
        InvalidArgumentError
            If a name, dtype, shape or place does not fit.
        UnsupportedError
            If the shape of an output depends on values.
        ExecutionError, CudaError
            If the context cannot be made, or a run fails.
        ClosedError
            If the session is closed.
        """
        self._refuse_closed()
        with self._device.current():
            binding = Binding(self._new_lane(), match(self._inputs, inputs), out or {})
        self._bindings.add(binding)
        return binding

    def _pick(self) -> Lane:
        """A lane that is free; the next in turn where none is."""
        lanes = self._lanes
        for lane in lanes:
            if not lane.busy.locked():
                return lane
        if not lanes:
            self._refuse_closed()
        return lanes[next(self._turn) % len(lanes)]

    def _run_staged(self, lane: Lane, program: Program, values: list[Any]) -> dict[str, Any]:
        """A run from arrays of numpy to new ones, of the same shapes as the last."""
        if lane.in_flight:
            lane.wait()
        lane.last = lane.handle
        lane.feed(program, values)
        lane.launch(program)
        lane.wait()
        return {name: target.copy() for name, target in zip(self._names, program.targets, strict=True)}

    def _is_usual(self, values: list[Any], program: Program) -> bool:
        """Whether arrays are of numpy, and of the shapes and types of a program."""
        array = np.ndarray
        for value, shape, port in zip(values, program.key.shapes, self._inputs, strict=True):
            if value.__class__ is not array or value.shape != shape or value.dtype != port.np_dtype:
                return False
        return True

    def _run(
        self, lane: Lane, values: list[Any], out: Mapping[str, Any], on_device: bool, stream: Any, copy: bool
    ) -> dict[str, Any]:
        device, handle = self._device.ordinal, lane.handle
        if copy:
            values = [move(value, device) for value in values]
        same = lane.same(values, out)
        given = same[0] if same else [take(*one, device, handle) for one in zip(self._inputs, values, strict=True)]
        caller = self._stream_of_caller(given, stream)
        results, program = same[1:] if same else self._find(lane, given, out, on_device)
        inputs, outputs, hosts = program.key.inputs, program.key.outputs, program.key.values
        is_staged = 0 in inputs
        if is_staged and lane.in_flight:
            lane.wait()  # the run before may still read the staging memory
        # The legacy default stream holds up all others, and nothing can be captured on it: it is waited for instead.
        is_default = caller in (0, 1)
        lane.move_to(lane.handle if caller is None or is_default else caller)
        if is_default:
            lane.order(0, lane.handle)
        for one in given:
            if one.stream is not None:
                lane.order(one.stream, lane.last)
        lane.kept = given, results, program
        if is_staged:
            lane.feed(program, [one.array for one in given])
        lane.launch(program)
        # Values that decide shapes are looked at in each run.
        lane.latest = None if any(inputs) or any(outputs) or hosts else program
        if caller is None or 0 in outputs or lane.scratch is not None:
            lane.wait()
        else:
            lane.note()
            if is_default:
                lane.order(lane.handle, 0)
            lane.wait_until_fed(program)
        if program.runs == 1 and not self._are_kernels_saved:
            self._are_kernels_saved = True
            lane.wait()
            self._loaded.save_kernels()  # now, as not every process ends by closing what it opened
        found = {}
        for name, target, result in zip(self._names, program.targets, results, strict=True):
            if target is None:
                found[name] = out.get(name, result.array)
            elif result.array is None:
                found[name] = target.copy()
            else:
                np.copyto(result.array, target)
                found[name] = out[name]
        return found

    def _find(
        self, lane: Lane, given: list[Given], out: Mapping[str, Any], on_device: bool
    ) -> tuple[list[Given], Program]:
        """Where the outputs of a run go, and its program."""
        shapes = tuple([one.shape for one in given])
        hosts = tuple([_value_of(given[port.index], port) for port in self._on_host])
        results = self._results(lane, given, out, on_device, lane.output_shapes(shapes, hosts))
        inputs, outputs = tuple([one.address for one in given]), tuple([one.address for one in results])
        return results, lane.program((shapes, inputs, outputs, hosts))

    def _stream_of_caller(self, given: list[Given], stream: Any) -> int | None:
        """The stream that the caller names, or torch's where an input is one of its tensors on the GPU."""
        if stream is not None:
            handle = cuda.stream_handle(stream)
        elif any(one.is_torch and one.address for one in given):
            handle = _torch_stream(self._device.ordinal)
        else:
            return None
        # A graph of the user's would share the context with the runs that come between its launches.
        if handle not in (0, 1) and self._device.is_capturing(handle):
            raise UnsupportedError(
                "the stream is capturing, and a graph needs a context and arrays of its own: bind the arrays before "
                "(Session.bind), and capture Binding.launch"
            )
        return handle

    def _results(
        self, lane: Lane, given: list[Given], out: Mapping[str, Any], on_device: bool, shapes: tuple[Any, ...]
    ) -> list[Given]:
        """Where the outputs go: arrays of the user, new ones on the GPU, or staging memory."""
        for name in out:
            if name not in self._names:
                raise InvalidArgumentError(f"out names {name!r}; the outputs are {', '.join(map(repr, self._names))}")
        device, handle = self._device.ordinal, lane.handle
        found: list[Given] = []
        for port, shape in zip(self._outputs, shapes, strict=True):
            if port.name in out:
                found.append(take_result(port, out[port.name], device, handle, shape))
            elif on_device and not port.on_host:
                found.append(self._new_result(lane, port, shape, any(one.is_torch for one in given)))
            else:
                found.append(Given(None, shape))
        return found

    def _new_result(self, lane: Lane, port: Port, shape: tuple[int, ...], is_torch: bool) -> Given:
        if is_torch and self._device.is_cuda:
            library = importlib.import_module("torch")
            kind = getattr(library, port.torch_name)
            tensor = library.empty(shape, dtype=kind, device=f"cuda:{self._device.ordinal}")
            return Given(tensor, shape, int(tensor.data_ptr()), None, True)
        block: Block = self._device.allocate(port.nbytes(shape), lane.stream)
        return Given(self._device.view(block, shape, port.np_dtype), shape, block.address)

    # Life

    def _refuse_closed(self) -> None:
        if self._is_closed:
            raise ClosedError("this Session was closed")
        _ = self._engine._ptr

    def close(self) -> None:
        """End the session and its bindings: runs that are under way end first, new ones are refused.

        Kernels that were compiled meanwhile go to the cache. Arrays that runs have returned stay. Closing again does
        nothing.
        """
        self._is_closed = True
        if self._pool is not None:
            self._pool.shutdown()
        for binding in list(self._bindings):
            binding.close()
        with self._device.current():
            for lane in self._lanes:
                with lane.busy:
                    if not lane.is_closed:
                        lane.close()
        self._loaded.close()

    def __enter__(self) -> Self:
        self._refuse_closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._is_closed:
            return "<trtx.Session (closed)>"
        inputs, outputs = (", ".join(map(str, one)) for one in (self.inputs, self.outputs))
        return f"<trtx.Session {inputs} -> {outputs}>"


def _value_of(given: Given, port: Port) -> bytes:
    """The value of an input that decides shapes."""
    if given.address:
        raise InvalidArgumentError(
            f"{port.name} decides shapes, so TensorRT-RTX reads it on the host; it is on the GPU"
        )
    return bytes(given.array.tobytes())


def _torch_stream(device: int) -> int:
    """Torch's current stream on a GPU."""
    torch = sys.modules["torch"]
    ask = getattr(torch._C, "_cuda_getCurrentRawStream", None)  # what torch's own compiler asks, 20 times as fast
    return int(torch.cuda.current_stream(device).cuda_stream if ask is None else ask(device))
