"""Attention: what the real library builds of it, its settings, and what is refused before it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import trtx
from trtx import AttentionIOForm, AttentionNormalizationOp, CausalMaskKind
from trtx import NetworkDefinition as Network

FLOAT, HALF, BF16 = trtx.DataType.FLOAT, trtx.DataType.HALF, trtx.DataType.BF16
SOFTMAX, NONE = AttentionNormalizationOp.SOFTMAX, CausalMaskKind.NONE
SHAPE = (1, 2, 64, 64)


def attending(
    network: Network, dtype: trtx.DataType = HALF, causal: CausalMaskKind = NONE, shape: tuple[int, ...] = SHAPE
) -> trtx.Attention:
    query, key, value = (network.add_input(name, dtype, shape) for name in ("query", "key", "value"))
    return network.add_attention_v2(query, key, value, SOFTMAX, causal)


def constant(network: Network, value: Any) -> trtx.Tensor:
    array = np.asarray(value)
    return network.add_constant(array.shape, array).get_output(0)


def build(builder: trtx.Builder, network: Network, output: trtx.Tensor) -> int:
    network.mark_output(output)
    with builder.build_serialized_network(network, builder.create_config()) as memory:
        return memory.nbytes


@pytest.mark.parametrize("causal", list(CausalMaskKind))
@pytest.mark.parametrize("dtype", [HALF, BF16])
def test_fused_attention_is_built(
    builder: trtx.Builder, network: Network, dtype: trtx.DataType, causal: CausalMaskKind
) -> None:
    attention = attending(network, dtype, causal)
    assert (attention.norm_op, attention.causal_kind) == (SOFTMAX, causal)
    assert (attention.get_output(0).shape, attention.get_output(0).dtype) == (SHAPE, dtype)
    assert build(builder, network, attention.get_output(0))


def test_attention_without_a_kernel_needs_to_be_decomposable(builder: trtx.Builder, network: Network) -> None:
    attention = attending(network, FLOAT)
    assert attention.decomposable is False
    with pytest.raises(trtx.BuilderError, match="not supported by a dedicated kernel"):
        build(builder, network, attention.get_output(0))
    attention.decomposable = True
    assert attention.decomposable is True
    assert build(builder, network, attention.get_output(0))


def test_the_older_method(builder: trtx.Builder, network: Network) -> None:
    query, key, value = (network.add_input(name, HALF, SHAPE) for name in "qkv")
    attention = network.add_attention(query=query, key=key, value=value, norm_op=SOFTMAX, causal=True)
    assert (attention.causal, attention.causal_kind) == (True, CausalMaskKind.UPPER_LEFT)
    attention.causal = False
    assert (attention.causal, attention.causal_kind) == (False, NONE)
    attention.causal_kind = CausalMaskKind.LOWER_RIGHT
    assert build(builder, network, attention.get_output(0))


@pytest.mark.parametrize("dtype", [np.float16, np.bool_])
def test_a_mask(builder: trtx.Builder, network: Network, dtype: type[Any]) -> None:
    attention = attending(network)
    assert attention.mask is None
    mask = constant(network, np.ones((1, 2, 64, 64), dtype))
    attention.mask = mask
    assert attention.mask is mask
    assert (attention.num_inputs, len(attention.inputs)) == (4, 3)
    assert build(builder, network, attention.get_output(0))


def test_heads_of_keys_may_be_shared(builder: trtx.Builder, network: Network) -> None:
    query = network.add_input("query", HALF, (1, 4, 64, 64))
    key, value = (network.add_input(name, HALF, SHAPE) for name in ("key", "value"))
    attention = network.add_attention_v2(query, key, value, SOFTMAX, NONE)
    assert attention.get_output(0).shape == (1, 4, 64, 64)
    assert build(builder, network, attention.get_output(0))


def test_quantized_attention_is_built(builder: trtx.Builder, network: Network) -> None:
    scale, tensors = constant(network, np.float16(0.1)), []
    for name in ("query", "key", "value"):
        x = network.add_input(name, HALF, SHAPE)
        quantized = network.add_quantize(x, scale, trtx.fp8).get_output(0)
        tensors.append(network.add_dequantize(quantized, scale, HALF).get_output(0))
    attention = network.add_attention_v2(*tensors, SOFTMAX, NONE)
    attention.normalization_quantize_scale = scale
    attention.normalization_quantize_to_type = trtx.fp8
    assert attention.normalization_quantize_scale is scale
    assert attention.normalization_quantize_to_type is trtx.fp8
    assert build(builder, network, attention.get_output(0))


def test_packed_forms_and_lengths(network: Network) -> None:
    attention = attending(network, shape=(8, 2, 16))
    lengths = network.add_input("lengths", trtx.int32, (3,))
    for name in ("query", "key_value"):
        assert getattr(attention, f"{name}_form") is AttentionIOForm.PADDED_BHND
        setattr(attention, f"{name}_form", AttentionIOForm.PACKED_NHD)
        assert getattr(attention, f"{name}_form") is AttentionIOForm.PACKED_NHD
        setattr(attention, f"{name}_lengths", lengths)
        assert getattr(attention, f"{name}_lengths") is lengths
    assert attention.get_output(0).shape == (8, 2, 16)
    for name in ("query", "key_value"):
        setattr(attention, f"{name}_lengths", None)
        assert getattr(attention, f"{name}_lengths") is None


def test_plain_settings(network: Network) -> None:
    attention = attending(network)
    for name, value in (("name", "attended"), ("metadata", "text"), ("num_ranks", 2), ("norm_op", SOFTMAX)):
        setattr(attention, name, value)
        assert getattr(attention, name) == value
    assert repr(attention) == "<trtx.Attention 'attended'>"
    for name, value, words in (
        ("name", "", "^name is ''; allowed is a str that is not empty"),
        ("name", "n" * 4096, "^name has 4096 bytes"),
        ("metadata", "m" * 4096, "^metadata has 4096 bytes"),
        ("num_ranks", 0, "^num_ranks is 0"),
        ("norm_op", 1, "^norm_op is 1"),
        ("causal_kind", True, "^causal_kind is True"),
        ("causal", 1, "^causal is 1"),
        ("decomposable", None, "^decomposable is None"),
        ("query_form", 1, "^query_form is 1"),
        ("mask", None, "^mask is None; allowed is a trtx"),
        ("normalization_quantize_scale", 0.1, "^normalization_quantize_scale is 0.1"),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=words):
            setattr(attention, name, value)
    with pytest.raises(trtx.NetworkError, match=r"Attention\.normalization_quantize_to_type failed.*kFP8"):
        attention.normalization_quantize_to_type = FLOAT


def test_a_mask_and_a_causal_kind_exclude_each_other(network: Network) -> None:
    attention = attending(network, causal=CausalMaskKind.UPPER_LEFT)
    with pytest.raises(trtx.NetworkError, match=r"Attention\.mask failed"):
        attention.mask = constant(network, np.ones(SHAPE, np.float16))
    assert attention.mask is None
    attention.causal_kind = NONE
    attention.mask = constant(network, np.ones(SHAPE, np.float16))
    with pytest.raises(trtx.NetworkError, match=r"Attention\.causal_kind failed"):
        attention.causal_kind = CausalMaskKind.UPPER_LEFT
    assert attention.causal_kind is NONE


def test_inputs_by_number(network: Network) -> None:
    attention = attending(network)
    query, key, value = network.inputs
    assert attention.inputs == (query, key, value)
    assert attention.outputs == (attention.get_output(0),)
    attention.set_input(1, query)
    assert attention.get_input(1) is query
    attention.mask = constant(network, np.ones(SHAPE, np.float16))
    for index in (3, -1, 99):  # the library would say yes to some of them
        with pytest.raises(trtx.InvalidArgumentError, match=rf"^index is {index}; allowed is 0 to 2"):
            attention.set_input(index, query)
        with pytest.raises(trtx.InvalidArgumentError, match=rf"^index is {index}; allowed is 0 to 2"):
            attention.get_input(index)
    with pytest.raises(trtx.InvalidArgumentError, match=r"^index is 1; allowed is 0 to 0"):
        attention.get_output(1)


def test_an_attention_is_one_object(network: Network) -> None:
    attention = attending(network)
    first, last = network
    assert (type(first), type(last)) == (trtx.AttentionInputLayer, trtx.AttentionOutputLayer)
    assert first.attention is last.attention is attention
    assert attention.network is network
    attention.name = "attended"
    del attention
    gc.collect()
    assert first.attention.name == "attended"
    assert first.attention.get_output(0) is last.get_output(0)


def test_what_an_attention_uses_cannot_be_removed(network: Network) -> None:
    attention = attending(network)
    attention.mask = network.add_input("mask", HALF, SHAPE)
    attention.query_lengths = network.add_input("lengths", trtx.int32, (2,))
    for tensor in network.inputs:
        with pytest.raises(trtx.InvalidArgumentError, match=r"which layer .* uses"):
            network.remove_tensor(tensor)


def test_an_attention_goes_with_its_network(network: Network) -> None:
    attention, x = attending(network), network.get_input(0)
    layer = network.get_layer(0)
    assert isinstance(layer, trtx.AttentionInputLayer)
    network.close()
    assert attention.is_closed
    for use in (
        lambda: attention.name,
        lambda: attention.mask,
        lambda: attention.inputs,
        lambda: attention.num_inputs,
        lambda: attention.get_output(0),
        lambda: attention.set_input(0, x),
        lambda: setattr(attention, "mask", x),
        lambda: setattr(attention, "decomposable", True),
        lambda: layer.attention,
    ):
        with pytest.raises(trtx.ClosedError):
            use()
    with pytest.raises(TypeError, match="cannot be made directly"):
        trtx.Attention()  # type: ignore[call-arg]


def _add(**changed: Any) -> Callable[[Network, trtx.Tensor], object]:
    def add(network: Network, x: trtx.Tensor) -> object:
        arguments = {"query": x, "key": x, "value": x, "norm_op": SOFTMAX, "causal_kind": NONE}
        made = {name: value(network) if callable(value) else value for name, value in changed.items()}
        return network.add_attention_v2(**{**arguments, **made})

    return add


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (
            _add(key=lambda n: n.add_input("y", BF16, SHAPE)),
            r"^key \('y'\) is BF16; allowed is HALF, the type of query",
        ),
        (_add(value=lambda n: n.add_input("y", FLOAT, SHAPE)), r"^value \('y'\) is FLOAT; allowed is HALF"),
        (
            _add(query=lambda n: n.add_input("y", trtx.int32, SHAPE)),
            r"^query \('y'\) is INT32; allowed are FLOAT, HALF",
        ),
        (
            _add(key=lambda n: n.add_input("y", HALF, (2, 8))),
            r"^key \('y'\) has the shape \(2, 8\); allowed: 3 to 4 dim",
        ),
        (_add(query=None), "^query is None; allowed is a trtx"),
        (_add(norm_op=1), r"^norm_op is 1; allowed is a member of trtx\.AttentionNormalizationOp"),
        (_add(causal_kind=False), r"^causal_kind is False; allowed is a member of trtx\.CausalMaskKind"),
        (lambda n, x: n.add_attention(x, x, x, SOFTMAX, 0), "^causal is 0; allowed is True or False"),
    ],
)
def test_mistakes_are_named_before_the_library(
    network: Network, misuse: Callable[[Network, trtx.Tensor], object], words: str
) -> None:
    x = network.add_input("x", HALF, SHAPE)
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        misuse(network, x)
    assert network.num_layers == 0


def test_tensors_of_another_network_are_refused(builder: trtx.Builder, network: Network) -> None:
    other, attention = builder.create_network().add_input("other", HALF, SHAPE), attending(network)
    for use in (
        lambda: network.add_attention_v2(other, other, other, SOFTMAX, NONE),
        lambda: attention.set_input(0, other),
        lambda: setattr(attention, "mask", other),
        lambda: setattr(attention, "query_lengths", other),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match="is the tensor 'other' of another network"):
            use()
