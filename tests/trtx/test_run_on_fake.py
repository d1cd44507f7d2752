"""The run-time side through `trtx` on the fake library, which computes on host memory: no GPU is needed.

Each test is a program of its own, as a process can use one library.
"""

from __future__ import annotations

import pytest

from tests.helpers.process import run_python

SETUP = """
import numpy as np
import trtx

def build(shape=(2, 3), profile=None):
    builder = trtx.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trtx.DataType.FLOAT, shape)
    relu = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
    doubled = network.add_elementwise(relu, relu, trtx.ElementWiseOperation.SUM).get_output(0)
    doubled.name = "y"
    network.mark_output(doubled)
    config = builder.create_config()
    if profile:
        made = builder.create_optimization_profile()
        made.set_shape("x", *profile)
        config.add_optimization_profile(made)
    return builder.build_serialized_network(network, config)

def raises(kind, words, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        missing = [word for word in words if word not in str(error)]
        assert not missing, f"{missing} not in {error}"
        return
    raise AssertionError(f"{function} did not raise {kind.__name__}")

logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
runtime = trtx.Runtime(logger)
"""


def on_fake(code: str, **environment: str) -> str:
    return run_python(SETUP + code, environment={"TRTX_LIBRARY": "fake", **environment}).stdout


def test_main_path_with_numpy_as_the_judge() -> None:
    on_fake(
        """
engine = runtime.deserialize_cuda_engine(build())
assert engine.input_names == ("x",) and engine.output_names == ("y",), engine.io_tensors
assert engine.get_tensor_shape("y") == (2, 3)
assert engine.get_tensor_mode("x") is trtx.TensorIOMode.INPUT
context = engine.create_execution_context()
x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
y = np.full((2, 3), np.nan, np.float32)
context.set_tensor_address("x", x.ctypes.data)
context.set_tensor_address("y", y.ctypes.data)
context.enqueue_v3(0)
np.testing.assert_array_equal(y, 2 * np.maximum(x, 0))
x += 1
context.execute_async_v3(0)
np.testing.assert_array_equal(y, 2 * np.maximum(x, 0))
"""
    )


def test_coefficients_of_each_element_serve_the_whole_batch() -> None:
    on_fake(
        """
builder = trtx.Builder(logger)
network = builder.create_network()
x = network.add_input("x", trtx.DataType.FLOAT, (2, 3, 1, 2))
factors = np.arange(6, dtype=np.float32)
layer = network.add_scale(x, trtx.ScaleMode.ELEMENTWISE, scale=factors)
layer.get_output(0).name = "y"
network.mark_output(layer.get_output(0))
engine = runtime.deserialize_cuda_engine(builder.build_serialized_network(network, builder.create_config()))
context = engine.create_execution_context()
x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 3, 1, 2)
y = np.empty_like(x)
context.set_tensor_address("x", x.ctypes.data)
context.set_tensor_address("y", y.ctypes.data)
context.enqueue_v3(0)
np.testing.assert_array_equal(y, x * factors.reshape(3, 1, 2))
"""
    )


def test_dynamic_shapes() -> None:
    on_fake(
        """
engine = runtime.deserialize_cuda_engine(build((-1, 3), profile=((1, 3), (2, 3), (4, 3))))
assert engine.get_tensor_shape("x") == (-1, 3)
assert engine.get_tensor_profile_shape("x", 0) == ((1, 3), (2, 3), (4, 3))
context = engine.create_execution_context()
raises(trtx.Error, ["x"], context.infer_shapes)
raises(trtx.Error, ["x"], context.enqueue_v3, 0)
raises(trtx.InvalidArgumentError, ["x", "(9, 3)", "4"], context.set_input_shape, "x", (9, 3))
raises(trtx.InvalidArgumentError, ["x"], context.set_input_shape, "x", (2,))
for rows in (1, 4):
    context.set_input_shape("x", (rows, 3))
    context.infer_shapes()
    assert context.get_tensor_shape("y") == (rows, 3)
    x, y = np.full((rows, 3), rows, np.float32), np.zeros((rows, 3), np.float32)
    context.set_tensor_address("x", x.ctypes.data)
    context.set_tensor_address("y", y.ctypes.data)
    context.enqueue_v3(0)
    np.testing.assert_array_equal(y, 2 * x)
"""
    )


def test_shapes_that_the_library_knows_need_not_be_set() -> None:
    on_fake(
        """
builder = trtx.Builder(logger)
network = builder.create_network()
x = network.add_input("x", trtx.DataType.FLOAT, (-1, 3))
relu = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
relu.name = "y"
network.mark_output(relu)
config = builder.create_config()
for rows in ((2, 2, 2), (1, 2, 4), (4, 8, 16)):
    profile = builder.create_optimization_profile()
    profile.set_shape("x", *((count, 3) for count in rows))
    config.add_optimization_profile(profile)
engine = runtime.deserialize_cuda_engine(builder.build_serialized_network(network, config))
context = engine.create_execution_context()
x, y = np.arange(12, dtype=np.float32).reshape(4, 3), np.zeros((4, 3), np.float32)
context.set_tensor_address("x", x.ctypes.data)
context.set_tensor_address("y", y.ctypes.data)
context.enqueue_v3(0)  # the profile allows but one
np.testing.assert_array_equal(y, [*x[:2], *np.zeros((2, 3))])
raises(trtx.Error, ["'x'", "set_input_shape"], context.infer_shapes)  # as TensorRT-RTX has it
context.set_optimization_profile_async(1, 0)
raises(trtx.ExecutionError, ["no shape for 'x'"], context.enqueue_v3, 0)
context.set_input_shape("x", (4, 3))
context.set_optimization_profile_async(2, 0)
context.enqueue_v3(0)  # kept, and allowed
np.testing.assert_array_equal(y, x)
context.set_optimization_profile_async(0, 0)
raises(trtx.ExecutionError, ["no shape for 'x'"], context.enqueue_v3, 0)  # kept, but not allowed
"""
    )


def test_wrong_names_addresses_and_streams() -> None:
    on_fake(
        """
engine = runtime.deserialize_cuda_engine(build())
context = engine.create_execution_context()
for attempt in (engine.get_tensor_shape, engine.get_tensor_dtype, context.get_tensor_shape):
    raises(trtx.InvalidArgumentError, ["'z'", "x", "y"], attempt, "z")
raises(trtx.InvalidArgumentError, ["'z'", "x", "y"], context.set_tensor_address, "z", 16)
raises(trtx.InvalidArgumentError, ["address"], context.set_tensor_address, "x", -1)
raises(trtx.InvalidArgumentError, ["address"], context.set_tensor_address, "x", 2**70)
raises(trtx.Error, ["x", "y"], context.enqueue_v3, 0)
x = np.zeros((2, 3), np.float32)
context.set_tensor_address("x", x.ctypes.data)
raises(trtx.Error, ["y"], context.enqueue_v3, 0)
raises(trtx.InvalidArgumentError, ["x"], context.set_tensor_address, "x", np.zeros(6, np.float32))
context.set_tensor_address("y", x.ctypes.data)
class Stream:
    def __init__(self, *answer):
        self.__cuda_stream__ = lambda: answer
for stream in (None, "0", -1, 2**70, Stream(0, -1), Stream(0, 2**70), Stream(0, None), Stream(1, 0), Stream(None, 0)):
    raises(trtx.InvalidArgumentError, ["stream"], context.enqueue_v3, stream)
class Odd:
    def __init__(self, answer):
        self.__cuda_stream__ = answer  # no method
for answer in (None, 5, (), (0,), (0, 0, 0), (0, "0"), ("0", 0), (np.zeros(2), 0), lambda: None, lambda: (0, 0, 0)):
    raises(trtx.InvalidArgumentError, ["stream"], context.enqueue_v3, Odd(answer))
context.enqueue_v3(Odd((0, 0)))
calls = []
class Broken:
    def __init__(self, error):
        self.error = error
    def __cuda_stream__(self):
        calls.append(self)
        raise self.error
for error in (LookupError("no stream left"), ValueError("no stream left")):
    raises(type(error), ["no stream left"], context.enqueue_v3, Broken(error))
assert len(calls) == 2
context.enqueue_v3(Stream(0, 0))
raises(trtx.InvalidArgumentError, ["index"], engine.get_tensor_name, 7)
"""
    )


def test_engine_files(tmp_path: object) -> None:
    on_fake(
        f"""
from pathlib import Path
folder = Path({str(tmp_path)!r})
plan = build()
path = plan.save(folder / "a.engine")
for source in (folder / "a.engine", path, bytes(plan), bytearray(bytes(plan)), memoryview(bytes(plan)), plan):
    assert runtime.deserialize_cuda_engine(source).num_io_tensors == 2
raises(trtx.Error, ["missing.engine"], runtime.deserialize_cuda_engine, folder / "missing.engine")
(folder / "empty.engine").touch()
raises(trtx.Error, ["empty.engine"], runtime.deserialize_cuda_engine, folder / "empty.engine")
raises(trtx.Error, [str(folder)], runtime.deserialize_cuda_engine, folder)
whole = bytes(plan)
raises(trtx.EngineError, ["engine"], runtime.deserialize_cuda_engine, whole[: len(whole) // 2])
raises(trtx.EngineError, ["engine"], runtime.deserialize_cuda_engine, bytes(range(256)) * 8)
raises(trtx.InvalidArgumentError, ["engine"], runtime.deserialize_cuda_engine, 3)
"""
    )


def test_use_after_close_and_parents_first() -> None:
    on_fake(
        """
engine = runtime.deserialize_cuda_engine(build())
context = engine.create_execution_context()
inspector = engine.create_engine_inspector()
assert "Layers" in inspector.engine_information()
config = engine.create_runtime_config()
other = engine.create_execution_context(config)
runtime.close()
assert all(thing.is_closed for thing in (engine, context, inspector, config, other))
for attempt in (
    lambda: engine.num_layers, lambda: engine.get_tensor_shape("x"), engine.create_execution_context,
    lambda: context.set_tensor_address("x", 16), lambda: context.enqueue_v3(0), lambda: context.name,
    inspector.engine_information, lambda: config.cuda_graph_strategy, lambda: runtime.max_threads,
):
    raises(trtx.ClosedError, ["closed"], attempt)
"""
    )


def test_seed_of_the_api_runs_as_written() -> None:
    on_fake(
        """
import os, tempfile
os.chdir(tempfile.mkdtemp())
class Stream:
    __cuda_stream__ = lambda self: (0, 0)
    def sync(self): pass
stream = Stream()
input_buffer = np.ones((1, 3, 224, 224), np.float32).ctypes.data
keep = np.ones((1, 3, 224, 224), np.float32), np.zeros((1, 3, 224, 224), np.float32)
input_buffer, output_buffer = (array.ctypes.data for array in keep)

logger = trtx.Logger(trtx.Severity.INFO)
builder = trtx.Builder(logger)
network = builder.create_network()
x = network.add_input("input", trtx.DataType.FLOAT, (1, 3, 224, 224))
y = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
y.name = "output"
network.mark_output(y)
config = builder.create_config()
config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, 1 << 30)
engine_data = builder.build_serialized_network(network, config)
engine_data.save("model.engine")

runtime = trtx.Runtime(logger)
engine = runtime.deserialize_cuda_engine(engine_data)
context = engine.create_execution_context()
context.set_tensor_address("input", input_buffer)
context.set_tensor_address("output", output_buffer)
context.enqueue_v3(stream)
stream.sync()
assert (keep[1] == 1).all()
"""
    )


@pytest.mark.parametrize("version", ["1.5", "1.6"])
def test_features_of_newer_versions_name_the_version_they_need(version: str) -> None:
    newer = {"1.5": "1.6", "1.6": "1.7"}[version]
    attempt = {
        "1.5": "lambda: builder.create_config().build_route",
        "1.6": "lambda: network.add_squeeze(network.add_input('x', trtx.DataType.FLOAT, (1, 2)))",
    }[version]
    on_fake(
        f"""
builder = trtx.Builder(logger)
network = builder.create_network()
raises(trtx.UnsupportedError, ["{newer}"], {attempt})
""",
        TRTX_FAKE_VERSION=version,
    )


def test_too_old_fake_is_refused() -> None:
    result = run_python(
        "import trtx\ntry:\n    trtx.library_version()\nexcept trtx.LibraryError as error:\n    print(error)",
        environment={"TRTX_LIBRARY": "fake", "TRTX_FAKE_VERSION": "1.4"},
    )
    assert "1.4" in result.stdout
    assert "1.5" in result.stdout


def test_newer_fake_loads() -> None:
    code = "import trtx; trtx.Builder(trtx.Logger()); print(trtx.library_version()[:2])"
    assert run_python(code, environment={"TRTX_LIBRARY": "fake", "TRTX_FAKE_VERSION": "1.9"}).stdout == "(1, 9)\n"
