"""`Lane`: one execution context with its stream, staging memory and graphs; one run at a time.

A run whose shapes and addresses the lane has seen before launches a graph: the copies from and to staging memory and
the run of the engine are one call. The first run of a kind is made call by call, so that TensorRT-RTX compiles what it
needs outside of a capture; the second one captures. Inputs that are not small go to the GPU from where the user has
them, as a copy into staging memory first would take longer; small outputs the GPU writes into memory of the host.
"""

from __future__ import annotations

import _thread
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from .._core.errors import ClosedError, Error, UnsupportedError
from .._core.values import show
from .device import Block, Device, Graph
from .ports import Given, Port, choose_profile

if TYPE_CHECKING:
    from .._run.context import ExecutionContext
    from .scratch import SharedScratch

#: Kinds of runs, by shapes and addresses, that a lane keeps graphs of.
PROGRAMS = 16

#: Shapes of inputs for which the lane notes those of the outputs.
KNOWN_SHAPES = 256

#: Inputs up to this size, in bytes, are staged and copied in the graph, which saves a call. (The GPU does not read them
#: in host memory: a product of matrices reads its input many times, and took twice as long that way.)
SMALL_INPUT = 16 << 10

#: Outputs up to this size are written into host memory: across the bus, a small write costs less than a copy.
SMALL_OUTPUT = 64 << 10


#: A `Key` as a bare tuple, which it equals; making one costs less.
Parts: TypeAlias = "tuple[tuple[tuple[int, ...], ...], tuple[int, ...], tuple[int, ...], tuple[bytes, ...]]"


class Key(NamedTuple):
    """What makes two runs of a lane the same."""

    shapes: tuple[tuple[int, ...], ...]
    #: Addresses of inputs and outputs on the device; 0 for those that are staged.
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    #: Values of the inputs that decide shapes.
    values: tuple[bytes, ...]


class Program:
    """How a lane makes the runs of one `Key`."""

    __slots__ = (
        "addresses", "copies_in", "copies_out", "graph", "key",
        "output_shapes", "runs", "sources", "targets", "uploads",
    )  # fmt: skip

    def __init__(self, key: Key, output_shapes: tuple[tuple[int, ...], ...]) -> None:
        self.key, self.output_shapes = key, output_shapes
        self.graph: Graph | None = None
        self.runs = 0
        self.addresses: list[tuple[str, int]] = []
        #: Arrays in staging memory, in the order of the inputs and outputs; None for what is not staged.
        self.sources: list[Any] = []
        self.targets: list[Any] = []
        #: Inputs that go to the device from where the user has them: their numbers, and to where.
        self.uploads: list[tuple[int, int]] = []
        #: To, from, bytes.
        self.copies_in: list[tuple[int, int, int]] = []
        self.copies_out: list[tuple[int, int, int]] = []


class Lane:
    """A context and all that one run needs.

    Parameters
    ----------
    no_graphs : str
        Why there are to be no graphs; empty where there are.
    scratch : SharedScratch, optional
        What gives the context its scratch memory, if it does not see to that itself.
    """

    def __init__(
        self, context: ExecutionContext, device: Device, inputs: tuple[Port, ...], outputs: tuple[Port, ...],
        no_graphs: str, scratch: SharedScratch | None = None,
    ) -> None:  # fmt: skip
        self.context, self.device, self.inputs, self.outputs = context, device, inputs, outputs
        self.stream = device.stream()
        self.handle = device.handle_of(self.stream)
        #: The stream of the last run: the lane's own, or one of a caller.
        self.last = self.handle
        self._event, self._fed, self._done = device.event(), device.event(), device.event()
        #: Whether `_done` stands for the last run: its stream may be gone when that is asked for.
        self._is_noted = False
        self.no_graphs = no_graphs
        #: Held during a run. One of C, so that no interrupt comes between taking it and `with`.
        self.busy = _thread.allocate_lock() if scratch is None else scratch._lock
        self.scratch = scratch
        self._scratch_block: Block | None = None
        #: Whether what was launched may still use staging memory.
        self.in_flight = False
        #: Contiguous copies of inputs, which a GPU that sees the memory of the host may read until the run is over.
        self._copies: list[Any] = []
        #: Arrays that the last run uses, and its program; None once the program is forgotten.
        self.kept: tuple[list[Given], list[Given], Program | None] = [], [], None
        self.is_closed = False
        #: The program of the last run, if all of it was staged.
        self.latest: Program | None = None
        self.programs: OrderedDict[Parts, Program] = OrderedDict()
        self._profile = 0
        #: Whether the profile was changed on the lane's stream, and no run has waited for that yet.
        self._has_switched = False
        self._output_shapes: dict[Any, tuple[Any, ...]] = {}
        #: The shapes, and the program, that the context knows of.
        self._shapes: object = None
        self._ready: Program | None = None
        self._blocks: dict[tuple[str, bool], Block] = {}
        if scratch is not None:
            scratch._join(self)

    # Programs

    def program(self, parts: Parts) -> Program:
        """The program of a key."""
        program = self.programs.get(parts)
        if program is not None:
            self.programs.move_to_end(parts)
            return program
        key = Key(*parts)
        program = self._make(key)
        self.programs[key] = program
        while len(self.programs) > PROGRAMS:
            self._forget(self.programs.popitem(last=False)[1])
        return program

    def output_shapes(self, shapes: tuple[tuple[int, ...], ...], values: tuple[bytes, ...]) -> tuple[Any, ...]:
        """Shapes of the outputs for those of the inputs."""
        known = self._output_shapes.get((shapes, values))
        if known is not None:
            return known
        self._set_shapes(shapes, values)
        found = tuple(self.context.get_tensor_shape(port.name) for port in self.outputs)
        for port, shape in zip(self.outputs, found, strict=True):
            if -1 in shape:
                raise UnsupportedError(
                    f"the shape of output {port.name!r} depends on values, {show(shape)}: use ExecutionContext, with a "
                    "trtx.GrowingOutputAllocator"
                )
        if len(self._output_shapes) >= KNOWN_SHAPES:
            self._output_shapes.clear()
        self._output_shapes[shapes, values] = found
        return found

    def _set_shapes(self, shapes: tuple[tuple[int, ...], ...], values: tuple[bytes, ...]) -> None:
        if self._shapes == (shapes, values):
            return
        self._shapes = self._ready = None
        context = self.context
        profile = choose_profile(self.inputs, shapes)
        if profile != self._profile:
            # It may copy in the order of the stream: after the runs before, and before those that follow.
            if self.in_flight:
                self._follow(self.handle)
            self._has_switched = True
            context.set_optimization_profile_async(profile, self.handle)
            self._profile = profile
        given = iter(values)
        for port, shape in zip(self.inputs, shapes, strict=True):
            if not port.is_fixed:
                context.set_input_shape(port.name, shape)
            if port.on_host:
                value = next(given)
                staging = self._block(port, len(value), on_host=True)
                self.device.write(staging.address, value)
                context.set_tensor_address(port.name, staging.address)
        context.infer_shapes()
        self._shapes = shapes, values

    def _make(self, key: Key) -> Program:
        self._set_shapes(key.shapes, key.values)
        program = Program(key, self.output_shapes(key.shapes, key.values))
        # Memory that grows here drops the other programs, as they have the former addresses.
        for port, shape, address in self._tensors(key, program):
            is_input = port in self.inputs
            nbytes = port.nbytes(shape)
            array, staged = None, 0
            if not address and (port.on_host or not is_input or nbytes <= SMALL_INPUT):
                staging = self._block(port, nbytes, on_host=True)
                array, staged = staging.array(shape, port.np_dtype), staging.address
                if port.on_host or (not is_input and nbytes <= SMALL_OUTPUT):
                    address = staged
            if not address:
                address = self._block(port, nbytes, on_host=False).address
                if not staged:
                    program.uploads.append((port.index, address))
                elif is_input:
                    program.copies_in.append((address, staged, nbytes))
                else:
                    program.copies_out.append((staged, address, nbytes))
            program.addresses.append((port.name, address))
            (program.sources if is_input else program.targets).append(array)
        return program

    def _tensors(self, key: Key, program: Program) -> list[tuple[Port, tuple[int, ...], int]]:
        return [
            *zip(self.inputs, key.shapes, key.inputs, strict=True),
            *zip(self.outputs, program.output_shapes, key.outputs, strict=True),
        ]

    def _block(self, port: Port, nbytes: int, *, on_host: bool) -> Block:
        """Staging memory of a tensor, or its place on the device."""
        block = self._blocks.get((port.name, on_host))
        if block is None or block.nbytes < nbytes:
            self.forget()
            nbytes = max(nbytes, 2 * block.nbytes if block else 0)  # shapes that grow step by step need few of them
            block = self.device.pinned(nbytes) if on_host else self.device.allocate(nbytes, self.stream)
            self._blocks[port.name, on_host] = block
        return block

    def same(self, values: Sequence[Any], out: Mapping[str, Any]) -> tuple[list[Given], list[Given], Program] | None:
        """The inputs, outputs and program of the last run, if these are the tensors of torch that it had."""
        given, results, program = self.kept
        if program is None or len(out) != len(results):
            return None
        for one, value in zip(given, values, strict=True):
            if not one.is_still(value):
                return None
        for one, port in zip(results, self.outputs, strict=True):
            if not one.is_still(out.get(port.name)):
                return None
        return given, results, program

    def _forget(self, program: Program) -> None:
        if self.kept[2] is program:
            self.kept = *self.kept[:2], None
        if program.graph is not None:
            self.wait()
            program.graph.close()
            program.graph = None

    def forget(self) -> None:
        """Drop all programs, as memory that they use goes."""
        self.wait()
        while self.programs:
            self._forget(self.programs.popitem()[1])
        self._shapes = self._ready = self.latest = None

    # Runs

    def move_to(self, handle: int) -> None:
        """Make the runs that follow in the order of a stream, and after those before."""
        if handle != self.last:
            if self.in_flight:
                self._follow(handle)
            self.last = handle

    def note(self) -> None:
        """Remember where a run ends that is not waited for."""
        self.device.record(self._done, self.last)
        self._is_noted = True

    def _follow(self, handle: int) -> None:
        """Let a stream wait for the run before."""
        if self._is_noted:
            self.device.follow(handle, self._done)
        else:
            self.order(self.last, handle)

    def feed(self, program: Program, arrays: Sequence[Any]) -> None:
        """Give a run its inputs of the host, which come as arrays of numpy.

        They must not change before `wait` or `wait_until_fed` says so: pinned memory is read later.
        """
        copy = np.copyto
        for source, array in zip(program.sources, arrays, strict=True):
            if source is not None and array is not None:
                copy(source, array)
        for number, address in program.uploads:
            array = arrays[number]
            if not array.flags.c_contiguous:
                array = np.ascontiguousarray(array)
                self._copies.append(array)
            self.in_flight = True
            self.device.upload(address, array, self.last)
        if program.uploads:
            self.device.record(self._fed, self.last)

    def wait_until_fed(self, program: Program) -> None:
        """Wait until the arrays that a run was fed with were read."""
        if program.uploads:
            self.device.wait_for(self._fed)

    def launch(self, program: Program) -> None:
        """Start the run of a program, which was fed."""
        if self.scratch is not None:
            self.scratch._begin(self)
        self.in_flight, self._is_noted = True, False
        graph = program.graph
        if graph is None and program.runs and not self.no_graphs and self._capture(program):
            graph = program.graph
        if graph is None:
            self.set_up(program)
        if self._has_switched:
            self.order(self.handle, self.last)
            self._has_switched = False
        if graph is not None:
            graph.launch(self.last)
            return
        program.runs += 1
        self._work(program, self.last)

    def set_up(self, program: Program) -> None:
        """Give the context the shapes and addresses of a program."""
        if self._ready is program:
            return
        self._set_shapes(program.key.shapes, program.key.values)
        for name, address in program.addresses:
            self.context.set_tensor_address(name, address)
        self._ready = program

    def _work(self, program: Program, handle: int) -> None:
        copy = self.device.copy
        for target, source, nbytes in program.copies_in:
            copy(target, source, nbytes, handle)
        self.context.enqueue_v3(handle)
        for target, source, nbytes in program.copies_out:
            copy(target, source, nbytes, handle)

    def _capture(self, program: Program) -> bool:
        try:
            program.graph = self.device.capture(
                self.stream, lambda: self.set_up(program), lambda handle: self._work(program, handle)
            )
        except ClosedError:
            raise
        except (Error, RuntimeError) as error:  # cuda.core raises RuntimeError
            self.no_graphs = f"the run could not be captured: {error}"
            self.wait()
        return program.graph is not None

    def wait(self) -> None:
        """Wait until the GPU has done all that was launched."""
        if self.in_flight:
            if self._is_noted:
                self.device.wait_for(self._done)
            else:
                self.device.wait(self.last)
            self.in_flight = self._is_noted = False
            self._copies.clear()
            if self.scratch is not None:
                self.scratch._end()

    def use_scratch(self, block: Block) -> None:
        """Let the context use other scratch memory from now on."""
        self.forget()  # graphs have the former one's address
        if block.nbytes:
            self.context.set_device_memory(block.address, block.nbytes)
        self._scratch_block = block

    def order(self, first: int, then: int) -> None:
        """Let a stream wait for what another one has been given so far."""
        self.device.order(self._event, first, then)

    @property
    def graph_state(self) -> str:
        """See `Session.graph_state`."""
        if any(program.graph is not None for program in list(self.programs.values())):
            return "captured"
        return self.no_graphs or "waiting for a run that comes again"

    @property
    def staged(self) -> dict[str, int]:
        """Bytes of memory by kind."""
        sizes = {"pinned": 0, "device": 0}
        for (_, on_host), block in list(self._blocks.items()):
            sizes["pinned" if on_host else "device"] += block.nbytes
        return sizes

    def close(self) -> None:
        """End the context; the lane must not be in a run."""
        self.is_closed = True
        try:
            self.forget()
        finally:
            self.kept = [], [], None
            self.context.close()
            self._blocks.clear()
            self._scratch_block = None
            if self.scratch is not None:
                self.scratch._leave(self)
