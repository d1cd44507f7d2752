"""CUDA beside TensorRT-RTX: streams and memory, as thin as `cuda.core` allows.

``trtx.cuda.Device``, ``Stream``, ``Event``, ``Buffer`` and the other names in `CORE_NAMES` are those of `cuda.core`,
which is imported when one is first used; so ``import trtx`` needs neither the package nor a driver. `trtx` itself takes
streams and arrays of any library, and plain integers: see `stream_handle` and `device_address`. With the fake library
(``TRTX_LIBRARY=fake``) the names are those of classes over memory of the host, and nothing of CUDA is needed.
"""

from __future__ import annotations

import importlib
import math
import numbers
import operator
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from trtx_sys._enums_gen import DataType

from ._core import driver
from ._core.driver import copy_in as copy_in
from ._core.errors import CudaError, InvalidArgumentError
from ._core.lazy import give_lazily
from ._core.library import is_fake
from ._core.values import ADDRESS_MAX, Shape, check_int, check_shape, reject, show

if TYPE_CHECKING:  # cuda.core fills itself when it is imported, which pyright cannot follow
    import numpy.typing as npt
    from cuda.core import LEGACY_DEFAULT_STREAM as LEGACY_DEFAULT_STREAM  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import PER_THREAD_DEFAULT_STREAM as PER_THREAD_DEFAULT_STREAM  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import Buffer as Buffer  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import Device as Device  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import DeviceMemoryResource as DeviceMemoryResource  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import Event as Event  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import EventOptions as EventOptions  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import Stream as Stream  # pyright: ignore[reportAttributeAccessIssue]
    from cuda.core import StreamOptions as StreamOptions  # pyright: ignore[reportAttributeAccessIssue]

__all__ = [
    "device_address",
    "driver_problem",
    "empty",
    "from_numpy",
    "is_available",
    "stream_handle",
    "to_numpy",
    "why_unavailable",
]

#: What this module takes from `cuda.core`, on first use.
CORE_NAMES = (
    "Buffer",
    "Device",
    "DeviceMemoryResource",
    "Event",
    "EventOptions",
    "LEGACY_DEFAULT_STREAM",
    "PER_THREAD_DEFAULT_STREAM",
    "Stream",
    "StreamOptions",
)

_HOW_TO_INSTALL = "install it with: pip install cuda-python cuda-core"

# DLPack's numbers of device types.
_DLPACK_HOST = 1
_DLPACK_CUDA = 2
_DLPACK_PINNED = 3
_DLPACK_MANAGED = 13


class Memory(NamedTuple):
    """Where an array lies, and as much as is known about it."""

    address: int
    nbytes: int | None
    #: None where it is not known; the name of a type that TensorRT-RTX does not have.
    dtype: DataType | str | None
    on_device: bool
    on_host: bool
    read_only: bool
    #: What keeps the memory alive.
    owner: object


# Is there CUDA?


def driver_problem() -> str | None:
    """Say why CUDA cannot be used on this machine; None where it can.

    Returns
    -------
    str or None
        A sentence: there is no driver, it does not start, or it sees no GPU.
    """
    return driver.problem()


def why_unavailable() -> str | None:
    """Say why the functions of this module cannot be used; None where they can.

    Returns
    -------
    str or None
        A sentence: what `driver_problem` says, or that the package ``cuda.core`` is missing. Neither is needed with the
        fake library, for which memory of the host takes the GPU's place.
    """
    if is_fake():
        return None
    problem = driver_problem()
    if problem is None:
        try:
            _core()
        except CudaError as error:
            return str(error)
    return problem


def is_available() -> bool:
    """Whether there is a GPU with its driver, and the package ``cuda.core``; or the fake library, which needs none."""
    return why_unavailable() is None


def _core() -> Any:
    """`cuda.core`; what plays its part where the fake library is used."""
    if is_fake():
        from ._core import host_device

        return host_device
    return _import("cuda.core")


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise CudaError(f"The package {name} cannot be imported ({error}); {_HOW_TO_INSTALL}") from error


def _need_driver() -> None:
    problem = None if is_fake() else driver_problem()
    if problem is not None:
        raise CudaError(f"{problem}; this needs a GPU and its driver")


def _from_core(name: str) -> Any:
    _need_driver()
    core = _core()
    value = getattr(core, name)
    if not is_fake():  # a program may still load the real library then
        globals()[name] = value
    return value


give_lazily(__name__, CORE_NAMES, _from_core)


# Streams and addresses of any library


def stream_handle(stream: object, name: str = "stream") -> int:
    """Integer of a CUDA stream.

    Parameters
    ----------
    stream
        A stream of `cuda.core` or anything else with ``__cuda_stream__``, ``torch.cuda.Stream``, ``cupy.cuda.Stream``,
        ``CUstream`` and ``cudaStream_t`` of cuda.bindings, or the integer itself; 0 is the default stream.
    name : str, default "stream"
        What messages call it.

    Raises
    ------
    InvalidArgumentError
        If it is none of these. None is refused too: libraries do not agree on what it stands for.
    """
    if type(stream) is int:
        return _check_address(stream, name)
    if stream is None:
        raise InvalidArgumentError(f"{name} is None; pass 0 for the default stream")
    protocol: Any = getattr(stream, "__cuda_stream__", None)
    if protocol is not None:
        answer: Any = protocol() if callable(protocol) else protocol
        try:
            version, handle = answer
            is_known = bool(version == 0)
        except (TypeError, ValueError):
            raise InvalidArgumentError(
                f"{name} has a __cuda_stream__ of {show(answer)}; allowed is a tuple of the version and the handle"
            ) from None
        if not is_known:
            raise InvalidArgumentError(f"{name} speaks version {version} of __cuda_stream__; known is version 0")
        return handle if type(handle) is int and 0 <= handle <= ADDRESS_MAX else _check_address(handle, name)
    allowed = "an integer (0 is the default stream) or a stream of cuda.core, torch, CuPy or cuda.bindings"
    return _check_address(_attribute_of(stream, "stream", "cuda_stream", "ptr", "handle"), name, allowed)


def event_handle(event: object) -> int:
    """Integer of a CUDA event: of `cuda.core`, torch, CuPy, cuda.bindings, or itself."""
    if event is None:
        raise InvalidArgumentError("event is None; allowed is an event, or 0 for none")
    allowed = "an integer, or an event of cuda.core, torch, CuPy or cuda.bindings"
    return _check_address(_attribute_of(event, "event", "cuda_event", "ptr", "handle"), "event", allowed)


def handle_of(value: object, name: str, allowed: str) -> int:
    """The integer of another kind of handle, which may be one of cuda.bindings."""
    return _check_address(value, name, allowed)


def _attribute_of(value: object, kind: str, *attributes: str) -> object:
    """The handle inside a library's stream or event; the value itself where it is no such object.

    Arrays and buffers have attributes of these names too, so the name of the class must tell what it is.
    """
    if kind in type(value).__name__.lower():
        for attribute in attributes:
            handle = getattr(value, attribute, None)
            if handle is not None:
                return handle
    return value


def device_address(memory: object) -> tuple[int, int | None]:
    """Address and size of device memory.

    Parameters
    ----------
    memory
        A `cuda.core` ``Buffer``, an array of torch, CuPy, Numba or anything else with ``__cuda_array_interface__`` or
        DLPack, a ``CUdeviceptr``, or the address as an integer.

    Returns
    -------
    address : int
    nbytes : int or None
        None where only the address is known.

    Raises
    ------
    InvalidArgumentError
        If it is something else, lies on the host, or is not contiguous.
    """
    found = find_memory(memory, "memory")
    if not found.on_device:
        raise InvalidArgumentError(f"memory is {type(memory).__name__}, which lies on the host, not on the GPU")
    return found.address, found.nbytes


def _check_address(value: Any, name: str, allowed: str = "an address (int)") -> int:
    if isinstance(value, (bool, Enum)):
        reject(name, value, allowed)
    try:
        number = operator.index(value)
    except TypeError:
        # Handles of cuda.bindings have __int__ only; so do floats and arrays, which are no addresses.
        if type(value).__module__.partition(".")[0] != "cuda" or not hasattr(value, "__int__"):
            reject(name, value, allowed)
        number = int(value)
    return check_int(number, name, 0, ADDRESS_MAX)


def find_memory(value: Any, name: str) -> Memory:
    """Find out where an array lies, asking in the order that tells most."""
    if isinstance(value, (numbers.Integral, Enum)):  # numpy's integers too, which have the interface of arrays
        address = _check_address(value, name)
        return Memory(address, None, None, True, True, False, address)
    if hasattr(value, "data_ptr") and hasattr(value, "element_size"):
        return _from_torch(value, name)
    interface = getattr(value, "__cuda_array_interface__", None)
    if interface is not None:
        return _from_interface(interface, name, value, on_device=True)
    if hasattr(value, "is_device_accessible") and hasattr(value, "size") and hasattr(value, "handle"):
        device, host = bool(value.is_device_accessible), bool(value.is_host_accessible)
        address = _check_address(value.handle, name)
        return Memory(address, int(value.size), None, device, host, False, value)
    interface = getattr(value, "__array_interface__", None)
    if interface is not None:
        return _from_interface(interface, name, value, on_device=False)
    if hasattr(value, "__dlpack_device__"):
        return _from_dlpack(value, name)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _from_buffer(value, name)
    allowed = (
        "an address (int), a cuda.core Buffer, or an array with __cuda_array_interface__ or DLPack (torch, CuPy, jax)"
    )
    return Memory(_check_address(value, name, allowed), None, None, True, True, False, value)


def _from_torch(tensor: Any, name: str) -> Memory:
    if not tensor.is_contiguous():
        _reject_strides(name, tuple(tensor.shape), "call .contiguous() first")
    device = tensor.device.type
    if device not in ("cuda", "cpu"):
        reject(name, tensor.device, "a tensor on a CUDA device")
    nbytes = int(tensor.numel()) * int(tensor.element_size())
    dtype = _type_of(str(tensor.dtype).rpartition(".")[2])
    pinned = device == "cpu" and bool(tensor.is_pinned())
    return Memory(int(tensor.data_ptr()), nbytes, dtype, device == "cuda" or pinned, device == "cpu", False, tensor)


def _from_interface(interface: Any, name: str, owner: object, *, on_device: bool) -> Memory:
    shape, typestr = tuple(interface["shape"]), str(interface["typestr"])
    if typestr[1:2] in ("O", "M", "m"):  # neither objects nor dates: their numbers mean nothing to a GPU
        reject(name, typestr, "an array of numbers")
    itemsize = int(typestr[2:])
    strides = interface.get("strides")
    if strides is not None and not _is_contiguous(shape, tuple(size // (itemsize or 1) for size in strides)):
        _reject_strides(name, shape, "make it contiguous first")
    data = interface.get("data")
    if not isinstance(data, tuple):
        reject(name, data, "an array whose interface gives its address")
    nbytes = itemsize * math.prod(shape)
    if typestr[0] == ("<" if sys.byteorder == "big" else ">") and itemsize > 1:
        reject(name, typestr, "an array in the byte order of the machine")
    # Types of ml_dtypes have the type string of raw bytes, but a name of their own.
    dtype_name = getattr(getattr(owner, "dtype", None), "name", None)
    known = _INTERFACE_TYPES.get(typestr[1:], dtype_name if isinstance(dtype_name, str) else typestr)
    dtype = None if typestr[1] == "V" and known == typestr else _type_of(known)
    return Memory(int(data[0] or 0), nbytes, dtype, on_device, not on_device, bool(data[1]), owner)


def _from_dlpack(value: Any, name: str) -> Memory:
    kind = int(value.__dlpack_device__()[0])
    if kind not in (_DLPACK_HOST, _DLPACK_CUDA, _DLPACK_PINNED, _DLPACK_MANAGED):
        reject(name, type(value).__name__, "an array on a CUDA device")
    view = _import("cuda.core.utils").StridedMemoryView.from_any_interface(value, stream_ptr=-1)
    if view.strides is not None and not _is_contiguous(tuple(view.shape), tuple(view.strides)):
        _reject_strides(name, tuple(view.shape), "make it contiguous first")
    count = math.prod(view.shape)
    dtype = _type_of(str(view.dtype.name))
    host, device = kind != _DLPACK_CUDA, kind != _DLPACK_HOST
    nbytes = count * int(view.dtype.itemsize)
    return Memory(int(view.ptr), nbytes, dtype, device, host, bool(view.readonly), (view, value))


def _from_buffer(value: bytes | bytearray | memoryview, name: str) -> Memory:
    from trtx_sys._ffi import ffi

    try:
        view = ffi.from_buffer("char[]", value)
    except (BufferError, ValueError) as error:
        raise InvalidArgumentError(f"{name} is a buffer that cannot be used as it lies: {error}") from None
    read_only = memoryview(value).readonly
    return Memory(int(ffi.cast("uintptr_t", view)), len(view), None, False, True, read_only, view)


#: Type strings of array interfaces, without their byte order.
_INTERFACE_TYPES = {
    "f4": "float32",
    "f2": "float16",
    "i1": "int8",
    "i4": "int32",
    "i8": "int64",
    "u1": "uint8",
    "b1": "bool",
}


def _type_of(name: str) -> DataType | str:
    from ._core.arrays import _TYPES

    return _TYPES.get(name, name)


def _is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether values lie one after the other, the last dimension fastest; strides in values."""
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size == 0:
            return True
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True


def _reject_strides(name: str, shape: tuple[int, ...], advice: str) -> None:
    raise InvalidArgumentError(f"{name} is an array of shape {shape} whose values are not contiguous; {advice}")


# Memory, as far as a first program needs it


def empty(shape: int | Shape, dtype: DataType | npt.DTypeLike = DataType.FLOAT, *, stream: Any) -> Any:
    """Allocate device memory for an array, in the order of a stream.

    Parameters
    ----------
    shape : int or sequence of int
        As of `trtx.ExecutionContext.get_tensor_shape`.
    dtype : DataType or numpy dtype, default FLOAT
    stream : cuda.core.Stream
        The device must be current: ``trtx.cuda.Device().set_current()``.

    Returns
    -------
    cuda.core.Buffer
        Freed in the order of the stream when it is closed or collected.

    Raises
    ------
    CudaError
        If there is no driver, no cuda.core, or not enough memory.
    """
    from ._core.arrays import as_data_type, itemsize_bits

    kind = as_data_type(dtype, "dtype")
    sizes = check_shape((shape,) if isinstance(shape, int) else shape, "shape")
    return _allocate((math.prod(sizes) * itemsize_bits(kind) + 7) // 8, stream)


def from_numpy(array: npt.ArrayLike, *, stream: Any) -> Any:
    """Copy an array of the host to the device, in the order of a stream.

    Parameters
    ----------
    array : numpy array or what `numpy.ascontiguousarray` takes
        It may be changed as soon as the call returns.
    stream : cuda.core.Stream

    Returns
    -------
    cuda.core.Buffer

    Raises
    ------
    CudaError
        If there is no driver, no cuda.core, or not enough memory.
    """
    import numpy as np

    from ._core.arrays import pack

    host = np.ascontiguousarray(array)
    kind = _type_of(host.dtype.name)
    if isinstance(kind, DataType):
        host = pack(host, kind)  # values of four bits are two to a byte on the device
    buffer = _allocate(host.nbytes, stream)
    if host.nbytes:
        # Memory that a library pinned is copied behind our back: wait, so that the array is free again in every case.
        _copy("HtoD", int(buffer.handle), host.ctypes.data, host.nbytes, stream_handle(stream))
    return buffer


def to_numpy(
    memory: object, shape: Shape, dtype: DataType | npt.DTypeLike = DataType.FLOAT, *, stream: Any
) -> npt.NDArray[Any]:
    """Copy device memory into a new array of the host, after the stream's work, and wait for it.

    Parameters
    ----------
    memory
        What `device_address` takes.
    shape : sequence of int
    dtype : DataType or numpy dtype, default FLOAT
    stream
        What `stream_handle` takes.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    InvalidArgumentError
        If the memory is smaller than the array.
    CudaError
        If there is no driver, or if work on the stream failed.
    """
    import numpy as np

    from ._core.arrays import as_dtype, itemsize_bits, unpack

    kind = as_dtype(dtype, "dtype")
    address, nbytes = device_address(memory)
    sizes = tuple(check_shape(shape, "shape"))
    packed = _type_of(kind.name)
    if isinstance(packed, DataType) and itemsize_bits(packed) == 4:  # two to a byte on the device, one in an array
        raw = to_numpy(memory, ((math.prod(sizes) + 1) // 2,), DataType.UINT8, stream=stream)
        return unpack(raw.tobytes(), packed, math.prod(sizes)).reshape(sizes)
    host = np.empty(sizes, kind)
    if nbytes is not None and nbytes < host.nbytes:
        raise InvalidArgumentError(f"memory has {nbytes} bytes, an array of {host.shape} {kind} needs {host.nbytes}")
    _need_driver()
    _copy("DtoH", host.ctypes.data, address, host.nbytes, stream_handle(stream))
    return host


def _copy(way: str, target: int, source: int, nbytes: int, stream: int) -> None:
    """Copy from the host to the device, or back, after the work of a stream, and wait for it."""
    if is_fake():
        _core().copy(target, source, nbytes)
        return
    bindings = _import("cuda.bindings.driver")
    if nbytes:
        copy = getattr(bindings, f"cuMemcpy{way}Async")
        _cuda(bindings, copy(target, source, nbytes, stream), f"copying to the {'device' if way == 'HtoD' else 'host'}")
    _cuda(bindings, bindings.cuStreamSynchronize(stream), "waiting for the stream")


def stream_of(handle: int) -> Any:
    """A `cuda.core` stream for the integer that a callback got."""
    core = _core()
    if handle in (0, 1):
        return core.LEGACY_DEFAULT_STREAM
    return core.PER_THREAD_DEFAULT_STREAM if handle == 2 else core.Stream.from_handle(handle)


def allocate_on_current(nbytes: int, stream: Any) -> Any:
    """Memory of the current device, in the order of a `cuda.core` stream."""
    _need_driver()
    try:
        return _core().Device().memory_resource.allocate(max(nbytes, 1), stream=stream)
    except Exception as error:
        raise CudaError(f"allocating {nbytes} bytes on the GPU failed: {error}") from error


def _allocate(nbytes: int, stream: Any) -> Any:
    _need_driver()
    core = _core()
    if not isinstance(stream, core.Stream):
        reject("stream", stream, "a cuda.core Stream, as of trtx.cuda.Device().create_stream()")
    try:
        # A buffer of nothing has no address, which TensorRT-RTX wants all the same.
        return stream.device.memory_resource.allocate(max(nbytes, 1), stream=stream)
    except Exception as error:
        raise CudaError(f"allocating {nbytes} bytes on the GPU failed: {error}") from error


def _cuda(driver: Any, result: tuple[Any, ...], what: str) -> None:
    """Raise unless a call of cuda.bindings succeeded."""
    error = result[0]
    if int(error):
        found = driver.cuGetErrorString(error)
        words = found[1].decode() if not int(found[0]) and found[1] else str(error)
        raise CudaError(f"{what} failed: {words} ({getattr(error, 'name', error)})")
