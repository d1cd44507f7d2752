"""An engine on paper: the few C functions that `CudaEngine` and `ExecutionContext` call, in Python.

It lets the checks of the run-time side be tested where there is no GPU: names, shapes, addresses, threads, lifetimes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

import trtx
from trtx._core.calls import new_place
from trtx_sys._ffi import ffi, lib

Shape = tuple[int, ...]

#: Pointers that nobody follows.
ENGINE, CONTEXT = ffi.cast("trtx_cuda_engine *", 8), ffi.cast("trtx_execution_context *", 16)


@dataclass
class PaperTensor:
    """An input or output, with the range of its first profile; the second one's is of twice the size."""

    mode: trtx.TensorIOMode
    shape: Shape
    least: Shape = ()
    most: Shape = ()
    dtype: trtx.DataType = trtx.DataType.FLOAT
    location: trtx.TensorLocation = trtx.TensorLocation.DEVICE
    now: Shape = ()
    address: int = 0


@dataclass
class PaperLibrary:
    """Stands for ``trtx_sys.lib`` in the modules of the run-time side."""

    tensors: dict[bytes, PaperTensor]
    runs: list[int] = field(default_factory=list)
    destroyed: list[str] = field(default_factory=list)
    #: Called in the middle of a run.
    during: Callable[[], object] = lambda: None
    profiles: int = 2
    profile: int = 0

    def __getattr__(self, name: str) -> Any:
        """A function of the real library where the paper one has none."""
        getters = {
            "trtx_cuda_engine_get_tensor_io_mode": "mode",
            "trtx_cuda_engine_get_tensor_data_type": "dtype",
            "trtx_cuda_engine_get_tensor_location": "location",
        }
        if name in getters:
            return lambda _, tensor, result: self._give(result, getattr(self.tensors[tensor], getters[name]))
        return getattr(lib, name)

    @staticmethod
    def _give(result: Any, value: Any) -> int:
        result[0] = value
        return 0

    @staticmethod
    def _dims(result: Any, shape: Shape) -> int:
        result.nb_dims = len(shape)
        result.d[0 : len(shape)] = shape
        return 0

    def trtx_cuda_engine_get_nb_io_tensors(self, _: Any) -> int:
        return len(self.tensors)

    def trtx_cuda_engine_get_io_tensor_name(self, _: Any, index: int, result: Any) -> int:
        self._names = [ffi.new("char[]", name) for name in self.tensors]
        return self._give(result, self._names[index])

    def trtx_cuda_engine_get_nb_optimization_profiles(self, _: Any) -> int:
        return self.profiles

    def trtx_cuda_engine_get_name(self, _: Any) -> str | None:
        return None

    def trtx_cuda_engine_get_tensor_format_v2(self, _: Any, tensor: bytes, profile: int, result: Any) -> int:
        return self._give(result, trtx.TensorFormat.LINEAR)

    def trtx_cuda_engine_get_tensor_shape(self, _: Any, tensor: bytes, result: Any) -> int:
        return self._dims(result, self.tensors[tensor].shape)

    def trtx_cuda_engine_get_profile_shape(self, _: Any, tensor: bytes, profile: int, select: int, result: Any) -> int:
        found = self.tensors[tensor]
        shape = (found.least, found.least, found.most)[select]
        return self._dims(result, tuple(size * (1 + profile) for size in shape) or found.shape)

    def trtx_execution_context_get_optimization_profile(self, _: Any) -> int:
        return self.profile

    def trtx_execution_context_set_optimization_profile_async(self, _: Any, profile: int, stream: int) -> int:
        self.profile = profile
        return 0

    def trtx_execution_context_set_input_shape(self, _: Any, tensor: bytes, dims: Any) -> int:
        for found in self.tensors.values():
            if -1 in found.shape:
                found.now = tuple(dims.d[0 : dims.nb_dims])
        return 0

    def trtx_execution_context_get_tensor_shape(self, _: Any, tensor: bytes, result: Any) -> int:
        found = self.tensors[tensor]
        return self._dims(result, found.now or found.shape)

    def trtx_execution_context_get_tensor_address(self, _: Any, tensor: bytes, result: Any) -> int:
        return self._give(result, self.tensors[tensor].address)

    def trtx_execution_context_get_name(self, _: Any) -> str | None:
        return None

    def trtx_execution_context_set_tensor_addresses(self, _: Any, bindings: Any) -> int:
        for index in range(bindings.count):
            self.tensors[ffi.string(bindings.names[index])].address = bindings.addresses[index]
        return 0

    def trtx_py_execution_context_run(self, context: Any, bindings: Any, stream: int) -> int:
        if not 0 <= stream < 2**64:
            raise OverflowError("as cffi says of integers that do not fit")
        if bindings.running[0]:
            return lib.TRTX_BUSY
        bindings.running[0] = 1
        self.trtx_execution_context_set_tensor_addresses(context, bindings)
        self.during()
        self.runs.append(stream)
        bindings.running[0] = 0
        return 0

    def trtx_release(self, place: Any) -> None:
        # The shim does not know the objects on paper, and would refuse them.
        if place[0] in (ENGINE, CONTEXT):
            self.destroyed.append("engine" if place[0] == ENGINE else "context")
            place[0] = ffi.NULL
        else:
            lib.trtx_release(place)


def paper_engine(patch: pytest.MonkeyPatch, logger: trtx.Logger, paper: PaperLibrary) -> trtx.CudaEngine:
    """An engine of the paper library."""
    import trtx._core.handle
    import trtx._run.accessors_gen
    import trtx._run.context
    import trtx._run.context_settings
    import trtx._run.context_tensors
    import trtx._run.engine
    import trtx._run.engine_tensors

    contexts = (trtx._run.context, trtx._run.context_tensors, trtx._run.context_settings)
    for module in (trtx._core.handle, trtx._run.engine, trtx._run.engine_tensors, *contexts):
        patch.setattr(module, "lib", paper)
    patch.setattr(trtx._run.context, "_run", paper.trtx_py_execution_context_run)
    for name in vars(trtx._run.accessors_gen):
        if name.startswith(("_cuda_engine_", "_execution_context_")):
            # Looked up by the call, as a test may change the paper library.
            patch.setattr(trtx._run.accessors_gen, name, lambda *args, n=f"trtx{name}": getattr(paper, n)(*args))
    return trtx.CudaEngine._adopt(_place_of("trtx_cuda_engine", ENGINE), trtx.Runtime(logger))


def paper_context(
    engine: trtx.CudaEngine,
    strategy: trtx.ExecutionContextAllocationStrategy = trtx.ExecutionContextAllocationStrategy.STATIC,
) -> trtx.ExecutionContext:
    """A context of an engine of the paper library."""
    return trtx.ExecutionContext._make(_place_of("trtx_execution_context", CONTEXT), engine, strategy, None)


def _place_of(c_type: str, handle: Any) -> Any:
    place = new_place(c_type)
    place[0] = handle
    return place
