"""The inputs and outputs of an engine as a session sees them, and how arrays of users fit them."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from trtx_sys._enums_gen import DataType, OptProfileSelector, TensorIOMode, TensorLocation

from .. import cuda
from .._core.arrays import itemsize_bits, numpy_dtype
from .._core.errors import InvalidArgumentError, UnsupportedError
from .._core.public import public
from .._core.values import lies_between, show

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._run.engine import CudaEngine

__all__ = ["SessionTensor"]


@public
class SessionTensor(NamedTuple):
    """An input or output of a `Session`.

    Attributes
    ----------
    name : str
        Name in the engine.
    shape : tuple of int
        Sizes; -1 where a size is open.
    dtype : DataType
    profiles : tuple of (tuple of int, tuple of int, tuple of int)
        For an input with open sizes: least, usual and largest shape of each profile; empty otherwise.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DataType
    profiles: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...] = ()

    def __str__(self) -> str:
        ranges = " or ".join(f"{show(least)} to {show(most)}" for least, _, most in self.profiles)
        return f"{self.name}: {self.dtype.name} {show(self.shape)}{f', {ranges}' if ranges else ''}"


#: Stands for the address of an array without elements, which has none.
_NOWHERE = 1 << 62

#: Shapes that a port notes at most.
_KNOWN_SHAPES = 256


class Port:
    """A `SessionTensor` with what a run needs to know at once."""

    __slots__ = ("index", "info", "is_fixed", "known_shapes", "name", "np_dtype", "on_host", "shape", "torch_name")

    def __init__(self, index: int, info: SessionTensor, on_host: bool) -> None:
        if itemsize_bits(info.dtype) < 8:
            raise UnsupportedError(
                f"{info.name} is of {info.dtype.name}, whose elements share bytes; a Session takes inputs and outputs "
                "of whole bytes. Use ExecutionContext"
            )
        self.index, self.info, self.on_host = index, info, on_host
        self.name, self.shape = info.name, info.shape
        self.is_fixed = -1 not in info.shape
        #: Shapes that fit a profile, as was found before.
        self.known_shapes: set[tuple[int, ...]] = set()
        self.np_dtype: np.dtype[Any] = numpy_dtype(info.dtype)
        self.torch_name = self.np_dtype.name  # torch calls its types the same; numpy makes the name anew when asked

    def nbytes(self, shape: tuple[int, ...]) -> int:
        """Bytes of the tensor in a shape."""
        return math.prod(shape) * int(self.np_dtype.itemsize)

    def fits(self, shape: tuple[int, ...], profile: int) -> bool:
        """Whether a shape lies in the range of a profile."""
        least, _, most = self.info.profiles[profile]
        return lies_between(shape, least, most)


def read_ports(engine: CudaEngine) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """Inputs and outputs of an engine."""
    inputs: list[Port] = []
    outputs: list[Port] = []
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        shape = tuple(engine.get_tensor_shape(name))
        is_input = engine.get_tensor_mode(name) is TensorIOMode.INPUT
        on_host = engine.get_tensor_location(name) is TensorLocation.HOST
        profiles: list[tuple[tuple[int, ...], ...]] = []
        if is_input and -1 in shape:
            for number in range(engine.num_optimization_profiles):
                ranges = engine.get_tensor_profile_shape(name, number)
                profiles.append(tuple(tuple(ranges[which]) for which in _SELECTORS))
        info = SessionTensor(name, shape, engine.get_tensor_dtype(name), tuple(profiles))  # type: ignore[arg-type]
        ports = inputs if is_input else outputs
        ports.append(Port(len(ports), info, on_host))
    return tuple(inputs), tuple(outputs)


_SELECTORS = (OptProfileSelector.MIN, OptProfileSelector.OPT, OptProfileSelector.MAX)


class Given:
    """An array of the user."""

    __slots__ = ("address", "array", "dtype", "is_torch", "shape", "stream")

    def __init__(
        self,
        array: Any,
        shape: tuple[int, ...],
        address: int = 0,
        stream: int | None = None,
        is_torch: bool = False,
        dtype: Any = None,
    ) -> None:
        #: What keeps the memory alive; for arrays of the host one of numpy.
        self.array = array
        self.shape = shape
        #: Address on the device; 0 for arrays of the host.
        self.address = address
        #: Stream in whose order the array is written, where it tells one.
        self.stream = stream
        self.is_torch = is_torch
        #: Torch's own, for its tensors on the device.
        self.dtype = dtype

    def is_still(self, value: Any) -> bool:
        """Whether a value is this tensor of torch on the device, which torch lets anybody change, and is as it was."""
        return (
            value is self.array
            and self.dtype is not None
            and value.data_ptr() == self.address
            and value.shape == self.shape
            and value.dtype is self.dtype
            and value.is_contiguous()
        )


def take(port: Port, value: Any, device: int, handle: int, exact: tuple[int, ...] | None = None) -> Given:
    """Look at an array of any library.

    Parameters
    ----------
    device
        Number of the GPU on which it may lie.
    handle
        Stream that will read it.
    exact
        The one shape that it may have; without it, those that an input may have.

    Raises
    ------
    InvalidArgumentError
        If its type or shape is wrong, or if it lies on another GPU.
    """
    if isinstance(value, np.ndarray):
        return _on_host(port, value, exact)
    if _is_torch(value):
        return _take_torch(port, value, device, exact)
    if hasattr(value, "__cuda_array_interface__"):
        return _take_interface(port, value, device, exact)
    if hasattr(value, "__dlpack_device__") and int(value.__dlpack_device__()[0]) in (2, 13):
        return _take_dlpack(port, value, device, handle, exact)
    if isinstance(value, (str, bytes)) or value is None:  # numpy would make arrays of these
        _refuse(port, type(value).__name__, exact)
    try:
        return _on_host(port, np.asarray(value), exact)
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidArgumentError):
            raise
        raise InvalidArgumentError(f"{port.name} is {type(value).__name__}, which is no array: {error}") from None


def move(value: Any, device: int) -> Any:
    """An array of torch or CuPy that is on a GPU, contiguous and on a given GPU; anything else as it is.

    The copy is made in the order of the library's current stream, on the GPU that it goes to.
    """
    if _is_torch(value):
        return value.to(f"cuda:{device}").contiguous() if value.is_cuda else value
    if type(value).__module__.partition(".")[0] == "cupy":
        cupy = sys.modules["cupy"]
        if value.device.id == device and value.flags.c_contiguous:
            return value
        # The copy waits for what its source's GPU is doing, which CuPy does not see to across GPUs.
        with cupy.cuda.Device(value.device.id):
            cupy.cuda.get_current_stream().synchronize()
        with cupy.cuda.Device(device):
            return cupy.array(value, order="C")
    return value


def take_result(port: Port, value: Any, device: int, handle: int, shape: tuple[int, ...]) -> Given:
    """Look at an array that an output of a shape is to be written into."""
    found = take(port, value, device, handle, shape)
    if not found.address:
        is_ndarray = isinstance(value, np.ndarray)
        if not (is_ndarray or found.is_torch):
            _refuse(port, type(value).__name__, shape, "nothing can be written into it")
        if not found.array.flags.writeable:
            _refuse(port, "an array that is read-only", shape)
        if found.is_torch and not value.is_contiguous():
            _refuse(port, "a torch tensor whose values are not contiguous", shape, "call .contiguous() first")
    return found


def _on_host(port: Port, array: npt.NDArray[Any], exact: tuple[int, ...] | None) -> Given:
    if array.dtype != port.np_dtype:
        _refuse(port, f"an array of {array.dtype}", exact)
    return Given(array, check_shape(port, array.shape, exact))


def _take_torch(port: Port, tensor: Any, device: int, exact: tuple[int, ...] | None) -> Given:
    torch = sys.modules["torch"]
    if tensor.dtype is not getattr(torch, port.torch_name, None):
        _refuse(port, f"a torch tensor of {str(tensor.dtype).rpartition('.')[2]}", exact)
    shape = check_shape(port, tuple(tensor.shape), exact)
    if tensor.is_cuda:
        number = tensor.get_device()
        if number != device:
            _refuse_device(port, number, device, exact)
        if not tensor.is_contiguous():
            _refuse(port, "a torch tensor whose values are not contiguous", exact, "call .contiguous() first")
        return Given(tensor, shape, tensor.data_ptr() or _NOWHERE, None, True, tensor.dtype)
    if tensor.device.type != "cpu":
        _refuse(port, f"a torch tensor on {tensor.device}", exact)
    # numpy lacks some of torch's types, so the bytes are taken as such.
    raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
    return Given(raw.view(port.np_dtype).reshape(shape), shape, 0, None, True)


def _take_interface(port: Port, value: Any, device: int, exact: tuple[int, ...] | None) -> Given:
    memory = cuda.find_memory(value, port.name)
    number = getattr(value, "device", None)
    number = getattr(number, "id", number)  # CuPy's
    if isinstance(number, int) and number != device:
        _refuse_device(port, number, device, exact)
    stream: int | None = value.__cuda_array_interface__.get("stream")
    if stream is None and type(value).__module__.partition(".")[0] == "cupy":
        stream = int(sys.modules["cupy"].cuda.get_current_stream().ptr)
    return _on_device(port, value, memory, stream, exact)


def _take_dlpack(port: Port, value: Any, device: int, handle: int, exact: tuple[int, ...] | None) -> Given:
    number = int(value.__dlpack_device__()[1])
    if number != device:
        _refuse_device(port, number, device, exact)
    cuda.find_memory(value, port.name)  # refuses what is not contiguous
    view = cuda._import("cuda.core.utils").StridedMemoryView.from_any_interface(value, stream_ptr=handle)
    memory = cuda.Memory(int(view.ptr), None, cuda._type_of(str(view.dtype.name)), True, False, False, (view, value))
    return _on_device(port, view, memory, None, exact)


def _on_device(port: Port, value: Any, memory: cuda.Memory, stream: int | None, exact: tuple[int, ...] | None) -> Given:
    if memory.dtype is not port.info.dtype:
        shown = memory.dtype.name if isinstance(memory.dtype, DataType) else memory.dtype
        _refuse(port, f"an array of {shown}", exact)
    shape = check_shape(port, tuple(value.shape), exact)
    return Given(memory.owner, shape, memory.address or _NOWHERE, stream)


def _is_torch(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, getattr(torch, "Tensor", ()))


def check_shape(port: Port, shape: tuple[int, ...], exact: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Refuse a shape other than the exact one; without that, one that the input never has in any profile."""
    wanted = port.shape if exact is None else exact
    if shape == wanted or (exact is None and shape in port.known_shapes):
        return shape
    if (
        exact is not None
        or len(shape) != len(wanted)
        or any(given != size for given, size in zip(shape, wanted, strict=True) if size != -1)
        or not any(port.fits(shape, number) for number in range(len(port.info.profiles)))
    ):
        _refuse(port, f"of shape {show(shape)}", exact)
    if len(port.known_shapes) < _KNOWN_SHAPES:
        port.known_shapes.add(shape)
    return shape


def choose_profile(inputs: Sequence[Port], shapes: Sequence[tuple[int, ...]]) -> int:
    """The first profile of an engine that has a place for the shapes of all inputs."""
    dynamic = [(port, shape) for port, shape in zip(inputs, shapes, strict=True) if not port.is_fixed]
    if not dynamic:
        return 0
    for number in range(len(dynamic[0][0].info.profiles)):
        if all(port.fits(shape, number) for port, shape in dynamic):
            return number
    given = ", ".join(f"{port.name} {show(shape)}" for port, shape in dynamic)
    ranges = "; ".join(str(port.info) for port, _ in dynamic)
    raise InvalidArgumentError(f"no profile of the engine has a place for {given} together; allowed are {ranges}")


def _refuse(port: Port, given: str, exact: tuple[int, ...] | None, advice: str = "") -> NoReturn:
    allowed = port.info if exact is None else port.info._replace(shape=exact, profiles=())
    raise InvalidArgumentError(f"{port.name} is {given}; allowed is {allowed}{f'; {advice}' if advice else ''}")


def _refuse_device(port: Port, found: int, device: int, exact: tuple[int, ...] | None) -> NoReturn:
    _refuse(port, f"on GPU {found}", exact, f"the session runs on GPU {device}: copy it there, or give copy=True")


def match(ports: tuple[Port, ...], given: Mapping[str, Any], what: str = "inputs") -> list[Any]:
    """Values in the order of the ports; every name must be there, and no other."""
    try:
        values = [given[port.name] for port in ports]
    except (KeyError, TypeError):
        values = []
    if len(values) == len(ports) == len(given):
        return values
    if not isinstance(given, Mapping):
        raise InvalidArgumentError(f"{what} is {type(given).__name__}; allowed is a mapping of names to arrays")
    names = [port.name for port in ports]
    missing = [name for name in names if name not in given]
    unknown = [name for name in given if name not in names]
    parts = []
    if unknown:
        parts.append(f"{_list(unknown)} {'is' if len(unknown) == 1 else 'are'} unknown{_suggest(unknown[0], missing)}")
    if missing:
        parts.append(f"{_list(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    raise InvalidArgumentError(f"{what}: {', '.join(parts)}; allowed are {_list(names)}")


def _list(names: Iterable[object]) -> str:
    return ", ".join(repr(name) for name in names)


def _suggest(name: object, missing: list[str]) -> str:
    close = difflib.get_close_matches(str(name), missing, 1, 0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
