"""Memory of the host in the place of a GPU: what `cuda.core` is for a program, while the fake library is loaded.

The tensors of the fake library (``csrc/fake``) lie on the host, and its work is done when a call returns. So streams
have nothing to order, and a copy is one of the host. The classes have the names and methods of `cuda.core` that
programs use beside TensorRT-RTX; both `trtx.cuda` and `trtx.Session` take their memory from here.
"""

from __future__ import annotations

import ctypes
import itertools
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import CudaError

#: What a GPU's allocator keeps to.
ALIGNMENT = 256


@dataclass(frozen=True)
class StreamOptions:
    """Options of a stream, which make no difference here."""

    nonblocking: bool = True
    priority: int | None = None


@dataclass(frozen=True)
class EventOptions:
    """Options of an event."""

    timing_enabled: bool = False
    blocking_sync: bool = False
    ipc_enabled: bool = False


class Buffer:
    """A piece of memory, aligned as that of a GPU."""

    __slots__ = ("__weakref__", "_memory", "handle", "memory_resource", "size")

    #: A program must not read memory of a GPU on the host, so it is not told that it could.
    is_device_accessible = True
    is_host_accessible = False
    is_managed = False

    def __init__(self, nbytes: int, resource: DeviceMemoryResource) -> None:
        try:
            self._memory: Any = ctypes.create_string_buffer(max(nbytes, 1) + ALIGNMENT)
        except (MemoryError, OverflowError, ValueError) as error:
            raise CudaError(f"allocating {nbytes} bytes on the host failed: {error}") from error
        self.handle = -(-ctypes.addressof(self._memory) // ALIGNMENT) * ALIGNMENT
        self.size = nbytes
        self.memory_resource = resource

    @property
    def device_id(self) -> int:
        return self.memory_resource.device_id

    @property
    def is_closed(self) -> bool:
        return self._memory is None

    def copy_to(self, dst: Buffer | None = None, *, stream: Any, options: object = None) -> Buffer:
        """Copy into another buffer, or a new one."""
        target = Buffer(self.size, self.memory_resource) if dst is None else dst
        target.copy_from(self, stream=stream)
        return target

    def copy_from(self, src: Buffer, *, stream: Any, options: object = None) -> None:
        """Copy another buffer of the same size."""
        self._refuse_closed()
        src._refuse_closed()
        if src.size != self.size:
            raise ValueError(f"the buffers have {src.size} and {self.size} bytes")
        ctypes.memmove(self.handle, src.handle, self.size)

    def fill(self, value: Any, *, stream: Any) -> None:
        """Fill with an integer of one byte, or with bytes over and over."""
        self._refuse_closed()
        pattern = bytes([value]) if isinstance(value, int) else bytes(value)
        if not pattern or self.size % len(pattern):
            raise ValueError(f"a pattern of {len(pattern)} bytes does not fill {self.size}")
        ctypes.memmove(self.handle, pattern * (self.size // len(pattern)), self.size)

    def close(self, stream: Any = None) -> None:
        """Let go of the memory."""
        self._memory, self.handle = None, 0

    def _refuse_closed(self) -> None:
        if self._memory is None:
            raise CudaError("this Buffer was closed")


class DeviceMemoryResource:
    """Where buffers come from."""

    is_device_accessible = True
    is_host_accessible = False

    def __init__(self, device_id: int | Device = 0, options: object = None) -> None:
        self.device_id = device_id.device_id if isinstance(device_id, Device) else device_id

    def allocate(self, size: int, *, stream: Any = None) -> Buffer:
        """Allocate a number of bytes."""
        return Buffer(size, self)

    def deallocate(self, ptr: int, size: int, *, stream: Any = None) -> None:
        """Do nothing: buffers own their memory."""


class Stream:
    """An order of work that is done already."""

    #: Numbers that no address has: 0 to 2 are the default streams of CUDA.
    _numbers = itertools.count(3)

    def __init__(self, device: Device, handle: int | None = None, options: StreamOptions | None = None) -> None:
        self.device = device
        self.handle = next(self._numbers) if handle is None else handle
        self.is_nonblocking = True if options is None else options.nonblocking
        self.priority = (None if options is None else options.priority) or 0
        self.is_closed = False

    @classmethod
    def from_handle(cls, handle: int) -> Stream:
        """The stream of a number."""
        return cls(Device(), int(handle))

    def __cuda_stream__(self) -> tuple[int, int]:
        return 0, self.handle

    def sync(self) -> None:
        """Do nothing: all is done."""

    def record(self, event: Event | None = None, options: EventOptions | None = None) -> Event:
        """Note the time."""
        made = Event(self.device, options) if event is None else event
        made._time = time.perf_counter()
        return made

    def wait(self, event_or_stream: object) -> None:
        """Do nothing: all is done."""

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True

    def create_graph_builder(self) -> NoReturn:
        """Refuse: what runs at once cannot be captured."""
        _refuse_graphs()


class Event:
    """A point in time."""

    _numbers = itertools.count(1)

    def __init__(self, device: Device, options: EventOptions | None = None) -> None:
        self.device = device
        self.handle = next(self._numbers)
        self.is_timing_enabled = options is not None and options.timing_enabled
        self.is_closed = False
        self._time: float | None = None

    is_done = True

    def sync(self) -> None:
        """Do nothing: all is done."""

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True

    def __sub__(self, other: Event) -> float:
        """Milliseconds since another event."""
        if not (self.is_timing_enabled and other.is_timing_enabled):
            raise RuntimeError("both events must be created with timing_enabled=True")
        if self._time is None or other._time is None:
            raise RuntimeError("both events must be recorded")
        return (self._time - other._time) * 1000


class Device:
    """Memory of the host that plays a GPU; any number stands for it."""

    compute_capability = (0, 0)
    arch = "00"
    name = "memory of the host (the fake library)"

    def __init__(self, device_id: int | None = None) -> None:
        self.device_id = 0 if device_id is None else int(device_id)
        self.memory_resource = DeviceMemoryResource(self.device_id)

    @classmethod
    def get_all_devices(cls) -> tuple[Device, ...]:
        """The one that there is."""
        return (cls(),)

    def set_current(self, ctx: object = None) -> None:
        """Do nothing: there is one memory for all."""

    def sync(self) -> None:
        """Do nothing: all is done."""

    @property
    def default_stream(self) -> Stream:
        return Stream(self, 1)

    def create_stream(self, obj: Any = None, options: StreamOptions | None = None) -> Stream:
        """Make a stream, or one of the number of another library's."""
        return Stream(self, None if obj is None else int(obj.__cuda_stream__()[1]), options)

    def create_event(self, options: EventOptions | None = None) -> Event:
        """Make an event."""
        return Event(self, options)

    def allocate(self, size: int, *, stream: Any = None) -> Buffer:
        """Allocate a number of bytes."""
        return Buffer(size, self.memory_resource)

    def create_graph_builder(self) -> NoReturn:
        """Refuse: what runs at once cannot be captured."""
        _refuse_graphs()

    def __repr__(self) -> str:
        return f"<Device {self.device_id}: {self.name}>"


def _refuse_graphs() -> NoReturn:
    raise CudaError(
        "the fake library runs at once, so its streams cannot be captured into CUDA graphs; those that "
        "trtx.Session makes by itself are played again here as well"
    )


def copy(target: int, source: int, nbytes: int) -> None:
    """Copy between two addresses."""
    if nbytes:
        ctypes.memmove(target, source, nbytes)


LEGACY_DEFAULT_STREAM = Stream(Device(), 1)
PER_THREAD_DEFAULT_STREAM = Stream(Device(), 2)
