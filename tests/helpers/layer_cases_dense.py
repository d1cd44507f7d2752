"""Cases of layers that sum, move and select; see `layer_cases`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import trtx
from trtx import ElementWiseOperation as Element
from trtx import LayerType, MatrixOperation, PoolingType, ReduceOperation

from .layer_cases import (
    FLOAT,
    HALF,
    INT32,
    NUMBERS,
    SUMS,
    Array,
    Case,
    Network,
    Tensors,
    constant,
    softmax,
    values,
    whole,
)

KERNEL = values(4, 3, 3, 3, seed=5, low=-0.5, high=0.5)
BIAS = values(4, seed=6)


def _kernel(x: trtx.Tensor, array: Array) -> Any:
    return array.astype(trtx.nptype(x.dtype))


def convolved(x: Array, kernel: Array, bias: Array) -> Array:
    """Convolution of a stride of one and without padding."""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, kernel) + bias[:, None, None]


def deconvolved(x: Array, kernel: Array) -> Array:
    """Transposed convolution of the kernel's size as stride."""
    n, _, h, w = x.shape
    spread = np.einsum("nchw,coij->nohiwj", x, kernel)
    return spread.reshape(n, kernel.shape[1], h * kernel.shape[2], w * kernel.shape[3])


def _convolution(n: Network, x: Tensors) -> trtx.Tensor:
    return n.add_convolution_nd(x["x"], 4, (3, 3), _kernel(x["x"], KERNEL), _kernel(x["x"], BIAS)).get_output(0)


def _deconvolution(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_deconvolution_nd(x["x"], 3, (2, 2), _kernel(x["x"], KERNEL[:, :, :2, :2]))
    layer.stride_nd = (2, 2)
    return layer.get_output(0)


def _pooling(kind: PoolingType, reference: Callable[[Array], Any]) -> Case:
    def define(n: Network, x: Tensors) -> trtx.Tensor:
        layer = n.add_pooling_nd(x["x"], kind, (2, 2))
        layer.stride_nd = (2, 2)
        return layer.get_output(0)

    def pooled(a: Any) -> Any:
        x = a["x"]
        return reference(x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2))

    return Case(f"pooling_{kind.name.lower()}", LayerType.POOLING, define, {"x": values(1, 3, 8, 8)}, pooled)


def _reduce(kind: ReduceOperation, reference: Callable[..., Any]) -> Case:
    return Case(
        f"reduce_{kind.name.lower()}",
        LayerType.REDUCE,
        lambda n, x: n.add_reduce(x["x"], kind, (1,), keep_dims=True).get_output(0),
        {"x": values(3, 8, 5, low=0.5, high=1.5)},
        lambda a: reference(a["x"], axis=1, keepdims=True),
    )


def _normalized(x: Array) -> Array:
    mean, spread = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
    return (x - mean) / np.sqrt(spread + 1e-3)


def _normalization(n: Network, x: Tensors) -> trtx.Tensor:
    one, zero = (constant(n, np.full((1, 3, 1, 1), value), x["x"].dtype) for value in (1, 0))
    layer = n.add_normalization(x["x"], one, zero, (2, 3))
    layer.epsilon = 1e-3
    return layer.get_output(0)


def _lrn(x: Array) -> Array:
    padded = np.pad(x**2, ((0, 0), (1, 1), (0, 0), (0, 0)))
    total = sum(padded[:, i : i + x.shape[1]] for i in range(3))
    return x / (1 + 0.5 * total / 3) ** 0.75


def _softmax(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_softmax(x["x"])
    layer.axes = 0b10  # as made, it goes along the first dimension of a matrix
    return layer.get_output(0)


DENSE = [
    Case(
        "convolution",
        LayerType.CONVOLUTION,
        _convolution,
        {"x": values(1, 3, 8, 8)},
        lambda a: convolved(a["x"], KERNEL, BIAS),
        tolerances=SUMS,
    ),
    Case(
        "deconvolution",
        LayerType.DECONVOLUTION,
        _deconvolution,
        {"x": values(1, 4, 5, 5)},
        lambda a: deconvolved(a["x"], KERNEL[:, :, :2, :2]),
        (FLOAT, HALF),
        tolerances=SUMS,
    ),
    Case(
        "matrix_multiply",
        LayerType.MATRIX_MULTIPLY,
        lambda n, x: n.add_matrix_multiply(x["x"], MatrixOperation.NONE, x["y"], MatrixOperation.TRANSPOSE).get_output(
            0
        ),
        {"x": values(2, 16, 32), "y": values(2, 8, 32, seed=1)},
        lambda a: a["x"] @ a["y"].transpose(0, 2, 1),
        tolerances=SUMS,
    ),
    Case(
        "einsum",
        LayerType.EINSUM,
        lambda n, x: n.add_einsum([x["x"], x["y"]], "bij,bkj->bik").get_output(0),
        {"x": values(2, 16, 32), "y": values(2, 8, 32, seed=1)},
        lambda a: np.einsum("bij,bkj->bik", a["x"], a["y"]),
        tolerances=SUMS,
    ),
    _pooling(PoolingType.MAX, lambda x: x.max(axis=(3, 5))),
    _pooling(PoolingType.AVERAGE, lambda x: x.mean(axis=(3, 5))),
    _reduce(ReduceOperation.SUM, np.sum),
    _reduce(ReduceOperation.PROD, np.prod),
    _reduce(ReduceOperation.MAX, np.max),
    _reduce(ReduceOperation.MIN, np.min),
    _reduce(ReduceOperation.AVG, np.mean),
    Case(
        "softmax",
        LayerType.SOFTMAX,
        _softmax,
        {"x": values(4, 17)},
        lambda a: softmax(a["x"], 1),
    ),
    Case(
        "normalization",
        LayerType.NORMALIZATION,
        _normalization,
        {"x": values(2, 3, 6, 6)},
        lambda a: _normalized(a["x"]),
        tolerances=SUMS,
    ),
    Case(
        "lrn",
        LayerType.LRN,
        lambda n, x: n.add_lrn(x["x"], 3, 0.5, 0.75, 1.0).get_output(0),
        {"x": values(1, 6, 4, 4)},
        lambda a: _lrn(a["x"]),
        (FLOAT, HALF),
    ),
    Case(
        "scale",
        LayerType.SCALE,
        lambda n, x: n.add_scale(
            x["x"],
            trtx.ScaleMode.UNIFORM,
            _kernel(x["x"], np.array([0.5])),
            _kernel(x["x"], np.array([2.0])),
            _kernel(x["x"], np.array([1.0])),
        ).get_output(0),
        {"x": values(1, 3, 4, 4)},
        lambda a: 2 * a["x"] + 0.5,
    ),
    Case(
        "parametric_relu",
        LayerType.PARAMETRIC_RELU,
        lambda n, x: n.add_parametric_relu(x["x"], x["slopes"]).get_output(0),
        {"x": values(1, 3, 4, 4), "slopes": values(1, 3, 1, 1, seed=1)},
        lambda a: np.where(a["x"] < 0, a["slopes"] * a["x"], a["x"]),
    ),
    Case(
        "topk",
        LayerType.TOPK,
        lambda n, x: n.add_topk(x["x"], trtx.TopKOperation.MAX, 3, (1,)).get_output(0),
        {"x": values(4, 16)},
        lambda a: -np.sort(-a["x"], axis=1)[:, :3],
    ),
    Case(
        "cumulative",
        LayerType.CUMULATIVE,
        lambda n, x: n.add_cumulative(
            x["x"], constant(n, np.int32(1)), trtx.CumulativeOperation.SUM, False, False
        ).get_output(0),
        {"x": whole(3, 10)},
        lambda a: np.cumsum(a["x"], axis=1),
        (FLOAT, HALF),
    ),
]

ROWS = np.array([2, 0, 1], np.int32)


def _shuffle(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_shuffle(x["x"])
    layer.first_transpose = (1, 0, 2)
    layer.reshape_dims = (6, 4)
    return layer.get_output(0)


def _joined(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_concatenation([x["x"], x["y"]])
    layer.axis = 1
    return layer.get_output(0)


def _resized(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_resize(x["x"])
    layer.shape = (1, 3, 8, 8)
    layer.resize_mode = trtx.InterpolationMode.NEAREST
    return layer.get_output(0)


def _one_hot(n: Network, x: Tensors) -> trtx.Tensor:
    return n.add_one_hot(x["i"], x["x"], constant(n, np.int32(4)), -1).get_output(0)


def _filled(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_fill((5,), trtx.FillOperation.LINSPACE)
    layer.set_input(1, constant(n, np.float32(1)))
    layer.set_input(2, constant(n, np.array([0.5], np.float32)))
    return n.add_elementwise(layer.get_output(0), x["x"], Element.SUM).get_output(0)


def _scattered(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_scatter(x["x"], x["i"], x["u"], trtx.ScatterMode.ELEMENT)
    layer.axis = 0
    return layer.get_output(0)


def _put(a: Any) -> Array:
    result = a["x"].copy()
    np.put_along_axis(result, a["i"].astype(np.int64), a["u"], axis=0)
    return result


def _reversed(n: Network, x: Tensors) -> trtx.Tensor:
    return n.add_reverse_sequence(x["x"], constant(n, np.array([3, 2], np.int32))).get_output(0)


def _reverse(a: Any) -> Array:
    result = a["x"].copy()
    for batch, length in enumerate((3, 2)):
        result[:length, batch] = result[:length, batch][::-1]
    return result


def _dims(n: Network, x: Tensors) -> trtx.Tensor:
    wide = n.add_unsqueeze(x["x"], constant(n, np.array([0, 2], np.int64))).get_output(0)
    return n.add_squeeze(wide, constant(n, np.array([2], np.int64))).get_output(0)


def _sampled(n: Network, x: Tensors) -> trtx.Tensor:
    layer = n.add_grid_sample(x["x"], x["g"])
    layer.interpolation_mode, layer.align_corners = trtx.InterpolationMode.NEAREST, True
    return layer.get_output(0)


_GRID = np.stack(np.meshgrid(*[np.linspace(-1, 1, 4)] * 2), axis=-1)[None].astype(np.float32)

SHAPE = [
    Case(
        "identity",
        LayerType.IDENTITY,
        lambda n, x: n.add_identity(x["x"]).get_output(0),
        {"x": values(3, 5)},
        lambda a: a["x"],
    ),
    Case(
        "cast",
        LayerType.CAST,
        lambda n, x: n.add_cast(x["x"], INT32).get_output(0),
        {"x": values(3, 5, low=-9, high=9)},
        lambda a: np.trunc(a["x"]).astype(np.int32),
    ),
    Case(
        "constant",
        LayerType.CONSTANT,
        lambda n, x: n.add_elementwise(
            x["x"], constant(n, np.arange(5).reshape(1, 5), x["x"].dtype), Element.SUM
        ).get_output(0),
        {"x": whole(3, 5)},
        lambda a: a["x"] + np.arange(5),
        NUMBERS,
    ),
    Case(
        "shuffle",
        LayerType.SHUFFLE,
        _shuffle,
        {"x": whole(2, 3, 4)},
        lambda a: a["x"].transpose(1, 0, 2).reshape(6, 4),
        NUMBERS,
    ),
    Case(
        "concatenation",
        LayerType.CONCATENATION,
        _joined,
        {"x": whole(2, 3), "y": whole(2, 4, seed=1)},
        lambda a: np.concatenate([a["x"], a["y"]], axis=1),
        NUMBERS,
    ),
    Case(
        "slice",
        LayerType.SLICE,
        lambda n, x: n.add_slice(x["x"], (1, 0), (2, 3), (1, 2)).get_output(0),
        {"x": whole(4, 6)},
        lambda a: a["x"][1:3, ::2],
        NUMBERS,
    ),
    Case(
        "gather",
        LayerType.GATHER,
        lambda n, x: n.add_gather(x["x"], x["i"], 0).get_output(0),
        {"x": whole(4, 6), "i": ROWS},
        lambda a: a["x"][a["i"]],
        NUMBERS,
    ),
    Case(
        "scatter",
        LayerType.SCATTER,
        _scattered,
        {"x": whole(4, 3), "i": np.array([[1, 0, 2]], np.int32), "u": whole(1, 3, seed=1)},
        _put,
    ),
    Case(
        "select",
        LayerType.SELECT,
        lambda n, x: n.add_select(x["c"], x["x"], x["y"]).get_output(0),
        {"c": values(3, 5) > 0, "x": whole(3, 5), "y": whole(3, 5, seed=1)},
        lambda a: np.where(a["c"], a["x"], a["y"]),
        NUMBERS,
    ),
    Case(
        "padding",
        LayerType.PADDING,
        lambda n, x: n.add_padding_nd(x["x"], (1, 0), (0, 2)).get_output(0),
        {"x": whole(1, 2, 3, 3)},
        lambda a: np.pad(a["x"], ((0, 0), (0, 0), (1, 0), (0, 2))),
    ),
    Case(
        "resize",
        LayerType.RESIZE,
        _resized,
        {"x": whole(1, 3, 4, 4)},
        lambda a: a["x"].repeat(2, axis=2).repeat(2, axis=3),
    ),
    Case(
        "one_hot",
        LayerType.ONE_HOT,
        _one_hot,
        {"i": ROWS, "x": whole(2)},
        lambda a: np.where(np.eye(4)[a["i"]], *a["x"][::-1]),
    ),
    Case("fill", LayerType.FILL, _filled, {"x": values(5)}, lambda a: a["x"] + 1 + 0.5 * np.arange(5), (FLOAT,)),
    Case("reverse_sequence", LayerType.REVERSE_SEQUENCE, _reversed, {"x": whole(4, 2, 3)}, _reverse),
    Case("squeeze", LayerType.SQUEEZE, _dims, {"x": whole(3, 5)}, lambda a: a["x"][None], NUMBERS),
    Case(
        "grid_sample",
        LayerType.GRID_SAMPLE,
        _sampled,
        {"x": whole(1, 2, 4, 4), "g": _GRID},
        lambda a: a["x"],
        (FLOAT, HALF),
    ),
    Case(
        "shape",
        LayerType.SHAPE,
        lambda n, x: n.add_shape(x["x"]).get_output(0),
        {"x": values(3, 5)},
        lambda a: np.array([3, 5], np.int64),
        (FLOAT,),
    ),
]

CASES = [*DENSE, *SHAPE]
