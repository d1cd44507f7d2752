"""`ExecutionContext`: shapes, addresses, and the run itself.

`set_tensor_address` and `enqueue_v3` are called for every run, so their bodies are written out: the turn of the context
is taken without a context manager, and the checks cost one look at a set that is empty as a rule. TensorRT-RTX reads
addresses when it runs or infers shapes, so `set_tensor_address` only notes them, and a run with new addresses is one
native call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import ExecutionContextAllocationStrategy, TensorFormat, TensorIOMode, TensorLocation
from trtx_sys._ffi import ffi, lib

from ._bindings import Bindings
from ._context_settings import ContextSettings
from ._errors import ExecutionError, InvalidArgumentError, text
from ._handle import Handle
from ._pending import pending as _pending
from ._values import INT64_MAX, check_index, check_int, check_shape, from_dims, to_dims
from .cuda import Memory, find_memory, stream_handle

if TYPE_CHECKING:
    from ._engine import CudaEngine
    from ._runtime_config import RuntimeConfig

__all__ = ["ExecutionContext"]

_tell_addresses = lib.trtx_execution_context_set_tensor_addresses
_run = lib.trtx_execution_context_run

#: In the set of what is missing: the shapes changed, so arrays may be too small now.
_SIZES = object()
#: In the set of what is missing: the caller manages the device memory, and has given none.
_DEVICE_MEMORY = object()
#: `set_device_memory` needs addresses that are multiples of this.
_MEMORY_ALIGNMENT = 256


class ExecutionContext(ContextSettings):
    """Runs an engine (``IExecutionContext``); made by `CudaEngine.create_execution_context`.

    Give the shapes of inputs that have open dimensions (`set_input_shape`), the addresses of all inputs and outputs
    (`set_tensor_address`), then `enqueue_v3` as often as you like.

    Notes
    -----
    One thread at a time may use a context; a second one gets `BusyError`. Threads that run at the same time need a
    context each. A context keeps its engine, its config and the arrays alive whose addresses it was given as objects;
    that memory must not be freed before the runs that use it are done, which `trtx` cannot see.
    """

    __slots__ = ("_bindings", "_config", "_engine", "_hot", "_missing", "_strategy")

    _destroy = lib.trtx_execution_context_destroy

    _engine: CudaEngine
    _config: RuntimeConfig | None
    _strategy: ExecutionContextAllocationStrategy
    #: What every run needs, read at once: the turn (whose token is the pointer), where each name's address is, the
    #: addresses, the native struct around them, what is missing, and _keep.
    _hot: tuple[list[Any], dict[str, int], Any, Any, set[Any], dict[Any, Any]]
    _bindings: Bindings
    #: What a run still lacks: names of tensors without an address, and what is said above.
    _missing: set[Any]

    _guarded = ("_ptr", "_hot", "_engine")

    @classmethod
    def _make(
        cls,
        pointer: Any,
        engine: CudaEngine,
        strategy: ExecutionContextAllocationStrategy,
        config: RuntimeConfig | None,
    ) -> ExecutionContext:
        context = cls.__new__(cls)
        parents: list[Handle] = [engine]
        if config is not None:
            parents.append(config)
            if config._cache is not None:
                parents.append(config._cache)
        context._config = config
        context._strategy = strategy
        context._setup(pointer, *parents)
        return context

    def _setup(self, pointer: Any, *parents: Handle) -> None:
        super()._setup(pointer, *parents)
        self._engine = parents[0]  # type: ignore[assignment]
        self._name = text(lib.trtx_execution_context_get_name(pointer))
        # Who has the turn has the pointer; so a call needs no other look at whether the context is closed.
        self._turn = [pointer]
        bindings = self._bindings = Bindings(self._engine._names)
        missing = self._missing = set(self._engine._names)
        self._hot = (self._turn, bindings.index, bindings.addresses, bindings.native, missing, self._keep)
        self._forget_shapes()
        if self._strategy is ExecutionContextAllocationStrategy.USER_MANAGED:
            missing.add(_DEVICE_MEMORY)

    def _how_to_make(self) -> str:
        return "Call CudaEngine.create_execution_context()."

    def _details(self) -> str:
        return f"{self.name!r} of engine {self._engine.name!r}"

    # Running

    def enqueue_v3(self, stream: Any) -> None:
        """Run the engine on a stream, without waiting for it (``IExecutionContext::enqueueV3``).

        Parameters
        ----------
        stream
            What `trtx.cuda.stream_handle` takes: a stream of `cuda.core`, torch, CuPy ..., or an integer; 0 is the
            default stream. None is refused.

        Raises
        ------
        ExecutionError
            If an address or a shape is missing (the message names the tensors), if an array is too small for the
            shapes that are set, or if TensorRT-RTX cannot start the run. What fails on the GPU later shows when the
            stream is waited for.
        InvalidArgumentError
            If ``stream`` is none.
        BusyError
            If another thread uses the context.
        """
        turn, _, _, bindings, missing, _ = self._hot
        if type(stream) is not int:
            stream = stream_handle(stream)
        if missing:
            self._prepare()
        try:
            pointer = turn.pop()
        except IndexError:
            raise self._busy_error("enqueue_v3") from None
        try:
            status = _run(pointer, bindings, stream)
        except OverflowError:
            stream_handle(stream)
            raise
        finally:
            turn.append(pointer)
        if status or _pending:
            self._check(status, "enqueue_v3()")

    #: The spelling of NVIDIA's package.
    execute_async_v3 = enqueue_v3

    def execute_v2(self, bindings: Sequence[Any]) -> None:
        """Run the engine and wait until it is done (``IExecutionContext::executeV2``).

        Parameters
        ----------
        bindings : sequence
            One address, or array on the GPU, for each input and output, in the order of the engine.

        Raises
        ------
        ExecutionError
            If a shape is missing, or if the run fails.
        InvalidArgumentError
            If there are too few or too many addresses.
        """
        names = tuple(self._engine)
        if isinstance(bindings, (str, bytes)) or not isinstance(bindings, Iterable):
            raise InvalidArgumentError(f"bindings is {type(bindings).__name__}; allowed is a sequence of addresses")
        found = [self._find(name, value) for name, value in zip(names, bindings, strict=False)]
        if len(found) != len(bindings) or len(found) != len(names):
            raise InvalidArgumentError(
                f"bindings has {len(bindings)} addresses; the engine has {len(names)} inputs and outputs: "
                f"{_list(names)}"
            )
        self._raise_missing(addresses=False)
        native = ffi.new("trtx_address[]", [memory.address for memory in found])
        with self._exclusive("execute_v2") as pointer:
            status = lib.trtx_execution_context_execute_v2(pointer, native)
            self._bindings.tell_again()
        self._check(status, "execute_v2()")

    def _prepare(self) -> None:
        """See to everything that a run lacks, or raise."""
        self._raise_missing()
        missing = self._missing
        if _SIZES in missing:
            for name, memory in list(self._keep.items()):
                if isinstance(memory, Memory):
                    self._check_size(name, memory, ExecutionError)
            missing.discard(_SIZES)

    def _raise_missing(self, *, addresses: bool = True) -> None:
        missing = self._missing
        if not missing:
            return
        problems = []
        shapeless = [name for name in self._engine._names if (name,) in missing]
        if shapeless:
            problems.append(f"no shape for {_list(shapeless)} (call set_input_shape)")
        unset = [name for name in self._engine._names if name in missing]
        if unset and addresses:
            problems.append(f"no address for {_list(unset)} (call set_tensor_address)")
        if _DEVICE_MEMORY in missing and self._engine.device_memory_size_v2 > 0:
            problems.append("no device memory, which this context leaves to you (call set_device_memory)")
        if problems:
            _ = self._ptr
            raise ExecutionError(f"ExecutionContext cannot run: {'; '.join(problems)}")
        missing.discard(_DEVICE_MEMORY)

    # Addresses

    def set_tensor_address(self, name: str, address: Any) -> None:
        """Say where an input or output lies (``IExecutionContext::setTensorAddress``).

        Parameters
        ----------
        name : str
        address
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
        turn, index, addresses, _, missing, keep = self._hot
        if type(address) is not int or not address or not turn:
            self._set_unusual_address(name, address)
            return
        try:
            addresses[index[name]] = address
        except (KeyError, TypeError, OverflowError):
            self._set_unusual_address(name, address)
            return
        if missing:
            missing.discard(name)
        if keep:
            keep.pop(name, None)

    def _set_unusual_address(self, name: str, address: Any) -> None:
        """Set the address of an object, or take an address back; or say why not."""
        turn, index, addresses, _, missing, keep = self._hot
        if not turn:
            raise self._busy_error("set_tensor_address")
        self._engine._name(name)
        memory = self._find(name, address)
        if isinstance(memory.owner, int):
            addresses[index[name]] = memory.address
            keep.pop(name, None)
        else:
            addresses[index[name]], keep[name] = memory.address, memory
        if memory.address or memory.nbytes == 0:  # nothing lies nowhere
            missing.discard(name)
        else:
            missing.add(name)

    def set_input_tensor_address(self, name: str, address: Any) -> None:
        """`set_tensor_address` for an input; an output is refused."""
        self._need_mode(name, TensorIOMode.INPUT)
        self.set_tensor_address(name, address)

    def set_output_tensor_address(self, name: str, address: Any) -> None:
        """`set_tensor_address` for an output; an input is refused."""
        self._need_mode(name, TensorIOMode.OUTPUT)
        self.set_tensor_address(name, address)

    def get_tensor_address(self, name: str) -> int:
        """Address of an input or output; 0 where none is set."""
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
        if shape is None or min(shape, default=0) < 0:
            return
        from ._interop import itemsize_bits

        count = 1
        for size in shape:
            count *= size
        needed = (count * itemsize_bits(info.dtype) + 7) // 8
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
            raise InvalidArgumentError(f"{name!r} is no {what}; the engine's {what}s are {_list(fitting)}")

    # Shapes

    def set_input_shape(self, name: str, shape: Sequence[int]) -> None:
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
            If it does not; the message has the range.
        BusyError
            If another thread uses the context.
        """
        self._need_mode(name, TensorIOMode.INPUT)
        built = self._engine._tensor(name).shape
        label = f"shape of input {name!r}"
        sizes = check_shape(shape, label, rank=None if built is None else len(built))
        self._check_range(name, label, sizes, built)
        with self._exclusive("set_input_shape") as pointer:
            status = lib.trtx_execution_context_set_input_shape(pointer, self._engine._name(name), to_dims(sizes))
        self._check(status, f"set_input_shape({name!r}, {tuple(sizes)})")
        missing = self._missing
        missing.discard((name,))
        if self._keep:
            missing.add(_SIZES)

    def _check_range(self, name: str, label: str, sizes: list[int], built: tuple[int, ...] | None) -> None:
        for axis, (size, fixed) in enumerate(zip(sizes, built or (), strict=False)):
            if fixed >= 0 and size != fixed:
                raise InvalidArgumentError(
                    f"{label} is {tuple(sizes)}; the engine was built for {built}, so dimension {axis} must be {fixed}"
                )
        profile = self.active_optimization_profile
        limits = self._engine._range(name, profile) if profile >= 0 else None
        if limits is None:
            return
        low, high = limits
        if not all(least <= size <= most for least, size, most in zip(low, sizes, high, strict=False)):
            raise InvalidArgumentError(
                f"{label} is {tuple(sizes)}; optimization profile {profile} allows {low} to {high}"
            )

    def _forget_shapes(self) -> None:
        """Note that the shapes of all inputs with open dimensions are missing."""
        missing = self._missing
        for info in self._engine.io_tensors:
            if info.mode is TensorIOMode.INPUT and (info.shape is None or -1 in info.shape):
                missing.add((info.name,))

    def get_tensor_shape(self, name: str) -> tuple[int, ...] | None:
        """Shape of an input or output under the shapes that are set.

        Returns
        -------
        tuple of int or None
            -1 stands for a dimension that is not known yet; None for an unknown rank.
        """
        function = lib.trtx_execution_context_get_tensor_shape
        return from_dims(self._ask("trtx_dims *", function, "get_tensor_shape", name))

    def get_tensor_strides(self, name: str) -> tuple[int, ...] | None:
        """Distances between neighbours along each dimension, in values."""
        function = lib.trtx_execution_context_get_tensor_strides
        return from_dims(self._ask("trtx_dims *", function, "get_tensor_strides", name))

    def infer_shapes(self) -> None:
        """Work out the shapes of all outputs (``IExecutionContext::inferShapes``).

        Raises
        ------
        ExecutionError
            If inputs lack a shape, or, where their values decide shapes, an address; the message names them.
        """
        names = self._engine._names
        array = ffi.new("const char *[]", len(names))
        result = ffi.new("int32_t *")
        with self._exclusive("infer_shapes") as pointer:
            status = _tell_addresses(pointer, self._bindings.native)
            status = status or lib.trtx_execution_context_infer_shapes(pointer, len(names), array, result)
            lacking = [] if status else [text(array[index]) for index in range(min(result[0], len(names)))]
        self._check(status, "infer_shapes()")
        if lacking:
            raise ExecutionError(
                f"ExecutionContext.infer_shapes: {_list(lacking)} not specified: call set_input_shape, or "
                "set_tensor_address where the values of an input decide shapes"
            )

    @property
    def all_binding_shapes_specified(self) -> bool:
        """Whether the shapes of all inputs are known."""
        return lib.trtx_execution_context_all_input_dimensions_specified(self._ptr)

    def get_max_output_size(self, name: str) -> int:
        """Most bytes that an output can take in the active profile.

        Raises
        ------
        ExecutionError
            If that is not known, as shapes are missing.
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
        with self._exclusive(what) as pointer:
            status = _tell_addresses(pointer, self._bindings.native) or function(pointer, encoded, result)
        self._check(status, f"{what}({name!r})")
        return result[0]

    # Profiles

    @property
    def active_optimization_profile(self) -> int:
        """Index of the optimization profile in use; -1 where none is."""
        return lib.trtx_execution_context_get_optimization_profile(self._ptr)

    def set_optimization_profile_async(self, profile_index: int, stream: Any) -> None:
        """Change the optimization profile (``IExecutionContext::setOptimizationProfileAsync``).

        Parameters
        ----------
        profile_index : int
        stream
            What `trtx.cuda.stream_handle` takes. Runs on other streams must wait for it.

        Notes
        -----
        Shapes of inputs with open dimensions must be set again.
        """
        index = check_index(
            profile_index, "profile_index", self._engine.num_optimization_profiles, "optimization profiles"
        )
        handle = stream_handle(stream)
        with self._exclusive("set_optimization_profile_async") as pointer:
            former = lib.trtx_execution_context_get_optimization_profile(pointer)
            status = lib.trtx_execution_context_set_optimization_profile_async(pointer, index, handle)
            self._bindings.tell_again()
        self._check(status, f"set_optimization_profile_async({index})")
        if index != former:
            self._forget_shapes()

    # Memory

    def set_device_memory(self, memory: Any, size: int | None = None) -> None:
        """Give the context its device memory (``IExecutionContext::setDeviceMemoryV2``).

        For contexts of the strategy USER_MANAGED. One block may serve several contexts that do not run together.

        Parameters
        ----------
        memory
            What `trtx.cuda.device_address` takes, at a multiple of 256. An object is kept alive.
        size : int, optional
            Bytes; needed where the address alone is given.

        Raises
        ------
        InvalidArgumentError
            If the size is not known or more than there is, or the address is no multiple of 256.
        ExecutionError
            If TensorRT-RTX refuses it.
        """
        found = find_memory(memory, "memory")
        if not found.on_device:
            raise InvalidArgumentError(f"memory is {type(memory).__name__}, which lies on the host, not on the GPU")
        if size is None and found.nbytes is None:
            raise InvalidArgumentError("size is missing: an address does not tell it")
        most = INT64_MAX if found.nbytes is None else found.nbytes
        nbytes = most if size is None else check_int(size, "size", 0, most)
        if found.address % _MEMORY_ALIGNMENT:
            raise InvalidArgumentError(f"memory is at {found.address:#x}; allowed are multiples of {_MEMORY_ALIGNMENT}")
        with self._exclusive("set_device_memory") as pointer:
            status = lib.trtx_execution_context_set_device_memory_v2(pointer, found.address, nbytes)
        self._check(status, f"set_device_memory({nbytes} bytes)")
        self._keep[_DEVICE_MEMORY] = memory
        self._missing.discard(_DEVICE_MEMORY)

    def update_device_memory_size_for_shapes(self) -> int:
        """Bytes of device memory that the shapes that are set need.

        For contexts of the strategy USER_MANAGED (``IExecutionContext::updateDeviceMemorySizeForShapes``).

        Raises
        ------
        ExecutionError
            If shapes are missing, or if the context has another strategy.
        """
        if self._strategy is not ExecutionContextAllocationStrategy.USER_MANAGED:
            _ = self._ptr
            raise ExecutionError(
                "ExecutionContext.update_device_memory_size_for_shapes: the context manages its memory itself; its "
                f"strategy is {self._strategy.name}, allowed is USER_MANAGED"
            )
        self._raise_missing_shapes()
        result = ffi.new("size_t *")
        with self._exclusive("update_device_memory_size_for_shapes") as pointer:
            status = lib.trtx_execution_context_update_device_memory_size_for_shapes(pointer, result)
        self._check(status, "update_device_memory_size_for_shapes()")
        return int(result[0])

    def _raise_missing_shapes(self) -> None:
        shapeless = [name for name in self._engine._names if (name,) in self._missing]
        if shapeless:
            _ = self._ptr
            raise ExecutionError(f"ExecutionContext: no shape for {_list(shapeless)} (call set_input_shape)")

    # Where it comes from

    @property
    def engine(self) -> CudaEngine:
        """The engine that the context runs."""
        _ = self._ptr
        return self._engine

    def get_runtime_config(self) -> RuntimeConfig | None:
        """The config that the context was made from; None where it was made without."""
        _ = self._ptr
        return self._config


def _list(names: Sequence[str]) -> str:
    return " and ".join(map(repr, names))
