"""`DebugListener`: is shown the values of debug tensors while a run goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from trtx_sys._enums_gen import DataType, TensorLocation

from .._core.accessors import Members
from .._core.callbacks import Callback, trampoline
from .._core.errors import text
from .._core.gpu_allocator import as_success
from .._core.public import public
from .._core.values import from_dims

__all__ = ["DebugListener"]

_DATA_TYPES = Members(DataType)
_LOCATIONS = Members(TensorLocation)


@public
class DebugListener(Callback):
    """Is shown debug tensors (``IDebugListener``); derive from it for `ExecutionContext.set_debug_listener`.

    In its place a function is taken that is called like `process_debug_tensor`.

    Notes
    -----
    Tensors are marked in the network (`NetworkDefinition.mark_debug`) and switched on in the context
    (`ExecutionContext.set_tensor_debug_state`). What the method raises comes out of the run.
    """

    __slots__ = ()

    _native: ClassVar[str] = "debug_listener"
    _methods: ClassVar[tuple[str, ...]] = ("process_debug_tensor",)
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (("process_debug_tensor",),)
    _function: ClassVar[str | None] = "process_debug_tensor"

    def process_debug_tensor(
        self, addr: int, location: TensorLocation, type: DataType, shape: tuple[int, ...], name: str, stream: int
    ) -> bool | None:
        """Take the values of a tensor (``IDebugListener::processDebugTensor``).

        Parameters
        ----------
        addr : int
            Where the values lie. They are valid until the method returns, or, on the device, for work that it puts on
            the stream: ``trtx.cuda.to_numpy(addr, shape, type, stream=stream)`` copies them and waits.
        location : TensorLocation
            Whether that is an address on the device or on the host.
        type : DataType
        shape : tuple of int
        name : str
            Name of the tensor in the network.
        stream : int
            The stream of the run.

        Returns
        -------
        bool or None
            False is a failure, which TensorRT-RTX makes one of the run; anything but a bool or None is a `TypeError`.
        """
        raise NotImplementedError


#: What `ExecutionContext.set_debug_listener` takes.
Listener = DebugListener | Callable[[int, TensorLocation, DataType, tuple[int, ...], str, int], bool | None]


@trampoline("trtx_py_debug_listener_process_debug_tensor", error=False)
def _process_debug_tensor(
    listener: DebugListener, addr: int, location: int, type: int, shape: Any, name: Any, stream: int
) -> bool:
    sizes = from_dims(shape)
    answer = listener.process_debug_tensor(
        addr, _LOCATIONS[location], _DATA_TYPES[type], () if sizes is None else sizes, text(name), stream
    )
    return as_success(answer, listener, "process_debug_tensor")
