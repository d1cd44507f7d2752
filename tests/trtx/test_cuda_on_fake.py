"""`trtx.cuda` over memory of the host, where the fake library plays TensorRT-RTX: programs run as on a GPU."""

from __future__ import annotations

import pytest

from tests.helpers.process import run_python

SETUP = """
import os
import numpy as np
import trtx
import trtx.cuda

def raises(kind, words, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except kind as error:
        assert all(word in str(error) for word in words), error
    else:
        raise AssertionError(f"nothing was raised: {words}")
"""


def on_fake(code: str, **environment: str | None) -> None:
    run_python(SETUP + code, environment={"TRTX_LIBRARY": "fake", "TRTX_FAKE_PARSER": None, **environment})


def test_the_steps_of_the_readme() -> None:
    on_fake("""
device = trtx.cuda.Device()
device.set_current()
stream = device.create_stream()
assert trtx.cuda.is_available() and trtx.cuda.why_unavailable() is None
builder = trtx.Builder(trtx.Logger())
network = builder.create_network()
y = network.add_activation(network.add_input("x", trtx.float32, (2, 3)), trtx.ActivationType.RELU).get_output(0)
y.name = "y"
network.mark_output(y)
plan = builder.build_serialized_network(network, builder.create_config())
context = trtx.Runtime(trtx.Logger()).deserialize_cuda_engine(plan).create_execution_context()
x = np.arange(-3, 3, dtype=np.float32).reshape(2, 3)
source = trtx.cuda.from_numpy(x, stream=stream)
target = trtx.cuda.empty((2, 3), trtx.float32, stream=stream)
context.set_tensor_address("x", source)
context.set_tensor_address("y", target)
context.enqueue_v3(stream)
np.testing.assert_array_equal(trtx.cuda.to_numpy(target, (2, 3), stream=stream), np.maximum(x, 0))
# What is a mistake on a GPU is one here.
raises(trtx.InvalidArgumentError, ["lies on the host"], context.set_tensor_address, "x", x)
raises(trtx.InvalidArgumentError, ["None"], context.enqueue_v3, None)
raises(trtx.InvalidArgumentError, ["cuda.core Stream"], trtx.cuda.empty, (2,), stream=0)
raises(trtx.InvalidArgumentError, ["24 bytes", "48"], trtx.cuda.to_numpy, target, (3, 4), stream=stream)
""")


def test_arrays_of_all_types() -> None:
    on_fake("""
stream = trtx.cuda.Device(0).create_stream()
for dtype in (np.float32, np.float16, np.int8, np.uint8, np.int32, np.int64, np.bool_):
    for shape in ((), (0, 3), (5,), (2, 3, 4)):
        array = (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2).astype(dtype)
        buffer = trtx.cuda.from_numpy(array, stream=stream)
        assert buffer.size == max(array.nbytes, 1) and buffer.handle % 256 == 0
        got = trtx.cuda.to_numpy(buffer, shape, dtype, stream=stream)
        assert got.dtype == dtype and np.array_equal(got, array)
array = np.ones(4, np.float32)
buffer = trtx.cuda.from_numpy(array, stream=stream)
array[:] = 2  # it was copied
assert (trtx.cuda.to_numpy(buffer, (4,), stream=stream) == 1).all()
assert trtx.cuda.device_address(buffer) == (buffer.handle, 16)
raises(trtx.CudaError, ["allocating"], trtx.cuda.empty, (2**62,), stream=stream)
""")


def test_streams_events_and_buffers() -> None:
    on_fake("""
cuda = trtx.cuda
assert {getattr(cuda, name).__module__ for name in cuda.CORE_NAMES if name[0] != "_" and isinstance(
    getattr(cuda, name), type)} == {"trtx._core.host_device"}
device = cuda.Device()
streams = [device.create_stream(), device.create_stream(options=cuda.StreamOptions(nonblocking=False)),
           cuda.LEGACY_DEFAULT_STREAM, cuda.PER_THREAD_DEFAULT_STREAM, device.default_stream]
assert len({cuda.stream_handle(stream) for stream in streams}) == 4
start = streams[0].record(options=cuda.EventOptions(timing_enabled=True))
end = device.create_event(cuda.EventOptions(timing_enabled=True))
streams[1].wait(start)
streams[1].record(end)
end.sync()
assert end.is_done and end - start >= 0
raises(RuntimeError, ["timing_enabled"], lambda: device.create_event() - start)
a, b = device.allocate(8, stream=streams[0]), cuda.DeviceMemoryResource(0).allocate(8, stream=streams[0])
a.fill(7, stream=streams[0])
b.copy_from(a, stream=streams[0])
assert (cuda.to_numpy(b, (8,), np.uint8, stream=streams[0]) == 7).all()
assert (cuda.to_numpy(b.copy_to(stream=streams[0]), (8,), np.uint8, stream=streams[0]) == 7).all()
raises(ValueError, ["8 and 4"], device.allocate(4, stream=streams[0]).copy_from, a, stream=streams[0])
a.close()
assert a.is_closed
raises(trtx.CudaError, ["closed"], b.copy_from, a, stream=streams[0])
raises(trtx.CudaError, ["captured", "Session"], streams[0].create_graph_builder)
streams[0].sync(); device.sync(); streams[0].close()
""")


def test_it_is_the_loaded_library_that_counts() -> None:
    """A library that was loaded by its path is known by what is in it, and the variable is not needed."""
    on_fake(
        """
import trtx_sys, shutil, tempfile
assert trtx.cuda.is_available() == (trtx.cuda.driver_problem() is None)
with tempfile.TemporaryDirectory() as folder:
    other = shutil.copy(os.path.join(os.path.dirname(trtx_sys.__file__), trtx_sys._find.FAKE), f"{folder}/libother.so")
    trtx.load_library(other)
    assert trtx.cuda.is_available()
    assert trtx.cuda.Device.__module__ == "trtx._core.host_device"
""",
        TRTX_LIBRARY=None,
    )


@pytest.mark.usefixtures("native_library")
def test_real_models_come_through_nvidia_s_parser() -> None:
    """Squeezenet of the package onnx, to the output that ships with it; and a flattened open batch."""
    pytest.importorskip("onnx")
    on_fake("""
import pathlib
import onnx
from onnx import TensorProto, helper, numpy_helper
folder = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"
with trtx.Session(folder / "light_squeezenet.onnx") as session:
    [given] = session.inputs
    count = np.prod(given.shape)
    x = (np.arange(count).reshape(given.shape) / count).astype(np.float32)
    [y] = session.run({given.name: x}).values()
tensor = onnx.TensorProto()
tensor.ParseFromString((folder / "light_squeezenet_output_0.pb").read_bytes())
np.testing.assert_allclose(y, numpy_helper.to_array(tensor).reshape(y.shape), rtol=1e-4)

random = np.random.default_rng(0)
arrays = {"k": random.normal(size=(4, 3, 3, 3)), "scale": random.random(4) + 0.5, "shift": random.normal(size=4),
          "mean": random.normal(size=4), "var": random.random(4) + 0.5, "w": random.normal(size=(64, 5)),
          "b": random.normal(size=5)}
nodes = [
    helper.make_node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]),
    helper.make_node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"]),
    helper.make_node("Clip", ["n", "", "six"], ["r"]),
    helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
    helper.make_node("Flatten", ["p"], ["f"]),
    helper.make_node("Gemm", ["f", "w", "b"], ["g"]),
    helper.make_node("Softmax", ["g"], ["y"], axis=1),
]
weights = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()]
weights.append(numpy_helper.from_array(np.float32(6), "six"))
value = helper.make_tensor_value_info
graph = helper.make_graph(nodes, "small", [value("x", TensorProto.FLOAT, ["n", 3, 8, 8])],
                          [value("y", TensorProto.FLOAT, ["n", 5])], weights)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
from onnx.reference import ReferenceEvaluator
judge = ReferenceEvaluator(model)
options = trtx.BuildOptions(shapes={"x": ((1, 3, 8, 8), (2, 3, 8, 8), (9, 3, 8, 8))})
with trtx.Session(model.SerializeToString(), build=options) as session:
    for rows in (1, 7):
        x = random.normal(size=(rows, 3, 8, 8)).astype(np.float32)
        np.testing.assert_allclose(session.run({"x": x})["y"], judge.run(None, {"x": x})[0], rtol=1e-4, atol=1e-6)
    with trtx.Batcher(session) as batcher:
        np.testing.assert_allclose(batcher.run({"x": x[:2]})["y"], judge.run(None, {"x": x[:2]})[0], atol=1e-6)
""")


@pytest.mark.usefixtures("native_library")
def test_what_it_does_not_compute_is_named() -> None:
    """When the engine is built, as a warning, and when it is run, as an error."""
    pytest.importorskip("onnx")
    on_fake("""
from onnx import TensorProto, helper
value = helper.make_tensor_value_info
node = helper.make_node("CumSum", ["x", "axis"], ["y"], name="running_total")
axis = helper.make_tensor("axis", TensorProto.INT64, [], [1])
graph = helper.make_graph([node], "g", [value("x", TensorProto.FLOAT, [2, 3])], [value("y", TensorProto.FLOAT, [2, 3])],
                          [axis])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
lines = []
logger = trtx.Logger(trtx.Severity.WARNING, sink=lambda severity, line: lines.append(line))
with trtx.Session(model.SerializeToString(), logger=logger) as session:
    assert any("running_total" in line and "CUMULATIVE" in line and "cannot run" in line for line in lines), lines
    x = np.ones((2, 3), np.float32)
    raises(trtx.ExecutionError, ["running_total", "CUMULATIVE", "README"], session.run, {"x": x})
""")


def test_its_own_parser_says_what_reads_models() -> None:
    on_fake(
        """
builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, line: None))
from tests.trtx.test_onnx_parser import GOOD
parser = trtx.OnnxParser(builder.create_network())
raises(trtx.ParserError, ["one model only", "tensorrt-rtx-cu13-libs"], parser.parse, GOOD)
""",
        TRTX_FAKE_PARSER="own",
    )
