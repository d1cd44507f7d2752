"""Objects that were never made, layers that are cast, settings on the wrong kind of layer, and values out of range."""

from __future__ import annotations

import math
import os

import pytest

import trtx


@pytest.fixture
def relu(network: trtx.NetworkDefinition) -> trtx.ActivationLayer:
    tensor = network.add_input("x", trtx.DataType.FLOAT, (1, 4, 8, 8))
    return network.add_activation(tensor, trtx.ActivationType.RELU)


@pytest.mark.parametrize("kind", [trtx.Tensor, trtx.Layer, trtx.ConvolutionLayer])
def test_tensors_and_layers_that_were_never_made(kind: type) -> None:
    made = kind.__new__(kind)
    assert made.is_closed
    assert "closed" in repr(made)
    for use in (lambda: made.name, lambda: made.network, lambda: setattr(made, "name", "x")):
        with pytest.raises(trtx.ClosedError, match=f"this {kind.__name__} .* never made"):
            use()


def test_profiles_that_were_never_made() -> None:
    made = trtx.OptimizationProfile.__new__(trtx.OptimizationProfile)
    for use in (made.get_shape, made.get_shape_input):
        with pytest.raises(trtx.ClosedError, match="never made"):
            use("x")


def test_a_layer_keeps_its_class(network: trtx.NetworkDefinition, relu: trtx.ActivationLayer) -> None:
    relu.name = "the relu"
    with pytest.raises(TypeError, match="'the relu' is of the class ActivationLayer and cannot become a Convolution"):
        relu.__class__ = trtx.ConvolutionLayer
    relu.__class__ = trtx.ActivationLayer
    assert relu.__class__ is type(relu) is trtx.ActivationLayer
    network.close()
    with pytest.raises(trtx.ClosedError):
        _ = relu.alpha


def test_a_setting_of_another_kind_of_layer(relu: trtx.ActivationLayer) -> None:
    groups = trtx.ConvolutionLayer.num_groups
    for use in (lambda: groups.__get__(relu, type(relu)), lambda: groups.__set__(relu, 1)):
        with pytest.raises(TypeError, match=r"ConvolutionLayer.num_groups does not apply to ActivationLayer"):
            use()


def test_values_that_the_library_would_take(network: trtx.NetworkDefinition, relu: trtx.ActivationLayer) -> None:
    topk = network.add_topk(relu.get_output(0), trtx.TopKOperation.MAX, 2, (1,))
    resize = network.add_resize(relu.get_output(0))
    resize.scales = (1, 1, 2, 2)
    for use, culprit in (
        (lambda: setattr(topk, "k", 0), "k is 0"),
        (lambda: setattr(resize, "scales", (1, 1, 0.0, 2)), r"scales\[2\] is 0.0"),
        (lambda: setattr(resize, "scales", (math.inf, 1, 1, 2)), r"scales\[0\] is inf"),
        (lambda: setattr(resize, "cubic_coeff", math.nan), "cubic_coeff is nan"),
        (lambda: setattr(resize, "cubic_coeff", math.inf), "cubic_coeff is inf"),
        (lambda: setattr(relu, "alpha", math.nan), "alpha is nan"),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=culprit):
            use()
    assert (topk.k, resize.scales) == (2, (1.0, 1.0, 2.0, 2.0))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_objects_in_a_forked_child_say_why_they_are_closed(builder: trtx.Builder) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            builder.create_network()
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    told = os.read(reading, 4096).decode()
    os.close(reading)
    assert told.startswith("ClosedError: this Builder is closed")
    assert "forked" in told
