"""Networks, tensors and layers on the real library."""

from __future__ import annotations

import gc
import weakref
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import trtx

FLOAT = trtx.DataType.FLOAT
RELU = trtx.ActivationType.RELU


@pytest.fixture
def x(network: trtx.NetworkDefinition) -> trtx.Tensor:
    return network.add_input("x", FLOAT, (1, 3, 8, 8))


def test_input_tells_what_it_was_given(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    assert (x.name, x.dtype, x.shape) == ("x", FLOAT, (1, 3, 8, 8))
    assert x.is_network_input
    assert not x.is_network_output
    assert network.num_inputs == 1
    assert network.get_input(0) is x
    assert x.network is network


def test_same_native_object_is_the_same_python_object(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    layer = network.add_activation(x, RELU)
    assert network.get_layer(0) is layer
    assert network[0] is layer
    assert network[-1] is layer
    assert list(network) == [layer]
    assert layer.get_input(0) is x
    assert layer.get_output(0) is layer.get_output(0)
    assert layer.inputs == (x,)


def test_an_output_that_came_with_its_layer_is_one_object(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    output = network.add_activation(x, RELU).get_output(0)
    gc.collect()
    assert network.add_identity(output).get_input(0) is output
    network.mark_output(output)
    assert network.get_output(0) is output
    again = network.get_layer(0)
    assert again.get_output(0) is output
    with pytest.raises(trtx.InvalidArgumentError, match="index"):
        again.get_output(1)
    unasked = network.add_activation(output, RELU)
    network.close()
    for closed in (output, unasked):
        with pytest.raises(trtx.ClosedError):
            _ = closed.name
    for layer in (again, unasked):
        with pytest.raises(trtx.ClosedError):
            layer.get_output(0)


def test_layer_comes_back_with_its_own_class(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    network.add_softmax(x)
    gc.collect()
    layer = network.get_layer(0)
    assert type(layer) is trtx.SoftMaxLayer
    assert layer.layer_type is trtx.LayerType.SOFTMAX


def test_names_can_be_changed(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    layer = network.add_identity(x)
    layer.name, x.name, network.name = "Schicht", "Eingang-ü", "Netz"
    layer.metadata = "made by a test"
    assert (layer.name, x.name, network.name) == ("Schicht", "Eingang-ü", "Netz")
    assert layer.metadata == "made by a test"
    x.set_dimension_name(0, "batch")
    assert x.get_dimension_name(0) == "batch"
    assert x.get_dimension_name(1) == ""


def test_outputs_are_marked_and_unmarked(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    y = network.add_identity(x).get_output(0)
    network.mark_output(y)
    assert network.outputs == (y,)
    assert y.is_network_output
    network.mark_output(y)  # does nothing, as in NVIDIA's package
    assert network.outputs == (y,)
    network.unmark_output(y)
    assert network.num_outputs == 0
    with pytest.raises(trtx.InvalidArgumentError, match="not an output"):
        network.unmark_output(y)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", FLOAT, (1,)), "name"),
        (("a\0b", FLOAT, (1,)), "NUL"),
        (("a" * 5000, FLOAT, (1,)), "5000 bytes"),
        ((7, FLOAT, (1,)), "name is 7"),
        (("n", 0, (1,)), "trtx.DataType"),
        (("n", FLOAT, (1, -2)), r"shape\[1\] is -2"),
        (("n", FLOAT, (1,) * 9), "at most 8"),
        (("n", FLOAT, (2**40, 2**40)), "elements"),
        (("n", FLOAT, (2**70,)), r"shape\[0\]"),
        (("n", FLOAT, (1.5,)), r"shape\[0\] is 1.5"),
        (("n", FLOAT, "11"), "shape is '11'"),
        (("n", FLOAT, None), "shape is None"),
        (("n", FLOAT, {1, 2}), "shape is {1, 2}"),
        (("n", FLOAT, np.array(3)), r"shape is array\(3\)"),
        (("n", FLOAT, (1, RELU)), r"shape\[1\] is <ActivationType"),
    ],
)
def test_bad_inputs_are_refused_before_the_native_call(
    network: trtx.NetworkDefinition, arguments: tuple[object, ...], words: str
) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        network.add_input(*arguments)  # type: ignore[arg-type]
    assert network.num_inputs == 0


def test_duplicate_name_is_refused_in_the_words_of_the_library(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    with pytest.raises(trtx.NetworkError, match=r"add_input\('x'\).*addInput") as caught:
        network.add_input("x", FLOAT, (1,))
    assert any(message.severity is trtx.Severity.ERROR for message in caught.value.messages)
    assert caught.value.status != 0


def test_tensor_of_another_network_is_refused(builder: trtx.Builder, x: trtx.Tensor) -> None:
    other = builder.create_network()
    for attempt in (
        lambda: other.add_activation(x, RELU),
        lambda: other.mark_output(x),
        lambda: other.add_concatenation([x]),
        lambda: other.remove_tensor(x),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match="another network"):
            attempt()


@pytest.mark.parametrize("wrong", [None, 3, "x", object()])
def test_what_is_no_tensor_is_refused(network: trtx.NetworkDefinition, wrong: object) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"trtx\.Tensor"):
        network.add_activation(wrong, RELU)  # type: ignore[arg-type]


def test_indices_out_of_range_name_what_is_allowed(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    layer = network.add_identity(x)
    for attempt in (
        lambda: network.get_layer(1),
        lambda: network.get_layer(-1),
        lambda: network.get_input(4),
        lambda: network.get_output(0),
        lambda: layer.get_input(2),
        lambda: layer.get_output(1),
        lambda: layer.get_output(0.5),  # type: ignore[arg-type]
        lambda: layer.get_output(2**40),
        lambda: x.get_dimension_name(4),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match="index"):
            attempt()
    for index in (5, -2, 2**70):
        with pytest.raises(IndexError, match=f"index is {index}, but the network has 1 layers"):
            network[index]
    for wrong in ("0", 0.0, None, slice(1)):
        with pytest.raises(trtx.InvalidArgumentError, match=r"index is .*; allowed is an integer from -1 to 0"):
            network[wrong]  # type: ignore[index]
    assert network[np.int64(-1)] is layer


@pytest.mark.parametrize("index", [Fraction(1, 2), Decimal("0.7"), np.float32(0.7), 0.0, True, "0", None, RELU])
def test_indices_are_integers(network: trtx.NetworkDefinition, x: trtx.Tensor, index: object) -> None:
    layer = network.add_identity(x)
    for get in (layer.get_output, layer.get_input, network.get_layer, network.get_input):
        with pytest.raises(
            trtx.InvalidArgumentError, match=r"^index is .*; allowed is 0 to 0 \(1 (inputs|outputs|layers)"
        ):
            get(index)  # type: ignore[arg-type]
    assert layer.get_output(np.int64(0)) is layer.get_output(0)  # type: ignore[arg-type]


def test_names_of_weights_are_checked_first(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    layer = network.add_constant((1,), np.ones(1, np.float32))
    for arguments, words in (
        ((layer, "k", None), "which is None; allowed is a str"),
        ((layer, None), "name is None; allowed is a str"),
        ((layer, "k", "name"), "which is 'name'"),
        ((None, "k"), "weights is NoneType; allowed is a numpy array"),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=words):
            network.set_weights_name(*arguments)  # type: ignore[arg-type]
    network.set_weights_name(layer, "k")


def test_metadata_has_the_limit_of_names(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    layer = network.add_identity(x)
    layer.metadata = "m" * 4095
    with pytest.raises(trtx.InvalidArgumentError, match="metadata has 4096 bytes of UTF-8; allowed are 4095"):
        layer.metadata = "m" * 4096
    assert layer.metadata == "m" * 4095


def test_formats_come_as_a_mask_or_as_members(x: trtx.Tensor) -> None:
    linear = trtx.TensorFormat.LINEAR
    for value in (linear, [linear], {linear}, iter([linear]), 1):
        x.allowed_formats = value
        assert x.allowed_formats == 1
    for value in ("LINEAR", 1.0, RELU, [1], True):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^allowed_formats is "):
            x.allowed_formats = value  # type: ignore[assignment]


def test_shapes_that_do_not_fit_are_explained(network: trtx.NetworkDefinition) -> None:
    none = trtx.MatrixOperation.NONE
    a = network.add_input("a", FLOAT, (2, 3))
    b = network.add_input("b", FLOAT, (3, 2))
    product = network.add_matrix_multiply(a, none, b, none)
    product.set_input(1, a)
    with pytest.raises(trtx.NetworkError, match="last dimension of input0 = 3"):
        _ = product.get_output(0).shape


def test_removed_tensor_is_closed(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    used = network.add_input("used", FLOAT, (1,))
    network.add_identity(used)
    with pytest.raises(trtx.InvalidArgumentError, match="layer"):
        network.remove_tensor(used)
    network.remove_tensor(x)
    assert x.is_closed
    assert repr(x) == "<trtx.Tensor (closed)>"
    with pytest.raises(trtx.ClosedError, match="Tensor"):
        _ = x.name


def test_closing_the_network_closes_tensors_and_layers(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    layer = network.add_convolution_nd(x, 2, (3, 3), np.ones((2, 3, 3, 3), np.float32))
    output = layer.get_output(0)
    network.close()
    network.close()
    for use in (
        lambda: x.shape,
        lambda: output.name,
        lambda: layer.stride_nd,
        lambda: layer.get_output(0),
        lambda: setattr(layer, "num_groups", 1),
        lambda: network.num_layers,
        lambda: network.add_activation(x, RELU),
        lambda: network.add_input("y", FLOAT, (1,)),
        lambda: network.builder,
    ):
        with pytest.raises(trtx.ClosedError):
            use()
    assert isinstance(layer, trtx.ConvolutionLayer)
    assert "closed" in repr(layer)
    assert "closed" in repr(network)


def test_tensor_keeps_its_network_alive(builder: trtx.Builder) -> None:
    network = builder.create_network()
    x = network.add_input("x", FLOAT, (1,))
    alive = weakref.ref(network)
    del network, builder
    gc.collect()
    assert x.name == "x"
    assert alive() is not None
    del x
    gc.collect()
    assert alive() is None


def test_objects_cannot_be_made_copied_or_pickled(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    import copy
    import pickle

    for kind in (trtx.Tensor, trtx.Layer, trtx.SoftMaxLayer, trtx.NetworkDefinition):
        with pytest.raises(TypeError, match="cannot be made directly"):
            kind()
    for thing in (network, x):
        for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                attempt(thing)


def test_an_object_whose_init_never_ran_says_so() -> None:
    network = trtx.NetworkDefinition.__new__(trtx.NetworkDefinition)
    with pytest.raises(trtx.ClosedError, match="never made"):
        _ = network.num_layers
    assert network.is_closed
    network.close()


def test_the_name_of_a_removed_tensor_is_free_again(network: trtx.NetworkDefinition) -> None:
    """The library keeps such names, and crashes over them when others are changed; so it must not see them again."""
    x = network.add_input("x", trtx.DataType.FLOAT, (2, 3))
    for number in range(300):
        spare = network.add_input("spare", trtx.DataType.FLOAT, (2, 3))
        x.name = "x" * (1 + number % 2 * 99)
        network.remove_tensor(spare)
        assert spare.is_closed
        assert network.inputs == (x,)
