"""Ways to run an engine that must not change what it computes: strategies, streamed weights, caches, given memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import Array, build, run, run_script
from trtx import cuda

ROWS, WIDTH, DEPTH = 8, 256, 6
NONE = trtx.MatrixOperation.NONE


def weights() -> list[Array]:
    """Matrices that keep the size of what they are multiplied with."""
    random = np.random.default_rng(0)
    return [(random.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5).astype(np.float32) for _ in range(DEPTH)]


def define(network: trtx.NetworkDefinition) -> None:
    """Matrix products with ReLU between them; the number of rows is open."""
    x = network.add_input("x", trtx.DataType.FLOAT, (-1, WIDTH))
    for matrix in weights():
        constant = network.add_constant(matrix.shape, matrix).get_output(0)
        product = network.add_matrix_multiply(x, NONE, constant, NONE).get_output(0)
        x = network.add_activation(product, trtx.ActivationType.RELU).get_output(0)
    x.name = "y"
    network.mark_output(x)


def reference(x: Array) -> Array:
    for matrix in weights():
        x = np.maximum(x.astype(np.float64) @ matrix, 0)
    return x


def values(rows: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal((rows, WIDTH)).astype(np.float32)


def check(given: Array, x: Array) -> None:
    expected = reference(x)
    assert given.shape == expected.shape
    # Factors are rounded to ten bits (TF32) in each product.
    assert np.linalg.norm(given - expected) < 5e-3 * np.linalg.norm(expected)


RANGE = {"x": ((1, WIDTH), (4, WIDTH), (ROWS, WIDTH))}


@pytest.fixture
def engine(logger: trtx.Logger, runtime: trtx.Runtime) -> trtx.CudaEngine:
    return runtime.deserialize_cuda_engine(build(logger, define, RANGE))


@pytest.mark.parametrize("kernels", list(trtx.DynamicShapesKernelSpecializationStrategy))
@pytest.mark.parametrize("graphs", list(trtx.CudaGraphStrategy))
def test_shapes_and_values_change_under_a_strategy(
    engine: trtx.CudaEngine,
    stream: Any,
    kernels: trtx.DynamicShapesKernelSpecializationStrategy,
    graphs: trtx.CudaGraphStrategy,
) -> None:
    """A captured graph, and a kernel made for one shape, must not be used for another shape, address or value."""
    config = engine.create_runtime_config()
    config.dynamic_shapes_kernel_specialization_strategy = kernels
    config.cuda_graph_strategy = graphs
    context = engine.create_execution_context(config)
    for turn, rows in enumerate((4, 4, 4, 1, ROWS, 4, ROWS, 1)):
        x = values(rows, seed=turn)
        check(run(context, {"x": x}, stream)["y"], x)


def test_a_captured_graph_reads_its_inputs_anew(engine: trtx.CudaEngine, stream: Any) -> None:
    """The addresses stay, so that the graph of the runtime can be used again; what lies there changes."""
    config = engine.create_runtime_config()
    config.cuda_graph_strategy = trtx.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
    context = engine.create_execution_context(config)
    source, target = cuda.empty((4, WIDTH), stream=stream), cuda.empty((4, WIDTH), stream=stream)
    context.set_input_shape("x", (4, WIDTH))
    context.set_tensor_address("x", source)
    context.set_tensor_address("y", target)
    for turn in range(6):
        x = values(4, seed=turn)
        source.copy_from(cuda.from_numpy(x, stream=stream), stream=stream)
        context.enqueue_v3(stream)
        check(cuda.to_numpy(target, x.shape, stream=stream), x)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_weights_are_streamed_under_a_budget(
    logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, share: float
) -> None:
    def streaming(config: trtx.BuilderConfig) -> None:
        config.set_flag(trtx.BuilderFlag.WEIGHT_STREAMING)

    engine = runtime.deserialize_cuda_engine(build(logger, define, RANGE, configure=streaming))
    size = engine.streamable_weights_size
    assert size >= DEPTH * WIDTH * WIDTH * 4
    assert 0 <= engine.get_weight_streaming_automatic_budget() <= size
    budget = int(size * share)
    engine.weight_streaming_budget_v2 = budget
    assert engine.weight_streaming_budget_v2 == budget
    context = engine.create_execution_context()
    with pytest.raises(trtx.EngineError):
        engine.weight_streaming_budget_v2 = size  # not while there are contexts
    for rows in (1, ROWS):
        x = values(rows)
        check(run(context, {"x": x}, stream)["y"], x)


_CACHED = """
import sys
from pathlib import Path
import trtx
from tests.gpu.test_gpu_strategies import check, values
from tests.helpers.gpu import new_stream, run

plan, cache_file = map(Path, sys.argv[1:])
engine = trtx.Runtime(trtx.Logger(trtx.Severity.ERROR)).deserialize_cuda_engine(plan)
config = engine.create_runtime_config()
cache = config.create_runtime_cache()
was_there = cache_file.exists()
if was_there:
    cache.deserialize(cache_file)
config.runtime_cache = cache
x = values(4)
check(run(engine.create_execution_context(config), {"x": x}, new_stream())["y"], x)
cache.serialize().save(cache_file)
print(was_there, cache_file.stat().st_size)
"""


def test_a_runtime_cache_goes_from_process_to_process(logger: trtx.Logger, tmp_path: Path, stream: Any) -> None:
    plan, cache = tmp_path / "plan", tmp_path / "cache"
    build(logger, define, RANGE).save(plan)
    found = [run_script(_CACHED, str(plan), str(cache)).split() for _ in range(2)]
    assert [was_there for was_there, _ in found] == ["False", "True"]
    first, second = (int(size) for _, size in found)
    # The second process found its kernels in the cache, and so added none.
    assert first > 1000
    assert second == first


def test_two_contexts_take_turns_in_one_memory(engine: trtx.CudaEngine, stream: Any) -> None:
    user_managed = trtx.ExecutionContextAllocationStrategy.USER_MANAGED
    contexts = [engine.create_execution_context(user_managed) for _ in range(2)]
    memory = cuda.empty((engine.device_memory_size_v2 + 256,), trtx.DataType.UINT8, stream=stream)
    for context in contexts:
        context.set_device_memory(memory)
    for turn in range(3):
        for context in contexts:
            x = values(1 + turn, seed=turn)
            check(run(context, {"x": x}, stream)["y"], x)


def test_memory_that_is_replaced_between_runs(engine: trtx.CudaEngine, stream: Any) -> None:
    context = engine.create_execution_context(trtx.ExecutionContextAllocationStrategy.USER_MANAGED)
    x = values(ROWS)
    for _ in range(3):
        size = engine.device_memory_size_v2 + 256
        context.set_device_memory(cuda.empty((size,), trtx.DataType.UINT8, stream=stream))
        check(run(context, {"x": x}, stream)["y"], x)
