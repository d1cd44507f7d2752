"""Shapes and addresses of an `ExecutionContext`, and what a run still lacks of them.

`set_tensor_address` is called for every run, so its body is written out. TensorRT-RTX reads addresses when it runs or
infers shapes, so it only notes them, and the next call that needs them hands them over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from trtx_sys._enums_gen import TensorFormat, TensorIOMode, TensorLocation
from trtx_sys._ffi import ffi, lib

from .._core.errors import ExecutionError, InvalidArgumentError, text
from .._core.values import Shape, check_index, check_shape, lies_between, to_dims
from ..cuda import Memory, find_memory
from ..cuda import stream_handle as _stream_handle
from .bindings import Bindings
from .context_settings import ContextSettings

if TYPE_CHECKING:
    from .engine import CudaEngine

#: In the set of what is missing: the shapes changed, so arrays may be too small now.
SIZES = object()
#: In the set of what is missing: the caller manages the device memory, and has given none.
DEVICE_MEMORY = object()
#: In the keys of callbacks, with the name of the output.
OUTPUT_ALLOCATOR = "output allocator"


class ContextTensors(ContextSettings):
    """A base of `ExecutionContext`: what it knows of the engine's inputs and outputs."""

    __slots__ = ("_bindings", "_engine", "_for_addresses", "_for_runs", "_missing")

    _engine: CudaEngine
    # What the calls of every run need, read at once.
    #: Where each name's address is, the addresses, what is missing, _keep, and whether a run is under way.
    _for_addresses: tuple[dict[str, int], Any, set[Any], dict[Any, Any], Any]
    #: The struct, and what is missing.
    _for_runs: tuple[Any, set[Any]]
    _bindings: Bindings
    #: What a run still lacks: names of tensors without an address, names in a tuple without a shape, and the above.
    _missing: set[Any]

    _guarded = ("_ptr", "_for_addresses", "_for_runs", "_engine")

    def _prepare(self, pointer: Any) -> None:
        super()._prepare(pointer)
        engine: Any = self._parents[0]
        bindings = self._bindings = Bindings(engine._names)
        missing = self._missing = set(engine._names)
        self._for_addresses = (bindings.index, bindings.addresses, missing, self._keep, bindings.running)
        self._for_runs = (bindings.native, missing)
        self._forget_shapes(engine)

    # Addresses

    def set_tensor_address(self, name: str, memory: Any) -> Literal[True]:
        """Say where an input or output lies (``IExecutionContext::setTensorAddress``).

        Parameters
        ----------
        name : str
        memory
            An integer, a `cuda.core` ``Buffer``, or an array on the GPU: torch, CuPy, anything with
            ``__cuda_array_interface__`` or DLPack. An object is kept alive until another address is set, and checked:
            contiguous, of the tensor's type, large enough for its shape. Behind an integer nothing can be checked; 0
            takes the address back. Inputs whose location is HOST take numpy arrays.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor, or if the array does not fit it or lies on the wrong side.
        BusyError
            If another thread uses the context.

        Notes
        -----
        TensorRT-RTX is told by the next call that needs the address, such as `enqueue_v3`; should it refuse the
        address, that call raises `ExecutionError`.
        """
        index, addresses, missing, keep, running = self._for_addresses
        if memory.__class__ is not int or not memory or self._notes or running[0]:
            self._set_unusual_address(name, memory)
            return True
        try:
            addresses[index[name]] = memory
        except (KeyError, TypeError, OverflowError):
            self._set_unusual_address(name, memory)
            return True
        if missing:
            missing.discard(name)
        if keep:
            keep.pop(name, None)
        return True

    def _set_unusual_address(self, name: str, address: Any) -> None:
        """Set the address of an object, or take an address back; or say why not."""
        index, addresses, _, keep, _ = self._for_addresses
        self._refuse_change("set_tensor_address")
        self._engine._name(name)
        memory = self._find(name, address)
        if isinstance(memory.owner, int):
            addresses[index[name]] = memory.address
            keep.pop(name, None)
        else:
            addresses[index[name]], keep[name] = memory.address, memory
        self._see_to_address(name, is_empty=memory.nbytes == 0)

    def _see_to_address(self, name: str, *, is_empty: bool = False) -> None:
        """Note whether the address of a tensor is missing: nothing lies nowhere, and an allocator provides its own."""
        index, addresses, missing, _, _ = self._for_addresses
        if addresses[index[name]] or is_empty or (OUTPUT_ALLOCATOR, name) in self._bridges:
            missing.discard(name)
        else:
            missing.add(name)

    def set_input_tensor_address(self, name: str, memory: Any) -> Literal[True]:
        """`set_tensor_address` for an input (``IExecutionContext::setInputTensorAddress``); an output is refused.

        Parameters
        ----------
        name : str
        memory
            As in `set_tensor_address`.

        Raises
        ------
        InvalidArgumentError
            If the tensor is no input, and as in `set_tensor_address`.
        BusyError
            If another thread uses the context.
        """
        self._need_mode(name, TensorIOMode.INPUT)
        self.set_tensor_address(name, memory)
        return True

    def set_output_tensor_address(self, name: str, memory: Any) -> Literal[True]:
        """`set_tensor_address` for an output (``IExecutionContext::setOutputTensorAddress``); an input is refused.

        Parameters
        ----------
        name : str
        memory
            As in `set_tensor_address`.

        Raises
        ------
        InvalidArgumentError
            If the tensor is no output, and as in `set_tensor_address`.
        BusyError
            If another thread uses the context.
        """
        self._need_mode(name, TensorIOMode.OUTPUT)
        self.set_tensor_address(name, memory)
        return True

    def get_tensor_address(self, name: str) -> int:
        """Address of an input or output; 0 where none is set (``IExecutionContext::getTensorAddress``).

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        BusyError
            If another thread uses the context.
        """
        function = lib.trtx_execution_context_get_tensor_address
        return int(self._ask("trtx_address *", function, "get_tensor_address", name))

    def _find(self, name: str, value: Any) -> Memory:
        """Where an array lies, after every check that can be made."""
        info = self._engine._tensor(name)
        label = f"address of {info.mode.name.lower()} {name!r}"
        memory = find_memory(value, label)
        if memory.nbytes is None:
            return memory
        kind = type(value).__name__
        if info.location is TensorLocation.DEVICE and not memory.on_device:
            raise InvalidArgumentError(
                f"{label} is {kind}, which lies on the host; copy it to the GPU first, for instance with "
                "trtx.cuda.from_numpy(array, stream=stream)"
            )
        if info.location is TensorLocation.HOST and not memory.on_host:
            raise InvalidArgumentError(
                f"{label} is {kind} on the GPU; this tensor is read by the CPU: give a numpy array"
            )
        if memory.read_only and info.mode is TensorIOMode.OUTPUT:
            raise InvalidArgumentError(f"{label} is a read-only {kind}; an output is written")
        if memory.dtype not in (None, info.dtype):
            given = getattr(memory.dtype, "name", memory.dtype)
            raise InvalidArgumentError(f"{label} is {kind} of type {given}; the tensor is {info.dtype.name}")
        self._check_size(name, memory, InvalidArgumentError)
        return memory

    def _check_size(self, name: str, memory: Memory, kind: type[Exception]) -> None:
        """Raise if an array is smaller than its tensor, as far as both are known."""
        info = self._engine._tensor(name)
        if memory.nbytes is None or info.format is not TensorFormat.LINEAR:
            return
        shape = self.get_tensor_shape(name)
        if min(shape, default=0) < 0:
            return
        from .._core.arrays import itemsize_bits

        needed = (math.prod(shape) * itemsize_bits(info.dtype) + 7) // 8
        if memory.nbytes < needed:
            mode = info.mode.name.lower()
            raise kind(
                f"{mode} {name!r} of shape {shape} and type {info.dtype.name} needs {needed} bytes; its memory has "
                f"{memory.nbytes}"
            )

    def _need_mode(self, name: str, mode: TensorIOMode) -> None:
        info = self._engine._tensor(name)
        if info.mode is not mode:
            what = mode.name.lower()
            fitting = [info.name for info in self._engine.io_tensors if info.mode is mode]
            raise InvalidArgumentError(f"{name!r} is no {what}; the engine's {what}s are {list_names(fitting)}")

    # Shapes

    def set_input_shape(self, name: str, shape: Shape) -> Literal[True]:
        """Decide the open dimensions of an input (``IExecutionContext::setInputShape``).

        Parameters
        ----------
        name : str
        shape : sequence of int
            The whole shape. It must agree with the engine where the engine is fixed, and lie between the least and the
            largest shape of the active profile.

        Raises
        ------
        InvalidArgumentError
            If it does not; the message has the range. Also if there is no such input.
        ExecutionError
            If TensorRT-RTX refuses the shape.
        BusyError
            If another thread uses the context.
        """
        self._need_mode(name, TensorIOMode.INPUT)
        built = self._engine._tensor(name).shape
        label = f"shape of input {name!r}"
        sizes = check_shape(shape, label, rank=len(built))
        self._check_range(name, label, sizes, built)
        if self._keep:
            self._missing.add(SIZES)
        encoded, dims = self._engine._name(name), to_dims(sizes)
        status = self._changed("set_input_shape", lib.trtx_execution_context_set_input_shape, encoded, dims)
        self._check(status, f"set_input_shape({name!r}, {tuple(sizes)})")
        self._missing.discard((name,))
        return True

    def _check_range(self, name: str, label: str, sizes: list[int], built: tuple[int, ...]) -> None:
        for axis, (size, fixed) in enumerate(zip(sizes, built, strict=True)):
            if fixed >= 0 and size != fixed:
                raise InvalidArgumentError(
                    f"{label} is {tuple(sizes)}; the engine was built for {built}, so dimension {axis} must be {fixed}"
                )
        profile = self.active_optimization_profile
        limits = self._engine._range(name, profile) if profile >= 0 else None
        if limits is None:
            return
        low, high = limits
        if not lies_between(sizes, low, high):
            raise InvalidArgumentError(
                f"{label} is {tuple(sizes)}; optimization profile {profile} allows {low} to {high}"
            )

    def _forget_shapes(self, engine: CudaEngine) -> None:
        """Note that the shapes of all inputs with open dimensions are missing."""
        missing = self._missing
        for info in engine.io_tensors:
            if info.mode is TensorIOMode.INPUT and -1 in info.shape:
                missing.add((info.name,))

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        """Shape of an input or output under the shapes that are set (``IExecutionContext::getTensorShape``).

        Parameters
        ----------
        name : str

        Returns
        -------
        tuple of int
            -1 stands for a dimension that is not known yet.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        BusyError
            If another thread uses the context.
        """
        dims = self._ask("trtx_dims *", lib.trtx_execution_context_get_tensor_shape, "get_tensor_shape", name)
        return self._shape_of(dims, f"get_tensor_shape({name!r})")

    def get_tensor_strides(self, name: str) -> tuple[int, ...]:
        """Distances between neighbours along each dimension, in elements (``IExecutionContext::getTensorStrides``).

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        ExecutionError
            If a shape that it depends on has not been set.
        BusyError
            If another thread uses the context.
        """
        dims = self._ask("trtx_dims *", lib.trtx_execution_context_get_tensor_strides, "get_tensor_strides", name)
        return self._shape_of(dims, f"get_tensor_strides({name!r})")

    def infer_shapes(self) -> tuple[()]:
        """Work out the shapes of all outputs (``IExecutionContext::inferShapes``).

        Outputs whose values are shapes are written, where they have an address.

        Returns
        -------
        tuple
            Always empty: no inputs are left over. NVIDIA's package answers with their names.

        Raises
        ------
        ExecutionError
            If inputs lack a shape, or, where their values decide shapes, an address; the message names them. Also if
            the shapes do not go together.
        BusyError
            If another thread uses the context.
        """
        names = self._engine._names
        array = ffi.new("const char *[]", len(names))
        result = ffi.new("int32_t *")
        self._tell_addresses("infer_shapes")
        status = self._long("infer_shapes", lib.trtx_execution_context_infer_shapes, len(names), array, result)
        self._check(status, "infer_shapes()")
        lacking = [text(array[index]) for index in range(min(result[0], len(names)))]
        if lacking:
            raise ExecutionError(
                f"ExecutionContext.infer_shapes: {list_names(lacking)} not specified: call set_input_shape, or "
                "set_tensor_address where the values of an input decide shapes"
            )
        return ()

    def get_max_output_size(self, name: str) -> int:
        """Most bytes that an output can take under the active profile and the shapes that are set.

        (``IExecutionContext::getMaxOutputSize``)

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such output.
        ExecutionError
            If that is not known, as shapes are missing.
        BusyError
            If another thread uses the context.
        """
        self._need_mode(name, TensorIOMode.OUTPUT)
        size = int(self._ask("int64_t *", lib.trtx_execution_context_get_max_output_size, "get_max_output_size", name))
        if size < 0:
            self._raise_missing(addresses=False)
            raise ExecutionError(f"ExecutionContext.get_max_output_size({name!r}): TensorRT-RTX cannot tell")
        return size

    def _ask(self, kind: str, function: Any, what: str, name: str) -> Any:
        """Value of a C getter that has a name, and writes its answer."""
        result = ffi.new(kind)
        encoded = self._engine._name(name)
        self._tell_addresses(what)
        self._check(function(self._ptr, encoded, result), f"{what}({name!r})")
        return result[0]

    def _tell_addresses(self, what: str) -> None:
        """Hand over the addresses that the library has not been told."""
        function = lib.trtx_execution_context_set_tensor_addresses
        self._check(self._changed(what, function, self._bindings.native), what)

    # Profiles

    def set_optimization_profile_async(self, profile_index: SupportsIndex, stream_handle: Any) -> Literal[True]:
        """Change the optimization profile (``IExecutionContext::setOptimizationProfileAsync``).

        Parameters
        ----------
        profile_index : int
            From 0 to `CudaEngine.num_optimization_profiles` - 1.
        stream_handle
            What `trtx.cuda.stream_handle` takes. Runs on other streams must wait for it.

        Raises
        ------
        InvalidArgumentError
            If there is no such profile, or if ``stream_handle`` is none.
        ExecutionError
            If TensorRT-RTX cannot change to it.
        BusyError
            If another thread uses the context.

        Notes
        -----
        Shapes that the new profile does not allow must be set again.
        """
        index = check_index(
            profile_index, "profile_index", self._engine.num_optimization_profiles, "optimization profiles"
        )
        handle = _stream_handle(stream_handle, "stream_handle")
        what, function = "set_optimization_profile_async", lib.trtx_execution_context_set_optimization_profile_async
        self._refuse_change(what)
        # Forgotten first: an interrupt may come out of the call.
        self._bindings.tell_again()
        if index != self.active_optimization_profile:
            self._forget_shapes(self._engine)
        self._check(self._long(what, function, index, handle), f"{what}({index})")
        return True

    # What is missing

    def _see_to_everything(self) -> None:
        """See to everything that a run lacks, or raise."""
        self._raise_missing()
        missing = self._missing
        if SIZES in missing:
            for name, memory in list(self._keep.items()):
                if isinstance(memory, Memory):
                    self._check_size(name, memory, ExecutionError)
            missing.discard(SIZES)

    def _shapeless(self) -> list[str]:
        """Inputs whose shapes are missing.

        The library knows some without being told: it keeps a shape when the profile changes, and a profile may allow
        but one.
        """
        profile, result, found = self.active_optimization_profile, ffi.new("trtx_dims *"), []
        for name in self._engine._names:
            if (name,) not in self._missing:
                continue
            status = lib.trtx_execution_context_get_tensor_shape(self._ptr, self._engine._name(name), result)
            limits = self._engine._range(name, profile) if profile >= 0 else None
            if status == 0 and limits is not None and lies_between(self._shape_of(result[0], name), *limits):
                self._missing.discard((name,))
            else:
                found.append(name)
        return found

    def _raise_missing(self, *, addresses: bool = True) -> None:
        missing = self._missing
        if not missing:
            return
        problems = []
        shapeless = self._shapeless()
        if shapeless:
            problems.append(f"no shape for {list_names(shapeless)} (call set_input_shape)")
        unset = [name for name in self._engine._names if name in missing]
        if unset and addresses:
            problems.append(f"no address for {list_names(unset)} (call set_tensor_address)")
        if DEVICE_MEMORY in missing and self._engine.device_memory_size_v2 > 0:
            problems.append("no device memory, which this context leaves to you (call set_device_memory)")
        if problems:
            _ = self._ptr
            raise ExecutionError(f"ExecutionContext cannot run: {'; '.join(problems)}")
        missing.discard(DEVICE_MEMORY)

    def _raise_missing_shapes(self) -> None:
        shapeless = self._shapeless()
        if shapeless:
            _ = self._ptr
            raise ExecutionError(f"ExecutionContext: no shape for {list_names(shapeless)} (call set_input_shape)")


def list_names(names: Sequence[str]) -> str:
    """Names as messages show them."""
    return " and ".join(map(repr, names))
