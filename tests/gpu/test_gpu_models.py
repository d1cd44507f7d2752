"""Real architectures from the onnx package, compared with the outputs that come with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import run

onnx = pytest.importorskip("onnx", reason="package onnx")


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
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    path = folder / f"light_{name}.onnx"
    if not path.is_file():
        pytest.skip(f"the installed onnx has no {path.name}")
    expected = onnx.numpy_helper.to_array(onnx.load_tensor(str(folder / f"light_{name}_output_0.pb")))
    builder = trtx.Builder(logger)
    network = builder.create_network()
    trtx.OnnxParser(network, logger).parse_from_file(path)
    engine = runtime.deserialize_cuda_engine(builder.build_serialized_network(network, builder.create_config()))
    (x,) = [info for info in engine.io_tensors if info.mode is trtx.TensorIOMode.INPUT]
    assert x.shape is not None
    # The input that onnx' own test runner makes for these models.
    count = int(np.prod(x.shape))
    values = (np.arange(count).reshape(x.shape) / count).astype(np.float32)
    (output,) = run(engine.create_execution_context(), {x.name: values}, stream).values()
    deviation = float(np.abs(output - expected.reshape(output.shape)).max())
    record_property("deviation", deviation)
    print(f"{name}: largest deviation {deviation:.3g}, largest value {float(np.abs(expected).max()):.3g}")
    np.testing.assert_allclose(output, expected.reshape(output.shape), rtol=1e-3, atol=1e-5)
