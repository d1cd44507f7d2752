"""Cases of quantization, control flow and transformers; see `layer_cases`."""

from __future__ import annotations

from typing import Any

import numpy as np

import trtx
from trtx import CausalMaskKind, DataType, LayerType, LoopOutput, TripLimit
from trtx import ElementWiseOperation as Element

from .layer_cases import BF16, FLOAT, HALF, SUMS, Array, Case, Network, Tensors, constant, softmax, values, whole

INT8, FP8, INT4 = DataType.INT8, DataType.FP8, DataType.INT4


def _through(kind: DataType, scale: float) -> Any:
    """Quantize and dequantize with one scale."""

    def define(n: Network, x: Tensors) -> trtx.Tensor:
        by = constant(n, scale, x["x"].dtype)
        return n.add_dequantize(n.add_quantize(x["x"], by, kind).get_output(0), by, x["x"].dtype).get_output(0)

    return define


def _int8(a: Any) -> Array:
    return np.clip(np.round(a["x"] / 0.25), -128, 127) * 0.25


def _small_float(name: str, scale: float) -> Any:
    import ml_dtypes

    kind = np.dtype(getattr(ml_dtypes, name))
    top = float(ml_dtypes.finfo(kind).max)
    return lambda a: np.clip(a["x"] / scale, -top, top).astype(np.float32).astype(kind).astype(np.float64) * scale


_WEIGHTS = whole(8, 16, seed=3, low=-8, high=8)
_SCALES = 0.5 ** (np.arange(16) % 3).astype(np.float32)


def _int4_weights(n: Network, x: Tensors) -> trtx.Tensor:
    """A product with weights of four bits, a scale for each column; TensorRT-RTX has no blocks of INT4."""
    weights = constant(n, _WEIGHTS, INT4)
    layer = n.add_dequantize(weights, constant(n, _SCALES, x["x"].dtype), x["x"].dtype)
    layer.axis = 1
    none = trtx.MatrixOperation.NONE
    return n.add_matrix_multiply(x["x"], none, layer.get_output(0), none).get_output(0)


def _dynamic(block: tuple[int, int]) -> Any:
    def define(n: Network, x: Tensors) -> trtx.Tensor:
        layer = n.add_dynamic_quantize_v2(x["x"], block, FP8, FLOAT)
        back = n.add_dequantize(*layer.outputs, x["x"].dtype)
        back.block_shape = block
        return back.get_output(0)

    return define


QUANTIZED = [
    # The inputs lie on the grid of the scale: no tie is rounded one way here and another way there.
    Case("quantize_int8", LayerType.QUANTIZE, _through(INT8, 0.25), {"x": whole(16, 16) / 4}, _int8),
    Case("dequantize_int8_saturated", LayerType.DEQUANTIZE, _through(INT8, 0.25), {"x": whole(16, 16) * 8}, _int8),
    Case(
        "quantize_fp8", LayerType.QUANTIZE, _through(FP8, 0.5), {"x": whole(16, 16)}, _small_float("float8_e4m3fn", 0.5)
    ),
    Case(
        "dequantize_int4_weights",
        LayerType.DEQUANTIZE,
        _int4_weights,
        {"x": values(4, 8)},
        lambda a: a["x"] @ (_WEIGHTS * _SCALES).astype(np.float64),
        (HALF, BF16),
        SUMS,
    ),
    Case(
        "dynamic_quantize_fp8",
        LayerType.DYNAMIC_QUANTIZE,
        _dynamic((32, 32)),
        {"x": values(64, 64)},
        lambda a: a["x"],
        (HALF, BF16),
        # Values of FP8 have three bits behind the point.
        {HALF: (0.07, 0.01), BF16: (0.07, 0.02)},
    ),
]


# Control flow


def _row_sums(kind: LoopOutput) -> Any:
    def define(n: Network, x: Tensors) -> trtx.Tensor:
        loop = n.add_loop()
        loop.add_trip_limit(constant(n, np.int32(4)), TripLimit.COUNT)
        row = loop.add_iterator(x["x"]).get_output(0)
        total = loop.add_recurrence(constant(n, np.zeros(3), x["x"].dtype))
        total.set_input(1, n.add_elementwise(total.get_output(0), row, Element.SUM).get_output(0))
        if kind is LoopOutput.LAST_VALUE:
            return loop.add_loop_output(total.get_output(0), kind).get_output(0)
        layer = loop.add_loop_output(total.get_input(1), kind)
        layer.set_input(1, constant(n, np.int32(4)))
        return layer.get_output(0)

    return define


def _while(n: Network, x: Tensors) -> trtx.Tensor:
    """Double a value as long as it is below 100."""
    loop = n.add_loop()
    value = loop.add_recurrence(x["x"])
    below = n.add_elementwise(value.get_output(0), constant(n, 100.0, x["x"].dtype), Element.LESS)
    loop.add_trip_limit(below.get_output(0), TripLimit.WHILE)
    value.set_input(1, n.add_elementwise(value.get_output(0), value.get_output(0), Element.SUM).get_output(0))
    return loop.add_loop_output(value.get_output(0), LoopOutput.LAST_VALUE).get_output(0)


def _doubled(a: Any) -> Any:
    value = a["x"]
    while value < 100:
        value = value + value
    return value


def _conditional(n: Network, x: Tensors) -> trtx.Tensor:
    conditional = n.add_if_conditional()
    conditional.set_condition(x["c"])
    inside = conditional.add_input(x["x"]).get_output(0)
    negative = n.add_unary(inside, trtx.UnaryOperation.NEG).get_output(0)
    positive = n.add_activation(inside, trtx.ActivationType.RELU).get_output(0)
    return conditional.add_output(negative, positive).get_output(0)


CONTROL = [
    Case(
        "loop_last_value",
        LayerType.LOOP_OUTPUT,
        _row_sums(LoopOutput.LAST_VALUE),
        {"x": whole(4, 3)},
        lambda a: a["x"].sum(axis=0),
    ),
    Case(
        "loop_concatenate",
        LayerType.LOOP_OUTPUT,
        _row_sums(LoopOutput.CONCATENATE),
        {"x": whole(4, 3)},
        lambda a: a["x"].cumsum(axis=0),
    ),
    Case(
        "loop_reverse",
        LayerType.LOOP_OUTPUT,
        _row_sums(LoopOutput.REVERSE),
        {"x": whole(4, 3)},
        lambda a: a["x"].cumsum(axis=0)[::-1],
    ),
    Case("loop_while", LayerType.TRIP_LIMIT, _while, {"x": np.array(3, np.float32)}, _doubled),
    *(
        Case(
            f"conditional_{str(truth).lower()}",
            LayerType.CONDITION,
            _conditional,
            {"x": whole(3, 5), "c": np.array(truth)},
            (lambda a: -a["x"]) if truth else (lambda a: np.maximum(a["x"], 0)),
        )
        for truth in (True, False)
    ),
]


# Transformers


def _attention(causal: CausalMaskKind, decomposable: bool) -> Any:
    def define(n: Network, x: Tensors) -> trtx.Tensor:
        attention = n.add_attention_v2(x["q"], x["k"], x["v"], trtx.AttentionNormalizationOp.SOFTMAX, causal)
        attention.decomposable = decomposable
        return attention.get_output(0)

    return define


def _attended(causal: bool) -> Any:
    def reference(a: Any) -> Array:
        # TensorRT-RTX scales nothing: whoever wants 1 / sqrt(head size) multiplies the query with it.
        scores = a["q"] @ a["k"].swapaxes(-1, -2)
        if causal:
            scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
        return softmax(scores) @ a["v"]

    return reference


_QKV = {
    "q": values(1, 2, 64, 64, low=-0.25, high=0.25),
    "k": values(1, 2, 64, 64, seed=1),
    "v": values(1, 2, 64, 64, seed=2),
}
_COS, _SIN = (
    f(np.arange(8)[:, None] * np.array([1, 0.1, 0.01, 0.001]))[None].astype(np.float32) for f in (np.cos, np.sin)
)


def _rotary(interleaved: bool) -> Any:
    return lambda n, x: n.add_rotary_embedding(x["x"], x["cos"], x["sin"], interleaved, 0).get_output(0)


def _rotated(interleaved: bool) -> Any:
    def reference(a: Any) -> Array:
        x, cos, sin = a["x"], a["cos"][:, None], a["sin"][:, None]
        left, right = (x[..., ::2], x[..., 1::2]) if interleaved else np.split(x, 2, axis=-1)
        parts = left * cos - right * sin, left * sin + right * cos
        return np.stack(parts, axis=-1).reshape(x.shape) if interleaved else np.concatenate(parts, axis=-1)

    return reference


def _cache(n: Network, x: Tensors) -> trtx.Tensor:
    return n.add_kv_cache_update(x["cache"], x["update"], x["start"], trtx.KVCacheMode.LINEAR).get_output(0)


def _updated(a: Any) -> Array:
    result = a["cache"].copy()
    for batch, start in enumerate(a["start"]):
        result[batch, :, start : start + a["update"].shape[2]] = a["update"][batch]
    return result


TRANSFORMER = [
    *(
        Case(
            f"attention_{'decomposed' if decomposed else 'fused'}{'_causal' if causal else ''}",
            LayerType.ATTENTION_OUTPUT,
            _attention(CausalMaskKind.UPPER_LEFT if causal else CausalMaskKind.NONE, decomposed),
            _QKV,
            _attended(causal),
            (FLOAT,) if decomposed else (HALF, BF16),
            SUMS,
        )
        for decomposed in (False, True)
        for causal in (False, True)
    ),
    *(
        Case(
            f"rotary_embedding{'_interleaved' if interleaved else ''}",
            LayerType.ROTARY_EMBEDDING,
            _rotary(interleaved),
            {"x": values(1, 2, 8, 8), "cos": _COS, "sin": _SIN},
            _rotated(interleaved),
        )
        for interleaved in (False, True)
    ),
    Case(
        "kv_cache_update",
        LayerType.KVCACHE_UPDATE,
        _cache,
        {"cache": whole(2, 2, 8, 4), "update": whole(2, 2, 1, 4, seed=1), "start": np.array([3, 5], np.int32)},
        _updated,
        in_place="cache",
    ),
]

CASES = [*QUANTIZED, *CONTROL, *TRANSFORMER]
