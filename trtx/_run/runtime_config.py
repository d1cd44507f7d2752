"""`RuntimeConfig` and `RuntimeCache`: how execution contexts are made, and the kernels that they compile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from trtx_sys._enums_gen import (
    CudaGraphStrategy,
    DynamicShapesKernelSpecializationStrategy,
    ExecutionContextAllocationStrategy,
)
from trtx_sys._ffi import lib

from .._core import pending as _pending
from .._core.errors import EngineError, Error, failure
from .._core.handle import Handle
from .._core.values import check_enum, reject
from .engine_source import open_blob

if TYPE_CHECKING:
    from .._core.host_memory import HostMemory
    from .._core.types import Source

__all__ = ["RuntimeCache", "RuntimeConfig"]


class RuntimeCache(Handle):
    """Kernels compiled on this machine (``IRuntimeCache``); made by `RuntimeConfig.create_runtime_cache`.

    Saved when a program ends and loaded when it starts again, it spares the compiling. Contexts fill it as they run.

    Notes
    -----
    Configs that use the cache, and contexts made from them, keep it alive; closing it closes them first. Its methods
    exclude one another: a second thread gets `BusyError`.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ()

    _destroy = lib.trtx_runtime_cache_destroy
    _error = EngineError

    def _how_to_make(self) -> str:
        return "Call RuntimeConfig.create_runtime_cache()."

    def serialize(self) -> HostMemory:
        """Return what the cache holds, to be saved (``IRuntimeCache::serialize``).

        Returns
        -------
        HostMemory

        Raises
        ------
        EngineError
            If it cannot be serialized.
        BusyError
            If another thread uses the cache.
        """
        from .._core.host_memory import HostMemory

        with self._exclusive("serialize"):
            function = lib.trtx_runtime_cache_serialize
            return self._made(HostMemory._adopt, "serialize()", "trtx_host_memory", function, self._ptr)

    def deserialize(self, source: Source) -> Literal[True]:
        """Load what `serialize` returned once (``IRuntimeCache::deserialize``).

        Parameters
        ----------
        source : HostMemory, buffer, str or os.PathLike
            The bytes, or the path of a file that holds them. They are not needed afterwards.

        Raises
        ------
        EngineError
            If the bytes are damaged, or were made by another version of TensorRT-RTX, on another GPU, operating system
            or with a newer driver. Such a cache is useless: go on with an empty one. This one stays
            as it was. Also if the file cannot be read.
        InvalidArgumentError
            If the source is of a wrong kind, or is not contiguous.
        BusyError
            If another thread uses the cache.
        """
        with self._exclusive("deserialize"), open_blob(source, "runtime cache", 1) as blob:
            if lib.trtx_runtime_cache_deserialize(self._ptr, blob.pointer, blob.size):
                # Not kept in a variable: see raise_pending.
                _pending.raise_pending(_with_advice(f"RuntimeCache.deserialize({blob.label})"), *self._targets)
        self._check(0, "deserialize()")
        return True

    def reset(self) -> Literal[True]:
        """Empty the cache (``IRuntimeCache::reset``).

        Raises
        ------
        EngineError
            If TensorRT-RTX cannot empty it.
        BusyError
            If another thread uses the cache.
        """
        with self._exclusive("reset"):
            self._check(lib.trtx_runtime_cache_reset(self._ptr), "reset()")
        return True


class RuntimeConfig(Handle):
    """How execution contexts are made (``IRuntimeConfig``); made by `CudaEngine.create_runtime_config`.

    Notes
    -----
    It keeps its engine alive. Contexts made from a config keep it and its cache alive; closing it closes them first.
    Changes count for contexts that are made later. One thread at a time may change it; others get `BusyError`.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ("_cache",)

    _destroy = lib.trtx_runtime_config_destroy
    _error = EngineError
    _cache: RuntimeCache | None

    def _setup(self, pointer: object, *parents: Handle) -> None:
        self._cache = None
        super()._setup(pointer, *parents)

    def _how_to_make(self) -> str:
        return "Call CudaEngine.create_runtime_config()."

    @property
    def execution_context_allocation_strategy(self) -> ExecutionContextAllocationStrategy:
        """Where contexts get their device memory from; STATIC by default.

        (``IRuntimeConfig::setExecutionContextAllocationStrategy``)
        """
        value = lib.trtx_runtime_config_get_execution_context_allocation_strategy(self._ptr)
        return ExecutionContextAllocationStrategy(value)

    @execution_context_allocation_strategy.setter
    def execution_context_allocation_strategy(self, value: ExecutionContextAllocationStrategy) -> None:
        strategy = check_enum(ExecutionContextAllocationStrategy, value, "execution_context_allocation_strategy")
        with self._exclusive("execution_context_allocation_strategy"):
            status = lib.trtx_runtime_config_set_execution_context_allocation_strategy(self._ptr, strategy)
            self._check(status, f"execution_context_allocation_strategy = {strategy.name}")

    def get_execution_context_allocation_strategy(self) -> ExecutionContextAllocationStrategy:
        """The same as the property `execution_context_allocation_strategy`."""
        return self.execution_context_allocation_strategy

    def set_execution_context_allocation_strategy(self, strategy: ExecutionContextAllocationStrategy) -> None:
        """The same as setting the property `execution_context_allocation_strategy`.

        Parameters
        ----------
        strategy : ExecutionContextAllocationStrategy

        Raises
        ------
        InvalidArgumentError
            If it is no member of `ExecutionContextAllocationStrategy`.
        EngineError
            If TensorRT-RTX refuses it.
        BusyError
            If the config is in use by another call.
        """
        self.execution_context_allocation_strategy = strategy

    @property
    def dynamic_shapes_kernel_specialization_strategy(self) -> DynamicShapesKernelSpecializationStrategy:
        """When kernels are compiled for shapes that are met at run time; LAZY (in the background) by default.

        (``IRuntimeConfig::setDynamicShapesKernelSpecializationStrategy``)
        """
        value = lib.trtx_runtime_config_get_dynamic_shapes_kernel_specialization_strategy(self._ptr)
        return DynamicShapesKernelSpecializationStrategy(value)

    @dynamic_shapes_kernel_specialization_strategy.setter
    def dynamic_shapes_kernel_specialization_strategy(self, value: DynamicShapesKernelSpecializationStrategy) -> None:
        what = "dynamic_shapes_kernel_specialization_strategy"
        strategy = check_enum(DynamicShapesKernelSpecializationStrategy, value, what)
        with self._exclusive(what):
            status = lib.trtx_runtime_config_set_dynamic_shapes_kernel_specialization_strategy(self._ptr, strategy)
            self._check(status, f"{what} = {strategy.name}")

    @property
    def cuda_graph_strategy(self) -> CudaGraphStrategy:
        """Whether runs are captured as CUDA graphs and replayed; DISABLED by default.

        (``IRuntimeConfig::setCudaGraphStrategy``) Runs that cannot be captured are run as if it were disabled.
        """
        return CudaGraphStrategy(lib.trtx_runtime_config_get_cuda_graph_strategy(self._ptr))

    @cuda_graph_strategy.setter
    def cuda_graph_strategy(self, value: CudaGraphStrategy) -> None:
        strategy = check_enum(CudaGraphStrategy, value, "cuda_graph_strategy")
        with self._exclusive("cuda_graph_strategy"):
            status = lib.trtx_runtime_config_set_cuda_graph_strategy(self._ptr, strategy)
            self._check(status, f"cuda_graph_strategy = {strategy.name}")

    def create_runtime_cache(self) -> RuntimeCache:
        """Make an empty cache (``IRuntimeConfig::createRuntimeCache``); `set_runtime_cache` puts it to use.

        Returns
        -------
        RuntimeCache
            It keeps the config's engine alive, not the config: it may serve other configs, and outlive this one.

        Raises
        ------
        EngineError
            If TensorRT-RTX cannot make it.
        BusyError
            If the config is in use by another call.
        """
        function = lib.trtx_runtime_config_create_runtime_cache
        with self._exclusive("create_runtime_cache"):
            return self._made(
                lambda source: RuntimeCache._adopt(source, self._parents[0]),
                "create_runtime_cache()",
                "trtx_runtime_cache",
                function,
                self._ptr,
            )

    def set_runtime_cache(self, cache: RuntimeCache) -> Literal[True]:
        """Let contexts that are made from now on share a cache (``IRuntimeConfig::setRuntimeCache``).

        Parameters
        ----------
        cache : RuntimeCache
            The config keeps it alive. Contexts that exist keep the cache that they were made with.

        Raises
        ------
        EngineError
            If TensorRT-RTX refuses it.
        InvalidArgumentError
            If ``cache`` is none.
        BusyError
            If config or cache is in use by another call.
        """
        if not isinstance(cache, RuntimeCache):
            reject("cache", cache, "a trtx.RuntimeCache")
        with self._exclusive("set_runtime_cache"), cache._shared("set_runtime_cache"):
            function = lib.trtx_runtime_config_set_runtime_cache
            status = self._change_parent(self._cache, cache, function, self._ptr, cache._ptr)
            if not status:
                self._cache = cache
            self._check(status, "set_runtime_cache()")
        return True

    def get_runtime_cache(self) -> RuntimeCache | None:
        """The cache that contexts will share; None where none was set (``IRuntimeConfig::getRuntimeCache``)."""
        _ = self._ptr
        return self._cache

    @property
    def runtime_cache(self) -> RuntimeCache | None:
        """`get_runtime_cache` and `set_runtime_cache` as a property; it cannot be set to None."""
        return self.get_runtime_cache()

    @runtime_cache.setter
    def runtime_cache(self, value: RuntimeCache) -> None:
        self.set_runtime_cache(value)


def _with_advice(what: str) -> Error:
    error = failure(EngineError, what)
    if type(error) is not EngineError:
        return error
    return EngineError(
        f"{error}. A cache fits the version of TensorRT-RTX, the GPU model, the operating system and the driver that "
        "it was made with; go on with an empty one and save that",
        status=error.status,
        messages=error.messages,
    )
