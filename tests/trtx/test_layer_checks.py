"""What is checked before a network is built: shapes, axes, names, circles, and types by other packages' names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trtx
from trtx import NetworkDefinition as Network

FLOAT, HALF = trtx.DataType.FLOAT, trtx.DataType.HALF


@pytest.fixture
def x(network: Network) -> trtx.Tensor:
    return network.add_input("x", FLOAT, (1, 4, 8, 8))


@pytest.mark.parametrize("name", ["stride_nd", "dilation_nd", "padding_nd", "pre_padding", "post_padding"])
def test_windows_keep_their_number_of_dimensions(network: Network, x: trtx.Tensor, name: str) -> None:
    layer = network.add_convolution_nd(x, 1, (3, 3), np.ones((1, 4, 3, 3), np.float32))
    for value in ((1,), (1, 1, 1), (1, 1, 1, 1), ()):
        with pytest.raises(trtx.InvalidArgumentError, match=rf"^{name} is .*; allowed is 2 numbers"):
            setattr(layer, name, value)
    setattr(layer, name, (2, 1))
    assert getattr(layer, name) == (2, 1)
    if name == "pre_padding":  # which may not be asked for now
        layer.padding_nd = (3, 3)
        assert layer.pre_padding == (3, 3)


def test_a_pooling_window_keeps_its_number_of_dimensions(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_pooling_nd(x, trtx.PoolingType.MAX, (2, 2))
    with pytest.raises(trtx.InvalidArgumentError, match=r"^window_size_nd is \(1, 1, 1\); allowed is 2 numbers"):
        layer.window_size_nd = (1, 1, 1)
    with pytest.raises(TypeError, match="does not apply to ActivationLayer"):
        trtx.PoolingLayer.stride_nd.__set__(network.add_activation(x, trtx.ActivationType.RELU), (1, 1))


AXES = [
    (lambda n, x: n.add_concatenation([x, x]), "axis", (0, 3), (-1, 4, 8)),
    (lambda n, x: n.add_scatter(x, n.add_cast(x, trtx.int32).get_output(0), x, trtx.ScatterMode.ELEMENT), "axis",
     (-4, 3), (-5, 4)),
    (lambda n, x: n.add_quantize(x, scale(n), trtx.int8), "axis", (-1, 3), (-2, 4)),
    (lambda n, x: n.add_reverse_sequence(x, n.add_input("l", trtx.int32, (1,))), "batch_axis", (0, 3), (-1, 4)),
    (lambda n, x: n.add_loop().add_iterator(x), "axis", (0, 3), (-1, 4)),
    (lambda n, x: n.add_loop().add_loop_output(x, trtx.LoopOutput.CONCATENATE), "axis", (0, 4), (-1, 5)),
    (lambda n, x: n.add_one_hot(n.add_cast(x, trtx.int32).get_output(0), x, scale(n), 0), "axis", (-5, 4), (-6, 5)),
]  # fmt: skip


def scale(network: Network) -> trtx.Tensor:
    return network.add_constant((), np.float32(1)).get_output(0)


@pytest.mark.parametrize(("make", "name", "allowed", "refused"), AXES)
def test_axes_are_those_of_the_input(
    network: Network, x: trtx.Tensor, make: Any, name: str, allowed: tuple[int, ...], refused: tuple[int, ...]
) -> None:
    layer = make(network, x)
    for axis in allowed:
        setattr(layer, name, axis)
        assert getattr(layer, name) == axis
    for axis in refused:
        with pytest.raises(trtx.InvalidArgumentError, match=rf"^{name} is {axis}; allowed is an integer from"):
            setattr(layer, name, axis)


SUM, NONE = trtx.ElementWiseOperation.SUM, trtx.MatrixOperation.NONE


@pytest.mark.parametrize(
    ("shapes", "add", "words"),
    [
        (((4,), (1, 4)), lambda n, a, b: n.add_elementwise(a, b, SUM), r"^input2 \('b'\) has the shape \(1, 4\)"),
        (((3, 4), (5, 4)), lambda n, a, b: n.add_elementwise(a, b, SUM), r"^input2 \('b'\).* whose shape is \(3, 4\)"),
        (((4, 4), (1, 4, 4)), lambda n, a, b: n.add_matrix_multiply(a, NONE, b, NONE), "as many dimensions before"),
        (((3, 4), (5, 4)), lambda n, a, b: n.add_matrix_multiply(a, NONE, b, NONE), "equal numbers to sum over, 4 and"),
        (((4,), (4, 4)), lambda n, a, b: n.add_matrix_multiply(a, NONE, b, NONE), r"^input0 \('a'\).* at least 2"),
        (((4,), (1, 4)), lambda n, a, b: n.add_concatenation([a, b]), r"^inputs\[1\] \('b'\) has the shape \(1, 4\)"),
        (((), ()), lambda n, a, b: n.add_concatenation([a, b]), r"^inputs\[0\] \('a'\) has the shape \(\)"),
        (((4, 3), (3,)), lambda n, a, b: n.add_parametric_relu(a, b), r"^slopes \('b'\) has the shape \(3,\)"),
        (((4, 3), (3,)), lambda n, a, b: n.add_normalization(a, b, b, 2), r"^scale \('b'\) has the shape \(3,\)"),
        (((4,), ()), lambda n, a, b: n.add_softmax(a), "at least 2 dimensions"),
        (((4, 4, 4), ()), lambda n, a, b: n.add_padding_nd(a, (1, 1), (1, 1)), "at least 4 dimensions"),
        (((4, 4), ()), lambda n, a, b: n.add_pooling_nd(a, trtx.PoolingType.MAX, (2, 2)), "at least 4 dimensions for"),
        (((1, 4, 8, 8), ()), lambda n, a, b: n.add_convolution_nd(a, 4, (3, 3, 3), None), "at least 5 dimensions for"),
        (((4, 4), ()), lambda n, a, b: n.add_lrn(a, 3, 1.0, 0.5, 1.0), "at least 4 dimensions"),
        (((4, 3), (4, 3)), lambda n, a, b: n.add_grid_sample(a, b), "4 to 5 dimensions"),
    ],
)
def test_shapes_are_checked_before_the_build(network: Network, shapes: Any, add: Any, words: str) -> None:
    a, b = (network.add_input(name, FLOAT, shape) for name, shape in zip("ab", shapes, strict=True))
    before = network.num_layers
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        add(network, a, b)
    assert network.num_layers == before


def test_what_is_not_known_yet_is_let_pass(network: Network) -> None:
    a, b = network.add_input("a", FLOAT, (-1, 3)), network.add_input("b", FLOAT, (5, -1))
    assert network.add_elementwise(a, b, SUM).get_output(0).shape == (5, 3)
    assert network.add_matrix_multiply(b, NONE, a, NONE).get_output(0).shape == (5, 3)
    vector = network.add_input("v", FLOAT, (3,))
    product = network.add_matrix_multiply(a, NONE, vector, trtx.MatrixOperation.VECTOR)
    assert product.get_output(0).shape == (-1,)


def test_names_of_layers_are_not_empty(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_identity(x)
    for part in (layer, network.add_loop(), network.add_if_conditional()):
        before = part.name
        with pytest.raises(trtx.InvalidArgumentError, match=r"^name is ''; allowed is a str that is not empty"):
            part.name = ""
        assert part.name == before
        part.name = "given"
        assert part.name == "given"


def test_layers_in_a_circle_are_named(builder: trtx.Builder, network: Network, x: trtx.Tensor) -> None:
    first = network.add_elementwise(x, x, SUM)
    second = network.add_activation(first.get_output(0), trtx.ActivationType.RELU)
    first.name, second.name = "first", "second"
    network.mark_output(second.get_output(0))
    config = builder.create_config()
    first.set_input(1, second.get_output(0))
    with pytest.raises(trtx.InvalidArgumentError, match=r"layers in a circle.*: '(first', 'second|second', 'first)'"):
        builder.build_serialized_network(network, config)
    first.set_input(1, first.get_output(0))
    with pytest.raises(trtx.InvalidArgumentError, match=r"layers in a circle.*: 'first'; only"):
        builder.build_serialized_network(network, config)
    first.set_input(1, x)
    assert builder.build_serialized_network(network, config).nbytes


def test_types_of_other_packages_are_taken(network: Network, x: trtx.Tensor) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for i, (given, expected) in enumerate(
        ((np.float32, FLOAT), (np.dtype("float16"), HALF), ("int64", trtx.int64), (bool, trtx.DataType.BOOL),
         (ml_dtypes.bfloat16, trtx.bfloat16), (np.dtype(ml_dtypes.float8_e4m3fn), trtx.fp8), (FLOAT, FLOAT))
    ):  # fmt: skip
        assert network.add_input(f"input {i}", given, (2,)).dtype is expected
    cast = network.add_cast(x, np.float16)
    cast.to_type = np.int32
    assert cast.to_type is trtx.int32
    assert network.add_fill((2,), trtx.FillOperation.LINSPACE, np.int64).get_output(0).dtype is trtx.int64
    for wrong in (np.float64, "no type", 1, None, trtx.TensorFormat.LINEAR, float, np.uint16):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^dtype is .*; allowed is a trtx\.DataType"):
            network.add_input("wrong", wrong, (2,))


def test_types_of_torch_are_taken(network: Network) -> None:
    torch = pytest.importorskip("torch")
    for i, (given, expected) in enumerate(((torch.float32, FLOAT), (torch.bfloat16, trtx.bfloat16))):
        assert network.add_input(f"input {i}", given, (2,)).dtype is expected
    with pytest.raises(trtx.InvalidArgumentError, match=r"^dtype is torch\.float64; allowed is"):
        network.add_input("wrong", torch.float64, (2,))


def test_weights_are_named_by_what_they_are(network: Network) -> None:
    values, other = np.ones(3, np.float32), trtx.Weights(np.ones(3, np.float32)[::-1])
    network.add_constant((3,), values)
    network.add_constant((3,), other)
    network.set_weights_name(weights=values, name="array")
    network.set_weights_name(other, "weights")
    for name in ("array", "weights"):
        assert network.mark_weights_refittable(name)
        assert network.are_weights_marked_refittable(name)
    with pytest.raises(trtx.NetworkError, match="not used in the network"):
        network.set_weights_name(np.ones(3, np.float32), "unknown")


def test_a_memory_limit_that_overflows_in_the_build(config: trtx.BuilderConfig) -> None:
    pool = trtx.MemoryPoolType.WORKSPACE
    for size in (2**64 - 1, 2**63, 2**63 - 511):
        with pytest.raises(trtx.InvalidArgumentError, match=rf"^pool_size is {size}; allowed is an integer from 0 to"):
            config.set_memory_pool_limit(pool, size)
    config.set_memory_pool_limit(pool, 2**63 - 512)
    assert config.get_memory_pool_limit(pool) == 2**63 - 512
