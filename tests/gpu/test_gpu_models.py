"""Real architectures from the onnx package, compared with the outputs that come with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import run

onnx = pytest.importorskip("onnx", reason="package onnx")

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


def model_path(name: str) -> Path:
    path = FOLDER / f"light_{name}.onnx"
    if not path.is_file():
        pytest.skip(f"the installed onnx has no {path.name}")
    return path


def input_shape(path: Path) -> tuple[int, ...]:
    """Shape of the one input that is no weight."""
    graph = onnx.load(path).graph
    weights = {initializer.name for initializer in graph.initializer}
    (value,) = [value for value in graph.input if value.name not in weights]
    return tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)


def run_model(model: Path | bytes, values: Any, logger: trtx.Logger, runtime: trtx.Runtime, stream: Any) -> Any:
    """Only output of a model of one input, whose values get the input's shape."""
    builder = trtx.Builder(logger)
    network = builder.create_network()
    parser = trtx.OnnxParser(network, logger)
    if isinstance(model, bytes):
        parser.parse(model)
    else:
        parser.parse_from_file(model)
    engine = runtime.deserialize_cuda_engine(builder.build_serialized_network(network, builder.create_config()))
    (name,) = engine.input_names
    (output,) = run(engine.create_execution_context(), {name: values}, stream).values()
    return output


def with_random_weights(path: Path) -> bytes:
    """The architecture with weights that let every input count, and without the softmax that would level them out.

    The weights that the models come with are all the same, so most of their outputs are 1/1000 a thousand times.
    """
    model = onnx.load(path)
    random = np.random.default_rng(0)
    shapes = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
    for node in [node for node in model.graph.node if node.op_type == "ConstantOfShape"]:
        shape = tuple(int(size) for size in shapes[node.input[0]])
        if len(shape) > 1:  # keeps the spread of the values from layer to layer
            weights = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        else:
            weights = random.uniform(0.5, 1.5, shape)
        model.graph.initializer.append(onnx.numpy_helper.from_array(weights.astype(np.float32), node.output[0]))
        model.graph.node.remove(node)
    used = {name for node in model.graph.node for name in node.input}
    for initializer in [initializer for initializer in model.graph.initializer if initializer.name not in used]:
        model.graph.initializer.remove(initializer)
    for value in [value for value in model.graph.input if value.name not in used]:
        model.graph.input.remove(value)
    last = model.graph.node[-1]
    if last.op_type == "Softmax":
        model.graph.output[0].name = last.input[0]
        model.graph.node.remove(last)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    "name",
    [
        "squeezenet",
        "resnet50",
        "vgg19",
        "densenet121",
        "bvlc_alexnet",
        "inception_v1",
        "inception_v2",
        "shufflenet",
        "zfnet512",
    ],
)
def test_a_model_gives_its_reference(
    name: str, logger: trtx.Logger, runtime: trtx.Runtime, stream: Any, record_property: Any
) -> None:
    path = model_path(name)
    expected = onnx.numpy_helper.to_array(onnx.load_tensor(str(FOLDER / f"light_{name}_output_0.pb")))
    # The input that onnx' own test runner makes for these models.
    shape = input_shape(path)
    values = (np.arange(np.prod(shape)).reshape(shape) / np.prod(shape)).astype(np.float32)
    output = run_model(path, values, logger, runtime, stream)
    deviation = float(np.abs(output - expected.reshape(output.shape)).max())
    record_property("deviation", deviation)
    print(f"{name}: largest deviation {deviation:.3g}, largest value {float(np.abs(expected).max()):.3g}")
    np.testing.assert_allclose(output, expected.reshape(output.shape), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["squeezenet", "resnet50", "densenet121", "inception_v2", "shufflenet"])
def test_random_weights_give_what_onnxruntime_gives(
    name: str, logger: trtx.Logger, runtime: trtx.Runtime, stream: Any
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="package onnxruntime")
    path = model_path(name)
    model = with_random_weights(path)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    values = np.random.default_rng(1).standard_normal(input_shape(path)).astype(np.float32)
    (expected,) = session.run(None, {session.get_inputs()[0].name: values})
    spread = expected - expected.mean()
    assert np.linalg.norm(spread) > 0.01 * np.linalg.norm(expected)  # not all the same
    output = run_model(model, values, logger, runtime, stream)
    error = float(np.linalg.norm(output - expected) / np.linalg.norm(spread))
    print(f"{name}: relative error {error:.3g}")
    assert error < 5e-3  # products round their factors to ten bits (TF32)
