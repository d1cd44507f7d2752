"""`BuilderConfig`: how an engine is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from trtx_sys._enums_gen import (
    BuilderFlag,
    MemoryPoolType,
    PreviewFeature,
    ProfilingVerbosity,
    TacticSource,
    TilingOptimizationLevel,
)
from trtx_sys._ffi import ffi, lib

from .config_target import ConfigTarget, show_setting
from .._core.errors import BuilderError, InvalidArgumentError, text
from .._core.handle import Handle
from .profile import OptimizationProfile
from .._core.pending import pending
from .progress import ProgressMonitor
from .._core.values import (
    INT32_MAX,
    INT64_MAX,
    check_bool,
    check_enum,
    check_int,
    check_mask,
    check_text,
    reject,
)

if TYPE_CHECKING:
    from .._core.types import Bool

__all__ = ["BuilderConfig"]

_UINT64_MAX = 2**64 - 1

# Looked up once: these are among the cheap calls that must stay cheap.
_get_flag = lib.trtx_builder_config_get_flag
_get_level = lib.trtx_builder_config_get_builder_optimization_level
_set_level = lib.trtx_builder_config_set_builder_optimization_level


class BuilderConfig(ConfigTarget):
    """How an engine is built: memory, flags, target GPUs, profiles (``IBuilderConfig``).

    `Builder.create_config` makes it. It may serve any number of builds, one at a time.

    Every setter checks its value, and raises where TensorRT-RTX would ignore it without a word.

    Notes
    -----
    It keeps its builder alive. Only one thread at a time may change it; during a build, setters raise `BusyError`.
    Setters raise `BuilderError` where TensorRT-RTX refuses a value.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.

    Timing caches are left out: they are deprecated, and TensorRT-RTX, which picks kernels on the machine that runs the
    engine, has no use for them.
    """

    __slots__ = ("_monitor", "_profiles")

    _destroy = lib.trtx_builder_config_destroy
    _monitor: ProgressMonitor | None
    _profiles: list[OptimizationProfile]

    def _setup(self, pointer: Any, *parents: Handle) -> None:
        super()._setup(pointer, *parents)
        self._monitor = None
        self._profiles = []

    def _how_to_make(self) -> str:
        return "Call Builder.create_config()."

    @contextmanager
    def _exclusive_with_profiles(self, what: str) -> Iterator[None]:
        """Keep changes out of the config, and out of the profiles that it refers to."""
        with self._exclusive(what), ExitStack() as stack:
            for profile in self._profiles:
                stack.enter_context(profile._shared(what))  # it may be there twice
            yield

    # Memory

    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: SupportsIndex) -> None:
        """Limit the memory that a build or the engine may use for a purpose (``IBuilderConfig::setMemoryPoolLimit``).

        Parameters
        ----------
        pool : MemoryPoolType
            The purpose, such as `MemoryPoolType.WORKSPACE`.
        pool_size : int
            Most bytes, 0 or more.

        Raises
        ------
        InvalidArgumentError
            If an argument is of a wrong kind, or the size is negative.
        BuilderError
            If TensorRT-RTX refuses the size.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        kind = check_enum(MemoryPoolType, pool, "pool")
        size = check_int(pool_size, "pool_size", 0, _UINT64_MAX)
        with self._exclusive("set_memory_pool_limit"):
            status = lib.trtx_builder_config_set_memory_pool_limit(self._ptr, kind, size)
            self._check(status, f"set_memory_pool_limit({show_setting(kind)}, {size})")

    def get_memory_pool_limit(self, pool: MemoryPoolType) -> int:
        """Get the limit of a pool in bytes (``IBuilderConfig::getMemoryPoolLimit``).

        Parameters
        ----------
        pool : MemoryPoolType

        Raises
        ------
        InvalidArgumentError
            If ``pool`` is no member of `MemoryPoolType`.
        BuilderError
            If TensorRT-RTX reports an error.
        """
        kind = check_enum(MemoryPoolType, pool, "pool")
        return int(self._get("size_t *", lib.trtx_builder_config_get_memory_pool_limit, "get_memory_pool_limit", kind))

    # Flags

    @property
    def flags(self) -> int:
        """All flags as a bit mask, such as ``1 << BuilderFlag.TF32`` (``IBuilderConfig::setFlags``)."""
        return lib.trtx_builder_config_get_flags(self._ptr)

    @flags.setter
    def flags(self, flags: SupportsIndex) -> None:
        mask = check_mask(BuilderFlag, flags, "flags")
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
        InvalidArgumentError
            If ``flag`` is no member of `BuilderFlag`.
        BuilderError
            If TensorRT-RTX refuses it.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        if not isinstance(flag, BuilderFlag):
            check_enum(BuilderFlag, flag, "flag")
        self._set(lib.trtx_builder_config_set_flag, flag, "set_flag: flag")

    def clear_flag(self, flag: BuilderFlag) -> None:
        """Switch a flag off (``IBuilderConfig::clearFlag``).

        Parameters
        ----------
        flag : BuilderFlag

        Raises
        ------
        InvalidArgumentError
            If ``flag`` is no member of `BuilderFlag`.
        BuilderError
            If TensorRT-RTX refuses it.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        self._set(lib.trtx_builder_config_clear_flag, check_enum(BuilderFlag, flag, "flag"), "clear_flag: flag")

    def get_flag(self, flag: BuilderFlag) -> bool:
        """Get whether a flag is on (``IBuilderConfig::getFlag``).

        Parameters
        ----------
        flag : BuilderFlag

        Raises
        ------
        InvalidArgumentError
            If ``flag`` is no member of `BuilderFlag`.
        """
        if not isinstance(flag, BuilderFlag):
            check_enum(BuilderFlag, flag, "flag")
        return _get_flag(self._ptr, flag)

    def get_preview_feature(self, feature: PreviewFeature) -> bool:
        """Get whether a feature in trial is on (``IBuilderConfig::getPreviewFeature``).

        Parameters
        ----------
        feature : PreviewFeature

        Raises
        ------
        InvalidArgumentError
            If ``feature`` is no member of `PreviewFeature`.
        BuilderError
            If TensorRT-RTX reports an error.
        """
        kind = check_enum(PreviewFeature, feature, "feature")
        return bool(self._get("bool *", lib.trtx_builder_config_get_preview_feature, "get_preview_feature", kind))

    def set_preview_feature(self, feature: PreviewFeature, enable: Bool) -> None:
        """Switch a feature in trial on or off (``IBuilderConfig::setPreviewFeature``).

        Parameters
        ----------
        feature : PreviewFeature
        enable : bool

        Raises
        ------
        InvalidArgumentError
            If an argument is of a wrong kind.
        BuilderError
            If TensorRT-RTX refuses it.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        kind = check_enum(PreviewFeature, feature, "feature")
        enabled = check_bool(enable, "enable")
        with self._exclusive("set_preview_feature"):
            status = lib.trtx_builder_config_set_preview_feature(self._ptr, kind, enabled)
            self._check(status, f"set_preview_feature({show_setting(kind)}, {enabled})")

    def get_tactic_sources(self) -> int:
        """Get the sources of tactics that the build may use (``IBuilderConfig::getTacticSources``).

        Returns
        -------
        int
            Bit mask of `TacticSource`: bit ``1 << TacticSource.X`` for each.
        """
        return lib.trtx_builder_config_get_tactic_sources(self._ptr)

    def set_tactic_sources(self, tactic_sources: SupportsIndex) -> Literal[True]:
        """Set the sources of tactics (``IBuilderConfig::setTacticSources``).

        Parameters
        ----------
        tactic_sources : int
            Bit mask, such as ``1 << TacticSource.JIT_CONVOLUTIONS``.

        Raises
        ------
        InvalidArgumentError
            If it is no such mask.
        BuilderError
            If TensorRT-RTX refuses it.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        mask = check_mask(TacticSource, tactic_sources, "tactic_sources")
        self._set(lib.trtx_builder_config_set_tactic_sources, mask, "set_tactic_sources: tactic_sources")
        return True

    # Effort

    @property
    def builder_optimization_level(self) -> int:
        """Effort of the build, from 0 for the fastest build to 5; 3 by default.

        (``IBuilderConfig::setBuilderOptimizationLevel``)
        """
        return _get_level(self._ptr)

    @builder_optimization_level.setter
    def builder_optimization_level(self, level: SupportsIndex) -> None:
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
    def avg_timing_iterations(self, count: SupportsIndex) -> None:
        value = check_int(count, "avg_timing_iterations", 1, INT32_MAX)
        self._set(lib.trtx_builder_config_set_avg_timing_iterations, value, "avg_timing_iterations")

    @property
    def max_num_tactics(self) -> int:
        """Most tactics that are timed for a layer, 1 or more; -1 lets TensorRT-RTX choose.

        (``IBuilderConfig::setMaxNbTactics``)
        """
        return lib.trtx_builder_config_get_max_nb_tactics(self._ptr)

    @max_num_tactics.setter
    def max_num_tactics(self, count: SupportsIndex) -> None:
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
    def l2_limit_for_tiling(self, size: SupportsIndex) -> None:
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

    # Engine

    @property
    def profiling_verbosity(self) -> ProfilingVerbosity:
        """How much the engine will tell about its layers; LAYER_NAMES_ONLY by default.

        (``IBuilderConfig::setProfilingVerbosity``)
        """
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
    def max_aux_streams(self, count: SupportsIndex) -> None:
        value = check_int(count, "max_aux_streams", 0, INT32_MAX)
        self._set(lib.trtx_builder_config_set_max_aux_streams, value, "max_aux_streams")

    @property
    def profile_stream(self) -> int:
        """Address of the CUDA stream on which kernels are timed; 0 for the default one.

        (``IBuilderConfig::setProfileStream``). The stream must live as long as builds use it.
        """
        return lib.trtx_builder_config_get_profile_stream(self._ptr)

    @profile_stream.setter
    def profile_stream(self, stream: SupportsIndex) -> None:
        value = check_int(stream, "profile_stream", 0, _UINT64_MAX)
        self._set(lib.trtx_builder_config_set_profile_stream, value, "profile_stream")

    # Profiles and monitor

    def add_optimization_profile(self, profile: OptimizationProfile) -> int:
        """Add a range of shapes that the engine must serve (``IBuilderConfig::addOptimizationProfile``).

        A network with dynamic inputs needs one at least.

        Parameters
        ----------
        profile : OptimizationProfile
            Made by the same builder. It is kept alive, and must be open whenever an engine is built.

        Returns
        -------
        int
            Index of the profile in the engine, from 0.

        Raises
        ------
        InvalidArgumentError
            If the profile is of another builder, or not valid.
        BuilderError
            If TensorRT-RTX refuses it.
        BusyError
            If configuration or profile is in use by another call.
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
            self._profiles.append(profile)  # now, as an interrupt may come out of the call
            status = lib.trtx_builder_config_add_optimization_profile(self._ptr, pointer, result)
            if status:
                self._profiles.pop()
            self._check(status, "add_optimization_profile")
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
        """Set everything back to its default, and forget profiles and monitor (``IBuilderConfig::reset``).

        Raises
        ------
        BuilderError
            If TensorRT-RTX cannot do so.
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        with self._exclusive("reset"):
            self._check(lib.trtx_builder_config_reset(self._ptr), "reset")
            self._profiles = []
            self._monitor = None

    def _let_go(self) -> None:
        super()._let_go()
        self._profiles = []
        self._monitor = None
