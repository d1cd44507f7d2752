"""`OutputAllocator`: hands out memory for outputs whose size shows while a run goes on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from trtx_sys._enums_gen import DataType, TensorIOMode

from .._core.arrays import itemsize_bits, numpy_dtype
from .._core.callbacks import Callback, trampoline
from .._core.errors import text
from .._core.gpu_allocator import as_address
from .._core.public import public
from .._core.shut import Uncopied
from .._core.values import from_dims, reject
from ..cuda import allocate_on_current, stream_of, to_numpy
from .engine_tensors import EngineTensors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .engine import CudaEngine

__all__ = ["GrowingOutputAllocator", "OutputAllocator", "OutputArray"]


@public
class OutputAllocator(Callback):
    """Hands out memory for outputs (``IOutputAllocator``); derive from it for `ExecutionContext.set_output_allocator`.

    For outputs whose shape depends on values, and for others where memory is not to be kept ready. In its place a
    function is taken that is called like `reallocate_output_async`. `GrowingOutputAllocator` is a ready one.

    Notes
    -----
    The methods are called while a run is being enqueued. What one raises comes out of that call.
    """

    __slots__ = ()

    _native: ClassVar[str] = "output_allocator"
    _methods: ClassVar[tuple[str, ...]] = ("reallocate_output_async", "notify_shape")
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (("reallocate_output_async",),)
    _function: ClassVar[str | None] = "reallocate_output_async"

    def reallocate_output_async(self, tensor_name: str, memory: int, size: int, alignment: int, stream: int) -> int:
        """Provide memory for an output (``IOutputAllocator::reallocateOutputAsync``).

        Parameters
        ----------
        tensor_name : str
        memory : int
            Address that was set for the output (`ExecutionContext.set_tensor_address`); 0 for none.
        size : int
            Bytes that are needed; may be 0, and an address is wanted then too.
        alignment : int
            The address must be a multiple of this power of two.
        stream : int
            The stream of the run as an integer.

        Returns
        -------
        int
            Address on the device, which may be ``memory`` where that is large enough; 0 or None is a failure.
        """
        raise NotImplementedError

    def notify_shape(self, tensor_name: str, shape: tuple[int, ...]) -> None:
        """Hear of the shape that an output has (``IOutputAllocator::notifyShape``).

        Parameters
        ----------
        tensor_name : str
        shape : tuple of int
        """


#: What `ExecutionContext.set_output_allocator` takes.
Allocator = OutputAllocator | Callable[[str, int, int, int, int], int | None]


@public
class OutputArray(Uncopied):
    """An output on the GPU, as a `GrowingOutputAllocator` hands it out.

    torch, CuPy and others take it through ``__cuda_array_interface__`` where numpy knows the type.

    Attributes
    ----------
    shape : tuple of int
    dtype : DataType
    buffer : cuda.core.Buffer
        The memory, which may be larger. It is kept as long as the array is.
    """

    __slots__ = ("buffer", "dtype", "shape")

    def __init__(self, buffer: Any, shape: tuple[int, ...], dtype: DataType) -> None:
        self.buffer, self.shape, self.dtype = buffer, shape, dtype

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return (math.prod(self.shape) * itemsize_bits(self.dtype) + 7) // 8

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        typestr = _numpy_type(self.dtype).str
        if typestr[1] == "V":
            raise AttributeError(f"numpy has no {self.dtype.name} to say in __cuda_array_interface__; use .buffer")
        return {
            "shape": self.shape,
            "typestr": typestr,
            "data": (int(self.buffer.handle) if self.nbytes else 0, False),
            "strides": None,
            "version": 3,
        }

    def to_numpy(self, *, stream: Any) -> npt.NDArray[Any]:
        """Copy the values into a numpy array, after the work of a stream; see `trtx.cuda.to_numpy`.

        Parameters
        ----------
        stream
            What `trtx.cuda.stream_handle` takes.
        """
        return to_numpy(self.buffer, self.shape, self.dtype, stream=stream)

    def __repr__(self) -> str:
        return f"<trtx.OutputArray {self.shape} {self.dtype.name}>"


def _numpy_type(dtype: DataType) -> np.dtype[Any]:
    return numpy_dtype(dtype)


@public
class GrowingOutputAllocator(OutputAllocator):
    """Keeps device memory for each output, and takes more where a run needs more.

    Parameters
    ----------
    engine : CudaEngine
        Tells which outputs there are, and their types; it is not kept.

    Raises
    ------
    InvalidArgumentError
        If ``engine`` is none.

    Notes
    -----
    Memory comes from the default pool of the current device, by `cuda.core`, in the order of the stream of the run. It
    is used again by the next run, which overwrites it; `release` hands it over to arrays that shall stay. Each context
    needs an allocator of its own. Methods other than those of the interface are not for use during a run.

    Examples
    --------
    >>> outputs = trtx.GrowingOutputAllocator(engine)
    >>> context.set_output_allocator("y", outputs)
    >>> context.enqueue_v3(stream)
    >>> y = outputs["y"].to_numpy(stream=stream)
    """

    __slots__ = ()

    _dtypes: dict[str, DataType]
    _buffers: dict[str, Any]
    _shapes: dict[str, tuple[int, ...]]

    def __init__(self, engine: CudaEngine) -> None:
        if not isinstance(engine, EngineTensors):
            reject("engine", engine, "a trtx.CudaEngine")
        self._dtypes = {info.name: info.dtype for info in engine.io_tensors if info.mode is TensorIOMode.OUTPUT}
        self._buffers = {}
        self._shapes = {}

    def reallocate_output_async(self, tensor_name: str, memory: int, size: int, alignment: int, stream: int) -> int:
        """Give an output the memory that it had, or more where that is too small."""
        former = self._buffers.get(tensor_name)
        if former is None or former.size < size:
            # The former goes in the order of the stream that it was made on; arrays that were handed out keep it.
            self._buffers[tensor_name] = former = allocate_on_current(size, stream_of(stream))
        return int(former.handle)

    def notify_shape(self, tensor_name: str, shape: tuple[int, ...]) -> None:
        """Note the shape of an output."""
        self._shapes[tensor_name] = shape

    def __getitem__(self, name: str) -> OutputArray:
        """Give an output of the last run; `KeyError` where no run has made it."""
        if name not in self._buffers or name not in self._shapes:
            raise KeyError(f"no run has made an output {name!r}; there are {sorted(self._shapes)}")
        return OutputArray(self._buffers[name], self._shapes[name], self._dtypes[name])

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of an output in the last run.

        Parameters
        ----------
        name : str

        Raises
        ------
        KeyError
            If no run has made it.
        """
        return self[name].shape

    def release(self) -> dict[str, OutputArray]:
        """Hand all outputs of the last run over: the next run takes new memory.

        Returns
        -------
        dict of str to OutputArray
        """
        arrays = {name: self[name] for name in self._shapes if name in self._buffers}
        self._buffers, self._shapes = {}, {}
        return arrays


@trampoline("trtx_py_output_allocator_reallocate_output_async", error=0)
def _reallocate_output_async(
    allocator: OutputAllocator, tensor_name: Any, memory: int, size: int, alignment: int, stream: int
) -> int:
    answer = allocator.reallocate_output_async(text(tensor_name), memory, size, alignment, stream)
    return as_address(answer, allocator, "reallocate_output_async", alignment)


@trampoline("trtx_py_output_allocator_notify_shape")
def _notify_shape(allocator: OutputAllocator, tensor_name: Any, dims: Any) -> None:
    allocator.notify_shape(text(tensor_name), from_dims(dims) or ())
