"""Engines run on a GPU, with numpy as the judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers import engine_bytes
from tests.helpers.gpu import build, relu, run
from trtx import cuda

SHAPE = (4, 8)


@pytest.fixture
def values() -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)


@pytest.fixture
def engine(logger: trtx.Logger, runtime: trtx.Runtime) -> trtx.CudaEngine:
    return runtime.deserialize_cuda_engine(build(logger, relu(SHAPE)))


@pytest.fixture
def dynamic(logger: trtx.Logger, runtime: trtx.Runtime) -> trtx.CudaEngine:
    """Two profiles: rows 1 to 4, and rows 4 to 16."""
    first = {"x": ((1, 8), (2, 8), (4, 8))}
    second = {"x": ((4, 8), (8, 8), (16, 8))}
    return runtime.deserialize_cuda_engine(build(logger, relu((-1, 8)), first, second))


def test_a_run(engine: trtx.CudaEngine, stream: Any, values: Any) -> None:
    outputs = run(engine.create_execution_context(), {"x": values}, stream)
    np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))


def test_every_source(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any, tmp_path: Path) -> None:
    memory = build(logger, relu(SHAPE))
    path = tmp_path / "relu.engine"
    memory.save(path)
    raw = bytes(memory)
    for source in (memory, raw, bytearray(raw), memoryview(raw), np.frombuffer(raw, np.uint8), path, str(path)):
        with runtime.deserialize_cuda_engine(source) as engine:
            outputs = run(engine.create_execution_context(), {"x": values}, stream)
            np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))
    path.unlink()


def test_an_engine_outlives_its_bytes(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any) -> None:
    raw = bytearray(bytes(build(logger, relu(SHAPE))))
    engine = runtime.deserialize_cuda_engine(raw)
    raw[:] = bytes(len(raw))
    outputs = run(engine.create_execution_context(), {"x": values}, stream)
    np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))


def test_the_header_check_is_no_gate(logger: trtx.Logger, runtime: trtx.Runtime) -> None:
    memory = build(logger, relu(SHAPE))
    report = runtime.get_engine_validity(memory)
    assert isinstance(report.validity, trtx.EngineValidity)
    assert trtx.EngineInvalidityDiagnostics.MALFORMED_ENGINE not in report.diagnostics
    assert not runtime.deserialize_cuda_engine(memory).is_closed  # whatever the report says


def test_a_damaged_engine(logger: trtx.Logger, runtime: trtx.Runtime) -> None:
    raw = bytes(build(logger, relu(SHAPE)))
    for source, reason in ((raw[:-10], "truncated"), (raw[:64], "truncated"), (bytes(1000), "no TensorRT-RTX engine")):
        with pytest.raises(trtx.EngineError, match=reason):
            runtime.deserialize_cuda_engine(source)


def test_another_version(logger: trtx.Logger, runtime: trtx.Runtime) -> None:
    raw = bytes(build(logger, relu(SHAPE)))
    assert tuple(raw[engine_bytes.VERSION])[:3] == tuple(trtx.library_version())[:3]
    other = engine_bytes.of_another_version(raw)
    assert trtx.EngineInvalidityDiagnostics.VERSION_MISMATCH in runtime.get_engine_validity(other).diagnostics
    with pytest.raises(trtx.EngineError) as raised:
        runtime.deserialize_cuda_engine(other)
    for words in ("Version tag does not match", "built by TensorRT-RTX 1.3.0.1", "exact version", "VERSION_MISMATCH"):
        assert words in str(raised.value)
    assert str(trtx.library_version()) in str(raised.value)


@pytest.mark.parametrize("target", [trtx.ComputeCapability.SM75, trtx.ComputeCapability.SM120])
def test_an_engine_for_another_gpu(
    logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any, target: trtx.ComputeCapability
) -> None:
    """It runs all the same where its code fits; where it does not, the exception says so."""

    def configure(config: trtx.BuilderConfig) -> None:
        config.num_compute_capabilities = 1
        config.set_compute_capability(target, 0)

    memory = build(logger, relu(SHAPE), configure=configure)
    unfit = trtx.EngineInvalidityDiagnostics.UNSUPPORTED_CC in runtime.get_engine_validity(memory).diagnostics
    try:
        engine = runtime.deserialize_cuda_engine(memory)
    except trtx.EngineError as error:
        said = str(error)
    else:
        outputs = run(engine.create_execution_context(), {"x": values}, stream)
        np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))
        return
    assert unfit
    assert "UNSUPPORTED_CC" in said


def test_a_network_of_several_layers(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any) -> None:
    random = np.random.default_rng(1)
    kernel = random.standard_normal((8, 5)).astype(np.float32)
    bias = random.standard_normal((1, 5)).astype(np.float32)

    def define(network: trtx.NetworkDefinition) -> None:
        x = network.add_input("x", trtx.DataType.FLOAT, SHAPE)
        b = network.add_input("b", trtx.DataType.FLOAT, (1, 5))
        weights = network.add_constant(kernel.shape, kernel).get_output(0)
        none = trtx.MatrixOperation.NONE
        product = network.add_matrix_multiply(x, none, weights, none).get_output(0)
        total = network.add_elementwise(product, b, trtx.ElementWiseOperation.SUM).get_output(0)
        total.name = "sum"
        network.mark_output(total)
        soft = network.add_softmax(total)
        soft.axes = 1 << 1
        output = soft.get_output(0)
        output.name = "soft"
        network.mark_output(output)

    engine = runtime.deserialize_cuda_engine(build(logger, define))
    assert set(engine.input_names) == {"x", "b"}
    assert set(engine.output_names) == {"sum", "soft"}
    x = random.standard_normal(SHAPE).astype(np.float32)
    outputs = run(engine.create_execution_context(), {"x": x, "b": bias}, stream)
    total = x @ kernel + bias
    # Products round their factors to ten bits (TF32), in TensorRT-RTX 1.6 even where the flag TF32 is cleared.
    np.testing.assert_allclose(outputs["sum"], total, rtol=2e-3, atol=2e-3)
    powers = np.exp(total - total.max(1, keepdims=True))
    np.testing.assert_allclose(outputs["soft"], powers / powers.sum(1, keepdims=True), rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("dtype", [trtx.DataType.FLOAT, trtx.DataType.HALF, trtx.DataType.INT32])
def test_types(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, dtype: trtx.DataType) -> None:
    kind = {trtx.DataType.FLOAT: np.float32, trtx.DataType.HALF: np.float16, trtx.DataType.INT32: np.int32}[dtype]

    def define(network: trtx.NetworkDefinition) -> None:
        x = network.add_input("x", dtype, SHAPE)
        y = network.add_elementwise(x, x, trtx.ElementWiseOperation.SUM).get_output(0)
        y.name = "y"
        network.mark_output(y)

    engine = runtime.deserialize_cuda_engine(build(logger, define))
    x = np.arange(32).reshape(SHAPE).astype(kind)
    np.testing.assert_array_equal(run(engine.create_execution_context(), {"x": x}, stream)["y"], x + x)


# What an engine tells


def test_what_an_engine_tells(engine: trtx.CudaEngine) -> None:
    assert list(engine) == ["x", "y"]
    x, y = engine.io_tensors
    assert (x.mode, y.mode) == (trtx.TensorIOMode.INPUT, trtx.TensorIOMode.OUTPUT)
    assert x.shape == y.shape == SHAPE
    assert x.dtype is trtx.DataType.FLOAT
    assert x.location is trtx.TensorLocation.DEVICE
    assert x.format is trtx.TensorFormat.LINEAR
    assert engine.num_optimization_profiles == 1
    assert engine.num_layers >= 1
    assert engine.device_memory_size_v2 >= 0
    assert engine.get_device_memory_size_for_profile_v2(0) >= 0
    assert engine.refittable is False
    assert engine.engine_capability is trtx.EngineCapability.STANDARD
    assert isinstance(engine.profiling_verbosity, trtx.ProfilingVerbosity)
    assert isinstance(engine.hardware_compatibility_level, trtx.HardwareCompatibilityLevel)
    assert isinstance(engine.tactic_sources, int)
    assert engine.num_aux_streams >= 0
    assert engine.streamable_weights_size == 0
    assert engine.get_engine_stat(trtx.EngineStat.TOTAL_WEIGHTS_SIZE) >= 0
    assert engine.get_tensor_format("x", 0) is trtx.TensorFormat.LINEAR
    assert engine.get_tensor_format_desc("x")
    assert engine.get_tensor_format_desc("x", 0)
    for profile in (None, 0):
        assert engine.get_tensor_vectorized_dim("x", profile) == -1
        assert engine.get_tensor_bytes_per_component("x", profile) in (-1, 4)
        assert engine.get_tensor_components_per_element("x", profile) in (-1, 1)
    assert engine.is_shape_inference_io("x") is False
    assert engine.is_debug_tensor("x") is False
    assert engine.get_aliased_input_tensor("y") is None
    with pytest.raises(trtx.InvalidArgumentError, match="decide shapes"):
        engine.get_tensor_profile_values("x", 0)


def test_profiles(dynamic: trtx.CudaEngine) -> None:
    assert dynamic.num_optimization_profiles == 2
    assert dynamic.get_tensor_shape("x") == (-1, 8)
    assert dynamic.get_tensor_profile_shape("x", 0) == ((1, 8), (2, 8), (4, 8))
    assert dynamic.get_tensor_profile_shape("x", 1) == ((4, 8), (8, 8), (16, 8))


def test_the_inspector(engine: trtx.CudaEngine) -> None:
    inspector = engine.create_engine_inspector()
    assert inspector.engine is engine
    information = inspector.engine_information()
    assert information["Layers"]
    assert inspector.get_engine_information(trtx.LayerInformationFormat.ONELINE)
    assert inspector.get_layer_information(0)
    with pytest.raises(trtx.InvalidArgumentError, match="layer_index"):
        inspector.get_layer_information(engine.num_layers)
    context = engine.create_execution_context()
    inspector.execution_context = context
    assert inspector.execution_context is context
    assert inspector.engine_information()["Layers"]
    inspector.execution_context = None
    context.close()
    assert not inspector.is_closed


def test_an_engine_serialized_again(engine: trtx.CudaEngine, runtime: trtx.Runtime, stream: Any, values: Any) -> None:
    again = runtime.deserialize_cuda_engine(engine.serialize())
    config = engine.create_serialization_config()
    config.set_flag(trtx.SerializationFlag.EXCLUDE_LEAN_RUNTIME)
    assert config.get_flag(trtx.SerializationFlag.EXCLUDE_LEAN_RUNTIME)
    third = runtime.deserialize_cuda_engine(engine.serialize_with_config(config))
    for copy in (again, third):
        outputs = run(copy.create_execution_context(), {"x": values}, stream)
        np.testing.assert_array_equal(outputs["y"], np.maximum(values, 0))


def test_deferred_weights(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any) -> None:
    if trtx.library_version() < (1, 6):
        pytest.skip("deferred weights need TensorRT-RTX 1.6")
    weights = np.arange(32, dtype=np.float32).reshape(SHAPE)

    def define(network: trtx.NetworkDefinition) -> None:
        x = network.add_input("x", trtx.DataType.FLOAT, SHAPE)
        constant = network.add_constant(SHAPE, weights).get_output(0)
        y = network.add_elementwise(x, constant, trtx.ElementWiseOperation.SUM).get_output(0)
        y.name = "y"
        network.mark_output(y)

    memory = build(logger, define)
    runtime.defer_weights_loading = True
    engine = runtime.deserialize_cuda_engine(memory)
    assert engine.weights_loaded is False
    engine.load_weights(memory)
    assert engine.weights_loaded is True
    outputs = run(engine.create_execution_context(), {"x": weights}, stream)
    np.testing.assert_array_equal(outputs["y"], 2 * weights)
    with pytest.raises(trtx.EngineError, match="load_weights"):
        engine.load_weights(memory)


# Shapes and addresses


def test_shapes_that_change(dynamic: trtx.CudaEngine, stream: Any) -> None:
    context = dynamic.create_execution_context()
    for rows in (1, 4, 2):
        x = np.random.default_rng(rows).standard_normal((rows, 8)).astype(np.float32)
        outputs = run(context, {"x": x}, stream)
        assert outputs["y"].shape == (rows, 8)
        np.testing.assert_array_equal(outputs["y"], np.maximum(x, 0))


def test_shapes_outside_the_profile(dynamic: trtx.CudaEngine, stream: Any) -> None:
    context = dynamic.create_execution_context()
    with pytest.raises(trtx.InvalidArgumentError, match=r"'x'.*\(5, 8\).*\(1, 8\) to \(4, 8\)"):
        context.set_input_shape("x", (5, 8))
    context.set_optimization_profile_async(1, stream)
    stream.sync()
    assert context.active_optimization_profile == 1
    context.set_input_shape("x", (5, 8))
    x = np.full((5, 8), -1, np.float32)
    np.testing.assert_array_equal(run(context, {"x": x}, stream)["y"], np.zeros((5, 8)))


def test_shapes_that_the_library_knows_need_not_be_set(logger: trtx.Logger, stream: Any) -> None:
    ranges = (((2, 8), (2, 8), (2, 8)), ((1, 8), (2, 8), (4, 8)), ((4, 8), (8, 8), (16, 8)))
    plan = build(logger, relu((-1, 8)), *({"x": each} for each in ranges))
    said: list[str] = []
    listening = trtx.Logger(trtx.Severity.WARNING, sink=lambda severity, message: said.append(message))
    context = trtx.Runtime(listening).deserialize_cuda_engine(plan).create_execution_context()
    x = np.random.default_rng(0).standard_normal((4, 8)).astype(np.float32)
    source, target = cuda.from_numpy(x, stream=stream), cuda.from_numpy(np.zeros_like(x), stream=stream)
    context.set_tensor_address("x", source)
    context.set_tensor_address("y", target)

    def result() -> Any:
        context.enqueue_v3(stream)
        return cuda.to_numpy(target, (4, 8), trtx.DataType.FLOAT, stream=stream)

    assert context.get_tensor_shape("y") == (2, 8)  # the profile allows but one
    np.testing.assert_array_equal(result(), [*np.maximum(x[:2], 0), *np.zeros((2, 8))])
    with pytest.raises(trtx.ExecutionError, match="'x' not specified"):
        context.infer_shapes()
    context.set_optimization_profile_async(1, stream)
    with pytest.raises(trtx.ExecutionError, match="no shape for 'x'"):
        result()
    context.set_input_shape("x", (4, 8))
    context.set_optimization_profile_async(2, stream)  # it keeps the shape, which it allows
    np.testing.assert_array_equal(result(), np.maximum(x, 0))
    context.set_optimization_profile_async(0, stream)
    with pytest.raises(trtx.ExecutionError, match="no shape for 'x'"):  # kept, but not allowed
        result()
    assert not said


def test_missing_shapes_and_addresses(dynamic: trtx.CudaEngine, stream: Any) -> None:
    context = dynamic.create_execution_context()
    assert context.all_binding_shapes_specified is False
    with pytest.raises(trtx.ExecutionError, match="'x'"):
        context.infer_shapes()
    with pytest.raises(trtx.ExecutionError, match=r"no shape for 'x'.*no address for 'x' and 'y'"):
        context.enqueue_v3(stream)
    with pytest.raises(trtx.ExecutionError, match="USER_MANAGED"):
        context.update_device_memory_size_for_shapes()
    context.set_input_shape("x", (2, 8))
    context.infer_shapes()
    assert context.all_binding_shapes_specified is True
    assert context.get_tensor_shape("y") == (2, 8)
    assert context.get_tensor_strides("y") == (8, 1)
    context.set_tensor_address("x", cuda.empty((2, 8), stream=stream))
    with pytest.raises(trtx.ExecutionError, match="no address for 'y'"):
        context.enqueue_v3(stream)


def test_buffers_that_are_too_small(dynamic: trtx.CudaEngine, stream: Any) -> None:
    context = dynamic.create_execution_context()
    context.set_input_shape("x", (2, 8))
    with pytest.raises(trtx.InvalidArgumentError, match=r"'y'.*needs 64 bytes; its memory has 32"):
        context.set_tensor_address("y", cuda.empty((1, 8), stream=stream))
    context.set_tensor_address("x", cuda.empty((4, 8), stream=stream))
    context.set_tensor_address("y", cuda.empty((2, 8), stream=stream))
    context.set_input_shape("x", (4, 8))
    with pytest.raises(trtx.ExecutionError, match=r"output 'y'.*needs 128 bytes; its memory has 64"):
        context.enqueue_v3(stream)


def test_arrays_of_the_host_are_refused(engine: trtx.CudaEngine, values: Any) -> None:
    context = engine.create_execution_context()
    with pytest.raises(trtx.InvalidArgumentError, match=r"'x'.*host.*from_numpy"):
        context.set_tensor_address("x", values)
    assert context.get_tensor_address("x") == 0


def test_wrong_names(engine: trtx.CudaEngine) -> None:
    context = engine.create_execution_context()
    for use in (engine.get_tensor_shape, context.get_tensor_shape, lambda name: context.set_tensor_address(name, 256)):
        with pytest.raises(trtx.InvalidArgumentError, match=r"'z'.*'x', 'y'"):
            use("z")


def test_integers_as_addresses_and_streams(engine: trtx.CudaEngine, stream: Any, values: Any) -> None:
    context = engine.create_execution_context()
    x, y = cuda.from_numpy(values, stream=stream), cuda.empty(SHAPE, stream=stream)
    context.set_tensor_address("x", int(x.handle))
    context.set_tensor_address("y", int(y.handle))
    assert context.get_tensor_address("x") == int(x.handle)
    stream.sync()
    for handle in (cuda.stream_handle(stream), 0):
        context.enqueue_v3(handle)
        np.testing.assert_array_equal(cuda.to_numpy(y, SHAPE, stream=handle), np.maximum(values, 0))
    with pytest.raises(trtx.InvalidArgumentError, match="pass 0"):
        context.enqueue_v3(None)


def test_execute_v2(engine: trtx.CudaEngine, stream: Any, values: Any) -> None:
    context = engine.create_execution_context()
    x, y = cuda.from_numpy(values, stream=stream), cuda.empty(SHAPE, stream=stream)
    stream.sync()
    context.execute_v2([x, int(y.handle)])
    np.testing.assert_array_equal(cuda.to_numpy(y, SHAPE, stream=stream), np.maximum(values, 0))
    with pytest.raises(trtx.InvalidArgumentError, match=r"1 addresses.*2 inputs and outputs"):
        context.execute_v2([x])


def test_torch(engine: trtx.CudaEngine, values: Any) -> None:
    torch = pytest.importorskip("torch", reason="package torch")
    context = engine.create_execution_context()
    x, y = torch.from_numpy(values).cuda(), torch.empty(SHAPE, device="cuda")
    torch_stream = torch.cuda.Stream()
    torch_stream.wait_stream(torch.cuda.current_stream())
    context.set_tensor_address("x", x)
    context.set_tensor_address("y", y)
    context.enqueue_v3(torch_stream)
    torch_stream.synchronize()
    np.testing.assert_array_equal(y.cpu().numpy(), np.maximum(values, 0))
    for wrong, reason in (
        (x.double(), "float64"),
        (x.t(), "contiguous"),
        (x.cpu(), "host"),
        (x[:1], "needs 128 bytes"),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=reason):
            context.set_tensor_address("x", wrong)


# Settings


def test_settings_of_a_context(engine: trtx.CudaEngine, stream: Any, values: Any) -> None:
    context = engine.create_execution_context()
    assert context.engine is engine
    assert context.get_runtime_config() is None
    context.name = "first"
    assert context.name == "first"
    assert "first" in repr(context)
    context.debug_sync = True
    assert context.debug_sync is True
    context.enqueue_emits_profile = False
    assert context.enqueue_emits_profile is False
    context.nvtx_verbosity = trtx.ProfilingVerbosity.NONE
    assert context.nvtx_verbosity is trtx.ProfilingVerbosity.NONE
    assert context.persistent_cache_limit >= 0
    assert context.get_max_output_size("y") >= 4 * 32
    assert isinstance(context.is_stream_capturable(stream), bool)
    event = cuda.Device(0).create_event()
    context.set_input_consumed_event(event)
    assert context.get_input_consumed_event() == int(event.handle)
    context.set_aux_streams([])
    with pytest.raises(trtx.InvalidArgumentError, match="different streams"):
        context.set_aux_streams([stream, stream])
    np.testing.assert_array_equal(run(context, {"x": values}, stream)["y"], np.maximum(values, 0))
    event.sync()
    context.set_input_consumed_event(0)


def test_user_managed_memory(logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, values: Any) -> None:
    engine = runtime.deserialize_cuda_engine(build(logger, relu(SHAPE)))
    context = engine.create_execution_context(trtx.ExecutionContextAllocationStrategy.USER_MANAGED)
    size = engine.device_memory_size_v2
    memory = cuda.empty((size + 256,), trtx.DataType.UINT8, stream=stream)
    context.set_device_memory(memory)
    np.testing.assert_array_equal(run(context, {"x": values}, stream)["y"], np.maximum(values, 0))
    with pytest.raises(trtx.InvalidArgumentError, match="size"):
        context.set_device_memory(memory, size + 10**9)


def test_memory_for_the_shapes_in_use(dynamic: trtx.CudaEngine, stream: Any) -> None:
    context = dynamic.create_execution_context(trtx.ExecutionContextAllocationStrategy.USER_MANAGED)
    with pytest.raises(trtx.ExecutionError, match="no shape for 'x'"):
        context.update_device_memory_size_for_shapes()
    context.set_input_shape("x", (2, 8))
    size = context.update_device_memory_size_for_shapes()
    assert 0 <= size <= dynamic.device_memory_size_v2
    context.set_device_memory(cuda.empty((size + 256,), trtx.DataType.UINT8, stream=stream))
    x = np.full((2, 8), 2, np.float32)
    np.testing.assert_array_equal(run(context, {"x": x}, stream)["y"], x)


@pytest.mark.parametrize("graphs", list(trtx.CudaGraphStrategy))
@pytest.mark.parametrize("kernels", list(trtx.DynamicShapesKernelSpecializationStrategy))
def test_runtime_configs(
    dynamic: trtx.CudaEngine,
    stream: Any,
    graphs: trtx.CudaGraphStrategy,
    kernels: trtx.DynamicShapesKernelSpecializationStrategy,
) -> None:
    config = dynamic.create_runtime_config()
    config.cuda_graph_strategy = graphs
    assert config.cuda_graph_strategy is graphs
    config.dynamic_shapes_kernel_specialization_strategy = kernels
    assert config.dynamic_shapes_kernel_specialization_strategy is kernels
    on_change = trtx.ExecutionContextAllocationStrategy.ON_PROFILE_CHANGE
    config.set_execution_context_allocation_strategy(on_change)
    assert config.execution_context_allocation_strategy is on_change
    context = dynamic.create_execution_context(config)
    assert context.get_runtime_config() is config
    x = np.random.default_rng(2).standard_normal((3, 8)).astype(np.float32)
    context.set_input_shape("x", x.shape)
    source, target = cuda.from_numpy(x, stream=stream), cuda.empty(x.shape, stream=stream)
    context.set_tensor_address("x", source)
    context.set_tensor_address("y", target)
    for _ in range(4):  # graphs are captured by the second run
        context.enqueue_v3(stream)
        np.testing.assert_array_equal(cuda.to_numpy(target, x.shape, stream=stream), np.maximum(x, 0))


def test_runtime_caches(dynamic: trtx.CudaEngine, stream: Any, tmp_path: Path) -> None:
    config = dynamic.create_runtime_config()
    assert config.runtime_cache is None
    cache = config.create_runtime_cache()
    config.set_runtime_cache(cache)
    assert config.get_runtime_cache() is cache
    x = np.ones((2, 8), np.float32)
    run(dynamic.create_execution_context(runtime_config=config), {"x": x}, stream)
    path = tmp_path / "cache"
    cache.serialize().save(path)
    saved = path.read_bytes()

    second = dynamic.create_runtime_config()
    loaded = second.create_runtime_cache()
    loaded.deserialize(path)
    second.runtime_cache = loaded
    outputs = run(dynamic.create_execution_context(second), {"x": x}, stream)
    np.testing.assert_array_equal(outputs["y"], x)
    for wrong in (bytes(len(saved)), saved[: len(saved) // 2], b"x"):
        with pytest.raises(trtx.EngineError, match="empty one"):
            loaded.deserialize(wrong)
    with pytest.raises(trtx.EngineError, match="empty"):
        loaded.deserialize(b"")
    loaded.reset()
    cache.close()
    assert config.is_closed, "a config that uses a cache must not outlive it"
    assert not second.is_closed


@pytest.mark.parametrize("count", [4, 5])
def test_values_of_four_bits_are_packed_on_the_device(stream: Any, count: int) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is missing")
    values = np.arange(-2, count - 2).astype(ml_dtypes.int4)
    buffer = cuda.from_numpy(values, stream=stream)
    assert buffer.size == (count + 1) // 2
    np.testing.assert_array_equal(cuda.to_numpy(buffer, (count,), trtx.DataType.INT4, stream=stream), values)
