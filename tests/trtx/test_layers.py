"""The layers of the main path: their settings, shapes and weights, on the real library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import trtx

FLOAT, HALF, INT32, INT64, BOOL = (
    trtx.DataType.FLOAT,
    trtx.DataType.HALF,
    trtx.DataType.INT32,
    trtx.DataType.INT64,
    trtx.DataType.BOOL,
)
Network = trtx.NetworkDefinition


@pytest.fixture
def x(network: Network) -> trtx.Tensor:
    return network.add_input("x", FLOAT, (1, 4, 8, 8))


def kernel(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def test_convolution(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_convolution_nd(x, 6, (3, 3), kernel(6, 4, 3, 3), kernel(6))
    layer.stride_nd, layer.padding_nd, layer.dilation_nd = (2, 2), (1, 1), (1, 1)
    layer.padding_mode = trtx.PaddingMode.EXPLICIT_ROUND_UP
    assert (layer.stride_nd, layer.padding_nd, layer.kernel_size_nd) == ((2, 2), (1, 1), (3, 3))
    assert layer.padding_mode is trtx.PaddingMode.EXPLICIT_ROUND_UP
    assert (layer.num_output_maps, layer.num_groups) == (6, 1)
    assert layer.get_output(0).shape == (1, 6, 5, 5)
    np.testing.assert_array_equal(layer.kernel.numpy(), kernel(6, 4, 3, 3).reshape(-1))
    np.testing.assert_array_equal(layer.bias.numpy(), kernel(6))


def test_grouped_convolution(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_convolution_nd(x, 4, (3, 3), kernel(4, 1, 3, 3))
    layer.num_groups = 4
    assert layer.get_output(0).shape == (1, 4, 6, 6)


def test_deconvolution(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_deconvolution_nd(x, 2, (2, 2), kernel(4, 2, 2, 2))
    layer.stride_nd = (2, 2)
    assert layer.get_output(0).shape == (1, 2, 16, 16)


def test_pooling(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_pooling_nd(x, trtx.PoolingType.AVERAGE, (2, 2))
    layer.stride_nd = (2, 2)
    layer.average_count_excludes_padding = False
    assert layer.type is trtx.PoolingType.AVERAGE
    assert layer.layer_type is trtx.LayerType.POOLING
    assert not layer.average_count_excludes_padding
    assert layer.get_output(0).shape == (1, 4, 4, 4)


def test_activation(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_activation(x, trtx.ActivationType.CLIP)
    layer.alpha, layer.beta = -0.1, 6
    assert layer.alpha == pytest.approx(-0.1)
    assert layer.beta == 6.0
    layer.type = trtx.ActivationType.RELU
    assert layer.type is trtx.ActivationType.RELU


def test_elementwise_unary_and_cast(network: Network, x: trtx.Tensor) -> None:
    y = network.add_unary(x, trtx.UnaryOperation.ABS).get_output(0)
    layer = network.add_elementwise(x, y, trtx.ElementWiseOperation.SUM)
    layer.op = trtx.ElementWiseOperation.PROD
    assert layer.op is trtx.ElementWiseOperation.PROD
    half = network.add_cast(layer.get_output(0), HALF)
    assert half.to_type is HALF
    assert half.get_output(0).dtype is HALF
    with pytest.raises(trtx.InvalidArgumentError, match="HALF; allowed is FLOAT"):
        network.add_elementwise(x, half.get_output(0), trtx.ElementWiseOperation.SUM)


def test_constant(network: Network) -> None:
    values = kernel(2, 3)
    layer = network.add_constant((2, 3), values)
    assert layer.shape == (2, 3)
    assert layer.get_output(0).shape == (2, 3)
    np.testing.assert_array_equal(layer.weights.numpy(), values.reshape(-1))


@pytest.mark.parametrize(
    "dtype", ["float32", "float16", "int8", "int32", "int64", "uint8", "bool", "bfloat16", "float8_e4m3fn", "int4"]
)
def test_constant_of_every_type_comes_back(network: Network, dtype: str) -> None:
    kind = np.dtype(getattr(pytest.importorskip("ml_dtypes"), dtype, dtype))
    values = np.array([0, 1, -2 if dtype not in ("uint8", "bool") else 2, 3, 1, 0], "float32").astype(kind)
    layer = network.add_constant((6,), values)
    np.testing.assert_array_equal(layer.weights.numpy().astype("float32"), values.astype("float32"))


def test_matrix_multiply(network: Network) -> None:
    a = network.add_input("a", FLOAT, (2, 3))
    b = network.add_input("b", FLOAT, (4, 3))
    layer = network.add_matrix_multiply(a, trtx.MatrixOperation.NONE, b, trtx.MatrixOperation.TRANSPOSE)
    assert layer.op1 is trtx.MatrixOperation.TRANSPOSE
    assert layer.get_output(0).shape == (2, 4)
    layer.op1 = trtx.MatrixOperation.NONE
    assert layer.op1 is trtx.MatrixOperation.NONE


def test_softmax_and_reduce(network: Network, x: trtx.Tensor) -> None:
    softmax = network.add_softmax(x)
    softmax.axes = 1 << 3
    assert softmax.axes == 8
    reduce = network.add_reduce(x, trtx.ReduceOperation.AVG, (2, 3), keep_dims=True)
    assert reduce.axes == 0b1100
    assert reduce.get_output(0).shape == (1, 4, 1, 1)
    reduce.keep_dims = False
    assert reduce.get_output(0).shape == (1, 4)


def test_concatenation(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_concatenation([x, x])
    layer.axis = 1
    assert layer.axis == 1
    assert layer.get_output(0).shape == (1, 8, 8, 8)


def test_shuffle(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_shuffle(x)
    layer.first_transpose = (0, 2, 3, 1)
    layer.reshape_dims = (0, -1)
    assert layer.first_transpose[:4] == (0, 2, 3, 1)
    assert layer.reshape_dims == (0, -1)
    assert layer.get_output(0).shape == (1, 256)


def test_slice(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_slice(x, (0, 1, 0, 0), (1, 2, 4, 4), (1, 1, 2, 2))
    assert (layer.start, layer.shape, layer.stride) == ((0, 1, 0, 0), (1, 2, 4, 4), (1, 1, 2, 2))
    assert layer.get_output(0).shape == (1, 2, 4, 4)


def test_gather(network: Network, x: trtx.Tensor) -> None:
    indices = network.add_constant((2,), np.array([0, 3], np.int32)).get_output(0)
    layer = network.add_gather(x, indices, axis=1)
    assert (layer.axis, layer.mode) == (1, trtx.GatherMode.DEFAULT)
    assert layer.get_output(0).shape == (1, 2, 8, 8)
    with pytest.raises(trtx.InvalidArgumentError, match="INT32 and INT64"):
        network.add_gather(x, x, axis=1)


def test_scale(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_scale(x, trtx.ScaleMode.CHANNEL, shift=kernel(4), scale=kernel(4))
    assert layer.mode is trtx.ScaleMode.CHANNEL
    np.testing.assert_array_equal(layer.shift.numpy(), kernel(4))
    assert layer.power.count == 0
    assert layer.get_output(0).shape == (1, 4, 8, 8)
    assert network.add_scale_nd(x, trtx.ScaleMode.CHANNEL, kernel(8), channel_axis=2).channel_axis == 2
    with pytest.raises(trtx.InvalidArgumentError, match="shift has 3 elements; allowed are 4"):
        network.add_scale(x, trtx.ScaleMode.CHANNEL, shift=kernel(3))


def test_resize(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_resize(x)
    layer.scales = (1, 1, 2, 2)
    layer.resize_mode = trtx.InterpolationMode.LINEAR
    layer.coordinate_transformation = trtx.ResizeCoordinateTransformation.HALF_PIXEL
    assert layer.scales == (1, 1, 2, 2)
    assert layer.resize_mode is trtx.InterpolationMode.LINEAR
    assert layer.get_output(0).shape == (1, 4, 16, 16)


def test_squeeze_without_axes_needs_1_7(network: Network) -> None:
    x = network.add_input("ones", FLOAT, (1, 3, 1))
    if trtx.library_version() >= (1, 7):
        assert network.add_squeeze(x).get_output(0).shape == (3,)
    else:
        with pytest.raises(trtx.UnsupportedError, match=r"1\.7"):
            network.add_squeeze(x)
    axes = network.add_constant((1,), np.array([0], np.int64)).get_output(0)
    assert network.add_squeeze(x, axes).get_output(0).shape == (3, 1)


Attempt = Callable[[Network, trtx.Tensor], object]


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda n, x: n.add_constant((2, 3), kernel(5)), "weights have 5 elements; allowed are 6"),
        (lambda n, x: n.add_constant((3,), np.zeros(3)), "float64"),
        (lambda n, x: n.add_constant((3,), [1.0, 2.0, 3.0]), "weights is list"),
        (lambda n, x: n.add_constant((3,), None), "weights is None"),
        (lambda n, x: n.add_convolution_nd(x, 6, (3, 3), kernel(10)), "kernel has 10 elements; allowed is 216"),
        (
            lambda n, x: n.add_convolution_nd(x, 6, (3, 3), kernel(6, 4, 3, 3, dtype=np.float16)),
            "kernel has the type HALF",
        ),
        (
            lambda n, x: n.add_convolution_nd(x, 6, (3, 3), kernel(6, 4, 3, 3), kernel(5)),
            "bias has 5 elements; allowed are 6",
        ),
        (lambda n, x: n.add_convolution_nd(x, 0, (3, 3), kernel(1)), "num_output_maps is 0"),
        (lambda n, x: n.add_convolution_nd(x, 1, (3,), kernel(1)), "kernel_shape"),
        (lambda n, x: n.add_convolution_nd(x, 1, (0, 3), kernel(1)), r"kernel_shape\[0\] is 0"),
        (lambda n, x: n.add_activation(x, 0), r"trtx\.ActivationType"),
        (lambda n, x: n.add_pooling_nd(x, trtx.PoolingType.MAX, (2,)), "window_size"),
        (lambda n, x: n.add_reduce(x, trtx.ReduceOperation.SUM, 0, True), "axes"),
        (lambda n, x: n.add_reduce(x, trtx.ReduceOperation.SUM, (4,), True), "below 4"),
        (lambda n, x: n.add_reduce(x, trtx.ReduceOperation.SUM, 1, 1), "keep_dims is 1"),
        (lambda n, x: n.add_slice(x, (0,), (1,), (1,)), "4 dimensions"),
        (lambda n, x: n.add_slice(x, (0,) * 4, (1,) * 3, (1,) * 4), "shape"),
        (lambda n, x: n.add_concatenation([]), "inputs is empty"),
        (lambda n, x: n.add_concatenation(x), "sequence"),
        (lambda n, x: n.add_gather(x, n.add_constant((1,), kernel(1, dtype=np.int32)).get_output(0), 9), "axis is 9"),
        (lambda n, x: n.add_select(x, x, x), "allowed is BOOL"),
        (lambda n, x: setattr(n.add_shuffle(x), "first_transpose", (0, 0)), "first_transpose"),
        (lambda n, x: setattr(n.add_softmax(x), "axes", "x"), "axes is 'x'"),
        (lambda n, x: setattr(n.add_concatenation([x]), "axis", 2**40), "axis"),
        (lambda n, x: setattr(n.add_activation(x, trtx.ActivationType.RELU), "alpha", "1"), "alpha is '1'"),
        (lambda n, x: setattr(n.add_cast(x, HALF), "to_type", 1), r"trtx\.DataType"),
    ],
)
def test_wrong_arguments_are_named(network: Network, x: trtx.Tensor, attempt: Attempt, words: str) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        attempt(network, x)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda n, x: setattr(n.add_convolution_nd(x, 1, (3, 3), kernel(1, 4, 3, 3)), "num_groups", 0), "nbGroups"),
        (lambda n, x: setattr(n.add_convolution_nd(x, 1, (3, 3), kernel(1, 4, 3, 3)), "stride_nd", (0, 1)), "stride"),
        (lambda n, x: setattr(n.add_softmax(x), "axes", 0), "axes"),
        (lambda n, x: setattr(n.add_concatenation([x, x]), "axis", -5), "axis"),
        (lambda n, x: n.add_identity(x).set_input(4, x), "set_input"),
    ],
)
def test_refusals_of_the_library_are_raised_in_its_words(
    network: Network, x: trtx.Tensor, attempt: Attempt, words: str
) -> None:
    with pytest.raises(trtx.NetworkError, match=words):
        attempt(network, x)


def test_arrays_of_any_layout_are_taken(network: Network) -> None:
    values = kernel(4, 6)
    for array in (values.T, values[::2, ::3], values.astype(">f4"), memoryview(values), np.float32(3)):
        expected = np.asarray(array).astype("f4")
        layer = network.add_constant(expected.shape, array)
        np.testing.assert_array_equal(layer.weights.numpy(), expected.reshape(-1))


def test_weights_outlive_their_array_and_their_network(builder: trtx.Builder) -> None:
    network = builder.create_network()
    layer = network.add_constant((1000,), np.full(1000, 7, np.float32))
    weights = layer.weights
    network.close()
    assert weights.numpy()[999] == 7


def test_placeholders_have_a_count_and_no_values() -> None:
    weights = trtx.Weights(FLOAT, count=12)
    assert weights.is_placeholder
    assert (len(weights), weights.nbytes) == (12, 48)
    with pytest.raises(trtx.InvalidArgumentError, match="placeholder"):
        weights.numpy()
    with pytest.raises(trtx.InvalidArgumentError, match="count is 5"):
        trtx.Weights(FLOAT, np.zeros(4, np.float32), 5)
    with pytest.raises(trtx.InvalidArgumentError, match="HALF"):
        trtx.Weights(FLOAT, np.zeros(4, np.float16))


def test_setting_weights_replaces_them(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_convolution_nd(x, 1, (1, 1), kernel(1, 4, 1, 1))
    layer.kernel = np.full(4, 9, np.float32)
    assert layer.kernel.numpy().tolist() == [9, 9, 9, 9]
