"""`BuilderConfig`: how an engine is built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, SupportsIndex

from trtx_sys._enums_gen import BuilderFlag, ComputeCapability
from trtx_sys._ffi import ffi, lib

from .._core.accessors import changed
from .._core.errors import BuilderError, Error, InvalidArgumentError, last_reason, text
from .._core.handle import Handle
from .._core.pending import pending
from .._core.public import public
from .._core.shown import bits, counted
from .._core.values import INT32_MAX, check_enum, check_index, check_int, check_sequence, check_text, reject
from .config_legacy import ConfigLegacy
from .profile import OptimizationProfile
from .progress import ProgressMonitor

__all__ = ["BuilderConfig"]


@public
class BuilderConfig(ConfigLegacy):
    """How an engine is built: memory, flags, target GPUs, profiles (``IBuilderConfig``).

    `Builder.create_config` makes it. It may serve any number of builds, one at a time.

    Every setter checks its value, and raises where TensorRT-RTX would ignore it without a word.

    Raises
    ------
    InvalidArgumentError
        By setters and methods: if a value is of a wrong kind, or out of its range.
    BuilderError
        By setters and methods: if TensorRT-RTX refuses a value.
    BusyError
        By setters and methods that change it: during a build.
    UnsupportedError
        If the loaded library is too old for a setting, or takes a value without effect.

    Notes
    -----
    It keeps its builder alive. Threads may share it; what they change counts for builds that start later.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ("_monitor", "_profiles")

    _error = BuilderError
    _monitor: ProgressMonitor | None
    _profiles: list[OptimizationProfile]

    def _prepare(self, pointer: Any) -> None:
        self._monitor = None
        self._profiles = []
        self._cache = None

    def _how_to_make(self) -> str:
        return "Call Builder.create_config()."

    def _details(self) -> str:
        parts = [f"optimization level {self.builder_optimization_level}"]
        if flags := bits(BuilderFlag, self.flags):
            parts.append(f"flags {flags}")
        if targets := self.compute_capabilities:
            parts.append("for " + ", ".join(target.name for target in targets))
        if self._profiles:
            parts.append(counted(len(self._profiles), "profile"))
        return ", ".join(parts)

    # Effort

    @property
    def max_num_tactics(self) -> int:
        """Most tactics that are timed for a layer, 1 or more; -1 lets TensorRT-RTX choose.

        (``IBuilderConfig::getMaxNbTactics``)
        """
        return lib.trtx_builder_config_get_max_nb_tactics(self._ptr)

    @max_num_tactics.setter
    def max_num_tactics(self, count: SupportsIndex) -> None:
        value = check_int(count, "max_num_tactics", -1, INT32_MAX - 1)
        if value == 0:  # it would read back as -1
            reject("max_num_tactics", count, f"-1 or an integer from 1 to {INT32_MAX - 1}")
        self._set("max_num_tactics", f"max_num_tactics = {value}", lib.trtx_builder_config_set_max_nb_tactics, value)

    def _set(self, what: str, label: str, setter: Any, *values: Any) -> None:
        """Call a setter."""
        status = changed(self, what, self, setter, *values)
        if status or pending:
            self._check(status, label)

    @property
    def build_route(self) -> str:
        """Settings that steer the whole build, as text (``IBuilderConfig::getBuildRoute``). Needs TensorRT-RTX 1.6.

        TensorRT-RTX knows routes only where it finds a GPU; elsewhere this is empty and cannot be set.
        """
        result = ffi.new("const char **")
        self._check(lib.trtx_builder_config_get_build_route(self._ptr, result), "build_route")
        return text(result[0])

    @build_route.setter
    def build_route(self, route: str) -> None:
        encoded = check_text(route, "build_route", empty=False)
        status = changed(self, "build_route", self, lib.trtx_builder_config_set_build_route, encoded)
        refused = status == lib.TRTX_FAILED and "without a message" in last_reason()
        if not refused:
            self._check(status, f"build_route = {route!r}")
        if refused or not self.build_route:
            raise BuilderError(
                f"{self._label()}.build_route = {route!r} failed: TensorRT-RTX does not take it; "
                f"all_build_routes is {self.all_build_routes!r}",
                status=lib.TRTX_FAILED,
            )

    # Target

    @property
    def num_compute_capabilities(self) -> int:
        """Number of GPU generations that the engine is for; 0 for the usual set.

        (``IBuilderConfig::getNbComputeCapabilities``) After setting it, set each with `set_compute_capability`.
        `compute_capabilities` does both.
        """
        return lib.trtx_builder_config_get_nb_compute_capabilities(self._ptr)

    @num_compute_capabilities.setter
    def num_compute_capabilities(self, count: SupportsIndex) -> None:
        what = "num_compute_capabilities"
        value = check_int(count, what, 0, len(ComputeCapability) - 1)
        self._set(what, f"{what} = {value}", lib.trtx_builder_config_set_nb_compute_capabilities, value)

    def set_compute_capability(self, compute_capability: ComputeCapability, index: SupportsIndex) -> Literal[True]:
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
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        kind = check_enum(ComputeCapability, compute_capability, "compute_capability")
        if kind == ComputeCapability.NONE:
            reject("compute_capability", kind, "any member but NONE, which marks one that has not been set")
        position = check_index(index, "index", self.num_compute_capabilities, "compute capabilities")
        label = f"set_compute_capability({kind}, {position})"
        self._set("set_compute_capability", label, lib.trtx_builder_config_set_compute_capability, kind, position)
        return True

    def get_compute_capability(self, index: SupportsIndex) -> ComputeCapability:
        """Get one of the GPU generations that the engine is for (``IBuilderConfig::getComputeCapability``).

        Parameters
        ----------
        index : int
            Below `num_compute_capabilities`.

        Returns
        -------
        ComputeCapability
            `ComputeCapability.NONE` where none has been set yet.

        Raises
        ------
        InvalidArgumentError
            If the index is too large or negative.
        """
        position = check_index(index, "index", self.num_compute_capabilities, "compute capabilities")
        result = ffi.new("trtx_compute_capability *")
        status = lib.trtx_builder_config_get_compute_capability(self._ptr, position, result)
        self._check(status, f"get_compute_capability({position})")
        return ComputeCapability(result[0])

    @property
    def compute_capabilities(self) -> tuple[ComputeCapability, ...]:
        """GPU generations that the engine is for; empty for the usual set.

        An engine with a list of its own runs on these only. `ComputeCapability.CURRENT` is the GPU of this machine,
        and must stand alone. Takes any sequence; if one of its members is refused, all stays as it was.
        """
        return tuple(self.get_compute_capability(i) for i in range(self.num_compute_capabilities))

    @compute_capabilities.setter
    def compute_capabilities(self, capabilities: Iterable[ComputeCapability]) -> None:
        allowed = "a sequence of members of trtx.ComputeCapability"
        items = check_sequence(capabilities, "compute_capabilities", allowed, len(ComputeCapability))
        wanted = [check_enum(ComputeCapability, item, f"compute_capabilities[{i}]") for i, item in enumerate(items)]
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
        _ = profile._ptr
        if profile._parents != self._parents:
            reject("profile", profile, "a profile of the builder that made this configuration")
        if not profile.is_valid:
            raise InvalidArgumentError("profile is not valid: its shapes must be min <= opt <= max for every input")
        what, result = "add_optimization_profile", ffi.new("int32_t *")
        known = self._profiles
        self._profiles = [*known, profile]  # now, as an interrupt may come when the call returns
        try:
            status = changed(self, what, self, lib.trtx_builder_config_add_optimization_profile, profile._ptr, result)
        except Error:  # no call was made
            self._profiles = known
            raise
        if status:
            self._profiles = known
        if status or pending:
            self._check(status, what)
        return int(result[0])

    @property
    def progress_monitor(self) -> ProgressMonitor | None:
        """Follows the builds with this configuration (``IBuilderConfig::getProgressMonitor``); None by default."""
        _ = self._ptr
        return self._monitor

    @progress_monitor.setter
    def progress_monitor(self, monitor: ProgressMonitor | None) -> None:
        if monitor is not None:
            ProgressMonitor._implementation(monitor, "progress_monitor")
        self._refuse_change("progress_monitor")
        _ = self._ptr
        self._monitor = monitor  # the native one is made anew for each build

    def reset(self) -> None:
        """Set everything back to its default (``IBuilderConfig::reset``); profiles, monitor and cache are forgotten."""
        self._set("reset", "reset", lib.trtx_builder_config_reset)
        self._profiles = []
        self._monitor = None
        if self._cache is not None:
            self._depend_no_more_on(self._cache)
            self._cache = None

    def _let_go(self) -> None:
        super()._let_go()
        self._profiles = []
        self._monitor = None
        self._cache = None

    def _used_by_builds(self) -> list[Handle]:
        """What a build uses beside this configuration."""
        return [*self._profiles, *([] if self._cache is None else [self._cache])]
