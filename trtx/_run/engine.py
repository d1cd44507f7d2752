"""`CudaEngine`: a deserialized engine, and what is made from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from trtx_sys._enums_gen import (
    ExecutionContextAllocationStrategy,
)
from trtx_sys._ffi import ffi, lib

from .._core.calls import new_place
from .._core.errors import BusyError, EngineError, UnsupportedError
from .._core.public import public
from .._core.shown import counted, listed
from .._core.values import check_enum, check_int, reject
from ..cuda import stream_handle
from .accessors_gen import RuntimeAccessors, SerializationConfigAccessors
from .engine_source import open_blob
from .engine_tensors import EngineTensors
from .runtime_config import RuntimeConfig
from .stream_reader import StreamReader

if TYPE_CHECKING:
    from typing_extensions import Self

    from .._core.host_memory import HostMemory
    from .._core.types import Source
    from .context import ExecutionContext
    from .inspector import EngineInspector
    from .runtime import Runtime

__all__ = ["CudaEngine", "SerializationConfig"]


@public
class SerializationConfig(SerializationConfigAccessors):
    """What `CudaEngine.serialize_with_config` leaves out (``ISerializationConfig``).

    `CudaEngine.create_serialization_config` makes it, with TensorRT-RTX's default flags.

    Notes
    -----
    It keeps its engine alive; closing the engine closes it first. One thread at a time may change it, and not while it
    is being used; others get `BusyError`.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ()

    _error = EngineError
    _is_shared = True

    def _how_to_make(self) -> str:
        return "Call CudaEngine.create_serialization_config()."


@public
class CudaEngine(EngineTensors):
    """An engine on the GPU (``ICudaEngine``); made by `Runtime.deserialize_cuda_engine`.

    Iterating over an engine gives the names of its inputs and outputs.

    Notes
    -----
    Threads may share an engine: each makes an `ExecutionContext` of its own. Whatever is made from an engine keeps it
    alive; closing it closes them first. Changing where weights are (`load_weights`, `weight_streaming_budget_v2`) needs
    the engine to be at rest; meanwhile other calls raise `BusyError`. Methods that ask about a tensor, a profile
    or a figure raise `EngineError` where TensorRT-RTX reports an error.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ()

    _is_shared = True

    @classmethod
    def from_handle(cls, handle: Any, runtime: Runtime) -> Self:
        """Take an engine that a function of `trtx_sys` made.

        Parameters
        ----------
        handle : trtx_cuda_engine *
            The pointer. This object becomes one more owner of the engine: whoever had it still has to destroy it.
        runtime : Runtime
            What it was made with, by its `handle`. It is kept alive; closing it closes the engine first.

        Raises
        ------
        InvalidArgumentError
            If the first is no such pointer or the second no runtime, or if the engine has been destroyed.
        """
        if not isinstance(runtime, RuntimeAccessors):
            reject("runtime", runtime, "a trtx.Runtime")
        return cls._share(handle, "trtx_cuda_engine", runtime)

    def _how_to_make(self) -> str:
        return "Call Runtime.deserialize_cuda_engine()."

    def _details(self) -> str:
        parts = [repr(self.name)] if self.name else []
        try:
            given, made = self.input_names, self.output_names
            parts += [f"{self._shown(given)} -> {self._shown(made)}"]
            if self.num_optimization_profiles > 1:
                parts.append(counted(self.num_optimization_profiles, "profile"))
        except (BusyError, EngineError):  # another call has the engine for itself
            parts.append(f"{len(self._names)} inputs and outputs")
        return ", ".join(parts)

    def _shown(self, names: tuple[str, ...]) -> str:
        infos = (self._tensor(name) for name in names)
        return listed((f"{info.name} {info.dtype.name} {info.shape}" for info in infos), len(names), 4)

    def get_device_memory_size_for_profile_v2(self, profile_index: SupportsIndex) -> int:
        """Bytes of device memory that suffice for a context in one profile.

        (``ICudaEngine::getDeviceMemorySizeForProfileV2``)

        Parameters
        ----------
        profile_index : int
            From 0 to `num_optimization_profiles` - 1.

        Raises
        ------
        InvalidArgumentError
            If there is no such profile.
        """
        result = ffi.new("int64_t *")
        index = self._profile(profile_index)
        status = lib.trtx_cuda_engine_get_device_memory_size_for_profile_v2(self._ptr, index, result)
        self._check(status, f"get_device_memory_size_for_profile_v2({index})")
        return int(result[0])

    # Weights

    @property
    def weight_streaming_budget_v2(self) -> int:
        """Bytes of GPU memory for weights that can be streamed (``ICudaEngine::setWeightStreamingBudgetV2``).

        0 takes the least memory; `streamable_weights_size` or more, the default, keeps all weights on the GPU. Set it
        before contexts are made.

        Raises
        ------
        InvalidArgumentError
            If it is set to anything but an integer from 0.
        BusyError
            If it is set while the engine or a context of it is in use.
        EngineError
            If TensorRT-RTX refuses it, for instance as there are contexts.
        """
        return lib.trtx_cuda_engine_get_weight_streaming_budget_v2(self._ptr)

    @weight_streaming_budget_v2.setter
    def weight_streaming_budget_v2(self, value: SupportsIndex) -> None:
        budget = check_int(value, "weight_streaming_budget_v2", 0)
        what, function = "weight_streaming_budget_v2", lib.trtx_cuda_engine_set_weight_streaming_budget_v2
        status = self._long(what, function, budget, alone=self._tree())
        self._check(status, f"{what} = {budget}")

    def load_weights(self, blob: Source) -> Literal[True]:
        """Load the weights that deserializing left out (``ICudaEngine::loadWeights``, TensorRT-RTX 1.6).

        Parameters
        ----------
        blob : HostMemory, buffer, str or os.PathLike
            The very engine that was deserialized under `Runtime.defer_weights_loading`. It is not needed afterwards.

        Raises
        ------
        BusyError
            If the engine or a context of it is in use.
        EngineError
            If the file cannot be read, if the weights are loaded already, or the bytes are not those of this engine.
        InvalidArgumentError
            If it is of a wrong kind, or is not contiguous.
        UnsupportedError
            If the loaded library is older than 1.6.
        """
        with open_blob(blob, "engine", 1, "blob") as found:
            function = lib.trtx_cuda_engine_load_weights
            status = self._long("load_weights", function, found.pointer, found.size, alone=self._tree())
            self._check(status, f"load_weights({found.label})")
        return True

    def load_weights_async(self, stream_reader: StreamReader, stream: Any) -> Literal[True]:
        """Load the weights that deserializing left out, on a stream (``ICudaEngine::loadWeightsAsync``, since 1.6).

        Parameters
        ----------
        stream_reader : StreamReader
            Delivers the weights alone. It is kept alive until another one is given or the engine is closed.
        stream
            What `trtx.cuda.stream_handle` takes. Runs on other streams must wait for it.

        Raises
        ------
        BusyError
            If the engine or a context of it is in use.
        EngineError
            If the weights are loaded already, or the bytes are not those of this engine.
        InvalidArgumentError
            If the reader or the stream is of a wrong kind.
        UnsupportedError
            If the loaded library is older than 1.6, or if a file is given.

        Notes
        -----
        TensorRT-RTX 1.6 takes the first bytes of the reader for the weights: a whole engine gives wrong results without
        an error. Where an engine has its weights is not documented, so files of engines are refused here;
        `load_weights` takes them. What the reader raises comes out of this call, or, where TensorRT-RTX reads later on
        a thread of its own, out of the next call of the engine.
        """
        handle = stream_handle(stream)
        if not isinstance(stream_reader, StreamReader):
            StreamReader._implementation(stream_reader, "stream_reader")
            raise UnsupportedError(
                "CudaEngine.load_weights_async: stream_reader is a file, of which TensorRT-RTX would take the first "
                "bytes for the weights; call load_weights(), which takes whole engines, or give a trtx.StreamReader "
                "that delivers the weights alone"
            )
        what, function = "load_weights_async", lib.trtx_cuda_engine_load_weights_async
        status = self._refer_to(
            "stream_reader",
            StreamReader,
            stream_reader,
            lambda pointer: self._long(what, function, pointer, handle, alone=self._tree()),
        )
        self._check(status, f"{what}()")
        return True

    # What is made from an engine

    def serialize(self) -> HostMemory:
        """Return the engine's bytes again (``ICudaEngine::serialize``).

        Returns
        -------
        HostMemory
            It may outlive the engine.

        Raises
        ------
        EngineError
            If TensorRT-RTX cannot serialize the engine.
        """
        from .._core.host_memory import HostMemory

        return HostMemory._adopt(self._created("serialize", "trtx_host_memory", lib.trtx_cuda_engine_serialize))

    def create_serialization_config(self) -> SerializationConfig:
        """Make a config for `serialize_with_config` (``ICudaEngine::createSerializationConfig``).

        Returns
        -------
        SerializationConfig
            It keeps the engine alive.

        Raises
        ------
        EngineError
            If TensorRT-RTX cannot make it.
        """
        what, function = "create_serialization_config", lib.trtx_cuda_engine_create_serialization_config
        return SerializationConfig._adopt(self._created(what, "trtx_serialization_config", function), self)

    def serialize_with_config(self, config: SerializationConfig) -> HostMemory:
        """Return the engine's bytes, without what the config leaves out (``ICudaEngine::serializeWithConfig``).

        Parameters
        ----------
        config : SerializationConfig
            It may be changed or closed afterwards.

        Returns
        -------
        HostMemory
            It may outlive the engine.

        Raises
        ------
        InvalidArgumentError
            If ``config`` is none.
        EngineError
            If the engine cannot be serialized so; leaving weights out needs an engine built for refitting.
        BusyError
            If the config is in use by another call.
        """
        from .._core.host_memory import HostMemory

        if not isinstance(config, SerializationConfig):
            reject("config", config, "a trtx.SerializationConfig")
        what, function = "serialize_with_config", lib.trtx_cuda_engine_serialize_with_config
        return HostMemory._adopt(self._created(what, "trtx_host_memory", function, config))

    def create_engine_inspector(self) -> EngineInspector:
        """Make an object that tells what the engine's layers are (``ICudaEngine::createEngineInspector``).

        Returns
        -------
        EngineInspector
            It keeps the engine alive.

        Raises
        ------
        EngineError
            If TensorRT-RTX cannot make it.
        """
        from .inspector import EngineInspector

        what, function = "create_engine_inspector", lib.trtx_cuda_engine_create_engine_inspector
        return EngineInspector._adopt(self._created(what, "trtx_engine_inspector", function), self)

    def create_runtime_config(self) -> RuntimeConfig:
        """Make a config for `create_execution_context` (``ICudaEngine::createRuntimeConfig``).

        Returns
        -------
        RuntimeConfig
            It keeps the engine alive.

        Raises
        ------
        EngineError
            If TensorRT-RTX cannot make it.
        """
        what, function = "create_runtime_config", lib.trtx_cuda_engine_create_runtime_config
        return RuntimeConfig._adopt(self._created(what, "trtx_runtime_config", function), self)

    def create_execution_context(
        self,
        strategy: ExecutionContextAllocationStrategy | RuntimeConfig = ExecutionContextAllocationStrategy.STATIC,
        *,
        runtime_config: RuntimeConfig | None = None,
    ) -> ExecutionContext:
        """Make a context, which runs the engine (``ICudaEngine::createExecutionContext``).

        Parameters
        ----------
        strategy : ExecutionContextAllocationStrategy or RuntimeConfig, default STATIC
            Where device memory comes from, or a config that says this and more.
        runtime_config : RuntimeConfig, optional
            The config by its name.

        Returns
        -------
        ExecutionContext
            It keeps the engine, the config and the config's cache alive.

        Raises
        ------
        EngineError
            If the context cannot be made, for instance as device memory ran out.
        InvalidArgumentError
            If an argument is of a wrong kind.
        BusyError
            If the config is in use by another call.
        """
        from .context import ExecutionContext

        config = strategy if runtime_config is None and isinstance(strategy, RuntimeConfig) else runtime_config
        what, c_type = "create_execution_context", "trtx_execution_context"
        if config is None:
            chosen = check_enum(ExecutionContextAllocationStrategy, strategy, "strategy")
            place = self._created(what, c_type, lib.trtx_cuda_engine_create_execution_context, chosen)
            return ExecutionContext._make(place, self, chosen, None)
        if not isinstance(config, RuntimeConfig):
            reject("runtime_config", config, "a trtx.RuntimeConfig")
        function = lib.trtx_cuda_engine_create_execution_context_with_runtime_config
        chosen = config.execution_context_allocation_strategy
        return ExecutionContext._make(self._created(what, c_type, function, config), self, chosen, config)

    def _created(self, what: str, c_type: str, function: Callable[..., int], *arguments: Any) -> Any:
        """Make a call that creates something, and give the place where that is."""
        place = new_place(c_type)
        self._check(self._long(what, function, *arguments, place), what)
        return place
