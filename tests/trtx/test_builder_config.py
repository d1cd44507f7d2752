"""`BuilderConfig`: every setting reads back, and no wrong one passes in silence."""

from __future__ import annotations

import pytest

import trtx
from trtx import (
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

#: Property, default, values that must read back, values that must be refused.
PROPERTIES = [
    ("builder_optimization_level", 3, [0, 1, 2, 4, 5], [-1, 6, 99, 1.0, "3", True, None]),
    ("avg_timing_iterations", 1, [1, 7, 2**31 - 1], [0, -1, 2**31]),
    ("max_num_tactics", -1, [-1, 1, 100, 2**31 - 2], [-2, 0, 2**31 - 1]),
    ("max_aux_streams", -1, [0, 1, 8], [-1, -5, 2**31, 0.5]),
    ("l2_limit_for_tiling", 0, [0, 1 << 20, 2**63 - 1], [-1, 2**63]),
    ("profile_stream", 0, [0], [-1, 2**64, "stream", None]),
    ("DLA_core", -1, [-1], [-2, None, 2**31]),
    ("num_compute_capabilities", 0, [0, 1, 3], [-1, 500]),
    ("flags", 1 << BuilderFlag.TF32, [0, 1 << BuilderFlag.REFIT], [-1, 1, 1 << 31, 2**32, BuilderFlag.REFIT]),
    ("profiling_verbosity", ProfilingVerbosity.LAYER_NAMES_ONLY, list(ProfilingVerbosity), [0, 77, None]),
    ("tiling_optimization_level", TilingOptimizationLevel.NONE, list(TilingOptimizationLevel), [0, 4]),
    ("engine_capability", EngineCapability.STANDARD, list(EngineCapability), [0, "STANDARD"]),
    ("default_device_type", DeviceType.GPU, list(DeviceType), [0, 2]),
    ("runtime_platform", RuntimePlatform.SAME_AS_BUILD, [RuntimePlatform.SAME_AS_BUILD], [0, 2]),
    ("hardware_compatibility_level", HardwareCompatibilityLevel.NONE, [HardwareCompatibilityLevel.NONE], [0, 3]),
]


@pytest.mark.parametrize(("name", "default", "good", "bad"), PROPERTIES, ids=[row[0] for row in PROPERTIES])
def test_property(config: trtx.BuilderConfig, name: str, default: object, good: list, bad: list) -> None:
    assert getattr(config, name) == default
    assert type(getattr(config, name)) is type(default)
    for value in good:
        setattr(config, name, value)
        assert getattr(config, name) == value
    for value in bad:
        with pytest.raises(trtx.InvalidArgumentError, match=f"^{name} is "):
            setattr(config, name, value)
    assert getattr(config, name) == good[-1]
    config.reset()
    assert getattr(config, name) == default


@pytest.mark.parametrize(("name", "value"), [(row[0], row[2][-1]) for row in PROPERTIES])
def test_property_after_close(config: trtx.BuilderConfig, name: str, value: object) -> None:
    config.close()
    with pytest.raises(trtx.ClosedError, match="BuilderConfig is closed"):
        getattr(config, name)
    with pytest.raises(trtx.ClosedError, match="BuilderConfig is closed"):
        setattr(config, name, value)


def test_settings_that_the_library_drops_raise(config: trtx.BuilderConfig) -> None:
    with pytest.raises(trtx.UnsupportedError, match=r"DLA_core = 0 had no effect"):
        config.DLA_core = 0
    with pytest.raises(
        trtx.UnsupportedError, match=r"HardwareCompatibilityLevel.AMPERE_PLUS had no effect.*compute_cap"
    ):
        config.hardware_compatibility_level = HardwareCompatibilityLevel.AMPERE_PLUS


def test_settings_that_the_library_refuses_have_its_words(config: trtx.BuilderConfig) -> None:
    with pytest.raises(trtx.BuilderError, match=r"RuntimePlatform.WINDOWS_AMD64 failed: .*Windows x86_64") as caught:
        config.runtime_platform = RuntimePlatform.WINDOWS_AMD64
    assert caught.value.status != 0
    assert any(message.severity == trtx.Severity.ERROR for message in caught.value.messages)


@pytest.mark.parametrize("flag", [flag for flag in BuilderFlag if flag != BuilderFlag.EXCLUDE_LEAN_RUNTIME])
def test_flags(config: trtx.BuilderConfig, flag: BuilderFlag) -> None:
    config.set_flag(flag)
    assert config.get_flag(flag) is True
    assert config.flags & 1 << flag
    config.clear_flag(flag)
    assert config.get_flag(flag) is False
    assert not config.flags & 1 << flag


def test_a_flag_that_needs_another(config: trtx.BuilderConfig) -> None:
    with pytest.raises(trtx.BuilderError, match=r"BuilderFlag.EXCLUDE_LEAN_RUNTIME\) failed: .*kVERSION_COMPATIBLE"):
        config.set_flag(BuilderFlag.EXCLUDE_LEAN_RUNTIME)
    config.set_flag(BuilderFlag.VERSION_COMPATIBLE)
    config.set_flag(BuilderFlag.EXCLUDE_LEAN_RUNTIME)
    assert config.get_flag(BuilderFlag.EXCLUDE_LEAN_RUNTIME)


@pytest.mark.parametrize("flag", [4, "REFIT", None, 77, TacticSource.JIT_CONVOLUTIONS])
def test_wrong_flags(config: trtx.BuilderConfig, flag: object) -> None:
    for call in (config.set_flag, config.clear_flag, config.get_flag):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^flag is .*trtx.BuilderFlag"):
            call(flag)  # type: ignore[operator]


def test_memory_pools(config: trtx.BuilderConfig) -> None:
    assert config.get_memory_pool_limit(MemoryPoolType.WORKSPACE) > 1 << 30
    for size in (0, 1 << 30, 2**63 - 512):
        config.set_memory_pool_limit(MemoryPoolType.WORKSPACE, size)
        assert config.get_memory_pool_limit(MemoryPoolType.WORKSPACE) == size
    for size in (-1, 2**63, 2**64 - 1, 2**64, 1.0, None):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^pool_size is "):
            config.set_memory_pool_limit(MemoryPoolType.WORKSPACE, size)  # type: ignore[arg-type]
    for pool in (0, "WORKSPACE", None):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^pool is .*trtx.MemoryPoolType"):
            config.set_memory_pool_limit(pool, 1)  # type: ignore[arg-type]
        with pytest.raises(trtx.InvalidArgumentError, match=r"^pool is .*trtx.MemoryPoolType"):
            config.get_memory_pool_limit(pool)  # type: ignore[arg-type]
    with pytest.raises(trtx.BuilderError, match=r"MemoryPoolType.TACTIC_SHARED_MEMORY, 1099511627776\) failed: .*1GiB"):
        config.set_memory_pool_limit(MemoryPoolType.TACTIC_SHARED_MEMORY, 1 << 40)
    with pytest.raises(trtx.BuilderError, match=r"DLA_MANAGED_SRAM, 1024\) failed: .*DLA"):
        config.set_memory_pool_limit(MemoryPoolType.DLA_MANAGED_SRAM, 1024)


def test_preview_features(config: trtx.BuilderConfig) -> None:
    for feature in PreviewFeature:
        for enabled in (True, False):
            config.set_preview_feature(feature, enabled)
            assert config.get_preview_feature(feature) is enabled
    with pytest.raises(trtx.InvalidArgumentError, match=r"^feature is 0"):
        config.set_preview_feature(0, True)  # type: ignore[arg-type]
    with pytest.raises(trtx.InvalidArgumentError, match=r"^enable is 1"):
        config.set_preview_feature(PreviewFeature.ALIASED_PLUGIN_IO_10_03, 1)  # type: ignore[arg-type]


def test_tactic_sources(config: trtx.BuilderConfig) -> None:
    for mask in (0, 1 << TacticSource.EDGE_MASK_CONVOLUTIONS, 1 << TacticSource.JIT_CONVOLUTIONS, 3):
        config.set_tactic_sources(mask)
        assert config.get_tactic_sources() == mask
    for wrong in (4, 0xFFFF, -1, TacticSource.JIT_CONVOLUTIONS, None):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^tactic_sources is "):
            config.set_tactic_sources(wrong)  # type: ignore[arg-type]
    assert config.get_tactic_sources() == 3


def test_compute_capabilities(config: trtx.BuilderConfig) -> None:
    assert config.compute_capabilities == ()
    config.compute_capabilities = [ComputeCapability.SM89, ComputeCapability.SM120]
    assert config.compute_capabilities == (ComputeCapability.SM89, ComputeCapability.SM120)
    assert config.num_compute_capabilities == 2
    config.set_compute_capability(ComputeCapability.SM80, 1)
    assert config.get_compute_capability(1) is ComputeCapability.SM80
    config.compute_capabilities = (ComputeCapability.CURRENT,)
    assert config.compute_capabilities == (ComputeCapability.CURRENT,)
    config.compute_capabilities = ()
    assert config.num_compute_capabilities == 0


@pytest.mark.parametrize(
    ("wrong", "culprit"),
    [
        ([ComputeCapability.NONE], "any members but NONE"),
        ([ComputeCapability.SM80, ComputeCapability.SM80], "each member once"),
        ([ComputeCapability.CURRENT, ComputeCapability.SM80], "CURRENT alone"),
        ([89], r"compute_capabilities\[0\] is 89"),
        (ComputeCapability.SM80, "a sequence"),
        ("SM80", "a sequence"),
        (None, "a sequence"),
    ],
)
def test_wrong_compute_capabilities_change_nothing(config: trtx.BuilderConfig, wrong: object, culprit: str) -> None:
    config.compute_capabilities = [ComputeCapability.SM86]
    with pytest.raises(trtx.InvalidArgumentError, match=culprit):
        config.compute_capabilities = wrong  # type: ignore[assignment]
    assert config.compute_capabilities == (ComputeCapability.SM86,)


def test_single_compute_capabilities(config: trtx.BuilderConfig) -> None:
    for index in (-1, 0):
        with pytest.raises(trtx.InvalidArgumentError, match=f"^index is {index}; allowed is nothing"):
            config.set_compute_capability(ComputeCapability.SM80, index)
    config.num_compute_capabilities = 2
    assert config.get_compute_capability(0) is ComputeCapability.NONE
    with pytest.raises(trtx.InvalidArgumentError, match=r"^index is 2; allowed is 0 to 1"):
        config.get_compute_capability(2)
    with pytest.raises(trtx.InvalidArgumentError, match=r"^compute_capability is 80"):
        config.set_compute_capability(80, 0)  # type: ignore[arg-type]
    with pytest.raises(trtx.InvalidArgumentError, match=r"^compute_capability is .*NONE"):
        config.set_compute_capability(ComputeCapability.NONE, 0)
    with pytest.raises(trtx.BuilderError, match=r"set_compute_capability\(ComputeCapability.CURRENT, 0\) failed"):
        config.set_compute_capability(ComputeCapability.CURRENT, 0)  # not beside another


def test_build_routes(config: trtx.BuilderConfig) -> None:
    if trtx.library_version() < (1, 6):
        with pytest.raises(trtx.UnsupportedError, match=r"build_route failed: needs TensorRT-RTX 1.6 or newer"):
            _ = config.build_route
        with pytest.raises(trtx.UnsupportedError, match=r"build_route = 'x=1' failed: needs TensorRT-RTX 1.6"):
            config.build_route = "x=1"
        with pytest.raises(trtx.UnsupportedError, match=r"all_build_routes failed: needs TensorRT-RTX 1.6"):
            _ = config.all_build_routes
        return
    assert isinstance(config.all_build_routes, str)
    before = config.build_route
    with pytest.raises(trtx.BuilderError, match=r"build_route = 'no such route' failed: .*all_build_routes is '"):
        config.build_route = "no such route"
    assert config.build_route == before
    for wrong in ("", "a\0b", 3, None):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^build_route is "):
            config.build_route = wrong  # type: ignore[assignment]


def test_profiles(builder: trtx.Builder, config: trtx.BuilderConfig) -> None:
    first, second = builder.create_optimization_profile(), builder.create_optimization_profile()
    first.set_shape("x", (1,), (2,), (3,))
    assert config.num_optimization_profiles == 0
    assert config.add_optimization_profile(first) == 0
    assert config.add_optimization_profile(second) == 1
    assert config.num_optimization_profiles == 2
    config.reset()
    assert config.num_optimization_profiles == 0
    assert config.add_optimization_profile(first) == 0


def test_wrong_profiles(builder: trtx.Builder, config: trtx.BuilderConfig, logger: trtx.Logger) -> None:
    foreign = trtx.Builder(logger).create_optimization_profile()
    with pytest.raises(trtx.InvalidArgumentError, match=r"^profile is .*of the builder that made this configuration"):
        config.add_optimization_profile(foreign)
    for wrong in (None, 3, config):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^profile is .*a trtx.OptimizationProfile"):
            config.add_optimization_profile(wrong)  # type: ignore[arg-type]
    closed = builder.create_optimization_profile()
    closed.close()
    with pytest.raises(trtx.ClosedError, match="OptimizationProfile is closed"):
        config.add_optimization_profile(closed)
    assert config.num_optimization_profiles == 0


def test_progress_monitor(config: trtx.BuilderConfig) -> None:
    assert config.progress_monitor is None
    monitor = trtx.ProgressMonitor()
    config.progress_monitor = monitor
    assert config.progress_monitor is monitor
    for wrong in (3, object(), trtx.ProgressMonitor):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^progress_monitor is .*trtx.ProgressMonitor"):
            config.progress_monitor = wrong  # type: ignore[assignment]
    assert config.progress_monitor is monitor
    config.reset()
    assert config.progress_monitor is None
    config.progress_monitor = monitor
    config.close()
    for use in (lambda: config.progress_monitor, lambda: setattr(config, "progress_monitor", None)):
        with pytest.raises(trtx.ClosedError, match="BuilderConfig is closed"):
            use()


def test_every_method_after_close(config: trtx.BuilderConfig) -> None:
    config.close()
    for use in (
        config.reset,
        config.get_tactic_sources,
        lambda: config.set_flag(BuilderFlag.TF32),
        lambda: config.get_flag(BuilderFlag.TF32),
        lambda: config.get_memory_pool_limit(MemoryPoolType.WORKSPACE),
        lambda: config.set_memory_pool_limit(MemoryPoolType.WORKSPACE, 1),
        lambda: config.get_preview_feature(PreviewFeature.ALIASED_PLUGIN_IO_10_03),
        lambda: config.set_preview_feature(PreviewFeature.ALIASED_PLUGIN_IO_10_03, True),
        lambda: config.compute_capabilities,
        lambda: config.num_optimization_profiles,
        lambda: config.all_build_routes,
    ):
        with pytest.raises(trtx.ClosedError, match="BuilderConfig is closed"):
            use()


def test_cannot_be_made_directly() -> None:
    with pytest.raises(TypeError, match=r"Builder.create_config\(\)"):
        trtx.BuilderConfig()
