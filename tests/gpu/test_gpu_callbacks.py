"""Callbacks of runs on a GPU: profilers, allocators, debug tensors, readers."""

from __future__ import annotations

import ctypes
import gc
import io
import math
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import build, relu, run
from trtx import cuda

SHAPE = (4, 8)


class Boom(Exception):
    """What the callbacks raise."""


def boom(*_: object) -> Any:
    raise Boom("of the callback")


@pytest.fixture
def values() -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)


def chain(size: int, count: int) -> Any:
    """``count`` matrix products, each of which is a layer of its own."""

    def define(network: trtx.NetworkDefinition) -> None:
        tensor = network.add_input("x", trtx.DataType.FLOAT, (size, size))
        random = np.random.default_rng(1)
        none = trtx.MatrixOperation.NONE
        for _ in range(count):
            weights = (random.standard_normal((size, size)) / size**0.5).astype(np.float32)
            constant = network.add_constant((size, size), weights).get_output(0)
            tensor = network.add_matrix_multiply(tensor, none, constant, none).get_output(0)
            tensor = network.add_activation(tensor, trtx.ActivationType.TANH).get_output(0)
        tensor.name = "y"
        network.mark_output(tensor)

    return define


class DeviceAllocator(trtx.GpuAsyncAllocator):
    """Takes memory from the pool of the device, and counts."""

    def __init__(self) -> None:
        self.held: dict[int, Any] = {}
        self.allocated = self.freed = 0

    def allocate_async(self, size: int, alignment: int, flags: int, stream: int) -> int:
        buffer = cuda.allocate_on_current(size, cuda.stream_of(stream))
        self.held[int(buffer.handle)] = buffer
        self.allocated += 1
        return int(buffer.handle)

    def deallocate_async(self, memory: int, stream: int) -> bool:
        if memory:
            self.held.pop(memory).close(cuda.stream_of(stream))
            self.freed += 1
        return True


class PlainAllocator(trtx.GpuAllocator):
    """The same without streams."""

    def __init__(self) -> None:
        self.inner = DeviceAllocator()

    def allocate(self, size: int, alignment: int, flags: int) -> int:
        return self.inner.allocate_async(size, alignment, flags, 0)

    def deallocate(self, memory: int) -> bool:
        return self.inner.deallocate_async(memory, 0)


# Profilers


def test_layer_times_add_up_to_the_run(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any) -> None:
    context = runtime.deserialize_cuda_engine(build(logger, chain(1024, 8))).create_execution_context()
    x = np.random.default_rng(2).standard_normal((1024, 1024)).astype(np.float32)
    run(context, {"x": x}, stream)  # compiles kernels
    stream.sync()
    context.profiler = profile = trtx.ProfileCollector()
    context.enqueue_v3(stream)
    stream.sync()
    assert profile.runs >= 1
    profile.reset()
    started = time.perf_counter()
    for _ in range(10):
        context.enqueue_v3(stream)
    stream.sync()
    elapsed = 1000 * (time.perf_counter() - started)
    assert len(profile.layers) > 1
    assert profile.runs == 10
    assert all(layer.total >= 0 for layer in profile.layers.values())
    # The layers of ten runs fit into the time that these took, and are no small part of it.
    assert 0 < profile.total <= 1.05 * elapsed
    assert profile.total == pytest.approx(sum(layer.total for layer in profile.layers.values()))
    context.enqueue_emits_profile = False
    profile.reset()
    context.enqueue_v3(stream)
    stream.sync()
    assert profile.runs == 0
    context.report_to_profiler()
    assert profile.runs == 1
    context.profiler = None
    context.enqueue_v3(stream)
    stream.sync()
    assert profile.runs == 1


def test_a_profiler_that_raises(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any) -> None:
    context = runtime.deserialize_cuda_engine(build(logger, relu(SHAPE))).create_execution_context()
    run(context, {"x": values}, stream)
    context.profiler = boom
    with pytest.raises(Boom):
        run(context, {"x": values}, stream)
    context.profiler = None
    outputs = run(context, {"x": values}, stream)
    np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))


# Output allocators


@pytest.fixture
def dynamic(logger: trtx.Logger, runtime: trtx.Runtime) -> trtx.CudaEngine:
    return runtime.deserialize_cuda_engine(build(logger, relu((-1, 8)), {"x": ((1, 8), (2, 8), (4096, 8))}))


def run_with(context: trtx.ExecutionContext, rows: int, stream: Any) -> np.ndarray[Any, Any]:
    """Set an input of so many rows, run, and give the input."""
    x = np.random.default_rng(rows).standard_normal((rows, 8)).astype(np.float32)
    context.set_input_shape("x", x.shape)
    context.set_tensor_address("x", cuda.from_numpy(x, stream=stream))
    context.enqueue_v3(stream)
    return x


def test_memory_that_grows_with_the_output(dynamic: trtx.CudaEngine, stream: Any) -> None:
    context = dynamic.create_execution_context()
    outputs = trtx.GrowingOutputAllocator(dynamic)
    context.set_output_allocator("y", outputs)
    addresses = []
    for rows in (2, 4096, 3, 4096):
        x = run_with(context, rows, stream)
        array = outputs["y"]
        assert array.shape == outputs.shape("y") == (rows, 8)
        assert array.dtype is trtx.DataType.FLOAT
        assert array.nbytes == x.nbytes
        np.testing.assert_array_equal(array.to_numpy(stream=stream), np.maximum(x, 0))
        addresses.append(int(array.buffer.handle))
    assert addresses[1] == addresses[2] == addresses[3]  # it does not shrink
    kept = outputs.release()["y"]
    before = kept.to_numpy(stream=stream)
    run_with(context, 4096, stream)
    np.testing.assert_array_equal(kept.to_numpy(stream=stream), before)
    assert int(outputs["y"].buffer.handle) != int(kept.buffer.handle)


def test_other_libraries_take_what_it_hands_out(dynamic: trtx.CudaEngine, stream: Any) -> None:
    cupy = pytest.importorskip("cupy")
    context = dynamic.create_execution_context()
    outputs = trtx.GrowingOutputAllocator(dynamic)
    context.set_output_allocator("y", outputs)
    x = run_with(context, 5, stream)
    stream.sync()
    np.testing.assert_array_equal(cupy.asnumpy(cupy.asarray(outputs["y"])), np.maximum(x, 0))


def test_an_output_allocator_that_raises_or_has_none(dynamic: trtx.CudaEngine, stream: Any) -> None:
    context = dynamic.create_execution_context()
    context.set_output_allocator("y", boom)
    with pytest.raises(Boom):
        run_with(context, 2, stream)
    context.set_output_allocator("y", lambda *arguments: 0)
    with pytest.raises(trtx.ExecutionError):
        run_with(context, 2, stream)
    outputs = trtx.GrowingOutputAllocator(dynamic)
    context.set_output_allocator("y", outputs)
    x = run_with(context, 2, stream)
    np.testing.assert_array_equal(outputs["y"].to_numpy(stream=stream), np.maximum(x, 0))


# Allocators


@pytest.mark.parametrize("kind", [DeviceAllocator, PlainAllocator])
def test_an_allocator_of_the_runtime(
    logger: trtx.Logger, stream: Any, kind: type[DeviceAllocator | PlainAllocator]
) -> None:
    runtime = trtx.Runtime(logger)
    allocator = kind()
    counts = allocator if isinstance(allocator, DeviceAllocator) else allocator.inner
    runtime.gpu_allocator = allocator
    memory = build(logger, chain(256, 2))
    engine = runtime.deserialize_cuda_engine(memory)
    context = engine.create_execution_context()
    x = np.random.default_rng(3).standard_normal((256, 256)).astype(np.float32)
    ours = run(context, {"x": x}, stream)["y"]
    stream.sync()
    assert counts.allocated > 0
    plain = trtx.Runtime(logger).deserialize_cuda_engine(memory).create_execution_context()
    np.testing.assert_allclose(ours, run(plain, {"x": x}, stream)["y"], rtol=1e-5, atol=1e-6)
    reference = weakref.ref(allocator)
    runtime.gpu_allocator = None
    del allocator
    context.close()
    engine.close()
    assert counts.held == {}
    assert counts.freed == counts.allocated
    del context, engine, counts
    gc.collect()
    assert reference() is None


def test_an_allocator_that_raises(logger: trtx.Logger) -> None:
    class Raising(DeviceAllocator):
        allocate_async = boom

    class Empty(DeviceAllocator):
        def allocate_async(self, size: int, alignment: int, flags: int, stream: int) -> int:
            return 0

    memory = build(logger, chain(256, 2))
    runtime = trtx.Runtime(logger)
    runtime.gpu_allocator = Raising()
    with pytest.raises(Boom):
        runtime.deserialize_cuda_engine(memory).create_execution_context()
    runtime.gpu_allocator = Empty()
    with pytest.raises(trtx.Error):
        runtime.deserialize_cuda_engine(memory).create_execution_context()
    runtime.gpu_allocator = None
    assert not runtime.deserialize_cuda_engine(memory).create_execution_context().is_closed


@pytest.mark.parametrize("kind", [DeviceAllocator, PlainAllocator])
def test_a_temporary_allocator(
    logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, kind: type[DeviceAllocator | PlainAllocator]
) -> None:
    context = runtime.deserialize_cuda_engine(build(logger, chain(256, 2))).create_execution_context()
    x = np.random.default_rng(3).standard_normal((256, 256)).astype(np.float32)
    expected = run(context, {"x": x}, stream)["y"]
    context.temporary_allocator = allocator = kind()
    assert context.temporary_allocator is allocator
    np.testing.assert_array_equal(run(context, {"x": x}, stream)["y"], expected)
    stream.sync()
    context.temporary_allocator = None
    np.testing.assert_array_equal(run(context, {"x": x}, stream)["y"], expected)
    stream.sync()
    context.close()
    counts = allocator if isinstance(allocator, DeviceAllocator) else allocator.inner
    assert counts.held == {}


# Debug tensors


def debug_network(network: trtx.NetworkDefinition) -> None:
    x = network.add_input("x", trtx.DataType.FLOAT, SHAPE)
    positive = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
    y = network.add_softmax(positive).get_output(0)
    y.name = "y"
    network.mark_output(y)
    # TensorRT-RTX 1.6 shows these alone, and never those of mark_debug.
    network.mark_unfused_tensors_as_debug_tensors()


def test_debug_tensors(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any) -> None:
    context = runtime.deserialize_cuda_engine(build(logger, debug_network)).create_execution_context()
    shown: dict[str, Any] = {}

    class Listener(trtx.DebugListener):
        def process_debug_tensor(
            self,
            addr: int,
            location: trtx.TensorLocation,
            type: trtx.DataType,
            shape: Sequence[int],
            name: str,
            stream: int,
        ) -> None:
            assert type is trtx.DataType.FLOAT
            if location is trtx.TensorLocation.DEVICE:
                shown[name] = cuda.to_numpy(addr, shape, type, stream=stream)
            else:
                memory = (ctypes.c_float * math.prod(shape)).from_address(addr)
                shown[name] = np.array(memory, np.float32).reshape(shape)

    context.set_debug_listener(Listener())
    run(context, {"x": values}, stream)
    assert shown == {}
    context.unfused_tensors_debug_state = True
    outputs = run(context, {"x": values}, stream)
    np.testing.assert_array_equal(shown["x"], values)
    np.testing.assert_array_equal(shown["y"], outputs["y"])
    context.set_debug_listener(boom)
    with pytest.raises(Boom):
        run(context, {"x": values}, stream)
    context.unfused_tensors_debug_state = False
    context.set_debug_listener(None)
    run(context, {"x": values}, stream)


def test_unfused_tensors(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any) -> None:
    def define(network: trtx.NetworkDefinition) -> None:
        relu(SHAPE)(network)
        network.mark_unfused_tensors_as_debug_tensors()

    context = runtime.deserialize_cuda_engine(build(logger, define)).create_execution_context()
    names: list[str] = []
    context.set_debug_listener(lambda addr, location, type, shape, name, stream: names.append(name))
    context.unfused_tensors_debug_state = True
    assert context.unfused_tensors_debug_state
    outputs = run(context, {"x": values}, stream)
    np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))
    assert all(isinstance(name, str) for name in names)  # what is left unfused, the library decides


# Readers


def test_an_engine_from_a_file(
    logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any, tmp_path: Path
) -> None:
    memory = build(logger, chain(256, 4))
    x = np.random.default_rng(3).standard_normal((256, 256)).astype(np.float32)
    expected = run(runtime.deserialize_cuda_engine(memory).create_execution_context(), {"x": x}, stream)["y"]
    path = tmp_path / "chain.engine"
    path.write_bytes(b"before" + bytes(memory))
    for buffering in (-1, 0):
        with open(path, "rb", buffering=buffering) as file:
            file.seek(6)
            engine = runtime.deserialize_cuda_engine(file)
        np.testing.assert_array_equal(run(engine.create_execution_context(), {"x": x}, stream)["y"], expected)

    class Reader(trtx.StreamReader):
        def __init__(self) -> None:
            self.data, self.position = bytes(memory), 0

        def read(self, destination: int, num_bytes: int, stream: int) -> int:
            piece = self.data[self.position : self.position + num_bytes]
            self.position += len(piece)
            return self.deliver(destination, piece, stream)

        def seek(self, offset: int, where: trtx.SeekPosition) -> bool:
            self.position = offset + (0, self.position, len(self.data))[where]
            return True

    engine = runtime.deserialize_cuda_engine(Reader())
    np.testing.assert_array_equal(run(engine.create_execution_context(), {"x": x}, stream)["y"], expected)


def test_a_reader_that_raises_or_ends_early(logger: trtx.Logger, runtime: trtx.Runtime) -> None:
    memory = bytes(build(logger, relu(SHAPE)))

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise Boom("of the file")

    with pytest.raises(Boom):
        runtime.deserialize_cuda_engine(Broken(memory))
    with pytest.raises(trtx.EngineError):
        runtime.deserialize_cuda_engine(io.BytesIO(memory[: len(memory) // 2]))
    assert not runtime.deserialize_cuda_engine(io.BytesIO(memory)).is_closed


def test_deferred_weights_on_a_stream(logger: trtx.Logger, stream: Any) -> None:
    if trtx.library_version()[:2] < (1, 6):
        pytest.skip("TensorRT-RTX 1.6 is needed")
    size = 256
    memory = bytes(build(logger, chain(size, 2)))
    x = np.random.default_rng(3).standard_normal((size, size)).astype(np.float32)
    runtime = trtx.Runtime(logger)
    expected = run(runtime.deserialize_cuda_engine(memory).create_execution_context(), {"x": x}, stream)["y"]
    runtime.defer_weights_loading = True
    engine = runtime.deserialize_cuda_engine(memory)
    assert not engine.weights_loaded
    with pytest.raises(trtx.UnsupportedError, match="first bytes"):
        engine.load_weights_async(io.BytesIO(memory), stream)
    random = np.random.default_rng(1)
    weights = [(random.standard_normal((size, size)) / size**0.5).astype(np.float32).tobytes() for _ in range(2)]
    start = min(memory.index(values) for values in weights)

    class Weights(trtx.StreamReader):
        position = start

        def read(self, destination: int, num_bytes: int, stream: int) -> int:
            piece = memory[self.position : self.position + num_bytes]
            self.position += len(piece)
            return self.deliver(destination, piece, stream)

        def seek(self, offset: int, where: trtx.SeekPosition) -> None:
            assert where is trtx.SeekPosition.SET
            self.position = start + offset

    assert engine.load_weights_async(Weights(), stream)
    stream.sync()
    assert engine.weights_loaded
    np.testing.assert_array_equal(run(engine.create_execution_context(), {"x": x}, stream)["y"], expected)


# Recorders


def test_errors_of_a_run_have_codes(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any) -> None:
    engine = runtime.deserialize_cuda_engine(build(logger, relu(SHAPE)))
    runtime.error_recorder = recorder = trtx.ErrorRecorder()
    with pytest.raises(trtx.EngineError):
        runtime.deserialize_cuda_engine(b"x" * 5000)
    assert recorder.num_errors() > 0
    context = engine.create_execution_context()
    context.error_recorder = own = trtx.ErrorRecorder()
    assert context.error_recorder is own
    outputs = run(context, {"x": values}, stream)
    np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))
    assert own.num_errors() == 0


def test_device_memory_by_its_property(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any) -> None:
    engine = runtime.deserialize_cuda_engine(build(logger, chain(256, 2)))
    context = engine.create_execution_context(trtx.ExecutionContextAllocationStrategy.USER_MANAGED)
    memory = cuda.empty(max(engine.device_memory_size_v2, 1), np.uint8, stream=stream)
    context.device_memory = memory
    assert context.device_memory is memory
    x = np.random.default_rng(3).standard_normal((256, 256)).astype(np.float32)
    first = run(context, {"x": x}, stream)["y"]
    context.device_memory = int(memory.handle)
    assert context.device_memory == int(memory.handle)
    np.testing.assert_array_equal(run(context, {"x": x}, stream)["y"], first)
