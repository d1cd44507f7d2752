"""Every layer that TensorRT-RTX executes, on the GPU, against numpy: the cases that `test_layer_cases` builds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.layer_cases import Array, Case
from tests.trtx.test_layer_cases import PAIRS
from trtx import cuda


def run_in_place(context: trtx.ExecutionContext, inputs: dict[str, Array], name: str, stream: Any) -> Array:
    """Run with the output in the memory of an input."""
    buffers = {key: cuda.from_numpy(array, stream=stream) for key, array in inputs.items()}
    for key, buffer in buffers.items():
        context.set_tensor_address(key, buffer)
    context.set_tensor_address("output", buffers[name])
    context.enqueue_v3(stream)
    return np.asarray(cuda.to_numpy(buffers[name], inputs[name].shape, inputs[name].dtype, stream=stream))


def run_once(context: trtx.ExecutionContext, inputs: dict[str, Array], stream: Any) -> Array:
    """Run, with whatever lies on the host for the engine kept there."""
    engine = context.engine
    keep: list[Any] = []
    for name in engine.input_names:
        array = np.ascontiguousarray(inputs[name]).reshape(inputs[name].shape)
        on_host = engine.get_tensor_location(name) == trtx.TensorLocation.HOST
        keep.append(array if on_host else cuda.from_numpy(array, stream=stream))
        context.set_tensor_address(name, keep[-1])
    shape, dtype = context.get_tensor_shape("output"), engine.get_tensor_dtype("output")
    if engine.get_tensor_location("output") == trtx.TensorLocation.HOST:
        result = np.zeros(shape, trtx.nptype(dtype))
        context.set_tensor_address("output", result)
        context.enqueue_v3(stream)
        stream.sync()
        return result
    buffer = cuda.empty(shape, dtype, stream=stream)
    context.set_tensor_address("output", buffer)
    context.enqueue_v3(stream)
    return np.asarray(cuda.to_numpy(buffer, shape, dtype, stream=stream))


@pytest.mark.parametrize(("case", "dtype"), PAIRS)
def test_a_layer_gives_what_numpy_gives(
    case: Case,
    dtype: trtx.DataType,
    logger: trtx.Logger,
    runtime: trtx.Runtime,
    stream: Any,
    record_property: Any,
) -> None:
    builder = trtx.Builder(logger)
    network = builder.create_network()
    case.network(network, dtype)
    engine = runtime.deserialize_cuda_engine(builder.build_serialized_network(network, builder.create_config()))
    context = engine.create_execution_context()
    inputs = case.arrays(dtype)
    if case.in_place:
        assert engine.get_aliased_input_tensor("output") == case.in_place
        output = run_in_place(context, inputs, case.in_place, stream)
    else:
        output = run_once(context, inputs, stream)
    expected = case.expected(dtype)
    assert output.shape == expected.shape
    if expected.dtype.kind in "biu":
        np.testing.assert_array_equal(output, expected)
        return
    given, wanted = output.astype(np.float64), expected.astype(np.float64)
    record_property("deviation", float(np.abs(given - wanted).max()))
    rtol, atol = case.tolerances[dtype]
    np.testing.assert_allclose(given, wanted, rtol=rtol, atol=atol)
