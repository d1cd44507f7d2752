"""Profilers, allocators, debug listeners and readers on the fake library: called, raising, replaced, let go."""

from __future__ import annotations

from tests.helpers.process import run_python

SETUP = """
import ctypes, gc, io, weakref
import numpy as np
import pytest
import trtx
from trtx import diagnostics

logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)

def build():
    builder = trtx.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trtx.DataType.FLOAT, (2, 3))
    relu = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
    relu.name = "inside"
    network.mark_debug(relu)
    doubled = network.add_elementwise(relu, relu, trtx.ElementWiseOperation.SUM).get_output(0)
    doubled.name = "y"
    network.mark_output(doubled)
    return bytes(builder.build_serialized_network(network, builder.create_config()))

plan = build()
values = np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)

def new_context(runtime=None):
    context = (runtime or trtx.Runtime(logger)).deserialize_cuda_engine(plan).create_execution_context()
    context.set_tensor_address("x", values.ctypes.data)
    return context

def with_output(context):
    context.out = np.zeros((2, 3), np.float32)
    context.set_tensor_address("y", context.out.ctypes.data)

class Boom(Exception):
    pass

class Memory:
    '''Host memory in the place of a GPU's.'''
    def __init__(self):
        self.held, self.log = {}, []
    def take(self, size, alignment):
        buffer = ctypes.create_string_buffer(size + alignment)
        address = ctypes.addressof(buffer)
        address += -address % alignment
        self.held[address] = buffer
        return address

class Allocator(trtx.GpuAllocator):
    def __init__(self):
        self.memory = Memory()
    def allocate_async(self, size, alignment, flags, stream):
        self.memory.log.append(("allocate", size, stream))
        return self.memory.take(size, alignment)
    def deallocate_async(self, memory, stream):
        self.memory.log.append(("deallocate", stream))
        del self.memory.held[memory]
        return True

class Outputs(trtx.OutputAllocator):
    def __init__(self):
        self.memory, self.shapes = Memory(), {}
    def reallocate_output_async(self, tensor_name, memory, size, alignment, stream):
        self.memory.log.append((tensor_name, memory, size, alignment, stream))
        self.address = self.memory.take(size, alignment)
        return self.address
    def notify_shape(self, tensor_name, shape):
        self.shapes[tensor_name] = shape

def boom(*arguments):
    raise Boom("of the callback")
"""


def on_fake(code: str, *, version: str | None = None) -> str:
    environment: dict[str, str | None] = {"TRTX_LIBRARY": "fake", "TRTX_FAKE_VERSION": version}
    return run_python(SETUP + code, environment=environment).stdout


def test_profilers() -> None:
    on_fake(
        """
class Context:  # attributes beside the object, which has none of its own
    pass
context = new_context()
out = np.zeros((2, 3), np.float32)
context.set_tensor_address("y", out.ctypes.data)
assert context.profiler is None
with pytest.raises(trtx.ExecutionError):
    context.report_to_profiler()
context.profiler = profile = trtx.ProfileCollector()
assert context.profiler is profile
for run in (1, 2):
    context.enqueue_v3(0)
    assert profile.runs == run
    assert len(profile.layers) == 2
assert profile.total == pytest.approx(0.004, rel=1e-6)
context.enqueue_emits_profile = False
context.enqueue_v3(0)
assert profile.runs == 2
context.report_to_profiler()
assert profile.runs == 3
context.enqueue_emits_profile = True

told = []
function = lambda name, ms: told.append((name, ms))
context.profiler = function
assert context.profiler is function
context.enqueue_v3(0)
assert [type(name) for name, ms in told] == [str, str] and all(ms > 0 for name, ms in told)
assert profile.runs == 3
context.profiler = boom
with pytest.raises(Boom):
    context.enqueue_v3(0)
with pytest.raises(trtx.InvalidArgumentError, match="profiler is 5"):
    context.profiler = 5
assert context.profiler is boom  # as it was
context.profiler = None
assert context.profiler is None
context.enqueue_v3(0)
np.testing.assert_array_equal(out, 2 * np.maximum(values, 0))
context.close()
with pytest.raises(trtx.ClosedError):
    context.profiler
with pytest.raises(trtx.ClosedError):
    context.profiler = profile
"""
    )


def test_output_allocators() -> None:
    on_fake(
        """
context = new_context()
with pytest.raises(trtx.ExecutionError, match="'y'"):
    context.enqueue_v3(0)
outputs = Outputs()
assert context.set_output_allocator("y", outputs) is True
assert context.get_output_allocator("y") is outputs
context.enqueue_v3(7)
assert outputs.memory.log == [("y", 0, 24, 256, 7)], outputs.memory.log
assert outputs.shapes == {"y": (2, 3)}
out = np.ctypeslib.as_array((ctypes.c_float * 6).from_address(outputs.address)).reshape(2, 3)
np.testing.assert_array_equal(out, 2 * np.maximum(values, 0))

def function(tensor_name, memory, size, alignment, stream):
    return outputs.memory.take(size, alignment)
context.set_output_allocator("y", function)
assert context.get_output_allocator("y") is function
context.enqueue_v3(0)
context.set_tensor_address("y", 0)  # none is needed
context.enqueue_v3(0)

for answer, error in ((0, trtx.ExecutionError), (None, trtx.ExecutionError), ("memory", TypeError), (True, TypeError),
                      (outputs.address + 1, ValueError), (-256, ValueError), (1.5, TypeError)):
    context.set_output_allocator("y", lambda *arguments: answer)
    with pytest.raises(error):
        context.enqueue_v3(0)
class Shapeless(Outputs):
    notify_shape = boom
for broken in (boom, Shapeless()):
    context.set_output_allocator("y", broken)
    with pytest.raises(Boom) as caught:
        context.enqueue_v3(0)
for name in ("x", "z", None):
    with pytest.raises(trtx.InvalidArgumentError, match="y"):
        context.set_output_allocator(name, outputs)
with pytest.raises(trtx.InvalidArgumentError, match="output_allocator is 3"):
    context.set_output_allocator("y", 3)
context.set_output_allocator("y", None)
assert context.get_output_allocator("y") is None
with pytest.raises(trtx.ExecutionError, match="no address for 'y'"):
    context.enqueue_v3(0)
with pytest.raises(trtx.InvalidArgumentError, match="engine is 3"):
    trtx.GrowingOutputAllocator(3)
growing = trtx.GrowingOutputAllocator(context.engine)
with pytest.raises(KeyError, match="'y'"):
    growing["y"]
assert growing.release() == {}
if not trtx.cuda.is_available():
    context.set_output_allocator("y", growing)
    with pytest.raises(trtx.CudaError):  # it has no GPU to take memory from
        context.enqueue_v3(0)
"""
    )


def test_gpu_allocators() -> None:
    on_fake(
        """
runtime = trtx.Runtime(logger)
assert runtime.gpu_allocator is None
runtime.gpu_allocator = allocator = Allocator()
assert runtime.gpu_allocator is allocator
engine = runtime.deserialize_cuda_engine(plan)
first, second = engine.create_execution_context(), engine.create_execution_context()
assert allocator.memory.log == [("allocate", 1024, 0)] * 2
runtime.gpu_allocator = other = Allocator()
third = runtime.deserialize_cuda_engine(plan).create_execution_context()
assert len(other.memory.log) == 1
fourth = engine.create_execution_context()  # an engine keeps the allocator of its making
assert len(allocator.memory.log) == 3
reference = weakref.ref(allocator)
memory = allocator.memory
del allocator
for context in (first, second, fourth):
    context.close()
assert len(memory.held) == 0 and memory.log[3:] == [("deallocate", 0)] * 3
runtime.gpu_allocator = None
assert reference() is not None
engine.close()
del engine, first, second, fourth, context
gc.collect()
assert reference() is None  # nobody may call it any more
third.close()
assert len(other.memory.held) == 0

class Raising(Allocator):
    allocate_async = boom
runtime.gpu_allocator = Raising()
engine = runtime.deserialize_cuda_engine(plan)
with pytest.raises(Boom) as caught:
    engine.create_execution_context()
assert isinstance(caught.value.__context__, trtx.EngineError)
class Empty(Allocator):
    def allocate_async(self, *arguments):
        return None
runtime.gpu_allocator = Empty()
with pytest.raises(trtx.EngineError, match="requested size was 1024"):
    runtime.deserialize_cuda_engine(plan).create_execution_context()

class Stubborn(Allocator):
    def deallocate_async(self, memory, stream):
        raise Boom("deallocating")
runtime.gpu_allocator = Stubborn()
context = runtime.deserialize_cuda_engine(plan).create_execution_context()
with pytest.raises(Boom, match="deallocating"):
    context.close()
assert context.is_closed
for wrong in (5, Allocator, lambda *a: 0):
    for thing in (runtime, trtx.Builder(logger)):
        with pytest.raises(trtx.InvalidArgumentError, match="gpu_allocator is"):
            thing.gpu_allocator = wrong

context = new_context()
out = np.zeros((2, 3), np.float32)
context.set_tensor_address("y", out.ctypes.data)
assert context.temporary_allocator is None
class Async(trtx.GpuAsyncAllocator):
    memory = Memory()
    allocate_async, deallocate_async = Allocator.allocate_async, Allocator.deallocate_async
for temporary in (Allocator(), Async()):
    context.temporary_allocator = temporary
    assert context.temporary_allocator is temporary
    context.enqueue_v3(5)
    assert temporary.memory.log == [("allocate", 256, 5), ("deallocate", 5)]
    assert temporary.memory.held == {}
context.temporary_allocator = Raising()
with pytest.raises(Boom):
    context.enqueue_v3(0)
context.temporary_allocator = None
context.enqueue_v3(0)
"""
    )


def test_a_cycle_through_an_allocator_is_collected_in_the_right_order() -> None:
    """The native context gives its memory back through an allocator that goes in the same collection."""
    on_fake(
        """
for order in range(2):
    log = []
    def make():
        runtime = trtx.Runtime(logger)
        allocator = Allocator()
        log.append(allocator.memory)
        if order:
            runtime.gpu_allocator = allocator
            context = new_context(runtime)
        else:
            allocator.gc_head = []
            runtime.gpu_allocator = allocator
            context = new_context(runtime)
        allocator.context, allocator.runtime = context, runtime
        context.profiler = lambda *arguments: allocator
        return weakref.ref(allocator)
    gc.collect()
    reference = make()
    assert reference() is not None
    gc.collect()
    assert reference() is None
    assert len(log[0].held) == 0 and log[0].log[-1] == ("deallocate", 0), log[0].log
assert diagnostics.live_objects().keys() <= {"Logger"}, diagnostics.live_objects()
"""
    )


def test_debug_tensors() -> None:
    on_fake(
        """
context = new_context()
out = np.zeros((2, 3), np.float32)
context.set_tensor_address("y", out.ctypes.data)
shown = []
class Listener(trtx.DebugListener):
    def process_debug_tensor(self, addr, location, type, shape, name, stream):
        array = np.ctypeslib.as_array((ctypes.c_float * 6).from_address(addr)).copy()
        shown.append((location, type, shape, name, stream, array.reshape(shape)))
assert context.get_debug_listener() is None
listener = Listener()
assert context.set_debug_listener(listener) is True
assert context.get_debug_listener() is listener
assert context.get_debug_state("inside") is False
context.enqueue_v3(0)
assert shown == []
assert context.set_tensor_debug_state("inside", True) is True
assert context.get_debug_state("inside") is True
context.enqueue_v3(9)
assert shown[0][:5] == (trtx.TensorLocation.HOST, trtx.DataType.FLOAT, (2, 3), "inside", 9), shown
np.testing.assert_array_equal(shown[0][5], np.maximum(values, 0))
context.set_all_tensors_debug_state(False)
assert context.get_debug_state("inside") is False
context.set_all_tensors_debug_state(True)
assert context.unfused_tensors_debug_state is False
context.unfused_tensors_debug_state = True
assert context.unfused_tensors_debug_state is True
for answer, error in ((False, trtx.ExecutionError), ("no", TypeError), (0, TypeError)):
    context.set_debug_listener(lambda *arguments: answer)
    with pytest.raises(error):
        context.enqueue_v3(0)
for answer in (None, True):
    context.set_debug_listener(lambda *arguments: answer)
    context.enqueue_v3(0)
context.set_debug_listener(boom)
with pytest.raises(Boom):
    context.enqueue_v3(0)
context.set_debug_listener(None)
assert context.get_debug_listener() is None
context.enqueue_v3(0)
for name in ("x", "z", 5, None):
    with pytest.raises(trtx.InvalidArgumentError, match="name is"):
        context.set_tensor_debug_state(name, True)
    with pytest.raises(trtx.InvalidArgumentError, match="name is"):
        context.get_debug_state(name)
for flag in (None, "yes", 2):
    with pytest.raises(trtx.InvalidArgumentError, match="flag is"):
        context.set_tensor_debug_state("inside", flag)
    with pytest.raises(trtx.InvalidArgumentError, match="flag is"):
        context.set_all_tensors_debug_state(flag)
with pytest.raises(trtx.InvalidArgumentError, match="listener is 3"):
    context.set_debug_listener(3)
"""
    )


def test_readers() -> None:
    on_fake(
        """
import socket, tempfile, threading
runtime = trtx.Runtime(logger)
def works(source):
    with runtime.deserialize_cuda_engine(source) as engine:
        assert tuple(engine) == ("x", "y")
works(io.BytesIO(plan))
behind = io.BytesIO(b"header" + plan)
behind.seek(6)
works(behind)
with tempfile.NamedTemporaryFile() as file:
    file.write(plan)
    file.flush()
    for buffering in (0, -1):
        with open(file.name, "rb", buffering=buffering) as reopened:
            works(reopened)
class Drops:
    '''Gives less than was asked for, and cannot go back.'''
    def __init__(self, data):
        self.data = io.BytesIO(data)
    def read(self, size):
        return self.data.read(min(size, 100))
works(Drops(plan))

class Mine(trtx.StreamReader):
    def __init__(self, data=plan):
        self.data, self.position, self.calls = data, 0, []
    def read(self, destination, num_bytes, stream):
        self.calls.append(num_bytes)
        piece = self.data[self.position : self.position + num_bytes]
        self.position += len(piece)
        return self.deliver(destination, piece, stream)
    def seek(self, offset, where):
        self.position = offset + (0, self.position, len(self.data))[where]
reader = Mine()
works(reader)
assert sum(reader.calls) >= len(plan)
reference = weakref.ref(reader)
del reader
gc.collect()
assert reference() is None  # not needed after the call

class Raising(Mine):
    read = boom
with pytest.raises(Boom) as caught:
    runtime.deserialize_cuda_engine(Raising())
assert isinstance(caught.value.__context__, trtx.EngineError), caught.value.__context__
class Closed(io.BytesIO):
    def read(self, size=-1):
        raise OSError("the disk is gone")
with pytest.raises(OSError, match="disk"):
    runtime.deserialize_cuda_engine(Closed(plan))
for answer, error in (("text", TypeError), (None, TypeError), (10**9, ValueError), (-1, ValueError), (True, TypeError)):
    class Wrong(Mine):
        def read(self, *arguments):
            return answer
    with pytest.raises(error, match="Wrong.read"):
        runtime.deserialize_cuda_engine(Wrong())
with pytest.raises(TypeError, match="rb"):
    runtime.deserialize_cuda_engine(io.StringIO("text"))
with pytest.raises(trtx.EngineError):
    runtime.deserialize_cuda_engine(io.BytesIO(plan[:100]))
with pytest.raises(trtx.EngineError):
    runtime.deserialize_cuda_engine(io.BytesIO())
with pytest.raises(trtx.InvalidArgumentError, match="did you mean 'seek'"):
    class Typo(trtx.StreamReader):
        def read(self, *arguments): ...
        def seeek(self, *arguments): ...
    runtime.deserialize_cuda_engine(Typo())
with pytest.raises(trtx.InvalidArgumentError):
    runtime.deserialize_cuda_engine(3)
"""
    )


def test_weights_from_a_reader() -> None:
    on_fake(
        """
runtime = trtx.Runtime(logger)
runtime.defer_weights_loading = True
engine = runtime.deserialize_cuda_engine(plan)
for wrong in (None, 5, b"bytes"):
    with pytest.raises(trtx.InvalidArgumentError, match="stream_reader is"):
        engine.load_weights_async(wrong, 0)
with pytest.raises(trtx.UnsupportedError, match="load_weights"):
    engine.load_weights_async(io.BytesIO(plan), 0)
class Reader(trtx.StreamReader):
    def __init__(self):
        self.file = io.BytesIO(plan)
    def read(self, destination, num_bytes, stream):
        return self.deliver(destination, self.file.read(num_bytes), stream)
    def seek(self, offset, where):
        self.file.seek(offset, where)
with pytest.raises(trtx.InvalidArgumentError, match="stream is None"):
    engine.load_weights_async(Reader(), None)
class Raising(trtx.StreamReader):
    read = seek = boom
with pytest.raises(Boom):
    engine.load_weights_async(Raising(), 0)
reader = Reader()
reference = weakref.ref(reader)
assert engine.load_weights_async(reader, 0) is True
del reader
gc.collect()
assert reference() is not None  # loading may go on
engine.close()
del engine
gc.collect()
assert reference() is None
"""
    )


def test_what_an_old_library_lacks() -> None:
    on_fake(
        """
assert trtx.library_version()[:2] == (1, 5)
engine = trtx.Runtime(logger).deserialize_cuda_engine(io.BytesIO(plan))
class Reader(trtx.StreamReader):
    def read(self, *arguments): ...
    def seek(self, *arguments): ...
with pytest.raises(trtx.UnsupportedError, match=r"1\\.6.*1\\.5|1\\.5.*1\\.6"):
    engine.load_weights_async(Reader(), 0)
""",
        version="1.5.0.114",
    )


def test_communicators_and_device_memory() -> None:
    on_fake(
        """
context = new_context()
class Communicator:
    ptr = 4096
communicator = Communicator()
reference = weakref.ref(communicator)
assert context.set_communicator(communicator) is True
del communicator
gc.collect()
assert reference() is not None
ctypes.pythonapi.PyCapsule_New.restype = ctypes.py_object
ctypes.pythonapi.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
context.set_communicator(ctypes.pythonapi.PyCapsule_New(8192, b"ncclComm_t", None))
gc.collect()
assert reference() is None
context.set_communicator(12288)
for wrong in (None, 0, -1, "comm", 1.5, True, Communicator):
    if wrong is Communicator:
        continue
    with pytest.raises(trtx.InvalidArgumentError, match="communicator is"):
        context.set_communicator(wrong)

engine = trtx.Runtime(logger).deserialize_cuda_engine(plan)
context = engine.create_execution_context(trtx.ExecutionContextAllocationStrategy.USER_MANAGED)
assert context.device_memory is None
with pytest.raises(trtx.InvalidArgumentError, match="device_memory is at 0x101"):
    context.device_memory = 0x101
with pytest.raises(trtx.InvalidArgumentError):
    context.device_memory = np.zeros(4)
context.device_memory = 0x1000
assert context.device_memory == 0x1000
out = np.zeros((2, 3), np.float32)
context.set_tensor_address("x", values.ctypes.data)
context.set_tensor_address("y", out.ctypes.data)
context.enqueue_v3(0)
"""
    )


def test_callbacks_that_replace_or_close_what_calls_them() -> None:
    on_fake(
        """
context = new_context()
out = np.zeros((2, 3), np.float32)
context.set_tensor_address("y", out.ctypes.data)
def replace(name, ms):
    context.profiler = None
context.profiler = replace
with pytest.raises(trtx.BusyError, match="profiler.*enqueue_v3"):
    context.enqueue_v3(0)
assert context.profiler is replace
def close(name, ms):
    context.close()
context.profiler = close
with pytest.raises(trtx.BusyError, match="close"):
    context.enqueue_v3(0)
context.profiler = None
context.enqueue_v3(0)
"""
    )
