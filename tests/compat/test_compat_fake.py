"""`trtx.compat` at run time, on the fake library: inference and callbacks as in scripts for NVIDIA's package."""

from __future__ import annotations

from tests.helpers.fake import fake_library
from tests.helpers.process import run_python

START = """
import numpy as np
import trtx
import trtx.compat as trt
logger = trt.Logger(trt.Logger.ERROR)
builder = trt.Builder(logger)
network = builder.create_network()
relu = network.add_activation(network.add_input("x", trt.float32, (2, 3)), trt.ActivationType.RELU)
relu.get_output(0).name = "y"
network.mark_output(relu.get_output(0))
runtime = trt.Runtime(logger)
engine = runtime.deserialize_cuda_engine(builder.build_serialized_network(network, builder.create_builder_config()))
context = engine.create_execution_context()
x, y = np.array([[-1, 2, -3], [4, -5, 6]], np.float32), np.zeros((2, 3), np.float32)
"""


def run(code: str) -> str:
    """The last line that a program says on the fake library."""
    return run_python(START + code, environment={"TRTX_LIBRARY": str(fake_library())}).stdout.splitlines()[-1]


def test_inference() -> None:
    code = """
names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
assert names == ["x", "y"] == [engine[i] for i in range(2)]
assert engine.get_tensor_mode("x") is trt.TensorIOMode.INPUT
assert engine.get_tensor_shape("x") == (2, 3)
assert trt.volume(engine.get_tensor_shape("x")) == 6
assert context.engine is engine and isinstance(engine, trtx.CudaEngine) and type(context) is trt.IExecutionContext
assert context.set_tensor_address("x", x.ctypes.data) is True
assert context.set_tensor_address("y", y.ctypes.data) is True
assert context.execute_async_v3(0) is True
assert context.infer_shapes() == []
print(y.tolist())
"""
    assert run(code) == "[[0.0, 2.0, 0.0], [4.0, 0.0, 6.0]]"


def test_failures_of_the_runtime() -> None:
    code = """
assert context.set_tensor_address("nothing", x.ctypes.data) is False
assert context.set_input_shape("x", (5, 5)) is False
assert context.execute_async_v3(0) is False  # no address has been set
assert runtime.deserialize_cuda_engine(b"rubbish" * 50) is None
try:
    context.set_tensor_address(3, x.ctypes.data)
except TypeError:
    pass
else:
    raise AssertionError("a wrong type")
trt.raise_errors = True
try:
    context.set_tensor_address("nothing", x.ctypes.data)
except trtx.Error as error:
    assert "nothing" in str(error)
print("done")
"""
    assert run(code) == "done"


def test_callbacks_of_a_run() -> None:
    code = """
space = np.zeros(1024, np.uint8)  # addresses are multiples of 256
start = -space.ctypes.data % 256
y = space[start : start + 24].view(np.float32).reshape(2, 3)

class Allocator(trt.IOutputAllocator):
    def __init__(self):
        trt.IOutputAllocator.__init__(self)
        self.shape = None
    def reallocate_output_async(self, tensor_name, memory, size, alignment, stream):
        assert tensor_name == "y" and size == 24
        return y.ctypes.data
    def notify_shape(self, tensor_name, shape):
        self.shape = tuple(shape)

class Profiler(trt.IProfiler):
    def __init__(self):
        trt.IProfiler.__init__(self)
        self.layers = []
    def report_layer_time(self, layer_name, ms):
        self.layers.append(layer_name)

allocator, profiler = Allocator(), Profiler()
context.profiler = profiler
assert context.profiler is profiler
context.set_tensor_address("x", x.ctypes.data)
assert context.set_output_allocator("y", allocator) is True
assert context.get_output_allocator("y") is allocator
assert context.execute_async_v3(0)
assert allocator.shape == (2, 3)
print(y.tolist())
"""
    assert run(code) == "[[0.0, 2.0, 0.0], [4.0, 0.0, 6.0]]"


def test_the_end_in_any_order() -> None:
    code = """
import gc
del builder, network, relu, runtime, engine
gc.collect()
context.set_tensor_address("x", x.ctypes.data)
context.set_tensor_address("y", y.ctypes.data)
assert context.execute_async_v3(0)
del context, logger
gc.collect()
import trtx.diagnostics
assert not trtx.diagnostics.live_objects(), trtx.diagnostics.live_objects()
print("done")
"""
    assert run(code) == "done"
