"""For which machines an engine is built: a base of `BuilderConfig`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, Literal, NoReturn, SupportsIndex

from trtx_sys._enums_gen import (
    ComputeCapability,
    DeviceType,
    EngineCapability,
    HardwareCompatibilityLevel,
    RuntimePlatform,
)
from trtx_sys._ffi import ffi, lib

from .._core.errors import BuilderError, UnsupportedError
from .._core.handle import Handle
from .._core.pending import pending
from .._core.values import INT32_MAX, check_enum, check_index, check_int, reject


class ConfigTarget(Handle):
    """Settings of a `BuilderConfig` that say which GPUs and platforms the engine is for."""

    __slots__ = ()

    _error = BuilderError

    def _set(self, setter: Callable[[Any, Any], int], value: Any, what: str) -> None:
        """Call a setter of one value."""
        try:
            token = self._turn.pop()
        except IndexError:
            raise self._busy_error(what) from None
        try:
            status = setter(self._ptr, value)
            if status or pending:
                self._check(status, f"{what} = {show_setting(value)}")
        finally:
            self._turn.append(token)

    def _ignored(self, what: str, value: object, reason: str) -> NoReturn:
        """Raise for a value that TensorRT-RTX took without an error, and dropped."""
        raise UnsupportedError(f"{self._label()}.{what} = {show_setting(value)} had no effect: {reason}")

    @property
    def num_compute_capabilities(self) -> int:
        """Number of GPU generations that the engine is for; 0 for the usual set.

        (``IBuilderConfig::setNbComputeCapabilities``). After setting it, set each with `set_compute_capability`.
        `compute_capabilities` does both.
        """
        return lib.trtx_builder_config_get_nb_compute_capabilities(self._ptr)

    @num_compute_capabilities.setter
    def num_compute_capabilities(self, count: SupportsIndex) -> None:
        value = check_int(count, "num_compute_capabilities", 0, len(ComputeCapability) - 1)
        self._set(lib.trtx_builder_config_set_nb_compute_capabilities, value, "num_compute_capabilities")

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
        with self._exclusive("set_compute_capability"):
            status = lib.trtx_builder_config_set_compute_capability(self._ptr, kind, position)
            self._check(status, f"set_compute_capability({show_setting(kind)}, {position})")
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
        BusyError
            If the configuration is in use by another call, such as a build.
        """
        position = check_index(index, "index", self.num_compute_capabilities, "compute capabilities")
        result = ffi.new("trtx_compute_capability *")
        with self._exclusive("get_compute_capability"):
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
        """Platform that the engine will run on; SAME_AS_BUILD by default (``IBuilderConfig::setRuntimePlatform``)."""
        return RuntimePlatform(lib.trtx_builder_config_get_runtime_platform(self._ptr))

    @runtime_platform.setter
    def runtime_platform(self, platform: RuntimePlatform) -> None:
        value = check_enum(RuntimePlatform, platform, "runtime_platform")
        self._set(lib.trtx_builder_config_set_runtime_platform, value, "runtime_platform")

    @property
    def engine_capability(self) -> EngineCapability:
        """Restrictions that the engine is built for; STANDARD by default (``IBuilderConfig::setEngineCapability``)."""
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
    def DLA_core(self, core: SupportsIndex) -> None:
        value = check_int(core, "DLA_core", -1, INT32_MAX)
        self._set(lib.trtx_builder_config_set_dla_core, value, "DLA_core")
        if lib.trtx_builder_config_get_dla_core(self._ptr) != value:
            self._ignored("DLA_core", value, "TensorRT-RTX has no such core")


def show_setting(value: object) -> str:
    """A value as messages show it."""
    return f"{type(value).__name__}.{value.name}" if isinstance(value, IntEnum) else repr(value)
