"""`GpuAllocator` and `GpuAsyncAllocator`: hand out the GPU memory that TensorRT-RTX uses."""

from __future__ import annotations

import operator
from typing import Any, ClassVar

from trtx_sys._ffi import ffi

from .accessors import changed
from .callbacks import Callback, trampoline
from .handle import Handle
from .public import public

__all__ = ["GpuAllocator", "GpuAsyncAllocator"]


@public
class GpuAllocator(Callback):
    """Hands out device memory (``IGpuAllocator``); derive from it, and set it on a builder, runtime or context.

    A class must define `allocate_async` and `deallocate_async`, or `allocate` and `deallocate`: each pair serves for
    the other, which it is called for without a stream, or with the default one.

    Notes
    -----
    Set it as ``gpu_allocator`` of a `Builder` or `Runtime`, or as `ExecutionContext.temporary_allocator`. It is kept
    alive as long as TensorRT-RTX may call it: engines and contexts use the allocator that their runtime had when they
    were made, and give their memory back when they are closed.

    The methods are called on any thread, several at a time, the device of the engine being current. What one raises
    comes out of the call that needed the memory; TensorRT-RTX is told that there is none.
    """

    __slots__ = ()

    _native: ClassVar[str] = "gpu_allocator"
    _methods: ClassVar[tuple[str, ...]] = (
        "allocate", "reallocate", "deallocate", "allocate_async", "deallocate_async",
    )  # fmt: skip
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("allocate_async", "deallocate_async"),
        ("allocate", "deallocate"),
    )

    def allocate_async(self, size: int, alignment: int, flags: int, stream: int) -> int:
        """Allocate memory in the order of a stream (``IGpuAllocator::allocateAsync``).

        Parameters
        ----------
        size : int
            Bytes, more than 0.
        alignment : int
            The address must be a multiple of this power of two.
        flags : int
            Bit mask of `AllocatorFlag`: ``1 << AllocatorFlag.RESIZABLE`` says that `reallocate` may be called for it.
        stream : int
            The CUDA stream as an integer; 0 is the default stream.

        Returns
        -------
        int
            Address on the device; 0 or None where there is no memory.
        """
        return self.allocate(size, alignment, flags)

    def deallocate_async(self, memory: int, stream: int) -> bool:
        """Free memory in the order of a stream (``IGpuAllocator::deallocateAsync``).

        Parameters
        ----------
        memory : int
            An address that was handed out.
        stream : int
            The CUDA stream as an integer.

        Returns
        -------
        bool
            Whether it is free now. What raises says so better.
        """
        return self.deallocate(memory)

    def allocate(self, size: int, alignment: int, flags: int) -> int:
        """Allocate memory at once (``IGpuAllocator::allocate``); as `allocate_async`, but without a stream."""
        return self.allocate_async(size, alignment, flags, 0)

    def deallocate(self, memory: int) -> bool:
        """Free memory at once (``IGpuAllocator::deallocate``); as `deallocate_async`, but without a stream."""
        return self.deallocate_async(memory, 0)

    def reallocate(self, address: int, alignment: int, new_size: int) -> int:
        """Change the size of memory that was allocated as resizable (``IGpuAllocator::reallocate``).

        Parameters
        ----------
        address : int
            An address that was handed out.
        alignment : int
            As it was then.
        new_size : int
            Bytes from now on.

        Returns
        -------
        int
            Its address, maybe a new one. 0, the answer of this class, where that cannot be done: the memory stays then.
        """
        return 0


@public
class GpuAsyncAllocator(GpuAllocator):
    """Hands out device memory in the order of streams (``IGpuAsyncAllocator``).

    As a `GpuAllocator`, but it must define `GpuAllocator.allocate_async` and `GpuAllocator.deallocate_async`.
    """

    __slots__ = ()

    _native: ClassVar[str] = "gpu_async_allocator"
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (("allocate_async", "deallocate_async"),)


def kind_of(allocator: object) -> type[GpuAllocator]:
    """Which of the two interfaces an allocator has."""
    return GpuAsyncAllocator if isinstance(allocator, GpuAsyncAllocator) else GpuAllocator


def as_gpu_allocator(pointer: Any) -> Any:
    """The native allocator of either interface, as setters take it."""
    return ffi.cast("trtx_gpu_allocator *", pointer)


class AllocatesOnGpu(Handle):
    """What a GPU allocator can be set on."""

    __slots__ = ()

    #: The C function that sets it.
    _set_gpu_allocator: ClassVar[Any]

    @property
    def gpu_allocator(self) -> GpuAllocator | None:
        """Allocates device memory; None, the default, is TensorRT-RTX itself (``setGpuAllocator`` of its interface).

        It is kept alive. What was made before keeps the allocator of then.

        Raises
        ------
        InvalidArgumentError
            If it is set to anything but a `GpuAllocator` or None, or to an object whose methods are misspelt or
            missing.
        BusyError
            If it is set while a long call uses the object.
        """
        found: GpuAllocator | None = self._callback("gpu_allocator")
        return found

    @gpu_allocator.setter
    def gpu_allocator(self, allocator: GpuAllocator | None) -> None:
        what, function = "gpu_allocator", self._set_gpu_allocator
        status = self._refer_to(
            what,
            kind_of(allocator),
            allocator,
            lambda pointer: changed(self, what, self, function, as_gpu_allocator(pointer)),
        )
        self._check(status, what)


def as_address(value: Any, owner: object, method: str, alignment: int) -> int:
    """The address that a callback answered with; 0 for None."""
    if type(value) is int and 0 <= value < 2**64 and not value % (alignment or 1):  # the usual case
        return value
    if value is None:
        return 0
    if isinstance(value, bool):
        raise TypeError(f"{type(owner).__name__}.{method} must return an address, not {value!r}")
    try:
        address = operator.index(value)
    except TypeError:
        if type(value).__module__.partition(".")[0] != "cuda" or not hasattr(value, "__int__"):
            raise TypeError(
                f"{type(owner).__name__}.{method} must return an address (int), or 0 where there is no memory, not "
                f"{value!r}"
            ) from None
        address = int(value)  # a CUdeviceptr
    if not 0 <= address < 2**64 or address % max(alignment, 1):
        raise ValueError(
            f"{type(owner).__name__}.{method} returned {address:#x}; allowed are addresses that are "
            f"multiples of {alignment}"
        )
    return address


def as_success(value: object, owner: object, method: str) -> bool:
    """Whether a callback says that it succeeded: a forgotten return means that it did not raise."""
    if value is None or isinstance(value, bool):
        return value is not False
    raise TypeError(f"{type(owner).__name__}.{method} must return True, or False for a failure, not {value!r}")


def _define(native: str) -> None:
    """The Python side of both interfaces, which have the same methods."""

    @trampoline(f"trtx_py_{native}_allocate", error=0)
    def allocate(allocator: GpuAllocator, size: int, alignment: int, flags: int) -> int:
        return as_address(allocator.allocate(size, alignment, flags), allocator, "allocate", alignment)

    @trampoline(f"trtx_py_{native}_reallocate", error=0)
    def reallocate(allocator: GpuAllocator, memory: int, alignment: int, size: int) -> int:
        return as_address(allocator.reallocate(memory, alignment, size), allocator, "reallocate", alignment)

    @trampoline(f"trtx_py_{native}_deallocate", error=False)
    def deallocate(allocator: GpuAllocator, memory: int) -> bool:
        return as_success(allocator.deallocate(memory), allocator, "deallocate")

    @trampoline(f"trtx_py_{native}_allocate_async", error=0)
    def allocate_async(allocator: GpuAllocator, size: int, alignment: int, flags: int, stream: int) -> int:
        address = allocator.allocate_async(size, alignment, flags, stream)
        return as_address(address, allocator, "allocate_async", alignment)

    @trampoline(f"trtx_py_{native}_deallocate_async", error=False)
    def deallocate_async(allocator: GpuAllocator, memory: int, stream: int) -> bool:
        return as_success(allocator.deallocate_async(memory, stream), allocator, "deallocate_async")


_define("gpu_allocator")
_define("gpu_async_allocator")
