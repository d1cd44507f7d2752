"""Builders, their settings and profiles: wrong values, and parts that do not belong together."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any

from .adapters import Api, answer
from .case import case
from .verdict import NoAnswer, Wrong

Steps = Generator[None, None, None]


@case("a builder without a logger", "logger", variants=(None, "logger", 42, object, ()))
def builder_without_logger(api: Api, logger: Any) -> Steps:
    yield
    api.t.Builder(*([logger] if logger != () else []))


@case("a runtime without a logger", "logger", variants=(None, "logger", 42))
def runtime_without_logger(api: Api, logger: Any) -> Steps:
    yield
    api.t.Runtime(logger)


@case("a severity that does not exist", "severity", variants=(99, -1, "WARNING", None))
def severity(api: Api, value: Any) -> Steps:
    yield
    api.t.Logger(value)


@case("flags of a network that do not exist", "flags", variants=(-1, 1 << 20, 2, None, "x", 0.5))
def network_flags(api: Api, flags: Any) -> Steps:
    builder = api.builder()
    yield
    answer(builder.create_network(flags))


SETTINGS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("builder_optimization_level", (99, -1, 6, None, 2**31)),
    ("max_aux_streams", (-2, 2**31, None)),
    ("avg_timing_iterations", (0, -1)),
    ("max_num_tactics", (-2,)),
    ("l2_limit_for_tiling", (-2, 2**63)),
    ("build_route", ("nonsense", "a\0b", 7)),
    ("tiling_optimization_level", (99, None)),
    ("profiling_verbosity", (99, None, "DETAILED")),
    ("hardware_compatibility_level", (99, None)),
    ("runtime_platform", (99, None)),
    ("engine_capability", (99, None)),
    ("default_device_type", (99, None)),
    ("DLA_core", (5, -7)),
    ("flags", (-1, 1 << 62, None)),
    ("num_compute_capabilities", (-1, 10**6)),
    ("profile_stream", (-1, "x")),
    ("progress_monitor", (42, object)),
)


@case(
    "a setting of a build that makes no sense",
    "{0}",
    variants={f"{name} = {value}": (name, value) for name, values in SETTINGS for value in values},
)
def config_setting(api: Api, name: str, value: Any) -> Steps:
    config = api.config()
    yield
    setattr(config, name, value)


CALLS: dict[str, tuple[Callable[..., Any]]] = {
    "set_flag(99)": (lambda t, c: c.set_flag(99),),
    "set_flag(None)": (lambda t, c: c.set_flag(None),),
    "set_flag(other enum)": (lambda t, c: c.set_flag(t.DataType.HALF),),
    "get_flag(99)": (lambda t, c: c.get_flag(99),),
    "clear_flag(-1)": (lambda t, c: c.clear_flag(-1),),
    "set_memory_pool_limit(99, 1)": (lambda t, c: c.set_memory_pool_limit(99, 1),),
    "set_memory_pool_limit(WORKSPACE, 2**64 - 1)": (
        lambda t, c: c.set_memory_pool_limit(t.MemoryPoolType.WORKSPACE, 2**64 - 1),
    ),
    "set_memory_pool_limit(WORKSPACE, -1)": (lambda t, c: c.set_memory_pool_limit(t.MemoryPoolType.WORKSPACE, -1),),
    "set_memory_pool_limit(WORKSPACE, 2**64)": (
        lambda t, c: c.set_memory_pool_limit(t.MemoryPoolType.WORKSPACE, 2**64),
    ),
    "set_memory_pool_limit(WORKSPACE, 1.5)": (lambda t, c: c.set_memory_pool_limit(t.MemoryPoolType.WORKSPACE, 1.5),),
    "set_memory_pool_limit(DLA, 3)": (lambda t, c: c.set_memory_pool_limit(t.MemoryPoolType.DLA_MANAGED_SRAM, 3),),
    "get_memory_pool_limit(99)": (lambda t, c: c.get_memory_pool_limit(99),),
    "set_preview_feature(99, True)": (lambda t, c: c.set_preview_feature(99, True),),
    "get_preview_feature(None)": (lambda t, c: c.get_preview_feature(None),),
    "set_tactic_sources(-1)": (lambda t, c: answer(c.set_tactic_sources(-1) is not False),),
    "set_tactic_sources(1 << 30)": (lambda t, c: answer(c.set_tactic_sources(1 << 30) is not False),),
    "set_compute_capability(99, 0)": (lambda t, c: c.set_compute_capability(99, 0),),
    "set_compute_capability(CURRENT, 5)": (
        lambda t, c: _told(c.set_compute_capability(t.ComputeCapability.CURRENT, 5)),
    ),
    "set_compute_capability(CURRENT, -1)": (
        lambda t, c: _told(c.set_compute_capability(t.ComputeCapability.CURRENT, -1)),
    ),
    "get_compute_capability(9)": (lambda t, c: c.get_compute_capability(9),),
    "add_optimization_profile(None)": (lambda t, c: c.add_optimization_profile(None),),
}


def _told(result: Any) -> None:
    if result is False:
        raise NoAnswer("answered False")


@case(
    "a call of a config that makes no sense",
    "flag",
    "pool",
    "feature",
    "tactic",
    "capability",
    "index",
    "profile",
    variants=CALLS,
)
def config_call(api: Api, use: Callable[..., Any]) -> Steps:
    config = api.config()
    yield
    use(api.t, config)


@case("a number of threads that makes no sense", "max_threads", variants=(-5, 0, 2**31, None, 1.5, "2"))
def builder_threads(api: Api, count: Any) -> Steps:
    builder = api.builder()
    yield
    builder.max_threads = count


@case(
    "settings of a runtime that make no sense",
    "{0}",
    variants={
        "max_threads = -5": ("max_threads", -5),
        "max_threads = 0": ("max_threads", 0),
        "temporary_directory = nowhere": ("temporary_directory", "/no/such/folder"),
        "temporary_directory = 7": ("temporary_directory", 7),
        "tempfile_control_flags = -1": ("tempfile_control_flags", -1),
        "tempfile_control_flags = 1 << 20": ("tempfile_control_flags", 1 << 20),
    },
)
def runtime_setting(api: Api, name: str, value: Any) -> Steps:
    runtime = api.runtime()
    yield
    setattr(runtime, name, value)


# What does not belong together


@case("a network or a config of another builder", "network", "config", "builder", variants=("network", "config"))
def mixed_builders(api: Api, which: str) -> Steps:
    one, two = api.builder(), api.builder()
    network = api.simple(two if which == "network" else one)
    config = api.config(two if which == "config" else one)
    yield
    api.build(one, network, config)


@case("a profile of another builder", "profile", "builder", variants=("other builder", "other builder, dropped"))
def profile_of_another(api: Api, how: str) -> Steps:
    one, two = api.builder(), api.builder()
    network = api.simple(one, (-1, 2))
    profile = api.profile(two)
    profile.set_shape("x", (1, 2), (2, 2), (3, 2))
    config = api.config(one)
    yield
    config.add_optimization_profile(profile)
    if "dropped" in how:
        del two, profile
    api.build(one, network, config)


@case(
    "building with wrong parts",
    "network",
    "config",
    variants={
        "None, config": (lambda b, n, c: b.build_serialized_network(None, c),),
        "network, None": (lambda b, n, c: b.build_serialized_network(n, None),),
        "config, network": (lambda b, n, c: b.build_serialized_network(c, n),),
        "network alone": (lambda b, n, c: b.build_serialized_network(n),),
        "is_network_supported(None, config)": (lambda b, n, c: b.is_network_supported(None, c),),
    },
)
def wrong_parts(api: Api, use: Callable[..., Any]) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    yield
    answer(use(builder, network, config))


@case("a network without outputs", "output", variants=("empty", "layers"))
def no_outputs(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    if how == "layers":
        api.relu(network, api.input(network))
    yield
    api.build(builder, network)


# Profiles


@case("a dynamic input without a profile", "profile", "'x'", variants=("no profile", "of another input"))
def missing_profile(api: Api, how: str) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder, (-1, 2)), api.config(builder)
    if how != "no profile":
        profile = api.profile(builder)
        profile.set_shape("other", (1, 2), (2, 2), (3, 2))
    yield
    if how != "no profile":
        config.add_optimization_profile(profile)
    api.build(builder, network, config)


RANGES: dict[str, tuple[Any, ...]] = {
    "min over opt": ("x", (3, 2), (2, 2), (4, 2)),
    "opt over max": ("x", (1, 2), (9, 2), (4, 2)),
    "min over max": ("x", (9, 2), (9, 2), (1, 2)),
    "negative": ("x", (-1, 2), (2, 2), (4, 2)),
    "ranks differ": ("x", (1,), (2, 2), (4, 2)),
    "wrong rank": ("x", (1, 2, 3), (1, 2, 3), (1, 2, 3)),
    "other fixed size": ("x", (1, 7), (2, 7), (4, 7)),
    "nine dimensions": ("x", (1,) * 9, (1,) * 9, (1,) * 9),
    "too large": ("x", (1, 2), (2, 2), (2**63, 2)),
    "no name": ("", (1, 2), (2, 2), (4, 2)),
    "a NUL in the name": ("x\0y", (1, 2), (2, 2), (4, 2)),
    "None": ("x", None, None, None),
    "strings": ("x", "12", "22", "42"),
}


@case(
    "a profile whose shapes make no sense",
    "min",
    "opt",
    "max",
    "input",
    "profile",
    "dimension",
    variants=RANGES,
)
def profile_shapes(api: Api, name: Any, low: Any, best: Any, high: Any) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder, (-1, 2)), api.config(builder)
    profile = api.profile(builder)
    yield
    profile.set_shape(name, low, best, high)
    if answer(config.add_optimization_profile(profile)) == -1:
        raise NoAnswer("answered -1")
    api.build(builder, network, config)


@case(
    "a profile whose shape values make no sense",
    "min",
    "opt",
    "max",
    "input",
    "profile",
    "shape",
    variants={
        "min over max": ("x", (9,), (9,), (1,)),
        "lengths differ": ("x", (1,), (1, 2), (3,)),
        "too large": ("x", (1,), (2,), (2**63,)),
        "none": ("x", (), (), ()),
        "no name": ("", (1,), (2,), (3,)),
    },
)
def profile_values(api: Api, name: Any, low: Any, best: Any, high: Any) -> Steps:
    profile = api.profile()
    yield
    profile.set_shape_input(name, low, best, high)


@case("an extra memory target that makes no sense", "extra_memory_target", variants=(-1.0, 2.0, math.nan, "x"))
def extra_memory(api: Api, value: Any) -> Steps:
    profile = api.profile()
    yield
    profile.extra_memory_target = value


@case("an empty or incomplete profile is added", "profile", "shape", variants=("no shapes",))
def empty_profile(api: Api, how: str) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder, (-1, 2)), api.config(builder)
    profile = api.profile(builder)
    yield
    if answer(config.add_optimization_profile(profile)) == -1:
        raise NoAnswer("answered -1")
    api.build(builder, network, config)


@case("a profile is changed after it was added", kind="either")
def profile_changed(api: Api) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder, (-1, 2)), api.config(builder)
    profile = api.profile(builder)
    profile.set_shape("x", (1, 2), (2, 2), (3, 2))
    config.add_optimization_profile(profile)
    yield
    try:
        profile.set_shape("x", (1, 2), (2, 2), (9, 2))
    except Exception as error:
        raise Wrong(f"a profile cannot be changed: {error}") from None
    del profile
    api.build(builder, network, config)


@case("the shape of an input that a profile does not know", "input", "'nobody'", kind="either")
def unknown_profile_shape(api: Api) -> Steps:
    profile = api.profile()
    yield
    # An empty answer is an answer: None, or no shapes.
    found = profile.get_shape("nobody")
    if found:
        raise Wrong(f"answered {found}")
