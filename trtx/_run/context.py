"""`ExecutionContext`: the run itself.

`enqueue_v3` is called for every run, so its body is written out: the checks cost one look at a set that is empty as a
rule. A run with new addresses is one native call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from trtx_sys._enums_gen import ExecutionContextAllocationStrategy
from trtx_sys._ffi import ffi, lib

from .._core.calls import busy_error
from .._core.errors import BusyError, EngineError, ExecutionError, InvalidArgumentError
from .._core.handle import Handle
from .._core.keywords import under_name
from .._core.pending import pending as _pending
from .._core.public import public
from .._core.shown import listed
from .._core.values import INT64_MAX, check_int, check_sequence
from ..cuda import find_memory, stream_handle
from .context_callbacks import ContextCallbacks
from .context_tensors import DEVICE_MEMORY, list_names

if TYPE_CHECKING:
    from .engine import CudaEngine
    from .runtime_config import RuntimeConfig

__all__ = ["ExecutionContext"]

_run = lib.trtx_py_execution_context_run

#: `set_device_memory` needs addresses that are multiples of this.
_MEMORY_ALIGNMENT = 256


@public
class ExecutionContext(ContextCallbacks):
    """Runs an engine (``IExecutionContext``); made by `CudaEngine.create_execution_context`.

    Give the shapes of inputs that have open dimensions (`set_input_shape`), the addresses of all inputs and outputs
    (`set_tensor_address`), then `enqueue_v3` as often as you like.

    Notes
    -----
    One thread at a time may use a context; a second one gets `BusyError`. Threads that run at the same time need a
    context each. A context keeps its engine, its config and the arrays alive whose addresses it was given as objects;
    that memory must not be freed before the runs that use it are done, which `trtx` cannot see. Methods that
    ask about a tensor raise `ExecutionError` where TensorRT-RTX reports an error.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ("_config", "_strategy")

    _config: RuntimeConfig | None
    _strategy: ExecutionContextAllocationStrategy

    @classmethod
    def _make(
        cls, place: Any, engine: CudaEngine, strategy: ExecutionContextAllocationStrategy, config: RuntimeConfig | None
    ) -> ExecutionContext:
        context = cls.__new__(cls)
        context._engine, context._strategy, context._config = engine, strategy, config
        made_with: list[Handle] = [] if config is None else [config]
        if config is not None and config._cache is not None:
            made_with.append(config._cache)
        context._take(place, engine, *made_with)
        return context

    def _prepare(self, pointer: Any) -> None:
        super()._prepare(pointer)
        if self._strategy is ExecutionContextAllocationStrategy.USER_MANAGED:
            self._missing.add(DEVICE_MEMORY)

    def _how_to_make(self) -> str:
        return "Call CudaEngine.create_execution_context()."

    def _details(self) -> str:
        engine = self._engine
        parts = [repr(self.name)] if self.name else []
        parts += [f"of engine {engine.name!r}"] if engine.name else []
        try:
            parts.append(f"{self._shown(engine.input_names)} -> {self._shown(engine.output_names)}")
        except (BusyError, ExecutionError, EngineError):  # another call has one of them for itself
            parts.append(f"{len(engine._names)} inputs and outputs")
        return ", ".join(parts)

    def _shown(self, names: tuple[str, ...]) -> str:
        return listed((f"{name} {self.get_tensor_shape(name)}" for name in names), len(names), 4)

    # Running

    def enqueue_v3(self, stream: Any) -> Literal[True]:
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
        bindings, missing = self._for_runs
        if type(stream) is not int:
            # stream_handle's usual case, written out: its own call and checks take twice as long again.
            answer: Any
            try:
                answer = stream.__cuda_stream__()
            except (AttributeError, TypeError):  # there is none, or it is no method
                answer = ()
            handle = is_usual = False
            try:
                version, handle = answer
                is_usual = type(handle) is int and version == 0
            except (TypeError, ValueError):
                pass
            stream = handle if is_usual else stream_handle(stream)
        if missing:
            self._see_to_everything()
        try:
            if not self._notes:
                status = _run(self._ptr, bindings, stream)
            else:
                status = self._changed("enqueue_v3", _run, bindings, stream)
        except OverflowError:
            stream_handle(stream)
            raise
        if status == lib.TRTX_BUSY:
            raise busy_error(self, "enqueue_v3", self._long_calls())
        if status or _pending:
            self._check(status, "enqueue_v3()")
        return True

    if TYPE_CHECKING:

        def execute_async_v3(self, stream_handle: Any) -> Literal[True]: ...

    else:  # the spelling of NVIDIA's package
        execute_async_v3 = under_name(enqueue_v3, "execute_async_v3", stream="stream_handle")

    def execute_v2(self, bindings: Iterable[Any]) -> Literal[True]:
        """Run the engine and wait until it is done (``IExecutionContext::executeV2``).

        Parameters
        ----------
        bindings : sequence
            One address, or array on the GPU, for each input and output, in the order of the engine. Those of
            `set_tensor_address` stay as they are.

        Raises
        ------
        ExecutionError
            If a shape is missing, or if the run fails.
        InvalidArgumentError
            If there are too few or too many addresses, or if an array does not fit its tensor.
        BusyError
            If another thread uses the context.
        """
        names = tuple(self._engine)
        values = check_sequence(bindings, "bindings", "a sequence of addresses", len(names))
        if len(values) != len(names):
            raise InvalidArgumentError(
                f"bindings has {len(values)} addresses; the engine has {len(names)} inputs and outputs: "
                f"{list_names(names)}"
            )
        found = [self._find(name, value) for name, value in zip(names, values, strict=True)]
        self._raise_missing(addresses=False)
        native = ffi.new("trtx_address[]", [memory.address for memory in found])
        self._bindings.tell_again()  # now, as an interrupt may come out of the call
        self._check(self._long("execute_v2", lib.trtx_execution_context_execute_v2, native), "execute_v2()")
        return True

    # Memory

    def set_device_memory(self, memory: Any, size: SupportsIndex | None = None) -> None:
        """Give the context its device memory (``IExecutionContext::setDeviceMemoryV2``).

        For contexts of the strategy USER_MANAGED. One block may serve several contexts that do not run together.

        Parameters
        ----------
        memory
            What `trtx.cuda.device_address` takes, at a multiple of 256. An object is kept alive until other memory is
            set or the context is closed.
        size : int, optional
            Bytes; needed where the address alone is given.

        Raises
        ------
        InvalidArgumentError
            If the size is not known or more than there is, or the address is no multiple of 256 or on the host.
        ExecutionError
            If TensorRT-RTX refuses it.
        BusyError
            If another thread uses the context.
        """
        self._set_device_memory(memory, size, "memory")

    def _set_device_memory(self, memory: Any, size: SupportsIndex | None, name: str) -> None:
        found = find_memory(memory, name)
        if not found.on_device:
            raise InvalidArgumentError(f"{name} is {type(memory).__name__}, which lies on the host, not on the GPU")
        if size is None and found.nbytes is None:
            raise InvalidArgumentError("size is missing: an address does not tell it")
        most = INT64_MAX if found.nbytes is None else found.nbytes
        nbytes = most if size is None else check_int(size, "size", 0, most)
        if found.address % _MEMORY_ALIGNMENT:
            raise InvalidArgumentError(f"{name} is at {found.address:#x}; allowed are multiples of {_MEMORY_ALIGNMENT}")
        what, function = "set_device_memory", lib.trtx_execution_context_set_device_memory_v2
        status = self._hand_over(DEVICE_MEMORY, memory, self._long, what, function, found.address, nbytes)
        self._check(status, f"{what}({nbytes} bytes)")
        self._missing.discard(DEVICE_MEMORY)

    @property
    def device_memory(self) -> Any:
        """The device memory that the context was given; None where it was given none.

        Setting it is `set_device_memory`. Behind a bare address the size is not checked; it must be as large as
        `CudaEngine.device_memory_size_v2` or `update_device_memory_size_for_shapes` say (then it is
        ``IExecutionContext::setDeviceMemory``).
        """
        _ = self._ptr
        return self._keep.get(DEVICE_MEMORY)

    @device_memory.setter
    def device_memory(self, memory: Any) -> None:
        found = find_memory(memory, "device_memory")
        if found.nbytes is not None:
            self._set_device_memory(memory, None, "device_memory")
            return
        if found.address % _MEMORY_ALIGNMENT:
            raise InvalidArgumentError(
                f"device_memory is at {found.address:#x}; allowed are multiples of {_MEMORY_ALIGNMENT}"
            )
        what, function = "device_memory", lib.trtx_execution_context_set_device_memory
        status = self._hand_over(DEVICE_MEMORY, memory, self._long, what, function, found.address)
        self._check(status, what)
        self._missing.discard(DEVICE_MEMORY)

    def update_device_memory_size_for_shapes(self) -> int:
        """Bytes of device memory that the shapes that are set need.

        For contexts of the strategy USER_MANAGED (``IExecutionContext::updateDeviceMemorySizeForShapes``).

        Raises
        ------
        ExecutionError
            If shapes are missing, or if the context has another strategy.
        BusyError
            If another thread uses the context.
        """
        if self._strategy is not ExecutionContextAllocationStrategy.USER_MANAGED:
            _ = self._ptr
            raise ExecutionError(
                "ExecutionContext.update_device_memory_size_for_shapes: the context manages its memory itself; its "
                f"strategy is {self._strategy.name}, allowed is USER_MANAGED"
            )
        self._raise_missing_shapes()
        result = ffi.new("size_t *")
        what, function = (
            "update_device_memory_size_for_shapes",
            lib.trtx_execution_context_update_device_memory_size_for_shapes,
        )
        self._tell_addresses(what)  # the values of some inputs decide shapes
        self._check(self._long(what, function, result), f"{what}()")
        return int(result[0])

    # Where it comes from

    @property
    def engine(self) -> CudaEngine:
        """The engine that the context runs, and keeps alive (``IExecutionContext::getEngine``)."""
        _ = self._ptr
        return self._engine

    def get_runtime_config(self) -> RuntimeConfig | None:
        """The config that the context was made from; None without one (``IExecutionContext::getRuntimeConfig``)."""
        _ = self._ptr
        return self._config
