"""What a session needs of a GPU: streams, memory, copies, graphs.

`Gpu` is a thin layer over `cuda.core`. `HostDevice` stands in for it where the loaded library is the fake one of
``csrc/fake``, whose tensors lie on the host: it lets programs be tested on machines without a GPU.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from .. import cuda
from .._core import driver, host_device
from .._core.errors import CudaError
from .._core.library import is_fake, require_library
from .._core.values import check_int

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Block:
    """Memory of a session: staging on the host, which the GPU sees at the same address, or memory of the device."""

    __slots__ = ("__weakref__", "address", "nbytes", "owner")

    def __init__(self, address: int, nbytes: int, owner: Any) -> None:
        self.address, self.nbytes, self.owner = address, nbytes, owner

    def array(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """The start of the block as an array; for memory of the host."""
        import numpy as np

        count = int(np.prod(shape, dtype=np.int64))
        memory: Any = (ctypes.c_char * (count * dtype.itemsize)).from_address(self.address)
        memory._owner = self  # the array keeps the memory alive by it
        array: npt.NDArray[Any] = np.frombuffer(memory, dtype, count).reshape(shape)
        return array


class Graph(Protocol):
    """Work that was captured, ready to be launched again."""

    def launch(self, stream: int) -> None: ...

    def close(self) -> None: ...


class Device(Protocol):
    """A GPU, or what stands in for one."""

    ordinal: int
    is_cuda: bool
    #: Kind of the GPU, for what depends on it.
    description: str

    def current(self) -> Any: ...

    def stream(self) -> Any: ...

    def handle_of(self, stream: Any) -> int: ...

    def allocate(self, nbytes: int, stream: Any) -> Block: ...

    def pinned(self, nbytes: int) -> Block: ...

    def copy(self, target: int, source: int, nbytes: int, stream: int) -> None: ...

    def upload(self, target: int, array: npt.NDArray[Any], stream: int) -> None: ...

    def write(self, target: int, data: bytes) -> None: ...

    def capture(self, stream: Any, set_up: Callable[[], None], work: Callable[[int], None]) -> Graph: ...

    def wait(self, stream: int) -> None: ...

    def is_capturing(self, stream: int) -> bool: ...

    def event(self) -> Any: ...

    def record(self, event: Any, stream: int) -> None: ...

    def wait_for(self, event: Any) -> None: ...

    def follow(self, stream: int, event: Any) -> None: ...

    def order(self, event: Any, first: int, then: int) -> None: ...

    def enter(self) -> int: ...

    def leave(self, before: int) -> None: ...

    def view(self, block: Block, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any: ...


def open_device(ordinal: object) -> Device:
    """The GPU of a number; memory of the host where the fake library is loaded."""
    number = check_int(ordinal, "device", 0, 2**31 - 1)
    require_library()
    if is_fake():
        return HostDevice(number)
    return Gpu(number)


class Gpu:
    """A GPU, by way of `cuda.core`."""

    is_cuda = True

    def __init__(self, ordinal: int) -> None:
        try:
            with nullcontext() if "cuda.core" in sys.modules else driver.starting(ordinal):
                core = cuda._core()
                self._driver = cuda._import("cuda.bindings.driver")
        finally:
            cuda._need_driver()
        count = int(self._call("counting the GPUs", self._driver.cuDeviceGetCount()))
        if ordinal >= count:
            raise CudaError(f"device is {ordinal}; this machine has {count} GPUs, counted from 0")
        self.ordinal = ordinal
        before = int(self._call("asking for the current context", self._driver.cuCtxGetCurrent()))
        self._device = core.Device(ordinal)
        self._device.set_current()
        self._context = int(self._call("asking for the current context", self._driver.cuCtxGetCurrent()))
        if before and before != self._context:
            self._call("setting the former context", self._driver.cuCtxSetCurrent(before))
        major, minor = self._device.compute_capability
        self.description = f"{self._device.name}, compute capability {major}.{minor}"
        self._pinned = core.LegacyPinnedMemoryResource()
        self._view = cuda._import("cuda.core.utils").StridedMemoryView.from_buffer

    def _call(self, what: str, result: tuple[Any, ...]) -> Any:
        if result[0]:
            cuda._cuda(self._driver, result, what)
        return result[1] if len(result) > 1 else None

    def enter(self) -> int:
        """Make the device the thread's current one; gives what `leave` needs to undo it."""
        status, current = self._driver.cuCtxGetCurrent()
        if status:
            self._call("asking for the current context", (status,))
        before = int(current)
        if before == self._context:
            return 0
        self._call("making a GPU current", self._driver.cuCtxSetCurrent(self._context))
        return before

    def leave(self, before: int) -> None:
        """Make the device current that was it before `enter`."""
        if before:
            self._call("making the former GPU current", self._driver.cuCtxSetCurrent(before))

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the device the thread's current one for a while."""
        before = self.enter()
        try:
            yield
        finally:
            self.leave(before)

    def stream(self) -> Any:
        return self._device.create_stream()

    def handle_of(self, stream: Any) -> int:
        return int(stream.handle)

    def allocate(self, nbytes: int, stream: Any) -> Block:
        buffer = cuda._allocate(nbytes, stream)
        return Block(int(buffer.handle), nbytes, buffer)

    def pinned(self, nbytes: int) -> Block:
        try:
            buffer = self._pinned.allocate(max(nbytes, 1))
        except Exception as error:
            raise CudaError(f"allocating {nbytes} bytes of pinned memory failed: {error}") from error
        return Block(int(buffer.handle), nbytes, buffer)

    def copy(self, target: int, source: int, nbytes: int, stream: int) -> None:
        """Copy in the order of a stream; where the memory lies, the addresses tell."""
        self._call("copying", self._driver.cuMemcpyAsync(target, source, nbytes, stream))

    def upload(self, target: int, array: npt.NDArray[Any], stream: int) -> None:
        """Copy a contiguous array of the host, of whatever memory; it may be read later than now."""
        self._call("copying", self._driver.cuMemcpyHtoDAsync(target, array.ctypes.data, array.nbytes, stream))

    def write(self, target: int, data: bytes) -> None:
        """Write into pinned memory."""
        ctypes.memmove(target, data, len(data))

    def capture(self, stream: Any, set_up: Callable[[], None], work: Callable[[int], None]) -> Graph:
        """Make a graph of work that is launched on a stream; nothing runs yet."""
        set_up()
        builder = stream.create_graph_builder()
        try:
            # Calls of other threads must not end the capture, nor be captured.
            builder.begin_building(mode="thread_local")
            try:
                work(int(builder.stream.handle))
            finally:
                builder.end_building()
            return _CudaGraph(self, builder.complete(), stream)
        finally:
            builder.close()

    def wait(self, stream: int) -> None:
        self._call("waiting for a run", self._driver.cuStreamSynchronize(stream))

    def is_capturing(self, stream: int) -> bool:
        """Whether work that a stream is given becomes part of a graph."""
        return bool(self._call("asking whether a stream is capturing", self._driver.cuStreamIsCapturing(stream)))

    def event(self) -> Any:
        driver = self._driver
        return self._call("making an event", driver.cuEventCreate(driver.CUevent_flags.CU_EVENT_DISABLE_TIMING))

    def record(self, event: Any, stream: int) -> None:
        """Let an event stand for all that has been given to a stream so far."""
        self._call("recording an event", self._driver.cuEventRecord(event, stream))

    def wait_for(self, event: Any) -> None:
        """Wait until what an event stands for is done."""
        self._call("waiting for an event", self._driver.cuEventSynchronize(event))

    def follow(self, stream: int, event: Any) -> None:
        """Let a stream wait for what an event stands for."""
        self._call("waiting for an event", self._driver.cuStreamWaitEvent(stream, event, 0))

    def order(self, event: Any, first: int, then: int) -> None:
        """Let a stream wait for all that has been given to another one so far."""
        if first != then:
            self.record(event, first)
            self.follow(then, event)

    def view(self, block: Block, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        """Device memory as an array that speaks DLPack."""
        return self._view(block.owner, shape, dtype=dtype)


class _CudaGraph:
    __slots__ = ("_call", "_graph", "_handle", "_launch")

    def __init__(self, gpu: Gpu, graph: Any, stream: Any) -> None:
        self._graph, self._call, self._launch = graph, gpu._call, gpu._driver.cuGraphLaunch
        self._handle = graph.handle
        graph.upload(stream)

    def launch(self, stream: int) -> None:
        result = self._launch(self._handle, stream)
        if result[0]:
            self._call("launching a graph", result)

    def close(self) -> None:
        self._graph.close()


class HostDevice:
    """Host memory in the place of a GPU, for the fake library; work is done when its call returns."""

    is_cuda = False
    description = "memory of the host"

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal
        self._device = host_device.Device(ordinal)

    @contextmanager
    def current(self) -> Iterator[None]:
        yield

    def stream(self) -> Any:
        return self._device.create_stream()

    def handle_of(self, stream: Any) -> int:
        return int(stream.handle)

    def allocate(self, nbytes: int, stream: Any) -> Block:
        buffer = self._device.allocate(nbytes, stream=stream)
        return Block(buffer.handle, nbytes, buffer)

    def pinned(self, nbytes: int) -> Block:
        return self.allocate(nbytes, None)

    def copy(self, target: int, source: int, nbytes: int, stream: int) -> None:
        host_device.copy(target, source, nbytes)

    def upload(self, target: int, array: npt.NDArray[Any], stream: int) -> None:
        ctypes.memmove(target, array.ctypes.data, array.nbytes)

    def write(self, target: int, data: bytes) -> None:
        ctypes.memmove(target, data, len(data))

    def capture(self, stream: Any, set_up: Callable[[], None], work: Callable[[int], None]) -> Graph:
        return _Replay(set_up, work)

    def wait(self, stream: int) -> None:
        pass

    def is_capturing(self, stream: int) -> bool:
        return False

    def event(self) -> Any:
        return None

    def record(self, event: Any, stream: int) -> None:
        pass

    def wait_for(self, event: Any) -> None:
        pass

    def follow(self, stream: int, event: Any) -> None:
        pass

    def order(self, event: Any, first: int, then: int) -> None:
        pass

    def enter(self) -> int:
        return 0

    def leave(self, before: int) -> None:
        pass

    def view(self, block: Block, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        return block.array(shape, dtype)


class _Replay:
    """Does the work again, as it was: a real graph keeps the shapes and addresses with which it was captured."""

    def __init__(self, set_up: Callable[[], None], work: Callable[[int], None]) -> None:
        self._set_up, self._work = set_up, work

    def launch(self, stream: int) -> None:
        self._set_up()
        self._work(stream)

    def close(self) -> None:
        pass
