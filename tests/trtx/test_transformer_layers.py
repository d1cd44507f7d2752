"""Rotary embeddings, caches, dynamic quantization and their like: what is built, defined, and refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import trtx
from trtx import CollectiveOperation, ReduceOperation
from trtx import NetworkDefinition as Network

FLOAT, HALF, INT32, INT64 = trtx.DataType.FLOAT, trtx.DataType.HALF, trtx.DataType.INT32, trtx.DataType.INT64
FP8, FP4, E8M0 = trtx.DataType.FP8, trtx.DataType.FP4, trtx.DataType.E8M0
LINEAR = trtx.KVCacheMode.LINEAR


def constant(network: Network, value: Any) -> trtx.Tensor:
    array = np.asarray(value)
    return network.add_constant(array.shape, array).get_output(0)


def build(builder: trtx.Builder, network: Network, *outputs: trtx.Tensor) -> int:
    for output in outputs:
        network.mark_output(output)
    with builder.build_serialized_network(network, builder.create_config()) as memory:
        return memory.nbytes


@pytest.mark.parametrize("interleaved", [False, True])
def test_rotary_embedding_with_position_ids(builder: trtx.Builder, network: Network, interleaved: bool) -> None:
    x = network.add_input("x", HALF, (1, 2, 8, 16))
    caches = network.add_input("cos", HALF, (32, 4)), network.add_input("sin", HALF, (32, 4))
    layer = network.add_rotary_embedding(x, *caches, interleaved, 8)
    layer.set_input(3, network.add_input("ids", INT64, (1, 8)))
    assert (layer.interleaved, layer.rotary_embedding_dim, layer.num_inputs) == (interleaved, 8, 4)
    assert build(builder, network, layer.get_output(0))


def test_rotary_embedding_without_position_ids(builder: trtx.Builder, network: Network) -> None:
    x = network.add_input("x", FLOAT, (1, 2, 8, 16))
    caches = network.add_input("cos", FLOAT, (1, 8, 8)), network.add_input("sin", FLOAT, (1, 8, 8))
    layer = network.add_rotary_embedding(
        input=x, cos_cache=caches[0], sin_cache=caches[1], interleaved=False, rotary_embedding_dim=0
    )
    assert layer.get_output(0).shape == (1, 2, 8, 16)
    assert build(builder, network, layer.get_output(0))


@pytest.mark.parametrize("dtype", [FLOAT, HALF])
def test_a_cache_is_updated(builder: trtx.Builder, network: Network, dtype: trtx.DataType) -> None:
    cache, update = network.add_input("cache", dtype, (2, 4, 32, 16)), network.add_input("update", dtype, (2, 4, 1, 16))
    layer = network.add_kv_cache_update(cache, update, network.add_input("start", INT32, (2,)), cache_mode=LINEAR)
    assert (layer.cache_mode, layer.update_form) == (LINEAR, trtx.AttentionIOForm.PADDED_BHND)
    assert layer.get_output(0).shape == (2, 4, 32, 16)
    assert build(builder, network, layer.get_output(0))


def test_a_packed_update(builder: trtx.Builder, network: Network) -> None:
    cache, update = network.add_input("cache", HALF, (2, 4, 32, 16)), network.add_input("update", HALF, (5, 4, 16))
    layer = network.add_kv_cache_update(cache, update, network.add_input("start", INT32, (2,)), LINEAR)
    lengths = network.add_input("lengths", INT32, (3,))
    assert layer.update_lengths is None
    layer.update_form = trtx.AttentionIOForm.PACKED_NHD
    layer.update_lengths = None
    layer.update_lengths = lengths
    assert layer.update_lengths is lengths
    assert build(builder, network, layer.get_output(0))
    layer.update_lengths = None
    assert layer.update_lengths is None


def test_nvfp4_is_built(builder: trtx.Builder, network: Network) -> None:
    x = network.add_input("x", HALF, (64, 64))
    layer = network.add_dynamic_quantize(x, axis=1, block_size=16, output_type=FP4, scale_type=FP8)
    scale = constant(network, np.float32(1))
    layer.set_input(1, scale)
    assert (layer.axis, layer.block_size, layer.to_type, layer.scale_type) == (1, 16, FP4, FP8)
    values, scales = layer.outputs
    assert (values.dtype, values.shape, scales.dtype, scales.shape) == (FP4, (64, 64), FP8, (64, 4))
    again = network.add_dequantize(values, scales, HALF)
    again.block_shape = (1, 16)
    assert build(builder, network, again.get_output(0))


@pytest.mark.parametrize(("block", "scale_type", "count"), [((1, 32), E8M0, (64, 2)), ((32, 32), FLOAT, (2, 2))])
def test_fp8_in_blocks_is_built(
    builder: trtx.Builder, network: Network, block: tuple[int, int], scale_type: trtx.DataType, count: tuple[int, int]
) -> None:
    x = network.add_input("x", HALF, (64, 64))
    layer = network.add_dynamic_quantize_v2(x, block_shape=block, output_type=FP8, scale_type=scale_type)
    values, scales = layer.outputs
    assert (layer.block_shape, values.dtype, scales.shape, scales.dtype) == (block, FP8, count, scale_type)
    back = network.add_dequantize(values, scales, HALF)
    back.block_shape = block
    assert build(builder, network, back.get_output(0))


def mixture(network: Network) -> trtx.MoELayer:
    hidden = network.add_input("hidden", HALF, (1, 8, 64))
    chosen, scores = network.add_input("experts", INT32, (1, 8, 2)), network.add_input("scores", HALF, (1, 8, 2))
    layer = network.add_moe(hidden, chosen, scores)
    up, down = (
        constant(network, np.ones((4, 64, 128), np.float16)),
        constant(network, np.ones((4, 128, 64), np.float16)),
    )
    layer.set_gated_weights(
        fc_gate_weights=up, fc_up_weights=up, fc_down_weights=down, activation_type=trtx.MoEActType.SILU
    )
    return layer


def test_a_mixture_of_experts_is_defined_and_has_no_kernel(builder: trtx.Builder, network: Network) -> None:
    layer = mixture(network)
    wide, narrow = constant(network, np.ones((4, 128), np.float16)), constant(network, np.ones((4, 64), np.float16))
    layer.set_gated_biases(fc_gate_biases=wide, fc_up_biases=wide, fc_down_biases=narrow)
    layer.set_swiglu_params(limit=7.0, alpha=1.5, beta=1.0)
    assert (layer.swiglu_param_limit, layer.swiglu_param_alpha, layer.swiglu_param_beta) == (7.0, 1.5, 1.0)
    assert (layer.activation_type, layer.num_inputs) == (trtx.MoEActType.SILU, 9)
    assert layer.get_output(0).shape == (1, 8, 64)
    with pytest.raises(trtx.BuilderError, match="Cannot decompose operation"):
        build(builder, network, layer.get_output(0))


def test_a_mixture_of_experts_that_quantizes(network: Network) -> None:
    layer = mixture(network)
    assert layer.quantization_to_type is FLOAT
    layer.set_quantization_static(constant(network, np.float32(0.1)), data_type=FP8)
    assert layer.quantization_to_type is FP8
    with pytest.raises(trtx.NetworkError, match="not supported yet"):
        layer.set_quantization_dynamic_dbl_q(
            constant(network, np.float32(0.1)), data_type=FP4, block_shape=(1, 1, 1, 16), dyn_q_output_scale_type=FP8
        )


@pytest.mark.parametrize("indices_type", [INT32, INT64, np.int64])
def test_what_has_no_kernel_is_defined(builder: trtx.Builder, network: Network, indices_type: Any) -> None:
    expected = INT32 if indices_type is INT32 else INT64
    non_zero = network.add_non_zero(network.add_input("x", FLOAT, (3, 4)), indices_type)
    assert (non_zero.indices_type, non_zero.get_output(0).shape) == (expected, (2, -1))
    boxes, scores = network.add_input("boxes", FLOAT, (1, 10, 4)), network.add_input("scores", FLOAT, (1, 10, 3))
    nms = network.add_nms(boxes, scores, constant(network, np.int32(3)), indices_type=indices_type)
    assert (nms.indices_type, nms.num_outputs, nms.bounding_box_format.name) == (expected, 2, "CORNER_PAIRS")
    nms.topk_box_limit = 100
    assert nms.topk_box_limit == 100
    for layer in (non_zero, nms):
        network.mark_output(layer.get_output(0))
        with pytest.raises(trtx.BuilderError, match="has no runners that implement it"):
            builder.build_serialized_network(network, builder.create_config())
        network.unmark_output(layer.get_output(0))


@pytest.mark.parametrize("operation", list(CollectiveOperation))
def test_collectives_are_built(builder: trtx.Builder, network: Network, operation: CollectiveOperation) -> None:
    reduces = operation.name in ("ALL_REDUCE", "REDUCE", "REDUCE_SCATTER")
    rooted = operation.name in ("REDUCE", "BROADCAST", "GATHER", "SCATTER")
    x = network.add_input("x", FLOAT, (4, 4))
    add = network.add_dist_collective
    layer = add(x, operation, ReduceOperation.SUM if reduces else None, 0 if rooted else None, (0, 1))
    layer.num_ranks = 2
    assert isinstance(layer, trtx.DistCollectiveLayer)
    assert build(builder, network, layer.get_output(0))
    if not reduces:
        words = rf"^reduce_op is .*; allowed is None for CollectiveOperation\.{operation.name}"
        with pytest.raises(trtx.InvalidArgumentError, match=words):
            add(x, operation, ReduceOperation.SUM, 0 if rooted else None)
    else:
        with pytest.raises(trtx.InvalidArgumentError, match=r"^reduce_op is None; allowed is a reduction for"):
            add(x, operation, None, 0 if rooted else None)
    reduction = ReduceOperation.MAX if reduces else None
    if rooted:
        with pytest.raises(trtx.InvalidArgumentError, match=r"^root is None; allowed is the number of a GPU for"):
            add(x, operation, reduction)
    else:
        with pytest.raises(trtx.InvalidArgumentError, match=r"^root is 0; allowed is None for"):
            add(x, operation, reduction, 0)
        add(x, operation, reduction, -1)


Misuse = Callable[[Network, trtx.Tensor], object]


def _half(name: str, shape: tuple[int, ...]) -> Callable[[Network], trtx.Tensor]:
    return lambda network: network.add_input(name, HALF, shape)


def _rotary(n: Network, x: trtx.Tensor, *, cache: Any = None, dim: Any = 0) -> object:
    made = (cache or _half("c", (32, 8)))(n)
    return n.add_rotary_embedding(x, made, made, False, dim)


def _cache(n: Network, x: trtx.Tensor, *, update: Any = None, start: Any = None) -> object:
    return n.add_kv_cache_update(x, update or x, start or n.add_input("start", INT32, (1,)), LINEAR)


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (lambda n, x: _rotary(n, x, dim=7), "^rotary_embedding_dim is 7; allowed is an even number"),
        (lambda n, x: _rotary(n, x, dim=18), "^rotary_embedding_dim is 18; allowed is an integer from 0 to 16"),
        (lambda n, x: _rotary(n, x, cache=_half("c", (8,))), r"^cos_cache \('c'\) has the shape \(8,\)"),
        (lambda n, x: _rotary(n, x, cache=lambda n: n.add_input("c", FLOAT, (8, 8))), r"^cos_cache \('c'\) is FLOAT"),
        (lambda n, x: n.add_rotary_embedding(x, x, x, 0, 0), r"^cos_cache \('x'\) has the shape"),
        (lambda n, x: _rotary(n, n.add_input("y", HALF, (2, 8, 16))), r"^input \('y'\) has the shape \(2, 8, 16\)"),
        (lambda n, x: _cache(n, x, update=n.add_input("u", FLOAT, (1, 2, 1, 16))), r"^update \('u'\) is FLOAT"),
        (lambda n, x: _cache(n, x, update=n.add_input("u", HALF, (1, 16))), r"^update \('u'\) has the shape \(1, 16\)"),
        (lambda n, x: _cache(n, x, start=n.add_input("s", INT64, (1,))), r"^write_indices \('s'\) is INT64"),
        (lambda n, x: _cache(n, x, start=n.add_input("s", INT32, (1, 1))), r"^write_indices \('s'\) has the shape"),
        (lambda n, x: _cache(n, n.add_identity(x).get_output(0)), "^cache is .*; allowed is an input of the network"),
        (lambda n, x: n.add_kv_cache_update(x, x, x, 0), r"^cache_mode is 0; allowed is a member of trtx\.KVCacheMode"),
        (lambda n, x: n.add_dynamic_quantize(x, 4, 16, FP4, FP8), "^axis is 4; allowed is an integer from -4 to 3"),
        (lambda n, x: n.add_dynamic_quantize(x, 1, 0, FP4, FP8), "^block_size is 0"),
        (lambda n, x: n.add_dynamic_quantize(x, 1, 16, trtx.int8, FP8), "^output_type is .*DataType.FP8 or"),
        (lambda n, x: n.add_dynamic_quantize(x, 1, 16, 9, FP8), "^output_type is 9; allowed is a trtx.DataType"),
        (lambda n, x: n.add_dynamic_quantize_v2(x, (1, 32), FP8, E8M0), r"^block_shape is \(1, 32\); allowed is 4 dim"),
        (lambda n, x: n.add_dynamic_quantize_v2(x, (1, 1, 1, -2), FP8, E8M0), r"^block_shape\[3\] is -2"),
        (lambda n, x: n.add_dynamic_quantize_v2(None, (1,), FP8, E8M0), "^input is None; allowed is a trtx"),
        (lambda n, x: n.add_moe(x, x, x), r"^selected_experts_for_tokens \('x'\) is HALF; allowed are INT32 and INT64"),
        (lambda n, x: n.add_non_zero(constant(n, np.float32(1))), "at least 1 dimension"),
        (lambda n, x: n.add_non_zero(x, FLOAT), "^indices_type is .*; allowed is DataType.INT32 or DataType.INT64"),
        (lambda n, x: n.add_nms(x, x, constant(n, np.int32(1))), r"^scores \('x'\) has the shape .*: 3 dimensions"),
        (lambda n, x: n.add_dist_collective(x, 0), r"^dist_collective_op is 0; allowed is a member of trtx\.Coll"),
        (
            lambda n, x: n.add_dist_collective(x, CollectiveOperation.ALL_GATHER, groups=(1, 1)),
            r"^groups is \(1, 1\); allowed is None, or at least one number, and each once",
        ),
        (lambda n, x: n.add_dist_collective(x, CollectiveOperation.ALL_GATHER, groups=[-1]), r"^groups\[0\] is -1"),
        (lambda n, x: n.add_dist_collective(x, CollectiveOperation.ALL_GATHER, groups=3), "^groups is 3"),
    ],
)  # fmt: skip
def test_mistakes_are_named_before_the_library(network: Network, misuse: Misuse, words: str) -> None:
    x = network.add_input("x", HALF, (1, 2, 8, 16))
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        misuse(network, x)
    assert not [layer for layer in network if not isinstance(layer, trtx.IdentityLayer | trtx.ConstantLayer)]


def test_tensors_of_another_network_are_refused(builder: trtx.Builder, network: Network) -> None:
    other, layer = builder.create_network().add_input("other", HALF, (1, 2, 8, 16)), mixture(network)
    for use in (
        lambda: network.add_rotary_embedding(other, other, other, False, 0),
        lambda: network.add_kv_cache_update(other, other, other, LINEAR),
        lambda: network.add_moe(other, other, other),
        lambda: network.add_dynamic_quantize_v2(other, (1, 1, 1, 1), FP8, E8M0),
        lambda: network.add_non_zero(other),
        lambda: network.add_nms(other, other, other),
        lambda: network.add_dist_collective(other, CollectiveOperation.ALL_GATHER),
        lambda: layer.set_gated_weights(other, other, other, trtx.MoEActType.SILU),
        lambda: layer.set_gated_biases(other, other, other),
        lambda: layer.set_quantization_static(other, FP8),
        lambda: layer.set_input(0, other),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match="is the tensor 'other' of another network"):
            use()
