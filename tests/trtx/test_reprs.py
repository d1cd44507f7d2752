"""What objects show of themselves: shapes, and what matters; never an error, and that they are closed."""

from __future__ import annotations

import re

import numpy as np
import pytest

import trtx
from tests.helpers.process import run_python


def fill(network: trtx.NetworkDefinition, layers: int) -> None:
    tensor = network.add_input("x", trtx.float32, (1, 3, -1, 8))
    for index in range(layers):
        relu = network.add_activation(tensor, trtx.ActivationType.RELU)
        relu.name, tensor = f"relu{index}", relu.get_output(0)
    tensor.name = "y"
    network.mark_output(tensor)


def test_a_network_prints_as_a_table(network: trtx.NetworkDefinition) -> None:
    fill(network, 2)
    network.name = "mine"
    assert repr(network) == "<trtx.NetworkDefinition 'mine', 1 input, 2 layers, 1 output>"
    shown = [re.split(" {2,}", line.strip()) for line in str(network).splitlines()[2:4]]
    assert shown == [[str(i), "Activation", f"relu{i}", "FLOAT (1, 3, -1, 8)"] for i in range(2)]
    lines = str(network).splitlines()
    assert lines[0] == repr(network)
    assert len(lines) == 5
    assert lines[1].split() == ["Input", "x", "FLOAT", "(1,", "3,", "-1,", "8)"]
    assert lines[4].split() == ["Output", "y", "FLOAT", "(1,", "3,", "-1,", "8)"]
    assert len({line.index("FLOAT") for line in lines[1:]}) == 1


def test_a_large_network_is_cut(network: trtx.NetworkDefinition) -> None:
    fill(network, 500)
    lines = str(network).splitlines()
    assert len(lines) == 1 + 1 + 20 + 1 + 10 + 1
    assert "470 more layers" in lines[22]
    assert lines[21].split()[0] == "19"
    assert lines[23].split()[0] == "490"


def test_an_empty_network_and_long_names(network: trtx.NetworkDefinition) -> None:
    assert str(network) == repr(network)
    network.add_input("x" * 1000, trtx.float32, (2,))
    assert max(map(len, str(network).splitlines())) < 120


def test_a_notebook_shows_the_table(network: trtx.NetworkDefinition) -> None:
    class Printer:
        shown = ""

        def text(self, text: str) -> None:
            self.shown += text

    printer = Printer()
    network._repr_pretty_(printer, cycle=False)
    assert printer.shown == str(network)


def test_layers_show_what_they_give(network: trtx.NetworkDefinition) -> None:
    x = network.add_input("x", trtx.float16, (2, 3))
    topk = network.add_topk(x, trtx.TopKOperation.MAX, 1, (1,))
    topk.name = "best"
    assert repr(topk) == "<trtx.TopKLayer 'best' -> HALF (2, 1), INT32 (2, 1)>"
    assert repr(x) == "<trtx.Tensor 'x' HALF (2, 3)>"


def test_configurations_and_profiles(builder: trtx.Builder, config: trtx.BuilderConfig) -> None:
    assert repr(config) == "<trtx.BuilderConfig optimization level 3, flags TF32>"
    profile = builder.create_optimization_profile()
    assert repr(profile) == "<trtx.OptimizationProfile without shapes>"
    profile.set_shape("x", (1, 3), (2, 3), (4, 3))
    assert repr(profile) == "<trtx.OptimizationProfile 'x' (1, 3) to (4, 3), usually (2, 3)>"
    for index in range(20):
        profile.set_shape(f"x{index}", (1,), (2,), (3,))
    assert repr(profile).endswith("usually (2,), 17 more>")
    config.add_optimization_profile(profile)
    config.clear_flag(trtx.BuilderFlag.TF32)
    config.compute_capabilities = [trtx.ComputeCapability.SM89, trtx.ComputeCapability.SM120]
    assert repr(config) == "<trtx.BuilderConfig optimization level 3, for SM89, SM120, 1 profile>"


def test_closed_objects_say_so(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    fill(network, 1)
    layer, tensor = network[0], network.get_input(0)
    network.close()
    for thing in (network, layer, tensor):
        assert repr(thing) == str(thing) == f"<trtx.{type(thing).__name__} (closed)>"
    config.close()
    assert repr(config) == "<trtx.BuilderConfig (closed)>"


def test_a_network_that_is_in_use(network: trtx.NetworkDefinition, builder: trtx.Builder) -> None:
    """Shapes are not to be had during a build."""
    fill(network, 3)
    seen: list[str] = []

    class Watch(trtx.ProgressMonitor):
        def step_complete(self, phase_name: str, step: int) -> bool:
            seen.extend((str(network), repr(network[0]), repr(config)))
            return True

    config = builder.create_config()
    config.progress_monitor = Watch()
    profile = builder.create_optimization_profile()
    profile.set_shape("x", (1, 3, 1, 8), (1, 3, 2, 8), (1, 3, 3, 8))
    config.add_optimization_profile(profile)
    builder.build_serialized_network(network, config)
    assert seen
    assert not [text for text in seen if "unreadable" in text]
    assert any("relu0" in text for text in seen)


def test_weights_and_memory() -> None:
    assert repr(trtx.Weights(np.zeros((2, 3), np.float32))) == "<trtx.Weights FLOAT, 6 elements>"


@pytest.mark.parametrize("library", ["fake"])
def test_what_runs_shows_its_shapes(library: str) -> None:
    run_python(
        """
import trtx
logger = trtx.Logger()
builder = trtx.Builder(logger)
network = builder.create_network()
network.name = "doubler"
x = network.add_input("x", trtx.float32, (-1, 3))
y = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
y.name = "y"
network.mark_output(y)
profile = builder.create_optimization_profile()
profile.set_shape("x", (1, 3), (2, 3), (4, 3))
config = builder.create_config()
config.add_optimization_profile(profile)
engine = trtx.Runtime(logger).deserialize_cuda_engine(builder.build_serialized_network(network, config))
name = f"{engine.name!r}, " if engine.name else ""
assert repr(engine) == f"<trtx.CudaEngine {name}x FLOAT (-1, 3) -> y FLOAT (-1, 3)>", engine
context = engine.create_execution_context()
assert repr(context).endswith("x (-1, 3) -> y (-1, 3)>"), context
context.set_input_shape("x", (3, 3))
assert repr(context).endswith("x (3, 3) -> y (3, 3)>"), context
inspector = engine.create_engine_inspector()
assert repr(inspector) == f"<trtx.EngineInspector of {engine!r}>", inspector
settings = engine.create_runtime_config()
assert repr(settings) == "<trtx.RuntimeConfig memory STATIC, graphs DISABLED, kernels LAZY, no cache>", settings
settings.set_runtime_cache(settings.create_runtime_cache())
assert repr(settings).endswith("with a cache>"), settings
engine.close()
for thing in (engine, context, inspector, settings):
    assert repr(thing) == f"<trtx.{type(thing).__name__} (closed)>", thing
""",
        environment={"TRTX_LIBRARY": library},
    )


def test_a_collector_shows_its_times() -> None:
    profile = trtx.ProfileCollector()
    profile.report_layer_time("conv", 1.0)
    profile.report_layer_time("relu", 0.5)
    assert repr(profile) == "<trtx.ProfileCollector 2 layers, 1 runs, 1.500 ms each>"
