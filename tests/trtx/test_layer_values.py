"""What layers take and what they say they have, where TensorRT-RTX by itself takes less or says something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.process import run_python

Network = trtx.NetworkDefinition
FLOAT, HALF, INT32 = trtx.DataType.FLOAT, trtx.DataType.HALF, trtx.DataType.INT32


@pytest.fixture
def x(network: Network) -> trtx.Tensor:
    return network.add_input("x", FLOAT, (1, 4, 8, 8))


@pytest.mark.parametrize("kind", [FLOAT, HALF, trtx.DataType.BF16])
@pytest.mark.parametrize("given", ["shift", "scale", "power"])
@pytest.mark.parametrize("is_nd", [False, True])
def test_coefficients_that_are_not_given(
    builder: trtx.Builder, network: Network, config: trtx.BuilderConfig, kind: trtx.DataType, given: str, is_nd: bool
) -> None:
    x = network.add_input("y", kind, (1, 4, 8, 8))
    if kind is trtx.DataType.BF16:
        pytest.importorskip("ml_dtypes")
    value = np.ones(1, trtx.nptype(kind))
    add = network.add_scale_nd if is_nd else network.add_scale
    for empty in (None, trtx.Weights()):
        missing = dict.fromkeys({"shift", "scale", "power"} - {given}, empty)
        layer = add(x, trtx.ScaleMode.UNIFORM, **{given: value}, **missing)
        assert [getattr(layer, name).count for name in ("shift", "scale", "power")].count(0) == 2
        network.mark_output(layer.get_output(0))
    assert len(builder.build_serialized_network(network, config)) > 0


def test_the_type_of_an_output_is_known_before_anyone_asks_for_a_shape(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_activation(x, trtx.ActivationType.RELU)
    assert layer.get_output_type(0) is FLOAT
    assert network.add_topk(x, trtx.TopKOperation.MAX, 1, (3,)).get_output_type(1) is INT32


def test_a_circle_has_no_type(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_activation(x, trtx.ActivationType.RELU)
    layer.set_input(0, layer.get_output(0))
    with pytest.raises(trtx.NetworkError, match=r"Tensor\.dtype: TensorRT-RTX cannot tell the type of tensor '"):
        _ = layer.get_output(0).dtype
    assert x.dtype is FLOAT


@pytest.mark.parametrize("first", ["alpha", "beta"])
@pytest.mark.parametrize(
    ("alpha", "beta"), [(0, 1.5), (0.0, 2), (0.5, 3), (1, 2), (1.5, 2.5), (2**40, 1), (-1, 0.25), (np.int64(1), 2.0)]
)
def test_alpha_and_beta_of_a_fill_read_back(network: Network, alpha: float, beta: float, first: str) -> None:
    values = {"alpha": alpha, "beta": beta}
    layer = network.add_fill((4,), trtx.FillOperation.LINSPACE)
    for name in sorted(values, reverse=first == "beta"):
        setattr(layer, name, values[name])
    assert (layer.alpha, layer.beta) == (alpha, beta)
    assert type(layer.alpha) is type(layer.beta) is (int if layer.is_alpha_beta_int64() else float)


def test_alpha_of_a_fill_leaves_a_beta_that_is_a_tensor(network: Network) -> None:
    layer = network.add_fill((4,), trtx.FillOperation.LINSPACE)
    delta = network.add_constant((1,), np.ones(1, np.float32)).get_output(0)
    start = network.add_constant((), np.float32(0)).get_output(0)
    layer.set_input(1, start)
    layer.set_input(2, delta)
    layer.alpha = 3
    assert layer.get_input(2) is delta


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda n, x: n.add_constant((3,), b"abc"), r"^weights are UINT8.* trtx\.Weights\(dtype, bytes\)"),
        (lambda n, x: n.add_constant((3,), np.zeros(3, np.uint8)), "^weights are UINT8"),
        (lambda n, x: n.add_topk(x, trtx.TopKOperation.MAX, 1, (2, 3)), r"^axes is \(2, 3\); allowed is one dimension"),
        (
            lambda n, x: n.add_topk(n.add_input("v", trtx.DataType.FLOAT, (3,)), trtx.TopKOperation.MAX, 1, (0,)),
            r"^input \('v'\) has the shape \(3,\); allowed: at least 2 dimensions",
        ),
        (lambda n, x: n.add_topk(x, trtx.TopKOperation.MAX, 1, 0b1100), "^axes is 12; allowed is one dimension"),
        (lambda n, x: setattr(n.add_resize(x), "scales", (2.0,)), r"^scales is \(2\.0,\); .* input's 4 dimensions"),
        (lambda n, x: setattr(n.add_resize(x), "scales", (1, 1, 1, 2, 2)), "input's 4 dimensions"),
        (lambda n, x: n.add_ragged_softmax(x, x), r"^bounds \('x'\) is FLOAT; allowed is INT32"),
        (
            lambda n, x: n.add_select(n.add_input("c", trtx.DataType.BOOL, (1,)), x, n.add_input("h", HALF, (1,))),
            r"^else_input \('h'\) is HALF; allowed is FLOAT, the type of then_input \('x'\)",
        ),
    ],
)
def test_what_fails_only_later_is_refused_at_once(network: Network, x: trtx.Tensor, attempt: Any, words: str) -> None:
    before = network.num_layers
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        attempt(network, x)
    assert network.num_layers <= before + 1


def test_negative_indices_stay_out_of_the_log(native_library: str) -> None:
    # In a process of its own: the library logs to the first logger that it was given.
    run_python("""
import trtx
said = []
logger = trtx.Logger(trtx.Severity.WARNING, sink=lambda severity, message: said.append(message))
network = trtx.Builder(logger).create_network()
layer = network.add_activation(network.add_input("x", trtx.float32, (2,)), trtx.ActivationType.RELU)
for call in (network.get_layer, network.get_input, network.get_output, layer.get_input, layer.get_output):
    try:
        call(-1)
    except trtx.InvalidArgumentError as error:
        assert str(error).startswith("index is -1"), error
    else:
        raise AssertionError(call)
assert said == [], said
""")


def test_the_type_of_weights_is_that_of_their_values() -> None:
    weights = trtx.Weights(values=np.ones((2, 3), np.float16))
    assert (weights.dtype, weights.count, weights.size) == (HALF, 6, 6)
    assert (trtx.Weights().dtype, trtx.Weights(count=4).dtype) == (FLOAT, FLOAT)
    with pytest.raises(trtx.InvalidArgumentError, match="values have the type HALF, but dtype is FLOAT"):
        trtx.Weights(FLOAT, np.ones(3, np.float16))


def test_members_of_different_enums_differ(network: Network, x: trtx.Tensor) -> None:
    """They were equal where their integers are: a ReLU counted as a convolution."""
    relu = network.add_activation(x, trtx.ActivationType.RELU)
    kinds: dict[object, str] = {trtx.LayerType.CONVOLUTION: "layer", trtx.ActivationType.RELU: "activation"}
    assert relu.type != trtx.LayerType.CONVOLUTION
    assert not relu.type == trtx.LayerType.CONVOLUTION  # noqa: SIM201  both operators
    assert relu.layer_type == trtx.LayerType.ACTIVATION
    assert trtx.PoolingType.MAX not in (trtx.ActivationType.RELU, trtx.LayerType.CONVOLUTION)
    assert (kinds[trtx.LayerType.CONVOLUTION], kinds[relu.type]) == ("layer", "activation")
    for member in (trtx.DataType.HALF, trtx.TensorFormat.LINEAR, trtx.EngineInvalidityDiagnostics.UNSUPPORTED_CC):
        assert member == type(member)(member.value) == member.value == float(member.value)
        assert hash(member) == hash(member.value)
        assert member != member.value + 1
        assert member not in (None, "HALF", object())


def test_the_type_of_an_activation_equals_that_of_its_layer(network: Network, x: trtx.Tensor) -> None:
    """Ported scripts compare so, as the layers that NVIDIA's network gives have the type of the layer."""
    kinds = trtx.LayerType
    network.add_activation(x, trtx.ActivationType.SIGMOID)
    network.add_pooling_nd(x, trtx.PoolingType.AVERAGE, (2, 2))
    relu, pool = network
    assert relu.type is trtx.ActivationType.SIGMOID
    for layer, same, other in ((relu, kinds.ACTIVATION, kinds.POOLING), (pool, kinds.POOLING, kinds.ACTIVATION)):
        assert layer.type == same
        assert same == layer.type
        assert not layer.type != same  # noqa: SIM202  both operators
        assert layer.type in {same}
        assert {same: "found"}[layer.type] == "found"
        assert layer.type in (kinds.CAST, same)
        assert other not in (layer.type,)
        assert layer.type not in {other, kinds.CONVOLUTION, kinds.CAST}
    assert relu.type != trtx.ActivationType.RELU
    assert len({*trtx.ActivationType}) == len(trtx.ActivationType)
    assert [trtx.ActivationType(number) for number in (0, 1)] == [trtx.ActivationType.RELU, relu.type]
