"""The layers of the main path: their settings, shapes and weights, on the real library."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

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
RELU = trtx.ActivationType.RELU


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
    none = trtx.MatrixOperation.NONE
    with pytest.raises(trtx.InvalidArgumentError, match=r"^input1 .* is HALF; allowed is FLOAT, the type of input0"):
        network.add_matrix_multiply(x, none, half.get_output(0), none)


def test_constant(network: Network) -> None:
    values = kernel(2, 3)
    layer = network.add_constant((2, 3), values)
    assert layer.shape == (2, 3)
    assert layer.get_output(0).shape == (2, 3)
    np.testing.assert_array_equal(layer.weights.numpy(), values.reshape(-1))


@pytest.mark.parametrize(
    "dtype", ["float32", "float16", "int8", "int32", "int64", "bool", "bfloat16", "float8_e4m3fn", "int4"]
)
def test_constant_of_every_type_comes_back(network: Network, dtype: str) -> None:
    kind = np.dtype(getattr(pytest.importorskip("ml_dtypes"), dtype, dtype))
    values = np.array([0, 1, -2 if dtype != "bool" else 2, 3, 1, 0], "float32").astype(kind)
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
    assert layer.first_transpose == (0, 2, 3, 1)
    assert layer.reshape_dims == (0, -1)
    assert layer.get_output(0).shape == (1, 256)


def test_slice(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_slice(x, (0, 1, 0, 0), (1, 2, 4, 4), (1, 1, 2, 2))
    assert (layer.start, layer.shape, layer.stride) == ((0, 1, 0, 0), (1, 2, 4, 4), (1, 1, 2, 2))
    assert layer.get_output(0).shape == (1, 2, 4, 4)


def test_dimensions_may_be_missing(network: Network, x: trtx.Tensor) -> None:
    """Type checkers are told so for these layers, and not for convolutions and their like."""
    index = network.add_input("index", trtx.int64, (4,))
    scale = network.add_constant((), np.float32(1)).get_output(0)
    window = network.add_slice(x, (0,) * 4, (1,) * 4, (1,) * 4)
    fill = network.add_fill((1,) * 4, trtx.FillOperation.LINSPACE)
    for place, layer in ((1, window), (2, window), (3, window), (0, fill)):
        layer.set_input(place, index)
    resize = network.add_resize(x)
    resize.scales = (1, 1, 2, 2)
    quantize = network.add_quantize(x, scale, trtx.int8)
    dequantize = network.add_dequantize(quantize.get_output(0), scale, trtx.float32)
    assert (window.start, window.shape, window.stride, window.axes) == (None,) * 4
    assert (fill.shape, resize.shape, network.add_shuffle(x).reshape_dims) == (None,) * 3
    assert (quantize.block_shape, dequantize.block_shape) == (None, None)
    conv = network.add_convolution_nd(x, 4, (3, 3), None)
    assert (conv.kernel_size_nd, conv.stride_nd, conv.pre_padding) == ((3, 3), (1, 1), (0, 0))


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
        (lambda n, x: n.add_slice(x, (0,), (1,) * 4, (1,) * 4), r"^start is \(0,\); allowed is 4 dimensions"),
        (lambda n, x: n.add_slice(x, (0,) * 4, (1,) * 3, (1,) * 4), r"^shape is \(1, 1, 1\)"),
        (lambda n, x: n.add_slice(x, (0,) * 4, (1,) * 4, (1,) * 5), r"^stride is "),
        (lambda n, x: n.add_concatenation([]), "inputs is empty"),
        (lambda n, x: n.add_concatenation(x), "sequence"),
        (lambda n, x: n.add_concatenation({x}), "^inputs is .* allowed is a sequence"),
        (lambda n, x: n.add_concatenation(np.array(x)), "^inputs is .* allowed is a sequence"),
        (lambda n, x: n.add_gather(x, n.add_constant((1,), kernel(1, dtype=np.int32)).get_output(0), 9), "axis is 9"),
        (lambda n, x: n.add_select(x, x, x), "allowed is BOOL"),
        (lambda n, x: setattr(n.add_shuffle(x), "first_transpose", (0, 0)), "first_transpose"),
        (lambda n, x: setattr(n.add_softmax(x), "axes", "x"), "axes is 'x'"),
        (lambda n, x: setattr(n.add_softmax(x), "axes", 0), "axes is 0; allowed is .* at least one dimension below 4"),
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
        (lambda n, x: setattr(n.add_softmax(x), "axes", 3), "axes"),
        (lambda n, x: setattr(n.add_lrn(x, 3, 1.0, 0.5, 1.0), "window_size", 4), "window"),
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


def test_axes_are_set_as_they_are_added(network: Network, x: trtx.Tensor) -> None:
    ones = network.add_constant((1, 4, 1, 1), np.ones(4, np.float32)).get_output(0)
    for layer in (
        network.add_softmax(x),
        network.add_reduce(x, trtx.ReduceOperation.SUM, {1}, True),
        network.add_topk(x, trtx.TopKOperation.MAX, 1, np.array([1])),
        network.add_normalization(x, ones, ones, range(1, 2)),
    ):
        for value, mask in ((1 << 3, 8), ((2,), 4), ([1], 2), ({0}, 1), (np.array([3]), 8), (np.int64(4), 4)):
            layer.axes = value
            assert layer.axes == mask
        for wrong in (0, (), (4,), 1 << 4, -1, (-1,), True, 1.0, "1", None):
            with pytest.raises(trtx.InvalidArgumentError, match=r"^axes\b.*; allowed is"):
                layer.axes = wrong
        assert layer.axes == 4


def test_transposes_have_the_axes_of_their_tensor(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_shuffle(x)
    assert (layer.first_transpose, layer.second_transpose) == ((0, 1, 2, 3), (0, 1, 2, 3))
    layer.second_transpose = (1, 0)  # for a shape that is set next
    assert layer.second_transpose == (1, 0, 2, 3)
    layer.reshape_dims = (4, -1)
    assert layer.second_transpose == (1, 0)
    assert layer.get_output(0).shape == (64, 4)
    for wrong in ((1, 0), (0, 1, 2, 3, 4), (0, 0, 1, 2), (1, 2, 3, 4), {0, 1, 2, 3}, ()):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^first_transpose\b"):
            layer.first_transpose = wrong
    for wrong in ((1, 0, 2), (0,), (1, 2), (0, 1, 2, 3)):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^second_transpose\b.*each axis from 0 to 1 once"):
            layer.second_transpose = wrong
    shape = network.add_constant((3,), np.array([4, 8, 8], np.int32)).get_output(0)
    layer = network.add_shuffle(x)
    layer.set_input(1, shape)
    with pytest.raises(trtx.InvalidArgumentError, match="each axis from 0 to 2 once"):
        layer.second_transpose = (1, 0)
    layer.second_transpose = (2, 0, 1)
    assert layer.get_output(0).shape == (8, 4, 8)


def test_scales_are_numbers_that_32_bits_hold(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_resize(x)
    layer.scales = np.array([1, 1, 2.1, 0.5])
    assert layer.scales == pytest.approx((1, 1, 2.1, 0.5))
    for wrong in (None, 2, "1122", b"1122", {1, 2}, np.array(2.0), (), (1,) * 9, (1, 1, 1e300, 1), (1, 1, 1e-60, 1)):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^scales"):
            layer.scales = wrong
    for wrong in (0, -1, math.inf, math.nan, True, "1", None, 1j):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^scales\[3\] is "):
            layer.scales = (1, 1, 1, wrong)
    assert layer.scales == pytest.approx((1, 1, 2.1, 0.5))


@pytest.mark.parametrize(
    "value", [1e39, -1e300, 10**400, RELU, True, np.array([1.0]), np.complex64(1), Decimal("sNaN")]
)
def test_numbers_that_a_setting_cannot_have(network: Network, x: trtx.Tensor, value: object) -> None:
    layer = network.add_activation(x, RELU)
    with pytest.raises(trtx.InvalidArgumentError, match=r"^alpha is .*; allowed is a number"):
        layer.alpha = value
    with pytest.raises(trtx.InvalidArgumentError, match=r"^beta is .*; allowed is a number"):
        network.add_lrn(x, 3, 1, value, 1)  # type: ignore[arg-type]


def convolution(network: Network, x: trtx.Tensor) -> trtx.ConvolutionLayer:
    return network.add_convolution_nd(x, 6, (3, 3), kernel(6, 4, 3, 3), kernel(6))


def gather(network: Network, x: trtx.Tensor) -> trtx.GatherLayer:
    return network.add_gather(x, network.add_constant((1,), kernel(1, dtype=np.int32)).get_output(0), 1)


def slice_(network: Network, x: trtx.Tensor) -> trtx.SliceLayer:
    return network.add_slice(x, (0,) * 4, (1,) * 4, (1,) * 4)


def scale(network: Network, x: trtx.Tensor) -> trtx.ScaleLayer:
    return network.add_scale(x, trtx.ScaleMode.CHANNEL, kernel(4))


@pytest.mark.parametrize(
    ("make", "name", "value", "words"),
    [
        (convolution, "kernel", kernel(6, 4, 3, 3, dtype=np.float16), "kernel has the type HALF; allowed is FLOAT"),
        (convolution, "kernel", kernel(10), "kernel has 10 elements; allowed is 216"),
        (convolution, "kernel", kernel(4, 6, 3, 3), r"kernel has the shape \(4, 6, 3, 3\); allowed is \(6, "),
        (convolution, "kernel", kernel(6, 36), r"kernel has the shape \(6, 36\)"),
        (convolution, "kernel", None, "kernel is None"),
        (convolution, "bias", kernel(5), "bias has 5 elements; allowed are 6"),
        (convolution, "bias", kernel(6, dtype=np.int32), "bias has the type INT32"),
        (convolution, "bias", None, "bias is None; .*cannot be unset"),
        (convolution, "num_output_maps", 0, "num_output_maps is 0; allowed is an integer from 1"),
        (convolution, "num_output_maps", RELU, "num_output_maps is <ActivationType.RELU"),
        (scale, "shift", kernel(3), "shift has 3 elements; allowed are 4 for CHANNEL"),
        (scale, "scale", kernel(4, dtype=np.float16), "scale has the type HALF"),
        (gather, "axis", -1, "axis is -1; allowed is an integer from 0 to 3"),
        (gather, "axis", 4, "axis is 4; allowed is an integer from 0 to 3"),
        (gather, "num_elementwise_dims", -1, "num_elementwise_dims is -1; allowed is an integer from 0 to 4"),
        (slice_, "start", (), r"start is \(\); allowed is 4 dimensions"),
        (slice_, "stride", (1,) * 5, r"stride is \(1, 1, 1, 1, 1\); allowed is 4 dimensions"),
    ],
)
def test_settings_refuse_what_adding_refuses(
    network: Network,
    x: trtx.Tensor,
    make: Callable[[Network, trtx.Tensor], trtx.Layer],
    name: str,
    value: object,
    words: str,
) -> None:
    layer = make(network, x)
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        setattr(layer, name, value)
    assert layer.get_output(0).shape is not None


def test_weights_that_are_not_there_stay_away(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_convolution_nd(x, 6, (3, 3), kernel(6, 4, 3, 3))
    layer.bias = None
    assert layer.bias.count == 0
    layer.bias = kernel(6)
    assert layer.bias.count == 6


def test_kernels_are_flat_or_have_their_shape(network: Network, x: trtx.Tensor) -> None:
    """Groups are not known yet, so any that divide the channels will do."""
    for shape in ((216,), (6, 4, 3, 3), (6, 2, 3, 3), (6, 1, 3, 3)):
        assert network.add_convolution_nd(x, 6, (3, 3), kernel(*shape)).kernel.count == np.prod(shape)
    for shape in ((216,), (4, 6, 3, 3), (4, 3, 3, 3)):
        assert network.add_deconvolution_nd(x, 6, (3, 3), kernel(*shape)).kernel.count == np.prod(shape)
    for shape in ((6, 4, 3, 3), (4, 54), (4, 6, 9, 1)):
        with pytest.raises(trtx.InvalidArgumentError, match="kernel has the shape"):
            network.add_deconvolution_nd(x, 6, (3, 3), kernel(*shape))


def test_setting_weights_replaces_them(network: Network, x: trtx.Tensor) -> None:
    layer = network.add_convolution_nd(x, 1, (1, 1), kernel(1, 4, 1, 1))
    layer.kernel = np.full(4, 9, np.float32)
    assert layer.kernel.numpy().tolist() == [9, 9, 9, 9]
