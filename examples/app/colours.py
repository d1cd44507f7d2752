"""A real, if small, network that needs no training: it says which colours a picture has.

Each pixel is given to the nearest of a few colours by a convolution of 1 x 1 and a softmax; the mean over all pixels is
the share of each colour.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

COLOURS = {
    "red": (0.85, 0.10, 0.12), "orange": (0.95, 0.55, 0.10), "yellow": (0.97, 0.90, 0.20), "green": (0.15, 0.60, 0.20),
    "cyan": (0.15, 0.80, 0.85), "blue": (0.12, 0.25, 0.80), "purple": (0.50, 0.15, 0.60), "pink": (0.95, 0.50, 0.70),
    "brown": (0.45, 0.28, 0.14), "black": (0.05, 0.05, 0.05), "grey": (0.50, 0.50, 0.50), "white": (0.97, 0.97, 0.97),
}  # fmt: skip
SIZE = 64
#: How sharply the nearest colour is preferred to the next.
SHARPNESS = 40.0


def model() -> onnx.ModelProto:
    """The network as ONNX: pictures N x 3 x 64 x 64, values from 0 to 1, to shares N x 12."""
    centres = np.array(list(COLOURS.values()), np.float32)
    # The nearest centre c of x has the largest 2 c.x - |c|^2.
    kernel = (2 * SHARPNESS * centres).reshape(len(centres), 3, 1, 1)
    bias = -SHARPNESS * (centres**2).sum(1)
    nodes = [
        helper.make_node("Conv", ["picture", "kernel", "bias"], ["nearness"]),
        helper.make_node("Softmax", ["nearness"], ["pixels"], axis=1),
        helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["shares"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "colours",
        [value("picture", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
        [value("shares", TensorProto.FLOAT, ["batch", len(centres)])],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(bias, "bias")],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made
