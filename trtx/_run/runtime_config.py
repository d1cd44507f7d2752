"""`RuntimeConfig` and `RuntimeCache`: how execution contexts are made, and the kernels that they compile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from trtx_sys._enums_gen import ExecutionContextAllocationStrategy
from trtx_sys._ffi import lib

from .._core import pending as _pending
from .._core.calls import new_place
from .._core.errors import EngineError, Error, failure
from .._core.handle import Handle
from .._core.public import public
from .._core.values import reject
from .accessors_gen import RuntimeConfigAccessors
from .engine_source import open_blob

if TYPE_CHECKING:
    from .._core.host_memory import HostMemory
    from .._core.types import Source

__all__ = ["RuntimeCache", "RuntimeConfig"]


@public
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

        place = new_place("trtx_host_memory")
        self._check(self._long("serialize", lib.trtx_runtime_cache_serialize, place), "serialize()")
        return HostMemory._adopt(place)

    def deserialize(self, blob: Source) -> Literal[True]:
        """Load what `serialize` returned once (``IRuntimeCache::deserialize``).

        Parameters
        ----------
        blob : HostMemory, buffer, str or os.PathLike
            The bytes, or the path of a file that holds them. They are not needed afterwards.

        Raises
        ------
        EngineError
            If the bytes are damaged, or were made by another version of TensorRT-RTX, on another GPU, operating system
            or with a newer driver. Such a cache is useless: go on with an empty one. This one stays
            as it was. Also if the file cannot be read.
        InvalidArgumentError
            If it is of a wrong kind, or is not contiguous.
        BusyError
            If another thread uses the cache.
        """
        with open_blob(blob, "runtime cache", 1, "blob") as found:
            if self._long("deserialize", lib.trtx_runtime_cache_deserialize, found.pointer, found.size):
                # Not kept in a variable: see raise_pending.
                _pending.raise_pending(_with_advice(f"RuntimeCache.deserialize({found.label})"), *self._targets)
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
        self._check(self._long("reset", lib.trtx_runtime_cache_reset), "reset()")
        return True


@public
class RuntimeConfig(RuntimeConfigAccessors):
    """How execution contexts are made (``IRuntimeConfig``); made by `CudaEngine.create_runtime_config`.

    Notes
    -----
    It keeps its engine alive. Contexts made from a config keep it and its cache alive; closing it closes them first.
    Changes count for contexts that are made later; while one is being made, they raise `BusyError`. Setters raise
    `InvalidArgumentError` for a value of a wrong kind, and `EngineError` where TensorRT-RTX refuses one.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ("_cache",)

    _error = EngineError
    _is_shared = True
    _cache: RuntimeCache | None

    def _prepare(self, pointer: object) -> None:
        self._cache = None

    def _how_to_make(self) -> str:
        return "Call CudaEngine.create_runtime_config()."

    def _details(self) -> str:
        kernels = self.dynamic_shapes_kernel_specialization_strategy.name
        return (
            f"memory {self.execution_context_allocation_strategy.name}, graphs {self.cuda_graph_strategy.name}, "
            f"kernels {kernels}, {'no cache' if self._cache is None else 'with a cache'}"
        )

    def get_execution_context_allocation_strategy(self) -> ExecutionContextAllocationStrategy:
        """The same as the property `execution_context_allocation_strategy`."""
        return self.execution_context_allocation_strategy

    def set_execution_context_allocation_strategy(
        self, strategy: ExecutionContextAllocationStrategy = ExecutionContextAllocationStrategy.STATIC
    ) -> None:
        """The same as setting the property `execution_context_allocation_strategy`.

        Parameters
        ----------
        strategy : ExecutionContextAllocationStrategy, default STATIC

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
        what, place = "create_runtime_cache", new_place("trtx_runtime_cache")
        self._check(self._long(what, lib.trtx_runtime_config_create_runtime_cache, place), f"{what}()")
        return RuntimeCache._adopt(place, self._parents[0])

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
        return self._set_cache(cache, "cache")

    def _set_cache(self, cache: RuntimeCache, name: str) -> Literal[True]:
        if not isinstance(cache, RuntimeCache):
            reject(name, cache, "a trtx.RuntimeCache")
        former, function = self._cache, lib.trtx_runtime_config_set_runtime_cache
        if cache is former:
            return True
        status = self._depend_instead("set_runtime_cache", former, cache, function)
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
        self._set_cache(value, "runtime_cache")


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
