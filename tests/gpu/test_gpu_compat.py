"""`trtx.compat` on a GPU: runs as scripts for NVIDIA's package make them, with copies by ``cuda.bindings``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trtx
import trtx.compat as trt
from tests.helpers.gpu import skip_without_driver_for_refitting

cudart = pytest.importorskip("cuda.bindings.runtime")


def checked(answer: tuple[Any, ...]) -> Any:
    """What a call of CUDA gives, where it worked."""
    assert int(answer[0]) == 0, answer[0]
    return answer[1] if len(answer) > 1 else None


@pytest.fixture
def logger() -> Any:
    return trt.Logger(trt.Logger.ERROR)


def engine_of(logger: Any, *, refit: bool = False) -> Any:
    """An engine that adds a constant to its input of open size, and keeps what is positive."""
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    x = network.add_input("x", trt.float32, trt.Dims2(-1, 3))
    constant = network.add_constant((1, 3), np.array([[1, 2, 3]], np.float32))
    constant.name = "constant"
    added = network.add_elementwise(x, constant.get_output(0), trt.ElementWiseOperation.SUM)
    relu = network.add_activation(added.get_output(0), trt.ActivationType.RELU)
    relu.get_output(0).name = "y"
    network.mark_output(relu.get_output(0))
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    profile.set_shape("x", trt.Dims2(1, 3), trt.Dims2(2, 3), trt.Dims2(8, 3))
    assert config.add_optimization_profile(profile) == 0
    if refit:
        config.set_flag(trt.BuilderFlag.REFIT)
    recorded: list[str] = []
    builder.error_recorder = lambda code, text: recorded.append(text)
    plan = builder.build_serialized_network(network, config)
    skip_without_driver_for_refitting(recorded)
    assert plan is not None
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    assert isinstance(engine, trt.ICudaEngine)
    assert isinstance(engine, trtx.CudaEngine)
    return engine


def infer(context: Any, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """One run, with memory and copies as a script makes them."""
    stream = checked(cudart.cudaStreamCreate())
    pointers = {name: checked(cudart.cudaMalloc(values.nbytes)) for name in "xy"}
    result = np.empty_like(values)
    to_device, to_host = cudart.cudaMemcpyKind.cudaMemcpyHostToDevice, cudart.cudaMemcpyKind.cudaMemcpyDeviceToHost
    try:
        for name, pointer in pointers.items():
            assert context.set_tensor_address(name, pointer) is True
        assert context.set_input_shape("x", values.shape) is True
        assert context.infer_shapes() == []
        assert context.get_tensor_shape("y") == values.shape
        checked(cudart.cudaMemcpyAsync(pointers["x"], values.ctypes.data, values.nbytes, to_device, stream))
        assert context.execute_async_v3(stream_handle=int(stream)) is True
        checked(cudart.cudaMemcpyAsync(result.ctypes.data, pointers["y"], values.nbytes, to_host, stream))
        checked(cudart.cudaStreamSynchronize(stream))
    finally:
        for pointer in pointers.values():
            checked(cudart.cudaFree(pointer))
        checked(cudart.cudaStreamDestroy(stream))
    return result


def test_inference_with_open_sizes(logger: Any) -> None:
    engine = engine_of(logger)
    assert engine.get_tensor_profile_shape("x", 0) == [(1, 3), (2, 3), (8, 3)]
    assert engine.get_tensor_shape("x") == (-1, 3)
    context = engine.create_execution_context()
    for count in (1, 2, 8):
        values = np.arange(-3 * count, 0, dtype=np.float32).reshape(count, 3)
        np.testing.assert_array_equal(infer(context, values), np.maximum(values + np.float32([1, 2, 3]), 0))
    assert context.set_input_shape("x", (9, 3)) is False


def test_runtime_configuration_and_cache(logger: Any) -> None:
    engine = engine_of(logger)
    config = engine.create_runtime_config()
    cache = config.create_runtime_cache()
    assert config.set_runtime_cache(cache) is True
    config.cuda_graph_strategy = trt.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
    context = engine.create_execution_context(config)
    values = np.ones((2, 3), np.float32)
    for _ in range(3):
        np.testing.assert_array_equal(infer(context, values), values + np.float32([1, 2, 3]))
    blob = cache.serialize()
    assert blob.nbytes == len(memoryview(blob)) > 0
    assert cache.deserialize(b"rubbish" * 100) is False


def test_refitting(logger: Any) -> None:
    engine = engine_of(logger, refit=True)
    refitter = trt.Refitter(engine, logger)
    assert refitter.get_all() == (["constant"], [trt.WeightsRole.CONSTANT])
    assert refitter.set_weights("constant", trt.WeightsRole.CONSTANT, np.array([10, 20, 30], np.float32)) is True
    assert refitter.set_weights("nothing", trt.WeightsRole.CONSTANT, np.zeros(3, np.float32)) is False
    assert refitter.refit_cuda_engine() is True
    values = np.zeros((2, 3), np.float32)
    np.testing.assert_array_equal(infer(engine.create_execution_context(), values), values + np.float32([10, 20, 30]))


def test_output_allocator_and_profiler(logger: Any) -> None:
    class Allocator(trt.IOutputAllocator):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IOutputAllocator.__init__(self)
            self.pointer, self.shape = 0, None

        def reallocate_output_async(self, tensor_name: str, memory: int, size: int, alignment: int, stream: int) -> int:
            self.pointer = int(checked(cudart.cudaMalloc(max(size, 1))))
            return self.pointer

        def notify_shape(self, tensor_name: str, shape: Any) -> None:
            self.shape = tuple(shape)

    context = engine_of(logger).create_execution_context()
    allocator = Allocator()
    x = checked(cudart.cudaMalloc(24))
    assert context.set_input_shape("x", (2, 3))
    assert context.set_tensor_address("x", x)
    assert context.set_output_allocator("y", allocator) is True
    assert context.execute_async_v3(0) is True
    checked(cudart.cudaDeviceSynchronize())
    assert allocator.shape == (2, 3)
    assert allocator.pointer
    for pointer in (x, allocator.pointer):
        checked(cudart.cudaFree(pointer))
