"""`BuilderConfig`: how an engine is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import IntEnum
from typing import Any, NoReturn

from trtx_sys._enums_gen import (
    BuilderFlag,
    ComputeCapability,
    DeviceType,
    EngineCapability,
    HardwareCompatibilityLevel,
    MemoryPoolType,
    PreviewFeature,
    ProfilingVerbosity,
    RuntimePlatform,
    TacticSource,
    TilingOptimizationLevel,
)
from trtx_sys._ffi import ffi, lib

from ._errors import BuilderError, InvalidArgumentError, UnsupportedError, text
from ._handle import Handle
from ._optimization_profile import OptimizationProfile
from ._pending import pending
from ._progress_monitor import ProgressMonitor
from ._values import INT32_MAX, INT64_MAX, check_bool, check_enum, check_index, check_int, check_text, reject

__all__ = ["BuilderConfig"]

_UINT64_MAX = 2**64 - 1

_set_level = lib.trtx_builder_config_set_builder_optimization_level


class BuilderConfig(Handle):
    """How an engine is built: memory, flags, target GPUs, profiles (``IBuilderConfig``).

    `Builder.create_config` makes it. It may serve any number of builds, one at a time.

    Every setter checks its value, and raises where TensorRT-RTX would ignore it without a word.

    Notes
    -----
    It keeps its builder alive. Only one thread at a time may change it; during a build, setters raise `BusyError`.

    Timing caches are left out: they are deprecated, and TensorRT-RTX, which picks kernels on the machine that runs the
    engine, has no use for them.
    """

    __slots__ = ("_monitor", "_profiles")

    _destroy = lib.trtx_builder_config_destroy
    _error = BuilderError
    _monitor: ProgressMonitor | None
    _profiles: list[OptimizationProfile]

    def _setup(self, pointer: Any, *parents: Handle) -> None:
        super()._setup(pointer, *parents)
        self._monitor = None
        self._profiles = []

    def _how_to_make(self) -> str:
        return "Call Builder.create_config()."

    def _set(self, setter: Callable[[Any, Any], int], value: Any, what: str) -> None:
        """Call a setter of one value."""
        try:
            token = self._turn.pop()
        except IndexError:
            raise self._busy_error(what) from None
        try:
            status = setter(self._ptr, value)
            if status or pending:
                self._check(status, f"{what} = {_show(value)}")
        finally:
            self._turn.append(token)

    @contextmanager
    def _exclusive_with_profiles(self, what: str) -> Iterator[None]:
        """Keep changes out of the config, and out of the profiles that it refers to."""
        with self._exclusive(what), ExitStack() as stack:
            for profile in self._profiles:
                stack.enter_context(profile._shared(what))  # it may be there twice
            yield

    def _ignored(self, what: str, value: object, reason: str) -> NoReturn:
        """Raise for a value that TensorRT-RTX took without an error, and dropped."""
        raise UnsupportedError(f"{self._label()}.{what} = {_show(value)} had no effect: {reason}")

    # Memory

    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: int) -> None:
        """Limit the memory that a build or the engine may use for a purpose.

        Parameters
        ----------
        pool : MemoryPoolType
            The purpose, such as `MemoryPoolType.WORKSPACE`.
        pool_size : int
            Most bytes.

        Raises
        ------
        InvalidArgumentError
            If an argument is of a wrong kind.
        BuilderError
            If TensorRT-RTX refuses the size (``IBuilderConfig::setMemoryPoolLimit``).
        """
        kind = check_enum(MemoryPoolType, pool, "pool")
        size = check_int(pool_size, "pool_size", 0, _UINT64_MAX)
        with self._exclusive("set_memory_pool_limit"):
            status = lib.trtx_builder_config_set_memory_pool_limit(self._ptr, kind, size)
            self._check(status, f"set_memory_pool_limit({_show(kind)}, {size})")

    def get_memory_pool_limit(self, pool: MemoryPoolType) -> int:
        """Get the limit of a pool in bytes (``IBuilderConfig::getMemoryPoolLimit``).

        Parameters
        ----------
        pool : MemoryPoolType
        """
        kind = check_enum(MemoryPoolType, pool, "pool")
        return int(self._get("size_t *", lib.trtx_builder_config_get_memory_pool_limit, "get_memory_pool_limit", kind))

    # Flags

    @property
    def flags(self) -> int:
        """All flags as a bit mask, such as ``1 << BuilderFlag.TF32`` (``IBuilderConfig::setFlags``)."""
        return lib.trtx_builder_config_get_flags(self._ptr)

    @flags.setter
    def flags(self, flags: int) -> None:
        mask = _check_mask(BuilderFlag, flags, "flags")
        self._set(lib.trtx_builder_config_set_flags, mask, "flags")
        if lib.trtx_builder_config_get_flags(self._ptr) != mask:
            self._ignored("flags", mask, f"the flags are {self.flags}")

    def set_flag(self, flag: BuilderFlag) -> None:
        """Switch a flag on (``IBuilderConfig::setFlag``).

        Parameters
        ----------
        flag : BuilderFlag

        Raises
        ------
        BuilderError
            If TensorRT-RTX refuses it.
        """
        if not isinstance(flag, BuilderFlag):
            check_enum(BuilderFlag, flag, "flag")
        self._set(lib.trtx_builder_config_set_flag, flag, "set_flag: flag")

    def clear_flag(self, flag: BuilderFlag) -> None:
        """Switch a flag off (``IBuilderConfig::clearFlag``).

        Parameters
        ----------
        flag : BuilderFlag
        """
        self._set(lib.trtx_builder_config_clear_flag, check_enum(BuilderFlag, flag, "flag"), "clear_flag: flag")

    def get_flag(self, flag: BuilderFlag) -> bool:
        """Get whether a flag is on (``IBuilderConfig::getFlag``).

        Parameters
        ----------
        flag : BuilderFlag
        """
        if not isinstance(flag, BuilderFlag):
            check_enum(BuilderFlag, flag, "flag")
        return lib.trtx_builder_config_get_flag(self._ptr, flag)

    def get_preview_feature(self, feature: PreviewFeature) -> bool:
        """Get whether a feature in trial is on (``IBuilderConfig::getPreviewFeature``).

        Parameters
        ----------
        feature : PreviewFeature
        """
        kind = check_enum(PreviewFeature, feature, "feature")
        return bool(self._get("bool *", lib.trtx_builder_config_get_preview_feature, "get_preview_feature", kind))

    def set_preview_feature(self, feature: PreviewFeature, enable: bool) -> None:
        """Switch a feature in trial on or off (``IBuilderConfig::setPreviewFeature``).

        Parameters
        ----------
        feature : PreviewFeature
        enable : bool
        """
        kind = check_enum(PreviewFeature, feature, "feature")
        enabled = check_bool(enable, "enable")
        with self._exclusive("set_preview_feature"):
            status = lib.trtx_builder_config_set_preview_feature(self._ptr, kind, enabled)
            self._check(status, f"set_preview_feature({_show(kind)}, {enabled})")

    def get_tactic_sources(self) -> int:
        """Get the sources of tactics as a bit mask (``IBuilderConfig::getTacticSources``)."""
        return lib.trtx_builder_config_get_tactic_sources(self._ptr)

    def set_tactic_sources(self, tactic_sources: int) -> None:
        """Set the sources of tactics (``IBuilderConfig::setTacticSources``).

        Parameters
        ----------
        tactic_sources : int
            Bit mask, such as ``1 << TacticSource.JIT_CONVOLUTIONS``.
        """
        mask = _check_mask(TacticSource, tactic_sources, "tactic_sources")
        self._set(lib.trtx_builder_config_set_tactic_sources, mask, "set_tactic_sources: tactic_sources")

    # Effort

    @property
    def builder_optimization_level(self) -> int:
        """Effort of the build, from 0 for the fastest build to 5; 3 by default.

        (``IBuilderConfig::setBuilderOptimizationLevel``)
        """
        return lib.trtx_builder_config_get_builder_optimization_level(self._ptr)

    @builder_optimization_level.setter
    def builder_optimization_level(self, level: int) -> None:
        if type(level) is not int or not 0 <= level <= 5:
            level = check_int(level, "builder_optimization_level", 0, 5)
        # _set() written out: this setter is among the cheap calls that must stay cheap.
        try:
            token = self._turn.pop()
        except IndexError:
            raise self._busy_error("builder_optimization_level") from None
        try:
            status = _set_level(self._ptr, level)
            if status or pending:
                self._check(status, f"builder_optimization_level = {level}")
        finally:
            self._turn.append(token)

    @property
    def avg_timing_iterations(self) -> int:
        """How often a layer is timed to average the times, 1 or more (``IBuilderConfig::setAvgTimingIterations``)."""
        return lib.trtx_builder_config_get_avg_timing_iterations(self._ptr)

    @avg_timing_iterations.setter
    def avg_timing_iterations(self, count: int) -> None:
        value = check_int(count, "avg_timing_iterations", 1, INT32_MAX)
        self._set(lib.trtx_builder_config_set_avg_timing_iterations, value, "avg_timing_iterations")

    @property
    def max_num_tactics(self) -> int:
        """Most tactics that are timed for a layer, 1 or more; -1 lets TensorRT-RTX choose.

        (``IBuilderConfig::setMaxNbTactics``)
        """
        return lib.trtx_builder_config_get_max_nb_tactics(self._ptr)

    @max_num_tactics.setter
    def max_num_tactics(self, count: int) -> None:
        value = check_int(count, "max_num_tactics", -1, INT32_MAX - 1)
        if value == 0:  # it would read back as -1
            reject("max_num_tactics", count, f"-1 or an integer from 1 to {INT32_MAX - 1}")
        self._set(lib.trtx_builder_config_set_max_nb_tactics, value, "max_num_tactics")

    @property
    def tiling_optimization_level(self) -> TilingOptimizationLevel:
        """Effort spent on tiling (``IBuilderConfig::setTilingOptimizationLevel``)."""
        return TilingOptimizationLevel(lib.trtx_builder_config_get_tiling_optimization_level(self._ptr))

    @tiling_optimization_level.setter
    def tiling_optimization_level(self, level: TilingOptimizationLevel) -> None:
        value = check_enum(TilingOptimizationLevel, level, "tiling_optimization_level")
        self._set(lib.trtx_builder_config_set_tiling_optimization_level, value, "tiling_optimization_level")

    @property
    def l2_limit_for_tiling(self) -> int:
        """Bytes of the second-level cache that tiling may count on (``IBuilderConfig::setL2LimitForTiling``)."""
        return lib.trtx_builder_config_get_l2_limit_for_tiling(self._ptr)

    @l2_limit_for_tiling.setter
    def l2_limit_for_tiling(self, size: int) -> None:
        value = check_int(size, "l2_limit_for_tiling", 0, INT64_MAX)
        self._set(lib.trtx_builder_config_set_l2_limit_for_tiling, value, "l2_limit_for_tiling")

    @property
    def build_route(self) -> str:
        """Settings that steer the whole build, as text (``IBuilderConfig::setBuildRoute``, since 1.6).

        TensorRT-RTX knows routes only where it finds a GPU; elsewhere this is empty and cannot be set.
        """
        return self._read_text(lib.trtx_builder_config_get_build_route, "build_route")

    @build_route.setter
    def build_route(self, route: str) -> None:
        encoded = check_text(route, "build_route", empty=False)
        with self._exclusive("build_route"):
            status = lib.trtx_builder_config_set_build_route(self._ptr, encoded)
            refused = status == lib.TRTX_FAILED and "without a message" in text(lib.trtx_last_error())
            if not refused:
                self._check(status, f"build_route = {route!r}")
        if refused or not self.build_route:
            raise BuilderError(
                f"{self._label()}.build_route = {route!r} failed: TensorRT-RTX does not take it; "
                f"all_build_routes is {self.all_build_routes!r}",
                status=lib.TRTX_FAILED,
            )

    @property
    def all_build_routes(self) -> str:
        """Every route that can be set (``IBuilderConfig::getAllBuildRoutes``, since 1.6); empty without a GPU."""
        return self._read_text(lib.trtx_builder_config_get_all_build_routes, "all_build_routes")

    def _read_text(self, getter: Callable[[Any, Any], int], what: str) -> str:
        with self._exclusive(what):  # which keeps the text where it is
            return text(self._get("const char **", getter, what))

    def _get(self, kind: str, getter: Callable[..., int], what: str, *arguments: int) -> Any:
        result = ffi.new(kind)
        self._check(getter(self._ptr, *arguments, result), what)
        return result[0]

    # Target

    @property
    def num_compute_capabilities(self) -> int:
        """Number of GPU generations that the engine is for; 0 for the usual set.

        (``IBuilderConfig::setNbComputeCapabilities``). After setting it, set each with `set_compute_capability`.
        `compute_capabilities` does both.
        """
        return lib.trtx_builder_config_get_nb_compute_capabilities(self._ptr)

    @num_compute_capabilities.setter
    def num_compute_capabilities(self, count: int) -> None:
        value = check_int(count, "num_compute_capabilities", 0, len(ComputeCapability) - 1)
        self._set(lib.trtx_builder_config_set_nb_compute_capabilities, value, "num_compute_capabilities")

    def set_compute_capability(self, compute_capability: ComputeCapability, index: int) -> None:
        """Set one of the GPU generations that the engine is for (``IBuilderConfig::setComputeCapability``).

        Parameters
        ----------
        compute_capability : ComputeCapability
            `ComputeCapability.CURRENT` only if it is the only one.
        index : int
            Below `num_compute_capabilities`.

        Raises
        ------
        InvalidArgumentError
            If an argument cannot be right.
        BuilderError
            If TensorRT-RTX refuses it.
        """
        kind = check_enum(ComputeCapability, compute_capability, "compute_capability")
        if kind == ComputeCapability.NONE:
            reject("compute_capability", kind, "any member but NONE, which marks one that has not been set")
        position = check_index(index, "index", self.num_compute_capabilities, "compute capabilities")
        with self._exclusive("set_compute_capability"):
            status = lib.trtx_builder_config_set_compute_capability(self._ptr, kind, position)
            self._check(status, f"set_compute_capability({_show(kind)}, {position})")

    def get_compute_capability(self, index: int) -> ComputeCapability:
        """Get one of the GPU generations that the engine is for (``IBuilderConfig::getComputeCapability``).

        Parameters
        ----------
        index : int
            Below `num_compute_capabilities`.

        Returns
        -------
        ComputeCapability
            `ComputeCapability.NONE` where none has been set yet.
        """
        position = check_index(index, "index", self.num_compute_capabilities, "compute capabilities")
        getter, what = lib.trtx_builder_config_get_compute_capability, f"get_compute_capability({position})"
        with self._exclusive("get_compute_capability"):
            return ComputeCapability(self._get("trtx_compute_capability *", getter, what, position))

    @property
    def compute_capabilities(self) -> tuple[ComputeCapability, ...]:
        """GPU generations that the engine is for; empty for the usual set.

        An engine with a list of its own runs on these only. `ComputeCapability.CURRENT` is the GPU of this machine,
        and must stand alone. Takes any sequence; if one of its members is refused, all stays as it was.
        """
        return tuple(self.get_compute_capability(i) for i in range(self.num_compute_capabilities))

    @compute_capabilities.setter
    def compute_capabilities(self, capabilities: Sequence[ComputeCapability]) -> None:
        if isinstance(capabilities, (str, bytes, int)) or not hasattr(capabilities, "__iter__"):
            reject("compute_capabilities", capabilities, "a sequence of members of trtx.ComputeCapability")
        wanted = [
            check_enum(ComputeCapability, item, f"compute_capabilities[{i}]") for i, item in enumerate(capabilities)
        ]
        names = [item.name for item in wanted]
        if ComputeCapability.NONE in wanted:
            reject("compute_capabilities", names, "any members but NONE; the usual set is an empty sequence")
        if len(set(wanted)) < len(wanted):
            reject("compute_capabilities", names, "each member once")
        if ComputeCapability.CURRENT in wanted and len(wanted) > 1:
            reject("compute_capabilities", names, "CURRENT alone, or others without it")
        before = self.compute_capabilities
        try:
            self._write_compute_capabilities(wanted)
        except BaseException:
            self._write_compute_capabilities(before)
            raise

    def _write_compute_capabilities(self, capabilities: Sequence[ComputeCapability]) -> None:
        self.num_compute_capabilities = len(capabilities)
        for index, capability in enumerate(capabilities):
            if capability != ComputeCapability.NONE:
                self.set_compute_capability(capability, index)

    @property
    def hardware_compatibility_level(self) -> HardwareCompatibilityLevel:
        """How far the engine is portable between GPUs (``IBuilderConfig::setHardwareCompatibilityLevel``).

        TensorRT-RTX knows `HardwareCompatibilityLevel.NONE` only, and says so in its log whenever this is used. See
        `compute_capabilities`.
        """
        return HardwareCompatibilityLevel(lib.trtx_builder_config_get_hardware_compatibility_level(self._ptr))

    @hardware_compatibility_level.setter
    def hardware_compatibility_level(self, level: HardwareCompatibilityLevel) -> None:
        value = check_enum(HardwareCompatibilityLevel, level, "hardware_compatibility_level")
        self._set(lib.trtx_builder_config_set_hardware_compatibility_level, value, "hardware_compatibility_level")
        if lib.trtx_builder_config_get_hardware_compatibility_level(self._ptr) != value:
            reason = "TensorRT-RTX does not have such levels; name the GPUs in compute_capabilities"
            self._ignored("hardware_compatibility_level", value, reason)

    @property
    def runtime_platform(self) -> RuntimePlatform:
        """Platform that the engine will run on (``IBuilderConfig::setRuntimePlatform``)."""
        return RuntimePlatform(lib.trtx_builder_config_get_runtime_platform(self._ptr))

    @runtime_platform.setter
    def runtime_platform(self, platform: RuntimePlatform) -> None:
        value = check_enum(RuntimePlatform, platform, "runtime_platform")
        self._set(lib.trtx_builder_config_set_runtime_platform, value, "runtime_platform")

    @property
    def engine_capability(self) -> EngineCapability:
        """Restrictions that the engine is built for (``IBuilderConfig::setEngineCapability``)."""
        return EngineCapability(lib.trtx_builder_config_get_engine_capability(self._ptr))

    @engine_capability.setter
    def engine_capability(self, capability: EngineCapability) -> None:
        value = check_enum(EngineCapability, capability, "engine_capability")
        self._set(lib.trtx_builder_config_set_engine_capability, value, "engine_capability")

    @property
    def default_device_type(self) -> DeviceType:
        """Kind of device that runs layers; TensorRT-RTX knows GPUs only (``IBuilderConfig::setDefaultDeviceType``)."""
        return DeviceType(lib.trtx_builder_config_get_default_device_type(self._ptr))

    @default_device_type.setter
    def default_device_type(self, device_type: DeviceType) -> None:
        value = check_enum(DeviceType, device_type, "default_device_type")
        self._set(lib.trtx_builder_config_set_default_device_type, value, "default_device_type")

    @property
    def DLA_core(self) -> int:
        """Core of a deep learning accelerator that the engine is for; -1, as there is none.

        (``IBuilderConfig::setDLACore``)
        """
        return lib.trtx_builder_config_get_dla_core(self._ptr)

    @DLA_core.setter
    def DLA_core(self, core: int) -> None:
        value = check_int(core, "DLA_core", -1, INT32_MAX)
        self._set(lib.trtx_builder_config_set_dla_core, value, "DLA_core")
        if lib.trtx_builder_config_get_dla_core(self._ptr) != value:
            self._ignored("DLA_core", value, "TensorRT-RTX has no such core")

    # Engine

    @property
    def profiling_verbosity(self) -> ProfilingVerbosity:
        """How much the engine will tell about its layers (``IBuilderConfig::setProfilingVerbosity``)."""
        return ProfilingVerbosity(lib.trtx_builder_config_get_profiling_verbosity(self._ptr))

    @profiling_verbosity.setter
    def profiling_verbosity(self, verbosity: ProfilingVerbosity) -> None:
        value = check_enum(ProfilingVerbosity, verbosity, "profiling_verbosity")
        self._set(lib.trtx_builder_config_set_profiling_verbosity, value, "profiling_verbosity")

    @property
    def max_aux_streams(self) -> int:
        """Most streams that the engine may use beside the one it runs on, 0 or more.

        -1, the default, lets TensorRT-RTX choose; it cannot be set again (``IBuilderConfig::setMaxAuxStreams``).
        """
        return lib.trtx_builder_config_get_max_aux_streams(self._ptr)

    @max_aux_streams.setter
    def max_aux_streams(self, count: int) -> None:
        value = check_int(count, "max_aux_streams", 0, INT32_MAX)
        self._set(lib.trtx_builder_config_set_max_aux_streams, value, "max_aux_streams")

    @property
    def profile_stream(self) -> int:
        """Address of the CUDA stream on which kernels are timed; 0 for the default one.

        (``IBuilderConfig::setProfileStream``). The stream must live as long as builds use it.
        """
        return lib.trtx_builder_config_get_profile_stream(self._ptr)

    @profile_stream.setter
    def profile_stream(self, stream: int) -> None:
        value = check_int(stream, "profile_stream", 0, _UINT64_MAX)
        self._set(lib.trtx_builder_config_set_profile_stream, value, "profile_stream")

    # Profiles and monitor

    def add_optimization_profile(self, profile: OptimizationProfile) -> int:
        """Add a range of shapes that the engine must serve. A network with dynamic inputs needs one at least.

        Parameters
        ----------
        profile : OptimizationProfile
            Made by the same builder.

        Returns
        -------
        int
            Index of the profile in the engine.

        Raises
        ------
        InvalidArgumentError
            If the profile is of another builder, or not valid.
        BuilderError
            If TensorRT-RTX refuses it (``IBuilderConfig::addOptimizationProfile``).
        """
        if not isinstance(profile, OptimizationProfile):
            reject("profile", profile, "a trtx.OptimizationProfile")
        pointer = profile._ptr
        if profile._parents != self._parents:
            reject("profile", profile, "a profile of the builder that made this configuration")
        if not profile.is_valid:
            raise InvalidArgumentError("profile is not valid: its shapes must be min <= opt <= max for every input")
        result = ffi.new("int32_t *")
        with self._exclusive("add_optimization_profile"), profile._shared("add_optimization_profile"):
            status = lib.trtx_builder_config_add_optimization_profile(self._ptr, pointer, result)
            self._check(status, "add_optimization_profile")
            self._profiles.append(profile)
        return int(result[0])

    @property
    def num_optimization_profiles(self) -> int:
        """Number of profiles that have been added (``IBuilderConfig::getNbOptimizationProfiles``)."""
        return lib.trtx_builder_config_get_nb_optimization_profiles(self._ptr)

    @property
    def progress_monitor(self) -> ProgressMonitor | None:
        """Follows the builds with this configuration (``IBuilderConfig::setProgressMonitor``); None by default."""
        _ = self._ptr
        return self._monitor

    @progress_monitor.setter
    def progress_monitor(self, monitor: ProgressMonitor | None) -> None:
        if monitor is not None and not isinstance(monitor, ProgressMonitor):
            reject("progress_monitor", monitor, "an object of a class derived from trtx.ProgressMonitor, or None")
        with self._exclusive("progress_monitor"):
            self._monitor = monitor  # the native one is made anew for each build

    def reset(self) -> None:
        """Set everything back to its default, and forget profiles and monitor (``IBuilderConfig::reset``)."""
        with self._exclusive("reset"):
            self._check(lib.trtx_builder_config_reset(self._ptr), "reset")
            self._profiles = []
            self._monitor = None

    def _let_go(self) -> None:
        super()._let_go()
        self._profiles = []
        self._monitor = None


def _show(value: object) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, IntEnum) else repr(value)


def _check_mask(kind: type[IntEnum], value: object, name: str) -> int:
    """A bit mask of members of an enum. A member itself is its bit's number, which is easily taken for the mask."""
    known = sum(1 << member for member in kind)
    if isinstance(value, kind):
        reject(name, value, f"a bit mask, such as 1 << {_show(value)}")
    mask = check_int(value, name, 0, 2**32 - 1)
    if mask & ~known:
        reject(name, hex(mask), f"bits of members of trtx.{kind.__name__}, {known:#x} in all")
    return mask
