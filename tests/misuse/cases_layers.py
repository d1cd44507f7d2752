"""Settings of layers that make no sense. Where the library says nothing at once, the build may say it."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from .adapters import Api, answer
from .case import case

Steps = Generator[None, None, None]

Make = Callable[[Any, Any, Any], Any]

W = np.ones(4 * 4 * 9, np.float32)

LAYERS: dict[str, Make] = {
    "convolution": lambda t, n, x: n.add_convolution_nd(x, 4, (3, 3), W),
    "deconvolution": lambda t, n, x: n.add_deconvolution_nd(x, 4, (3, 3), W),
    "pooling": lambda t, n, x: n.add_pooling_nd(x, t.PoolingType.MAX, (2, 2)),
    "softmax": lambda t, n, x: n.add_softmax(x),
    "reduce": lambda t, n, x: n.add_reduce(x, t.ReduceOperation.SUM, 2, True),
    "topk": lambda t, n, x: n.add_topk(x, t.TopKOperation.MAX, 2, 2),
    "concatenation": lambda t, n, x: n.add_concatenation([x, x]),
    "shuffle": lambda t, n, x: n.add_shuffle(x),
    "slice": lambda t, n, x: n.add_slice(x, (0, 0, 0, 0), (1, 2, 2, 2), (1, 1, 1, 1)),
    "resize": lambda t, n, x: n.add_resize(x),
    "lrn": lambda t, n, x: n.add_lrn(x, 3, 1.0, 0.5, 1.0),
    "activation": lambda t, n, x: n.add_activation(x, t.ActivationType.LEAKY_RELU),
    "scale": lambda t, n, x: n.add_scale_nd(
        x, t.ScaleMode.CHANNEL, np.ones(4, np.float32), np.ones(4, np.float32), np.ones(4, np.float32), 1
    ),
    "gather": lambda t, n, x: n.add_gather(x, n.add_constant((1,), np.zeros(1, np.int32)).get_output(0), 1),
    "padding": lambda t, n, x: n.add_padding_nd(x, (1, 1), (1, 1)),
    "cumulative": lambda t, n, x: n.add_activation(x, t.ActivationType.RELU),
}

SETTINGS: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("convolution", "num_groups", (0, -1, 3, 2**31)),
    ("convolution", "num_output_maps", (0, -4)),
    ("convolution", "stride_nd", ((0, 0), (-1, -1), (1,), (1, 1, 1), (1, 1, 1, 1))),
    ("convolution", "dilation_nd", ((0, 0), (-1, 1), (1,), (1, 1, 1))),
    ("convolution", "padding_nd", ((-1, -1), (1,), (1, 1, 1))),
    ("convolution", "pre_padding", ((-3, 0),)),
    ("convolution", "kernel_size_nd", ((0, 0), (-3, 3), (5, 5))),
    ("convolution", "padding_mode", (99, None)),
    ("deconvolution", "num_groups", (0, -1)),
    ("deconvolution", "stride_nd", ((0, 0), (-1, 1))),
    ("pooling", "window_size_nd", ((0, 0), (-1, 2), (99, 99), (2,), (1, 1, 1))),
    ("activation", "name", ("",)),
    ("pooling", "stride_nd", ((0, 0), (-2, 2))),
    ("pooling", "padding_nd", ((-1, -1),)),
    ("pooling", "blend_factor", (math.nan, -1.0, 2.0, "x")),
    ("softmax", "axes", (0, 3, 1 << 7, -1)),
    ("reduce", "axes", (0, 1 << 7, -1)),
    ("topk", "k", (0, -1, 5000)),
    ("topk", "axes", (0, 3, 1 << 9)),
    ("concatenation", "axis", (4, -9, 2**31)),
    ("shuffle", "reshape_dims", ((3, 3), (-1, -1), (-2, 4), (2,) * 9)),
    ("shuffle", "first_transpose", ((0, 0, 1, 2), (5, 0, 1, 2), (0, 1, 2, 3, 4, 5, 6, 7, 8), None)),
    ("slice", "start", ((0, 0, 0, -5), (0, 0, 0, 7), (0,))),
    ("slice", "shape", ((1, 2, 2, -2), (1, 2, 2, 99))),
    ("slice", "stride", ((1, 1, 1), (1, 1, 1, 2**33))),
    ("resize", "scales", ((1, 1, -2.0, 2.0), (1, 1, math.nan, 1), (1, 1, 0.0, 1.0), (2.0,), ())),
    ("resize", "shape", ((1, 4, -7, 8), (1, 4))),
    ("resize", "cubic_coeff", (math.nan, math.inf)),
    ("lrn", "window_size", (2, 0, -1, 99)),
    ("lrn", "alpha", (math.nan, math.inf)),
    ("lrn", "beta", (math.nan, -1.0)),
    ("lrn", "k", (0.0, math.nan)),
    ("activation", "alpha", (math.nan, "x", None, 1e300)),
    ("scale", "channel_axis", (9, -2)),
    ("gather", "axis", (9, -9)),
    ("gather", "num_elementwise_dims", (-1, 7)),
    ("padding", "pre_padding_nd", ((1,), (-30, -30))),
)


@case(
    "a setting of a layer that makes no sense",
    "{1}",
    "the culprit",
    variants={
        f"{kind}.{name} = {value}"[:60]: (kind, name, value) for kind, name, values in SETTINGS for value in values
    },
)
def layer_setting(api: Api, kind: str, name: str, value: Any) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    layer = LAYERS[kind](api.t, network, api.input(network))
    if kind == "resize" and name == "cubic_coeff":
        layer.scales = (1, 1, 2, 2)
        layer.resize_mode = api.t.InterpolationMode.CUBIC
    layer.name = "the culprit"
    yield
    setattr(layer, name, value)
    network.mark_output(layer.get_output(0))
    api.build(builder, network)


ADDS: dict[str, Make] = {
    "convolution of 0 maps": lambda t, n, x: n.add_convolution_nd(x, 0, (3, 3), W),
    "convolution of -4 maps": lambda t, n, x: n.add_convolution_nd(x, -4, (3, 3), W),
    "convolution with kernel 0": lambda t, n, x: n.add_convolution_nd(x, 4, (0, 0), W),
    "convolution with kernel of rank 1": lambda t, n, x: n.add_convolution_nd(x, 4, (9,), W),
    "convolution with kernel of rank 5": lambda t, n, x: n.add_convolution_nd(x, 4, (1,) * 5, W[:16]),
    "pooling of window 0": lambda t, n, x: n.add_pooling_nd(x, t.PoolingType.MAX, (0, 0)),
    "pooling of window -2": lambda t, n, x: n.add_pooling_nd(x, t.PoolingType.MAX, (-2, -2)),
    "pooling of rank 1": lambda t, n, x: n.add_pooling_nd(x, t.PoolingType.MAX, (2,)),
    "reduce over nothing": lambda t, n, x: n.add_reduce(x, t.ReduceOperation.SUM, 0, True),
    "reduce over axis 7": lambda t, n, x: n.add_reduce(x, t.ReduceOperation.SUM, 1 << 7, True),
    "reduce with -1": lambda t, n, x: n.add_reduce(x, t.ReduceOperation.SUM, -1, True),
    "topk of 0": lambda t, n, x: n.add_topk(x, t.TopKOperation.MAX, 0, 2),
    "topk over two axes": lambda t, n, x: n.add_topk(x, t.TopKOperation.MAX, 1, 6),
    "gather over axis 9": lambda t, n, x: n.add_gather(x, n.add_constant((1,), np.zeros(1, np.int32)).get_output(0), 9),
    "gather with float indices": lambda t, n, x: n.add_gather(x, x, 1),
    "slice of too few dimensions": lambda t, n, x: n.add_slice(x, (0,), (1,), (1,)),
    "slice past the end": lambda t, n, x: n.add_slice(x, (0, 0, 0, 7), (1, 1, 1, 7), (1, 1, 1, 1)),
    "lrn of window 0": lambda t, n, x: n.add_lrn(x, 0, 1.0, 0.5, 1.0),
    "lrn of nan": lambda t, n, x: n.add_lrn(x, 3, math.nan, 0.5, 1.0),
    "padding of rank 1": lambda t, n, x: n.add_padding_nd(x, (1,), (1,)),
    "scale_nd over axis 9": lambda t, n, x: n.add_scale_nd(
        x, t.ScaleMode.CHANNEL, np.ones(4, np.float32), np.ones(4, np.float32), np.ones(4, np.float32), 9
    ),
    "squeeze of a dimension that is not 1": lambda t, n, x: n.add_squeeze(
        x, n.add_constant((1,), np.array([1], np.int64)).get_output(0)
    ),
    "an assertion of floats": lambda t, n, x: n.add_assertion(x, "message"),
    "a select by floats": lambda t, n, x: n.add_select(x, x, x),
    "logic of floats": lambda t, n, x: n.add_elementwise(x, x, t.ElementWiseOperation.AND),
    "an elementwise layer of two ranks": lambda t, n, x: n.add_elementwise(
        x, n.add_constant((8,), np.ones(8, np.float32)).get_output(0), t.ElementWiseOperation.SUM
    ),
    "a product of two ranks": lambda t, n, x: n.add_matrix_multiply(
        x,
        t.MatrixOperation.NONE,
        n.add_constant((8, 8), np.ones((8, 8), np.float32)).get_output(0),
        t.MatrixOperation.NONE,
    ),
    "a concatenation of two ranks": lambda t, n, x: n.add_concatenation(
        [x, n.add_constant((8,), np.ones(8, np.float32)).get_output(0)]
    ),
    "not of floats": lambda t, n, x: n.add_unary(x, t.UnaryOperation.NOT),
}


@case(
    "a layer that cannot be",
    "add_",
    "layer*",
    "axes",
    "kernel_shape",
    "output_maps",
    "window",
    "k is",
    "channel_axis",
    "indices",
    "axis is",
    "start is",
    "pre_padding is",
    "condition",
    "input2",
    "input1",
    "inputs[1]",
    variants={name: (make,) for name, make in ADDS.items()},
)
def layer_that_cannot_be(api: Api, make: Make) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network)
    yield
    layer = answer(make(api.t, network, x))
    if layer.num_outputs:
        network.mark_output(layer.get_output(0))
    else:
        network.mark_output(api.relu(network, x).get_output(0))
    api.build(builder, network)
