"""Settings of a `BuilderConfig` that scripts bring along from TensorRT: devices of layers, and timing caches."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from trtx_sys._enums_gen import DeviceType
from trtx_sys._ffi import ffi, lib

from .._core.accessors import changed
from .._core.calls import new_place
from .._core.errors import BuilderError, InvalidArgumentError
from .._core.handle import Handle
from .._core.host_memory import HostMemory
from .._core.public import public
from .._core.values import check_bool, check_enum, reject
from .accessors_gen import BuilderConfigAccessors
from .layer import Layer

if TYPE_CHECKING:
    from .._core.types import Bool, BytesLike

__all__ = ["TimingCache"]


@public
class TimingCache(Handle):
    """Kernel timings of earlier builds (``ITimingCache``); made by `BuilderConfig.create_timing_cache`.

    Deprecated by TensorRT-RTX, which times no kernels when it builds: a cache holds no entries, and makes no build
    faster. It is here for scripts that have one. What spares time is `RuntimeCache`.

    Notes
    -----
    Configurations that use the cache keep it alive; closing it closes them first. Its methods exclude one another: a
    second thread gets `BusyError`.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ()

    _error = BuilderError

    def _how_to_make(self) -> str:
        return "Call BuilderConfig.create_timing_cache()."

    def serialize(self) -> HostMemory:
        """Return the cache as bytes, from which it can be made again (``ITimingCache::serialize``).

        Raises
        ------
        BuilderError
            If it cannot be serialized.
        BusyError
            If another thread uses the cache.
        """
        place = new_place("trtx_host_memory")
        self._check(self._long("serialize", lib.trtx_timing_cache_serialize, place), "serialize()")
        return HostMemory._adopt(place)

    def combine(self, input_cache: TimingCache, ignore_mismatch: Bool) -> Literal[True]:
        """Take the entries of another cache over (``ITimingCache::combine``).

        Parameters
        ----------
        input_cache : TimingCache
            Another one, which stays as it is.
        ignore_mismatch : bool
            Whether a cache of another GPU or another CUDA will do.

        Raises
        ------
        InvalidArgumentError
            If an argument is of a wrong kind, or is this very cache.
        BuilderError
            If the caches do not fit together.
        BusyError
            If another thread uses one of them.
        """
        if not isinstance(input_cache, TimingCache) or input_cache is self:
            reject("input_cache", input_cache, "another trtx.TimingCache")
        function, ignore = lib.trtx_timing_cache_combine, check_bool(ignore_mismatch, "ignore_mismatch")
        self._check(self._long("combine", function, input_cache, ignore), "combine()")
        return True

    def reset(self) -> Literal[True]:
        """Empty the cache (``ITimingCache::reset``).

        Raises
        ------
        BuilderError
            If TensorRT-RTX cannot empty it.
        BusyError
            If another thread uses the cache.
        """
        self._check(changed(self, "reset", self, lib.trtx_timing_cache_reset), "reset()")
        return True


class ConfigLegacy(BuilderConfigAccessors):
    """A base of `BuilderConfig`."""

    __slots__ = ("_cache",)

    _cache: TimingCache | None

    # Devices

    def set_device_type(self, layer: Layer, device_type: DeviceType) -> None:
        """Say where a layer is to run (``IBuilderConfig::setDeviceType``).

        Parameters
        ----------
        layer : Layer
            Of a network of the same builder.
        device_type : DeviceType
            GPU: TensorRT-RTX runs layers nowhere else.

        Raises
        ------
        InvalidArgumentError
            If the layer is none or of another builder, or if the device is the DLA, or none.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        kind = check_enum(DeviceType, device_type, "device_type")
        if kind is not DeviceType.GPU:
            reject("device_type", device_type, "DeviceType.GPU: TensorRT-RTX uses no DLA")
        self._tell("set_device_type", lib.trtx_builder_config_set_device_type, layer, kind)

    def get_device_type(self, layer: Layer) -> DeviceType:
        """Where a layer is to run (``IBuilderConfig::getDeviceType``); `default_device_type` unless it was set.

        Parameters
        ----------
        layer : Layer
            Of a network of the same builder.

        Raises
        ------
        InvalidArgumentError
            If the layer is none, or of another builder.
        """
        function, result = lib.trtx_builder_config_get_device_type, ffi.new("trtx_device_type *")
        return DeviceType(self._ask("get_device_type", function, layer, result))

    def is_device_type_set(self, layer: Layer) -> bool:
        """Whether it was set where a layer is to run (``IBuilderConfig::isDeviceTypeSet``).

        Parameters
        ----------
        layer : Layer
            Of a network of the same builder.

        Raises
        ------
        InvalidArgumentError
            If the layer is none, or of another builder.
        """
        return bool(
            self._ask("is_device_type_set", lib.trtx_builder_config_is_device_type_set, layer, ffi.new("bool *"))
        )

    def reset_device_type(self, layer: Layer) -> None:
        """Let a layer run where layers run by default (``IBuilderConfig::resetDeviceType``).

        Parameters
        ----------
        layer : Layer
            Of a network of the same builder.

        Raises
        ------
        InvalidArgumentError
            If the layer is none, or of another builder.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        self._tell("reset_device_type", lib.trtx_builder_config_reset_device_type, layer)

    def can_run_on_DLA(self, layer: Layer) -> bool:
        """Whether a DLA can run a layer (``IBuilderConfig::canRunOnDLA``): False, as TensorRT-RTX uses none.

        Parameters
        ----------
        layer : Layer
            Of a network of the same builder.

        Raises
        ------
        InvalidArgumentError
            If the layer is none, or of another builder.
        """
        return bool(self._ask("can_run_on_DLA", lib.trtx_builder_config_can_run_on_dla, layer, ffi.new("bool *")))

    def _layer(self, layer: Layer) -> Layer:
        if not isinstance(layer, Layer):
            reject("layer", layer, "a trtx.Layer")
        if layer.network._parents[0] is not self._parents[0]:
            raise InvalidArgumentError("layer belongs to a network of another builder than this configuration")
        return layer

    def _ask(self, what: str, function: Any, layer: Layer, result: Any) -> Any:
        native = self._layer(layer)
        self._check(function(self._ptr, native._ptr, result), what)
        return result[0]

    def _tell(self, what: str, function: Any, layer: Layer, *values: Any) -> None:
        native = self._layer(layer)
        self._check(changed(self, what, self, function, native._ptr, *values), what)

    # Timing caches

    def create_timing_cache(self, serialized_timing_cache: BytesLike) -> TimingCache:
        """Make a timing cache (``IBuilderConfig::createTimingCache``); `set_timing_cache` puts it to use.

        Deprecated: see `TimingCache`.

        Parameters
        ----------
        serialized_timing_cache : bytes-like
            What `TimingCache.serialize` returned once; empty for a new cache. It is not needed afterwards.

        Returns
        -------
        TimingCache
            It keeps the builder alive, not the configuration.

        Raises
        ------
        InvalidArgumentError
            If the bytes are of a wrong kind.
        BuilderError
            If they are no cache of this version.
        BusyError
            If the configuration is in use by another call, such as a build.

        Warns
        -----
        DeprecationWarning
            Always.
        """
        warnings.warn(
            "timing caches are deprecated: TensorRT-RTX times no kernels in builds (trtx.RuntimeCache spares time)",
            DeprecationWarning,
            stacklevel=2,
        )
        blob = serialized_timing_cache.view() if isinstance(serialized_timing_cache, HostMemory) else None
        try:
            view = ffi.from_buffer("char[]", serialized_timing_cache if blob is None else blob)
        except (TypeError, ValueError, BufferError):
            reject("serialized_timing_cache", serialized_timing_cache, "bytes, which may be empty")
        what, place = "create_timing_cache", new_place("trtx_timing_cache")
        function = lib.trtx_builder_config_create_timing_cache
        with view:
            status = self._long(what, function, view if len(view) else ffi.NULL, len(view), place)
        self._check(status, f"{what}({len(view)} bytes)")
        return TimingCache._adopt(place, self._parents[0])

    def set_timing_cache(self, cache: TimingCache, ignore_mismatch: Bool) -> Literal[True]:
        """Let builds use a timing cache (``IBuilderConfig::setTimingCache``).

        Deprecated: see `TimingCache`.

        Parameters
        ----------
        cache : TimingCache
            The configuration keeps it alive.
        ignore_mismatch : bool
            Whether a cache of another GPU or another CUDA will do.

        Raises
        ------
        InvalidArgumentError
            If an argument is of a wrong kind, or the cache of another builder.
        BuilderError
            If the cache does not fit.
        BusyError
            If configuration or cache is in use by another call.
        """
        if not isinstance(cache, TimingCache):
            reject("cache", cache, "a trtx.TimingCache")
        if cache._parents[:1] != self._parents[:1]:
            _ = cache._ptr
            reject("cache", cache, "a cache of the builder that made this configuration")
        ignore, former = check_bool(ignore_mismatch, "ignore_mismatch"), self._cache
        what, function = "set_timing_cache", lib.trtx_builder_config_set_timing_cache

        def call(config: Any, native: Any) -> Any:
            return function(config, native, ignore)

        if cache is former:
            self._check(self._long(what, function, cache, ignore), what)
            return True
        status = self._depend_instead(what, former, cache, call)
        if not status:
            self._cache = cache
        self._check(status, what)
        return True

    def get_timing_cache(self) -> TimingCache | None:
        """The timing cache that builds use; None where none was set (``IBuilderConfig::getTimingCache``)."""
        _ = self._ptr
        return self._cache
