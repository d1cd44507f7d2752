"""`trtx.compat` on the real library: building, parsing, failures as None, and classes that users derive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
import trtx.compat as trt
from tests.helpers.process import python_path, run_python

pytestmark = pytest.mark.usefixtures("native_library")


class Log(trt.ILogger):  # type: ignore[misc]
    def __init__(self) -> None:
        trt.ILogger.__init__(self)
        self.lines: list[tuple[trtx.Severity, str]] = []

    def log(self, severity: trtx.Severity, msg: str) -> None:
        self.lines.append((severity, msg))

    def errors(self) -> list[str]:
        return [text for severity, text in self.lines if severity <= trt.Logger.ERROR]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def builder(log: Log) -> Any:
    return trt.Builder(log)


def relu_network(builder: Any) -> Any:
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    x = network.add_input("x", trt.float32, trt.Dims2(2, 3))
    network.mark_output(network.add_activation(x, trt.ActivationType.RELU).get_output(0))
    return network


def test_objects_are_those_of_trtx(builder: Any) -> None:
    network = relu_network(builder)
    x = network.get_input(0)
    layer = network.add_identity(x)
    for value, here, there in [
        (builder, trtx.Builder, trt.Builder),
        (network, trtx.NetworkDefinition, trt.INetworkDefinition),
        (x, trtx.Tensor, trt.ITensor),
        (layer, trtx.IdentityLayer, trt.IIdentityLayer),
        (builder.create_builder_config(), trtx.BuilderConfig, trt.IBuilderConfig),
        (builder.create_optimization_profile(), trtx.OptimizationProfile, trt.IOptimizationProfile),
        (trt.Runtime(builder.logger), trtx.Runtime, trt.Runtime),
        (trt.OnnxParser(builder.create_network(), builder.logger), trtx.OnnxParser, trt.OnnxParser),
    ]:
        assert isinstance(value, here)
        assert isinstance(value, there)
    assert isinstance(layer, trt.ILayer)
    assert layer.get_input(0) is x
    assert network.builder is builder


def test_trtx_itself_stays_as_it_is(builder: Any) -> None:
    """Objects that `trtx` makes where nobody asks this package are of its own classes, and raise."""
    trt.ITensor  # noqa: B018
    plain = trtx.Builder(trtx.Logger(trtx.Severity.ERROR)).create_network()
    assert type(plain) is trtx.NetworkDefinition
    tensor = plain.add_input("x", trtx.float32, (2, 3))
    assert type(tensor) is trtx.Tensor
    assert type(tensor.shape) is tuple
    with pytest.raises(trtx.NetworkError):
        plain.add_input("x", trtx.float32, (2, 3))


def test_an_engine_is_built_and_read_as_bytes(builder: Any, tmp_path: Path) -> None:
    engine = builder.build_serialized_network(relu_network(builder), builder.create_builder_config())
    path = tmp_path / "model.engine"
    with open(path, "wb") as file:
        assert file.write(engine) == engine.nbytes == len(engine)
    data = path.read_bytes()
    assert data[:4] == b"ftrt" or len(data) > 1000
    assert memoryview(engine).nbytes == len(data)
    assert bytes(engine) == bytes(memoryview(engine)) == data
    assert np.frombuffer(engine, np.uint8).tobytes() == data
    assert isinstance(engine, trtx.HostMemory)
    assert isinstance(engine, trt.IHostMemory)
    assert engine
    engine.close()
    assert bytes(memoryview(data)[:4]) == data[:4]


def test_bytes_stay_valid_after_close(builder: Any) -> None:
    engine = builder.build_serialized_network(relu_network(builder), builder.create_builder_config())
    view = memoryview(engine)
    before = bytes(view[:64])
    engine.close()
    del engine
    assert bytes(view[:64]) == before


def test_failures_are_none_and_in_the_log(builder: Any, log: Log) -> None:
    network = relu_network(builder)
    assert network.add_input("x", trt.float32, (2, 3)) is None
    assert log.errors()
    log.lines.clear()
    assert builder.build_serialized_network(builder.create_network(), builder.create_builder_config()) is None
    assert log.errors()
    log.lines.clear()
    assert trt.OnnxParser(builder.create_network(), log).parse(b"rubbish") is False
    assert log.errors()
    log.lines.clear()
    assert trt.Runtime(log).deserialize_cuda_engine(b"rubbish" * 100) is None
    assert log.errors()


def test_wrong_types_are_type_errors(builder: Any) -> None:
    network = relu_network(builder)
    with pytest.raises(TypeError, match="dtype is 3"):
        network.add_input("y", 3, (2, 3))
    with pytest.raises(TypeError):
        network.add_activation(None, trt.ActivationType.RELU)
    with pytest.raises(TypeError):
        trt.Builder(None)
    with pytest.raises(trtx.InvalidArgumentError):
        network.add_input(3, trt.float32, (2, 3))


def test_raise_errors(builder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = relu_network(builder)
    monkeypatch.setattr(trt, "raise_errors", True)
    with pytest.raises(trtx.NetworkError, match="add_input"):
        network.add_input("x", trt.float32, (2, 3))
    with pytest.raises(trtx.ParserError):
        trt.OnnxParser(builder.create_network(), builder.logger).parse(b"rubbish")


def test_one_and_zero_are_taken_for_bools(builder: Any) -> None:
    network = relu_network(builder)
    layer = network.add_reduce(network.get_input(0), trt.ReduceOperation.SUM, 1, 1)
    assert layer.keep_dims is True
    layer.keep_dims = 0
    assert layer.keep_dims is False
    with pytest.raises(TypeError, match="True or False"):
        layer.keep_dims = "no"
    with pytest.raises(TypeError, match="True or False"):
        network.add_reduce(network.get_input(0), trt.ReduceOperation.SUM, 1, keep_dims=[])


def test_a_closed_object_raises_always(builder: Any) -> None:
    network = relu_network(builder)
    network.close()
    with pytest.raises(trtx.ClosedError):
        network.add_input("y", trt.float32, (2, 3))


def test_with_frees_nothing(log: Log) -> None:
    with trt.Builder(log) as builder, builder.create_network() as network:
        pass
    assert network.add_input("x", trt.float32, (2, 3)).name == "x"


def test_layers_get_their_class_by_assignment(builder: Any) -> None:
    network = relu_network(builder)
    for layer in network:
        assert type(layer) is trt.ILayer
        assert layer.type is trt.LayerType.ACTIVATION
        layer.__class__ = trt.IActivationLayer
        assert layer.type is trt.ActivationType.RELU
    layer = network[0]
    with pytest.raises(TypeError, match="cannot become"):
        layer.__class__ = trt.IConvolutionLayer
    added = network.add_unary(network.get_input(0), trt.UnaryOperation.EXP)
    assert added.op is trt.UnaryOperation.EXP
    assert network.get_layer(1).type is trt.LayerType.UNARY
    assert type(added) is trt.IUnaryLayer


def test_shapes(builder: Any) -> None:
    network = builder.create_network()
    x = network.add_input("x", trt.float32, [2, -1])
    shape = x.shape
    assert shape == (2, -1) == tuple(shape)
    assert shape == (2, -1)
    assert shape != (2, 3)
    shape[1] = 3
    x.shape = shape
    assert x.shape == (2, 3)
    assert np.zeros(tuple(x.shape)).shape == (2, 3)
    with pytest.raises(TypeError):
        hash(shape)


def test_a_shape_of_unknown_rank_has_no_length() -> None:
    from trtx.compat._values import UnknownDims

    with pytest.raises(ValueError, match="not known"):
        len(UnknownDims())
    with pytest.raises(ValueError, match="not known"):
        tuple(UnknownDims())


def test_a_refused_shape_leaves_the_profile_invalid(builder: Any) -> None:
    profile, config = builder.create_optimization_profile(), builder.create_builder_config()
    profile.set_shape("x", (9, 3), (2, 3), (4, 3))
    assert not profile
    assert config.add_optimization_profile(profile) == -1
    profile.set_shape("x", (1, 3), (2, 3), (4, 3))
    assert profile
    assert profile.get_shape("x") == [(1, 3), (2, 3), (4, 3)]
    assert config.add_optimization_profile(profile) == 0


def test_errors_of_the_parser(builder: Any) -> None:
    onnx = pytest.importorskip("onnx")
    x, y = (onnx.helper.make_tensor_value_info(name, 1, [2, 3]) for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("NobodyKnows", ["x"], ["y"], name="n")], "g", [x], [y])
    parser = trt.OnnxParser(builder.create_network(), builder.logger)
    assert not parser.parse(onnx.helper.make_model(graph, ir_version=8).SerializeToString())
    assert parser.num_errors > 0
    error = parser.get_error(0)
    assert (error.node(), error.node_name(), error.node_operator()) == (0, "n", "NobodyKnows")
    assert "NobodyKnows" in str(error)
    assert isinstance(error, trtx.ParserErrorInfo)
    assert parser.get_error(parser.num_errors) is None
    parser.clear_errors()
    assert parser.num_errors == 0


def test_progress_and_stream_callbacks(builder: Any) -> None:
    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self.phases: list[str] = []

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            self.phases.append(phase_name)

        def step_complete(self, phase_name: str, step: int) -> bool:
            return True

        def phase_finish(self, phase_name: str) -> None:
            pass

    class Writer(trt.IStreamWriter):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IStreamWriter.__init__(self)
            self.data = b""

        def write(self, data: bytes) -> int:
            self.data += data
            return len(data)

    config = builder.create_builder_config()
    config.progress_monitor, writer = Monitor(), Writer()
    assert builder.build_serialized_network_to_stream(relu_network(builder), config, writer) is True
    assert len(writer.data) > 1000
    assert config.progress_monitor.phases


def test_an_exception_of_a_callback_comes_out(builder: Any) -> None:
    class Broken(trt.IProgressMonitor):  # type: ignore[misc]
        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            raise KeyError("mine")

    config = builder.create_builder_config()
    config.progress_monitor = Broken()
    with pytest.raises(KeyError, match="mine"):
        builder.build_serialized_network(relu_network(builder), config)


def test_loggers(capfd: pytest.CaptureFixture[str]) -> None:
    logger = trt.Logger(trt.Logger.INFO)
    logger.log(trt.Logger.WARNING, "a word of warning")
    logger.log(trt.Logger.VERBOSE, "not this one")
    said = capfd.readouterr().err
    assert "[TRT] [W] a word of warning" in said
    assert "not this one" not in said

    class Silent(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

    with pytest.raises(trtx.ClosedError, match="super"):
        trt.Builder(Silent())


def test_names_that_are_left_out_say_why() -> None:
    with pytest.raises(AttributeError, match="no plugins"):
        trt.IPluginV3  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        trt.nonsense  # noqa: B018
    assert set(dir(trt)) >= {"IBuilderConfig", "float32", "Dims", "__version__"}
    assert all(hasattr(trt, name) for name in dir(trt))
    assert trt.__version__ == ".".join(map(str, trtx.library_version()))
    assert trt.get_plugin_registry().all_creators == []


def test_importing_it_is_cheap() -> None:
    said = run_python("import sys, trtx.compat; print('numpy' in sys.modules, 'trtx._build.network' in sys.modules)")
    assert said.stdout == "False False\n"


SCRIPT = """
import sys
import tensorrt_rtx as trt
import tensorrt_rtx
builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
print(trt.__version__, builder.create_network().num_layers, sys.argv[1:], __name__)
print(builder.build_serialized_network(builder.create_network(), builder.create_builder_config()))
"""


def run_compat(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trtx.compat", *arguments]
    environment = {**os.environ, "PYTHONPATH": python_path()}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)


def test_a_script_runs_as_it_is(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    result = run_compat(str(script), "--option", "value")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{trt.__version__} 0 ['--option', 'value'] __main__\nNone\n"
    script.write_text("import tensorrt\nprint(tensorrt.__name__)", encoding="utf-8")
    assert run_compat("--tensorrt", str(script)).stdout == "trtx.compat\n"
    assert "loop" in run_compat("-m", "timeit", "-n1", "pass").stdout
