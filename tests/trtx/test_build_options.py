"""`BuildOptions`: every field reaches the configuration, and wrong values are named before."""

from __future__ import annotations

from typing import Any

import pytest

import trtx

SETTINGS: list[tuple[str, Any, str]] = [
    ("optimization_level", 1, "builder_optimization_level"),
    ("profiling_verbosity", trtx.ProfilingVerbosity.DETAILED, "profiling_verbosity"),
    ("max_aux_streams", 2, "max_aux_streams"),
    ("max_num_tactics", 3, "max_num_tactics"),
    ("avg_timing_iterations", 4, "avg_timing_iterations"),
    ("tiling_optimization_level", trtx.TilingOptimizationLevel.FULL, "tiling_optimization_level"),
    ("l2_limit_for_tiling", 1 << 20, "l2_limit_for_tiling"),
    ("compute_capabilities", (trtx.ComputeCapability.SM89,), "compute_capabilities"),
]


@pytest.mark.parametrize(("name", "value", "setting"), SETTINGS)
def test_settings(
    builder: trtx.Builder,
    network: trtx.NetworkDefinition,
    config: trtx.BuilderConfig,
    name: str,
    value: Any,
    setting: str,
) -> None:
    assert getattr(config, setting) != value
    trtx.BuildOptions(**{name: value}).apply(builder, network, config)
    assert getattr(config, setting) == value


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        ({"refit": True}, trtx.BuilderFlag.REFIT),
        ({"refit_identical": True}, trtx.BuilderFlag.REFIT_IDENTICAL),
        ({"strip": True}, trtx.BuilderFlag.STRIP_PLAN),
        ({"weight_streaming": True}, trtx.BuilderFlag.WEIGHT_STREAMING),
        ({"flags": [trtx.BuilderFlag.STRICT_NANS]}, trtx.BuilderFlag.STRICT_NANS),
    ],
)
def test_flags(
    builder: trtx.Builder,
    network: trtx.NetworkDefinition,
    config: trtx.BuilderConfig,
    options: dict[str, Any],
    flag: trtx.BuilderFlag,
) -> None:
    assert not config.get_flag(flag)
    trtx.BuildOptions(**options).apply(builder, network, config)
    assert config.get_flag(flag)


def test_preview_features(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    feature = trtx.PreviewFeature.RUNTIME_ACTIVATION_RESIZE_10_10
    config.set_preview_feature(feature, False)  # it is on by default
    trtx.BuildOptions(preview_features=[feature]).apply(builder, network, config)
    assert config.get_preview_feature(feature)


def test_runtime_platform(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    trtx.BuildOptions(runtime_platform=trtx.RuntimePlatform.SAME_AS_BUILD).apply(builder, network, config)
    other = trtx.BuildOptions(runtime_platform=trtx.RuntimePlatform.WINDOWS_AMD64)
    with pytest.raises(trtx.BuilderError, match="runtime_platform"):  # no library of this version takes it on Linux
        other.apply(builder, network, config)


def test_refittable_weights(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    import numpy as np

    constant = network.add_constant((2,), np.ones(2, np.float32))
    network.set_weights_name(constant, "w")
    trtx.BuildOptions(refittable=["w"]).apply(builder, network, config)
    assert network.are_weights_marked_refittable("w")
    assert config.get_flag(trtx.BuilderFlag.REFIT_INDIVIDUAL)
    assert not config.get_flag(trtx.BuilderFlag.REFIT)


@pytest.mark.parametrize(
    "options",
    [
        {"max_aux_streams": -1},
        {"max_num_tactics": 0},
        {"avg_timing_iterations": 0},
        {"tiling_optimization_level": 1},
        {"l2_limit_for_tiling": -1},
        {"runtime_platform": "linux"},
        {"preview_features": ["x"]},
        {"refittable": "w"},
        {"refittable": [""]},
        {"build_route": ""},
        {"refit_identical": 1.5},
        {"optimization_level": 6},
    ],
    ids=str,
)
def test_wrong_values_are_named(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(trtx.InvalidArgumentError, match=name):
        trtx.BuildOptions(**options)


def test_all_options_are_part_of_a_cache_key() -> None:
    usual = trtx.BuildOptions().describe()
    changed = {trtx.BuildOptions(**{name: value}).describe() for name, value, _ in SETTINGS}
    changed |= {trtx.BuildOptions(refittable=["w"]).describe(), trtx.BuildOptions(build_route="r").describe(), usual}
    assert len(changed) == len(SETTINGS) + 3
