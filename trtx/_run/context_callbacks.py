"""What an `ExecutionContext` calls: profiler, allocators, debug listener; and the communicator of several GPUs."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Literal

from trtx_sys._enums_gen import TensorIOMode
from trtx_sys._ffi import ffi, lib

from .._core.errors import InvalidArgumentError
from .._core.gpu_allocator import GpuAllocator, as_gpu_allocator, kind_of
from .._core.values import check_bool, check_text, reject
from ..cuda import handle_of
from .context_tensors import OUTPUT_ALLOCATOR, ContextTensors
from .debug_listener import DebugListener, Listener
from .output_allocator import Allocator, OutputAllocator
from .profiler import Profiler, Reporter

_set_profiler = lib.trtx_execution_context_set_profiler
_set_temporary = lib.trtx_execution_context_set_temporary_storage_allocator


def _nobody(layer_name: str, ms: float) -> None:
    """In the place of a profiler that was taken back."""


class ContextCallbacks(ContextTensors):
    """A base of `ExecutionContext`."""

    __slots__ = ()

    _set_error_recorder: ClassVar[Any] = lib.trtx_execution_context_set_error_recorder
    _get_error_recorder: ClassVar[Any] = lib.trtx_execution_context_get_error_recorder

    # Profiler

    @property
    def profiler(self) -> Reporter | None:
        """Is told the times of layers; None, the default, for nobody (``IExecutionContext::setProfiler``).

        A `Profiler`, such as `ProfileCollector`, or a function that is called as ``function(layer_name, ms)``. It is
        kept alive. With one, `enqueue_v3` waits for the run and reports it, unless `enqueue_emits_profile` is off.
        TensorRT-RTX cannot do without one again: with None, what it reports is dropped, and runs go on waiting.

        Raises
        ------
        InvalidArgumentError
            If it is set to anything else, or to an object whose methods are misspelt or missing.
        BusyError
            If it is set while another thread uses the context.
        """
        found: Reporter | None = self._callback("profiler")
        return None if found is _nobody else found

    @profiler.setter
    def profiler(self, profiler: Reporter | None) -> None:
        what = "profiler"
        if profiler is None:
            if self.profiler is None:
                return
            profiler = _nobody  # the library refuses null
        status = self._refer_to(what, Profiler, profiler, lambda pointer: self._changed(what, _set_profiler, pointer))
        self._check(status, what)

    # Allocators

    @property
    def temporary_allocator(self) -> GpuAllocator | None:
        """Hands out the memory that a run needs for itself; None, the default, is the engine's.

        (``IExecutionContext::setTemporaryStorageAllocator``) It is kept alive.

        Raises
        ------
        InvalidArgumentError
            If it is set to anything but a `GpuAllocator` or None, or to an object whose methods are misspelt or
            missing.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If it is set while another thread uses the context.
        """
        found: GpuAllocator | None = self._callback("temporary_allocator")
        return found

    @temporary_allocator.setter
    def temporary_allocator(self, allocator: GpuAllocator | None) -> None:
        what = "temporary_allocator"
        status = self._refer_to(
            what,
            kind_of(allocator),
            allocator,
            lambda pointer: self._changed(what, _set_temporary, as_gpu_allocator(pointer)),
        )
        self._check(status, what)

    def set_output_allocator(self, name: str, output_allocator: Allocator | None) -> Literal[True]:
        """Have the memory of an output handed out while it is computed (``IExecutionContext::setOutputAllocator``).

        The output needs no address then.

        Parameters
        ----------
        name : str
        output_allocator : OutputAllocator, function or None
            A function is called like `OutputAllocator.reallocate_output_async`. It is kept alive. None, the default,
            ends it: the output needs an address again.

        Raises
        ------
        InvalidArgumentError
            If there is no such output, if it is no allocator, or if its methods are misspelt or missing.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If another thread uses the context.
        """
        self._need_mode(name, TensorIOMode.OUTPUT)
        what, function = "set_output_allocator", lib.trtx_execution_context_set_output_allocator
        encoded = self._engine._name(name)
        self._refuse_change(what)
        status = self._refer_to(
            "output_allocator",
            OutputAllocator,
            output_allocator,
            lambda pointer: self._changed(what, function, encoded, pointer),
            key=(OUTPUT_ALLOCATOR, name),
        )
        if not status:
            self._see_to_address(name)
        self._check(status, f"{what}({name!r})")
        return True

    def get_output_allocator(self, name: str) -> Allocator | None:
        """What was set by `set_output_allocator` (``IExecutionContext::getOutputAllocator``); None for nothing.

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such output.
        """
        self._need_mode(name, TensorIOMode.OUTPUT)
        found: Allocator | None = self._callback((OUTPUT_ALLOCATOR, name))
        return found

    # Debug tensors

    def set_debug_listener(self, listener: Listener | None) -> Literal[True]:
        """Set who is shown the values of debug tensors (``IExecutionContext::setDebugListener``).

        Parameters
        ----------
        listener : DebugListener, function or None
            A function is called like `DebugListener.process_debug_tensor`. It is kept alive. None, the default, is
            nobody.

        Raises
        ------
        InvalidArgumentError
            If it is none, or if its methods are misspelt or missing.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If another thread uses the context.
        """
        what, function = "set_debug_listener", lib.trtx_execution_context_set_debug_listener
        status = self._refer_to(
            "listener", DebugListener, listener, lambda pointer: self._changed(what, function, pointer)
        )
        self._check(status, what)
        return True

    def get_debug_listener(self) -> Listener | None:
        """What was set by `set_debug_listener` (``IExecutionContext::getDebugListener``); None for nobody."""
        found: Listener | None = self._callback("listener")
        return found

    def set_tensor_debug_state(self, name: str, flag: Any) -> Literal[True]:
        """Set whether the values of a tensor are shown to the listener (``IExecutionContext::setTensorDebugState``).

        Parameters
        ----------
        name : str
            A tensor that was marked in the network: see `NetworkDefinition.mark_debug`, `CudaEngine.is_debug_tensor`.
        flag : bool

        Raises
        ------
        InvalidArgumentError
            If the tensor was not marked, or if ``flag`` is no bool.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If another thread uses the context.
        """
        encoded, value = self._debug_tensor(name), check_bool(flag, "flag")
        what, function = "set_tensor_debug_state", lib.trtx_execution_context_set_tensor_debug_state
        self._check(self._changed(what, function, encoded, value), f"{what}({name!r}, {value})")
        return True

    def get_debug_state(self, name: str) -> bool:
        """Whether the values of a tensor are shown to the listener (``IExecutionContext::getDebugState``).

        Parameters
        ----------
        name : str
            A tensor that was marked in the network.

        Raises
        ------
        InvalidArgumentError
            If the tensor was not marked.
        ExecutionError
            If TensorRT-RTX reports an error.
        """
        encoded, result = self._debug_tensor(name), ffi.new("bool *")
        what, function = "get_debug_state", lib.trtx_execution_context_get_debug_state
        self._check(function(self._ptr, encoded, result), f"{what}({name!r})")
        return bool(result[0])

    def set_all_tensors_debug_state(self, flag: Any) -> Literal[True]:
        """Set whether all debug tensors are shown to the listener (``IExecutionContext::setAllTensorsDebugState``).

        Parameters
        ----------
        flag : bool

        Raises
        ------
        InvalidArgumentError
            If it is no bool.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If another thread uses the context.
        """
        value = check_bool(flag, "flag")
        what, function = "set_all_tensors_debug_state", lib.trtx_execution_context_set_all_tensors_debug_state
        self._check(self._changed(what, function, value), f"{what}({value})")
        return True

    def _debug_tensor(self, name: str) -> bytes:
        encoded = check_text(name, "name")
        if not self._engine.is_debug_tensor(name):
            reject(
                "name", name, "a tensor that was marked with NetworkDefinition.mark_debug before the engine was built"
            )
        return encoded

    # Several GPUs

    def set_communicator(self, communicator: Any) -> Literal[True]:
        """Set the NCCL communicator for layers that work across GPUs (``IExecutionContext::setCommunicator``).

        Parameters
        ----------
        communicator
            The ``ncclComm_t`` as an integer or a capsule, or an object that has it as ``ptr`` (nccl4py) or ``comm``
            (CuPy). An object is kept alive until another one is set or the context is closed; the communicator itself
            must live as long.

        Raises
        ------
        InvalidArgumentError
            If it is none of these, or null.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If another thread uses the context.
        """
        address = _communicator_address(communicator)
        what, function = "set_communicator", lib.trtx_execution_context_set_communicator
        # A long call: it may talk to the other GPUs, whose calls come from other threads.
        status = self._hand_over(("communicator",), communicator, self._long, what, function, address)
        self._check(status, "set_communicator()")
        return True


def _communicator_address(value: Any) -> int:
    allowed = "an ncclComm_t: an integer, a capsule, or an object with .ptr or .comm"
    if type(value).__name__ == "PyCapsule":
        api = ctypes.pythonapi
        api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
        api.PyCapsule_GetPointer.restype = ctypes.c_void_p
        api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        return int(api.PyCapsule_GetPointer(value, api.PyCapsule_GetName(value)) or 0)
    for attribute in ("ptr", "comm"):
        if not isinstance(value, int) and getattr(value, attribute, None) is not None:
            value = getattr(value, attribute)
            break
    address = handle_of(value, "communicator", allowed)
    if not address:
        raise InvalidArgumentError(f"communicator is null; allowed is {allowed}")
    return address
